package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// writeLogs writes the logs of a build, vertex by vertex: vertices that run at
// the same time would cut each other's lines.
func writeLogs(w io.Writer, events <-chan *client.SolveStatus) error {
	names, logs := map[digest.Digest]string{}, map[digest.Digest]*bytes.Buffer{}
	var order []digest.Digest
	for status := range events {
		for _, v := range status.Vertexes {
			if names[v.Digest] == "" {
				order = append(order, v.Digest)
				logs[v.Digest] = &bytes.Buffer{}
			}
			names[v.Digest] = v.Name
			if v.Completed != nil && v.Started != nil {
				fmt.Fprintf(logs[v.Digest], "# %.3f s, cached: %t\n", v.Completed.Sub(*v.Started).Seconds(), v.Cached)
			}
		}
		for _, l := range status.Logs {
			if logs[l.Vertex] != nil {
				logs[l.Vertex].Write(l.Data)
			}
		}
	}
	for _, dgst := range order {
		if _, err := fmt.Fprintf(w, "\n## %s\n%s", names[dgst], logs[dgst]); err != nil {
			return err
		}
	}
	return nil
}
