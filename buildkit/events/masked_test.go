package events

import (
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// TestMaskedEvents has a builder say a secret wherever it can, cut in two in a log.
func TestMaskedEvents(t *testing.T) {
	t.Parallel()
	const d, secret = digest.Digest("sha256:0"), "hunter2 and\x1bmore"
	at := time.Unix(1, 0)
	from := make(chan *client.SolveStatus)
	c := NewCollector(sanitize.NewMask([]byte(secret)))
	first := c.Add(&client.SolveStatus{
		Vertexes: []*client.Vertex{{Digest: d, Name: "x " + secret, Error: "no " + secret, Started: &at}},
		Statuses: []*client.VertexStatus{{Vertex: d, ID: secret, Name: secret}},
		Warnings: []*client.VertexWarning{{Vertex: d, Short: []byte(secret), URL: secret, Detail: [][]byte{[]byte(secret)}}},
		Logs:     []*client.VertexLog{{Vertex: d, Stream: 1, Data: []byte("a " + secret[:7])}, {Vertex: d, Stream: 2, Data: []byte("b " + secret[:3])}},
	}, from)
	second := c.Add(&client.SolveStatus{
		Logs:     []*client.VertexLog{{Vertex: d, Stream: 1, Data: []byte(secret[7:] + " c")}},
		Vertexes: []*client.Vertex{{Digest: d, Started: &at, Completed: &at}},
	}, from)
	v, s, w := first.Vertexes[0], first.Statuses[0], first.Warnings[0]
	for i, got := range []string{v.Name, v.Error, s.ID, s.Name, string(w.Short), w.URL, string(w.Detail[0])} {
		if want := []string{"x ***", "no ***", "***", "***", "***", "***", "***"}[i]; got != want {
			t.Errorf("text %d is %q, want %q", i, got, want)
		}
	}
	logs := map[int]string{}
	for _, l := range append(first.Logs, second.Logs...) {
		logs[l.Stream] += string(l.Data)
	}
	if logs[1] != "a *** c" || logs[2] != "b hun" {
		t.Errorf("the logs are %v", logs)
	}
	if kept := string(c.Tail(d)); strings.Contains(kept, "hunter2") || !strings.Contains(kept, "***") {
		t.Errorf("%q is kept", kept)
	}
}
