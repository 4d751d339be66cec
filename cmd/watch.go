package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/report"
)

// warn tells what is odd about the source before a run.
func (a *app) warn(p *project.Project, tree *source.Tree, selected []string) {
	if pointers := tree.LFSPointers(); len(pointers) > 0 {
		fmt.Fprintf(a.err, "warning: pointers of git LFS in place of %s, %s for one: run git lfs pull to have their contents\n", report.Counted(len(pointers), "file"), pointers[0])
	}
	project.WarnAbsent(a.err, tree)
	p.WarnOldRust(a.err, selected)
	p.WarnLeft(a.err)
	p.WarnTargets(a.err, selected)
	for _, note := range p.Notes {
		fmt.Fprintln(a.err, "cranekit: "+note)
	}
}

// watch runs the checks and shows what happens. The error can come with a
// report of what is known, which is nil if nothing was run.
func (a *app) watch(ctx context.Context, p *project.Project, members []buildkit.Member, plan buildkit.Plan, request *buildkit.Request) (*buildkit.Report, error) {
	display, err := newProgress(a.err, p.Config.Progress)
	if err != nil {
		return nil, err
	}
	defer a.quote()()
	request.Events = display.events
	outcome, err := a.runOn(ctx, p, members, plan, request)
	return outcome, errors.Join(err, display.wait())
}
