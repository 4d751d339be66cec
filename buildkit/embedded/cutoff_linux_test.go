package embedded

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"
)

// slowStore is the content of an OCI layout that hands out no more than some
// of it until it is told to.
type slowStore struct {
	content.Store
	// limit is where a read stops, and stopped is closed at the first.
	limit   atomic.Int64
	stopped chan struct{}
	once    atomic.Bool
}

type slowReader struct {
	content.ReaderAt
	store *slowStore
	ctx   context.Context
}

func (s *slowStore) ReaderAt(ctx context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	r, err := s.Store.ReaderAt(ctx, desc)
	return slowReader{r, s, ctx}, err
}

func (r slowReader) ReadAt(p []byte, offset int64) (int, error) {
	if limit := r.store.limit.Load(); limit > 0 && offset >= limit {
		if r.store.once.CompareAndSwap(false, true) {
			close(r.store.stopped)
		}
		select {
		case <-r.ctx.Done():
		case <-time.After(5 * time.Second):
		}
		return 0, errors.New("cut off")
	}
	return r.ReaderAt.ReadAt(p, offset)
}

// newLayout makes an OCI layout with a large layer.
func newLayout(t *testing.T) (store *slowStore, state llb.State) {
	t.Helper()
	image, err := random.Image(24<<20, 1)
	mustDo(t, err)
	dir := t.TempDir()
	path, err := layout.Write(dir, empty.Index)
	mustDo(t, err, path.AppendImage(image))
	dgst, err := image.Digest()
	mustDo(t, err)
	files, err := contentlocal.NewStore(dir)
	mustDo(t, err)
	rootfs := llb.OCILayout("local/image@"+dgst.String(), llb.OCIStore("", "image"))
	return &slowStore{Store: files, stopped: make(chan struct{})}, rootfs.File(llb.Mkdir("/made", 0o755))
}

// copyLayout has a builder copy the layout.
func copyLayout(ctx context.Context, t *testing.T, address string, store content.Store, state llb.State) error {
	t.Helper()
	c, err := client.New(ctx, address)
	if err != nil {
		return err
	}
	defer c.Close()
	definition, err := state.Marshal(ctx)
	mustDo(t, err)
	_, err = c.Solve(ctx, definition, client.SolveOpt{OCIStores: map[string]content.Store{"image": store}}, nil)
	return err
}

// TestCutOffCopy ends a copy of an image in the middle, by the end of its
// client or of the builder. The part that is there was in the way of all that
// came later, for ever: a layout cannot be read from an offset.
func TestCutOffCopy(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]bool{"client gone": false, "builder killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newState(t)
			address, _ := ensure(t, o)
			store, state := newLayout(t)
			store.limit.Store(8 << 20)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- copyLayout(ctx, t, address, store, state) }()
			select {
			case <-store.stopped:
			case err := <-done:
				t.Fatalf("it ended before: %v", err)
			}
			if killed {
				mustDo(t, unix.Kill(status(t, o).PID, unix.SIGKILL))
			} else {
				cancel()
			}
			if err := <-done; err == nil {
				t.Fatal("the copy was not cut off")
			}
			store.limit.Store(0)
			if killed {
				awaitGone(t, o)
				address, _ = ensure(t, o)
			}
			err := copyLayout(t.Context(), t, address, store, state)
			if !killed && err != nil {
				t.Logf("the next run: %v", err)
				err = copyLayout(t.Context(), t, address, store, state)
			}
			if err != nil {
				t.Errorf("the next run: %v", err)
			}
		})
	}
}
