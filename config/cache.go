package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The types of shared caches. An inline cache is none of them: it lives in an
// image that is pushed, and checks push none.
const (
	CacheRegistry = "registry"
	CacheLocal    = "local"
	CacheGHA      = "gha"
	CacheS3       = "s3"
	CacheAzblob   = "azblob"
)

// CacheEntry is a place outside the builder that results are taken from and
// saved to.
type CacheEntry struct {
	// Type is registry, local, gha, s3 or azblob.
	Type string
	// Import and Export say what the entry is for; both are true unless the
	// file says otherwise.
	Import, Export bool
	// Attrs are the attributes as BuildKit names them, but for a local cache,
	// whose directories are in Src and Dest. "{branch}" in the one that names
	// the place stands for the branch. They hold no secrets: those come from
	// the environment or from Docker's configuration.
	Attrs map[string]string
	// Src and Dest are the directories of a local cache to read and to write;
	// relative ones are relative to the workspace.
	Src, Dest string
}

// cacheType is what the entries of a type may and must have.
type cacheType struct {
	name     string
	required []string
	optional []string
	// secrets are attributes of BuildKit that a file must not hold, each with
	// the variable that does.
	secrets map[string]string
}

// exportAttrs are attributes that all types take.
func exportAttrs() []string { return []string{"mode", "compression", "compression-level"} }

func cacheTypes() []cacheType {
	aws := map[string]string{
		"access_key_id": "AWS_ACCESS_KEY_ID", "secret_access_key": "AWS_SECRET_ACCESS_KEY", "session_token": "AWS_SESSION_TOKEN",
	}
	return []cacheType{
		{name: CacheRegistry, required: []string{"ref"}, optional: []string{"oci-mediatypes", "image-manifest", "registry.insecure"}},
		{name: CacheLocal, optional: []string{"path", "src", "dest"}},
		{name: CacheGHA, optional: []string{"scope", "timeout"}, secrets: map[string]string{
			"token": "ACTIONS_RUNTIME_TOKEN", "url": "ACTIONS_CACHE_URL", "url_v2": "ACTIONS_RESULTS_URL", "ghtoken": "GITHUB_TOKEN",
		}},
		{name: CacheS3, required: []string{"bucket"}, secrets: aws, optional: []string{
			"region", "name", "prefix", "blobs_prefix", "manifests_prefix", "endpoint_url", "use_path_style", "touch_refresh", "upload_parallelism",
			"disable_accept_encoding", "retry_mode", "retry_max_attempts",
		}},
		{
			name: CacheAzblob, required: []string{"account_url"},
			optional: []string{"account_name", "container", "name", "prefix", "blobs_prefix", "manifests_prefix"},
			secrets:  map[string]string{"secret_access_key": "BUILDKIT_AZURE_STORAGE_SECRET_ACCESS_KEY"},
		},
	}
}

// cacheError is what is wrong with an entry, and what to write instead.
type cacheError struct {
	message, hint string
	// key is the one of the entry that is wrong, "" where it is none.
	key string
}

func (e *cacheError) Error() string { return e.message }

// newCacheEntry makes an entry of its keys and checks them.
func newCacheEntry(attrs map[string]string) (CacheEntry, error) {
	names := make([]string, 0, len(cacheTypes()))
	for _, t := range cacheTypes() {
		names = append(names, t.name)
	}
	name := attrs["type"]
	at := slices.Index(names, name)
	switch {
	case name == "":
		return CacheEntry{}, &cacheError{message: "an entry has no type", hint: "one of " + strings.Join(names, ", ")}
	case name == "inline":
		return CacheEntry{}, &cacheError{message: "an inline cache is part of an image that is pushed, and checks push none", hint: "write type: registry; to read the cache of such an image, add export: false"}
	case at < 0:
		hint := didYouMean(name, names)
		if hint == "" {
			hint = "one of " + strings.Join(names, ", ")
		}
		return CacheEntry{}, &cacheError{message: fmt.Sprintf("%q is not a type of cache", name), hint: hint, key: "type"}
	}
	t := cacheTypes()[at]
	entry := CacheEntry{Type: name, Import: true, Export: true, Attrs: map[string]string{}}
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		if err := entry.set(t, key, attrs[key]); err != nil {
			return CacheEntry{}, err
		}
	}
	for _, key := range t.required {
		if entry.Attrs[key] == "" {
			return CacheEntry{}, &cacheError{message: "type " + name + " needs " + key}
		}
	}
	return entry, entry.checkLocal()
}

// checkLocal lets the directories of a local cache decide what it is for, as
// src and dest do for buildx.
func (e *CacheEntry) checkLocal() error {
	if e.Type != CacheLocal {
		return nil
	}
	if e.Src == "" && e.Dest == "" {
		return &cacheError{message: "type local needs path"}
	}
	e.Import, e.Export = e.Import && e.Src != "", e.Export && e.Dest != ""
	return nil
}

// set gives the entry one of its keys.
func (e *CacheEntry) set(t cacheType, key, value string) error {
	known := slices.Concat([]string{"type", "import", "export"}, t.required, t.optional, exportAttrs())
	if variable := t.secrets[key]; variable != "" {
		return &cacheError{message: key + " does not belong in a configuration", hint: "set the variable " + variable, key: key}
	}
	if !slices.Contains(known, key) {
		return &cacheError{message: fmt.Sprintf("type %s has no key %s", t.name, key), hint: didYouMean(key, known), key: key}
	}
	var err error
	switch key {
	case "type":
	case "import":
		e.Import, err = strconv.ParseBool(value)
	case "export":
		e.Export, err = strconv.ParseBool(value)
	case "path":
		e.Src, e.Dest = value, value
	case "src":
		e.Src = value
	case "dest":
		e.Dest = value
	default:
		if hint := attrProblem(key, value); hint != "" {
			return &cacheError{message: fmt.Sprintf("%s: %q is not a value for it", key, value), hint: hint, key: key}
		}
		e.Attrs[key] = value
	}
	if err != nil {
		return &cacheError{message: fmt.Sprintf("%s: expected true or false, got %q", key, value), key: key}
	}
	return nil
}

// attrProblem describes the values that an attribute takes if its own is none of
// them.
func attrProblem(key, value string) (hint string) {
	allowed := map[string][]string{
		"mode":        {"max", "min"},
		"compression": {"zstd", "gzip", "estargz", "uncompressed"},
	}[key]
	switch {
	case value == "":
		return "it is empty"
	case allowed != nil && !slices.Contains(allowed, value):
		return "one of " + strings.Join(allowed, ", ")
	case key == "name" && strings.Contains(value, ";"), key == "scope" && strings.Contains(value, ","):
		return "write one name"
	case key == "ref" && strings.ContainsAny(value, " \t\n@"):
		return "write HOST/NAME or HOST/NAME:TAG"
	case strings.HasSuffix(key, "_url") && HasPassword(value):
		return "without user and password: credentials are variables"
	}
	return ""
}
