// Package scaffold writes the first crane.yaml of a workspace and pipelines of
// CI systems that run cranekit. It is pure: facts in, text out.
package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/cranekit/cranekit/buildkit/sanitize"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/images"
)

//go:embed templates
var templateFiles embed.FS

// Facts are found in a workspace and decide its configuration.
type Facts struct {
	// Members and Crates are the numbers of members and of crates in the lock
	// that are not local.
	Members, Crates int
	// Channel is that of rust-toolchain.toml, "" without one, and Image the
	// default image for it.
	Channel, Image string
	// RustVersion is the greatest rust-version of the members, "" for none.
	RustVersion string
	// Features reports whether a member has features of its own.
	Features bool
	// Tests reports whether a source file has a test.
	Tests bool
	// System, Alpine and Unknown are what [System] returns.
	System  []Need
	Alpine  []string
	Unknown []string
	// SSH reports whether the lock has git sources that are reached by ssh, and
	// Registries are the other registries than crates.io.
	SSH        bool
	Registries []string
	// SQLx reports whether queries are checked from files, without a data base.
	SQLx bool
	// GitVersion is a crate that asks git for a version in a build script.
	GitVersion string
}

// Look gathers the facts of a workspace in fsys, the file system that it was
// loaded from.
func Look(fsys fs.FS, ws *cargo.Workspace) Facts {
	f := Facts{Channel: ws.Channel, Image: images.Default(ws.Channel)}
	f.System, f.Alpine, f.Unknown = System(ws.Lock)
	for i := range ws.Packages {
		p := &ws.Packages[i]
		if !p.Member {
			continue
		}
		f.Members++
		f.Features = f.Features || p.HasFeatures()
		if v := p.RustVersion(); v != "" && (f.RustVersion == "" || cargo.CompareVersions(v, f.RustVersion) > 0) {
			f.RustVersion = v
		}
		f.Tests = f.Tests || hasTests(fsys, path.Join(ws.Base, p.Dir))
	}
	for _, p := range ws.Lock.Packages {
		f.note(&p)
	}
	slices.Sort(f.Registries)
	if f.SQLx {
		_, err := fs.Stat(fsys, path.Join(ws.Base, ws.Dir, ".sqlx"))
		f.SQLx = err == nil
	}
	return f
}

// note adds the facts of a package of the lock.
func (f *Facts) note(p *cargo.LockPackage) {
	if p.Source == "" {
		return
	}
	f.Crates++
	kind, address, _ := strings.Cut(p.Source, "+")
	switch {
	case kind == "git" && strings.HasPrefix(address, "ssh:"):
		f.SSH = true
	case (kind == "registry" || kind == "sparse") && !strings.Contains(address, "github.com/rust-lang/crates.io-index") &&
		!strings.Contains(address, "index.crates.io") && !slices.Contains(f.Registries, address):
		f.Registries = append(f.Registries, address)
	}
	switch p.Name {
	case "sqlx-macros":
		f.SQLx = true
	case "vergen", "vergen-git2", "vergen-gitcl", "vergen-gix", "shadow-rs", "built", "git-version":
		f.GitVersion = p.Name
	}
}

// hasTests looks for a test in the Rust sources of a package.
func hasTests(fsys fs.FS, dir string) (found bool) {
	// A directory that cannot be read has no tests that could run either.
	_ = fs.WalkDir(fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fs.SkipDir
		case entry.IsDir() && name != dir && (entry.Name() == "target" || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".rs") || !entry.Type().IsRegular():
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err == nil && (bytes.Contains(text, []byte("#[test]")) || bytes.Contains(text, []byte("::test]"))) {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// SchemaURL is where editors find the schema, for the template.
func (Facts) SchemaURL() string { return config.SchemaURL }

// CraneYAML is a commented crane.yaml for a workspace.
func CraneYAML(f Facts) ([]byte, error) { return render("crane.yaml.tmpl", f) }

func render(name string, data any) ([]byte, error) {
	page, err := template.New(name).Delims("<<", ">>").Funcs(template.FuncMap{"join": strings.Join, "yaml": inline, "line": sanitize.Line}).
		ParseFS(templateFiles, "templates/"+name)
	if err != nil {
		return nil, fmt.Errorf("parse the template of %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// inline writes a text as a YAML scalar on one line.
func inline(text string) (string, error) {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.ContainsAny(text, "\n\r") {
		n.Style = yaml.DoubleQuotedStyle
	}
	out, err := yaml.Marshal(&n)
	return strings.TrimSuffix(string(out), "\n"), err
}
