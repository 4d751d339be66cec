package cache

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// presence is what a service says of a record.
type presence int

const (
	unknown presence = iota
	absent
	present
)

// answerLimit is the most bytes that are read of an answer.
const answerLimit = 32 << 10

// ask asks the service of a cache for a record, from here. BuildKit (0.34)
// takes a missing record of gha, s3 and azblob for an empty one and does not
// tell, and reads records within its scheduler: a service that never answers
// would halt all builds of all clients of the builder. The record is unknown
// where this process gets no answer to go by, as it may be that the builder
// does.
func ask(ctx context.Context, entry gateway.CacheOptionsEntry) (presence, error) {
	switch entry.Type {
	case "gha":
		return askActions(ctx, entry.Attrs)
	case "s3":
		return askS3(ctx, entry.Attrs, time.Now())
	case "azblob":
		// It says in its progress whether there was something to read.
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, entry.Attrs["account_url"], http.NoBody)
		if err != nil {
			return unknown, err
		}
		_, _, err = answer(request)
		return unknown, err
	}
	return unknown, nil
}

func answer(request *http.Request) (status int, body []byte, err error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, answerLimit))
	return response.StatusCode, body, err
}

// actionsVersion is what BuildKit gives all its entries as their version.
func actionsVersion() string {
	sum := sha256.Sum256([]byte("|go-actionscache-1.0"))
	return hex.EncodeToString(sum[:])
}

// askActions asks a cache of GitHub Actions under each ref that the token is
// for.
func askActions(ctx context.Context, attrs map[string]string) (presence, error) {
	refs, err := tokenScopes(attrs["token"])
	if err != nil {
		return unknown, err
	}
	for _, ref := range refs {
		sum := sha256.Sum256([]byte(ref))
		request, err := actionsRequest(ctx, attrs, "index-"+attrs["scope"]+"-1-"+hex.EncodeToString(sum[:])[:8])
		if err != nil {
			return unknown, err
		}
		request.Header.Set("Authorization", "Bearer "+attrs["token"])
		status, body, err := answer(request)
		if err != nil {
			return unknown, err
		}
		var got struct {
			Key     string `json:"cacheKey"`    // of the first version
			Matched string `json:"matched_key"` // of the second one
		}
		switch {
		case status != http.StatusOK && status != http.StatusNoContent:
			return unknown, nil
		case len(body) > 0 && json.Unmarshal(body, &got) != nil:
			return unknown, nil
		case got.Key != "" || got.Matched != "":
			return present, nil
		}
	}
	return absent, nil
}

func actionsRequest(ctx context.Context, attrs map[string]string, key string) (*http.Request, error) {
	if attrs["version"] != "2" {
		query := url.Values{"keys": {key}, "version": {actionsVersion()}}
		address := strings.TrimRight(attrs["url"], "/") + "/_apis/artifactcache/cache?" + query.Encode()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err == nil {
			request.Header.Set("Accept", "application/json;api-version=6.0-preview.1")
		}
		return request, err
	}
	body, err := json.Marshal(map[string]any{"key": key, "restore_keys": []string{key}, "version": actionsVersion()})
	if err != nil {
		return nil, err
	}
	address := strings.TrimRight(attrs["url_v2"], "/") + "/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err == nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, err
}

// tokenScopes are the refs that a token of GitHub Actions gives access to.
func tokenScopes(token string) ([]string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("ACTIONS_RUNTIME_TOKEN is no token of GitHub Actions: it has %d parts, want 3", len(parts))
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("claims of ACTIONS_RUNTIME_TOKEN: %w", err)
	}
	var claims struct {
		Access string `json:"ac"`
	}
	var access []struct{ Scope string }
	if err := json.Unmarshal(data, &claims); err != nil {
		return nil, fmt.Errorf("claims of ACTIONS_RUNTIME_TOKEN: %w", err)
	}
	if err := json.Unmarshal([]byte(claims.Access), &access); err != nil {
		return nil, fmt.Errorf("what ACTIONS_RUNTIME_TOKEN gives access to: %w", err)
	}
	refs := make([]string, len(access))
	for i, a := range access {
		refs[i] = a.Scope
	}
	return refs, nil
}

// askS3 asks with the credentials of the cache. A builder with a role of its
// own needs none, and is the only one to know then.
func askS3(ctx context.Context, attrs map[string]string, now time.Time) (presence, error) {
	address, err := s3Address(attrs)
	if err != nil {
		return unknown, err
	}
	if attrs["access_key_id"] == "" || attrs["region"] == "" {
		return unknown, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return unknown, err
	}
	empty := sha256.Sum256(nil)
	hash := hex.EncodeToString(empty[:])
	request.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	credentials := aws.Credentials{AccessKeyID: attrs["access_key_id"], SecretAccessKey: attrs["secret_access_key"], SessionToken: attrs["session_token"]}
	if err := signer.SignHTTP(ctx, credentials, request, hash, "s3", attrs["region"], now); err != nil {
		return unknown, fmt.Errorf("signing the request: %w", err)
	}
	status, body, err := answer(request)
	switch {
	case err != nil:
		return unknown, err
	case status == http.StatusOK:
		return present, nil
	case status == http.StatusNotFound && bytes.Contains(body, []byte("<Code>NoSuchKey</Code>")):
		return absent, nil
	}
	return unknown, nil
}

// s3Address is where a record is in a bucket.
func s3Address(attrs map[string]string) (*url.URL, error) {
	bucket := attrs["bucket"]
	u, err := url.Parse(cmp.Or(attrs["endpoint_url"], "https://s3."+attrs["region"]+".amazonaws.com"))
	if err != nil {
		return nil, fmt.Errorf("endpoint_url: %w", err)
	}
	prefix, ok := attrs["manifests_prefix"]
	if !ok {
		prefix = "manifests/"
	}
	key := attrs["prefix"] + prefix + attrs["name"]
	// BuildKit has no other style for a service that is not Amazon's.
	if attrs["endpoint_url"] != "" && attrs["use_path_style"] == "true" {
		key = bucket + "/" + key
	} else {
		u.Host = bucket + "." + u.Host
	}
	segments := strings.Split(key, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.QueryEscape(s), "+", "%20") // as the signature has it
	}
	base := strings.TrimRight(u.Path, "/")
	u.Path, u.RawPath = base+"/"+key, base+"/"+strings.Join(segments, "/")
	return u, nil
}
