package buildkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil/types"
)

// reader reads the files of a result: a reference, or a mount of a container
// made of what a failed process left behind.
type reader interface {
	readDir(ctx context.Context, dir string) ([]*types.Stat, error)
	readFile(ctx context.Context, name string, at *gateway.FileRange) ([]byte, error)
}

// fromRef reads what a solve came to.
func fromRef(ref gateway.Reference) reader { return refReader{ref} }

// fromMount reads one of the mounts of a container, by its index. The container
// needs no process.
func fromMount(c gateway.Container, index int) reader { return mountReader{c, index} }

type refReader struct{ ref gateway.Reference }

func (r refReader) readDir(ctx context.Context, dir string) ([]*types.Stat, error) {
	return r.ref.ReadDir(ctx, gateway.ReadDirRequest{Path: dir})
}

func (r refReader) readFile(ctx context.Context, name string, at *gateway.FileRange) ([]byte, error) {
	return r.ref.ReadFile(ctx, gateway.ReadRequest{Filename: name, Range: at})
}

type mountReader struct {
	container gateway.Container
	index     int
}

func (r mountReader) readDir(ctx context.Context, dir string) ([]*types.Stat, error) {
	return r.container.ReadDir(ctx, gateway.ReadDirContainerRequest{ReadDirRequest: gateway.ReadDirRequest{Path: path.Join("/", dir)}, MountIndex: r.index})
}

func (r mountReader) readFile(ctx context.Context, name string, at *gateway.FileRange) ([]byte, error) {
	return r.container.ReadFile(ctx, gateway.ReadContainerRequest{ReadRequest: gateway.ReadRequest{Filename: path.Join("/", name), Range: at}, MountIndex: r.index})
}

const (
	// chunk keeps answers below the 16 MB limit of gRPC messages.
	chunk = 8 << 20
	// readers is how many files are read at once.
	readers = 8
)

// place is where the output of a node goes.
type place struct {
	// output is the directory for all outputs, name the one below it for this.
	output, name string
	// previous is a directory below output where an earlier run can have left
	// the same, beside its own place; "" for none.
	previous string
	limits   OutputLimits
}

// dir is the directory that the output goes to.
func (p place) dir() string { return filepath.Join(p.output, p.name) }

// unread marks errors of reading a result: those of the builder, not of the
// files that are written here.
type unread struct{ error }

func (e unread) Unwrap() error { return e.error }

// save copies the files of a result to its directory. They appear there all
// together, in place of what was there before, or not at all. Symbolic links
// are not followed and not made: a name that comes from a builder must not lead
// out of the directory.
func save(ctx context.Context, r reader, to place) (err error) {
	dir := to.dir()
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("making the output directory: %w", err)
	}
	fresh, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+"-*")
	if err != nil {
		return fmt.Errorf("making the output directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	c, err := newCopier(ctx, r, fresh, to)
	if err != nil {
		return fmt.Errorf("writing results to %s: %w", dir, err)
	}
	if err := errors.Join(c.run(), c.close()); err != nil {
		return fmt.Errorf("writing results to %s: %w", dir, err)
	}
	return replace(fresh, dir)
}

// replaceAttempts covers other runs that write to the same output directory.
const replaceAttempts = 10

// replace puts a directory in the place of another. Where the system can, they
// change places at once: another run may be reading there, and finds the
// results of one run or of the other. What was replaced is then called fresh.
func replace(fresh, dir string) (err error) {
	for range replaceAttempts {
		if err = exchange(fresh, dir); err == nil {
			return nil
		}
		if err = os.RemoveAll(dir); err == nil {
			if err = os.Rename(fresh, dir); err == nil {
				return nil
			}
		}
	}
	return fmt.Errorf("replacing %s: %w", dir, err)
}
