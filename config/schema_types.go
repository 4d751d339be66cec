package config

import (
	"fmt"
	"strings"
)

const (
	// durationPattern is what time.ParseDuration takes, after days.
	durationPattern = `^(0|[0-9]+(\.[0-9]+)?d|([0-9]+(\.[0-9]+)?d)?\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`
	// sizePattern is what units.RAMInBytes takes.
	sizePattern = `^[0-9]+(\.[0-9]+)? ?([kKmMgGtTpP]([iI]?[bB])?|[bB])?$`
)

// schema describes the values of a type in crane.yaml. Text may look like a
// number, as a version does: the loader takes it as it is written.
func (t typ) schema() (*schema, error) {
	text := []string{"string", "number"}
	zero := 0.0
	switch t {
	case textKey, pathKey:
		return &schema{Type: text}, nil
	case userKey:
		return &schema{Type: []string{"string", "integer", "boolean"}}, nil
	case boolKey:
		return &schema{Type: []string{"boolean"}}, nil
	case intKey:
		return &schema{Type: []string{"integer"}}, nil
	case numberKey:
		return &schema{Type: []string{"number"}}, nil
	case listKey:
		return &schema{Type: []string{"array"}, Items: &schema{Type: text}}, nil
	case wordsKey, linesKey, pathsKey:
		return &schema{Type: []string{"string", "number", "array"}, Items: &schema{Type: text}}, nil
	case mapKey:
		return &schema{Type: []string{"object"}, AdditionalProperties: &schema{Type: []string{"string", "number", "boolean"}}}, nil
	case durationKey:
		return &schema{Type: []string{"string", "integer"}, Pattern: durationPattern, Minimum: &zero, Maximum: &zero}, nil
	case sizeKey:
		return &schema{Type: text, Pattern: sizePattern, Minimum: &zero}, nil
	case cachesKey:
		entry := &schema{Type: []string{"string", "object"}, AdditionalProperties: &schema{Type: []string{"string", "number", "boolean"}}}
		return &schema{Type: []string{"string", "array"}, Items: entry}, nil
	default:
		return nil, fmt.Errorf("type %d of crane.yaml has no JSON Schema: add it to schema_types.go", int(t))
	}
}

// rule says of the values of some keys what their checks refuse, as far as
// a schema can say it.
type rule struct {
	// path ends the paths of the keys.
	path string
	// names are for the entries of a map, values for texts, items of lists
	// and values of entries.
	names, values string
	enum          []string
	// text is set if no value looks like a number.
	text        bool
	least, most float64
}

// schemaRules has no row for keys whose checks can say it in words only. A
// schema without a row refuses less, never more.
func schemaRules() []rule {
	const oneWord, filled, variable = `^\S*$`, `\S`, `^[A-Za-z_][A-Za-z0-9_]*$`
	return []rule{
		{path: "source.include", values: filled},
		{path: "source.exclude", values: filled},
		{path: "source.git-env", names: variable, enum: gitFacts()},
		{path: "toolchain.image", values: oneWord},
		{path: "toolchain.build-args", names: variable},
		{path: "toolchain.build-target", values: oneWord},
		{path: "toolchain.channel", values: orEmpty(channelName.String())},
		{path: "toolchain.packages", values: systemName.String()},
		{path: "toolchain.tools", names: crateName.String(), values: exactVersion.String(), text: true},
		{path: ".secrets", values: `^(env:[A-Za-z_][A-Za-z0-9_]*$|file:.)`, text: true},
		{path: "network.proxy", values: `^$|^[Hh][Tt][Tt][Pp][Ss]?://[^/]`, text: true},
		{path: "network.no-proxy", values: oneWord},
		{path: ".profile", values: orEmpty(profileName.String())},
		{path: ".features", values: `^\S+$`},
		{path: ".target", values: oneWord},
		{path: ".packages", values: `^\S+$`},
		{path: ".exclude", values: `^\S+$`},
		{path: ".env", names: variable},
		{path: "common.user", values: orEmpty(userName.String())},
		{path: checkPrefix + "user", values: orEmpty(userName.String())},
		{path: ".retries", most: 20},
		{path: ".cpus", most: 4096},
		{path: checkPrefix + "matrix", values: leg.String()},
		{path: checkPrefix + "fail-under", most: 100},
		{path: "jobs", most: 1 << 16},
	}
}

func orEmpty(pattern string) string { return "^$|" + pattern }

// narrow applies the rule for a key, if there is one.
func (s *schema) narrow(path string) {
	for _, r := range schemaRules() {
		if !strings.HasSuffix(path, r.path) {
			continue
		}
		values := s
		if s.Items != nil {
			values = s.Items
		}
		if entries, isMap := s.AdditionalProperties.(*schema); isMap {
			values = entries
			if r.names != "" {
				s.PropertyNames = &schema{Pattern: r.names}
			}
		}
		values.Pattern = r.values
		for _, value := range r.enum {
			values.Enum = append(values.Enum, value)
		}
		if r.text {
			values.Type = []string{"string"}
		}
		if r.most > 0 {
			values.Minimum, values.Maximum = &r.least, &r.most
		}
		return
	}
}
