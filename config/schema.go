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
	for _, k := range keys() {
		property, err := k.schema(kinds)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", k.path, err)
		}
		root.put(strings.Split(k.path, "."), property)
	}
	root.define("checks", "check")
	root.define("matrix", "leg")
	check, ofLeg := root.Definitions["check"], root.Definitions["leg"]
	for _, o := range []*schema{root.Properties["toolchain"], root.Properties["common"], root.Properties["image"], check, ofLeg, ofLeg.Properties["toolchain"]} {
		o.exclude()
	}
	root.restrictChecks(kinds)
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

// put sets the property that a path of the table leads to. An element such as
// <name> stands for names of the user's own.
func (s *schema) put(path []string, property *schema) {
	if len(path) == 1 {
		s.Properties[path[0]] = property
		return
	}
	name, of := path[0], s.Properties
	if strings.HasPrefix(name, "<") {
		if s.PatternProperties == nil {
			s.PatternProperties = map[string]*schema{}
		}
		name, of = namePattern(name), s.PatternProperties
	}
	if of[name] == nil {
		of[name] = object(sectionDoc(path[0]))
	}
	of[name].put(path[1:], property)
}

// namePattern is what the user's own names in the place of an element of the
// table's paths have to match.
func namePattern(element string) string {
	switch element + "." {
	case strings.TrimPrefix(checkPrefix, "checks."):
		return checkName.String()
	case strings.TrimPrefix(legPrefix, "matrix."):
		return leg.String()
	default:
		return "."
	}
}

// define makes a definition of what a section has below each name.
func (s *schema) define(section, name string) {
	if s.Definitions == nil {
		s.Definitions = map[string]*schema{}
	}
	for pattern, of := range s.Properties[section].PatternProperties {
		s.Definitions[name] = of
		s.Properties[section].PatternProperties[pattern] = &schema{Ref: "#/definitions/" + name}
	}
}

func sectionDoc(name string) string {
	switch name {
	case "checks":
		return "The checks, by name. Without this key they are clippy, package and tarpaulin."
	case "common":
		return "Settings that every check inherits."
	case "fetch":
		return "What the step that downloads dependencies may use."
	case "image":
		return "The image that the binaries are published in."
	case "matrix":
		return "Legs by name: each check runs once for every leg, with the leg's settings over its own."
	case "network":
		return "How the steps that use the network reach it."
	case "source":
		return "What is sent to the builder."
	case "toolchain":
		return "Where cargo and rustc come from."
	default:
		return "The keys of " + strings.Trim(name, "<>") + "."
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
		{"base", "oci-layout"},
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
