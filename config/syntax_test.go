package config

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestSyntax wants the line of what is wrong, which is seldom that where the
// parser gave up, and the way out.
func TestSyntax(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, want string }{
		"brace":              {"jobs: 1\nchecks:\n  clippy: {args: x\n  fmt: {}\n  test: {}\n", "crane.yaml:3: unclosed { (close it with })"},
		"brace on line 1":    {"common: {profile: dev\n", "crane.yaml:1: unclosed { (close it with })"},
		"bracket in a brace": {"jobs: 1\nchecks:\n  clippy: {args: [a, b}\n  fmt:\n", "crane.yaml:3: unclosed { (close it with })"},
		"bracket":            {"checks:\n  clippy:\n    args: [a,\n      b\n  fmt:\n", "crane.yaml:3: unclosed [ (close it with ])"},
		"quote":              {"checks:\n  clippy: {args: \"a}\n  fmt:\n", "crane.yaml:2: unclosed \" (close it with another)"},
		"single quote":       {"common:\n  target: 'it\n  profile: dev\n", "crane.yaml:2: unclosed ' (close it with another)"},
		"brackets in texts":  {"common: {target: \"{\", env: {A: '['}} # {\nchecks:\n  own:\n    run: echo ${x\n  clippy: {args: x\n", "crane.yaml:5: unclosed { (close it with })"},
		"tab":                {"checks:\n\tclippy: {}\n", "crane.yaml:2: a tab before the text (indent with spaces, as YAML requires)"},
		"tab after blanks":   {"checks:\n  clippy:\n  \t  args: x\n", "crane.yaml:3: a tab before the text (indent with spaces, as YAML requires)"},
		"reserved":           {"jobs: 1\ncommon: {env: {A: @b}}\n", "crane.yaml:2: a text cannot begin with @ (put it in quotes)"},
		"colon":              {"checks: a: b\n", "crane.yaml:1: mapping values are not allowed in this context (put a text that has a colon and a space in quotes, or begin a new line)"},
		"star":               {"jobs: 1\nsource:\n  exclude: [*md]\n", "crane.yaml:3: unknown anchor 'md' referenced (put a text that begins with * in quotes)"},
		"something else":     {"jobs: 1\n- x\n", "crane.yaml:2: did not find expected key (look at the indentation)"},
		"indentation":        {"jobs: 1\nchecks:\n    fmt:\n  test:\n  clippy:\n", "crane.yaml:4: did not find expected key (look at the indentation)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compareProblems(t, testOptions(project(t, "crane.yaml", tt.file)), tt.want)
		})
	}
}

// FuzzUnclosed wants no text to break the search, and none that YAML takes to
// matter.
func FuzzUnclosed(f *testing.F) {
	f.Add("a: {b: [c, \"d\\\"\"]}\n# {\n")
	f.Fuzz(func(t *testing.T, text string) {
		l := &loader{}
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			l.reportSyntax(err, text)
		}
		for _, p := range l.problems {
			if p.Line < 1 || p.Message == "" {
				t.Errorf("%+v", p)
			}
		}
	})
}
