package cmd

import (
	"bytes"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

const (
	// internalPrefix begins the names of steps that are cranekit's own.
	internalPrefix = "[internal] "
	// slowInternal is when such a step is worth a line, as sending a large
	// source is.
	slowInternal = 3 * time.Second
	// pulse is how often a line of a step's log is shown where logs are not:
	// where a step hangs can be seen, and CI systems see that something happens.
	pulse = 10 * time.Second
)

// steps is what people see of a run's events. Logs are in files and what
// matters of them is in the reports: shown as they come, each error would be
// there twice.
type steps struct {
	// lines is set where each event is a line: steps that were cached are left
	// out, and logs but for a line now and then.
	lines bool
	now   func() time.Time
	// started are the steps whose start was shown; internal are those that
	// were not, with the last that is known of them.
	started  map[digest.Digest]bool
	internal map[digest.Digest]*client.Vertex
	logs     map[digest.Digest]*stepLog
	// ended are the steps whose end was shown: each build of a run that needs a
	// step tells of it.
	ended map[digest.Digest]time.Time
}

// stepLog is the last line of a log, and when one was shown.
type stepLog struct {
	partial, line []byte
	from          *client.VertexLog
	shown         time.Time
}

func newSteps(lines bool) *steps {
	return &steps{
		lines: lines, now: time.Now, started: map[digest.Digest]bool{},
		internal: map[digest.Digest]*client.Vertex{}, logs: map[digest.Digest]*stepLog{}, ended: map[digest.Digest]time.Time{},
	}
}

// filter passes events on until there are no more.
func (s *steps) filter(from <-chan *client.SolveStatus, to chan<- *client.SolveStatus) {
	defer close(to)
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case status, ok := <-from:
			if !ok {
				return
			}
			to <- s.shown(status)
		case <-ticker.C:
			if logs := s.pulses(); len(logs) > 0 {
				to <- &client.SolveStatus{Logs: logs}
			}
		}
	}
}

// shown is the part of an event that is shown.
func (s *steps) shown(status *client.SolveStatus) *client.SolveStatus {
	out := &client.SolveStatus{Warnings: status.Warnings}
	for _, v := range status.Vertexes {
		if v = s.vertex(v); v != nil {
			out.Vertexes = append(out.Vertexes, v)
		}
	}
	for _, event := range status.Statuses {
		v := s.internal[event.Vertex]
		if v != nil && v.Started != nil && event.Timestamp.Sub(*v.Started) >= slowInternal {
			out.Vertexes = append(out.Vertexes, s.reveal(v))
			v = nil
		}
		if v == nil {
			out.Statuses = append(out.Statuses, event)
		}
	}
	for _, event := range status.Logs {
		switch {
		case s.internal[event.Vertex] != nil:
		case s.lines:
			s.note(event)
		default:
			out.Logs = append(out.Logs, event)
		}
	}
	return out
}

// vertex is what is shown of a step, nil for nothing.
func (s *steps) vertex(event *client.Vertex) *client.Vertex {
	v := *event
	// What a script is called with is no news.
	if _, code, found := strings.Cut(v.Error, " did not complete successfully: "); found {
		v.Error = code
	}
	if strings.HasPrefix(v.Name, internalPrefix) && !s.started[v.Digest] {
		if v.Error != "" {
			return s.reveal(&v)
		}
		s.internal[v.Digest] = &v
		return nil
	}
	v.Name = strings.TrimPrefix(v.Name, internalPrefix)
	if s.lines && v.Cached && !s.started[v.Digest] {
		return nil
	}
	if v.Started != nil {
		s.started[v.Digest] = true
		if log := s.logs[v.Digest]; log == nil {
			s.logs[v.Digest] = &stepLog{shown: s.now()}
		}
	}
	if v.Completed != nil {
		if s.lines && s.ended[v.Digest].Equal(*v.Completed) {
			return nil
		}
		s.ended[v.Digest] = *v.Completed
		delete(s.logs, v.Digest)
	}
	return &v
}

// reveal shows an internal step after all.
func (s *steps) reveal(v *client.Vertex) *client.Vertex {
	delete(s.internal, v.Digest)
	s.started[v.Digest] = true
	own := *v
	own.Name = strings.TrimPrefix(v.Name, internalPrefix)
	return &own
}

// note takes down the last line of a log.
func (s *steps) note(event *client.VertexLog) {
	log := s.logs[event.Vertex]
	if log == nil {
		return
	}
	log.partial = append(log.partial, event.Data...)
	if end := bytes.LastIndexByte(log.partial, '\n'); end >= 0 {
		for line := range bytes.Lines(log.partial[:end+1]) {
			if len(bytes.TrimSpace(line)) > 0 {
				log.line, log.from = bytes.Clone(line), event
			}
		}
		log.partial = bytes.Clone(log.partial[end+1:])
	}
	if extra := len(log.partial) - longestLine; extra > 0 {
		log.partial = log.partial[:longestLine]
	}
	if len(log.line) > longestLine {
		log.line = append(bytes.ToValidUTF8(log.line[:longestLine], nil), '\n')
	}
}

// longestLine is how much of a line is shown.
const longestLine = 400

// pulses are the lines whose time has come.
func (s *steps) pulses() []*client.VertexLog {
	var logs []*client.VertexLog
	now := s.now()
	for _, log := range s.logs {
		if log.line == nil || now.Sub(log.shown) < pulse {
			continue
		}
		event := *log.from
		event.Data = log.line
		log.line, log.shown = nil, now
		logs = append(logs, &event)
	}
	return logs
}
