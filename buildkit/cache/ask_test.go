package cache

import (
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// token is one of GitHub Actions with a claim for access; it is never checked.
func token(access string) string {
	encode := base64.RawURLEncoding.EncodeToString
	claims := `{"nbf": 0, "exp": 99999999999` + access + `}`
	return encode([]byte(`{"alg": "HS256"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("x"))
}

// TestAsk has services that answer one thing to everything.
func TestAsk(t *testing.T) {
	t.Parallel()
	const access = `, "ac": "[{\"Scope\": \"refs/heads/topic\", \"Permission\": 3}, {\"Scope\": \"refs/heads/main\", \"Permission\": 1}]"`
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
		"gha, busy":     {cache: "gha", status: 429, body: `{"message": "later"}`, asked: "GET /_apis/artifactcache/cache"},
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
		"s3, refused":   {cache: "s3", attrs: s3, status: 403, body: `<Error><Code>AccessDenied</Code></Error>`, asked: "GET /b/manifests/n"},
		"s3, prefixes":  {cache: "s3", attrs: with(s3, "prefix", "ci/", "manifests_prefix", "m/", "name", "n +1"), status: 200, want: present, asked: "GET /b/ci/m/n +1"},
		"s3, role":      {cache: "s3", attrs: map[string]string{"bucket": "b", "region": "r"}},
		"azblob":        {cache: "azblob", status: 400, asked: "HEAD /"},
		"registry":      {cache: "registry"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.Method + " " + r.URL.Path
				// Google's service changes it on the way.
				if signed := r.Header.Get("Authorization"); strings.Contains(signed, "accept-encoding") {
					t.Errorf("the encodings that are taken are in the signature: %s", signed)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			t.Cleanup(server.Close)
			attrs := map[string]string{"url": server.URL, "url_v2": server.URL, "endpoint_url": server.URL, "account_url": server.URL, "token": token(access), "scope": "s"}
			maps.Copy(attrs, c.attrs)
			got, err := askService(t.Context(), gateway.CacheOptionsEntry{Type: c.cache, Attrs: attrs})
			if err != nil || got != c.want || asked != c.asked {
				t.Errorf("%v, %v, asked %q, want %v, %q", got, err, asked, c.want, c.asked)
			}
		})
	}
}

// with is attributes with some set.
func with(attrs map[string]string, pairs ...string) map[string]string {
	attrs = maps.Clone(attrs)
	for i := 0; i < len(pairs); i += 2 {
		attrs[pairs[i]] = pairs[i+1]
	}
	return attrs
}

// TestAskNobody has a service that is not there, and a token that is none.
func TestAskNobody(t *testing.T) {
	t.Parallel()
	for name, entry := range map[string]gateway.CacheOptionsEntry{
		"gha":    {Type: "gha", Attrs: map[string]string{"url": "http://127.0.0.1:1/", "token": token(`, "ac": "[{\"Scope\": \"a\"}]"`)}},
		"token":  {Type: "gha", Attrs: map[string]string{"url": "http://127.0.0.1:1/", "token": "nonsense"}},
		"claims": {Type: "gha", Attrs: map[string]string{"url": "http://127.0.0.1:1/", "token": token("")}},
		"s3":     {Type: "s3", Attrs: map[string]string{"endpoint_url": "http://127.0.0.1:1", "region": "r", "bucket": "b", "access_key_id": "k"}},
		"azblob": {Type: "azblob", Attrs: map[string]string{"account_url": "http://127.0.0.1:1/a"}},
	} {
		if got, err := askService(t.Context(), entry); err == nil || got != unknown {
			t.Errorf("%s: %v, %v", name, got, err)
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
