package cargo

// cratesIO is the index of crates.io.
const cratesIO = "sparse+https://index.crates.io/"

// Registry returns the index of the registry that crates of crates.io come
// from, in cargo's form (sparse+https://…/, or the URL of a git repository):
// that of crates.io, or of what the configuration replaces it with. It is ""
// when crates come from a directory.
//
// See https://doc.rust-lang.org/cargo/reference/source-replacement.html
func (w *Workspace) Registry() string {
	name := "crates-io"
	for range len(w.configs) + 16 { // cargo refuses loops
		replacement, ok := w.setting("source", name, "replace-with").(string)
		if !ok {
			break
		}
		name = replacement
	}
	for _, key := range []string{"directory", "local-registry", "git"} {
		if w.setting("source", name, key) != nil {
			return ""
		}
	}
	if url, ok := w.setting("source", name, "registry").(string); ok {
		return url
	}
	if url, ok := w.setting("registries", name, "index").(string); ok {
		return url
	}
	return cratesIO
}

// setting is the value at a path of the configuration, that of the level next
// to the workspace.
func (w *Workspace) setting(keys ...string) any {
	for _, file := range w.configs {
		if value, ok := tableAt(file.doc, keys[:len(keys)-1]...)[keys[len(keys)-1]]; ok {
			return value
		}
	}
	return nil
}
