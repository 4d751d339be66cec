package cargo

import (
	"fmt"
	"io"
	"testing"
)

// lines gives as many lines as asked for without having them all.
type lines struct {
	line string // with a %d
	left int
	rest string
}

func (l *lines) Read(p []byte) (int, error) {
	if l.rest == "" {
		if l.left == 0 {
			return 0, io.EOF
		}
		l.left--
		l.rest = fmt.Sprintf(l.line, l.left) + "\n"
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// TestManyMessages: a check can print messages without end. Diagnostics are
// counted though not kept, and units are not counted at all rather than wrong.
func TestManyMessages(t *testing.T) {
	t.Parallel()
	const count = 1000
	few := func() *Messages {
		return &Messages{more: map[string]int{}, maxUnits: 10_000, maxDiagnostics: 10_000}
	}
	m := few()
	err := m.read(&lines{line: `{"reason":"compiler-message","package_id":"a 0.1.0 (path+file:///src)","message":{"level":"error: internal","message":"no","rendered":"%d"}}`, left: count})
	if err != nil || m.Errors() != count || len(m.Diagnostics) > 200 || len(m.Diagnostics) < 10 {
		t.Errorf("%v, %d errors of which %d are kept", err, m.Errors(), len(m.Diagnostics))
	}
	if err := few().read(&lines{line: `{"reason":"compiler-artifact","package_id":"a 0.1.%d (path+file:///src)","target":{"name":"a"}}`, left: count}); err == nil {
		t.Error("units without end are counted")
	}
}
