package libtest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// compiled are the programs of a workspace with the packages inv and web.
func compiled() *Programs {
	return &Programs{
		Names: map[string]string{
			"/src/target/debug/deps/inv-00000000000000aa": "inv",
			"/src/target/debug/deps/cli-00000000000000ab": "inv::tests/cli",
			"/src/target/debug/deps/cli-00000000000000ac": "web::tests/cli",
		},
		Docs: map[string][]string{"inv": {"inv::doc"}},
	}
}

const (
	unit = "     Running unittests src/lib.rs (target/debug/deps/inv-00000000000000aa)\n"
	cli  = "     Running tests/cli.rs (target/debug/deps/cli-00000000000000ab)\n"
	web  = "     Running tests/cli.rs (target/debug/deps/cli-00000000000000ac)\n"
	docs = "   Doc-tests inv\n"
)

// ran is what the harness prints of tests, each "name outcome".
func ran(tests ...string) string {
	lines, failed, count := "", []string{}, map[string]int{}
	for _, test := range tests {
		name, outcome, _ := strings.Cut(test, " ")
		count[outcome]++
		lines += "test " + name + " ... " + outcome + "\n"
		if outcome == "FAILED" {
			failed = append(failed, name)
		}
	}
	return fmt.Sprintf("\nrunning %d tests\n%s", len(tests), lines) + failures(failed) + ending(count["ok"], count["FAILED"], count["ignored"])
}

func failures(names []string) string {
	if len(names) == 0 {
		return ""
	}
	text := "\nfailures:\n"
	for _, name := range names {
		text += "\n---- " + name + " stdout ----\n" + name + " says no\n\n"
	}
	return text + "\nfailures:\n    " + strings.Join(names, "\n    ") + "\n"
}

func ending(passed, failed, ignored int) string {
	verdict := "ok"
	if failed > 0 {
		verdict = "FAILED"
	}
	return fmt.Sprintf("\ntest result: %s. %d passed; %d failed; %d ignored; 0 measured; 0 filtered out; finished in 0.25s\n\n", verdict, passed, failed, ignored)
}

