package project

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// Select returns the names of the checks that match the patterns, all
// without patterns, and those that skip takes out.
func Select(checks []config.Check, patterns, skip []string) (selected, skipped []string, err error) {
	matching := func(patterns []string) (map[string]bool, error) {
		found := map[string]bool{}
		for _, pattern := range patterns {
			some := false
			for _, c := range checks {
				ok, err := Matches(pattern, c)
				if err != nil {
					return nil, Usage(fmt.Errorf("%q: %w", pattern, err))
				}
				found[c.Name] = found[c.Name] || ok
				some = some || ok
			}
			if !some {
				return nil, Usage(fmt.Errorf("no check matches %q; there %s %s%s", pattern, are(len(checks)), strings.Join(Names(checks), ", "), unnamedKind(pattern)))
			}
		}
		return found, nil
	}
	wanted, err := matching(patterns)
	if err != nil {
		return nil, nil, err
	}
	unwanted, err := matching(skip)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range Names(checks) {
		switch {
		case len(patterns) > 0 && !wanted[name]:
		case unwanted[name]:
			skipped = append(skipped, name)
		default:
			selected = append(selected, name)
		}
	}
	return selected, skipped, nil
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// unnamedKind says how a kind of check becomes a check, "" for what is no kind.
func unnamedKind(name string) string {
	if !slices.ContainsFunc(llb.Kinds(), func(k config.Kind) bool { return k.Name == name }) {
		return ""
	}
	return fmt.Sprintf("\n%s is a kind of check that is not configured: write %s: below checks in crane.yaml, or try it with --set checks.%s.kind=%s", name, name, name, name)
}

// Matches reports whether a pattern means a check: by its name, or by the name
// before the leg of a matrix.
func Matches(pattern string, c config.Check) (bool, error) {
	ok, err := path.Match(pattern, c.Name)
	if !ok && err == nil && c.Leg != "" {
		ok, err = path.Match(pattern, strings.TrimSuffix(c.Name, "@"+c.Leg))
	}
	return ok, err
}

// Chosen are the selected checks.
func (p *Project) Chosen(selected []string) []config.Check {
	var checks []config.Check
	for _, c := range p.Config.Checks {
		if slices.Contains(selected, c.Name) {
			checks = append(checks, c)
		}
	}
	return checks
}

// PackageChecks are the package checks of the configuration. Where it has none
// it gets the built-in one.
func PackageChecks(cfg *config.Config) []config.Check {
	var packages []config.Check
	for _, check := range cfg.Checks {
		if llb.Programs(check.Kind) {
			packages = append(packages, check)
		}
	}
	if len(packages) == 0 {
		packages = []config.Check{{Name: "package", Kind: "package", Tests: true, Settings: cfg.Common, Cache: true}}
		cfg.Checks = append(cfg.Checks, packages...)
	}
	return packages
}
