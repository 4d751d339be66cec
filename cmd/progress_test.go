package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// redRun are the events of a run with a check that fails, cached stages and
// steps of cranekit's own.
func redRun() []*client.SolveStatus {
	begin := time.Now().Add(-time.Minute)
	at := func(seconds int) *time.Time {
		when := begin.Add(time.Duration(seconds) * time.Second)
		return &when
	}
	id := digest.FromString
	log := func(name, text string) *client.VertexLog {
		return &client.VertexLog{Vertex: id(name), Stream: 1, Data: []byte(text), Timestamp: *at(2)}
	}
	vertex := func(name string, started, completed *time.Time, failure string) *client.Vertex {
		return &client.Vertex{Digest: id(name), Name: name, Started: started, Completed: completed, Error: failure}
	}
	cached := vertex("[deps check] cargo check", at(0), at(0), "")
	cached.Cached = true
	const command = "process \"sh check.sh\nlong\" did not complete successfully: "
	return []*client.SolveStatus{
		{Vertexes: []*client.Vertex{vertex("[internal] scripts check.sh", at(0), at(0), ""), cached, vertex("[internal] send source", at(0), nil, "")}},
		{Statuses: []*client.VertexStatus{{ID: "transferring source: 1kB", Vertex: id("[internal] send source"), Timestamp: *at(1), Started: at(0)}}},
		{Statuses: []*client.VertexStatus{{ID: "transferring source: 9MB", Vertex: id("[internal] send source"), Timestamp: *at(4), Started: at(0)}}},
		{Vertexes: []*client.Vertex{vertex("[internal] send source", at(0), at(4), ""), vertex("[clippy] cargo clippy", at(1), nil, "")}},
		{Logs: []*client.VertexLog{log("[clippy] cargo clippy", "Compiling a\nerror: \x1b[31mthe one\x1b[0m error\n")}},
		{Vertexes: []*client.Vertex{vertex("[clippy] cargo clippy", at(1), at(6), command+"exit code: 101")}},
		{Vertexes: []*client.Vertex{vertex("[clippy] cargo clippy", at(1), at(6), command+"exit code: 101")}},
		{Vertexes: []*client.Vertex{vertex("[internal] broken", at(1), at(6), command+"exit code: 1")}},
	}
}

func display(t *testing.T, mode string) string {
	t.Helper()
	var out bytes.Buffer
	w := sanitize.NewWriter(&out, false)
	p, err := newProgress(w, mode)
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range redRun() {
		p.events <- event
	}
	close(p.events)
	if err := p.wait(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestProgress shows people what is new to them, and each error at most once:
// the reports have it.
func TestProgress(t *testing.T) {
	t.Parallel()
	plain, full := display(t, "plain"), display(t, "full")
	for text, want := range map[string]int{
		"[internal]": 0, "scripts": 0, "deps check": 0, "the one error": 0, "sh check.sh": 0, "------": 0,
		"send source": 1, "transferring source: 9MB": 1, "[clippy] cargo clippy": 1, "ERROR: exit code: 101": 1, "broken": 1,
	} {
		if got := strings.Count(plain, text); got != want {
			t.Errorf("plain has %q %d times, want %d:\n%s", text, got, want, plain)
		}
	}
	for _, text := range []string{"[internal] scripts", "[deps check] cargo check", "the one error", "CACHED"} {
		if !strings.Contains(full, text) {
			t.Errorf("full lacks %q:\n%s", text, full)
		}
	}
	if quiet := display(t, "quiet"); quiet != "" {
		t.Errorf("quiet shows %q", quiet)
	}
	var logs string
	decoder := json.NewDecoder(strings.NewReader(display(t, "json")))
	events := 0
	for decoder.More() {
		var event client.SolveStatus
		if err := decoder.Decode(&event); err != nil {
			t.Fatal(err)
		}
		for _, log := range event.Logs {
			logs += string(log.Data)
		}
		events++
	}
	if want := "Compiling a\nerror: the one error\n"; logs != want || events != len(redRun()) {
		t.Errorf("json has %d events with the log %q", events, logs)
	}
}

// TestPulse shows a line of a step that prints for long now and then, so that
// it can be seen where it hangs.
func TestPulse(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	s := newSteps(true)
	s.now = func() time.Time { return now }
	start := now
	s.shown(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:0", Name: "[test] cargo test", Started: &start}}})
	say := func(text string) {
		s.shown(&client.SolveStatus{Logs: []*client.VertexLog{{Vertex: "sha256:0", Data: []byte(text)}}})
	}
	var shown []string
	for i := range 31 {
		say(fmt.Sprintf("line %d\n\nhalf", i))
		say(" of it\n")
		for _, log := range s.pulses() {
			shown = append(shown, string(log.Data))
		}
		now = now.Add(time.Second)
	}
	say("hangs" + strings.Repeat("!", 2*longestLine) + "\nno end")
	now = now.Add(time.Minute)
	for range 2 {
		for _, log := range s.pulses() {
			shown = append(shown, string(log.Data))
		}
	}
	if len(shown) != 4 || shown[0] != "half of it\n" || !strings.HasPrefix(shown[3], "hangs!") || len(shown[3]) > longestLine+1 {
		t.Errorf("shown were %q", shown)
	}
	end := now
	s.shown(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:0", Name: "[test] cargo test", Started: &start, Completed: &end}}})
	say("late\n")
	now = now.Add(time.Minute)
	if logs := s.pulses(); len(logs) > 0 {
		t.Errorf("a step that has ended says %q", logs[0].Data)
	}
}
