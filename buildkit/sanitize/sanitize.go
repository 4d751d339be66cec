// Package sanitize makes text of strangers harmless: what containers, builders
// and registries print is shown on terminals, read by CI runners and written
// to reports, and each of these takes some text for an order.
//
// What is left is UTF-8 with no control characters but line feeds and tabs, no
// characters that cannot be seen or that change the order of others, and no
// line that a CI runner takes for a command. Colours stay where they are
// wanted: whole sequences from a short list, ended on their line.
package sanitize

import (
	"io"
	"strings"
	"sync"
)

// Text returns s without what could be an order to whoever shows it.
func Text(s string) string {
	f := Filter{}
	return string(f.Flush(f.Append(nil, []byte(s))))
}

// Colored is [Text] that leaves harmless colours in.
func Colored(s string) string {
	f := Filter{Colors: true}
	return string(f.Flush(f.Append(nil, []byte(s))))
}

// Line is [Text] on one line, for names and the like.
func Line(s string) string {
	line := strings.NewReplacer("\n", " ", "\t", " ").Replace(Text(s))
	// What stood after blanks can begin the line now.
	return Text(strings.TrimSpace(line))
}

// Writer is an [io.Writer] that passes on what [Colored] leaves. What begins as
// an order is held back until it is known whether it is one. Several may write
// at once.
type Writer struct {
	to     io.Writer
	mu     sync.Mutex
	filter Filter
}

// NewWriter returns a [Writer] to w.
func NewWriter(w io.Writer, colors bool) *Writer {
	return &Writer{to: w, filter: Filter{Colors: colors}}
}

// Write takes a part of the text; sequences may go over several.
func (w *Writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.to.Write(w.filter.Append(nil, text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Close writes what was held back. It does not close what is written to.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.to.Write(w.filter.Flush(nil))
	return err
}

// Raw is what the writer writes to, for text that is an order.
func (w *Writer) Raw() io.Writer { return w.to }
