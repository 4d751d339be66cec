package project

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/stages"
	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config/git"
)

// StagesPlace is where it is remembered which stages builders have made of the
// workspace, nil where that is nowhere. What one repository or branch compiles is
// no other's to start from: where it is not sure which it is, nothing is.
func (p *Project) StagesPlace(ctx context.Context, getenv func(string) string) *stages.Place {
	cache, err := os.UserCacheDir()
	if err != nil || !p.Config.DepsFromEarlier {
		return nil
	}
	r := Revision(ctx, p.base, getenv)
	// Another repository may have been at the same place before.
	branch, first := ownBranch(r), gitFact(ctx, p.base, (*git.Repository).FirstCommit)
	if branch == "" || first == "" {
		return nil
	}
	workspace := []string{buildkit.Machine(), filepath.Join(p.base, p.Workspace.Dir), first}
	return &stages.Place{Dir: filepath.Join(cache, "cranekit", "stages"), Workspace: strings.Join(workspace, "\x00"), Branch: branch, Base: r.Main}
}

// ownBranch names what is checked so that no branch and no other kind of change
// has the name, "" where it has none. Two forks can have branches of one name, and
// a CI that is not known may check a change out on the branch that it goes to.
func ownBranch(r ci.Run) string {
	switch {
	case r.Branch == "" || r.Fork || r.System == ci.Unknown:
		return ""
	case r.Change:
		return "change " + r.Branch
	case r.Tag:
		return "tag " + r.Branch
	}
	return r.Branch
}
