package scaffold_test

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/cranekit/cranekit/cmd/scaffold"
	"github.com/cranekit/cranekit/config"
)

// TestPipeline wants YAML whose texts are the commands and paths, whatever
// the workspace's directory is called.
func TestPipeline(t *testing.T) {
	t.Parallel()
	for _, system := range scaffold.Systems() {
		for dir, want := range map[string][2]string{
			".":            {"check", "result"},
			"rust/app":     {"check -C rust/app", "rust/app/result"},
			"a: b #c/it's": {`check -C 'a: b #c/it'\''s'`, "a: b #c/it's/result"},
			"- {x}":        {`check -C '- {x}'`, "- {x}/result"},
		} {
			t.Run(system+" in "+dir, func(t *testing.T) {
				t.Parallel()
				_, text, err := scaffold.Pipeline(system, scaffold.Project{Dir: dir, Tests: true, Trust: "secrets,ssh"})
				if err != nil {
					t.Fatal(err)
				}
				var root yaml.Node
				if err := yaml.Unmarshal(text, &root); err != nil {
					t.Fatalf("%v in\n%s", err, text)
				}
				texts := scalars(&root)
				if i := slices.Index(texts, config.TrustVariable); i < 0 || texts[i+1] != "secrets,ssh" {
					t.Errorf("no trust in\n%s", text)
				}
				if !slices.ContainsFunc(texts, func(s string) bool { return strings.HasSuffix(strings.ReplaceAll(s, `"`, ""), "cranekit "+want[0]) }) {
					t.Errorf("no command %q in\n%s", want[0], text)
				}
				if system != "woodpecker" && !slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, want[1]) }) {
					t.Errorf("results in %q are not kept in\n%s", want[1], text)
				}
			})
		}
	}
	for _, system := range scaffold.Systems() {
		_, text, err := scaffold.Pipeline(system, scaffold.Project{Dir: "."})
		var root yaml.Node
		if err == nil {
			err = yaml.Unmarshal(text, &root)
		}
		if err != nil || slices.Contains(scalars(&root), config.TrustVariable) || !strings.Contains(string(text), config.TrustVariable) {
			t.Errorf("%s without trust: %v\n%s", system, err, text)
		}
	}
	if _, _, err := scaffold.Pipeline("jenkins", scaffold.Project{}); err == nil || !strings.Contains(err.Error(), "github, gitlab") {
		t.Errorf("an unknown system: %v", err)
	}
}

// TestHostileNames wants no line, no expression and no key that the names in a
// repository bring along.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, system := range scaffold.Systems() {
		for _, dir := range []string{"x'\n      - run: id #", "x\r  - y", "x\u2028y", "${{ github.token }}"} {
			if _, text, err := scaffold.Pipeline(system, scaffold.Project{Dir: dir}); err == nil {
				t.Errorf("%s in %q:\n%s", system, dir, text)
			}
		}
	}
	bad := "x\nfetch: {ssh: true}\n#"
	text, err := scaffold.CraneYAML(scaffold.Facts{
		Members: 1, Channel: bad, Image: bad, RustVersion: bad, Registries: []string{bad}, Unknown: []string{bad},
		System: []scaffold.Need{{Package: "p", Crates: []string{bad}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(text, &doc); err != nil || doc["fetch"] != nil || doc["toolchain"] == nil {
		t.Errorf("%v in\n%s", err, text)
	}
}

// scalars are the texts of a document, without blanks around them.
func scalars(n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{strings.TrimSpace(n.Value)}
	}
	var texts []string
	for _, c := range n.Content {
		texts = append(texts, scalars(c)...)
	}
	return texts
}
