package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SchemaURL is where editors find the schema of crane.yaml.
const SchemaURL = "https://raw.githubusercontent.com/cranekit/cranekit/main/docs/crane.schema.json"

// Schema is the JSON Schema of crane.yaml, from the table of keys. It is of
// draft 7, the one that editors and their YAML servers know best. It refuses
// nothing that [Load] takes but other spellings of enumerated values; what
// depends on more than the file, such as paths, only Load can refuse.
func Schema(kinds []Kind) ([]byte, error) {
	root := object("Configuration of cranekit.")
	root.Schema, root.ID, root.Title = "http://json-schema.org/draft-07/schema#", SchemaURL, FileName
	check, ofLeg := object("A check."), object("A leg of the matrix.")
	for _, k := range keys() {
		of, path := root, k.path
		switch {
		case k.ofCheck():
			of, path = check, strings.TrimPrefix(path, checkPrefix)
		case k.ofLeg():
			of, path = ofLeg, strings.TrimPrefix(path, legPrefix)
		}
		property, err := k.schema(kinds)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", k.path, err)
		}
		of.put(strings.Split(path, "."), property)
	}
	for _, o := range []*schema{root.Properties["toolchain"], root.Properties["common"], check, ofLeg, ofLeg.Properties["toolchain"]} {
		o.exclude()
	}
	root.Definitions = map[string]*schema{"check": check, "leg": ofLeg}
	root.Properties["checks"] = checksSchema(root, check, kinds)
	root.Properties["matrix"] = &schema{
		Description: "Legs by name: each check runs once for every leg, with the leg's settings over its own.",
		Type:        []string{"object", "null"}, AdditionalProperties: false,
		PatternProperties: map[string]*schema{leg.String(): {Ref: "#/definitions/leg"}},
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return out.Bytes(), nil
}

// schema is what is used of JSON Schema. Properties come out in the order of
// their names, so that equal tables give equal bytes.
type schema struct {
	Schema      string   `json:"$schema,omitempty"`
	ID          string   `json:"$id,omitempty"`
	Ref         string   `json:"$ref,omitempty"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        []string `json:"type,omitempty"`
	Enum        []any    `json:"enum,omitempty"`
	Default     any      `json:"default,omitempty"`
	Examples    []any    `json:"examples,omitempty"`
	Pattern     string   `json:"pattern,omitempty"`
	Minimum     *float64 `json:"minimum,omitempty"`
	Maximum     *float64 `json:"maximum,omitempty"`
	MinItems    int      `json:"minItems,omitempty"`
	Items       *schema  `json:"items,omitempty"`

	MinProperties     int                `json:"minProperties,omitempty"`
	Required          []string           `json:"required,omitempty"`
	PropertyNames     *schema            `json:"propertyNames,omitempty"`
	Properties        map[string]*schema `json:"properties,omitempty"`
	PatternProperties map[string]*schema `json:"patternProperties,omitempty"`
	// AdditionalProperties is false or a schema.
	AdditionalProperties any                `json:"additionalProperties,omitempty"`
	AllOf                []*schema          `json:"allOf,omitempty"`
	Not                  *schema            `json:"not,omitempty"`
	If                   *schema            `json:"if,omitempty"`
	Then                 *schema            `json:"then,omitempty"`
	Definitions          map[string]*schema `json:"definitions,omitempty"`
}

// object is a map with known keys. Without a value it counts as absent.
func object(description string) *schema {
	return &schema{
		Description: description, Type: []string{"object", "null"},
		Properties: map[string]*schema{}, AdditionalProperties: false,
	}
}

// put sets the property that a path leads to.
func (s *schema) put(path []string, property *schema) {
	if len(path) == 1 {
		s.Properties[path[0]] = property
		return
	}
	if s.Properties[path[0]] == nil {
		s.Properties[path[0]] = object(sectionDoc(path[0]))
	}
	s.Properties[path[0]].put(path[1:], property)
}

func sectionDoc(name string) string {
	switch name {
	case "common":
		return "Settings that every check inherits."
	case "fetch":
		return "What the step that downloads dependencies may use."
	case "network":
		return "How the steps that use the network reach it."
	case "source":
		return "What is sent to the builder."
	case "toolchain":
		return "Where cargo and rustc come from."
	default:
		return "The keys of " + name + "."
	}
}

// schema describes the value of a key. No value at all is as if the key were
// not there.
func (k *key) schema(kinds []Kind) (*schema, error) {
	s, err := k.typ.schema()
	if err != nil {
		return nil, err
	}
	s.Description = k.description()
	values := s
	if k.typ == listKey {
		values = s.Items
	}
	allowed := k.allowed
	if k.ofCheck() && k.leaf() == "kind" {
		for _, kind := range kinds {
			allowed = append(allowed, kind.Name)
		}
	}
	for _, value := range allowed {
		values.Enum = append(values.Enum, value)
	}
	s.narrow(k.path)
	if s.Enum != nil {
		s.Type, s.Enum = nil, append(s.Enum, nil)
	} else {
		s.Type = append(s.Type, "null")
	}
	return s, k.illustrate(s)
}

func (k *key) description() string {
	if k.absent == "" {
		return k.doc
	}
	return k.doc + " Default: " + k.absent + "."
}

// illustrate adds the default and the example of a key.
func (k *key) illustrate(s *schema) error {
	if text := k.value(); text != "" && k.absent == "" && !k.ofCheck() && !k.ofLeg() {
		if err := yaml.Unmarshal([]byte(text), &s.Default); err != nil {
			return fmt.Errorf("default: %w", err)
		}
	}
	if k.example != "" {
		var example any
		if err := yaml.Unmarshal([]byte(k.example), &example); err != nil {
			return fmt.Errorf("example: %w", err)
		}
		s.Examples = []any{example}
	}
	return nil
}

// exclude states which keys of a section make no sense together: as the
// loader does, empty values aside.
func (s *schema) exclude() {
	some := func(p *schema) *schema {
		switch {
		case slices.Contains(p.Type, "boolean"):
			return &schema{Enum: []any{true}}
		case slices.Contains(p.Type, "array"):
			return &schema{Type: []string{"array"}, MinItems: 1}
		}
		return &schema{Type: []string{"string"}, Pattern: "."}
	}
	for _, pair := range [][2]string{
		{"image", "oci-layout"},
		{"image", "dockerfile"},
		{"features", "all-features"},
		{"packages", "exclude"},
	} {
		a, b := s.Properties[pair[0]], s.Properties[pair[1]]
		if a == nil || b == nil {
			continue
		}
		s.AllOf = append(s.AllOf, &schema{
			If:   &schema{Required: []string{pair[0]}, Properties: map[string]*schema{pair[0]: some(a)}},
			Then: &schema{Properties: map[string]*schema{pair[1]: {Description: "Excluded by " + pair[0] + ".", Not: some(b)}}},
		})
	}
}
