package cargo

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// resolve follows symbolic links below the base. What is above it may be out of
// sight.
func (r *configReader) resolve(name string) (final string, links []string, err error) {
	const most = 40
	for at := r.base; ; {
		if !Within(name, r.base) {
			return "", links, errOutside
		}
		if at == name {
			return name, links, nil
		}
		rest := relPath(at, name)
		first, _, _ := strings.Cut(rest, "/")
		at = path.Join(at, first)
		info, err := fs.Lstat(r.g.fsys, at)
		if err != nil {
			return "", links, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		to, err := fs.ReadLink(r.g.fsys, at)
		if err != nil {
			return "", links, err
		}
		links = append(links, at)
		if path.IsAbs(to) || len(links) > most {
			return "", links, errOutside
		}
		name, at = path.Join(path.Dir(at), to, strings.TrimPrefix(rest, first)), r.base
	}
}

// file adds a file: small ones by their contents.
func (r *configReader) file(name string, info fs.FileInfo, inline bool) error {
	switch path.Base(name) {
	case "Cargo.toml", "Cargo.lock", "credentials", "credentials.toml":
		return nil
	}
	if r.seen[name] {
		return nil // A configuration itself.
	}
	if !inline || info.Size() >= maxInline {
		return r.add(name, info.Size())
	}
	f, err := r.smallFile(name)
	if f != nil {
		r.conf.named.files = append(r.conf.named.files, *f)
	}
	return err
}

// add carries one file.
func (r *configReader) add(name string, size int64) error {
	if r.carried[name] {
		return nil
	}
	if r.size+size > maxCarried {
		return errLarge
	}
	r.carried[name] = true
	r.size += size
	r.conf.carried = append(r.conf.carried, relPath(r.base, name))
	return nil
}

// directoryAt carries a directory, all of it or nothing.
func (n namer) directoryAt(dir string, keys []string) error {
	r := n.r
	if Within(r.g.root, dir) {
		return errOwn
	}
	for at := range r.g.locals {
		if Within(at, dir) {
			return errOwn
		}
	}
	if Within(dir, path.Join(r.g.root, "target")) {
		return errTarget
	}
	sizes := map[string]int64{}
	size := r.size
	err := r.walk(dir, func(name string, info fs.FileInfo) error {
		switch mode := info.Mode(); {
		case r.carried[name]:
			return nil
		case mode&fs.ModeSymlink != 0:
			if err := n.carry(name, keys, true); err != nil {
				return err
			}
		case !mode.IsRegular():
			r.leave(n.m, keys, relPath(r.g.root, name), errDevice)
			return nil
		}
		sizes[name] = info.Size()
		if size += info.Size(); size > maxCarried {
			return errLarge
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		if err := r.add(name, sizes[name]); err != nil {
			return err
		}
	}
	return nil
}

// vendor notes the files of a replaced source.
func (r *configReader) vendor(dir string) error {
	err := r.walk(dir, func(name string, _ fs.FileInfo) error {
		r.conf.sources = append(r.conf.sources, relPath(r.base, name))
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Cargo will say so.
	}
	return err
}

// walk visits what is below a directory and is none itself.
func (r *configReader) walk(dir string, visit func(name string, info fs.FileInfo) error) error {
	return fs.WalkDir(r.g.fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() == ".git" {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return visit(name, info)
	})
}
