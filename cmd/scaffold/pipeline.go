package scaffold

import (
	"fmt"
	"regexp"
	"strings"
)

// plainPath is a path that neither a shell nor YAML sees anything in.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/-]*$`)

// unwritable is in a name that ends a line of a pipeline, or that a CI system
// takes for an expression: quotes do not keep it from that.
var unwritable = regexp.MustCompile(`[\p{Cc}\x{2028}\x{2029}]|\$\{\{`)

// Project describes the repository of a pipeline.
type Project struct {
	// Dir is the workspace relative to the repository's root, with slashes;
	// "." when it is the root.
	Dir string
	// Tests reports whether coverage is measured.
	Tests bool
	// Trust is what the repository has to be trusted with, as for
	// CRANEKIT_TRUST; "" for nothing.
	Trust string
}

// Flags are those that lead cranekit to the workspace, "" where none are
// needed.
func (p Project) Flags() string {
	if p.Dir == "." || p.Dir == "" {
		return ""
	}
	if plainPath.MatchString(p.Dir) {
		return " -C " + p.Dir
	}
	return " -C '" + strings.ReplaceAll(p.Dir, "'", `'\''`) + "'"
}

// Result is the output directory relative to the repository's root.
func (p Project) Result() string {
	if p.Dir == "." || p.Dir == "" {
		return "result"
	}
	return p.Dir + "/result"
}

// Install is the command that installs cranekit.
func (Project) Install() string {
	return "go install github.com/cranekit/cranekit/cmd/cranekit@latest"
}

// pipelines are the CI systems, the files they read and the templates.
func pipelines() [][3]string {
	return [][3]string{
		{"github", ".github/workflows/cranekit.yml", "github.yml.tmpl"},
		{"gitlab", ".gitlab-ci.yml", "gitlab.yml.tmpl"},
		{"buildkite", ".buildkite/pipeline.yml", "buildkite.yml.tmpl"},
		{"woodpecker", ".woodpecker/cranekit.yaml", "woodpecker.yaml.tmpl"},
	}
}

// Systems are the names of the CI systems that [Pipeline] knows.
func Systems() []string {
	var names []string
	for _, p := range pipelines() {
		names = append(names, p[0])
	}
	return names
}

// Pipeline is the file that makes a CI system run the checks. Its name is
// relative to the repository's root, with slashes.
func Pipeline(system string, project Project) (name string, text []byte, err error) {
	if unwritable.MatchString(project.Dir) {
		return "", nil, fmt.Errorf("no pipeline can name the directory %q (give it a name without control characters and ${{)", project.Dir)
	}
	for _, p := range pipelines() {
		if p[0] == system {
			text, err = render(p[2], project)
			return p[1], text, err
		}
	}
	return "", nil, fmt.Errorf("%q is not one of %s", system, strings.Join(Systems(), ", "))
}
