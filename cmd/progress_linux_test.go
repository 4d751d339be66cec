package cmd

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// pseudoTerminal returns both ends of one.
func pseudoTerminal(t *testing.T) (outer, inner *os.File) {
	t.Helper()
	outer, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = outer.Close() })
	if err := unix.IoctlSetPointerInt(int(outer.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	number, err := unix.IoctlGetInt(int(outer.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	inner, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	if err := unix.IoctlSetWinsize(int(inner.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 120}); err != nil {
		t.Fatal(err)
	}
	return outer, inner
}

// TestTerminal shows a run on a terminal: without steps of cranekit's own, and
// without the logs of what failed once more.
func TestTerminal(t *testing.T) {
	t.Parallel()
	outer, inner := pseudoTerminal(t)
	var text strings.Builder
	var reading sync.WaitGroup
	reading.Go(func() {
		buffer := make([]byte, 4096)
		for {
			n, err := outer.Read(buffer)
			text.Write(buffer[:n])
			if err != nil {
				return // the other end is closed
			}
		}
	})
	w := sanitize.NewWriter(inner, true)
	if mode := displayMode(w, "tty"); mode != "tty" || !isTerminal(w) {
		t.Errorf("the mode is %s, a terminal: %t", mode, isTerminal(w))
	}
	p, err := newProgress(w, "tty")
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
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	reading.Wait()
	shown := text.String()
	for _, want := range []string{"ERROR [clippy] cargo clippy", "CACHED [deps check] cargo check", "send source", "broken"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown:\n%q", want, shown)
		}
	}
	for _, not := range []string{"[internal]", "scripts", "------"} {
		if strings.Contains(shown, not) {
			t.Errorf("%q is shown:\n%q", not, shown)
		}
	}
	if n := strings.Count(shown, "the one error"); n > 0 && strings.LastIndex(shown, "the one error") > strings.LastIndex(shown, "ERROR [clippy]") {
		t.Errorf("the error is shown %d times, after the end of the step too:\n%q", n, shown)
	}
}
