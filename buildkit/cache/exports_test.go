package cache

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestExportInterrupted leaves an export that has begun its time when the run
// is cancelled, and no more.
func TestExportInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := newExports(ctx, exportTimeout)
		cancel()
		time.Sleep(exportGrace - time.Nanosecond)
		synctest.Wait()
		if err := e.ctx.Err(); err != nil {
			t.Errorf("the export ended before its time: %v", err)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := context.Cause(e.ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("after its time: %v", err)
		}
	})
}

// TestExportTimeout has an export that never ends.
func TestExportTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newExports(t.Context(), exportTimeout)
		e.wg.Go(func() { <-e.ctx.Done() })
		began := time.Now()
		e.limit()
		time.Sleep(time.Minute)
		e.wait()
		if took := time.Since(began); took != exportTimeout || !strings.Contains(context.Cause(e.ctx).Error(), "not done 5m0s after the last check") {
			t.Errorf("ended after %s: %v", took, context.Cause(e.ctx))
		}
	})
}
