package cargo

import (
	"bytes"
	"path"
	"strings"
)

// readToolchain reads the toolchain file as rustup finds it: the nearest one
// from the workspace root upwards, the name without an extension first.
func (g *graph) readToolchain(w *Workspace) error {
	for dir := g.root; ; dir = path.Dir(dir) {
		for _, name := range []string{"rust-toolchain", "rust-toolchain.toml"} {
			file := path.Join(dir, name)
			text, err := readFile(g.fsys, file)
			if err != nil {
				return err
			}
			if text != nil {
				return w.setToolchain(g.relative(file), text)
			}
		}
		if dir == w.Base {
			return nil
		}
	}
}

// setToolchain parses a toolchain file, which in its oldest form is the bare
// name of a channel.
func (w *Workspace) setToolchain(name string, text []byte) error {
	line := strings.TrimSpace(string(text))
	if !strings.HasSuffix(name, ".toml") && line != "" && !bytes.ContainsAny(text, "=[") && !strings.Contains(line, "\n") {
		w.Channel = line
		return nil
	}
	doc, err := parseTOML(name, text)
	if err != nil {
		return err
	}
	toolchain := tableAt(doc, "toolchain")
	w.Channel, _ = toolchain["channel"].(string)
	w.Components = stringsOf(toolchain["components"])
	w.Targets = stringsOf(toolchain["targets"])
	return nil
}
