package llb

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// unshare are the words by which a command gets a process table of its own.
func unshare() []string {
	words := []string{"unshare", "--mount", "--pid", "--fork", "--mount-proc"}
	if os.Getuid() != 0 {
		words = append(words, "--map-root-user")
	}
	return words
}

var mayUnshare = sync.OnceValue(func() error {
	words := append(unshare(), "true")
	return exec.Command(words[0], words[1:]...).Run()
})

// first makes a command the first process of a process table of its own, as the
// builder does. Where a system does not let its users, the test is skipped, but
// not in a CI.
func first(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	if err := mayUnshare(); err != nil && os.Getenv("CI") == "" {
		t.Skipf("no process table of its own can be had: unshare: %v", err)
	}
	args := append(unshare(), cmd.Args...)
	inner := exec.Command(args[0], args[1:]...)
	inner.Dir, inner.Env, inner.SysProcAttr = cmd.Dir, cmd.Env, cmd.SysProcAttr
	return inner
}

// TestMaskedDrain: a log comes out whole, though a process is left behind that
// holds it open.
func TestMaskedDrain(t *testing.T) {
	t.Parallel()
	eachAwk(t, []string{"dash", "busybox"}, func(t *testing.T, r checkRoot) {
		const script = `once sh -c 'sleep 1000 & i=0; while [ $i -lt 20 ]; do echo "$LINE"; i=$((i + 1)); done; echo the end'`
		line := strings.Repeat("tok-12345 ", 3000)
		cmd := first(t, r.command([]string{"TOKEN=tok-12345", "LINE=" + line}, "masked-check.sh", script, "c", "env TOKEN"))
		if code, out := finish(t, cmd); code != 0 || !strings.HasSuffix(out, "the end\n") {
			t.Errorf("exit code %d, %d bytes, the last ones %q", code, len(out), out[max(0, len(out)-80):])
		}
		log := r.read("out/log.txt")
		if !strings.HasSuffix(log, "the end\n") || strings.Contains(log, "tok-12345") || strings.Count(log, "\n") < 20 {
			t.Errorf("the log has %d lines, and ends with %q", strings.Count(log, "\n"), log[max(0, len(log)-80):])
		}
	})
}

// TestMaskedTimeout: the end of a check's time does not end the masking of what it
// has put out.
func TestMaskedTimeout(t *testing.T) {
	t.Parallel()
	eachAwk(t, []string{"dash"}, func(t *testing.T, r checkRoot) {
		r.write(t, "secrets/cranekit/limits", "timeout=1\n")
		// TERM ends the commands, and so masking is what KILL would meet.
		script := "once sh -c 'i=0; while [ $i -lt 16 ]; do printf \"%s\\n\" \"$LINE\" \"$LINE\" \"$LINE\" >" + r.dir + "/out/$i.txt; i=$((i + 1)); done; sleep 1000'"
		line := strings.Repeat("tok-12345 ", 12000)
		cmd := first(t, r.command([]string{"TOKEN=tok-12345", "LINE=" + line}, "masked-check.sh", script, "c", "env TOKEN"))
		if code, out := finish(t, cmd); code != 124 {
			t.Errorf("exit code %d\n%.2000s", code, out)
		}
		files, err := filepath.Glob(r.dir + "/out/*.txt")
		if err != nil || len(files) < 16 {
			t.Errorf("%d files came out (%v)", len(files), err)
		}
		for _, file := range files {
			if data, err := os.ReadFile(file); err != nil || strings.Contains(string(data), "tok-12345") {
				t.Errorf("%s has the secret (%v)", filepath.Base(file), err)
			}
		}
	})
}
