package cargo

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// fetchConfig is what fetch may have of a configuration file. Fetch has the
// network and secrets, and cargo runs what a configuration names: compilers,
// wrappers, credential providers. So nothing goes that is not listed here.
type fetchConfig struct {
	doc table
	// proxy and ca are what the file says of the way to the network: a URL, and a
	// file of certificates.
	proxy string
	ca    *File
}

// fetchTables are the keys of the tables that go into fetch, with plain values.
// "*" stands for any one key.
func fetchTables() map[string][]string {
	return map[string][]string{
		"http":         {"check-revoke", "low-speed-limit", "multiplexing", "ssl-version", "timeout", "user-agent"},
		"net":          {"git-fetch-with-cli", "retry"},
		"net.ssh":      {"known-hosts"},
		"registries.*": {"index", "protocol"},
		"registry":     {"default", "index"},
		"resolver":     {"feature-unification", "incompatible-rust-versions"},
		"source.*":     {"registry", "replace-with", "directory", "local-registry", "git", "branch", "tag", "rev"},
		"unstable":     {"*"},
		"unstable.*":   {"*"},
	}
}

// fetchConfig takes from m what fetch may have. included are those of its
// includes that belong to the workspace.
func (r *configReader) fetchConfig(m *manifest, included []string) (fetchConfig, error) {
	f := fetchConfig{doc: allowed(m.doc, included)}
	http := tableAt(m.doc, "http")
	if proxy, ok := http["proxy"].(string); ok {
		f.proxy = withoutUser(proxy)
	}
	if name, ok := http["cainfo"].(string); ok && !path.IsAbs(name) {
		ca, err := r.smallFile(path.Join(m.dir, name))
		if err != nil {
			return f, err
		}
		if ca != nil {
			ca.Mode = 0o644
			f.ca = ca
		}
	}
	return f, nil
}

// allowed returns the parts of a configuration that fetch may have.
func allowed(doc table, included []string) table {
	out := table{}
	for at, keys := range fetchTables() {
		copyAllowed(out, doc, strings.Split(at, "."), keys)
	}
	if paths := stringsOf(doc["paths"]); len(paths) > 0 {
		out["paths"] = listOf(paths)
	}
	if patch := allowedPatches(tableAt(doc, "patch")); len(patch) > 0 {
		out["patch"] = patch
	}
	if len(included) > 0 {
		out["include"] = listOf(included)
	}
	return out
}

// copyAllowed copies the plain values of keys from the table at a path.
func copyAllowed(to, from table, at, keys []string) {
	if len(at) == 0 {
		for key, value := range from {
			if isPlain(value) && (slices.Contains(keys, key) || slices.Contains(keys, "*")) {
				to[key] = cloneValue(value)
			}
		}
		return
	}
	names := []string{at[0]}
	if at[0] == "*" {
		names = slices.Collect(maps.Keys(from))
	}
	for _, name := range names {
		inner, ok := from[name].(table)
		if !ok {
			continue
		}
		below, ok := to[name].(table)
		if !ok {
			below = table{}
		}
		if copyAllowed(below, inner, at[1:], keys); len(below) > 0 {
			to[name] = below
		}
	}
}

// isPlain reports whether a value is a scalar or a list of strings.
func isPlain(value any) bool {
	switch v := value.(type) {
	case table:
		return false
	case []any:
		return len(stringsOf(v)) == len(v)
	default:
		return true
	}
}

// allowedPatches are the patches: for each source tables of dependencies.
func allowedPatches(patch table) table {
	out := table{}
	for source, value := range patch {
		deps, ok := value.(table)
		if !ok {
			continue
		}
		copied := table{}
		for name, dep := range deps {
			if t, ok := dep.(table); ok {
				fields := table{}
				copyAllowed(fields, t, nil, []string{"*"})
				copied[name] = fields
			} else if isPlain(dep) {
				copied[name] = cloneValue(dep)
			}
		}
		out[source] = copied
	}
	return out
}

func listOf(list []string) []any {
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = item
	}
	return out
}

// FetchConfig returns the configuration that fetch may have, and no file that it
// names but those of certificates. network says that the workspace may choose
// proxy and authorities. A user's name and password are never in the URL of a
// proxy.
func (w *Workspace) FetchConfig(network bool) ([]File, error) {
	c := w.newCleaner()
	var files []File
	for _, conf := range w.configs {
		doc := cloneTable(conf.fetch.doc)
		if proxy := conf.fetch.proxy; network && proxy != "" {
			http, ok := doc["http"].(table)
			if !ok {
				http = table{}
				doc["http"] = http
			}
			http["proxy"] = proxy
		}
		if len(doc) == 0 {
			continue
		}
		f, err := c.config(conf, doc)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	if ca := w.CA(); network && ca != nil {
		files = append(files, *ca)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// CA returns the file of certificate authorities that the configuration names,
// that of the level next to the workspace; nil without one.
func (w *Workspace) CA() *File {
	for _, conf := range w.configs {
		if conf.fetch.ca != nil {
			return conf.fetch.ca
		}
	}
	return nil
}

// NamesRegistry returns the configuration file that says where a registry is,
// given by its name or as variables have it; "" for none.
func (w *Workspace) NamesRegistry(name string) string {
	for _, conf := range w.configs {
		for key, value := range tableAt(conf.doc, "registries") {
			if t, ok := value.(table); ok && t["index"] != nil && variableName(key) == variableName(name) {
				return conf.path
			}
		}
	}
	return ""
}

// variableName is how cargo has a name in variables.
func variableName(name string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
}
