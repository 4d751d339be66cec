package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cranekit/cranekit/config/repofs"
)

var plainKey = regexp.MustCompile(`^[\w.@<>/-]+$`)

// maxConfigFile is the size up to which crane.yaml is read, in bytes.
const maxConfigFile = 1 << 20

// fileText is the text of crane.yaml. One that was found is a file of a
// repository that nobody trusts; one that was named may be a pipe.
func (l *loader) fileText() ([]byte, error) {
	if !l.named {
		root := repository(filepath.Dir(l.file))
		if root == "" {
			root = filepath.Dir(l.file)
		}
		return repofs.ReadWithin(root, l.file, maxConfigFile)
	}
	file, err := os.Open(l.file)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfigFile+1))
	if err == nil && len(text) > maxConfigFile {
		err = fmt.Errorf("larger than %d KiB", maxConfigFile>>10)
	}
	return text, err
}

// readFile collects the settings of crane.yaml.
func (l *loader) readFile() {
	data, err := l.fileText()
	if err != nil {
		if cause, ok := errors.AsType[*os.PathError](err); ok {
			err = cause.Err
		}
		hint := ""
		if errors.Is(err, repofs.ErrEscapes) {
			err, hint = errors.New("it is a link that leads out of the repository"), "name the file with --config"
		}
		l.report(origin{rank: fromFile, name: l.shown}, "", "cannot be read: "+err.Error(), hint)
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			l.reportSyntax(err, string(data))
		}
		return
	}
	if err := dec.Decode(&second); err == nil {
		l.report(l.line(&second), "", "a second YAML document", "crane.yaml has only one")
	} else if !errors.Is(err, io.EOF) {
		l.reportSyntax(err, string(data))
	}
	l.section("", "", &doc)
}

func (l *loader) line(n *yaml.Node) origin {
	return origin{rank: fromFile, name: l.shown, line: n.Line}
}

// section reads a map whose keys are at schema in the table, and at path with
// the user's names. The table's depth bounds the recursion, whatever aliases
// the file has.
func (l *loader) section(schema, path string, n *yaml.Node) {
	l.each(path, n, func(name string, k, value *yaml.Node) {
		within, at := join(schema, name), join(path, name)
		switch row := find(l.keys, within); {
		case schema == "checks":
			l.addCheck(name, l.line(k))
			l.section(strings.TrimSuffix(checkPrefix, "."), join("checks", name), value)
		case schema == "matrix":
			l.addLeg(name, l.line(k))
			l.section(strings.TrimSuffix(legPrefix, "."), join("matrix", name), value)
		case schema == "builders":
			l.addBuilder(name, l.line(k))
			l.section(strings.TrimSuffix(builderPrefix, "."), join("builders", name), value)
		case strings.Contains(name, "."):
			l.report(l.line(k), at, "unknown key", "write its parts as keys within keys")
		case within == "checks" && target(value).Kind == yaml.MappingNode && len(target(value).Content) == 0:
			l.report(l.line(k), at, "is empty", "leave the key out for "+strings.Join(l.DefaultChecks, ", "))
		case row != nil:
			l.fileValue(row, at, k, value)
		case len(children(l.keys, within)) > 0:
			l.section(within, at, value)
		case schema+"." == legPrefix:
			l.notOfLeg(l.line(k), at, name, l.suggest(schema, name))
		default:
			l.report(l.line(k), at, "unknown key", l.suggest(schema, name))
		}
	})
}

// each calls f for the entries of a map; no value at all is an empty map.
func (l *loader) each(path string, n *yaml.Node, f func(name string, k, value *yaml.Node)) {
	n = target(n)
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		l.report(l.line(n), path, "expected a map, got "+describe(n), "")
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		name := target(k).Value
		switch line, again := first[name]; {
		case target(k).Kind != yaml.ScalarNode:
			l.report(l.line(k), path, "expected a name as key, got "+describe(target(k)), "")
		case again:
			l.report(l.line(k), join(path, name), "duplicate key, first on line "+strconv.Itoa(line), "")
		default:
			first[name] = k.Line
			f(name, k, n.Content[i+1])
		}
	}
}

// fileValue reads the value of a key in the table.
func (l *loader) fileValue(row *key, path string, k, value *yaml.Node) {
	if isNull(target(value)) {
		return
	}
	if row.typ != mapKey {
		v, err := row.typ.decode(value)
		if err != nil {
			at, hint := l.line(k), valueHint(row.typ, value)
			if inner := (&lineError{}); errors.As(err, &inner) {
				at.line = inner.line
			}
			if inner := (&cacheError{}); errors.As(err, &inner) {
				hint = inner.hint
			}
			l.report(at, path, err.Error(), hint)
			return
		}
		l.add(setting{key: row, path: path, value: v, origin: l.line(k)})
		return
	}
	l.each(path, value, func(name string, k, item *yaml.Node) {
		v, err := mapKey.decode(item)
		if err != nil {
			l.report(l.line(k), join(path, name), strings.Replace(err.Error(), mapKey.String(), textKey.String(), 1), "")
			return
		}
		l.add(setting{key: row, path: path, value: entry{name, v.(string)}, origin: l.line(k)})
	})
}

// valueHint shows how a text is written as a list of one, and what only looks
// like something else as a text.
func valueHint(t typ, n *yaml.Node) string {
	n = target(n)
	if t == listKey && n.Kind == yaml.ScalarNode {
		return "write " + inline([]string{n.Value})
	}
	if t == durationKey {
		return durationHint(n.Value)
	}
	if t != textKey && t != listKey && t != wordsKey && t != linesKey {
		return ""
	}
	for _, item := range append([]*yaml.Node{n}, n.Content...) {
		if item.Kind == yaml.ScalarNode && item.ShortTag() == "!!bool" {
			return "put it in quotes: \"" + item.Value + "\""
		}
	}
	return ""
}

// suggest names the key that was meant: one of the same section, or else one
// of the same name elsewhere.
func (l *loader) suggest(schema, name string) string {
	if hint := didYouMean(name, children(l.keys, schema)); hint != "" {
		return hint
	}
	for _, k := range l.keys {
		if k.leaf() == name {
			return didYouMean(k.path, []string{k.path})
		}
	}
	return ""
}

// join makes a dotted path; a name that would not be readable in it is quoted.
func join(path, name string) string {
	if !plainKey.MatchString(name) {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
