package config

import "slices"

// restrictChecks says of the map of checks and of one of them what depends on
// names and kinds: a check whose name is no kind has to have one, and its kind
// decides which other keys there may be.
func (s *schema) restrictChecks(kinds []Kind) {
	check, named := s.Definitions["check"], map[string]*schema{}
	for _, kind := range kinds {
		name := "kind-" + kind.Name
		s.Definitions[name] = kindSchema(check, kind)
		rules := &schema{Ref: "#/definitions/" + name}
		given, absent := withKind(&schema{Enum: []any{kind.Name}}), &schema{Not: withKind(&schema{Type: []string{"string"}})}
		check.AllOf = append(check.AllOf, &schema{If: given, Then: rules})
		named[kind.Name] = &schema{If: absent, Then: rules}
	}
	var taken []any
	for _, name := range reservedNames() {
		taken = append(taken, name)
	}
	checks := s.Properties["checks"]
	checks.Properties, checks.MinProperties = nil, 1
	checks.PropertyNames = &schema{Not: &schema{Enum: taken}}
	checks.AllOf = []*schema{{
		Properties: named, AdditionalProperties: withKind(&schema{Type: []string{"string"}}),
	}}
}

// withKind describes checks that say what kind they are of.
func withKind(kind *schema) *schema {
	return &schema{Type: []string{"object"}, Required: []string{"kind"}, Properties: map[string]*schema{"kind": kind}}
}

// kindSchema says which keys a check of a kind may not have, and that one with
// shell lines needs some.
func kindSchema(check *schema, kind Kind) *schema {
	s := &schema{Properties: map[string]*schema{}}
	for name := range check.Properties {
		if find(keys(), checkPrefix+name) != nil && !kind.takes(name) {
			s.Properties[name] = &schema{Description: "Does not apply to kind " + kind.Name + ".", Type: []string{"null"}}
		}
	}
	if slices.Contains(kind.Keys, "run") {
		s.Type, s.Required = []string{"object"}, []string{"run"}
		s.Properties["run"] = &schema{
			Type: []string{"string", "number", "array"}, Pattern: `\S`, MinItems: 1,
		}
	}
	return s
}

// takes reports whether a check of the kind may have a key, by its leaf.
func (k Kind) takes(leaf string) bool {
	return find(keys(), "common."+leaf) != nil || slices.Contains(anyKind(), leaf) || slices.Contains(k.Keys, leaf)
}
