package project

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/config"
)

// credentials adds what BuildKit takes as attributes and a file must not hold,
// and says what is missing. Those of registries go through the session.
func credentials(c *cache.Cache, getenv func(string) string) (missing string) {
	switch c.Type {
	case config.CacheGHA:
		return actionsCredentials(c, getenv)
	case config.CacheS3:
		addAttrs(c, map[string]string{
			"access_key_id": getenv("AWS_ACCESS_KEY_ID"), "secret_access_key": getenv("AWS_SECRET_ACCESS_KEY"), "session_token": getenv("AWS_SESSION_TOKEN"),
		})
		if c.Attrs["region"] == "" {
			addAttrs(c, map[string]string{"region": cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))})
		}
	case config.CacheAzblob:
		addAttrs(c, map[string]string{"secret_access_key": getenv("BUILDKIT_AZURE_STORAGE_SECRET_ACCESS_KEY")})
	}
	return ""
}

// actionsCredentials are those of GitHub Actions and of runners like it.
func actionsCredentials(c *cache.Cache, getenv func(string) string) (missing string) {
	token, v1, v2 := getenv("ACTIONS_RUNTIME_TOKEN"), getenv("ACTIONS_CACHE_URL"), getenv("ACTIONS_RESULTS_URL")
	if token == "" {
		return "ACTIONS_RUNTIME_TOKEN is not set (there is one on GitHub Actions only, and a workflow has to pass it on: see docs/caches.md)"
	}
	asked, err := strconv.ParseBool(getenv("ACTIONS_CACHE_SERVICE_V2"))
	second := asked || err != nil && v1 == ""
	switch {
	case second && v2 == "":
		return "ACTIONS_RUNTIME_TOKEN is set and ACTIONS_RESULTS_URL is not (a workflow has to pass on both: see docs/caches.md)"
	case second:
		addAttrs(c, map[string]string{"url_v2": v2, "version": "2"})
	case v1 == "":
		return "ACTIONS_RUNTIME_TOKEN is set and ACTIONS_CACHE_URL is not (a workflow has to pass on both: see docs/caches.md)"
	default:
		addAttrs(c, map[string]string{"url": v1})
	}
	addAttrs(c, map[string]string{"token": token})
	// BuildKit asks api.github.com what the cache has if it gets the token of a
	// repository, whatever the address of the cache: other services neither
	// have what GitHub has, nor may GitHub see their tokens.
	if isGitHub(cmp.Or(c.Attrs["url_v2"], c.Attrs["url"])) {
		addAttrs(c, map[string]string{"ghtoken": getenv("GITHUB_TOKEN"), "repository": getenv("GITHUB_REPOSITORY")})
	}
	return ""
}

func isGitHub(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.HasSuffix(u.Hostname(), ".actions.githubusercontent.com")
}

// addAttrs adds those attributes that have a value.
func addAttrs(c *cache.Cache, attrs map[string]string) {
	for key, value := range attrs {
		if value != "" {
			c.Attrs[key] = value
		}
	}
}
