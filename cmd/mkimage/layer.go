package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
)

// dpkgStatus is dpkg's database in a root file system's tar.
const dpkgStatus = "./var/lib/dpkg/status"

// layer is a zstd-compressed layer that is a blob of a layout already.
type layer struct {
	path           string
	digest, diffID v1.Hash
	size           int64
}

func (l *layer) Digest() (v1.Hash, error)             { return l.digest, nil }
func (l *layer) DiffID() (v1.Hash, error)             { return l.diffID, nil }
func (l *layer) Size() (int64, error)                 { return l.size, nil }
func (l *layer) MediaType() (types.MediaType, error)  { return types.OCILayerZStd, nil }
func (l *layer) Compressed() (io.ReadCloser, error)   { return os.Open(l.path) }
func (l *layer) Uncompressed() (io.ReadCloser, error) { return nil, errors.ErrUnsupported }

// writeLayer adds a tar to the blobs of the layout in dir, compressed at zstd's
// lowest level: loading fast matters more than size. It returns the versions of
// the packages that dpkg knows there, too.
func writeLayer(dir string, tarball io.Reader) (*layer, map[string]string, error) {
	blobs := filepath.Join(dir, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return nil, nil, err
	}
	file, err := os.CreateTemp(blobs, ".layer-")
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if err := file.Chmod(0o644); err != nil {
		return nil, nil, err
	}

	digest, diffID := sha256.New(), sha256.New()
	// The bytes depend on the concurrency.
	encoder, err := zstd.NewWriter(io.MultiWriter(file, digest),
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2))
	if err != nil {
		return nil, nil, err
	}
	versions, err := scan(io.TeeReader(tarball, io.MultiWriter(encoder, diffID)))
	if err := errors.Join(err, encoder.Close()); err != nil {
		return nil, nil, err
	}

	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	l := &layer{size: info.Size(), digest: hashOf(digest), diffID: hashOf(diffID)}
	l.path = filepath.Join(blobs, l.digest.Hex)
	return l, versions, os.Rename(file.Name(), l.path)
}

// scan reads a root file system's tar to its end and returns the versions of
// the packages in it.
func scan(tarball io.Reader) (map[string]string, error) {
	var versions map[string]string
	files := tar.NewReader(tarball)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the root file system: %w", err)
		}
		if header.Name != dpkgStatus {
			continue
		}
		if versions, err = readVersions(files); err != nil {
			return nil, fmt.Errorf("reading %s: %w", dpkgStatus, err)
		}
	}
	// Padding follows the end of the archive.
	if _, err := io.Copy(io.Discard, tarball); err != nil {
		return nil, fmt.Errorf("reading the root file system: %w", err)
	}
	return versions, nil
}

func hashOf(sum hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
}
