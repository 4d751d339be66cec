package cmd

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/config"
)

// newDoctor is a doctor for the workspace of files, configured by set.
func newDoctor(t *testing.T, dir string, set ...string) *doctor {
	t.Helper()
	a := &app{global: globalFlags{dir: dir, set: set}}
	cfg, err := a.load(t.Context(), pflag.NewFlagSet("", pflag.ContinueOnError))
	if err != nil {
		t.Fatal(err)
	}
	d := &doctor{cfg: cfg, options: embedded.Options{StateDir: filepath.Join(t.TempDir(), "state")}}
	d.choices = a.choices(cfg)
	d.trustLine = a.trustLine
	for i := range d.choices {
		d.choices[i].Getenv = func(string) string { return "" }
	}
	return d
}

// expect wants one finding of a name, with a status and texts in message and fix.
func (d *doctor) expect(t *testing.T, name string, status health, message, fix string) {
	t.Helper()
	for _, f := range d.findings {
		if f.Name != name {
			continue
		}
		if f.Status != status || !strings.Contains(f.Message, message) || !strings.Contains(f.Fix, fix) || (fix == "") != (f.Fix == "") {
			t.Errorf("%s is %s: %s (fix: %s); want %s, %q and %q", name, f.Status, f.Message, f.Fix, status, message, fix)
		}
		return
	}
	t.Errorf("nothing is said of %s: %v", name, d.findings)
}

func TestDoctorWorkspace(t *testing.T) {
	t.Parallel()
	for label, c := range map[string]struct {
		change  map[string]string // "" removes
		set     []string
		finding string
		status  health
		message string
		fix     string
	}{
		"sound":            {nil, nil, "lock", healthOK, "format 4", ""},
		"no lock":          {map[string]string{"Cargo.lock": ""}, nil, "lock", healthFail, "no Cargo.lock", "cargo generate-lockfile"},
		"old lock":         {map[string]string{"Cargo.toml": "[package]\nname = \"single\"\nversion = \"1.1.0\"\n"}, nil, "lock", healthFail, "lacks single 1.1.0", "cargo update --workspace"},
		"bad manifest":     {map[string]string{"Cargo.toml": "[package]\nname = \n"}, nil, "workspace", healthFail, "Cargo.toml:2", ""},
		"bad lock":         {map[string]string{"Cargo.lock": "version = 9\n"}, nil, "workspace", healthFail, "lock format 9", ""},
		"no rust-version":  {nil, nil, "rust", healthOK, "no rust-version", ""},
		"old channel":      {map[string]string{"rust-toolchain": "1.79\n"}, []string{"needs"}, "rust", healthFail, "single needs 1.80", "raise it to 1.80"},
		"new channel":      {map[string]string{"rust-toolchain": "1.80\n"}, []string{"needs"}, "rust", healthOK, "1.80 (the toolchain file)", ""},
		"old image":        {nil, []string{"needs", "toolchain.image=registry:5000/rust:1.70.0-slim"}, "rust", healthFail, "is Rust 1.70.0", "toolchain.channel"},
		"image without":    {nil, []string{"needs", "toolchain.image=registry:5000/rust"}, "rust", healthOK, "unknown", ""},
		"output":           {nil, nil, "output", healthOK, "/result", ""},
		"output elsewhere": {nil, []string{"output=src"}, "output", healthFail, "not cranekit's", "--output"},
		"output above":     {nil, []string{"output=.."}, "output", healthFail, "holds the workspace", "--output"},
		"outside git":      {nil, nil, "git", healthOK, "in no repository", ""},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			dir, files := t.TempDir(), single()
			if len(c.set) > 0 && c.set[0] == "needs" {
				files["Cargo.toml"] += "rust-version = \"1.80.0\"\n"
				c.set = c.set[1:]
			}
			writeTree(t, dir, files)
			writeTree(t, dir, c.change)
			for name, text := range c.change {
				if text == "" {
					if err := os.Remove(filepath.Join(dir, name)); err != nil {
						t.Fatal(err)
					}
				}
			}
			for i := range c.set {
				c.set[i] = strings.Replace(c.set[i], "output=", "output="+dir+"/", 1)
			}
			d := newDoctor(t, dir, c.set...)
			d.workspace(t.Context())
			d.git(t.Context())
			d.output(t.Context())
			d.expect(t, c.finding, c.status, c.message, c.fix)
			if _, err := os.Stat(filepath.Join(dir, "result")); err == nil {
				t.Error("the output directory was made")
			}
		})
	}
}

