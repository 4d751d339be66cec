package project

import (
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config"
)

// environ answers for the variables of a CI.
func environ(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return value
			}
		}
		return ""
	}
}

func TestRevision(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "-q", "-b", "work/new"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for name, c := range map[string]struct {
		env  []string
		want ci.Run
	}{
		"work tree":      {nil, ci.Run{Branch: "work/new", Main: "main"}},
		"GitLab":         {[]string{"GITLAB_CI=true", "CI_COMMIT_BRANCH=topic", "CI_DEFAULT_BRANCH=trunk"}, ci.Run{System: "GitLab CI", Branch: "topic", Main: "trunk"}},
		"a tag":          {[]string{"GITLAB_CI=true", "CI_COMMIT_TAG=v1"}, ci.Run{System: "GitLab CI", Tag: true, Main: "main"}},
		"a nameless one": {[]string{"TF_BUILD=True", "BUILD_REASON=PullRequest", "SYSTEM_PULLREQUEST_ISFORK=False"}, ci.Run{System: "Azure Pipelines", Change: true, Main: "main"}},
		"an unknown CI":  {[]string{"CI=1"}, ci.Run{System: "an unknown CI", Branch: "work/new", Main: "main"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Revision(t.Context(), dir, environ(c.env...)); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestCaches(t *testing.T) {
	t.Parallel()
	entry := func(typ, key, value string) config.CacheEntry {
		return config.CacheEntry{Type: typ, Import: true, Export: true, Attrs: map[string]string{key: value}}
	}
	ref := entry(config.CacheRegistry, "ref", "registry.example/app:{branch}")
	topic := ci.Run{Branch: "fix/a b", Main: "main"}
	const name = "fix-a-b-c2810bce373feff64600"
	for name, c := range map[string]struct {
		entry    config.CacheEntry
		revision ci.Run
		readOnly bool
		env      []string
		want     []cache.Cache
		note     string
	}{
		"branch": {entry: ref, revision: topic, want: []cache.Cache{{
			Type: "registry", Attrs: map[string]string{}, Import: []string{"registry.example/app:" + name, "registry.example/app:main"}, Export: "registry.example/app:" + name,
		}}},
		"default branch": {entry: ref, revision: ci.Run{Branch: "main", Main: "main"}, want: []cache.Cache{{
			Type: "registry", Attrs: map[string]string{}, Import: []string{"registry.example/app:main"}, Export: "registry.example/app:main",
		}}},
		"detached": {entry: ref, revision: ci.Run{Main: "main"}, want: []cache.Cache{{
			Type: "registry", Attrs: map[string]string{}, Import: []string{"registry.example/app:main"},
		}}},
		"fork": {entry: ref, revision: ci.Run{Branch: "main", Main: "main", Fork: true, Why: "it is a fork's"}, note: "fork", want: []cache.Cache{{
			Type: "registry", Attrs: map[string]string{}, Import: []string{"registry.example/app:main"},
		}}},
		"read only": {entry: ref, revision: topic, readOnly: true, want: []cache.Cache{{
			Type: "registry", Attrs: map[string]string{}, Import: []string{"registry.example/app:" + name, "registry.example/app:main"},
		}}},
		"local": {entry: config.CacheEntry{Type: config.CacheLocal, Import: true, Export: true, Src: "dir", Dest: "/dir"}, revision: topic, want: []cache.Cache{{
			Type: "local", Import: []string{"/w/dir"}, Export: "/dir",
		}}},
		"gha elsewhere":      {entry: entry(config.CacheGHA, "scope", "x"), revision: topic, note: "cache gha left out: ACTIONS_RUNTIME_TOKEN is not set"},
		"gha without URL":    {entry: entry(config.CacheGHA, "scope", "x"), revision: topic, env: []string{"ACTIONS_RUNTIME_TOKEN=t"}, note: "ACTIONS_RESULTS_URL is not"},
		"gha without v1 URL": {entry: entry(config.CacheGHA, "scope", "x"), revision: topic, env: []string{"ACTIONS_RUNTIME_TOKEN=t", "ACTIONS_RESULTS_URL=u", "ACTIONS_CACHE_SERVICE_V2=false"}, note: "ACTIONS_CACHE_URL is not"},
		"gha unmarked v2": {
			entry: entry(config.CacheGHA, "scope", "x"), revision: topic, env: []string{"ACTIONS_RUNTIME_TOKEN=t", "ACTIONS_RESULTS_URL=u"},
			want: []cache.Cache{{Type: "gha", Attrs: map[string]string{"token": "t", "url_v2": "u", "version": "2"}, Import: []string{"x"}, Export: "x"}},
		},
		"gha of others": {
			entry: entry(config.CacheGHA, "scope", "x-{branch}"), revision: topic,
			env:  []string{"ACTIONS_RUNTIME_TOKEN=t", "ACTIONS_CACHE_URL=http://git.example/cache", "GITHUB_TOKEN=g", "GITHUB_REPOSITORY=a/b"},
			want: []cache.Cache{{Type: "gha", Attrs: map[string]string{"token": "t", "url": "http://git.example/cache"}, Import: []string{"x-" + name, "x-main"}, Export: "x-" + name}},
		},
		"gha of GitHub": {
			entry: entry(config.CacheGHA, "scope", "x"), revision: topic,
			env: []string{"ACTIONS_RUNTIME_TOKEN=t", "ACTIONS_RESULTS_URL=https://results-receiver.actions.githubusercontent.com/", "ACTIONS_CACHE_SERVICE_V2=true", "GITHUB_TOKEN=g", "GITHUB_REPOSITORY=a/b"},
			want: []cache.Cache{{Type: "gha", Attrs: map[string]string{
				"token": "t", "url_v2": "https://results-receiver.actions.githubusercontent.com/", "version": "2", "ghtoken": "g", "repository": "a/b",
			}, Import: []string{"x"}, Export: "x"}},
		},
		"gha": {
			entry: entry(config.CacheGHA, "scope", "x"), revision: topic, env: []string{"ACTIONS_RUNTIME_TOKEN=t", "ACTIONS_RESULTS_URL=u", "ACTIONS_CACHE_SERVICE_V2=true"},
			want: []cache.Cache{{Type: "gha", Attrs: map[string]string{"token": "t", "url_v2": "u", "version": "2"}, Import: []string{"x"}, Export: "x"}},
		},
		"s3": {
			entry: entry(config.CacheS3, "bucket", "b"), revision: topic, env: []string{"AWS_ACCESS_KEY_ID=k", "AWS_REGION=r"},
			want: []cache.Cache{{Type: "s3", Attrs: map[string]string{"bucket": "b", "access_key_id": "k", "region": "r"}, Import: []string{"cranekit"}, Export: "cranekit"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, leftOut, notes := Caches(&config.Config{Workspace: "/w", Cache: []config.CacheEntry{c.entry}, CacheReadOnly: c.readOnly}, c.revision, environ(c.env...))
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if text := strings.Join(slices.Concat(leftOut, notes), "\n"); !strings.Contains(text, c.note) || c.note == "" && text != "" {
				t.Errorf("notes: %q", notes)
			}
		})
	}
}
