package events

import (
	"maps"
	"strings"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// Pull is the transfer of one blob.
type Pull struct {
	Span
	Size int64 // in bytes
}

// addPull keeps a status that is the transfer of a blob. Others of a vertex,
// such as the sending of local files, have no digest for a name.
func (v *vertex) addPull(event *client.VertexStatus) {
	dgst := event.ID[strings.LastIndexByte(event.ID, ' ')+1:]
	if digest.Digest(dgst).Validate() != nil || event.Started == nil {
		return
	}
	if v.pulls == nil {
		v.pulls = map[string]Pull{}
	}
	p := v.pulls[dgst]
	p.Size = max(p.Size, event.Total)
	if p.From.IsZero() || event.Started.Before(p.From) {
		p.From = *event.Started
	}
	if event.Completed != nil && event.Completed.After(p.To) {
		p.To = *event.Completed
	}
	v.pulls[dgst] = p
}

// Pulls are the blobs that were transferred for vertices, by their digests.
func (c *Collector) Pulls(vertices []digest.Digest) map[string]Pull {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]Pull{}
	for _, dgst := range vertices {
		if v := c.vertices[dgst]; v != nil {
			maps.Copy(all, v.pulls)
		}
	}
	return all
}
