package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/verify"
	"github.com/cranekit/cranekit/llb"
)

// verify is the error of settings that cannot mean anything in the workspace, or
// that cargo would refuse. It is better said before dependencies are compiled.
func (p *project) verify(selected []string) error {
	problems := p.faults(selected)
	for _, c := range p.chosen(selected) {
		if !llb.OfSource(c.Kind) {
			problems = append(problems, verify.Lock(p.ws)...)
			break
		}
	}
	return config.NewError(problems)
}

// faults are the problems of the settings of checks.
func (p *project) faults(selected []string) []config.Problem {
	checks := slices.DeleteFunc(p.chosen(selected), func(c config.Check) bool { return llb.OfSource(c.Kind) })
	problems := llb.ArgumentProblems(p.cfg, p.chosen(selected))
	problems = append(problems, verify.Settings(p.cfg, p.ws, checks)...)
	for _, c := range checks {
		if fault, certain := verify.Target(c.Settings, p.version(c)); certain {
			problems = append(problems, p.cfg.Problem(c, "target", fault))
		}
	}
	return problems
}

// version is that of a check's Rust as far as it is known before anything is
// started. Nightly has targets of its own.
func (p *project) version(c config.Check) string {
	channel, _ := p.channel(c)
	if strings.Contains(channel, "nightly") {
		return ""
	}
	return rustVersion.FindString(channel)
}

// warnTargets says which targets may not be there.
func (p *project) warnTargets(w io.Writer, selected []string) {
	var problems []config.Problem
	for _, c := range p.chosen(selected) {
		if fault, certain := verify.Target(c.Settings, p.version(c)); fault.Message != "" && !certain {
			problems = append(problems, p.cfg.Problem(c, "target", fault))
		}
	}
	if err := config.NewError(problems); err != nil {
		fmt.Fprintf(w, "warning: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nwarning: "))
	}
}

// warnLeft says what dependencies do not get although cargo's configuration
// names it.
func (p *project) warnLeft(w io.Writer) {
	for _, l := range p.ws.Left() {
		if !l.Own() {
			fmt.Fprintf(w, "warning: %s\n", l)
		}
	}
}
