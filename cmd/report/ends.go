package report

import "bytes"

// maxEnd is how much is kept of each end of a log, in bytes.
const maxEnd = 1 << 20

// ends keeps the beginning and the end of what is written to it.
type ends struct {
	first, last []byte
	dropped     bool
}

// Write takes anything.
func (e *ends) Write(p []byte) (int, error) {
	n := len(p)
	if room := maxEnd - len(e.first); room > 0 {
		part := p[:min(room, len(p))]
		e.first, p = append(e.first, part...), p[len(part):]
	}
	e.last = append(e.last, p...)
	if over := len(e.last) - maxEnd; over > maxEnd {
		e.last, e.dropped = append([]byte(nil), e.last[over:]...), true
	}
	return n, nil
}

// bytes is the whole, or both ends with a line between them.
func (e *ends) bytes() []byte {
	between := ""
	if e.dropped {
		between = "\n…\n"
	}
	return bytes.Join([][]byte{e.first, e.last}, []byte(between))
}
