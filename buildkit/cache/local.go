package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/config/repofs"
)

const (
	// localLock is the file in the directory of a local cache that its writers
	// lock. BuildKit has one for the index alone, which it deletes, and gives up
	// if it is taken; blobs have none, and two writers of one lose it.
	localLock = "cranekit.lock"
	// lockPause is how often a lock that is taken is asked for.
	lockPause = 50 * time.Millisecond
	// indexTries is how often an index is read that somebody is writing.
	indexTries = 20
)

// exportAlone exports a node when nobody else does to the same directory.
func (s *Set) exportAlone(ctx context.Context, c *state, node string, entry gateway.CacheOptionsEntry) (map[string]int64, error) {
	if entry.Type == "local" {
		unlock, err := lockLocal(ctx, entry.Attrs["dest"])
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	return s.exportEntry(ctx, c, node, entry)
}

// lockLocal waits until nobody else writes to the directory of a local cache,
// in this process or in another one.
func lockLocal(ctx context.Context, dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, localLock), flock.SetPermissions(0o644))
	switch _, err := lock.TryLockContext(ctx, lockPause); {
	case ctx.Err() != nil:
		return nil, errors.Join(fmt.Errorf("another run writes to %s: %w", dir, context.Cause(ctx)), lock.Close())
	case errors.Is(err, errors.ErrUnsupported): // a file system without locks
	case err != nil:
		return nil, errors.Join(err, lock.Close())
	}
	return func() { _ = lock.Close() }, nil
}

// localRecord finds a record in the index of a local cache, without a lock:
// a reader that has BuildKit's makes its writers give up. The digest is empty
// where there is none.
func localRecord(ctx context.Context, dir, tag string) (digest.Digest, error) {
	index, err := readIndex(dir)
	for tries := 1; err != nil && tries < indexTries && ctx.Err() == nil; tries++ {
		time.Sleep(lockPause) // it is written in place
		index, err = readIndex(dir)
	}
	if err != nil {
		return "", err
	}
	for _, m := range index.Manifests {
		if m.Annotations[ocispecs.AnnotationRefName] == tag {
			return m.Digest, nil
		}
	}
	return "", nil
}

// indexLimit is more than any index has, in bytes: about 150 a record.
const indexLimit = 64 << 20

func readIndex(dir string) (index ocispecs.Index, err error) {
	file := filepath.Join(dir, ocispecs.ImageIndexFile)
	data, err := repofs.ReadWithin(dir, file, indexLimit)
	if errors.Is(err, fs.ErrNotExist) { // a cache that is not there yet is empty
		return index, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &index)
	}
	if err != nil {
		err = fmt.Errorf("reading %s: %w", file, err)
	}
	return index, err
}
