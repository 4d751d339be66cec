package cargo

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Skeleton makes the workspace that compiles the dependencies of w and
// nothing of its own code. Equal workspaces give equal bytes.
func (w *Workspace) Skeleton() (*Skeleton, error) {
	c := w.newCleaner()
	files := map[string]File{}
	add := func(name string, data []byte) {
		files[name] = File{Path: name, Data: data, Mode: 0o644}
	}
	var real []string
	for i := range w.Packages {
		p := &w.Packages[i]
		if p.Real {
			real = append(real, p.Dir)
			if err := refuseLines(path.Join(relPath(w.Dir, p.Dir), "Cargo.toml"), p.text); err != nil {
				return nil, err
			}
		}
		manifest, sources, err := c.manifest(i)
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", p.Name, err)
		}
		add(path.Join(p.Dir, "Cargo.toml"), manifest)
		for name, text := range sources {
			add(path.Join(p.Dir, name), []byte(text))
		}
	}
	if manifest := path.Join(w.Dir, "Cargo.toml"); files[manifest].Data == nil {
		data, err := c.virtualRoot()
		if err != nil {
			return nil, err
		}
		add(manifest, data)
	}
	add(path.Join(w.Dir, "Cargo.lock"), c.lock().Encode())
	for _, conf := range w.configs {
		f, err := c.config(conf, conf.doc)
		if err != nil {
			return nil, err
		}
		files[f.Path] = f
	}
	s := &Skeleton{Carried: w.named.carried}
	for _, f := range w.named.files {
		if _, taken := files[f.Path]; !taken {
			files[f.Path] = f
			s.Named = append(s.Named, f.Path)
		}
	}
	real = append(real, w.vendored...)
	slices.Sort(real)
	s.Real = slices.Compact(real)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		s.Files = append(s.Files, files[name])
	}
	return s, nil
}

// config returns a configuration file with doc in it.
func (c *cleaner) config(conf configFile, doc table) (File, error) {
	doc = cloneTable(doc)
	c.patches(conf.dir, doc)
	data, err := encodeTOML(doc)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", conf.path, err)
	}
	return File{Path: conf.path, Data: data, Mode: 0o644, Config: true}, nil
}

// Configuration is the files that are cargo's configuration, or named by it.
func (s *Skeleton) Configuration() []File { return s.files(true) }

// Plain is all other files.
func (s *Skeleton) Plain() []File { return s.files(false) }

func (s *Skeleton) files(config bool) []File {
	var files []File
	for _, f := range s.Files {
		if f.Config == config {
			files = append(files, f)
		}
	}
	return files
}

// manifest returns the manifest of package i in the skeleton, and the sources
// of its dummy if it is one. A real package keeps its text, unless that needs
// a workspace whose tables are not in the skeleton.
func (c *cleaner) manifest(i int) (text []byte, sources map[string]string, err error) {
	p := &c.w.Packages[i]
	isRoot := p.Dir == c.w.Dir
	if p.Real && !p.inherits && !isRoot {
		return p.text, nil, nil
	}
	var doc table
	if p.Real {
		doc = cloneTable(p.manifest)
	} else {
		doc, sources = c.dummy(i)
	}
	if isRoot {
		c.root(doc)
	}
	text, err = encodeTOML(doc)
	return text, sources, err
}

// virtualRoot returns the manifest of a root that is no package.
func (c *cleaner) virtualRoot() ([]byte, error) {
	doc := cloneTable(c.w.root.doc)
	for _, key := range ignoredKeys {
		delete(doc, key)
	}
	c.root(doc)
	return encodeTOML(doc)
}

// memberPattern returns the entry of `members` for the package in dir. Cargo
// reads a literal entry as including all packages below it, even excluded
// ones, and takes special characters for a pattern: brackets prevent both.
func (c *cleaner) memberPattern(dir string) string {
	escape := "*?[]"
	for i := range c.w.Packages {
		if p := &c.w.Packages[i]; !p.Member && p.Dir != dir && Within(p.Dir, dir) {
			last, _ := utf8.DecodeLastRuneInString(dir)
			escape += string(last)
			break
		}
	}
	var b strings.Builder
	for _, char := range relPath(c.w.Dir, dir) {
		if strings.ContainsRune(escape, char) {
			b.WriteString("[" + string(char) + "]")
		} else {
			b.WriteRune(char)
		}
	}
	return b.String()
}

// lock returns the lock with the versions of the dummies.
func (c *cleaner) lock() *Lockfile {
	return c.w.Lock.rename(c.lockVersion)
}

// lockVersion returns the version of the dummy that p, a package without a
// source, stands for, "" when it is none.
func (c *cleaner) lockVersion(p *LockPackage) string {
	for i := range c.w.Packages {
		local := &c.w.Packages[i]
		if local.Real || local.Name != p.Name {
			continue
		}
		if entry := c.locked.entry[i]; entry < 0 || c.w.Lock.Packages[entry].Version == p.Version {
			return c.version[i]
		}
	}
	return ""
}
