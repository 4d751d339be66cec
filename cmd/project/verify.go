package project

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/verify"
	"github.com/cranekit/cranekit/llb"
)

// Verify is the error of settings that cannot mean anything in the workspace, or
// that cargo would refuse. It is better said before dependencies are compiled.
func (p *Project) Verify(selected []string) error {
	problems := p.Faults(selected)
	for _, c := range p.Chosen(selected) {
		if !llb.OfSource(c.Kind) {
			problems = append(problems, verify.Lock(p.Workspace)...)
			break
		}
	}
	return config.NewError(problems)
}

// Faults are the problems of the settings of checks.
func (p *Project) Faults(selected []string) []config.Problem {
	checks := slices.DeleteFunc(p.Chosen(selected), func(c config.Check) bool { return llb.OfSource(c.Kind) })
	problems := llb.ArgumentProblems(p.Config, p.Chosen(selected))
	problems = append(problems, verify.Settings(p.Config, p.Workspace, checks)...)
	for _, c := range checks {
		if fault, certain := verify.Target(c.Settings, p.version(c)); certain {
			problems = append(problems, p.Config.Problem(c, "target", fault))
		}
	}
	return problems
}

// version is that of a check's Rust as far as it is known before anything is
// started. Nightly has targets of its own.
func (p *Project) version(c config.Check) string {
	channel, _ := p.channel(c)
	if strings.Contains(channel, "nightly") {
		return ""
	}
	return rustVersion.FindString(channel)
}

// WarnTargets says which targets may not be there.
func (p *Project) WarnTargets(w io.Writer, selected []string) {
	var problems []config.Problem
	for _, c := range p.Chosen(selected) {
		if fault, certain := verify.Target(c.Settings, p.version(c)); fault.Message != "" && !certain {
			problems = append(problems, p.Config.Problem(c, "target", fault))
		}
	}
	if err := config.NewError(problems); err != nil {
		fmt.Fprintf(w, "warning: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nwarning: "))
	}
}

// WarnLeft says what dependencies do not get although cargo's configuration
// names it.
func (p *Project) WarnLeft(w io.Writer) {
	for _, l := range p.Workspace.Left() {
		if !l.Own() {
			fmt.Fprintf(w, "warning: %s\n", l)
		}
	}
}
