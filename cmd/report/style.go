package report

import (
	"fmt"
	"path/filepath"
	"time"
	"unicode/utf8"
)

// Options say how results are shown.
type Options struct {
	// Output is the output directory as the user knows it.
	Output string
	// Color allows ANSI colors and the symbols that go with them.
	Color bool
	// Rerun gives the command that runs one check again; nil for none.
	Rerun func(check string) string
}

// style is an ANSI attribute.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "1;31"
	green  style = "32"
	yellow style = "33"
)

func (o Options) paint(s style, text string) string {
	if !o.Color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// output is a path in the output directory as the user knows it.
func (o Options) output(names ...string) string {
	return filepath.ToSlash(filepath.Join(append([]string{o.Output}, names...)...))
}

// width is that of text on a terminal: names of checks are ASCII, and the
// symbols take one column each.
func width(text string) int { return utf8.RuneCountInString(text) }

// clock renders seconds for people: 0.4 s, 61.2 s, 3 min 12 s.
func clock(seconds float64) string {
	if seconds < 120 {
		return fmt.Sprintf("%.1f s", seconds)
	}
	whole := time.Duration(seconds*float64(time.Second)).Round(time.Second) / time.Second
	return fmt.Sprintf("%d min %d s", whole/60, whole%60)
}

// plural renders a count with the noun that fits it.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Counted is a number with its noun, which has an s for all but one.
func Counted(n int, noun string) string { return plural(n, noun, noun+"s") }
