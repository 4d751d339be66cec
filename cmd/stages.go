package cmd

import (
	"context"
	"os"
	"path/filepath"

	"github.com/cranekit/cranekit/buildkit/stages"
	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config/git"
)

// stagesPlace is where it is remembered which stages builders have made of the
// workspace, nil where that is nowhere: what has no branch could be anybody's. Branches are those of git: what a change
// compiles is no other branch's to start from, a fork's nobody's but its own.
func (p *project) stagesPlace(ctx context.Context, getenv func(string) string) *stages.Place {
	cache, err := os.UserCacheDir()
	if err != nil || !p.cfg.DepsFromEarlier {
		return nil
	}
	r := revisionOf(ctx, p.base, getenv)
	branch := ownBranch(r)
	if top, err := git.Find(p.base); err == nil && top == "" && r.System == "" {
		branch, r.Main = "no repository", "no repository" // nor a branch
	}
	if branch == "" {
		return nil
	}
	return &stages.Place{Dir: filepath.Join(cache, "cranekit", "stages"), Workspace: filepath.Join(p.base, p.ws.Dir), Branch: branch, Base: r.Main}
}

// ownBranch names what is checked so that no branch and no other kind of change
// has the name, "" where it has none.
func ownBranch(r ci.Run) string {
	switch {
	case r.Branch == "":
		return ""
	case r.Fork:
		return "fork " + r.Branch
	case r.Change:
		return "change " + r.Branch
	case r.Tag:
		return "tag " + r.Branch
	}
	return r.Branch
}
