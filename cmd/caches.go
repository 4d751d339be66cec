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
	"strconv"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
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
	ask := func(args ...string) string {
		answer, err := git(ctx, dir, args...)
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
		r.branch = ask("symbolic-ref", "--quiet", "--short", "HEAD")
	}
	if r.main == "" {
		_, r.main, _ = strings.Cut(ask("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"), "/")
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
// nothing exported that must not be. The notes say what was decided.
func caches(cfg *config.Config, r revision, getenv func(string) string) (list []buildkit.Cache, notes []string, err error) {
	readOnly := ""
	switch {
	case cfg.CacheReadOnly:
		readOnly = "cache-read-only is set"
	case r.fork:
		readOnly = "the change comes from a fork"
	}
	exporting := false
	for _, entry := range cfg.Cache {
		c, err := cache(cfg, entry, r, getenv)
		if err != nil {
			return nil, nil, err
		}
		if c == nil {
			notes = append(notes, fmt.Sprintf("cache type=%s left out: no branch for %s and no variables of GitHub Actions", entry.Type, branchMark))
			continue
		}
		if readOnly != "" {
			exporting = exporting || c.Export != ""
			c.Export = ""
		}
		if len(c.Import) > 0 || c.Export != "" {
			list = append(list, *c)
		}
	}
	if exporting && r.fork {
		notes = append(notes, "no cache is exported: "+readOnly)
	}
	return list, notes, nil
}

// nameKeys are the attributes that name a cache, by its type.
var nameKeys = map[string]string{config.CacheRegistry: "ref", config.CacheGHA: "scope", config.CacheS3: "name", config.CacheAzblob: "name"}

// cache makes the cache of an entry, nil for GitHub's outside of GitHub.
func cache(cfg *config.Config, entry config.CacheEntry, r revision, getenv func(string) string) (*buildkit.Cache, error) {
	c := &buildkit.Cache{Type: entry.Type, Attrs: maps.Clone(entry.Attrs)}
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
	return credentials(c, getenv)
}

// defaultName is the scope or name of a cache that has none.
const defaultName = "cranekit"

func directory(cfg *config.Config, dir string) string {
	if dir == "" || filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(cfg.Workspace, dir)
}

// credentials adds what BuildKit takes as attributes and a file must not hold.
// Those of registries go through the session.
func credentials(c *buildkit.Cache, getenv func(string) string) (*buildkit.Cache, error) {
	var from [][2]string
	switch c.Type {
	case config.CacheGHA:
		if getenv("ACTIONS_RUNTIME_TOKEN") == "" {
			return nil, nil
		}
		from = [][2]string{{"token", "ACTIONS_RUNTIME_TOKEN"}, {"url", "ACTIONS_CACHE_URL"}, {"ghtoken", "GITHUB_TOKEN"}, {"repository", "GITHUB_REPOSITORY"}}
		if v2, err := strconv.ParseBool(getenv("ACTIONS_CACHE_SERVICE_V2")); err == nil && v2 {
			from = append(from, [2]string{"url_v2", "ACTIONS_RESULTS_URL"})
			c.Attrs["version"] = "2"
		}
	case config.CacheS3:
		from = [][2]string{{"access_key_id", "AWS_ACCESS_KEY_ID"}, {"secret_access_key", "AWS_SECRET_ACCESS_KEY"}, {"session_token", "AWS_SESSION_TOKEN"}}
		if c.Attrs["region"] == "" {
			from = append(from, [2]string{"region", "AWS_REGION"})
		}
	case config.CacheAzblob:
		from = [][2]string{{"secret_access_key", "BUILDKIT_AZURE_STORAGE_SECRET_ACCESS_KEY"}}
	}
	for _, f := range from {
		if value := getenv(f[1]); value != "" {
			c.Attrs[f[0]] = value
		}
	}
	return c, nil
}

// caches reads the caches of the configuration for a run, and tells of what
// was decided on the way.
func (p *project) caches(ctx context.Context, w io.Writer) ([]buildkit.Cache, error) {
	if len(p.cfg.Cache) == 0 {
		return nil, nil
	}
	list, notes, err := caches(p.cfg, revisionOf(ctx, p.cfg.Workspace, os.Getenv), os.Getenv)
	for _, note := range notes {
		fmt.Fprintln(w, "cranekit: "+note)
	}
	return list, err
}
