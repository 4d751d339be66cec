package cmd

import (
	"errors"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// verify is the error of settings that cannot mean anything in the workspace, or
// that cargo would refuse. It is better said before dependencies are compiled.
func (p *project) verify(selected []string) error {
	return config.NewError(llb.ArgumentProblems(p.cfg, p.chosen(selected)))
}

// settings looks at what the configuration says of the workspace.
func (d *doctor) settings() {
	var problems *config.Error
	if err := d.project.verify(names(d.cfg.Checks)); !errors.As(err, &problems) {
		return
	}
	for _, p := range problems.Problems {
		fix := p.Hint
		p.Hint = ""
		d.fail("settings", fix, "%s", p)
	}
}
