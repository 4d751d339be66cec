package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil/types"
	"golang.org/x/sync/errgroup"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// copier copies the files of a result to a fresh directory. What an earlier run
// left of the same is linked instead.
type copier struct {
	Reader
	ctx    context.Context // that of its group
	group  *errgroup.Group
	limits *usage
	mask   *sanitize.Mask
	fresh  *os.Root
	// output holds the other directories: to is fresh, from are those that an
	// earlier run can have left.
	output *os.Root
	to     string
	from   []string
}

// newCopier has fresh below to.output.
func newCopier(ctx context.Context, r Reader, fresh string, to Place) (*copier, error) {
	name, err := filepath.Rel(to.Output, fresh)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(fresh)
	if err != nil {
		return nil, err
	}
	output, err := os.OpenRoot(to.Output)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	c := &copier{Reader: r, limits: &usage{limits: to.Limits}, mask: to.Mask, fresh: root, output: output, to: filepath.ToSlash(name)}
	c.from = []string{filepath.ToSlash(to.Name)}
	if to.Previous != "" {
		c.from = append(c.from, path.Join(to.Previous, c.from[0]))
	}
	c.group, c.ctx = errgroup.WithContext(ctx)
	c.group.SetLimit(readers)
	return c, nil
}

func (c *copier) close() error { return errors.Join(c.fresh.Close(), c.output.Close()) }

// file is one to copy.
type file struct {
	name string
	*types.Stat
}

// run copies everything. What is too much is found before anything is read.
func (c *copier) run() error {
	files, err := c.list(".")
	if err != nil {
		return err
	}
	for _, f := range files {
		switch {
		case f.name == logFile:
			c.group.Go(func() error { return c.file(f, c.log) })
		case !c.reuse(f):
			c.group.Go(func() error { return c.file(f, c.contents) })
		}
	}
	return c.group.Wait()
}

// list makes the directories below one and lists the files.
func (c *copier) list(dir string) ([]file, error) {
	entries, err := c.readDir(c.ctx, dir)
	if err != nil {
		return nil, UnreadError{fmt.Errorf("reading %q: %w", dir, err)}
	}
	var files []file
	for _, st := range entries {
		name := path.Join(dir, path.Base(st.Path))
		if path.Base(st.Path) != st.Path || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("the builder sent the file name %q, which is refused", st.Path)
		}
		if err := c.limits.add(name, st); err != nil {
			return nil, err
		}
		switch mode := fs.FileMode(st.Mode); {
		case mode.IsDir():
			if err := c.fresh.Mkdir(name, 0o755); err != nil {
				return nil, err
			}
			below, err := c.list(name)
			if err != nil {
				return nil, err
			}
			files = append(files, below...)
		case mode.IsRegular():
			files = append(files, file{name, st})
		}
	}
	return files, nil
}

// written is when a file was written, and whether that tells it from others: a
// time of whole seconds can be one that was set.
func written(st *types.Stat) (at time.Time, telling bool) {
	at = time.Unix(0, st.ModTime)
	return at, at.Nanosecond() != 0
}

// reuse links a file that an earlier run copied, if it still is as it was
// then: the result of a check that did not run again is what it was, and
// programs are big. It is looked at after that, as others may change what is
// there at any time.
func (c *copier) reuse(f file) bool {
	at, telling := written(f.Stat)
	if !telling {
		return false
	}
	for _, from := range c.from {
		if c.output.Link(path.Join(from, f.name), path.Join(c.to, f.name)) != nil {
			continue
		}
		info, err := c.fresh.Lstat(f.name)
		if err == nil && info.Mode().IsRegular() && info.Size() == f.Size && info.ModTime().Equal(at) &&
			info.Mode()&0o100 == fs.FileMode(f.Mode)&0o100 {
			return true
		}
		_ = c.fresh.Remove(f.name) // Where that fails, so does making the file.
	}
	return false
}

// file makes a file with what contents writes.
func (c *copier) file(f file, contents func(*os.File, file) error) error {
	out, err := c.fresh.OpenFile(f.name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644|fs.FileMode(f.Mode)&0o111)
	if err != nil {
		return err
	}
	if err := errors.Join(contents(out, f), out.Close()); err != nil {
		return err
	}
	if at, telling := written(f.Stat); telling {
		return c.fresh.Chtimes(f.name, at, at)
	}
	return nil
}

// contents copies a file: one without a NUL at its beginning as a text in which
// secrets are covered, and of others blocks of zeros become holes.
func (c *copier) contents(out *os.File, f file) error {
	if text, err := c.isText(f); err != nil {
		return err
	} else if text {
		w := c.mask.Writer(out)
		err := c.read(f, 0, f.Size, func(data []byte, _ int64) error {
			_, err := w.Write(data)
			return err
		})
		return errors.Join(err, w.Close())
	}
	if err := out.Truncate(f.Size); err != nil {
		return err
	}
	return c.read(f, 0, f.Size, func(data []byte, at int64) error { return writeBlocks(out, data, at) })
}

// isText reports whether a file is one to cover secrets in. Nothing is read for it
// where there are none.
func (c *copier) isText(f file) (text bool, err error) {
	if c.mask == nil {
		return false, nil
	}
	text = true
	err = c.read(f, 0, min(f.Size, textPart), func(data []byte, _ int64) error {
		text = bytes.IndexByte(data, 0) < 0
		return nil
	})
	return text, err
}

// read gives the bytes of a file from one place to another in parts.
func (c *copier) read(f file, from, to int64, part func(data []byte, at int64) error) error {
	for at := from; at < to; {
		data, err := c.readFile(c.ctx, f.name, &gateway.FileRange{Offset: int(at), Length: int(min(chunk, to-at))})
		if err != nil {
			return UnreadError{fmt.Errorf("reading %q: %w", f.name, err)}
		}
		if len(data) == 0 {
			return UnreadError{fmt.Errorf("reading %q: %w", f.name, io.ErrUnexpectedEOF)}
		}
		data = data[:min(int64(len(data)), to-at)]
		if err := part(data, at); err != nil {
			return err
		}
		at += int64(len(data))
	}
	return nil
}
