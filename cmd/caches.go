package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/git"
)

// revision is what a run is about, as far as the names of caches depend on it.
type revision struct {
	// branch is the branch that is checked, "" on a detached head.
	branch string
	// main is the default branch of the repository.
	main string
	// fork says that the run is for a change from another repository.
	fork bool
}

// revisionOf reads the variables of GitHub (and Gitea, Forgejo) and GitLab,
// and else asks git.
func revisionOf(ctx context.Context, dir string, getenv func(string) string) revision {
	// What git does not know is left open.
	ask := func(fact func(*git.Repository, context.Context) (string, error)) string {
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
	r := revision{
		branch: cmp.Or(getenv("GITHUB_HEAD_REF"), getenv("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"), getenv("CI_COMMIT_BRANCH")),
		main:   getenv("CI_DEFAULT_BRANCH"),
		fork:   getenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != getenv("CI_MERGE_REQUEST_PROJECT_ID"),
	}
	if r.branch == "" && getenv("GITHUB_REF_TYPE") == "branch" {
		r.branch = getenv("GITHUB_REF_NAME")
	}
	if event := getenv("GITHUB_EVENT_PATH"); event != "" {
		r.readEvent(event, getenv("GITHUB_EVENT_NAME"))
	}
	if r.branch == "" {
		r.branch = ask((*git.Repository).Branch)
	}
	if r.main == "" {
		r.main = ask((*git.Repository).DefaultBranch)
	}
	r.main = cmp.Or(r.main, "main")
	return r
}

// readEvent reads the event that started a run on GitHub. A pull request that
// cannot be read counts as one of a fork.
func (r *revision) readEvent(file, name string) {
	var event struct {
		Repository struct {
			ID            int64  `json:"id"`
			DefaultBranch string `json:"default_branch"`
		} `json:"repository"`
		PullRequest *struct {
			Head struct {
				Repo *struct {
					ID int64 `json:"id"`
				} `json:"repo"`
			} `json:"head"`
		} `json:"pull_request"`
	}
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &event)
	}
	if strings.HasPrefix(name, "pull_request") || event.PullRequest != nil {
		pr := event.PullRequest
		r.fork = r.fork || err != nil || pr == nil || pr.Head.Repo == nil || pr.Head.Repo.ID != event.Repository.ID
	}
	r.main = cmp.Or(r.main, event.Repository.DefaultBranch)
}

// branchMark stands for the branch in the names of caches.
const branchMark = "{branch}"

var noName = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// expand puts a branch into a name.
func expand(name, branch string) string {
	return strings.ReplaceAll(name, branchMark, strings.Trim(noName.ReplaceAllString(branch, "-"), "-."))
}

// caches are the caches of a run: names filled in, credentials added, and
// nothing exported that must not be. The notes say what was decided, leftOut
// which caches are none of them and why.
func caches(cfg *config.Config, r revision, getenv func(string) string) (list []buildkit.Cache, leftOut, notes []string) {
	readOnly := ""
	switch {
	case cfg.CacheReadOnly:
		readOnly = "cache-read-only is set"
	case r.fork:
		readOnly = "the change comes from a fork"
	}
	exporting := false
	for _, entry := range cfg.Cache {
		c, missing := cache(cfg, entry, r, getenv)
		if missing != "" {
			leftOut = append(leftOut, fmt.Sprintf("cache %s left out: %s", entry.Type, missing))
			continue
		}
		if readOnly != "" {
			exporting = exporting || c.Export != ""
			c.Export = ""
		}
		if len(c.Import) > 0 || c.Export != "" {
			list = append(list, c)
		}
	}
	if exporting && r.fork {
		notes = append(notes, "no cache is exported: "+readOnly)
	}
	return list, leftOut, notes
}

// nameKeys are the attributes that name a cache, by its type.
var nameKeys = map[string]string{config.CacheRegistry: "ref", config.CacheGHA: "scope", config.CacheS3: "name", config.CacheAzblob: "name"}

// cache makes the cache of an entry, or says what is missing for it.
func cache(cfg *config.Config, entry config.CacheEntry, r revision, getenv func(string) string) (c buildkit.Cache, missing string) {
	c = buildkit.Cache{Type: entry.Type, Attrs: maps.Clone(entry.Attrs)}
	from, to := entry.Attrs[nameKeys[entry.Type]], entry.Attrs[nameKeys[entry.Type]]
	if entry.Type == config.CacheLocal {
		from, to = directory(cfg, entry.Src), directory(cfg, entry.Dest)
	}
	delete(c.Attrs, nameKeys[entry.Type])
	if entry.Import {
		for _, branch := range []string{r.branch, r.main} {
			if name := expand(from, branch); (branch != "" || !strings.Contains(from, branchMark)) && !slices.Contains(c.Import, name) {
				c.Import = append(c.Import, name)
			}
		}
	}
	if entry.Export && (r.branch != "" || !strings.Contains(to, branchMark)) {
		c.Export = expand(to, r.branch)
		if c.Export == "" {
			c.Export = defaultName
		}
	}
	for i, name := range c.Import {
		c.Import[i] = cmp.Or(name, defaultName)
	}
	return c, credentials(&c, getenv)
}

// defaultName is the scope or name of a cache that has none.
const defaultName = "cranekit"

func directory(cfg *config.Config, dir string) string {
	if dir == "" || filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(cfg.Workspace, dir)
}

// caches reads the caches of the configuration for a run, and tells of what
// was decided on the way.
func (p *project) caches(ctx context.Context, w io.Writer) []buildkit.Cache {
	if len(p.cfg.Cache) == 0 {
		return nil
	}
	list, leftOut, notes := caches(p.cfg, revisionOf(ctx, p.cfg.Workspace, os.Getenv), os.Getenv)
	p.cacheLeftOut = len(leftOut) > 0
	for _, note := range slices.Concat(leftOut, notes) {
		fmt.Fprintln(w, "cranekit: "+note)
	}
	return list
}
