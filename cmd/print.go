package cmd

import (
	"errors"
	"fmt"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
)

// print writes the reports, the summary file, the table, and what is red in
// full. Each is written whatever becomes of the others.
func (a *app) print(cfg *config.Config, s *report.Summary, verdict, runErr error) error {
	err := unwritten(a.export(cfg, s))
	s.ExitCode = exitCode(errors.Join(verdict, err))
	err = errors.Join(err, unwritten(s.Write(cfg.Output)))
	if len(s.Stages) == 0 && runErr != nil {
		return err
	}
	end := a.quote()
	defer end()
	o := report.Options{Output: project.ShortPath(cfg.Output), Color: colored(a.out), Rerun: func(check string) string { return a.rerun(cfg, check) }}
	return errors.Join(err, unwritten(report.Table(a.out, s, o)), unwritten(report.Failures(a.out, s, o)))
}

// unwritten marks the error of results that could not be written.
func unwritten(err error) error {
	if err == nil {
		return nil
	}
	return project.Usage(fmt.Errorf("output: %w", err))
}
