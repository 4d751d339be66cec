package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// qualityIssue is an entry of GitLab's code quality report.
//
// See https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
type qualityIssue struct {
	Description string          `json:"description"`
	CheckName   string          `json:"check_name"`
	Fingerprint string          `json:"fingerprint"`
	Severity    string          `json:"severity"`
	Location    qualityLocation `json:"location"`
}

type qualityLocation struct {
	Path  string       `json:"path"`
	Lines qualityLines `json:"lines"`
}

type qualityLines struct {
	Begin int `json:"begin"`
}

// codeQuality leaves out what has no place in the repository, which GitLab
// could not show.
func codeQuality(found []finding) []qualityIssue {
	issues := []qualityIssue{}
	marks := fingerprints(found)
	for i := range found {
		f := &found[i]
		if f.path == "" {
			continue
		}
		severity := "minor"
		if f.isError() {
			severity = "major"
		}
		issues = append(issues, qualityIssue{f.Message, f.rule(), marks[i], severity, qualityLocation{f.path, qualityLines{f.Line}}})
	}
	return issues
}

// fingerprints tell findings apart from one run to the next. Lines are not
// part of them: an edit above a finding moves it. Equal ones in a file are
// counted.
func fingerprints(found []finding) []string {
	count := map[string]int{}
	marks := make([]string, len(found))
	for i := range found {
		f := &found[i]
		key := strings.Join([]string{f.path, f.rule(), f.Message}, "\x00")
		count[key]++
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, count[key]))
		marks[i] = hex.EncodeToString(sum[:])
	}
	return marks
}

// The parts of SARIF 2.1.0 that a log of the compiler's findings has.
//
// See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifDocument struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string `json:"id"`
		HelpURI string `json:"helpUri,omitempty"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifText         `json:"message"`
		Locations           []sarifLocation   `json:"locations,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
		Properties          map[string]string `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPlace `json:"physicalLocation"`
	}
	sarifPlace struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
)

// sarifLog is one run of cranekit, with the findings of all checks.
func sarifLog(found []finding, version string) sarifDocument {
	driver := sarifDriver{Name: "cranekit", Version: version, InformationURI: "https://github.com/cranekit/cranekit", Rules: []sarifRule{}}
	results := []sarifResult{}
	marks := fingerprints(found)
	for i := range found {
		f := &found[i]
		rule := slices.IndexFunc(driver.Rules, func(r sarifRule) bool { return r.ID == f.rule() })
		if rule < 0 {
			rule = len(driver.Rules)
			driver.Rules = append(driver.Rules, sarifRule{f.rule(), helpURI(f.rule())})
		}
		r := sarifResult{
			RuleID: f.rule(), RuleIndex: rule, Level: "warning", Message: sarifText{f.Message},
			PartialFingerprints: map[string]string{"cranekit/v1": marks[i]},
			Properties:          map[string]string{"check": f.check, "package": f.Package},
		}
		if f.isError() {
			r.Level = "error"
		}
		if f.path != "" {
			r.Locations = []sarifLocation{{sarifPlace{
				sarifArtifact{(&url.URL{Path: f.path}).String(), "%SRCROOT%"},
				sarifRegion{f.Line, f.Column, f.EndLine, f.EndColumn},
			}}}
		}
		results = append(results, r)
	}
	return sarifDocument{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{sarifTool{driver}, "unicodeCodePoints", results}},
	}
}

// helpURI is where a lint of clippy or an error of rustc is explained.
func helpURI(rule string) string {
	if lint, ok := strings.CutPrefix(rule, "clippy::"); ok {
		return "https://rust-lang.github.io/rust-clippy/stable/index.html#" + lint
	}
	if len(rule) == 5 && rule[0] == 'E' && strings.Trim(rule[1:], "0123456789") == "" {
		return "https://doc.rust-lang.org/error_codes/" + rule + ".html"
	}
	return ""
}