// TestDoctorGit has a repository of another user, as containers of CI do.
func TestDoctorGit(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	dir := t.TempDir()
	writeTree(t, dir, single())
	if out, err := exec.CommandContext(t.Context(), "git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	look := func(status health, message, fix string) {
		t.Helper()
		d := newDoctor(t, dir)
		d.git(t.Context())
		d.expect(t, "git", status, message, fix)
	}
	look(healthOK, "what git tracks in "+dir, "")
	writeTree(t, dir, map[string]string{".gitignore": "*\n"})
	look(healthWarn, "git ignores Cargo.toml", "")
	t.Setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "true") // git's own switch, for those who are not root
	look(healthFail, "dubious ownership", "safe.directory "+dir)
}

func TestDoctorBuilder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeTree(t, dir, single())
	d := newDoctor(t, dir)
	started := d.options // d is another doctor later
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), started); err != nil {
			t.Error(err)
		}
	})
	d.builder(t.Context(), d.choices[0])
	d.expect(t, "builder", healthOK, "it answers, BuildKit v0.", "")
	d.expect(t, "runtime", healthOK, "linux/", "")

	d = newDoctor(t, dir, "builder=unix://"+dir+"/none")
	d.builder(t.Context(), d.choices[0])
	d.expect(t, "builder", healthFail, "no such file or directory", "--builder embedded")
}

// TestDoctor runs the command.
func TestDoctor(t *testing.T) {
	server, state := crates(t, http.StatusOK), filepath.Join(t.TempDir(), "state")
	t.Setenv("CRANEKIT_STATE_DIR", state)
	t.Setenv("BUILDKIT_HOST", "")
	t.Setenv("CRANEKIT_TRUST", "toolchain")
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), embedded.Options{StateDir: state}); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	writeTree(t, dir, single())
	writeTree(t, dir, map[string]string{
		"ca.pem":             string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
		"crane.yaml":         "network: {ca: ca.pem}\ntoolchain: {oci-layout: layout}\n",
		".cargo/config.toml": "[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+" + server.URL + "/index/\"\n",
	})
	writeLayout(t, filepath.Join(dir, "layout"), "1.96.0")
	out, err := command(t, dir, "doctor", "--format", "json")
	var said struct {
		Version  int
		OK       bool
		Findings []finding
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil || said.Version != 1 || !said.OK || len(said.Findings) < 9 {
		t.Errorf("%v in\n%s", err, out)
	}
	out, err = command(t, dir, "doctor", "--builder", "unix:///nonexistent/sock")
	if exitCode(err) != exitRed || !strings.Contains(out, "fail  builder") || !strings.Contains(out, "→ ") || !strings.Contains(out, "ok    registry") {
		t.Errorf("%v\n%s", err, out)
	}
	writeTree(t, dir, map[string]string{"crane.yaml": "jbos: 1\njobs: x\n"})
	out, err = command(t, dir, "doctor")
	if exitCode(err) != exitRed || strings.Count(out, "fail  configuration") != 2 || !strings.Contains(out, `→ did you mean "jobs"?`) {
		t.Errorf("%v\n%s", err, out)
	}
	// Each remedy is there once, also outside of a workspace.
	for _, at := range []string{dir, t.TempDir()} {
		if out, err = command(t, at, "doctor", "--set", "jobs=few", "--set", "toolchain.oci-layout=none"); exitCode(err) != exitRed || strings.Count(out, config.LayoutAdvice) != 1 || strings.Count(out, "name its directory with -C") > 1 {
			t.Errorf("%v\n%s", err, out)
		}
	}
	if _, err = command(t, dir, "doctor", "--format", "xml"); exitCode(err) != exitUsage {
		t.Error(err)
	}
}
