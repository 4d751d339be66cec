package config

import (
	"strings"
	"testing"
)

// TestSchemaKnowsEveryType fails for a type of values that schema.go has not
// heard of, and for rules of keys that are gone.
func TestSchemaKnowsEveryType(t *testing.T) {
	t.Parallel()
	for _, k := range keys() {
		if _, err := k.typ.schema(); err != nil {
			t.Errorf("%s: %v", k.path, err)
		}
	}
	if s, err := typ(1 << 20).schema(); err == nil {
		t.Errorf("a type that is none has the schema %v", s)
	}
	for _, r := range schemaRules() {
		used := false
		for _, k := range keys() {
			used = used || strings.HasSuffix(k.path, r.path)
		}
		if !used {
			t.Errorf("there is no key %s", r.path)
		}
	}
}
