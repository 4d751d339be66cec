package project

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/git"
)

// Revision is what is checked: what the CI system says, and else git.
func Revision(ctx context.Context, dir string, getenv func(string) string) ci.Run {
	r := ci.Detect(getenv)
	if r.Branch == "" && !r.Tag && !r.Change {
		r.Branch = gitFact(ctx, dir, (*git.Repository).Branch)
	}
	if r.Main == "" {
		r.Main = gitFact(ctx, dir, (*git.Repository).DefaultBranch)
	}
	r.Main = cmp.Or(r.Main, "main")
	return r
}

// gitFact asks git about the repository around a directory. What git does not know
// is "", as is all outside of a repository.
func gitFact(ctx context.Context, dir string, fact func(*git.Repository, context.Context) (string, error)) string {
	repo, err := git.Open(ctx, dir)
	if err != nil {
		return ""
	}
	answer, err := fact(repo, ctx)
	if err != nil {
		return ""
	}
	return answer
}

// Caches are the caches of a run: names filled in, credentials added, and
// nothing exported that must not be. The notes say what was decided, leftOut
// which caches are none of them and why.
func Caches(cfg *config.Config, r ci.Run, getenv func(string) string) (list []cache.Cache, leftOut, notes []string) {
	apart := IsolationOf(cfg, r)
	if !apart.reads() {
		return nil, nil, nil
	}
	for _, key := range []string{"cache", "cache-isolation"} {
		if cfg.Left(key) {
			notes = append(notes, fmt.Sprintf("%s of %s is not used: the repository is not trusted with it (cranekit trust %s, or --trust %s)", key, cfg.Origins[key], config.TrustCache, config.TrustCache))
		}
	}
	if cfg.Left("cache") {
		return nil, nil, notes
	}
	exporting := false
	for _, entry := range cfg.Cache {
		c, missing := newCache(cfg, entry, apart, getenv)
		if missing != "" {
			leftOut = append(leftOut, fmt.Sprintf("cache %s left out: %s", entry.Type, missing))
			continue
		}
		if cfg.CacheReadOnly || r.Fork {
			exporting = exporting || c.Export != ""
			c.Export = ""
		}
		if len(c.Import) > 0 || c.Export != "" {
			list = append(list, c)
		}
	}
	if exporting && r.Fork && !cfg.CacheReadOnly {
		notes = append(notes, "no cache is exported for a change from a fork: "+r.Why)
	}
	return list, leftOut, notes
}

// nameKeys are the attributes that name a cache, by its type.
var nameKeys = map[string]string{config.CacheRegistry: "ref", config.CacheGHA: "scope", config.CacheS3: "name", config.CacheAzblob: "name"}

// newCache makes the cache of an entry, or says what is missing for it.
func newCache(cfg *config.Config, entry config.CacheEntry, apart Isolation, getenv func(string) string) (c cache.Cache, missing string) {
	c = cache.Cache{Type: entry.Type, Attrs: maps.Clone(entry.Attrs)}
	from, to := place(cfg, entry)
	delete(c.Attrs, nameKeys[entry.Type])
	if entry.Import {
		c.Import = apart.imports(entry.Type, from)
	}
	if entry.Export {
		c.Export = apart.own(entry.Type, to)
	}
	return c, credentials(&c, getenv)
}

// place is where an entry reads and writes, with [branchMark] in it.
func place(cfg *config.Config, entry config.CacheEntry) (from, to string) {
	if entry.Type == config.CacheLocal {
		return directory(cfg, entry.Src), directory(cfg, entry.Dest)
	}
	name := cmp.Or(entry.Attrs[nameKeys[entry.Type]], defaultName)
	return name, name
}

// defaultName is the scope or name of a cache that has none.
const defaultName = "cranekit"

func directory(cfg *config.Config, dir string) string {
	if dir == "" || filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(cfg.Workspace, dir)
}

// Caches reads the caches of the configuration for a run, and tells of what
// was decided on the way.
func (p *Project) Caches(ctx context.Context, w io.Writer) []cache.Cache {
	if len(p.Config.Cache) == 0 {
		return nil
	}
	r := Revision(ctx, p.Config.Workspace, os.Getenv)
	list, leftOut, notes := Caches(p.Config, r, os.Getenv)
	list, own := OwnCaches(ctx, p.Config, list)
	leftOut = append(leftOut, own...)
	p.CacheLeftOut = len(leftOut) > 0
	if !p.Config.Left("cache") || p.Config.Fork {
		p.CacheRule = IsolationOf(p.Config, r).Rule()
	}
	for _, note := range slices.Concat(leftOut, notes) {
		fmt.Fprintln(w, "cranekit: "+note)
	}
	return list
}
