package llb

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// checkRoot is a directory in the place of a container's root, in which a check
// with secrets runs.
type checkRoot struct {
	dir   string
	shell []string
	// path begins with a directory in which awk is one of several.
	path string
}

// eachAwk runs a test with every awk that images may have, in the shells of these
// names, all if there are none.
func eachAwk(t *testing.T, shells []string, test func(t *testing.T, r checkRoot)) {
	t.Helper()
	for _, shell := range shells {
		if _, err := exec.LookPath(shell); err != nil {
			t.Fatal(err)
		}
	}
	eachShell(t, func(t *testing.T, shell []string) {
		if shells != nil && !slices.Contains(shells, shell[0]) {
			return
		}
		found := 0
		for _, awk := range []string{"mawk", "gawk", "original-awk", "busybox"} {
			file, err := exec.LookPath(awk)
			if err != nil {
				continue
			}
			found++
			t.Run(awk, func(t *testing.T) {
				t.Parallel()
				bin := t.TempDir()
				if err := os.Symlink(file, filepath.Join(bin, "awk")); err != nil {
					t.Fatal(err)
				}
				test(t, newCheckRoot(t, shell, bin+":"+os.Getenv("PATH")))
			})
		}
		if found == 0 {
			t.Fatal("there is no awk")
		}
	})
}

func newCheckRoot(t *testing.T, shell []string, path string) checkRoot {
	t.Helper()
	r := checkRoot{t.TempDir(), shell, path}
	place := strings.NewReplacer("/cranekit/lib", r.dir+"/lib", "/out", r.dir+"/out", "/run/secrets", r.dir+"/secrets", "/tmp/", r.dir+"/tmp/", "/dev/shm", r.dir+"/shm")
	r.library(t, place, "check.sh", "messages.awk", "wrapped.sh", "masked-check.sh", "masked-fetch.sh", "mask.awk", "learn.sh", "secrets.awk")
	r.write(t, "tmp/.keep", "")
	r.write(t, "src/.keep", "")
	r.write(t, "shm/.keep", "")
	return r
}

// library lays out scripts with other paths than those of a container.
func (r checkRoot) library(t *testing.T, place *strings.Replacer, names ...string) {
	t.Helper()
	for _, name := range names {
		data, err := scripts.ReadFile("scripts/" + name)
		if err != nil {
			t.Fatal(err)
		}
		r.write(t, "lib/"+name, place.Replace(string(data)))
	}
}

func (r checkRoot) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (r checkRoot) read(name string) string {
	data, _ := os.ReadFile(filepath.Join(r.dir, name))
	return string(data)
}

// command runs a script of the library.
func (r checkRoot) command(env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(r.shell[0], slices.Concat(r.shell[1:], []string{filepath.Join(r.dir, "lib", name)}, args)...)
	cmd.Dir = filepath.Join(r.dir, "src")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append(slices.Clip(env), "PATH="+r.dir+"/bin:"+r.path, "OUT="+r.dir+"/out", "SECRETS="+r.dir+"/secrets")
	return cmd
}

// finish runs a command, which must not hang.
func finish(t *testing.T, cmd *exec.Cmd) (code int, out string) {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer timer.Stop()
	text, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(text)
}

// The secrets of the tests. Some are no literals to a regular expression or to
// printf, one is part of another, one too short.
const (
	maskedKey = "-----BEGIN KEY-----\n  MIIB\tabc\"def\\ghi==\r\n\n-----END KEY-----"
	maskedOdd = `p[a-z]*$1.(x)|^%s&\n`
)

func maskedSecrets() (env, names []string) {
	env = []string{"TOKEN=tok-0123456789", "LONGER=tok-0123456789-more", "ODD=" + maskedOdd, "PIN=123", "EMPTY=", "OVER=more-and-over", "UMLAUT=pässwörd"}
	return env, []string{"env EMPTY", "env LONGER", "env ODD", "env OVER", "env PIN", "env TOKEN", "env UMLAUT", "env unset", "file a b.pem"}
}

