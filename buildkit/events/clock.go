package events

import (
	"time"

	"github.com/moby/buildkit/client"
)

// clock tells what happened before a run. Of a vertex that another run has in
// use, a builder tells everything, from the beginning.
type clock struct {
	// began is when the run did, by the clock of this machine; zero takes all for
	// the run's own.
	began time.Time
	// behind is how far the builder's clock is behind this one, by the event that
	// arrived soonest: those of the past arrive late.
	behind time.Duration
	heard  bool
}

// hear compares the clocks.
func (c *clock) hear(status *client.SolveStatus) {
	var at time.Time
	for _, event := range status.Vertexes {
		at = latest(at, event.Started, event.Completed)
	}
	for _, event := range status.Statuses {
		at = latest(at, &event.Timestamp, event.Started, event.Completed)
	}
	for _, event := range status.Logs {
		at = latest(at, &event.Timestamp)
	}
	if at.IsZero() {
		return
	}
	if behind := time.Since(at); !c.heard || behind < c.behind {
		c.behind, c.heard = behind, true
	}
}

// beginning is when the run began, by the builder's clock.
func (c *clock) beginning() time.Time {
	if c.began.IsZero() {
		return c.began
	}
	return c.began.Add(-c.behind)
}

// latest is the last of some times.
func latest(at time.Time, others ...*time.Time) time.Time {
	for _, other := range others {
		if other != nil && other.After(at) {
			at = *other
		}
	}
	return at
}
