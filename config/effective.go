package config

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
)

// Entry is one line of the effective configuration.
type Entry struct {
	// Key is the dotted path, with the name of a map's entry at the end.
	Key string
	// Value is YAML on one line. Passwords in it are masked.
	Value string
	// Origin is where the value comes from, as in [Config.Origins].
	Origin string
}

// Effective lists all values in the order of the table of keys, and checks in
// their own. What a check inherits from common is not repeated.
func (c *Config) Effective() []Entry {
	var entries []Entry
	table := keys()
	for _, k := range table {
		switch {
		case k.path == legKeys()[0].path: // stands for all keys of legs
			for i := range c.Legs {
				entries = append(entries, c.ownEntries(table, "matrix."+c.Legs[i].Leg+".", &c.Legs[i], (*key).ofLeg)...)
			}
		case k.path == builderPrefix+"address": // stands for all keys of builders
			for i := range c.Builders {
				b := &c.Builders[i]
				for _, k := range builderKeys("builders."+b.Name+".", func(*Config) *Builder { return b }) {
					entries = append(entries, c.entries(&k, k.path, k.at(c, nil))...)
				}
			}
		case k.ofLeg(), k.ofBuilder():
		case !k.ofCheck():
			entries = append(entries, c.entries(&k, k.path, k.at(c, nil))...)
		case k.leaf() == "kind": // the first key of a check stands for all checks
			for i := range c.Checks {
				entries = append(entries, c.ownEntries(table, "checks."+c.Checks[i].Name+".", &c.Checks[i], (*key).ofCheck)...)
			}
		}
	}
	return entries
}

// ownEntries are those of one check or one leg.
func (c *Config) ownEntries(table []key, prefix string, of *Check, ours func(*key) bool) []Entry {
	var entries []Entry
	for _, k := range table {
		if ours(&k) {
			entries = append(entries, c.entries(&k, prefix+k.leaf(), k.at(c, of))...)
		}
	}
	return entries
}

// entries makes the lines of one key: one for each entry of a map, and none
// for a key that has no origin of its own.
func (c *Config) entries(k *key, path string, field any) []Entry {
	var entries []Entry
	if m, ok := field.(*map[string]string); ok {
		for _, name := range slices.Sorted(maps.Keys(*m)) {
			origin := c.Origins[join(path, name)]
			if origin != "" || !k.ofCheck() && !k.ofLeg() {
				entries = append(entries, Entry{join(path, name), Redact(inline((*m)[name])), cmp.Or(origin, "default")})
			}
		}
	}
	if len(entries) > 0 || c.Origins[path] == "" {
		return entries
	}
	value := reflect.ValueOf(field).Elem().Interface()
	if paths, ok := value.([]string); ok && k.typ == pathsKey && len(paths) == 1 {
		value = paths[0]
	}
	return []Entry{{path, Redact(inline(value)), c.Origins[path]}}
}
