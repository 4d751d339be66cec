package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one comparison.
type row struct {
	id, what, against string
	// peer and cranekit are the clock times of the repetitions; there is no
	// peer where only a limit counts.
	peer, cranekit []time.Duration
	// peerBytes and ownBytes were pulled from a registry in that time.
	peerBytes, ownBytes []int64
	// ratio is the greatest wanted of cranekit to the peer, 0 for none.
	ratio float64
	// limit is the longest wanted time of cranekit, 0 for none.
	limit time.Duration
	// notes are facts that explain the times.
	notes []string
}

// median is the middle of the values, the mean of the middle two when they are
// even in number.
func median[T time.Duration | int64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func (r row) measured() float64 {
	if len(r.peer) == 0 {
		return 0
	}
	return median(r.cranekit).Seconds() / median(r.peer).Seconds()
}

// pulled is the ratio of the bytes, 0 where none count.
func (r row) pulled() float64 {
	if median(r.peerBytes) == 0 {
		return 0
	}
	return float64(median(r.ownBytes)) / float64(median(r.peerBytes))
}

func (r row) met() bool {
	return (r.ratio == 0 || r.measured() <= r.ratio && r.pulled() <= r.ratio) && (r.limit == 0 || median(r.cranekit) <= r.limit)
}

// cells are the row as text: subject, seconds of both, ratio, the same of
// megabytes, target, verdict.
func (r row) cells() []string {
	peer, ratio := "–", "–"
	if len(r.peer) > 0 {
		peer, ratio = seconds(median(r.peer)), fmt.Sprintf("%.2f", r.measured())
	}
	megabytes, lighter := "", ""
	if len(r.peerBytes) > 0 {
		megabytes = fmt.Sprintf("%.1f, %.1f", float64(median(r.peerBytes))/1e6, float64(median(r.ownBytes))/1e6)
		lighter = fmt.Sprintf("%.2f", r.pulled())
	}
	var targets []string
	if r.ratio > 0 {
		targets = append(targets, fmt.Sprintf("≤ %.2f", r.ratio))
	}
	if r.limit > 0 {
		targets = append(targets, fmt.Sprintf("≤ %g s", r.limit.Seconds()))
	}
	verdict := "missed"
	if r.met() {
		verdict = "met"
	}
	return []string{r.id, r.what, r.against, peer, seconds(median(r.cranekit)), ratio, megabytes, lighter, strings.Join(targets, " and "), verdict}
}

// header names the cells of a row.
func header() []string {
	return []string{"", "what", "against", "peer s", "cranekit s", "ratio", "peer, cranekit MB", "ratio", "target", ""}
}

// details are the single times and the notes of the row.
func (r row) details() []string {
	if len(r.peer) == 0 {
		return r.notes
	}
	return append([]string{"cranekit: " + times(r.cranekit), "peer: " + times(r.peer)}, r.notes...)
}

// seconds shows three digits; more would be noise.
func seconds(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 1:
		return fmt.Sprintf("%.3f", s)
	case s < 10:
		return fmt.Sprintf("%.2f", s)
	default:
		return fmt.Sprintf("%.1f", s)
	}
}

func times(all []time.Duration) string {
	texts := make([]string, len(all))
	for i, d := range all {
		texts[i] = seconds(d)
	}
	return strings.Join(texts, ", ") + " s"
}

// report has all results of a run of the benchmark.
type report struct {
	options  *options
	machine  machine
	versions versions
	rows     []row
}

// text writes the table and the details for a terminal.
func (r *report) text(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(header(), "\t"))
	for _, row := range r.rows {
		fmt.Fprintln(table, strings.Join(row.cells(), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	var b strings.Builder
	for _, row := range r.rows {
		fmt.Fprintf(&b, "\n%s  %s, against %s\n", row.id, row.what, row.against)
		for _, line := range row.details() {
			fmt.Fprintf(&b, "   %s\n", line)
		}
	}
	fmt.Fprintf(&b, "\nmachine   %s\nversions  %s\ncommand   %s\n", r.machine, r.versions, r.options.command())
	_, err := io.WriteString(w, b.String())
	return err
}
