package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/cranekit/cranekit/cmd/internal/corpus"
	"github.com/cranekit/cranekit/images"
)

// caseResult is what came of a case.
type caseResult struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Version is that of cranekit.
	Version string `json:"version"`
	// Clippy and Package are exit codes, the same on both sides.
	Clippy  int `json:"clippy"`
	Package int `json:"package"`
	// Diagnostics of clippy, Tests, Binaries and Lines of coverage are how
	// many were compared.
	Diagnostics int `json:"diagnostics"`
	Tests       int `json:"tests"`
	Binaries    int `json:"binaries"`
	Lines       int `json:"lines"`
	// Reused counts the third-party units that the checks found compiled,
	// Rebuilt are those that they did not.
	Reused      int      `json:"reused"`
	Rebuilt     []string `json:"rebuilt"`
	Differences []string `json:"differences"`
	Seconds     float64  `json:"seconds"`
}

const tableHead = "case                     clippy package diagnostics tests programs lines reused rebuilt seconds"

func (r *caseResult) line() string {
	verdict := ""
	if len(r.Differences) > 0 {
		verdict = "  DIFFERS"
	}
	return fmt.Sprintf("%-24s %6d %7d %11d %5d %8d %5d %6d %7d %7.0f%s",
		r.Name, r.Clippy, r.Package, r.Diagnostics, r.Tests, r.Binaries, r.Lines, r.Reused, len(r.Rebuilt), r.Seconds, verdict)
}

// Verdict is one word for the table.
func (r *caseResult) Verdict() string {
	switch {
	case r.Version == "":
		return "not run"
	case len(r.Differences) > 0:
		return "**differs**"
	case len(r.Rebuilt) > 0:
		return "same, rebuilds"
	default:
		return "same"
	}
}

// Covered is the number of lines, nothing where coverage was not measured.
func (r *caseResult) Covered() string {
	if r.Lines == 0 {
		return ""
	}
	return fmt.Sprint(r.Lines)
}

func (r *runner) file(name string) string { return filepath.Join(r.dir, name+".json") }

// result returns what came of the last run of a case.
func (r *runner) result(name string) (*caseResult, error) {
	data, err := os.ReadFile(r.file(name))
	if err != nil {
		return nil, err
	}
	var last caseResult
	return &last, json.Unmarshal(data, &last)
}

func (r *runner) save(result *caseResult) error {
	data, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(r.file(result.Name), data, 0o644)
}

//go:embed conformance.md.tmpl
var page string

// document writes the page with the results of all cases.
func (r *runner) document(_ context.Context, file string, cases []corpus.Case) error {
	data := struct {
		Version         string
		Tarpaulin       string
		Trees, Programs []*caseResult
		Rebuilt         []*caseResult
		// Missing counts the cases that this cranekit was not run on.
		Reused, Different, Missing int
	}{Version: r.version, Tarpaulin: images.ToolVersion(tarpaulin)}
	programs := len(corpus.Programs)
	for i := range cases {
		result, err := r.result(cases[i].Name)
		if errors.Is(err, os.ErrNotExist) || err == nil && result.Version != r.version {
			result, err = &caseResult{Name: cases[i].Name}, nil
			data.Missing++
		}
		if err != nil {
			return err
		}
		result.About = strings.ReplaceAll(cases[i].About, "|", `\|`)
		data.Reused += result.Reused
		if len(result.Differences) > 0 {
			data.Different++
		}
		if len(result.Rebuilt) > 0 {
			data.Rebuilt = append(data.Rebuilt, result)
		}
		if i < len(cases)-programs {
			data.Trees = append(data.Trees, result)
		} else {
			data.Programs = append(data.Programs, result)
		}
	}
	t, err := template.New("page").Parse(page)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
