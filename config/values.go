package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// typ is the type of a key's value.
type typ int

const (
	textKey     typ = iota // string
	pathKey                // string, made absolute
	boolKey                // bool
	intKey                 // int
	numberKey              // float64
	listKey                // []string; in text form a,b
	wordsKey               // []string; text is split as a shell does
	linesKey               // []string; text is one element
	mapKey                 // map[string]string, read entry by entry
	durationKey            // time.Duration; 0 alone needs no unit
	sizeKey                // Size
	cachesKey              // []CacheEntry; in text form as buildx takes it
	pathsKey               // []string, each made absolute; text is one path
	userKey                // string; true is a user that is made, false is none
)

// entry is one value of a key of type mapKey.
type entry struct{ name, value string }

// String names the type in messages and in the reference.
func (t typ) String() string {
	return [...]string{
		"text", "a path", "true or false", "a whole number", "a number",
		"a list", "text or a list", "text or a list", "a map",
		"a duration such as 90s, 30m or 1d", "a size such as 512MiB", "a list of maps",
		"a path or a list of paths", "true, false or text",
	}[t]
}

// tags are the YAML types of scalars that the type takes.
func (t typ) tags() string {
	switch t {
	case boolKey:
		return "!!bool"
	case intKey:
		return "!!int"
	case numberKey:
		return "!!int !!float"
	case mapKey:
		return "!!str !!int !!float !!bool !!timestamp"
	case userKey:
		return "!!str !!int !!bool"
	case listKey:
		return ""
	default:
		return "!!str !!int !!float"
	}
}

// decode turns a YAML node into a value of the type.
func (t typ) decode(n *yaml.Node) (any, error) {
	n = target(n)
	switch {
	case t == cachesKey:
		return decodeCaches(n)
	case n.Kind == yaml.SequenceNode && (t == listKey || t == wordsKey || t == linesKey || t == pathsKey):
		items := make([]string, 0, len(n.Content))
		for _, c := range n.Content {
			item, err := textKey.decode(c)
			if err != nil {
				return nil, fmt.Errorf("in the list: %w", err)
			}
			items = append(items, item.(string))
		}
		return items, nil
	case n.Kind == yaml.ScalarNode && strings.Contains(t.tags(), n.ShortTag()):
		return t.parse(n.Value)
	default:
		return nil, t.mismatch(describe(n))
	}
}

// parse reads the text form of a value, as variables, flags and --set have it.
// Lists may also be written as in YAML, [a, b].
func (t typ) parse(s string) (any, error) {
	if strings.ContainsRune(s, 0) {
		return nil, errors.New("contains a NUL byte")
	}
	var value any
	var err error
	switch t {
	case boolKey:
		value, err = strconv.ParseBool(s)
	case intKey:
		value, err = strconv.Atoi(s)
	case numberKey:
		value, err = strconv.ParseFloat(s, 64)
	case durationKey:
		value, err = parseDuration(s)
	case sizeKey:
		value, err = parseSize(s)
	case listKey, wordsKey, linesKey, pathsKey:
		return t.parseList(s)
	case cachesKey:
		return parseCaches(s)
	case userKey:
		switch strings.ToLower(s) {
		case "true":
			return madeUser, nil
		case "false":
			return "", nil
		}
		return s, nil
	default:
		return s, nil
	}
	if err != nil {
		return nil, t.mismatch(strconv.Quote(s))
	}
	return value, nil
}

func (t typ) parseList(s string) (any, error) {
	if strings.HasPrefix(s, "[") {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(s), &doc); err == nil {
			return t.decode(&doc)
		}
	}
	switch {
	case t == wordsKey:
		return splitWords(s)
	case strings.TrimSpace(s) == "":
		return []string{}, nil
	case t == linesKey || t == pathsKey:
		return []string{strings.TrimRight(s, "\n")}, nil
	}
	items := strings.Split(s, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items, nil
}

func (t typ) mismatch(got string) error {
	return fmt.Errorf("expected %s, got %s", t, got)
}

// target follows an alias to what it stands for, and a document to its root.
func target(n *yaml.Node) *yaml.Node {
	switch {
	case n.Kind == yaml.AliasNode:
		return n.Alias
	case n.Kind == yaml.DocumentNode && len(n.Content) == 1:
		return n.Content[0]
	}
	return n
}

// describe names what a node holds, for messages.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a map"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	case n.ShortTag() == "!!bool":
		return n.Value // quotes would make it the text that was wanted
	default:
		return strconv.Quote(n.Value)
	}
}

// isNull reports whether a node has no value, which is as if the key were not
// there.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// inline writes a value as YAML on one line.
func inline(value any) string {
	var n yaml.Node
	if err := n.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	oneLine(&n)
	out, err := yaml.Marshal(&n)
	if err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(string(out))
}

func oneLine(n *yaml.Node) {
	n.Style = yaml.FlowStyle
	if n.Kind == yaml.ScalarNode {
		n.Style &^= yaml.FlowStyle
		if strings.Contains(n.Value, "\n") {
			n.Style = yaml.DoubleQuotedStyle
		}
	}
	for _, c := range n.Content {
		oneLine(c)
	}
}