// TestMaskedCheck: what a check prints of its secrets is in nothing that comes
// out. Before, it was in log and layer.
func TestMaskedCheck(t *testing.T) {
	t.Parallel()
	eachAwk(t, nil, func(t *testing.T, r checkRoot) {
		r.write(t, "secrets/a b.pem", maskedKey)
		r.write(t, "bin/cargo", `#!/bin/sh
printf '%s\n' '{"reason":"compiler-message","message":{"rendered":"key MIIB\tabc\"def\\ghi==\n"}}' "printed $TOKEN"
`)
		env, names := maskedSecrets()
		script := `compile cargo build
printf '%s\n' "a $TOKEN b $LONGER" "$TOKEN$TOKEN" "$ODD" "pin $PIN" "tok-0123456789-more-and-over" "x $UMLAUT" tok-012345678 'a  b' ''
cat "$SECRETS/a b.pem"
echo
echo "to stderr $TOKEN" >&2
once echo "$TOKEN"
mkdir -p "$OUT/deep er"
printf 'a %s\nb' "$TOKEN" >"$OUT/deep er/report.xml"
printf '%s' 'MIIB\tabc\"def\\ghi==' >"$OUT/a.json"
printf 'bin\000 %s' "$TOKEN" >"$OUT/program"
printf 'plain, no end' >"$OUT/plain"
odd=$(printf 'a\nb \377.')
echo "$TOKEN" >"$OUT/${odd%.}"
mkdir "$OUT/$odd"
echo "$TOKEN" >"$OUT/$odd/c"
echo plain >"$OUT/$odd/d"
echo "$TOKEN" >"$OUT/-rf e "
mkdir "$OUT/closed" && echo "$TOKEN" >"$OUT/closed/a" && chmod 0 "$OUT/closed/a" "$OUT/closed"
printf 'end %s' "$TOKEN"
exit 7`
		code, out := finish(t, r.command(env, "masked-check.sh", append([]string{script, "name"}, names...)...))
		if code != 7 {
			t.Errorf("exit code %d", code)
		}
		const log = "$ cargo build\nkey ***\nprinted ***\n" +
			"a *** b ***\n******\n***\npin 123\n***\nx ***\ntok-012345678\na  b\n\n" +
			"***\n  ***\r\n\n***\nto stderr ***\n$ echo ***\n***\nend ***\n"
		if out != log {
			t.Errorf("printed %q\nwant    %q", out, log)
		}
		for name, want := range map[string]string{
			"out/log.txt":            out,
			"out/deep er/report.xml": "a ***\nb\n",
			"out/a.json":             "***\n",
			"out/program":            "bin\x00 tok-0123456789",
			"out/plain":              "plain, no end",
			"out/a\nb \xff":          "",
			"out/a\nb \xff./c":       "",
			"out/a\nb \xff./d":       "plain\n",
			"out/-rf e ":             "***\n",
			"tmp/concealed":          "",
			"shm/cranekit-secrets":   "",
		} {
			if got := r.read(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if messages := r.read("out/messages.json"); !strings.Contains(messages, `"rendered":"key ***\n"`) {
			t.Errorf("messages are %q", messages)
		}
	})
}

// TestMaskedIsLive: a line is there when it is printed, and a check that runs out
// of time ends with its log.
func TestMaskedIsLive(t *testing.T) {
	t.Parallel()
	eachAwk(t, []string{"dash"}, func(t *testing.T, r checkRoot) {
		r.write(t, "secrets/cranekit/limits", "timeout=2\n")
		cmd := r.command([]string{"TOKEN=tok-0123456789"}, "masked-check.sh", `echo "it is $TOKEN"; exec sleep 60`, "name", "env TOKEN")
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		defer timer.Stop()
		began, lines := time.Now(), bufio.NewScanner(pipe)
		if !lines.Scan() || lines.Text() != "it is ***" || time.Since(began) > 1500*time.Millisecond {
			t.Errorf("first is %q after %s", lines.Text(), time.Since(began))
		}
		for lines.Scan() {
		}
		_ = cmd.Wait()
		if code, log := cmd.ProcessState.ExitCode(), r.read("out/log.txt"); code != 124 || log != "it is ***\ncranekit: timed out after 2 s\n" {
			t.Errorf("exit code %d, log %q", code, log)
		}
	})
}

// TestMaskedFetch: what the step that downloads prints of its secrets does not
// reach the builder's log.
func TestMaskedFetch(t *testing.T) {
	t.Parallel()
	eachAwk(t, nil, func(t *testing.T, r checkRoot) {
		r.write(t, "secrets/netrc", "machine x login y password hunter2hunter2\n")
		r.write(t, "lib/fetch.sh", `echo "$# $1: $TOKEN" >&2; cat "$SECRETS/netrc"; exit 75`)
		code, out := finish(t, r.command([]string{"TOKEN=tok-0123456789"}, "masked-fetch.sh", "env TOKEN", "file netrc", "--", "/a b"))
		if want := "1 /a b: ***\n***\n"; code != 75 || out != want {
			t.Errorf("exit code %d, printed %q, want %q", code, out, want)
		}
	})
}

// TestMaskedLongLine: a line of megabytes that is full of secrets, which is what
// a check that is no friend prints, ends in time. Texts across the borders of what
// is looked at together are found.
func TestMaskedLongLine(t *testing.T) {
	t.Parallel()
	eachAwk(t, []string{"dash"}, func(t *testing.T, r checkRoot) {
		var line, want strings.Builder
		for i := range 30_000 {
			gap := strings.Repeat("x", i%7)
			line.WriteString("tok-0123456789" + gap)
			want.WriteString("***" + gap)
		}
		r.write(t, "src/line", line.String()+"\n")
		code, _ := finish(t, r.command([]string{"TOKEN=tok-0123456789"}, "masked-check.sh", "cat line", "name", "env TOKEN"))
		if log := r.read("out/log.txt"); code != 0 || log != want.String()+"\n" {
			t.Errorf("exit code %d, %d bytes of log, want %d", code, len(log), want.Len()+1)
		}
	})
}
