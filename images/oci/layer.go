package oci

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
)

// layer is a layer in a file.
type layer struct {
	file           string
	digest, diffID v1.Hash
	size           int64
}

func (l *layer) Digest() (v1.Hash, error)            { return l.digest, nil }
func (l *layer) DiffID() (v1.Hash, error)            { return l.diffID, nil }
func (l *layer) Size() (int64, error)                { return l.size, nil }
func (l *layer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }
func (l *layer) Compressed() (io.ReadCloser, error)  { return os.Open(l.file) }

func (l *layer) Uncompressed() (io.ReadCloser, error) {
	file, err := os.Open(l.file)
	if err != nil {
		return nil, err
	}
	unzip, err := gzip.NewReader(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{unzip, file}, nil
}

// NewLayer packs a tree into a file in the directory dir, which has to stay as
// long as the layer is used. Entries are sorted and bear the time given, so
// that equal trees give equal bytes. Compression is that of a module whose
// version go.mod pins: the standard library's may change with Go's.
func NewLayer(dir string, tree Tree, at time.Time) (v1.Layer, error) {
	return write(dir, func(w io.Writer) error { return pack(w, tree, at) })
}

// write makes a layer in the directory dir of the tar that pack writes.
func write(dir string, pack func(io.Writer) error) (v1.Layer, error) {
	file, err := os.CreateTemp(dir, "layer-")
	if err != nil {
		return nil, fmt.Errorf("packing the layer: %w", err)
	}
	digest, diffID := sha256.New(), sha256.New()
	zip, err := gzip.NewWriterLevel(io.MultiWriter(file, digest), gzip.DefaultCompression)
	if err == nil {
		err = errors.Join(pack(io.MultiWriter(zip, diffID)), zip.Close())
	}
	info, statErr := file.Stat()
	if err = errors.Join(err, statErr, file.Close()); err != nil {
		return nil, fmt.Errorf("packing the layer: %w", err)
	}
	return &layer{file: filepath.Clean(file.Name()), size: info.Size(), digest: hashOf(digest), diffID: hashOf(diffID)}, nil
}

func hashOf(sum hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
}

// pack writes a tree as a tar, each directory before what is in it.
func pack(w io.Writer, tree Tree, at time.Time) error {
	entries := maps.Clone(tree)
	for name := range tree {
		if !fs.ValidPath(name) || name == "." {
			return fmt.Errorf("%q is not a path in an image", name)
		}
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if f, ok := entries[dir]; ok && !f.Mode.IsDir() {
				return fmt.Errorf("/%s is a file and a directory", dir)
			} else if !ok {
				entries[dir] = File{Mode: fs.ModeDir | 0o755}
			}
		}
	}
	// A slash sorts before all else: dir, dir/file, dir-b.
	names := slices.SortedFunc(maps.Keys(entries), func(a, b string) int {
		return strings.Compare(strings.ReplaceAll(a, "/", "\x00"), strings.ReplaceAll(b, "/", "\x00"))
	})
	out := tar.NewWriter(w)
	for _, name := range names {
		if err := packFile(out, name, entries[name], at); err != nil {
			return fmt.Errorf("/%s: %w", name, err)
		}
	}
	return out.Close()
}

func packFile(out *tar.Writer, name string, f File, at time.Time) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: f.Size, ModTime: at, Mode: int64(f.Mode.Perm()), Uid: f.UID, Gid: f.GID}
	for bit, of := range map[int64]fs.FileMode{0o1000: fs.ModeSticky, 0o2000: fs.ModeSetgid, 0o4000: fs.ModeSetuid} {
		if f.Mode&of != 0 {
			header.Mode |= bit
		}
	}
	if f.Mode&fs.ModeSymlink != 0 {
		header.Typeflag, header.Linkname = tar.TypeSymlink, f.Target
		return out.WriteHeader(header)
	}
	if f.Mode.IsDir() {
		header.Typeflag, header.Name = tar.TypeDir, name+"/"
		return out.WriteHeader(header)
	}
	if err := out.WriteHeader(header); err != nil {
		return err
	}
	in, err := f.open()
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, in.Close())
}
