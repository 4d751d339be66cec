package buildkit

import (
	"fmt"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
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
	events := make(chan *client.SolveStatus)
	first := m.Name() == s.first
	s.events.Go(func() {
		for status := range events {
			if !first {
				status = elsewhere(status, m.Name())
			}
			s.req.Events <- status
		}
	})
	return events
}

// elsewhere renames what a builder says of its vertices.
func elsewhere(status *client.SolveStatus, builder string) *client.SolveStatus {
	rename := func(d digest.Digest) digest.Digest { return digest.FromString(builder + "\x00" + d.String()) }
	renamed := &client.SolveStatus{}
	for _, v := range status.Vertexes {
		own := *v
		own.Digest, own.Name = rename(v.Digest), v.Name+" ("+builder+")"
		own.Inputs = nil
		for _, input := range v.Inputs {
			own.Inputs = append(own.Inputs, rename(input))
		}
		renamed.Vertexes = append(renamed.Vertexes, &own)
	}
	for _, v := range status.Statuses {
		own := *v
		own.Vertex = rename(v.Vertex)
		renamed.Statuses = append(renamed.Statuses, &own)
	}
	for _, v := range status.Logs {
		own := *v
		own.Vertex = rename(v.Vertex)
		renamed.Logs = append(renamed.Logs, &own)
	}
	for _, v := range status.Warnings {
		own := *v
		own.Vertex = rename(v.Vertex)
		renamed.Warnings = append(renamed.Warnings, &own)
	}
	return renamed
}
