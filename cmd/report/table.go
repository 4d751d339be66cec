package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/llb"
)

// columns is the width that lines are wrapped at.
const columns = 100

// Table prints a row per check, the times of the stages, and a last line that
// sums up.
func Table(w io.Writer, s *Summary, o Options) error {
	rows := [][]cell{{
		{text: "CHECK", style: dim},
		{text: "RESULT", style: dim},
		{text: "TIME", style: dim, right: true},
		{text: "CACHED", style: dim},
		{text: "DEPS", style: dim},
		{text: "DETAIL", style: dim},
	}}
	for i := range s.Checks {
		rows = append(rows, s.Checks[i].cells(o))
	}
	var out bytes.Buffer
	if s.CacheRule != "" {
		fmt.Fprintln(&out, o.paint(dim, "caches: "+s.CacheRule))
	}
	o.align(&out, rows)
	label := "builder: "
	if strings.Contains(s.Builder.Name, ", ") {
		label = "builders: "
	}
	for _, note := range s.Builder.Notes {
		fmt.Fprintln(&out, o.paint(dim, label+note))
	}
	if line := stageLine(s.Stages, s.SavedSeconds); line != "" {
		fmt.Fprintln(&out, o.paint(dim, line))
	}
	out.WriteString(o.cacheLines(s))
	fmt.Fprintln(&out, o.lastLine(s))
	_, err := out.WriteTo(w)
	return err
}

// cell is a field of the table.
type cell struct {
	text  string
	style style
	// right aligns the text to the right.
	right bool
}

func (c *Check) cells(o Options) []cell {
	took, cached := "-", "-"
	if c.Status == buildkit.StatusPassed || c.Status == buildkit.StatusFailed {
		took, cached = clock(c.Seconds), "no"
		if c.Cached {
			took, cached = "-", "yes"
		}
	}
	return []cell{
		{text: c.Name, style: bold},
		c.result(o.Color),
		{text: took, right: true},
		{text: cached},
		c.Deps.cell(),
		{text: c.detail()},
	}
}

// result is the status, in color with a symbol before it.
func (c *Check) result(color bool) cell {
	symbol, r := "- ", cell{text: string(c.Status), style: dim}
	switch c.Status {
	case buildkit.StatusPassed:
		symbol, r.style = "✓ ", green
		if c.Retries > 0 {
			r.text, r.style = r.text+", flaky", yellow
		}
	case buildkit.StatusFailed:
		symbol, r.text, r.style = "✗ ", "FAILED", red
	case buildkit.StatusError:
		symbol, r.style = "✗ ", red
	case buildkit.StatusCanceled:
		r.style = yellow
	case buildkit.StatusSkipped:
	}
	if color {
		r.text = symbol + r.text
	}
	return r
}

func (d *Deps) cell() cell {
	if d == nil {
		return cell{text: "-"}
	}
	var parts []string
	if d.Reused != nil {
		parts = append(parts, fmt.Sprintf("%d/%d reused", *d.Reused, *d.Reused+len(d.Rebuilt)))
	}
	if n := len(d.Rebuilt); n > 0 {
		return cell{text: strings.Join(append(parts, fmt.Sprintf("%d compiled", n)), ", "), style: yellow}
	}
	if len(parts) == 0 {
		return cell{text: "none compiled"}
	}
	return cell{text: parts[0]}
}

// detail is the number that matters most of a check.
func (c *Check) detail() string {
	m := c.Metrics
	switch {
	case c.Status == buildkit.StatusSkipped || c.Status == buildkit.StatusCanceled:
		return ""
	case c.Status == buildkit.StatusError:
		return "could not be run"
	case c.Timeout:
		return "timed out"
	case positive(m.Errors) && positive(m.Warnings):
		return plural(*m.Errors, "error", "errors") + ", " + plural(*m.Warnings, "warning", "warnings")
	case positive(m.Errors):
		return plural(*m.Errors, "error", "errors")
	case positive(m.TestsFailed):
		return fmt.Sprintf("%d passed, %d failed", *m.TestsPassed, *m.TestsFailed)
	case m.CoveragePercent != nil:
		return fmt.Sprintf("%.1f %% of %s", *m.CoveragePercent, plural(*m.LinesTotal, "line", "lines"))
	case c.ExitCode != 0:
		return fmt.Sprintf("exit code %d", c.ExitCode)
	case m.TestsPassed != nil:
		return fmt.Sprintf("%d passed", *m.TestsPassed)
	case positive(m.Warnings):
		return plural(*m.Warnings, "warning", "warnings")
	case m.Warnings != nil:
		return "no warnings"
	}
	return ""
}

func positive(n *int) bool { return n != nil && *n > 0 }

// align prints rows in columns, two blanks apart, without trailing blanks.
func (o Options) align(out *bytes.Buffer, rows [][]cell) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], width(c.text))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			pad := strings.Repeat(" ", widths[i]-width(c.text))
			if c.right {
				line.WriteString(pad + o.paint(c.style, c.text) + "  ")
			} else {
				line.WriteString(o.paint(c.style, c.text) + pad + "  ")
			}
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}

// together makes one stage of all member layers of a check, cached if all are.
func together(stages []Stage) []Stage {
	var list []Stage
	for _, s := range stages {
		if s.Role == llb.RoleLayer {
			s.Name = s.Check + " members"
			if i := slices.IndexFunc(list, func(other Stage) bool { return other.Role == s.Role && other.Check == s.Check }); i >= 0 {
				list[i].Cached = list[i].Cached && s.Cached
				list[i].Seconds += s.Seconds
				continue
			}
		}
		list = append(list, s)
	}
	return list
}

// stageLine tells the time of each stage.
func stageLine(stages []Stage, saved float64) string {
	const label = "deps:"
	stages = together(stages)
	ran := false
	words := make([]string, len(stages))
	for i, s := range stages {
		words[i] = s.Name + " " + clock(s.Seconds)
		if s.Units > 0 {
			words[i] += fmt.Sprintf(" (%d of %d compiled)", s.Compiled, s.Units)
		}
		if s.Cached {
			words[i] = s.Name + " cached"
		}
		ran = ran || !s.Cached
	}
	switch {
	case len(stages) == 0:
		return ""
	case !ran:
		if saved > 0 {
			return label + " all cached, " + clock(saved) + " of compiling saved"
		}
		return label + " all cached"
	}
	line, used := label, width(label)
	for i, word := range words {
		if i < len(words)-1 {
			word += ","
		}
		if used+1+width(word) > columns {
			line, used = line+"\n"+strings.Repeat(" ", len(label)), len(label)
		}
		line, used = line+" "+word, used+1+width(word)
	}
	return line
}

// lastLine sums a run up.
func (o Options) lastLine(s *Summary) string {
	passed, asked := 0, 0
	for i := range s.Checks {
		if s.Checks[i].Status != buildkit.StatusSkipped {
			asked++
		}
		if s.Checks[i].Status == buildkit.StatusPassed {
			passed++
		}
	}
	of := green
	if passed < asked {
		of = red
	}
	verdict := fmt.Sprintf("%d of %s passed", passed, plural(asked, "check", "checks"))
	return fmt.Sprintf("%s in %s · results in %s", o.paint(of, verdict), clock(s.Seconds), o.output()+"/")
}
