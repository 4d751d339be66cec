//go:build integration && clouds

package integration

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// results is a server of the second version of the protocol, of which there is
// no package: it hands out signed addresses of blobs at Azure's, as GitHub's
// does, and here at Azurite's.
type results struct {
	storage, signature string
	tokens             map[string][]string // the refs of a token, as in its claims

	mu      sync.Mutex
	entries []*cacheEntry
}

type cacheEntry struct {
	ref, key, version string
	done              bool
}

// call is what requests of all three methods have, and answer what their
// answers have.
type (
	call struct {
		Key, Version string
		RestoreKeys  []string `json:"restore_keys"`
	}
	reply struct {
		OK       bool   `json:"ok"`
		Upload   string `json:"signed_upload_url,omitempty"`
		Download string `json:"signed_download_url,omitempty"`
		Matched  string `json:"matched_key,omitempty"`
		ID       string `json:"entry_id,omitempty"`
	}
)

func (s *results) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in call
	refs := s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if len(refs) == 0 {
		refuse(w, http.StatusUnauthorized, "unauthenticated")
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "malformed")
		return
	}
	var out reply
	switch method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; method {
	case "CreateCacheEntry":
		if slices.ContainsFunc(s.entries, func(e *cacheEntry) bool { return *e == cacheEntry{refs[0], in.Key, in.Version, e.done} }) {
			refuse(w, http.StatusConflict, "already_exists")
			return
		}
		s.entries = append(s.entries, &cacheEntry{ref: refs[0], key: in.Key, version: in.Version})
		out = reply{OK: true, Upload: s.address(refs[0], in.Key)}
	case "FinalizeCacheEntryUpload":
		for _, e := range s.entries {
			if *e == (cacheEntry{refs[0], in.Key, in.Version, false}) {
				e.done, out = true, reply{OK: true, ID: "1"}
			}
		}
	case "GetCacheEntryDownloadURL":
		if e := s.find(refs, in); e != nil {
			out = reply{OK: true, Download: s.address(e.ref, e.key), Matched: e.key}
		}
	default:
		refuse(w, http.StatusNotFound, "bad_route")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "msg": "no"})
}

// find returns the entry of a key under the first ref that has one: the one of
// that name, or the newest that the name is the beginning of.
func (s *results) find(refs []string, in call) *cacheEntry {
	for _, ref := range refs {
		for _, key := range append([]string{in.Key}, in.RestoreKeys...) {
			for _, e := range slices.Backward(s.entries) {
				if e.done && e.ref == ref && e.version == in.Version && strings.HasPrefix(e.key, key) {
					return e
				}
			}
		}
	}
	return nil
}

func (s *results) address(ref, key string) string {
	return s.storage + "/actions/" + url.PathEscape(strings.ReplaceAll(ref, "/", "-")+"-"+key) + "?" + s.signature
}

// sharedAccess signs for all that is in an account of Azure's storage.
func sharedAccess(t *testing.T, account, key string) string {
	t.Helper()
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	const version, permissions, services, types = "2021-08-06", "rwc", "b", "co"
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(strings.Join([]string{account, permissions, services, types, "", until, "", "", version, "", ""}, "\n")))
	return url.Values{
		"sv": {version}, "ss": {services}, "srt": {types}, "sp": {permissions}, "se": {until},
		"sig": {base64.StdEncoding.EncodeToString(mac.Sum(nil))},
	}.Encode()
}

func serveResults(t *testing.T) *cloud {
	storage, key, stop := azurite(t)
	signature := sharedAccess(t, cloudUser, key)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, storage+"/actions?restype=container&"+signature, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Ms-Version", "2021-08-06")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("making a container: %s", response.Status)
	}
	main, topic := []string{"refs/heads/main"}, []string{"refs/pull/1/merge", "refs/heads/main"}
	s := &results{storage: storage, signature: signature, tokens: map[string][]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	env := func(refs []string) []string {
		token := actionsToken(t, refs...)
		s.tokens[token] = refs
		return []string{"ACTIONS_CACHE_SERVICE_V2=true", "ACTIONS_RESULTS_URL=" + server.URL + "/", "ACTIONS_RUNTIME_TOKEN=" + token}
	}
	c := &cloud{
		cache: "type=gha,scope=ci-{branch}", main: env(main), topic: env(topic),
		wrong: []string{"ACTIONS_RUNTIME_TOKEN=" + actionsToken(t, "refs/heads/wrong")},
		stop: func() {
			server.Close()
			stop()
		},
	}
	values, _ := url.ParseQuery(signature)
	c.secrets = []string{values.Get("sig"), url.QueryEscape(values.Get("sig"))}
	for token := range s.tokens {
		c.secrets = append(c.secrets, token)
	}
	return c
}
