package oci

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Names in layers that take away what is below them.
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// Contents are the files of an image by their paths as in [Tree], without what
// is in them. A layer on top has to repeat the directories that it goes through
// as they are: some engines take mode and owner from the uppermost layer, and a
// directory in the place of a link hides what the link led to.
type Contents map[string]File

// Bounds of what is read of an image: one that a repository names is as hostile
// as the repository. The largest images that people build on have some hundred
// thousand files and some ten gigabytes.
const (
	maxEntries = 2_000_000
	maxBytes   = 100 << 30
)

// bounded counts what is read of an image.
type bounded struct {
	in             io.Reader
	entries, names int
	bytes          int64
}

var errTooLarge = fmt.Errorf("it is larger than an image to build on can be: over %d files, %d GiB, or names of 1 GiB (choose another image.base)", maxEntries, maxBytes>>30)

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.bytes += int64(n); b.bytes > maxBytes {
		return n, errTooLarge
	}
	return n, err
}

// entry counts one with the names that it brings.
func (b *bounded) entry(names ...string) error {
	b.entries++
	for _, name := range names {
		b.names += len(name)
	}
	if b.entries > maxEntries || b.names > 1<<30 {
		return errTooLarge
	}
	return nil
}

// ReadContents reads all layers of an image, up to a bound.
func ReadContents(image v1.Image) (Contents, error) {
	layers, err := image.Layers()
	if err != nil {
		return nil, fmt.Errorf("reading the base image: %w", err)
	}
	all, bound := Contents{}, &bounded{}
	for _, l := range layers {
		if err := all.add(l, bound); err != nil {
			return nil, fmt.Errorf("reading the base image: %w", err)
		}
	}
	return all, nil
}

// add lays a layer over those below.
func (c Contents) add(l v1.Layer, bound *bounded) error {
	in, err := l.Uncompressed()
	if err != nil {
		return err
	}
	own, gone := Contents{}, map[string]bool{}
	bound.in = in
	archive := tar.NewReader(bound)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = bound.entry(header.Name, header.Linkname)
		}
		if err != nil {
			return errors.Join(err, in.Close())
		}
		name := tarName(header.Name)
		switch base := path.Base(name); {
		case name == ".":
		case base == opaque:
			gone[path.Dir(name)+"/"] = true
		case strings.HasPrefix(base, whiteout):
			gone[path.Join(path.Dir(name), strings.TrimPrefix(base, whiteout))] = true
		default:
			own[name] = File{Mode: header.FileInfo().Mode(), UID: header.Uid, GID: header.Gid, Target: header.Linkname}
			if !header.FileInfo().IsDir() {
				gone[name+"/"] = true
			}
		}
	}
	maps.DeleteFunc(c, func(name string, _ File) bool { return removed(name, gone) })
	maps.Copy(c, own)
	return in.Close()
}

// removed reports whether a layer takes a path away, itself or by what it is in.
func removed(name string, gone map[string]bool) bool {
	if gone[name] {
		return true
	}
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if gone[dir] || gone[dir+"/"] {
			return true
		}
		if dir == "." {
			return false
		}
	}
}

// tarName is a name in a layer as in [Tree]. Nothing is above the root.
func tarName(name string) string {
	return path.Clean(strings.TrimPrefix(path.Clean("/"+name), "/"))
}

// maxLinks is how many symbolic links a path may lead through, as for Linux.
const maxLinks = 40

// Resolve follows the links in an absolute path, or one as in Tree, through the
// image. It fails where a file is in the way.
func (c Contents) Resolve(name string) (string, error) {
	at, rest := ".", strings.Split(tarName(name), "/")
	for links := 0; len(rest) > 0; {
		next := path.Join(at, rest[0])
		f, there := c[next]
		switch {
		case rest[0] == "..":
			next = path.Dir(at)
		case !there:
		case f.Mode&fs.ModeSymlink != 0:
			if links++; links > maxLinks {
				return "", fmt.Errorf("/%s leads through too many links of the base", name)
			}
			if next = at; path.IsAbs(f.Target) {
				next = "."
			}
			rest = append(strings.Split(strings.Trim(f.Target, "/"), "/"), rest[1:]...)
			at = next
			continue
		case !f.Mode.IsDir() && len(rest) > 1:
			return "", fmt.Errorf("/%s is a file of the base, not a directory", next)
		}
		at, rest = next, rest[1:]
	}
	return at, nil
}

// Place adds a file to a tree at a path that [Contents.Resolve] gave, with the
// directories above it as the image has them.
func (c Contents) Place(t Tree, name string, f File) error {
	if _, taken := t[name]; taken {
		return fmt.Errorf("/%s is there twice", name)
	}
	t[name] = f
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if below, there := c[dir]; there && below.Mode.IsDir() {
			t[dir] = below
		}
	}
	return nil
}

// AddFile adds a file of a file system as [Tree.AddFile] does, at the path that
// links of the image lead to.
func (c Contents) AddFile(t Tree, fsys fs.FS, from, to string) error {
	to, err := c.Resolve(to)
	if err != nil {
		return err
	}
	one := Tree{}
	if err := one.AddFile(fsys, from, to); err != nil {
		return err
	}
	return c.Place(t, to, one[to])
}
