package cache

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

// TestLocalTogether has six runs that write the same stage and checks of their
// own to one directory at once, beside a reader. Without the lock, records of
// about every second run were lost.
func TestLocalTogether(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	address := buildkittest.Start(t)
	runs := make([]*trial, 6)
	for i := range runs {
		runs[i] = newTrial(t, address, Cache{Type: "local", Import: []string{dir}, Export: dir})
		for _, check := range runs[i].run.Checks {
			runs[i].run.Records[check] += "-" + strconv.Itoa(i)
		}
	}
	over := make(chan struct{})
	var reader, writers sync.WaitGroup
	reader.Go(func() {
		for {
			if _, err := localRecord(t.Context(), dir, "deps-check"); err != nil {
				t.Errorf("reading beside the writers: %v", err)
			}
			select {
			case <-over:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	for _, r := range runs {
		writers.Go(func() {
			r.Export("deps check")
			r.work(t)
			r.Wait()
		})
	}
	writers.Wait()
	close(over)
	reader.Wait()
	for i, r := range runs {
		fact := r.fact()
		if want := []string{"deps check", "one", "two"}; !slices.Equal(fact.Saved, want) || len(fact.Problems) > 0 {
			t.Errorf("run %d saved %q, problems %q", i, fact.Saved, fact.Problems)
		}
		for _, record := range r.run.Records {
			if dgst, err := localRecord(t.Context(), dir, record); dgst == "" || err != nil {
				t.Errorf("%s is not there: %v", record, err)
			} else if _, err := os.Stat(filepath.Join(dir, "blobs", "sha256", dgst.Encoded())); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestLocalLockEnds gives up waiting when the time for exports is over.
func TestLocalLockEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unlock, err := lockLocal(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	over := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(2*lockPause, func() { cancel(over) })
	if _, err := lockLocal(ctx, dir); !errors.Is(err, over) {
		t.Errorf("a lock that is taken: %v", err)
	}
	unlock()
	unlock, err = lockLocal(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// TestLocalRecordHalfWritten reads an index that is being written.
func TestLocalRecordHalfWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if dgst, err := localRecord(t.Context(), dir, "a"); dgst != "" || err != nil {
		t.Errorf("nothing is there: %q, %v", dgst, err)
	}
	file := filepath.Join(dir, ocispecs.ImageIndexFile)
	index := ocispecs.Index{Manifests: []ocispecs.Descriptor{{Digest: "sha256:1", Annotations: map[string]string{ocispecs.AnnotationRefName: "a"}}}}
	text, err := json.Marshal(index)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(3*lockPause, func() { _ = os.WriteFile(file, text, 0o600) })
	if dgst, err := localRecord(t.Context(), dir, "a"); dgst != "sha256:1" || err != nil {
		t.Errorf("got %q, %v", dgst, err)
	}
}

// TestLocalIndexElsewhere wants an index that is a plain file of the directory:
// what is in a workspace can be anything.
func TestLocalIndexElsewhere(t *testing.T) {
	t.Parallel()
	index := filepath.Join(t.TempDir(), "index")
	if err := os.WriteFile(index, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{os.DevNull, index} {
		dir := t.TempDir()
		if err := os.Symlink(to, filepath.Join(dir, ocispecs.ImageIndexFile)); err != nil {
			t.Fatal(err)
		}
		if _, err := localRecord(t.Context(), dir, "x"); err == nil {
			t.Errorf("read an index through a link to %s", to)
		}
	}
}
