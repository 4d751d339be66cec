package report

import (
	"bufio"
	"io"
	"regexp"
	"slices"
	"strings"
)

// dirty matches cargo's reason for compiling a unit again, such as "libc
// v0.2.191: the env variable X changed". A source other than crates.io is in
// parentheses before the colon.
var dirty = regexp.MustCompile(`^(\S+) v(\S+?)(?: \(.*?\))?: (.+)$`)

// readReasons reads cargo's reasons, by "name version".
func readReasons(r io.Reader) (map[string]string, error) {
	reasons := map[string]string{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if m := dirty.FindStringSubmatch(lines.Text()); m != nil {
			if unit := m[1] + " " + m[2]; reasons[unit] == "" {
				reasons[unit] = m[3]
			}
		}
	}
	return reasons, lines.Err()
}

// explain adds the reasons to units such as "libc 0.2.191 (lib)". Cargo gives
// none for a unit that was never there, and none for what stands on a unit
// that it could not compile when it was asked.
func explain(units []string, reasons map[string]string) []string {
	unknown := "not in the deps snapshot"
	if len(reasons) > 0 {
		unknown += ", or follows from another"
	}
	explained := make([]string, len(units))
	for i, unit := range units {
		name, _, _ := strings.Cut(unit, " (")
		reason := reasons[name]
		if reason == "" {
			reason = unknown
		}
		explained[i] = unit + ": " + reason
	}
	return explained
}

// readCompiled reads the packages that a custom check compiled, a line per
// call of the compiler.
func readCompiled(r io.Reader) ([]string, error) {
	compiled := []string{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if unit := strings.TrimSpace(lines.Text()); unit != "" {
			compiled = append(compiled, unit)
		}
	}
	slices.Sort(compiled)
	return slices.Compact(compiled), lines.Err()
}
