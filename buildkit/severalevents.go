package buildkit

import (
	"fmt"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/events"
)

// note says what builders do, as a step of its own in the display.
func (s *several) note(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	s.notes = append(s.notes, note)
	if s.req.Events != nil {
		now := time.Now()
		s.req.Events <- &client.SolveStatus{Vertexes: []*client.Vertex{{
			Digest: digest.FromString(note), Name: "[builders] " + note, Started: &now, Completed: &now,
		}}}
	}
}

// forward passes on the events of a builder. Those of all but the one that led
// first get the builder's name: the same vertex can run on several.
func (s *several) forward(m Member) chan<- *client.SolveStatus {
	own := make(chan *client.SolveStatus)
	first := m.Name() == s.first
	s.events.Go(func() {
		for status := range own {
			if !first {
				status = events.Elsewhere(status, m.Name())
			}
			s.req.Events <- status
		}
	})
	return own
}
