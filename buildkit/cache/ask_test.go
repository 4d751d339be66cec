package cache

import (
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

func token(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".x"
}

// TestAsk has services that answer one thing to everything.
func TestAsk(t *testing.T) {
	t.Parallel()
	const access = `{"ac": "[{\"Scope\": \"refs/heads/topic\", \"Permission\": 3}, {\"Scope\": \"refs/heads/main\", \"Permission\": 1}]"}`
	s3 := map[string]string{"bucket": "b", "region": "r", "use_path_style": "true", "access_key_id": "k", "secret_access_key": "s", "name": "n"}
	for name, c := range map[string]struct {
		cache  string
		attrs  map[string]string
		status int
		body   string
		want   presence
		asked  string
	}{
		"gha, there":    {cache: "gha", status: 200, body: `{"cacheKey": "k#1"}`, want: present, asked: "GET /_apis/artifactcache/cache"},
		"gha, nothing":  {cache: "gha", status: 204, want: absent, asked: "GET /_apis/artifactcache/cache"},
		"gha, refused":  {cache: "gha", status: 401, body: `{"message": "no"}`, asked: "GET /_apis/artifactcache/cache"},
		"gha, nonsense": {cache: "gha", status: 200, body: `<html>`, asked: "GET /_apis/artifactcache/cache"},
		"gha v2, there": {
			cache: "gha", attrs: map[string]string{"version": "2"}, status: 200, body: `{"ok": true, "matched_key": "k#1"}`, want: present,
			asked: "POST /twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL",
		},
		"gha v2, nothing": {
			cache: "gha", attrs: map[string]string{"version": "2"}, status: 200, body: `{"ok": false}`, want: absent,
			asked: "POST /twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL",
		},
		"s3, there":     {cache: "s3", attrs: s3, status: 200, body: `{}`, want: present, asked: "GET /b/manifests/n"},
		"s3, nothing":   {cache: "s3", attrs: s3, status: 404, body: `<Error><Code>NoSuchKey</Code></Error>`, want: absent, asked: "GET /b/manifests/n"},
		"s3, no bucket": {cache: "s3", attrs: s3, status: 404, body: `<Error><Code>NoSuchBucket</Code></Error>`, asked: "GET /b/manifests/n"},
		"s3, role":      {cache: "s3", attrs: map[string]string{"bucket": "b", "region": "r"}},
		"azblob":        {cache: "azblob", status: 400, asked: "HEAD /"},
		"registry":      {cache: "registry"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.Method + " " + r.URL.Path
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			t.Cleanup(server.Close)
			attrs := map[string]string{"url": server.URL, "url_v2": server.URL, "endpoint_url": server.URL, "account_url": server.URL, "token": token(access), "scope": "s"}
			maps.Copy(attrs, c.attrs)
			got, err := ask(t.Context(), gateway.CacheOptionsEntry{Type: c.cache, Attrs: attrs})
			if err != nil || got != c.want || asked != c.asked {
				t.Errorf("%v, %v, asked %q, want %v, %q", got, err, asked, c.want, c.asked)
			}
		})
	}
}

// TestAskNobody has a service that is not there, and a token that is none.
func TestAskNobody(t *testing.T) {
	t.Parallel()
	for name, entry := range map[string]gateway.CacheOptionsEntry{
		"gha":    {Type: "gha", Attrs: map[string]string{"url": "http://127.0.0.1:1/", "token": token(`{"ac": "[{\"Scope\": \"a\"}]"}`)}},
		"token":  {Type: "gha", Attrs: map[string]string{"url": "http://127.0.0.1:1/", "token": "nonsense"}},
		"claims": {Type: "gha", Attrs: map[string]string{"url": "http://127.0.0.1:1/", "token": token(`{}`)}},
		"s3":     {Type: "s3", Attrs: map[string]string{"endpoint_url": "http://127.0.0.1:1", "region": "r", "bucket": "b", "access_key_id": "k"}},
		"azblob": {Type: "azblob", Attrs: map[string]string{"account_url": "http://127.0.0.1:1/a"}},
	} {
		if got, err := ask(t.Context(), entry); err == nil || got != unknown {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestS3Address(t *testing.T) {
	t.Parallel()
	for want, attrs := range map[string]map[string]string{
		"https://b.s3.eu-west-1.amazonaws.com/manifests/n":   {"bucket": "b", "region": "eu-west-1", "name": "n"},
		"https://s3.example/x/b/ci/m/n%20%2B1":               {"bucket": "b", "endpoint_url": "https://s3.example/x/", "use_path_style": "true", "prefix": "ci/", "manifests_prefix": "m/", "name": "n +1"},
		"https://b.s3.example:9000/n":                        {"bucket": "b", "endpoint_url": "https://s3.example:9000", "manifests_prefix": "", "name": "n"},
		"https://b.s3.eu-west-1.amazonaws.com/manifests/n-2": {"bucket": "b", "region": "eu-west-1", "use_path_style": "true", "name": "n-2"},
	} {
		got, err := s3Address(attrs)
		if err != nil || got.String() != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}

func TestAgain(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]int{"": 1, "no": 1, "PUT: ContainerAlreadyExists": 2} {
		tries := 0
		_ = again(func() error {
			if tries++; message == "" {
				return nil
			}
			return errors.New(message)
		})
		if tries != want {
			t.Errorf("%q: %d tries, want %d", message, tries, want)
		}
	}
}
