package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// exampleWidth is the width that comments in the example are wrapped to.
const exampleWidth = 100

// exampleCheck is a check of the example.
type exampleCheck struct {
	name, comment string
	// values are keys and their values as YAML.
	values [][2]string
}

func exampleChecks() []exampleCheck {
	return []exampleCheck{
		{name: "clippy", values: [][2]string{{"args", "--all-targets -- --deny warnings"}}},
		{name: "package", values: [][2]string{{"test-args", "-- --test-threads 4"}, {"tests", "true"}}},
		{
			name: "coverage", comment: "A name of your own needs a kind.",
			values: [][2]string{{"kind", "tarpaulin"}, {"fail-under", "80"}, {"out", "[Html, Lcov]"}},
		},
		{name: "versions", values: [][2]string{{"kind", "custom"}, {"run", "[cargo --version, rustc --version]"}, {"shell", "bash -euo pipefail -c"}, {"deps", "none"}}},
		{
			name: "dev", comment: "Any key of common may be set for one check. env is added to the common one, the others replace it.",
			values: [][2]string{
				{"kind", "test"},
				{"profile", "dev"},
				{"features", "[]"},
				{"all-features", "false"},
				{"no-default-features", "false"},
				{"target", ""},
				{"packages", "[]"},
				{"exclude", "[]"},
				{"rustflags", ""},
				{"env", "{}"},
				{"member-layers", "false"},
				{"timeout", "10m"},
				{"retries", "1"},
				{"memory", "4GiB"},
				{"cpus", "1.5"},
				{"tmp-size", "1GiB"},
				{"shm-size", "256MiB"},
				{"output-size", "1GiB"},
				{"output-files", "1000"},
				{"matrix", "[]"},
				{"source.include", "[]"},
				{"source.exclude", "[docs/**]"},
				{"network", "false"},
				{"user", "true"},
				{"insecure", "false"},
				{"cache", "true"},
				{"max-age", "0"},
				{"secrets", "{}"},
			},
		},
	}
}

// exampleLegs are the legs of the matrix in the example.
func exampleLegs() []exampleCheck {
	return []exampleCheck{
		{
			name: "plain", comment: "A leg without keys of its own runs the checks as they are.",
			values: [][2]string{{"profile", "release"}},
		},
		{
			name: "minimal", comment: "Any key of common but the limits, and a toolchain of its own.",
			values: [][2]string{
				{"toolchain.image", ""},
				{"toolchain.oci-layout", ""},
				{"toolchain.channel", ""},
				{"profile", "dev"},
				{"features", "[]"},
				{"all-features", "false"},
				{"no-default-features", "true"},
				{"target", ""},
				{"packages", "[]"},
				{"exclude", "[]"},
				{"rustflags", ""},
				{"env", "{}"},
				{"member-layers", "false"},
			},
		},
	}
}

// Example is the text of crane.yaml.example: every key with its meaning.
func Example() []byte {
	w := &exampleWriter{}
	w.comment(0, "Every key of crane.yaml, and none is needed. Outside of checks, matrix and builders the values are the defaults; "+
		"a key without a value is as if it were not there. docs/configuration.md says where else values can come from.")
	for _, k := range keys() {
		switch {
		case k.path == checkPrefix+"kind":
			w.checks()
		case k.path == legKeys()[0].path:
			w.matrix()
		case k.path == builderPrefix+"address":
			w.builders()
		case !k.ofCheck() && !k.ofLeg() && !k.ofBuilder():
			w.key(&k, strings.Split(k.path, "."), k.value())
		}
	}
	return w.Bytes()
}

// exampleWriter writes nested keys one after another.
type exampleWriter struct {
	bytes.Buffer
	parents []string
	told    []string // paths of the table that have been explained
}

// checks writes the section that shows every key of a check once or more.
func (w *exampleWriter) checks() {
	w.WriteString("\n")
	w.comment(0, "The checks, by name. Without this key they are clippy, package and tarpaulin.")
	for _, k := range slices.Concat(settingsKeys(checkPrefix, nil), limitKeys(checkPrefix, nil), userKeys(checkPrefix, nil)) {
		w.told = append(w.told, k.path) // in common
	}
	w.WriteString("checks:\n")
	w.parents = []string{"checks"}
	for _, c := range exampleChecks() {
		if c.comment != "" {
			w.comment(1, c.comment)
		}
		for _, v := range c.values {
			w.key(find(keys(), checkPrefix+v[0]), append([]string{"checks", c.name}, strings.Split(v[0], ".")...), v[1])
		}
	}
}

// matrix writes the section that shows every key of a leg.
func (w *exampleWriter) matrix() {
	w.WriteString("\n")
	w.comment(0, "Legs: each check but fmt runs once for each of them, as clippy@minimal for instance, "+
		"with the settings of the leg over its own. What legs have in common is compiled once. Default: no legs.")
	for _, k := range settingsKeys(legPrefix, nil) {
		w.told = append(w.told, k.path) // in common
	}
	w.WriteString("matrix:\n")
	w.parents = []string{"matrix"}
	for _, leg := range exampleLegs() {
		w.comment(1, leg.comment)
		for _, v := range leg.values {
			w.key(find(keys(), legPrefix+v[0]), append([]string{"matrix", leg.name}, strings.Split(v[0], ".")...), v[1])
		}
	}
}

// builders writes the section that shows every key of a builder.
func (w *exampleWriter) builders() {
	w.WriteString("\n")
	w.comment(0, "Builders by names of your own, for the key builder. Default: none.")
	w.WriteString("builders:\n")
	w.parents = []string{"builders"}
	for _, v := range [][2]string{{"address", "tcp://buildkit.example:1234"}, {"ca", ""}, {"cert", ""}, {"key", ""}, {"server-name", "buildkit"}, {"weight", "2"}, {"platforms", "[linux/amd64]"}} {
		w.key(find(keys(), builderPrefix+v[0]), []string{"builders", "ci", v[0]}, v[1])
	}
}

// key writes one key below its parents, which are opened when they are new.
func (w *exampleWriter) key(k *key, at []string, value string) {
	parents := at[:len(at)-1]
	for i, p := range parents {
		if i >= len(w.parents) || !slices.Equal(w.parents[:i+1], parents[:i+1]) {
			if i == 0 {
				w.WriteString("\n")
			}
			fmt.Fprintf(w, "%s%s:\n", strings.Repeat("  ", i), p)
		}
	}
	if len(parents) == 0 {
		w.WriteString("\n")
	}
	w.parents = parents
	if !slices.Contains(w.told, k.path) {
		w.told = append(w.told, k.path)
		w.comment(len(parents), k.comment())
	}
	line := strings.Repeat("  ", len(parents)) + at[len(at)-1] + ": " + value
	w.WriteString(strings.TrimRight(line, " ") + "\n")
}

// comment explains a key in full sentences.
func (k *key) comment() string {
	text := k.doc
	if len(k.allowed) > 0 {
		text += " One of " + strings.Join(k.allowed, ", ") + "."
	}
	if k.absent != "" {
		text += " Default: " + k.absent + "."
	}
	if k.example != "" && !k.ofCheck() {
		text += " Example: " + k.example
	}
	return strings.ReplaceAll(text, "`", "")
}

func (w *exampleWriter) comment(depth int, text string) {
	indent := strings.Repeat("  ", depth) + "#"
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > exampleWidth && line != indent {
			w.WriteString(line + "\n")
			line = indent
		}
		line += " " + word
	}
	w.WriteString(line + "\n")
}
