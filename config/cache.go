package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tonistiigi/go-csvvalue"
	"go.yaml.in/yaml/v3"
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
		}},
		{
			name: CacheAzblob, required: []string{"account_url"},
			optional: []string{"account_name", "container", "name", "prefix", "blobs_prefix", "manifests_prefix"},
			secrets:  map[string]string{"secret_access_key": "BUILDKIT_AZURE_STORAGE_SECRET_ACCESS_KEY"},
		},
	}
}

// cacheError is what is wrong with an entry, and what to write instead.
type cacheError struct{ message, hint string }

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
		return CacheEntry{}, &cacheError{"an entry has no type", "one of " + strings.Join(names, ", ")}
	case name == "inline":
		return CacheEntry{}, &cacheError{"an inline cache is part of an image that is pushed, and checks push none", "write type: registry; to read the cache of such an image, add export: false"}
	case at < 0:
		hint := didYouMean(name, names)
		if hint == "" {
			hint = "one of " + strings.Join(names, ", ")
		}
		return CacheEntry{}, &cacheError{fmt.Sprintf("%q is no type of cache", name), hint}
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
			return CacheEntry{}, &cacheError{"type " + name + " needs " + key, ""}
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
		return &cacheError{"type local needs path", ""}
	}
	e.Import, e.Export = e.Import && e.Src != "", e.Export && e.Dest != ""
	return nil
}

// set gives the entry one of its keys.
func (e *CacheEntry) set(t cacheType, key, value string) error {
	known := slices.Concat([]string{"type", "import", "export"}, t.required, t.optional, exportAttrs())
	if variable := t.secrets[key]; variable != "" {
		return &cacheError{key + " does not belong into a configuration", "set the variable " + variable}
	}
	if !slices.Contains(known, key) {
		return &cacheError{fmt.Sprintf("type %s has no key %s", t.name, key), didYouMean(key, known)}
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
			return &cacheError{fmt.Sprintf("%s: %q is not a value for it", key, value), hint}
		}
		e.Attrs[key] = value
	}
	if err != nil {
		return &cacheError{fmt.Sprintf("%s: expected true or false, got %q", key, value), ""}
	}
	return nil
}

// attrProblem says what an attribute may be where the value is not that.
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
	case key == "ref" && strings.ContainsAny(value, " \t\n@"):
		return "write HOST/NAME or HOST/NAME:TAG"
	}
	return ""
}

// decodeCaches reads a list of entries, each a map or text as buildx takes it.
func decodeCaches(n *yaml.Node) ([]CacheEntry, error) {
	n = target(n)
	if n.Kind == yaml.ScalarNode {
		return parseCaches(n.Value)
	}
	if n.Kind != yaml.SequenceNode {
		return nil, cachesKey.mismatch(describe(n))
	}
	entries := make([]CacheEntry, 0, len(n.Content))
	for _, item := range n.Content {
		entry, err := decodeCache(target(item))
		if err != nil {
			return nil, &lineError{item.Line, err}
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// lineError is an error with a line of its own within the value of a key.
type lineError struct {
	line int
	error
}

func (e *lineError) Unwrap() error { return e.error }

func decodeCache(n *yaml.Node) (CacheEntry, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return parseCache(n.Value)
	case yaml.MappingNode:
	default:
		return CacheEntry{}, fmt.Errorf("in the list: expected a map or text, got %s", describe(n))
	}
	attrs := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := target(n.Content[i]), target(n.Content[i+1])
		if value.Kind != yaml.ScalarNode || isNull(value) {
			return CacheEntry{}, &lineError{key.Line, fmt.Errorf("%s: expected text, got %s", key.Value, describe(value))}
		}
		if _, again := attrs[key.Value]; again {
			return CacheEntry{}, &lineError{key.Line, errors.New("duplicate key " + key.Value)}
		}
		attrs[key.Value] = value.Value
	}
	return newCacheEntry(attrs)
}

// parseCaches reads entries from text: one a line, or separated by semicolons.
// No text is no cache.
func parseCaches(s string) ([]CacheEntry, error) {
	if strings.HasPrefix(s, "[") {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(s), &doc); err == nil {
			return decodeCaches(&doc)
		}
	}
	entries := []CacheEntry{}
	for _, text := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		entry, err := parseCache(text)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// parseCache reads an entry as buildx does: comma-separated key=value pairs,
// or the reference of a registry cache alone.
func parseCache(s string) (CacheEntry, error) {
	fields, err := csvvalue.Fields(s, nil)
	if err != nil {
		return CacheEntry{}, fmt.Errorf("%q cannot be read: %w", s, err)
	}
	if len(fields) == 1 && !strings.Contains(fields[0], "=") {
		return newCacheEntry(map[string]string{"type": CacheRegistry, "ref": fields[0]})
	}
	attrs := map[string]string{}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		if !ok {
			return CacheEntry{}, &cacheError{fmt.Sprintf("%q has no value", field), "write key=value"}
		}
		attrs[strings.ToLower(strings.TrimSpace(key))] = value
	}
	return newCacheEntry(attrs)
}

// String is the entry as text, as buildx takes it.
func (e CacheEntry) String() string {
	fields := []string{"type=" + e.Type}
	for _, dir := range [][2]string{{"src", e.Src}, {"dest", e.Dest}} {
		if dir[1] != "" {
			fields = append(fields, dir[0]+"="+dir[1])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		fields = append(fields, key+"="+e.Attrs[key])
	}
	if !e.Import && e.Type != CacheLocal {
		fields = append(fields, "import=false")
	}
	if !e.Export && e.Type != CacheLocal {
		fields = append(fields, "export=false")
	}
	for i, field := range fields {
		if strings.ContainsAny(field, ",\"") {
			fields[i] = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
		}
	}
	return strings.Join(fields, ",")
}

// MarshalYAML writes the entry as text.
func (e CacheEntry) MarshalYAML() (any, error) { return e.String(), nil }
