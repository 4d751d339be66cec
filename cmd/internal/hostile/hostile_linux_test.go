package hostile_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cranekit/cranekit/cmd"
	"github.com/cranekit/cranekit/cmd/internal/hostile"
)

// role is the variable by which the test program is told to be something else:
// cranekit itself, or the process that watches it.
const role = "HOSTILE_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "cranekit":
		os.Exit(cmd.Execute("test", os.Args[1:]))
	case "watch":
		os.Exit(watch(os.Args[1], os.Args[2:]))
	}
	os.Exit(m.Run())
}

// watch runs cranekit below a watched directory and prints what was seen.
func watch(dir string, args []string) int {
	c := exec.Command("/proc/self/exe", args...)
	c.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, role+"=") }), role+"=cranekit")
	c.Dir = filepath.Join(dir, "repo")
	seen, err := hostile.Watch(dir, c)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(seen)
	}
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

// nowhere is a builder that never answers: all that comes before it is done.
const nowhere = "unix:///nonexistent/buildkitd.sock"

// commands are what reads a repository.
func commands() [][]string {
	return [][]string{
		{"plan"},
		{"check", "--builder", nowhere},
		{"check", "--list"},
		{"config"},
		{"init", "--stdout"},
		{"build", "--builder", nowhere, "--output", "elsewhere"},
		{"doctor", "--builder", nowhere},
	}
}

// TestHostile: whatever a repository holds, reading it executes nothing of it,
// opens nothing outside of it, changes nothing, ends soon and takes no more
// memory than a large workspace.
func TestHostile(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("watching what is opened needs root")
		}
		t.Skip("watching what is opened needs root")
	}
	for _, attack := range slices.Concat(hostile.GitAttacks(), hostile.FileAttacks()) {
		t.Run(attack.Name, func(t *testing.T) {
			t.Parallel()
			for _, args := range commands() {
				try(t, attack, args)
			}
		})
	}
}

func try(t *testing.T, attack hostile.Attack, args []string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := hostile.NewPlace(dir)
	if err == nil {
		err = attack.Make(p)
	}
	if err != nil {
		t.Fatalf("making the attack: %v", err)
	}
	before := listing(t, dir)
	seen := run(t, p, dir, args)
	command := strings.Join(args, " ")
	for _, name := range seen.Executed {
		t.Errorf("%s: executed %s", command, name)
	}
	for _, name := range seen.Opened {
		if below(name, p.Victim) && !slices.ContainsFunc(attack.Reads, func(dir string) bool { return below(name, filepath.Join(p.Victim, dir)) }) {
			t.Errorf("%s: opened %s", command, name)
		}
	}
	for name, now := range listing(t, dir) {
		if own(p, name) || before[name] == now {
			continue
		}
		t.Errorf("%s: changed %s", command, name)
	}
	for name := range before {
		if _, err := os.Lstat(name); err != nil && !own(p, name) {
			t.Errorf("%s: removed %s", command, name)
		}
	}
	if strings.Contains(seen.Output, hostile.Marker) {
		t.Errorf("%s: printed what is in a file of the machine:\n%s", command, seen.Output)
	}
	if seen.Err == "it hangs" || seen.Memory > hostile.MaxMemory {
		t.Errorf("%s: %s after %.1f s, %d MB", command, seen.Err, seen.Took, seen.Memory>>20)
	}
	if strings.Contains(seen.Output, "panic:") {
		t.Errorf("%s: %s", command, seen.Output)
	}
}

// own reports whether a path is where cranekit keeps what is its own: its state
// in the home directory, and a real directory for results.
func own(p *hostile.Place, name string) bool {
	if rel, err := filepath.Rel(p.Home, name); err == nil && filepath.IsLocal(rel) {
		return strings.Contains(rel, "cranekit") || slices.Contains([]string{".", ".cache", ".config", ".local", ".local/share"}, rel)
	}
	for _, output := range []string{"result", "elsewhere"} {
		dir := filepath.Join(p.Repo, output)
		if info, err := os.Lstat(dir); below(name, dir) && err == nil && info.IsDir() {
			return true
		}
	}
	return name == p.Repo
}

func below(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

// run lets cranekit loose in a mount namespace of its own.
func run(t *testing.T, p *hostile.Place, dir string, args []string) *hostile.Seen {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, self, append([]string{dir}, args...)...)
	c.Env = []string{
		role + "=watch", "PATH=" + os.Getenv("PATH"), "HOME=" + p.Home, "TMPDIR=" + os.TempDir(),
		// A proxy that refuses: nothing waits for a network.
		"HTTPS_PROXY=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1",
	}
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	seen := &hostile.Seen{}
	if err == nil {
		err = json.Unmarshal(out, seen)
	}
	if err != nil {
		t.Fatalf("watching: %v: %s%s", err, said.String(), out)
	}
	return seen
}

// listing is what is below a directory: types, modes, sizes and times.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text := info.Mode().String()
		if !info.IsDir() {
			text += info.ModTime().String()
		}
		found[name] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
