package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/llb"
)

// readCompiling reads what compiling the stages below a check took: lines of
// whole seconds and the command.
func (c *Check) readCompiling(r io.Reader) error {
	c.details.compiling = map[string]float64{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		number, command, ok := strings.Cut(lines.Text(), " ")
		seconds, err := strconv.ParseUint(number, 10, 32)
		if err != nil || !ok {
			return fmt.Errorf("%q is not a time and a command", lines.Text())
		}
		c.details.compiling[command] = float64(seconds)
	}
	return lines.Err()
}

// Save fills in what was saved: the times of stages that are below checks and
// that nothing in the run executed.
func (s *Summary) Save(nodes []buildkit.NodeFact) {
	took := map[string]float64{}
	for i := range s.Checks {
		for command, seconds := range s.Checks[i].details.compiling {
			// Legs with other toolchains have the same commands.
			took[command] = max(took[command], seconds)
		}
	}
	for _, n := range nodes {
		if !n.Cached {
			delete(took, unquoted(n))
		}
	}
	for _, seconds := range took {
		s.SavedSeconds += seconds
	}
	for i := range s.Caches {
		imported := &s.Caches[i].Import
		for _, n := range nodes {
			if slices.Contains(imported.Found, n.Name) {
				imported.SavedSeconds += took[unquoted(n)]
			}
		}
	}
}

// unquoted is the command of a stage as the shell gives it back, without quotes.
func unquoted(n buildkit.NodeFact) string {
	if n.Role != llb.RoleStage || len(n.Commands) == 0 {
		return ""
	}
	return strings.ReplaceAll(n.Commands[0], "'", "")
}
