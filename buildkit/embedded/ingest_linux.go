package embedded

import (
	"context"

	"github.com/containerd/containerd/v2/core/content"
	containerdsnapshot "github.com/moby/buildkit/snapshot/containerd"
	digest "github.com/opencontainers/go-digest"
)

// ingests are where the content store keeps what is being copied.
const ingests = "runc-*/content/ingest/*"

// patient is a content store in which a copy that was cut off does not stand
// in the way of the next one. BuildKit (0.34) goes on where the first ended,
// which not every source can: an OCI layout of a session cannot, and every
// later attempt would fail.
type patient struct{ content.Store }

func newPatient(s *containerdsnapshot.Store) *containerdsnapshot.Store {
	return containerdsnapshot.NewContentStore(patient{s.Store}, s.Namespace())
}

// Writer begins a copy, or goes on with one.
func (s patient) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	w, err := s.Store.Writer(ctx, opts...)
	if err != nil {
		return nil, err
	}
	if status, err := w.Status(); err == nil && status.Offset > 0 {
		return &resumed{Writer: w}, nil
	}
	return w, nil
}

// resumed is a writer that goes on with a copy. If nothing comes, the next
// attempt begins at the start.
type resumed struct {
	content.Writer
	moved bool
}

// Write adds to what is there.
func (w *resumed) Write(p []byte) (int, error) {
	w.moved = w.moved || len(p) > 0
	return w.Writer.Write(p)
}

// Commit ends the copy.
func (w *resumed) Commit(ctx context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	err := w.Writer.Commit(ctx, size, expected, opts...)
	w.moved = w.moved || err == nil
	return err
}

// Close leaves what was copied for the next attempt.
func (w *resumed) Close() error {
	if !w.moved {
		_ = w.Truncate(0) // the next attempt finds out
	}
	return w.Writer.Close()
}
