package config

import (
	"cmp"
	"maps"
	"net/url"
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
		case !k.ofCheck():
			entries = append(entries, c.entries(&k, k.path, k.at(c, nil))...)
		case k.leaf() == "kind": // the first key of a check stands for all checks
			for i := range c.Checks {
				entries = append(entries, c.checkEntries(table, &c.Checks[i])...)
			}
		}
	}
	return entries
}

func (c *Config) checkEntries(table []key, check *Check) []Entry {
	var entries []Entry
	for _, k := range table {
		if k.ofCheck() {
			entries = append(entries, c.entries(&k, "checks."+check.Name+"."+k.leaf(), k.at(c, check))...)
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
			if origin != "" || !k.ofCheck() {
				entries = append(entries, Entry{join(path, name), inline((*m)[name]), cmp.Or(origin, "default")})
			}
		}
	}
	if len(entries) > 0 || c.Origins[path] == "" {
		return entries
	}
	value := reflect.ValueOf(field).Elem().Interface()
	if path == "network.proxy" {
		value = redact(value.(string))
	}
	return []Entry{{path, inline(value), c.Origins[path]}}
}

// redact masks the password of a URL.
func redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "xxxxx"
	}
	return u.Redacted()
}
