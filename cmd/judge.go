package cmd

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
)

// judge turns results into rows of the report as they come.
type judge struct {
	project *project.Project
	rows    map[string]report.Check
	results *project.Results
	// stop ends the reading of what a check wrote.
	stop func() error
	// tree is what the builder gets of the source.
	tree *source.Tree
	// unreachable is set if a check could not run because a builder or a registry
	// did not answer.
	unreachable bool
	// locks are those of the source whose crates are not fetched.
	locks []string
}

func (j *judge) done(r buildkit.Result) (red bool) {
	cfg := j.project.Config
	i := slices.IndexFunc(cfg.Checks, func(c config.Check) bool { return c.Name == r.Name })
	row := report.Judge(cfg.Checks[i], r, report.JudgeOptions{
		Real: j.project.RealDirs(), DenyRebuild: cfg.DenyRebuild, Dir: j.project.Workspace.Dir, Unsent: j.unsent, Stop: j.stop, Locks: j.locks,
	})
	j.rows[r.Name] = row
	_ = j.results.Remark() // the end of the run does it again
	j.unreachable = j.unreachable || exitCode(r.Err) == exitUnreachable
	return row.Red()
}

// unsent reports whether a file below the root of the source is there and the
// builder did not get it.
func (j *judge) unsent(file string) bool {
	if j.tree == nil || !filepath.IsLocal(file) {
		return false
	}
	if _, sent := slices.BinarySearch(j.tree.Files, file); sent {
		return false
	}
	info, err := os.Lstat(filepath.Join(j.tree.Root, filepath.FromSlash(file)))
	return err == nil && info.Mode().IsRegular()
}

// summary lists what the run did, in the order of the configuration.
func (j *judge) summary(outcome *buildkit.Report, skipped []string) *report.Summary {
	s := &report.Summary{
		Version: report.SummaryVersion, Workspace: j.project.Config.Workspace,
		Toolchain: report.Toolchain{Image: outcome.Image}, Stages: report.Stages(outcome.Nodes), Checks: []report.Check{},
		Caches: report.Caches(outcome.Caches), CacheRule: j.project.CacheRule,
	}
	for _, c := range j.project.Config.Checks {
		if slices.Contains(skipped, c.Name) {
			s.Checks = append(s.Checks, report.Check{Name: c.Name, Kind: c.Kind, Status: buildkit.StatusSkipped})
			continue
		}
		if row, ok := j.rows[c.Name]; ok {
			s.Checks = append(s.Checks, row)
		} else if slices.ContainsFunc(outcome.Results, func(r buildkit.Result) bool { return r.Name == c.Name }) {
			s.Checks = append(s.Checks, report.Check{Name: c.Name, Kind: c.Kind, Status: buildkit.StatusCanceled})
		}
	}
	return s
}

// verdict is the outcome of a run as an error, nil when all is green.
func (j *judge) verdict(s *report.Summary, err error) error {
	switch {
	case err != nil:
		return err
	case j.unreachable:
		return &exitError{exitUnreachable}
	case j.project.Config.CacheRequired && (j.project.CacheLeftOut || s.CacheProblems()):
		return &exitError{exitUnreachable}
	case slices.ContainsFunc(s.Checks, func(c report.Check) bool { return c.Red() }):
		return &exitError{exitRed}
	default:
		return nil
	}
}
