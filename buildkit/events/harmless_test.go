package events

import (
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// TestHarmlessEvents has builds say what a terminal or a CI runner would obey,
// in parts where it can come in parts.
func TestHarmlessEvents(t *testing.T) {
	t.Parallel()
	const d = digest.Digest("sha256:0")
	at := time.Unix(1, 0)
	from, passed := make(chan *client.SolveStatus), make(chan *client.SolveStatus, 32)
	c := NewCollector(nil)
	send := func(stream int, parts ...string) {
		for _, part := range parts {
			passed <- c.Add(&client.SolveStatus{Logs: []*client.VertexLog{{Vertex: d, Stream: stream, Data: []byte(part)}}}, from)
		}
	}
	passed <- c.Add(&client.SolveStatus{
		Vertexes: []*client.Vertex{{Digest: d, Name: "::add-mask::a\x1b]0;x\x07\n##[error]", Started: &at}},
		Statuses: []*client.VertexStatus{{Vertex: d, ID: "\x1b[2Jid\r", Name: "\u202ename"}},
		Warnings: []*client.VertexWarning{{Vertex: d, Short: []byte("a\x00b"), URL: "http://x\x1b[m", Detail: [][]byte{[]byte("::x::")}}},
	}, from)
	send(1, "one\n:", ":error::x\n\x1b", "]52;c;")
	send(2, "other ")
	send(1, "eA==", "\x07two\xe6", "\xbc\xa2 \x1b[3")
	send(2, "stream\n")
	send(1, "1mred\n-", "--")
	passed <- c.Add(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: d, Error: "no\x1b[H", Started: &at, Completed: &at}}}, from)
	close(passed)

	logs := map[int]string{}
	for status := range passed {
		for _, v := range status.Vertexes {
			if want := ": :add-mask::a ## [error]"; v.Name != want && v.Name != "" || strings.ContainsRune(v.Error, '\x1b') {
				t.Errorf("name %q, error %q, want the name %q", v.Name, v.Error, want)
			}
		}
		for _, s := range status.Statuses {
			if s.ID != "id" || s.Name != "\ufffdname" {
				t.Errorf("status %q, %q", s.ID, s.Name)
			}
		}
		for _, w := range status.Warnings {
			if string(w.Short) != "ab" || w.URL != "http://x" || string(w.Detail[0]) != ": :x::" {
				t.Errorf("warning %q, %q, %q", w.Short, w.URL, w.Detail)
			}
		}
		for _, l := range status.Logs {
			logs[l.Stream] += string(l.Data)
		}
	}
	if want := "one\n: :error::x\ntwo漢 \x1b[31mred\x1b[0m\n ---"; logs[1] != want {
		t.Errorf("the log is %q, want %q", logs[1], want)
	}
	if want := "other stream\n"; logs[2] != want {
		t.Errorf("the other log is %q, want %q", logs[2], want)
	}
	if kept := string(c.Tail(d)); strings.Contains(kept, "]52") || !strings.Contains(kept, "two") {
		t.Errorf("%q is kept", kept)
	}
}

// TestTail keeps the end of a long log, in whole lines.
func TestTail(t *testing.T) {
	t.Parallel()
	v := &vertex{}
	for range 5000 {
		v.keep([]byte("0123456789\n"))
	}
	if n := len(v.logs); n > logTail || n < logTail-20 || v.logs[0] != '0' {
		t.Errorf("%d bytes are kept, from %q on", n, v.logs[:10])
	}
}
