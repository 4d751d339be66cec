package buildkit

import (
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
)

// copier copies the files of a result to a fresh directory. What an earlier run
// left in the directory that it is to replace is linked instead.
type copier struct {
	reader
	ctx   context.Context // that of its group
	group *errgroup.Group
	fresh *os.Root
	// parent holds both directories, which are called from and to there.
	parent   *os.Root
	from, to string
}

// newCopier has fresh and dir in one directory; dir need not exist.
func newCopier(ctx context.Context, r reader, fresh, dir string) (*copier, error) {
	root, err := os.OpenRoot(fresh)
	if err != nil {
		return nil, err
	}
	parent, err := os.OpenRoot(filepath.Dir(fresh))
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	c := &copier{reader: r, fresh: root, parent: parent, from: filepath.Base(dir), to: filepath.Base(fresh)}
	c.group, c.ctx = errgroup.WithContext(ctx)
	c.group.SetLimit(readers)
	return c, nil
}

func (c *copier) close() error { return errors.Join(c.fresh.Close(), c.parent.Close()) }

func (c *copier) dir(dir string) error {
	entries, err := c.readDir(c.ctx, dir)
	if err != nil {
		return fmt.Errorf("reading %s: %w", dir, err)
	}
	for _, st := range entries {
		name := path.Join(dir, path.Base(st.Path))
		if path.Base(st.Path) != st.Path || !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("the builder sent the file name %q, which is refused", st.Path)
		}
		switch mode := fs.FileMode(st.Mode); {
		case mode.IsDir():
			if err := c.fresh.Mkdir(name, 0o755); err != nil {
				return err
			}
			if err := c.dir(name); err != nil {
				return err
			}
		case mode.IsRegular() && !c.reuse(name, st):
			c.group.Go(func() error { return c.file(name, st) })
		}
	}
	return nil
}

// written is when a file was written, and whether that tells it from others: a
// time of whole seconds can be one that was set.
func written(st *types.Stat) (at time.Time, telling bool) {
	at = time.Unix(0, st.ModTime)
	return at, at.Nanosecond() != 0
}

// reuse links a file that an earlier run copied here, if it still is as it was
// then: the result of a check that did not run again is what it was, and
// programs are big. It is looked at after that, as another run may change what
// is there at any time.
func (c *copier) reuse(name string, st *types.Stat) bool {
	at, telling := written(st)
	if !telling || c.parent.Link(path.Join(c.from, name), path.Join(c.to, name)) != nil {
		return false
	}
	info, err := c.fresh.Lstat(name)
	same := err == nil && info.Mode().IsRegular() && info.Size() == st.Size && info.ModTime().Equal(at) &&
		info.Mode()&0o100 == fs.FileMode(st.Mode)&0o100
	if !same {
		_ = c.fresh.Remove(name) // Where that fails, so does making the file.
	}
	return same
}

func (c *copier) file(name string, st *types.Stat) (err error) {
	out, err := c.fresh.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644|fs.FileMode(st.Mode)&0o111)
	if err != nil {
		return err
	}
	if err := errors.Join(c.contents(out, name, st.Size), out.Close()); err != nil {
		return err
	}
	if at, telling := written(st); telling {
		return c.fresh.Chtimes(name, at, at)
	}
	return nil
}

func (c *copier) contents(out io.Writer, name string, size int64) error {
	for at := int64(0); at < size; {
		data, err := c.readFile(c.ctx, name, &gateway.FileRange{Offset: int(at), Length: chunk})
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		if len(data) == 0 {
			return fmt.Errorf("reading %s: %w", name, io.ErrUnexpectedEOF)
		}
		if _, err := out.Write(data); err != nil {
			return err
		}
		at += int64(len(data))
	}
	return nil
}
