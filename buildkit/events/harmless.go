package events

import (
	"bytes"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

func (c *Collector) line(s string) string { return sanitize.Line(c.mask.String(s)) }

func (c *Collector) text(s string) string { return sanitize.Text(c.mask.String(s)) }

// filter is what a log goes through: secrets are covered before anything else is
// changed.
type filter struct {
	mask     *sanitize.MaskFilter
	harmless sanitize.Filter
}

func newFilter(mask *sanitize.Mask) *filter {
	return &filter{mask.Filter(), sanitize.Filter{Colors: true}}
}

func (f *filter) append(part []byte) []byte {
	return f.harmless.Append(nil, f.mask.Append(nil, part))
}

func (f *filter) flush() []byte {
	return f.harmless.Flush(f.harmless.Append(nil, f.mask.Flush(nil)))
}

// harmlessVertex is a vertex with names and errors that can be shown: commands
// of a repository are in both.
func (c *Collector) harmlessVertex(event *client.Vertex) *client.Vertex {
	own := *event
	own.Name, own.Error = c.line(event.Name), c.text(event.Error)
	return &own
}

func (c *Collector) harmlessStatus(event *client.VertexStatus) *client.VertexStatus {
	own := *event
	own.ID, own.Name = c.line(event.ID), c.line(event.Name)
	return &own
}

func (c *Collector) harmlessWarnings(events []*client.VertexWarning) []*client.VertexWarning {
	var warnings []*client.VertexWarning
	for _, event := range events {
		own := *event
		own.Short, own.URL = []byte(c.line(string(event.Short))), c.line(event.URL)
		own.Detail, own.SourceInfo, own.Range = nil, nil, nil
		for _, detail := range event.Detail {
			own.Detail = append(own.Detail, []byte(c.text(string(detail))))
		}
		warnings = append(warnings, &own)
	}
	return warnings
}

// harmlessLog is what can be shown of a part of a log, nothing if all of it is
// held back. Sequences may go over several parts, of which each stream has its
// own.
func (v *vertex) harmlessLog(event *client.VertexLog, mask *sanitize.Mask) []*client.VertexLog {
	filter := v.filters[event.Stream]
	if filter == nil {
		filter = newFilter(mask)
		v.filters[event.Stream] = filter
	}
	own := *event
	if own.Data = filter.append(event.Data); len(own.Data) == 0 {
		return nil
	}
	return []*client.VertexLog{&own}
}

// rest is what the filters of a vertex that has ended held back.
func (v *vertex) rest(ended *client.Vertex) []*client.VertexLog {
	var logs []*client.VertexLog
	for stream, filter := range v.filters {
		if data := filter.flush(); len(data) > 0 {
			logs = append(logs, &client.VertexLog{Vertex: ended.Digest, Stream: stream, Data: data, Timestamp: *ended.Completed})
		}
	}
	return logs
}

// keep appends to the end of the log that is kept, from a whole line on if it
// has one.
func (v *vertex) keep(data []byte) {
	v.logs = append(v.logs, data...)
	extra := len(v.logs) - logTail
	if extra <= 0 {
		return
	}
	if i := bytes.IndexByte(v.logs[extra:], '\n'); i >= 0 && i < logTail/2 {
		extra += i + 1
	}
	v.logs = append(v.logs[:0], v.logs[extra:]...)
}
