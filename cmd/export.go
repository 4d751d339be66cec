package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
)

// export writes the reports that CI systems read, and tells GitHub, where this
// is one of its jobs, what to show beside the code.
func (a *app) export(cfg *config.Config, s *report.Summary) error {
	if len(s.Checks) == 0 {
		return nil
	}
	workspace := project.Resolve(cfg.Workspace)
	o := report.ExportOptions{Output: cfg.Output, Version: a.version, Rerun: func(check string) string { return a.rerun(cfg, check) }}
	if root := config.Repository(workspace); root != "" {
		o.Prefix = project.Relative(root, workspace)
	}
	err := s.Export(o)
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		err = errors.Join(err, report.Annotations(raw(a.out), s, o))
	}
	if page := os.Getenv("GITHUB_STEP_SUMMARY"); page != "" {
		err = errors.Join(err, appendFile(page, report.Markdown(s, o)))
	}
	return err
}

func appendFile(name string, text []byte) error {
	f, err := os.OpenFile(filepath.Clean(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
	}
	return nil
}
