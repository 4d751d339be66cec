package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/cranekit/cranekit/cmd/internal/corpus"
	"github.com/cranekit/cranekit/images"
)

// caseResult is the result of a case.
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

// document writes the page with the results of all cases, and beside it the
// file with these: a case that was not run here has the result of an earlier run,
// with the version of that.
func (r *runner) document(file string, cases []corpus.Case) error {
	earlier := strings.TrimSuffix(file, filepath.Ext(file)) + ".json"
	results, err := r.merge(earlier, cases)
	if err != nil {
		return err
	}
	text, err := render(cases, results)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(slices.DeleteFunc(results, func(c *caseResult) bool { return c.Version == "" }), "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(file, text, 0o644), os.WriteFile(earlier, append(data, '\n'), 0o644))
}

// merge returns the results of all cases in order; those that were never run
// have no version.
func (r *runner) merge(earlier string, cases []corpus.Case) ([]*caseResult, error) {
	var known []*caseResult
	data, err := os.ReadFile(earlier)
	if err == nil {
		err = json.Unmarshal(data, &known)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading %s: %w", earlier, err)
	}
	var results []*caseResult
	for i := range cases {
		result, err := r.result(cases[i].Name)
		if errors.Is(err, os.ErrNotExist) {
			result, err = &caseResult{Name: cases[i].Name}, nil
			if k := slices.IndexFunc(known, func(c *caseResult) bool { return c.Name == result.Name }); k >= 0 {
				result = known[k]
			}
		}
		if err != nil {
			return nil, err
		}
		result.About = cases[i].About
		results = append(results, result)
	}
	return results, nil
}

// render makes the page of the results of cases.
func render(cases []corpus.Case, results []*caseResult) ([]byte, error) {
	data := struct {
		// Versions are those of cranekit that gave the results.
		Versions        []string
		Tarpaulin       string
		Trees, Programs []*caseResult
		Repositories    []*caseResult
		Rebuilt         []*caseResult
		PassedOver      []corpus.Passed
		Rules           map[string]string
		// Missing counts the cases that have no result.
		Reused, Different, Missing int
	}{Tarpaulin: images.ToolVersion(tarpaulin), PassedOver: corpus.PassedOver, Rules: corpus.Rules}
	for i, result := range results {
		if result.Version == "" {
			data.Missing++
		} else if v := result.With(); !slices.Contains(data.Versions, v) {
			data.Versions = append(data.Versions, v)
		}
		data.Reused += result.Reused
		if len(result.Differences) > 0 {
			data.Different++
		}
		if len(result.Rebuilt) > 0 {
			data.Rebuilt = append(data.Rebuilt, result)
		}
		switch cases[i].Group {
		case corpus.GroupTree:
			data.Trees = append(data.Trees, result)
		case corpus.GroupProgram:
			data.Programs = append(data.Programs, result)
		case corpus.GroupRepository:
			data.Repositories = append(data.Repositories, result)
		}
	}
	t, err := template.New("page").Funcs(template.FuncMap{"cell": func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }}).Parse(page)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, data)
	return b.Bytes(), err
}

// With is the version of cranekit that gave the result.
func (r *caseResult) With() string { return strings.TrimPrefix(r.Version, "cranekit ") }
