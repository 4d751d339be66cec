package events

import (
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"
)

// Span is a time in which something went on.
type Span struct{ From, To time.Time }

// Union is the time in which at least one span was going on.
func Union(spans []Span) time.Duration {
	slices.SortFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) })
	var sum time.Duration
	var until time.Time
	for _, s := range spans {
		if s.From.Before(until) {
			s.From = until
		}
		if s.To.After(s.From) {
			sum += s.To.Sub(s.From)
			until = s.To
		}
	}
	return sum
}

// spans are the times in which a vertex ran, without what was before a time.
func (v *vertex) spans(began time.Time) []Span {
	spans := make([]Span, 0, len(v.intervals))
	for from, to := range v.intervals {
		switch {
		case !to.IsZero() && to.Before(began):
		case from.Before(began):
			spans = append(spans, Span{began, to})
		default:
			spans = append(spans, Span{from, to})
		}
	}
	return spans
}

// Spans are the times in which a vertex ran, as far as they have ended.
func (c *Collector) Spans(dgst digest.Digest) []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.vertices[dgst]; v != nil {
		return v.spans(c.clock.beginning())
	}
	return nil
}
