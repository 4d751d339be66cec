package cache

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// exportTimeout is how long an export may go on when all checks are done,
	// unless the run wants another time.
	exportTimeout = 5 * time.Minute
	// exportGrace is what an interrupted run leaves to exports that began. A
	// CI service that cancels a job kills it after ten seconds or so.
	exportGrace = 5 * time.Second
	// exportsAtOnce bounds what is compressed beside running checks.
	exportsAtOnce = 2
)

// exports are the exports of a run, each in a build of its own: BuildKit
// exports when a build is over, and a run must not wait for its end to save
// what took longest.
type exports struct {
	wg     sync.WaitGroup
	slots  chan struct{}
	ctx    context.Context
	cancel context.CancelCauseFunc
	// timeout is how long exports may go on when all else is done, and timer
	// is running then.
	timeout time.Duration
	timer   *time.Timer

	mu      sync.Mutex
	started map[string]*export // by node
}

// export is that of one node to all caches.
type export struct {
	// done is closed when the export is over. There is then a record that others
	// find if shared is true.
	done   chan struct{}
	shared atomic.Bool
}

func newExports(ctx context.Context, timeout time.Duration) *exports {
	e := &exports{slots: make(chan struct{}, exportsAtOnce), started: map[string]*export{}, timeout: timeout}
	e.ctx, e.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		time.AfterFunc(exportGrace, func() { e.cancel(context.Cause(ctx)) })
	})
	return e
}

// begin is the export of a node, and whether it is a new one: there is one in a
// run.
func (e *exports) begin(node string) (started *export, fresh bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.started[node] == nil {
		e.started[node], fresh = &export{done: make(chan struct{})}, true
	}
	return e.started[node], fresh
}

// any reports whether an export has begun.
func (e *exports) any() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.started) > 0
}

// limit starts the time that exports have, if it has not begun.
func (e *exports) limit() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer == nil {
		e.timer = time.AfterFunc(e.timeout, func() { e.cancel(fmt.Errorf("not done %s after the last check", e.timeout)) })
	}
}

// wait returns when all exports are done, or have had their time.
func (e *exports) wait() {
	e.limit()
	defer e.timer.Stop()
	e.wg.Wait()
	e.cancel(nil)
}
