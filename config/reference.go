package config

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

//go:embed reference.md.tmpl
var referenceTemplate string

// section is one table of the reference.
type section struct {
	Title, Text string
	Keys        []row
}

// row is one key of the reference.
type row struct{ Path, Type, Default, Doc string }

// Reference is the documentation of all keys in Markdown.
func Reference(kinds []Kind) ([]byte, error) {
	page, err := template.New("reference").Parse(referenceTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse the reference's template: %w", err)
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{"Variables": otherVariables(), "Sections": sections(), "Kinds": kinds})
	if err != nil {
		return nil, fmt.Errorf("write the reference: %w", err)
	}
	return out.Bytes(), nil
}

func sections() []section {
	place, run, own := section{Title: "What is built"}, section{Title: "The run"}, section{Title: "checks"}
	common := section{
		Title: "common",
		Text: "Settings that every check inherits. Checks with the same settings share one snapshot of compiled dependencies.\n" +
			"Each of these keys may also be set for one check, `checks.<name>.profile` for instance.",
	}
	own.Text = "A map from the names of checks to their keys; without it, the checks are `clippy`, `package` and `tarpaulin`.\n" +
		"Names are of lower-case letters, digits and `_ . @ -`. `clippy: {}` and `clippy:` are the check of that kind as it is."
	for _, k := range placeKeys() {
		place.Keys = append(place.Keys, k.row())
	}
	for _, k := range slices.Concat(settingsKeys("common.", nil), limitKeys("common.", nil), userKeys("common.", nil)) {
		common.Keys = append(common.Keys, k.row())
	}
	for _, k := range slices.Concat(checkKeys(), ageKeys()) {
		own.Keys = append(own.Keys, k.row())
	}
	for _, k := range runKeys() {
		run.Keys = append(run.Keys, k.row())
	}
	legs := section{Title: "matrix"}
	legs.Text = "A map from the names of legs to their settings: any key of `common` but the limits and `user`, and those below. Each check runs\n" +
		"once for every leg, as `clippy@musl` for instance, with the leg's settings over its own; `checks.<name>.matrix` chooses\n" +
		"others. Legs with the same toolchain and settings share everything they can."
	for _, k := range legKeys() {
		legs.Keys = append(legs.Keys, k.row())
	}
	for _, k := range slices.Concat(fetchKeys(), networkKeys()) {
		place.Keys = append(place.Keys, k.row())
	}
	builders := section{Title: "builders"}
	builders.Text = "A map from names to BuildKits that run somewhere, for the key `builder`. Names are of lower-case letters, digits and `_ . -`.\n" +
		"[builders.md](builders.md) says how to set each kind up."
	for _, k := range builderKeys(builderPrefix, nil) {
		builders.Keys = append(builders.Keys, k.row())
	}
	image := section{Title: "image"}
	image.Text = "What `cranekit build` makes of the binaries when it is to publish them; [publish.md](publish.md) has more."
	for _, k := range imageKeys() {
		image.Keys = append(image.Keys, k.row())
	}
	return []section{place, common, own, legs, image, run, builders}
}

func (k *key) row() row {
	doc := k.doc
	if len(k.allowed) > 0 {
		doc += " One of `" + strings.Join(k.allowed, "`, `") + "`."
	}
	if trust := k.trust(); trust != "" {
		doc += " " + trust
	}
	if k.example != "" {
		doc += " Example: `" + k.example + "`."
	}
	def := k.absent
	if def == "" {
		def = "`" + k.value() + "`"
	}
	return row{Path: k.path, Type: k.typ.String(), Default: strings.ReplaceAll(def, "``", "none"), Doc: doc}
}

// trust is what a value in the repository's own file needs, as a sentence.
func (k *key) trust() string {
	var texts []string
	for _, n := range k.needs {
		texts = append(texts, n.String())
	}
	if texts == nil {
		return ""
	}
	return "[Trust](security.md): " + strings.Join(texts, ", ") + "."
}

// value is the default as YAML, "" where there is none that could be written.
func (k *key) value() string {
	switch {
	case k.def != nil:
		return inline(k.def)
	case k.absent != "":
		return ""
	}
	switch k.typ {
	case boolKey:
		return "false"
	case intKey, numberKey:
		return "0"
	case listKey, wordsKey, linesKey, cachesKey, pathsKey:
		return "[]"
	case mapKey:
		return "{}"
	}
	return ""
}
