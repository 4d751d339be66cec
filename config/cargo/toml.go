package cargo

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// table is a TOML table. Its keys are sorted when it is encoded.
type table = map[string]any

// FileError is a fault in a file of the workspace. Line is 0 when it concerns
// the whole file.
type FileError struct {
	// File is relative to the workspace root.
	File string
	Line int
	Err  error
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap returns the fault itself.
func (e *FileError) Unwrap() error { return e.Err }

// parseTOML decodes data; name is the file's name in errors.
func parseTOML(name string, data []byte) (table, error) {
	if err := checkKeys(data); err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	doc := table{}
	err := toml.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &doc)
	if de, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ := de.Position()
		return nil, &FileError{File: name, Line: line, Err: de}
	}
	if err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	return doc, nil
}

// encodeTOML encodes doc canonically: equal tables give equal bytes.
func encodeTOML(doc table) ([]byte, error) {
	var buf bytes.Buffer
	enc := toml.NewEncoder(&buf)
	enc.SetIndentTables(false)
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("encoding TOML: %w", err)
	}
	return buf.Bytes(), nil
}

// lineOf returns the line of the first key of data whose path starts with
// keys, or 0.
func lineOf(data []byte, keys ...string) int {
	var p unstable.Parser
	p.Reset(data)
	var header []string
	for p.NextExpression() {
		expr := p.Expression()
		if expr.Kind == unstable.KeyValue {
			if line := keyLine(&p, expr, header, keys); line > 0 {
				return line
			}
			continue
		}
		if expr.Kind != unstable.Table && expr.Kind != unstable.ArrayTable {
			continue
		}
		var line int
		if header, line = keyPath(&p, expr, nil); hasPrefix(header, keys) {
			return line
		}
	}
	return 0
}

// keyLine looks for keys at and below the key-value node below header.
func keyLine(p *unstable.Parser, node *unstable.Node, header, keys []string) int {
	at, line := keyPath(p, node, header)
	if hasPrefix(at, keys) {
		return line
	}
	value := node.Value()
	if value.Kind != unstable.InlineTable {
		return 0
	}
	for it := value.Children(); it.Next(); {
		if it.Node().Kind != unstable.KeyValue {
			continue
		}
		if line := keyLine(p, it.Node(), at, keys); line > 0 {
			return line
		}
	}
	return 0
}

// keyPath returns the path of the key of node below header and its line.
func keyPath(p *unstable.Parser, node *unstable.Node, header []string) (keys []string, line int) {
	keys = slices.Clone(header)
	for it := node.Key(); it.Next(); {
		keys = append(keys, string(it.Node().Data))
		line = p.Shape(it.Node().Raw).Start.Line
	}
	return keys, line
}

func hasPrefix(path, prefix []string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

// tableAt returns the table that keys lead to, nil without one.
func tableAt(t table, keys ...string) table {
	for _, key := range keys {
		t, _ = t[key].(table)
	}
	return t
}

// cloneTable returns a deep copy of t.
func cloneTable(t table) table {
	out := make(table, len(t))
	for key, value := range t {
		out[key] = cloneValue(value)
	}
	return out
}

func cloneValue(value any) any {
	switch v := value.(type) {
	case table:
		return cloneTable(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = cloneValue(v[i])
		}
		return out
	default:
		return v
	}
}

// stringsOf returns the strings in an array of TOML.
func stringsOf(value any) []string {
	items, _ := value.([]any)
	var out []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