func read(t *testing.T, log string, p *Programs) *Log {
	t.Helper()
	l, err := Read(strings.NewReader(log), p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// shown is a log in short: a line for each suite.
func shown(l *Log) string {
	var lines []string
	for i := range l.Suites {
		s := &l.Suites[i]
		line := fmt.Sprintf("%s %d/%d/%d", s.Name, s.Passed, s.Failed, s.Ignored)
		if s.State != Counted {
			line = s.Name + map[State]string{Cut: " cut", Unclear: " unclear"}[s.State]
		}
		for _, test := range s.Tests {
			line += fmt.Sprintf(" %s=%s", test.Name, test.Outcome)
		}
		lines = append(lines, line)
	}
	if l.Unclear {
		lines = append(lines, "unclear")
	}
	return strings.Join(lines, "\n")
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ log, want string }{
		"nothing": {"", ""},
		"all": {
			"$ cargo test\n" + unit + ran("a::b ok", "c ignored", "d FAILED") + "error: test failed, to rerun pass `-p inv --lib`\n" + cli + ran("a ok") + web + ran("a ok"),
			"inv 1/1/1 a::b=ok c=ignored d=FAILED\ninv::tests/cli 1/0/0 a=ok\nweb::tests/cli 1/0/0 a=ok",
		},
		"documentation runs the harness twice": {
			docs + "\nrunning 2 tests\ntest src/lib.rs - f (line 8) - compile ... ok\ntest src/lib.rs - f (line 1) ... ok\n" + ending(2, 0, 0) +
				"\nrunning 1 test\ntest src/lib.rs - f (line 5) - compile fail ... ok\n" + ending(1, 0, 0) + "all doctests ran in 0.57s; merged doctests compilation took 0.39s\n",
			"inv::doc 3/0/0 src/lib.rs - f (line 8)=ok src/lib.rs - f (line 1)=ok src/lib.rs - f (line 5)=ok",
		},
		"verbose": {"     Running `/src/target/debug/deps/cli-00000000000000ac --nocapture`\n" + ran("a ok"), "web::tests/cli 1/0/0 a=ok"},
		"tarpaulin": {
			"2026-01-01T00:00:00.000000Z  INFO cargo_tarpaulin::process_handling: running /src/target/debug/deps/inv-00000000000000aa\n" + ran("a ok"),
			"inv 1/0/0 a=ok",
		},
		"quiet":           {"\nrunning 2 tests\n..\n" + ending(2, 0, 0) + "\nrunning 1 test\ni\n" + ending(0, 0, 1), "tests 2/0/1"},
		"carriage return": {strings.ReplaceAll(unit+ran("a ok"), "\n", "\r\n"), "inv 1/0/0 a=ok"},
		"colors":          {"\x1b[1m\x1b[92m     Running\x1b[0m unittests src/lib.rs (target/debug/deps/inv-00000000000000aa)\n" + strings.ReplaceAll(ran("a FAILED"), "FAILED", "\x1b[31mFAILED\x1b[m"), "inv 0/1/0 a=FAILED"},
		"a test that prints with --nocapture": {
			unit + "\nrunning 2 tests\ntest a ... looking\nok\ntest b ... looking with no lineok\n" + ending(2, 0, 0), "inv 2/0/0 a=ok",
		},
		"a harness that prints nothing":       {unit + "Testing fib\nSuccess\n" + cli + ran("a ok"), "inv::tests/cli 1/0/0 a=ok"},
		"a harness that prints only a result": {unit + ending(7, 0, 0), ""},
		"tests within a test, as trybuild has them": {
			unit + "\nrunning 1 test\ntest tests/ui/a.rs ... ok\ntest tests/ui/b.rs ... ok\ntest ui ... ok\n" + ending(1, 0, 0), "inv 1/0/0 ui=ok",
		},
		"a program that was killed": {unit + "\nrunning 2 tests\ntest a ... ok\nerror: test failed\n" + cli + ran("a ok"), "inv cut\ninv::tests/cli 1/0/0 a=ok"},
		"should panic, and a time":  {unit + "\nrunning 1 test\ntest a - should panic ... ok <0.003s>\n" + ending(1, 0, 0), "inv 1/0/0 a=ok"},
		"a bench": {
			unit + "\nrunning 1 test\ntest b ... bench:           0.25 ns/iter (+/- 0.02)\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 1 measured; 0 filtered out; finished in 1.20s\n", "inv 0/0/0 b=bench",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := shown(read(t, c.log, compiled())); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestForged has tests print what the harness does.
func TestForged(t *testing.T) {
	t.Parallel()
	huge := "test result: ok. 99999 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
	for name, c := range map[string]struct{ log, want string }{
		"a result":           {unit + "\nrunning 1 test\n" + huge + "test a ... ok\n" + ending(1, 0, 0), "inv 1/0/0 a=ok"},
		"a count and result": {unit + "\nrunning 1 test\nrunning 99999 tests\n" + huge + "test a ... ok\n" + ending(1, 0, 0), "inv 1/0/0 a=ok"},
		"a result at the end": {
			unit + "\nrunning 1 test\ntest a ... ok\n" + ending(1, 0, 0) + huge, "inv unclear",
		},
		"an overflow": {unit + "\nrunning 99999999999999999999 tests\ntest result: ok. 99999999999999999999 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n", "inv unclear"},
		"a program that was not compiled": {
			unit + "\nrunning 1 test\n     Running tests/x.rs (target/debug/deps/x-00000000000000ff)\n" + ran("x ok", "y ok") + "test a ... ok\n" + ending(1, 0, 0), "inv 1/0/0",
		},
		"a program that runs later": {
			unit + "\nrunning 1 test\ntest a ... ok\n" + ending(1, 0, 0) + cli + ran("x ok", "y ok") + "test a ... ok\n" + ending(1, 0, 0) + cli + ran("a ok"),
			"inv 1/0/0 a=ok\ninv::tests/cli unclear\ninv::tests/cli (2) 1/0/0 a=ok\nunclear",
		},
		"its own program again": {unit + "\nrunning 1 test\n" + ending(1, 0, 0) + unit + "\nrunning 1 test\ntest a ... ok\n" + ending(1, 0, 0), "inv 1/0/0\ninv (2) 1/0/0 a=ok\nunclear"},
		"before any program":    {"\nrunning 5 tests\n" + ending(5, 0, 0) + unit + ran("a ok"), "inv 1/0/0 a=ok"},
		"an attempt":            {unit + "\nrunning 2 tests\ncranekit: attempt 3 of 3\n" + ran("x ok"), "inv unclear\nunclear"},
		"a first attempt":       {"cranekit: attempt 1 of 2\n" + unit + ran("a FAILED") + "cranekit: attempt 1 of 2\n" + unit + ran("a ok"), "inv 1/0/0 a=ok\nunclear"},
		"before the attempts":   {unit + ran("x ok", "y ok") + "cranekit: attempt 1 of 2\n" + unit + ran("a ok"), "inv 1/0/0 a=ok"},
		"names": {
			unit + "\nrunning 1 test\ntest x ... ok\ntest y ... ok\ntest a ... ok\n" + ending(1, 0, 0), "inv 1/0/0",
		},
		"a failure": {
			unit + "\nrunning 2 tests\ntest x ... FAILED\ntest a ... FAILED\ntest b ... ok\n" + failures([]string{"a"}) + ending(1, 1, 0), "inv 1/1/0 a=FAILED b=ok",
		},
		"the list of failures": {
			unit + "\nrunning 2 tests\ntest a ... FAILED\ntest b ... ok\n\nfailures:\n\n---- a stdout ----\nfailures:\n    b\n\n" + ending(1, 1, 0) + "\n\nfailures:\n    a\n" + ending(1, 1, 0), "inv 1/1/0 a=FAILED b=ok",
		},
		"documentation": {docs + "\nrunning 1 test\n" + huge + "test a ... ok\n" + ending(1, 0, 0) + huge, "inv::doc unclear"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := shown(read(t, c.log, compiled())); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestAttempts wants the last attempt to count, and what failed before to be
// known.
func TestAttempts(t *testing.T) {
	t.Parallel()
	log := "cranekit: attempt 1 of 3\n" + unit + ran("a ok", "b FAILED") + cli + "\nrunning 3 tests\n" +
		"cranekit: attempt 2 of 3\n" + unit + ran("a ok", "b FAILED") + cli + ran("c FAILED", "d FAILED", "e ok") +
		"cranekit: attempt 3 of 3\n" + unit + ran("a ok", "b ok") + cli + ran("c ok", "d FAILED", "e ok") + web + ran("a ok")
	l := read(t, log, compiled())
	if want := "inv 2/0/0 a=ok b=ok\ninv::tests/cli 2/1/0 c=ok d=FAILED e=ok\nweb::tests/cli 1/0/0 a=ok"; shown(l) != want {
		t.Errorf("got\n%s\nwant\n%s", shown(l), want)
	}
	if want := []string{"inv::b", "inv::tests/cli::c"}; !slices.Equal(l.Flaky, want) || l.Retries != 2 {
		t.Errorf("flaky %q after %d retries", l.Flaky, l.Retries)
	}
	if b := l.Suites[0].Tests[1]; !slices.Equal(b.Earlier, []string{"b says no", "b says no"}) || b.Output != "" {
		t.Errorf("%+v", b)
	}
	if total, ok := l.Totals(); !ok || total != (Totals{Passed: 5, Failed: 1}) {
		t.Errorf("%+v", total)
	}

	crash := read(t, "cranekit: attempt 1 of 2\n"+unit+"\nrunning 1 test\ncranekit: attempt 2 of 2\n"+unit+ran("a ok"), compiled())
	if !slices.Equal(crash.Flaky, []string{"inv"}) {
		t.Errorf("flaky after a crash: %q", crash.Flaky)
	}
	quiet := read(t, "cranekit: attempt 1 of 2\n\nrunning 1 test\nF\n"+failures([]string{"a"})+ending(0, 1, 0)+"cranekit: attempt 2 of 2\n\nrunning 1 test\n.\n"+ending(1, 0, 0), compiled())
	if !slices.Equal(quiet.Flaky, []string{"tests::a"}) || shown(quiet) != "tests 1/0/0 a=ok" {
		t.Errorf("flaky without names: %q of %s", quiet.Flaky, shown(quiet))
	}
}

// TestWithoutMessages reads the log of lines that may run cargo more than once.
func TestWithoutMessages(t *testing.T) {
	t.Parallel()
	log := "$ set -x\nrunning 3 tests\n$ cargo test\n    Finished `test` profile\n" + unit + ran("a ok") + cli + ran("b ok") + web + ran("b ok") + docs + ran("c ok") +
		"$ cargo test again\ncranekit: attempt 1 of 2\n" + unit + ran("a FAILED") + "cranekit: attempt 2 of 2\n" + unit + ran("a ok") +
		"$ cargo test -q\n\nrunning 4 tests\n....\n" + ending(4, 0, 0)
	l := read(t, log, nil)
	want := "inv 1/0/0 a=ok\ntests/cli 1/0/0 b=ok\ntests/cli (2) 1/0/0 b=ok\ninv::doc 1/0/0 c=ok\ninv (2) 1/0/0 a=ok\ntests 4/0/0"
	if got := shown(l); got != want || l.Retries != 1 || !slices.Equal(l.Flaky, []string{"inv::a"}) {
		t.Errorf("got\n%s\nwant\n%s\n%d retries, flaky %q", got, want, l.Retries, l.Flaky)
	}
}

func TestDetails(t *testing.T) {
	t.Parallel()
	l := read(t, unit+"\nrunning 3 tests\ntest a ... ok <0.125s>\ntest b ... ignored, needs a network\ntest c ... FAILED\n\nfailures:\n\n---- c stdout ----\n\nfirst\n\ntest x ... FAILED\n\n\n\nfailures:\n    c\n"+ending(1, 1, 1)+"error: test failed\n", compiled())
	s := l.Suites[0]
	if s.Seconds == nil || *s.Seconds != 0.25 || *s.Tests[0].Seconds != 0.125 || s.Tests[2].Seconds != nil {
		t.Errorf("times of %+v", s)
	}
	if s.Tests[1].Reason != "needs a network" || s.Tests[2].Output != "first\n\ntest x ... FAILED" {
		t.Errorf("%+v", s.Tests)
	}
}

func TestLongOutputIsCut(t *testing.T) {
	t.Parallel()
	body := strings.Repeat(strings.Repeat("x", 1000)+"\n", 20_000) + strings.Repeat("y", 3<<20) + "\n"
	l := read(t, unit+"\nrunning 1 test\ntest a ... FAILED\n\nfailures:\n\n---- a stdout ----\n"+body+"\n\nfailures:\n    a\n"+ending(0, 1, 0), compiled())
	if got := len(l.Suites[0].Tests[0].Output); got == 0 || got > maxOutput {
		t.Errorf("%d bytes", got)
	}
}

func TestReadFails(t *testing.T) {
	t.Parallel()
	if _, err := Read(iotest.ErrReader(io.ErrUnexpectedEOF), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(unit+ran("a ok", "b FAILED", "c ignored")+docs+ran("x ok")+ran("y ok"), true)
	f.Add("cranekit: attempt 1 of 2\n"+cli+ran("a FAILED")+"cranekit: attempt 2 of 2\n"+cli+ran("a ok"), false)
	f.Add("\nrunning 1 test\n---- a stdout ----\nfailures:\n    a\n"+ending(0, 1, 0), true)
	f.Fuzz(func(t *testing.T, text string, known bool) {
		var p *Programs
		if known {
			p = compiled()
		}
		l, err := Read(strings.NewReader(text), p)
		if err != nil {
			t.Fatal(err)
		}
		taken := map[string]bool{}
		for i := range l.Suites {
			s := &l.Suites[i]
			if taken[s.Name] {
				t.Errorf("two suites are called %s", s.Name)
			}
			taken[s.Name] = true
			invariants(t, s)
		}
		if total, _ := l.Totals(); min(total.Passed, total.Failed, total.Ignored) < 0 {
			t.Errorf("%+v", total)
		}
	})
}

// invariants are what holds of each suite, whatever the log.
func invariants(t *testing.T, s *Suite) {
	t.Helper()
	names, failed := map[string]bool{}, 0
	for _, test := range s.Tests {
		if names[test.Name] {
			t.Errorf("two tests are called %s", test.Name)
		}
		names[test.Name] = true
		if test.Outcome == Failed {
			failed++
		}
	}
	switch sum := s.Passed + s.Failed + s.Ignored + s.Measured; {
	case s.State == Counted && (sum != s.Announced || s.Unnamed() < 0 || failed > s.Failed):
		t.Errorf("does not add up: %+v", s)
	case s.State != Counted && (sum != 0 || len(s.Tests) > 0):
		t.Errorf("has numbers: %+v", s)
	}
}
