package cmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// verify is the error of settings that cannot mean anything in the workspace, or
// that cargo would refuse. It is better said before dependencies are compiled.
func (p *project) verify(selected []string) error {
	return config.NewError(llb.ArgumentProblems(p.cfg, p.chosen(selected)))
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

// settings looks at what the configuration says of the workspace.
func (d *doctor) settings() {
	var problems *config.Error
	for _, l := range d.project.ws.Left() {
		if l.Own() {
			d.ok("named", "%s", l)
		} else {
			d.warn("named", "", "%s", l)
		}
	}
	if err := d.project.verify(names(d.cfg.Checks)); !errors.As(err, &problems) {
		return
	}
	for _, p := range problems.Problems {
		fix := p.Hint
		p.Hint = ""
		d.fail("settings", fix, "%s", p)
	}
}
