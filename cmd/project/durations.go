package project

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/llb"
)

// transferGuess is what it takes to bring another builder the dependencies
// while no run has measured it.
const transferGuess = 15 * time.Second

// Durations are what earlier runs of a workspace measured. They decide how
// checks are spread over several builders, nothing else.
type Durations struct {
	// Checks are the costs of checks, in seconds.
	Checks map[string]float64 `json:"checks"`
	// Transfer is how long exporting the dependencies took, in seconds.
	Transfer float64 `json:"transfer,omitempty"`
}

// Affinity names a workspace by its packages: it is the same on all machines,
// for all versions and locks.
func (p *Project) Affinity() string {
	var lines []string
	for _, pkg := range p.Workspace.Packages {
		lines = append(lines, pkg.Name)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:16])
}

// DurationsFile is where the durations of a workspace are kept.
func DurationsFile(affinity string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "cranekit", "durations", affinity+".json"), nil
}

// ReadDurations reads what is kept; there may be nothing, or nonsense.
func ReadDurations(file string) Durations {
	var d Durations
	if data, err := os.ReadFile(file); err != nil || json.Unmarshal(data, &d) != nil {
		return Durations{}
	}
	return d
}

// Apply hands the durations to a run.
func (d Durations) Apply(r *buildkit.Request) {
	r.Costs = map[string]time.Duration{}
	for name, seconds := range d.Checks {
		r.Costs[name] = time.Duration(seconds * float64(time.Second))
	}
	r.Transfer = transferGuess
	if d.Transfer > 0 {
		r.Transfer = time.Duration(d.Transfer * float64(time.Second))
	}
}

// Learn adds what a run measured and keeps it. Runs that measured nothing
// write nothing.
func (d Durations) Learn(file string, outcome *buildkit.Report) error {
	stages := map[string]bool{}
	for _, n := range outcome.Nodes {
		stages[n.Name] = n.Role == llb.RoleStage
	}
	for _, c := range outcome.Caches {
		if slices.ContainsFunc(c.Saved, func(name string) bool { return stages[name] }) {
			d.Transfer = c.Export.Seconds()
		}
	}
	if len(outcome.Costs) == 0 {
		return nil
	}
	if d.Checks == nil {
		d.Checks = map[string]float64{}
	}
	for name, cost := range outcome.Costs {
		d.Checks[name] = cost.Seconds()
	}
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if err := report.WriteFile(file, data); err != nil {
		return fmt.Errorf("keeping the durations of checks: %w", err)
	}
	return nil
}
