package embedded

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
)

// TestStopIdle leaves a builder alone that somebody uses.
func TestStopIdle(t *testing.T) {
	t.Parallel()
	o := newState(t)
	address, _ := ensure(t, o)
	child := exec.CommandContext(t.Context(), os.Args[0], "builder", "visit", address)
	child.Dir = t.TempDir()
	out, err := child.StdoutPipe()
	mustDo(t, err, child.Start())
	_, err = io.ReadFull(out, make([]byte, 1))
	mustDo(t, err)
	var busy *BusyError
	_, err = StopIdle(t.Context(), o)
	if !errors.As(err, &busy) || len(busy.Clients) != 1 {
		t.Fatalf("stop: %v", err)
	}
	if c := busy.Clients[0]; c.PID != child.Process.Pid || c.Dir != child.Dir || !strings.Contains(c.Command, "builder visit") {
		t.Errorf("the client is %s", c)
	}
	if using := status(t, o).Clients; !slices.Equal(using, busy.Clients) {
		t.Errorf("status: %v", using)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	c, err := client.New(t.Context(), address)
	mustDo(t, err)
	defer c.Close()
	_, err = c.Info(t.Context()) // its own connection counts for nothing
	mustDo(t, err)
	if stopped, err := StopIdle(t.Context(), o); !stopped || err != nil {
		t.Errorf("stop: %t, %v", stopped, err)
	}
}
