package sanitize_test

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain\n\ttext ünï 漢 🦀 ⚠\ufe0f\n": "plain\n\ttext ünï 漢 🦀 ⚠\ufe0f\n",
		"": "",

		"::error::x":                     ": :error::x",
		" \u3000\u00a0::add-mask::x":     " \u3000\u00a0: :add-mask::x",
		":\x00:\u009b0merror::x":         ": :error::x",
		":\x1b[31m:error::x":             ": :error::x",
		"a\n::stop-commands::x":          "a\n: :stop-commands::x",
		"a\r::error::x":                  "a\n: :error::x",
		"a\u2028::error::x":              "a\n: :error::x",
		"\u200b::error::x":               "\ufffd::error::x",
		"x ::error::y":                   "x ::error::y",
		"  ::: src/lib.rs:1:2":           "  ::: src/lib.rs:1:2",
		"::":                             ": :",
		"x ##[error]y":                   "x ## [error]y",
		"###[group]":                     "### [group]",
		"#\x07#\b[set-output name=x]":    "## [set-output name=x]",
		"##vso[task.setvariable]":        "##vso [task.setvariable]",
		"a ##VSO[task.complete]":         "a ##VSO [task.complete]",
		"##team\x1b[1mcity[progress]":    "##teamcity [progress]",
		"#[derive(Debug)]":               "#[derive(Debug)]",
		"--- group":                      " --- group",
		"\x1b[1m+++ group":               " +++ group",
		"--\x00- group":                  " --- group",
		"---\n~~~ x\n^^^ +++":            " ---\n ~~~ x\n ^^^ +++",
		"-- x\n----\n--release\n  --- x": "-- x\n----\n--release\n  --- x",

		"section_start:1:x\r\x1b[0Ktitle":           "section_start:1:x\ntitle",
		"a\r\nb\r\r\nc\r":                           "a\nb\nc",
		"sure\rnot":                                 "sure\nnot",
		"pass\b\b\b\bfail":                          "passfail",
		"\x1b]0;title\x07a":                         "a",
		"\x1b]52;c;ZXZpbA==\x1b\\a":                 "a",
		"\u009d52;c;ZXZpbA==\u009ca":                "a",
		"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\":  "link",
		"\x1b]1338;url=x\x07a":                      "a",
		"\x1bP+q544e\x1b\\\x1b_x\x1b\\\x1b^x\x07a":  "a",
		"\x1bXsos\x1b\\\x1bktitle\x1b\\a":           "a",
		"\x1b[2J\x1b[H\x1b[1;1Ha\x1b[?1049h\x1b[6n": "a",
		"\x1bc\x1b(0\x1b#8a":                        "a",
		"\x1b]0;no end\nnext":                       "\nnext",
		"\x1b[1;2\nnext":                            "\nnext",
		"\x1b[\x1b]0;x\x07a":                        "a",
		"a\x1b":                                     "a",
		"\x80\x9b31m\xff":                           "\ufffd\ufffd31m\ufffd",
		"nul\x00bell\a":                             "nulbell",
		"\u202egnp.exe\u202c \u2066x\u2069 \u061c":  "\ufffdgnp.exe\ufffd \ufffdx\ufffd \ufffd",
		"a\u200bb\ufeffc\u00ad \U000e0041\u3164":    "a\ufffdb\ufffdc\ufffd \ufffd\ufffd",
		"\x1b[31mred\x1b[0m":                        "red",
		"\xe6\xbc":                                  "\ufffd\ufffd",
	} {
		if got := sanitize.Text(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestColored(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"\x1b[31mred\x1b[0m":                       "\x1b[31mred\x1b[0m",
		"\x1b[1;38;5;9mred":                        "\x1b[1;38;5;9mred\x1b[0m",
		"\x1b[32ma\nb":                             "\x1b[32ma\x1b[0m\nb",
		"\x1b[ma":                                  "\x1b[0ma",
		"\x1b[8mhidden\x1b[30;40;5;7mx":            "hiddenx",
		"\x1b[1;48;5;52;31mx\x1b[0m":               "\x1b[1;31mx\x1b[0m",
		"\x1b[38;2;0;0;0mx\x1b[38;5;0mx":           "xx",
		"\x1b[38:5:1mx\x1b[?31mx\x1b[31 mx":        "xxx",
		"\x1b[31":                                  "",
		"\x1b[" + strings.Repeat("1;", 99) + "1mx": "x",
		"\u009b32mx":                               "\x1b[32mx\x1b[0m",
		":\x1b[31m:error::":                        ": :\x1b[31merror::\x1b[0m",
	} {
		if got := sanitize.Colored(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" a\nb\tc\r\nd ":     "a b c d",
		"\n::error::x":       ": :error::x",
		"\n--- x":            " --- x",
		"src/\x1b[31mlib.rs": "src/lib.rs",
	} {
		got := sanitize.Line(in)
		if got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		if again := sanitize.Line(got); again != got {
			t.Errorf("%q became %q the second time", got, again)
		}
	}
}

func TestWriter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := sanitize.NewWriter(&out, true)
	for _, part := range []string{"a\n:", ":err", "or::\x1b", "[31mred\n", "-", "--"} {
		if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "a\n: :error::\x1b[31mred\x1b[0m\n ---"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if w.Raw() != &out {
		t.Error("another writer")
	}
	reader, closed := io.Pipe()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sanitize.NewWriter(closed, true).Write([]byte("x")); err == nil {
		t.Error("no error of the writer")
	}
}

// dangers are what CI runners look for, as their sources have it.
var dangers = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^\pZ*::[^:\x1b]`),
	regexp.MustCompile(`(?i)##(vso|teamcity)?\[`),
	regexp.MustCompile(`(?m)^(---|\+\+\+|~~~|\^\^\^)(\pZ|\t|$)`),
	regexp.MustCompile(`\r`),
}

var color = regexp.MustCompile("\x1b\\[[0-9;]*m")

func harmless(t *testing.T, in, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%q became %q, which is no UTF-8", in, out)
	}
	if len(out) > 3*len(in)+8 {
		t.Errorf("%d bytes became %d", len(in), len(out))
	}
	plain := color.ReplaceAllString(out, "")
	for _, r := range plain {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			t.Errorf("%q became %q, which has %U", in, out, r)
		}
	}
	for _, danger := range dangers {
		if danger.MatchString(out) || danger.MatchString(plain) {
			t.Errorf("%q became %q, which has %s", in, out, danger)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"::error::x", "##[x", "--- x", "\x1b]0;x\x07", "\x1b[31mx", "\r\r\n", "\u202e", "\xff\xe2\x80", "\x1b[38;5;9mx\n", ":\x1b[1m:\x00x", "\u2028--- \v",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		text, colored := sanitize.Text(string(in)), sanitize.Colored(string(in))
		harmless(t, string(in), text)
		harmless(t, string(in), colored)
		if strings.Contains(text, "\x1b") {
			t.Errorf("%q became %q", in, text)
		}
		if again := sanitize.Text(text); again != text {
			t.Errorf("%q became %q and then %q", in, text, again)
		}
		if again := sanitize.Colored(colored); again != colored {
			t.Errorf("%q became %q and then %q", in, colored, again)
		}
		if bare := color.ReplaceAllString(colored, ""); bare != text {
			t.Errorf("%q became %q, and without colours %q", in, text, bare)
		}
		parts := sanitize.Filter{Colors: true}
		var joined []byte
		for rest := in; len(rest) > 0; {
			n := min(len(rest), int(size%7)+1)
			joined = parts.Append(joined, rest[:n])
			rest = rest[n:]
		}
		if joined = parts.Flush(joined); string(joined) != colored {
			t.Errorf("%q in parts became %q, want %q", in, joined, colored)
		}
		harmless(t, string(in), sanitize.Line(string(in)))
	})
}

func BenchmarkText(b *testing.B) {
	log := strings.Repeat("test tests::classes_are_shown_by_their_digit [1] ... ok — ünï\n", 1<<14)
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		sanitize.Text(log)
	}
}
