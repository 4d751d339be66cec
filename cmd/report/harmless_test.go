package report

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
)

// hostile is what a check can print and write.
const hostile = "::error file=x::pwned\\n##[error]x##vso[task.complete]\\u001b]0;title\\u0007\\u001b]52;c;ZXZpbA==\\u0007\\u001b[2J\\u202egnp\\u202c\\u200b\\u0000\\b\\r::add-mask::x\\n--- group\\n"

// orders are what nobody is to find in what cranekit writes.
var orders = regexp.MustCompile(`(?m)^\s*::[a-z]|##(vso)?\[|[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}\x{200b}\x{202a}-\x{202e}]|^--- group|\\u202e|\\u001b`)

// TestHarmless has a check try to give orders through all that is read of it, and
// looks for them in all that is written.
func TestHarmless(t *testing.T) {
	t.Parallel()
	output := t.TempDir()
	dir := filepath.Join(output, "evil")
	text := strings.NewReplacer(`\n`, "\n", `\u001b`, "\x1b", `\u0007`, "\a", `\u202e`, "\u202e", `\u202c`, "\u202c", `\u200b`, "\u200b", `\u0000`, "\x00", `\b`, "\b", `\r`, "\r").Replace(hostile)
	for name, data := range map[string]string{
		"log.txt": text + "\nrunning 1 test\ntest \u202eevil ... FAILED\n\nfailures:\n\n---- \u202eevil stdout ----\n" + text + "\n\nfailures:\n    \u202eevil\n\n" +
			"test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
		"messages.json": `{"reason":"compiler-message","package_id":"a\u202e 0.1.0 (path+file:///src)","message":{"level":"error","message":"` + hostile +
			`","rendered":"` + hostile + `","code":{"code":"` + hostile + `"},"spans":[{"file_name":"src/\u202elib.rs` + hostile + `","is_primary":true,"line_start":1,"line_end":1,"column_start":1,"column_end":2}]}}` + "\n" +
			`{"reason":"compiler-artifact","package_id":"registry+https://x#evil` + hostile + `@0.1.0","target":{"name":"evil","kind":["lib` + hostile + `"]},"fresh":false}` + "\n",
		"rebuilt.txt":            "evil v0.1.0: \u202e" + strings.ReplaceAll(text, "\n", " ") + "\n",
		"x\u202ename\x1b[2J.txt": "",
	} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := config.Check{Name: "evil", Kind: "test"}
	s := &Summary{Checks: []Check{
		Judge(check, buildkit.Result{Name: "evil", Status: buildkit.StatusFailed, ExitCode: 1, Dir: dir, Err: errors.New(text)}, JudgeOptions{}),
		Judge(check, buildkit.Result{Name: "evil", Status: buildkit.StatusError, Err: errors.New(text), Log: []byte(text)}, JudgeOptions{}),
	}}
	s.Checks[1].Name = "stage"
	// The log is made harmless where it is copied; here it is as it was.
	if err := os.WriteFile(filepath.Join(dir, "log.txt"), s.Checks[0].details.log, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Export(ExportOptions{Output: output}), s.Write(output)); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range append(Files(), "evil/"+JUnitFile) {
		data, err := os.ReadFile(filepath.Join(output, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	var shown, annotations bytes.Buffer
	o := Options{Output: output}
	if err := errors.Join(Table(&shown, s, o), Failures(&shown, s, o), Annotations(&annotations, s, ExportOptions{})); err != nil {
		t.Fatal(err)
	}
	files["report"] = shown.String()
	for line := range strings.Lines(annotations.String()) {
		// What is left is data of cranekit's own commands.
		command := regexp.MustCompile(`^::(error|warning) [^:]*::(.*)\n$`).FindStringSubmatch(line)
		if command == nil {
			t.Errorf("an annotation is %q", line)
			continue
		}
		files["annotation"] += strings.ReplaceAll(command[2], "%0A", "\n") + "\n"
	}
	for name, text := range files {
		if !strings.Contains(text, "pwned") && name != JUnitFile && name != "evil/"+JUnitFile {
			t.Errorf("%s does not show what the check said:\n%s", name, text)
		}
		if found := orders.FindString(text); found != "" {
			t.Errorf("%s has %q:\n%q", name, found, text)
		}
	}
}

// TestStop ends reading when somebody wants that, and does not read what is too
// long.
func TestStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, size := range map[string]int64{"messages.json": 1 << 30, "compiled.txt": maxFile + 1} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	row := Judge(config.Check{Name: "long", Kind: "custom", Run: []string{"x"}}, buildkit.Result{Status: buildkit.StatusPassed, Dir: dir}, JudgeOptions{Stop: ctx.Err})
	if !strings.Contains(row.Message, context.Canceled.Error()) {
		t.Errorf("it was read to the end: %q", row.Message)
	}
	if !strings.Contains(row.Message, "compiled.txt: longer than 64 MiB") {
		t.Errorf("it was read: %q", row.Message)
	}
}
