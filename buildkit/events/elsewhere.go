package events

import (
	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// Elsewhere renames what a builder says of its vertices: the same vertex can run
// on several builders.
func Elsewhere(status *client.SolveStatus, builder string) *client.SolveStatus {
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
