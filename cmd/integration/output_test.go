//go:build integration

package integration

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
)

// orders are what a terminal or a CI runner would obey.
var orders = regexp.MustCompile(`(?m)^\s*::error|##\[|[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}\x{202a}-\x{202e}]|^--- `)

// TestHostileOutput has checks print orders and put out more than there is
// room for: nobody gets the orders, the checks that are too big are errors that
// name the key, and the others go on.
func TestHostileOutput(t *testing.T) {
	w := unpack(t, "reruns")
	const hostile = `printf '::error::pwned\n##[error]x\n\033]0;title\007\033]52;c;eA==\007\033[2Jhidden\rshown\n\342\200\256gnp\n--- group\n'; echo answer $((6 * 7))`
	w.write(t, "crane.yaml", `checks:
  red: {kind: custom, run: ["`+strings.ReplaceAll(hostile, `\`, `\\`)+`; exit 3"]}
  sparse: {kind: custom, run: ["truncate -s 100G /out/disk.img"]}
  many: {kind: custom, output-files: 50, run: ["for i in $(seq 100); do : >/out/$i; done"]}
  bigred: {kind: custom, output-files: 5, run: ["echo this is why; for i in $(seq 100); do : >/out/$i; done; exit 3"]}
  deep: {kind: custom, run: ["cd /out; for i in $(seq 100); do mkdir d; cd d; done"]}
  hole: {kind: custom, run: ["truncate -s 300M /out/hole.img; echo end >>/out/hole.img"]}
  long: {kind: custom, run: ["yes 0123456789 | head -c 100000000; exit 4"]}
`)
	o := w.check(t, "--progress", "plain")
	o.wants(t, 1)
	for name, want := range map[string]string{"sparse": "output-size", "many": "output-files", "deep": "64 directories"} {
		row := o.row(t, name)
		if row.Status != buildkit.StatusError || !strings.Contains(row.Message, want) {
			t.Errorf("%s is %s: %q, want %s", name, row.Status, row.Message, want)
		}
		if left, err := os.ReadDir(filepath.Join(w.dir, "result", name)); err != nil || len(left) != 1 || left[0].Name() != "log.txt" {
			t.Errorf("%s left %v (%v), want the log", name, left, err)
		}
	}
	row := o.row(t, "bigred")
	if log, err := os.ReadFile(filepath.Join(w.dir, "result/bigred/log.txt")); row.Status != buildkit.StatusFailed || row.ExitCode != 3 || !strings.Contains(row.Message, "output-files") || !strings.Contains(string(log), "this is why") {
		t.Errorf("bigred is %s, exit code %d: %q; its log: %q, %v", row.Status, row.ExitCode, row.Message, log, err)
	}
	if row := o.row(t, "hole"); row.Status != buildkit.StatusPassed {
		t.Errorf("hole is %s: %q", row.Status, row.Message)
	}
	if row := o.row(t, "long"); row.Status != buildkit.StatusFailed || row.ExitCode != 4 {
		t.Errorf("long is %s, exit code %d: %q", row.Status, row.ExitCode, row.Message)
	}
	if info, err := os.Stat(filepath.Join(w.dir, "result/long/log.txt")); err != nil || info.Size() > 33<<20 {
		t.Errorf("the log of long: %v, %v", info, err)
	}

	texts := map[string]string{"stdout": o.stdout, "stderr": o.stderr}
	for _, name := range []string{"red/log.txt", "summary.md", "summary.json"} {
		text, err := os.ReadFile(filepath.Join(w.dir, "result", name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	for name, text := range texts {
		if found := orders.FindString(text); found != "" {
			t.Errorf("%s has %q:\n%.5000q", name, found, text)
		}
	}
	contains(t, o.stdout, "pwned", "shown")
	if strings.Count(o.stdout, "answer 42") != 1 {
		t.Errorf("evidence is not there once:\n%s", o.stdout)
	}
	if strings.Contains(o.stderr, "answer 42") || strings.Contains(o.stderr, "[internal]") {
		t.Errorf("progress has what the report has, or steps of cranekit's own:\n%s", o.stderr)
	}

	w.env = append(w.env, "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+filepath.Join(t.TempDir(), "summary.md"))
	o = w.check(t, "red")
	o.wants(t, 1)
	words := regexp.MustCompile(`(?m)^::stop-commands::(\w+)$`).FindAllStringSubmatch(o.stdout, -1)
	if len(words) != 2 {
		t.Fatalf("commands are stopped %d times, want for progress and for the report:\n%s", len(words), o.stdout)
	}
	for _, word := range words {
		contains(t, o.stdout, "\n::"+word[1]+"::\n")
	}
	left, err := os.ReadDir(filepath.Join(w.dir, "result"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if name := entry.Name(); name == "hole" || name == "long" {
			t.Errorf("%s of the run before is in the way", name)
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "result/.previous/long/log.txt")); err != nil {
		t.Error(err)
	}
}
