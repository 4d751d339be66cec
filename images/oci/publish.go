package oci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// CanPush returns why an image cannot be pushed to a reference, as far as the
// registry tells without one: it is asked to begin an upload.
func CanPush(ctx context.Context, to name.Tag) error {
	return remote.CheckPushPermission(to, authn.DefaultKeychain, bound{ctx})
}

// bound ends requests with a context, for calls that take none.
type bound struct{ context.Context }

// RoundTrip does a request.
func (b bound) RoundTrip(r *http.Request) (*http.Response, error) {
	return remote.DefaultTransport.RoundTrip(r.WithContext(b.Context))
}

// Push writes an image to a registry, with the credentials of Docker's
// configuration, and returns its reference with the digest.
func Push(ctx context.Context, to name.Tag, image Published) (name.Digest, error) {
	digest, err := image.Digest()
	if err != nil {
		return name.Digest{}, err
	}
	at := to.Context().Digest(digest.String())
	if err := remote.Push(to, image, options(ctx)...); err != nil {
		return at, fmt.Errorf("pushing %s: %w", to, err)
	}
	return at, nil
}

// CheckLayout returns an error if a directory has other things in it than an
// OCI layout, which would replace them.
func CheckLayout(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) == 0:
		return nil
	}
	if _, err := layout.FromPath(dir); err != nil {
		return fmt.Errorf("%s is not empty and no OCI layout; name another directory or remove it", dir)
	}
	return nil
}

// WriteLayout makes a directory an OCI layout of one image, in the place of the
// layout that it was before.
func WriteLayout(dir string, image Published) (err error) {
	if err := CheckLayout(dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing the OCI layout %s: %w", dir, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	path, err := layout.Write(fresh, empty.Index)
	if err != nil {
		return err
	}
	switch image := image.(type) {
	case v1.ImageIndex:
		err = path.AppendIndex(image)
	case v1.Image:
		err = path.AppendImage(image)
	}
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(fresh, dir)
}

// WriteTarball writes the image of one platform in the form that docker load
// takes.
func WriteTarball(w io.Writer, tag name.Tag, image v1.Image) error {
	return tarball.Write(tag, image, w)
}

// For finds the part for a platform.
func For(parts []Part, want v1.Platform) (Part, bool) {
	for _, p := range parts {
		if fits(p.Platform, want) {
			return p, true
		}
	}
	return Part{}, false
}
