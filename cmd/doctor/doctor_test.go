package doctor

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

func TestMain(m *testing.M) { cmdtest.Main(m) }

// newDoctor is a doctor for the workspace of files, configured by set.
func newDoctor(t *testing.T, dir string, set ...string) *Doctor {
	t.Helper()
	cfg, _, err := project.Load(t.Context(), config.Options{Dir: dir, Set: set}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &Doctor{Config: cfg, options: embedded.Options{StateDir: filepath.Join(t.TempDir(), "state")}}
	d.Choices = project.BuilderChoices(cfg)
	d.TrustLine = func(list string) string { return "cranekit trust " + list }
	for i := range d.Choices {
		d.Choices[i].Getenv = func(string) string { return "" }
	}
	return d
}

// expect wants one finding of a name, with a status and texts in message and fix.
func (d *Doctor) expect(t *testing.T, name string, status Health, message, fix string) {
	t.Helper()
	for _, f := range d.Findings {
		if f.Name != name {
			continue
		}
		if f.Status != status || !strings.Contains(f.Message, message) || !strings.Contains(f.Fix, fix) || (fix == "") != (f.Fix == "") {
			t.Errorf("%s is %s: %s (fix: %s); want %s, %q and %q", name, f.Status, f.Message, f.Fix, status, message, fix)
		}
		return
	}
	t.Errorf("nothing is said of %s: %v", name, d.Findings)
}

func TestDoctorWorkspace(t *testing.T) {
	t.Parallel()
	for label, c := range map[string]struct {
		change  map[string]string // "" removes
		set     []string
		finding string
		status  Health
		message string
		fix     string
	}{
		"sound":            {nil, nil, "lock", OK, "format 4", ""},
		"no lock":          {map[string]string{"Cargo.lock": ""}, nil, "lock", Fail, "no Cargo.lock", "cargo generate-lockfile"},
		"old lock":         {map[string]string{"Cargo.toml": "[package]\nname = \"single\"\nversion = \"1.1.0\"\n"}, nil, "lock", Fail, "lacks single 1.1.0", "cargo update --workspace"},
		"bad manifest":     {map[string]string{"Cargo.toml": "[package]\nname = \n"}, nil, "workspace", Fail, "Cargo.toml:2", ""},
		"bad lock":         {map[string]string{"Cargo.lock": "version = 9\n"}, nil, "workspace", Fail, "lock format 9", ""},
		"no rust-version":  {nil, nil, "rust", OK, "no rust-version", ""},
		"old channel":      {map[string]string{"rust-toolchain": "1.79\n"}, []string{"needs"}, "rust", Fail, "single needs 1.80", "raise it to 1.80"},
		"new channel":      {map[string]string{"rust-toolchain": "1.80\n"}, []string{"needs"}, "rust", OK, "1.80 (the toolchain file)", ""},
		"old image":        {nil, []string{"needs", "toolchain.image=registry:5000/rust:1.70.0-slim"}, "rust", Fail, "is Rust 1.70.0", "toolchain.channel"},
		"image without":    {nil, []string{"needs", "toolchain.image=registry:5000/rust"}, "rust", OK, "unknown", ""},
		"output":           {nil, nil, "output", OK, "/result", ""},
		"output elsewhere": {nil, []string{"output=src"}, "output", Fail, "not cranekit's", "--output"},
		"output above":     {nil, []string{"output=.."}, "output", Fail, "holds the workspace", "--output"},
		"outside git":      {nil, nil, "git", OK, "in no repository", ""},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			dir, files := t.TempDir(), cmdtest.Single()
			if len(c.set) > 0 && c.set[0] == "needs" {
				files["Cargo.toml"] += "rust-version = \"1.80.0\"\n"
				c.set = c.set[1:]
			}
			cmdtest.WriteTree(t, dir, files)
			cmdtest.WriteTree(t, dir, c.change)
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
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	if out, err := exec.CommandContext(t.Context(), "git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	look := func(status Health, message, fix string) {
		t.Helper()
		d := newDoctor(t, dir)
		d.git(t.Context())
		d.expect(t, "git", status, message, fix)
	}
	look(OK, "what git tracks in "+dir, "")
	cmdtest.WriteTree(t, dir, map[string]string{".gitignore": "*\n"})
	look(Warn, "git ignores Cargo.toml", "")
	t.Setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "true") // git's own switch, for those who are not root
	look(Fail, "dubious ownership", "safe.directory "+dir)
}

func TestDoctorBuilder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	d := newDoctor(t, dir)
	started := d.options // d is another doctor later
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), started); err != nil {
			t.Error(err)
		}
	})
	d.builder(t.Context(), d.Choices[0])
	d.expect(t, "builder", OK, "it answers, BuildKit v0.", "")
	d.expect(t, "runtime", OK, "linux/", "")

	d = newDoctor(t, dir, "builder=unix://"+dir+"/none")
	d.builder(t.Context(), d.Choices[0])
	d.expect(t, "builder", Fail, "no such file or directory", "--builder embedded")
}
