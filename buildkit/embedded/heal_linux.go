package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/moby/buildkit/identity"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

const (
	// uncleanName is there from before a builder opens its databases until it
	// has closed them.
	uncleanName = "unclean"
	// resultsDB says which results the worker has, and is nothing without them.
	resultsDB = "cache.db"
)

// begin marks the state directory as one in use, and reports whether the last
// builder that did so never came to its end.
func (h home) begin() (unclean bool, err error) {
	_, err = h.root.Lstat(uncleanName)
	unclean = err == nil
	f, err := h.openFile(uncleanName, unix.O_CREAT)
	if err != nil {
		return unclean, fmt.Errorf("builder state directory: %w", err)
	}
	return unclean, errors.Join(f.Sync(), f.Close())
}

// end takes the mark away.
func (h home) end() error { return h.root.Remove(uncleanName) }

// heal drops what a crash of the machine has left in pieces: BuildKit would
// fail at every start, or at every use. It returns what it dropped, in a line.
// An intact state of 10 GB is looked at in well under a second.
func (h home) heal() (lost string, err error) {
	for _, name := range []string{"history.db", resultsDB} {
		if why := h.broken(name); why != nil {
			lost += fmt.Sprintf("%s (%v) ", name, why)
			err = errors.Join(err, h.root.RemoveAll(name))
		}
	}
	workers, globErr := h.directories("runc-*")
	err = errors.Join(err, globErr)
	for _, worker := range workers {
		if why := h.brokenWorker(worker); why != nil {
			// Snapshots, blobs and what is known of them are no good without
			// one another.
			lost += fmt.Sprintf("%s (%v) ", worker, why)
			err = errors.Join(err, h.root.RemoveAll(worker), h.root.RemoveAll(resultsDB))
		}
	}
	return strings.TrimSpace(lost), err
}

func (h home) brokenWorker(worker string) error {
	for _, name := range []string{"containerdmeta.db", "metadata_v2.db", "snapshots/metadata.db"} {
		if err := h.broken(path.Join(worker, name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if info, err := h.root.Lstat(path.Join(worker, "workerid")); err == nil && info.Size() != int64(len(identity.NewID())) {
		return errors.New("workerid: cut off")
	}
	return h.view(path.Join(worker, "containerdmeta.db"), func(tx *bolt.Tx) error { return h.blobs(tx, worker) })
}

// broken returns what is wrong with a database, if it is there.
func (h home) broken(name string) error {
	return h.view(name, func(tx *bolt.Tx) error {
		if info, err := h.root.Stat(name); err != nil || info.Size() < tx.Size() {
			return errors.New("cut off")
		}
		return tx.ForEach(func(_ []byte, b *bolt.Bucket) error { return readAll(b) })
	})
}

// view reads a database. A page that is not there is a fault of the processor,
// and one with nonsense a panic.
func (h home) view(name string, read func(*bolt.Tx) error) (err error) {
	if _, err := h.root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("unreadable: %v", r)
		}
	}()
	// Read only, it is neither changed nor is its list of free pages made.
	db, err := bolt.Open(filepath.Join(h.path, name), 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return err
	}
	err = db.View(read)
	return errors.Join(err, db.Close())
}

func readAll(b *bolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v != nil {
			return nil
		}
		nested := b.Bucket(k)
		if nested == nil {
			return errors.New("a bucket is missing")
		}
		return readAll(nested)
	})
}

// blobs compares the sizes of blobs with those that containerd has noted.
func (h home) blobs(tx *bolt.Tx, worker string) error {
	b := tx.Bucket([]byte("v1"))
	for _, name := range []string{"buildkit", "content", "blob"} {
		if b != nil {
			b = b.Bucket([]byte(name))
		}
	}
	if b == nil {
		return nil
	}
	return b.ForEachBucket(func(dgst []byte) error {
		want, n := binary.Varint(b.Bucket(dgst).Get([]byte("size")))
		if n <= 0 {
			return nil
		}
		algorithm, hex, _ := strings.Cut(string(dgst), ":")
		info, err := h.root.Lstat(path.Join(worker, "content", "blobs", algorithm, hex))
		if err != nil {
			return fmt.Errorf("a blob is not there: %s", dgst)
		}
		if info.Size() != want {
			return fmt.Errorf("a blob has %d bytes of %d: %s", info.Size(), want, dgst)
		}
		return nil
	})
}
