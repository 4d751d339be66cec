// Package output copies what comes out of a builder to directories of this
// machine, within limits and in a form that can be shown.
package output

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil/types"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// Reader reads the files of a result: a reference, or a mount of a container
// made of what a failed process left behind.
type Reader interface {
	readDir(ctx context.Context, dir string) ([]*types.Stat, error)
	readFile(ctx context.Context, name string, at *gateway.FileRange) ([]byte, error)
	stat(ctx context.Context, name string) (*types.Stat, error)
}

// FromRef reads what a solve came to.
func FromRef(ref gateway.Reference) Reader { return refReader{ref} }

// FromMount reads one of the mounts of a container, by its index. The container
// needs no process.
func FromMount(c gateway.Container, index int) Reader { return mountReader{c, index} }

type refReader struct{ ref gateway.Reference }

func (r refReader) readDir(ctx context.Context, dir string) ([]*types.Stat, error) {
	return r.ref.ReadDir(ctx, gateway.ReadDirRequest{Path: dir})
}

func (r refReader) readFile(ctx context.Context, name string, at *gateway.FileRange) ([]byte, error) {
	return r.ref.ReadFile(ctx, gateway.ReadRequest{Filename: name, Range: at})
}

func (r refReader) stat(ctx context.Context, name string) (*types.Stat, error) {
	return r.ref.StatFile(ctx, gateway.StatRequest{Path: name})
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

func (r mountReader) stat(ctx context.Context, name string) (*types.Stat, error) {
	return r.container.StatFile(ctx, gateway.StatContainerRequest{StatRequest: gateway.StatRequest{Path: path.Join("/", name)}, MountIndex: r.index})
}

const (
	// chunk keeps answers below the 16 MB limit of gRPC messages.
	chunk = 8 << 20
	// textPart is how much of a file tells whether it is a text.
	textPart = 64 << 10
	// readers is how many files are read at once.
	readers = 8
)

// Place is where the output of a node goes.
type Place struct {
	// Output is the directory for all outputs, Name the one below it for this.
	Output, Name string
	// Previous is a directory below Output where an earlier run can have left
	// the same, beside its own; "" for none.
	Previous string
	Limits   Limits
	// Mask covers secrets in logs and other texts, nil for none.
	Mask *sanitize.Mask
}

// Dir is the directory that the output goes to.
func (p Place) Dir() string { return filepath.Join(p.Output, p.Name) }

// UnreadError is that of reading a result: the builder's, not that of files
// which are written here.
type UnreadError struct{ Err error }

func (e UnreadError) Error() string { return e.Err.Error() }

// Unwrap is what the builder answered.
func (e UnreadError) Unwrap() error { return e.Err }

// Save copies the files of a result to its directory. They appear there all
// together, in place of what was there before, or not at all. Symbolic links
// are not followed and not made: a name that comes from a builder must not lead
// out of the directory. Of an output that is refused the log is all that appears.
func Save(ctx context.Context, r Reader, to Place) error {
	err := save(ctx, r, to, (*copier).run)
	if err == nil || errors.As(err, &UnreadError{}) || ctx.Err() != nil {
		return err
	}
	if save(ctx, r, to, (*copier).runLog) == nil {
		return refusedError{err}
	}
	return err
}

// refusedError is that of an output of which the log alone was saved.
type refusedError struct{ error }

func (e refusedError) Unwrap() error { return e.error }

// CameOut is the directory of an output after [Save] ended with an error or
// none, "" where there is none.
func (p Place) CameOut(err error) string {
	if err == nil || errors.As(err, &refusedError{}) {
		return p.Dir()
	}
	return ""
}

// save puts a directory with what is copied in the place of an output.
func save(ctx context.Context, r Reader, to Place, run func(*copier) error) (err error) {
	dir := to.Dir()
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
	if err := errors.Join(run(c), c.close()); err != nil {
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
