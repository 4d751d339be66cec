package cargo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/docker/go-units"
)

const (
	// maxInline is the size from which a named file is not part of the skeleton's
	// own bytes but carried from the source.
	maxInline = 64 << 10
	// maxCarried is the size of all that is carried.
	maxCarried = 64 << 20
)

var (
	errOutside = errors.New("is outside of the repository")
	errDevice  = errors.New("is neither a file nor a directory")
	// errOwn is that of directories that every change of the workspace changes.
	errOwn    = errors.New("holds the workspace's own packages")
	errTarget = errors.New("is cargo's own output")
	errLarge  = errors.New("is larger than the " + units.BytesSize(maxCarried) + " that are carried in all")
)

// named is what a configuration names.
type named struct {
	// files are small ones, carried the paths of all others, and of links on the
	// way to them, relative to Base; vendored those of replaced sources.
	files            []File
	carried, sources []string
	left             []Left
}

// Left is something that a configuration names and that dependencies do not get.
type Left struct {
	// File and Line are where it is named.
	File string
	Line int
	// Key leads to it there, Path is what is named.
	Key, Path string
	Err       error
}

// Own reports whether it is a directory that is often named for the workspace's
// own packages, such as its root: no reason to be alarmed.
func (l Left) Own() bool { return errors.Is(l.Err, errOwn) || errors.Is(l.Err, errTarget) }

func (l Left) String() string {
	at := l.File
	if l.Line > 0 {
		at = fmt.Sprintf("%s:%d", l.File, l.Line)
	}
	return fmt.Sprintf("%s: %s names %s, which %v: dependencies are compiled without it", at, l.Key, l.Path, l.Err)
}

// Left is what dependencies do not get although the configuration names it.
func (w *Workspace) Left() []Left { return w.named.left }

// Ignored are files of the source that are needed even where git ignores them.
func (w *Workspace) Ignored() []string {
	files := slices.Concat(w.named.carried, w.named.sources)
	for _, f := range w.named.files {
		files = append(files, f.Path)
	}
	return files
}

func (n *named) sort() {
	for _, list := range []*[]string{&n.carried, &n.sources} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}

func (r *configReader) leave(m *manifest, keys []string, name string, err error) {
	l := Left{File: m.name, Key: strings.Join(keys, "."), Path: name, Err: err}
	if m.text != nil {
		l.Line = lineOf(m.text, keys...)
	}
	if !slices.Contains(r.conf.left, l) {
		r.conf.left = append(r.conf.left, l)
	}
}

// namer finds the paths in the values of one configuration.
type namer struct {
	r *configReader
	m *manifest
	// directory is set if the next word is one, after -L.
	directory *bool
}

func (n namer) value(value any, keys []string) error {
	switch v := value.(type) {
	case table:
		if name, ok := v["value"].(string); ok && v["relative"] == true {
			return n.relative(name, keys)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := n.value(v[key], append(slices.Clone(keys), key)); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range v {
			if err := n.value(item, keys); err != nil {
				return err
			}
		}
	case string:
		return n.words(v, keys)
	}
	return nil
}

// relative is a variable that cargo makes a path: a file, a directory, or a
// pattern for those who know it.
func (n namer) relative(name string, keys []string) error {
	if path.IsAbs(name) {
		return nil
	}
	at := path.Join(n.m.dir, name)
	if _, err := fs.Lstat(n.r.g.fsys, at); err == nil || !strings.ContainsAny(name, "*?[") {
		return n.carry(at, keys, true)
	}
	if !Within(at, n.r.base) {
		n.r.leave(n.m, keys, name, errOutside)
		return nil
	}
	top, pattern := doublestar.SplitPattern(at)
	sub, err := fs.Sub(n.r.g.fsys, top)
	if err != nil {
		return err
	}
	found, err := doublestar.Glob(sub, pattern, doublestar.WithNoFollow())
	if err != nil {
		return nil // Nothing that cargo would complain of.
	}
	for _, name := range found {
		if err := n.carry(path.Join(top, name), keys, true); err != nil {
			return err
		}
	}
	return nil
}

// words adds what a string names: relative to the configuration as cargo reads
// paths, or to the root, where rustc runs. Directories are told by the flags
// that take them: a mere word is too often the name of one by chance.
func (n namer) words(text string, keys []string) error {
	fields := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\n=,", c) })
	if len(fields) != 1 || fields[0] != text {
		if err := n.word(text, keys, false); err != nil {
			return err
		}
	}
	search := slices.Contains(keys, "rustc-link-search")
	for _, word := range fields {
		directory := search || *n.directory
		*n.directory = false
		for _, flag := range []string{"-L", "-B", "-I", "--sysroot", "-T", "@"} {
			rest, ok := strings.CutPrefix(word, flag)
			if !ok {
				continue
			}
			word = rest
			if flag != "-T" && flag != "@" {
				directory = true
				// The directory, or its kind before it: -L dir, -Lnative=dir.
				*n.directory = true
			}
			break
		}
		kind := directory && strings.Contains(text, word+"=") // -L native=dir
		*n.directory = *n.directory || kind
		if word == "" || kind {
			continue
		}
		if err := n.word(word, keys, directory); err != nil {
			return err
		}
	}
	return nil
}

func (n namer) word(word string, keys []string, directory bool) error {
	if path.IsAbs(word) {
		return nil
	}
	for _, at := range slices.Compact([]string{path.Join(n.m.dir, word), path.Join(n.r.g.root, word)}) {
		if err := n.carry(at, keys, directory); err != nil {
			return err
		}
	}
	return nil
}

// carry adds a path with what is below it, and what links there lead to.
func (n namer) carry(name string, keys []string, directory bool) error {
	r := n.r
	seen := name + "\x00" + fmt.Sprint(directory)
	if r.seen[seen] || !fs.ValidPath(name) {
		return nil
	}
	r.seen[seen] = true
	final, links, err := r.resolve(name)
	if errors.Is(err, errOutside) {
		// What is not there is so for cargo, too, as far as that can be seen.
		info, err := fs.Stat(r.g.fsys, name)
		if directory && !Within(name, r.g.bound) || err == nil && (directory || !info.IsDir()) {
			r.leave(n.m, keys, relPath(r.g.root, name), errOutside)
		}
	}
	if err != nil {
		return nil
	}
	info, err := fs.Lstat(r.g.fsys, final)
	switch {
	case err != nil, info.IsDir() && !directory:
		return nil
	case info.IsDir():
		err = n.directoryAt(final, keys)
	case !info.Mode().IsRegular():
		err = errDevice
	default:
		err = r.file(final, info, len(links) == 0)
		if strings.HasSuffix(final, ".json") && err == nil {
			err = n.description(final, keys)
		}
	}
	var fault *fs.PathError
	if err != nil && !errors.As(err, &fault) {
		r.leave(n.m, keys, relPath(r.g.root, name), err)
		return nil
	}
	for _, link := range links {
		r.conf.carried = append(r.conf.carried, relPath(r.base, link))
	}
	return err
}

// description adds what a target description names, such as scripts for the
// linker.
func (n namer) description(name string, keys []string) error {
	data, err := readFile(n.r.g.fsys, name)
	var doc any
	if err != nil || json.Unmarshal(data, &doc) != nil {
		return err
	}
	return n.value(doc, keys)
}
