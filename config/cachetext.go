package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tonistiigi/go-csvvalue"
	"go.yaml.in/yaml/v3"
)

// decodeCaches reads a list of entries, each a map or text as buildx takes it.
func decodeCaches(n *yaml.Node) ([]CacheEntry, error) {
	n = target(n)
	if n.Kind == yaml.ScalarNode {
		return parseCaches(n.Value)
	}
	if n.Kind != yaml.SequenceNode {
		return nil, cachesKey.mismatch(describe(n))
	}
	entries := make([]CacheEntry, 0, len(n.Content))
	for _, item := range n.Content {
		entry, err := decodeCache(target(item))
		if err != nil {
			if errors.As(err, new(*lineError)) {
				return nil, err
			}
			return nil, &lineError{item.Line, err}
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// lineError is an error with a line of its own within the value of a key.
type lineError struct {
	line int
	error
}

func (e *lineError) Unwrap() error { return e.error }

func decodeCache(n *yaml.Node) (CacheEntry, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return parseCache(n.Value)
	case yaml.MappingNode:
	default:
		return CacheEntry{}, fmt.Errorf("in the list: expected a map or text, got %s", describe(n))
	}
	attrs, lines := map[string]string{}, map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := target(n.Content[i]), target(n.Content[i+1])
		if value.Kind != yaml.ScalarNode || isNull(value) {
			return CacheEntry{}, &lineError{key.Line, fmt.Errorf("%s: expected text, got %s", key.Value, describe(value))}
		}
		if _, again := attrs[key.Value]; again {
			return CacheEntry{}, &lineError{key.Line, errors.New("duplicate key " + key.Value)}
		}
		attrs[key.Value], lines[key.Value] = value.Value, key.Line
	}
	entry, err := newCacheEntry(attrs)
	if inner := (&cacheError{}); errors.As(err, &inner) && lines[inner.key] > 0 {
		return CacheEntry{}, &lineError{lines[inner.key], err}
	}
	return entry, err
}

// parseCaches reads entries from text: one a line, or separated by semicolons.
// No text is no cache.
func parseCaches(s string) ([]CacheEntry, error) {
	if strings.HasPrefix(s, "[") {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(s), &doc); err == nil {
			return decodeCaches(&doc)
		}
	}
	entries := []CacheEntry{}
	for _, text := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		entry, err := parseCache(text)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// parseCache reads an entry as buildx does: comma-separated key=value pairs,
// or the reference of a registry cache alone.
func parseCache(s string) (CacheEntry, error) {
	fields, err := csvvalue.Fields(s, nil)
	if err != nil {
		return CacheEntry{}, fmt.Errorf("%q cannot be read: %w", s, err)
	}
	if len(fields) == 1 && !strings.Contains(fields[0], "=") {
		if hint := noReference(fields[0]); hint != "" {
			return CacheEntry{}, &cacheError{message: fmt.Sprintf("%q names neither a type of cache nor a registry", fields[0]), hint: hint}
		}
		return newCacheEntry(map[string]string{"type": CacheRegistry, "ref": fields[0]})
	}
	attrs := map[string]string{}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		if !ok {
			return CacheEntry{}, &cacheError{message: fmt.Sprintf("%q has no value", field), hint: "write key=value"}
		}
		attrs[strings.ToLower(strings.TrimSpace(key))] = value
	}
	return newCacheEntry(attrs)
}

// noReference says what to write in place of a word alone that is no registry's
// reference. Docker Hub would have one of a single word, which nobody but Docker
// can push to.
func noReference(word string) (hint string) {
	types := cacheTypes()
	switch {
	case slices.ContainsFunc(types, func(t cacheType) bool { return t.name == word }):
		return "write type=" + word
	case strings.HasPrefix(word, "/"), strings.HasPrefix(word, "."), strings.HasPrefix(word, "~"):
		return "for a directory write type=local,path=" + word
	case !strings.ContainsAny(word, "/ \t\n"):
		return "for a registry write HOST/" + word + ", for a directory type=local,path=" + word
	}
	return ""
}

// String is the entry as text, as buildx takes it.
func (e CacheEntry) String() string {
	fields := []string{"type=" + e.Type}
	for _, dir := range [][2]string{{"src", e.Src}, {"dest", e.Dest}} {
		if dir[1] != "" {
			fields = append(fields, dir[0]+"="+dir[1])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		fields = append(fields, key+"="+e.Attrs[key])
	}
	if !e.Import && e.Type != CacheLocal {
		fields = append(fields, "import=false")
	}
	if !e.Export && e.Type != CacheLocal {
		fields = append(fields, "export=false")
	}
	for i, field := range fields {
		if strings.ContainsAny(field, ",\"") {
			fields[i] = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
		}
	}
	return strings.Join(fields, ",")
}

// MarshalYAML writes the entry as text.
func (e CacheEntry) MarshalYAML() (any, error) { return e.String(), nil }
