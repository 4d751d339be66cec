package cmd

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/buildkit/stages"
	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config/git"
)

// stagesPlace is where it is remembered which stages builders have made of the
// workspace, nil where that is nowhere. What one repository or branch compiles is
// no other's to start from: where it is not sure which it is, nothing is.
func (p *project) stagesPlace(ctx context.Context, getenv func(string) string) *stages.Place {
	cache, err := os.UserCacheDir()
	if err != nil || !p.cfg.DepsFromEarlier {
		return nil
	}
	r := revisionOf(ctx, p.base, getenv)
	branch, line := ownBranch(r), firstCommit(ctx, p.base)
	if branch == "" || line == "" {
		return nil
	}
	host, _ := os.Hostname()
	machine, _ := os.ReadFile("/etc/machine-id")
	workspace := []string{host, string(machine), filepath.Join(p.base, p.ws.Dir), line}
	return &stages.Place{Dir: filepath.Join(cache, "cranekit", "stages"), Workspace: strings.Join(workspace, "\x00"), Branch: branch, Base: r.Main}
}

// firstCommit names the repository by the commit that its others begin with, "" for
// none: another one may have been at the same place before.
func firstCommit(ctx context.Context, dir string) string {
	repo, err := git.Open(ctx, dir)
	if err != nil {
		return ""
	}
	first, err := repo.FirstCommit(ctx)
	if err != nil {
		return ""
	}
	return first
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
