package report

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
)

// written makes a directory as a check leaves it.
func written(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestJudgeOutputs(t *testing.T) {
	t.Parallel()
	dir := written(t, "log.txt", "messages.json", "bin/greet", "doc/greet/index.html", "doc/help.html", "html/doc/x")
	row := Judge(config.Check{Name: "package", Kind: "package"}, buildkit.Result{Status: buildkit.StatusPassed, Dir: dir}, JudgeOptions{})
	want := []string{"package/bin/greet", "package/doc/", "package/html/doc/x", "package/log.txt", "package/messages.json"}
	if !slices.Equal(row.Outputs, want) {
		t.Errorf("got %q, want %q", row.Outputs, want)
	}
	if row.Message != "" {
		t.Errorf("message %q", row.Message)
	}
	if row.Metrics.TestsPassed != nil {
		t.Error("no tests ran, but they are counted")
	}
}

func TestJudgeWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files []string
		deny  bool
		want  buildkit.Status
		says  string
	}{
		"broken coverage":             {files: []string{"messages.json", "cobertura.xml"}, want: buildkit.StatusPassed, says: "cobertura.xml: "},
		"broken coverage, denied":     {files: []string{"messages.json", "cobertura.xml"}, deny: true, want: buildkit.StatusPassed, says: "cobertura.xml: "},
		"unreadable messages":         {files: []string{"messages.json/x"}, want: buildkit.StatusPassed, says: "messages.json: "},
		"unreadable messages, denied": {files: []string{"messages.json/x"}, deny: true, want: buildkit.StatusFailed, says: "messages.json: "},
		"nothing to read, denied":     {deny: true, want: buildkit.StatusPassed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := buildkit.Result{Status: buildkit.StatusPassed, Dir: written(t, test.files...)}
			row := Judge(config.Check{Name: "x", Kind: "tarpaulin"}, result, JudgeOptions{DenyRebuild: test.deny})
			if row.Status != test.want || !strings.HasPrefix(row.Message, test.says) {
				t.Errorf("got %s %q, want %s %q", row.Status, row.Message, test.want, test.says)
			}
		})
	}
}

func TestReadReasons(t *testing.T) {
	t.Parallel()
	got, err := readReasons(strings.NewReader(`libc v0.2.191: the env variable X changed
libc v0.2.191: the dependency ` + "`x`" + ` was rebuilt
serde_derive v1.0.228 (proc-macro): the rustflags changed
own v0.1.0 (https://example.org/own?rev=a: b#1234): stale; missing "/x (y): z"
near v1.0.0-rc.1+b (registry ` + "`near`" + `): the toolchain changed
not a reason
`))
	want := map[string]string{
		"libc 0.2.191":         "the env variable X changed",
		"serde_derive 1.0.228": "the rustflags changed",
		"own 0.1.0":            `stale; missing "/x (y): z"`,
		"near 1.0.0-rc.1+b":    "the toolchain changed",
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	for log, want := range map[string]string{"": "", "a\n": "a", "a\nb\nc\n": "b\nc", "a\n\n": "a"} {
		if got := tail([]byte(log), 2); got != want {
			t.Errorf("the end of %q is %q, want %q", log, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{0: "0.0 s", 0.42: "0.4 s", 61.2: "61.2 s", 119.9: "119.9 s", 120: "2 min 0 s", 191.6: "3 min 12 s", 4000: "66 min 40 s"} {
		if got := clock(seconds); got != want {
			t.Errorf("clock(%g) = %q, want %q", seconds, got, want)
		}
	}
}

func TestRebuiltIsLimited(t *testing.T) {
	t.Parallel()
	row := Check{Name: "x", Status: buildkit.StatusPassed, Deps: &Deps{Rebuilt: slices.Repeat([]string{"libc 0.2.1 (lib): X"}, 13)}}
	var out bytes.Buffer
	if err := Failures(&out, &Summary{Checks: []Check{row}}, Options{Output: "result"}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, "libc") != 10 || !strings.HasSuffix(got, "\n  and 3 more, see result/summary.json\n") {
		t.Errorf("got\n%s", got)
	}
	if err := row.deny(nil); err == nil || !strings.HasSuffix(err.Error(), "libc 0.2.1 (lib), 10 more") {
		t.Errorf("got %v", err)
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWritersMayFail(t *testing.T) {
	t.Parallel()
	s := summary("red")
	if err := Table(closedPipe{}, s, Options{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("table: %v", err)
	}
	if err := Failures(closedPipe{}, s, Options{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("failures: %v", err)
	}
}
