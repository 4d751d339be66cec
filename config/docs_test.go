package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

var update = flag.Bool("update", false, "write the generated documents anew")

func TestDocumentsAreCurrent(t *testing.T) {
	t.Parallel()
	reference, err := config.Reference(llb.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	schema, err := config.Schema(llb.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{
		"crane.yaml.example":     config.Example(),
		"docs/crane.schema.json": schema,
		"docs/configuration.md":  reference,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("..", filepath.FromSlash(name))
			if *update {
				if err := os.WriteFile(file, want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what the table of keys says: go test ./config -update", name)
			}
		})
	}
}
