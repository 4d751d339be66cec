package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/docker/go-units"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

const (
	// logFile is the log of a check, in its output.
	logFile = "log.txt"
	// logPart is how much of the beginning and of the end of a long log is
	// copied. What a check prints is without end if it wants.
	logPart = 16 << 20
)

// runLog copies the log alone, with limits of its own.
func (c *copier) runLog() error {
	st, err := c.stat(c.ctx, logFile)
	if err != nil {
		return UnreadError{fmt.Errorf("reading %q: %w", logFile, err)}
	}
	if !fs.FileMode(st.Mode).IsRegular() {
		return fmt.Errorf("%s is no file", logFile)
	}
	return c.file(file{logFile, st}, c.log)
}

// log copies the log of a check, in a form that can be shown.
func (c *copier) log(out *os.File, f file) error {
	shown := sanitize.NewWriter(out, true)
	w := c.mask.Writer(shown)
	if f.Size <= 2*logPart {
		err := c.read(f, 0, f.Size, func(data []byte, _ int64) error {
			_, err := w.Write(data)
			return err
		})
		return errors.Join(err, w.Close(), shown.Close())
	}
	head, err := c.part(f, 0)
	if err != nil {
		return err
	}
	tail, err := c.part(f, f.Size-logPart)
	if err != nil {
		return err
	}
	head, tail = wholeLines(head, tail)
	left := units.BytesSize(float64(f.Size - int64(len(head)+len(tail))))
	_, err = fmt.Fprintf(w, "%s\ncranekit: %s of the log are left out here\n\n%s", head, left, tail)
	return errors.Join(err, w.Close(), shown.Close())
}

// part reads a part of a log.
func (c *copier) part(f file, from int64) ([]byte, error) {
	text := make([]byte, 0, logPart)
	err := c.read(f, from, from+logPart, func(data []byte, _ int64) error {
		text = append(text, data...)
		return nil
	})
	return text, err
}

// wholeLines cuts what is left of a line at the end of one text and at the
// beginning of another, unless there is nothing else.
func wholeLines(head, tail []byte) ([]byte, []byte) {
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		head = head[:i+1]
	}
	if i := bytes.IndexByte(tail, '\n'); i >= 0 && i < len(tail)-1 {
		tail = tail[i+1:]
	}
	return head, tail
}
