//go:build integration

package integration

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/cranekit/cranekit/cmd/report"
)

// TestPipelines runs the commands of the pipelines that init writes, twice
// each, as two machines would: with the variables of the CI service, a registry
// that wants a password, and a builder that has nothing.
func TestPipelines(t *testing.T) {
	const password = "of-the-job"
	h := serveRegistry(t, func(rw http.ResponseWriter, r *http.Request) bool {
		if user, given, _ := r.BasicAuth(); user == "robot" && given == password {
			return false
		}
		rw.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		http.Error(rw, `{"errors":[{"code":"UNAUTHORIZED"}]}`, http.StatusUnauthorized)
		return true
	})
	registry := strings.TrimPrefix(h.URL, "http://")
	event := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(event, []byte(`{"repository": {"id": 1, "default_branch": "main"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for system, test := range map[string]struct {
		file  string
		env   []string
		cache string
	}{
		"github": {".github/workflows/cranekit.yml", []string{
			"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=push", "GITHUB_EVENT_PATH=" + event, "GITHUB_ACTOR=robot", "TOKEN=" + password, "GITHUB_REPOSITORY=Ann/App", "GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=main",
		}, registry + "/ann/app/cranekit-cache:main"},
		"gitlab": {".gitlab-ci.yml", []string{
			"CI_REGISTRY=" + registry, "CI_REGISTRY_USER=robot", "CI_REGISTRY_PASSWORD=" + password, "CI_REGISTRY_IMAGE=" + registry + "/group/app",
			"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=main", "CI_DEFAULT_BRANCH=main",
		}, registry + "/group/app/cranekit-cache:main"},
		"buildkite":  {".buildkite/pipeline.yml", nil, ""},
		"woodpecker": {".woodpecker/cranekit.yaml", nil, ""},
	} {
		t.Run(system, func(t *testing.T) {
			w := unpack(t, "reruns")
			if test.cache != "" {
				w.state = newState(t)
			}
			w.nonce += "-" + system
			run(t, "git", "-C", w.dir, "init", "-q")
			w.finish(t, w.command(t.Context(), "init", "--ci", system)).wants(t, 0)
			w.env = test.env
			first := w.pipeline(t, test.file, registry)
			first.executed(t, everything...)
			for _, file := range []string{"summary.md", "code-quality.json", "package/junit.xml"} {
				if _, err := os.Stat(filepath.Join(w.dir, "result", file)); err != nil {
					t.Error(err)
				}
			}
			if test.cache == "" {
				w.pipeline(t, test.file, registry).executed(t)
				return
			}
			if got := first.cache(t); got.Name != "registry "+test.cache || len(got.Problems) > 0 || len(got.Export.Saved) == 0 {
				t.Errorf("the cache: %+v", got)
			}
			w.state = newState(t) // another machine
			w.pipeline(t, test.file, registry).executed(t)
		})
	}
}

// pipeline runs the commands of a pipeline in bash, all of a job in one. What
// installs cranekit is left out: its binary is where that would have put it.
func (w *workspace) pipeline(t *testing.T, file, registry string) *outcome {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	gopath := t.TempDir()
	bin := filepath.Join(gopath, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(w.binary, filepath.Join(bin, "cranekit")); err != nil {
		t.Fatal(err)
	}
	// This user is root already.
	script(t, bin, "sudo", `[ "$1" = --preserve-env ] && shift; exec "$@"`)
	var lines strings.Builder
	for _, command := range commands(&root, "") {
		if !strings.Contains(command, "go install ") {
			fmt.Fprintf(&lines, "%s\n[ ! -e \"$GITHUB_ENV\" ] || export $(cat \"$GITHUB_ENV\")\n", strings.ReplaceAll(strings.ReplaceAll(command, "ghcr.io", registry), "$$", "$"))
		}
	}
	if !strings.Contains(lines.String(), "check") {
		t.Fatalf("no check in\n%s", text)
	}
	// Fewer checks than init wrote.
	w.write(t, "crane.yaml", "common: {env: {CRANEKIT_NONCE: "+w.nonce+"}}\nchecks: {clippy: , package: }\n")
	cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", lines.String())
	cmd.Dir = w.dir
	cmd.Env = w.command(t.Context()).Env
	cmd.Env = append(cmd.Env, "GOPATH="+gopath, "PATH="+bin+":"+os.Getenv("PATH"), "DOCKER_CONFIG="+filepath.Join(gopath, "docker"),
		"GITHUB_ENV="+filepath.Join(gopath, "github-env"), "GITHUB_STEP_SUMMARY="+filepath.Join(gopath, "step-summary.md"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, lines.String(), out)
	}
	step, err := os.ReadFile(filepath.Join(gopath, "step-summary.md"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(step), "clippy", "package")
	return &outcome{stderr: string(out), Summary: readSummary(t, filepath.Join(w.dir, "result", report.SummaryFile))}
}

// commands are the texts of a pipeline that a shell gets, in order.
func commands(n *yaml.Node, key string) []string {
	if n.Kind == yaml.ScalarNode {
		if slices.Contains([]string{"run", "script", "before_script", "command", "commands"}, key) {
			return []string{n.Value}
		}
		return nil
	}
	var list []string
	for i, c := range n.Content {
		switch {
		case n.Kind != yaml.MappingNode:
			list = append(list, commands(c, key)...)
		case i%2 == 1:
			list = append(list, commands(c, n.Content[i-1].Value)...)
		}
	}
	return list
}
