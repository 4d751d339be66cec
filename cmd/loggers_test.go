package cmd

import (
	"log"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc/grpclog"
)

// TestForeignLoggers: nothing that a library logs reaches the terminal. It runs
// in a process of its own, as loggers belong to the whole process.
func TestForeignLoggers(t *testing.T) {
	t.Parallel()
	const variable = "LOGGERS_OF"
	if of := os.Getenv(variable); of != "" {
		if of == "silent" {
			silence()
		}
		logrus.Warn("failed check for fsverity support")
		log.Print("http: TLS handshake error")
		grpclog.Errorf("transport: %s", "closing")
		return
	}
	for of, want := range map[string]int{"silent": 0, "as they are": 3} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestForeignLoggers$")
		cmd.Env = append(os.Environ(), variable+"="+of)
		var text strings.Builder
		cmd.Stderr = &text
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(text.String(), "\n"); got != want {
			t.Errorf("%s: %d lines, want %d: %s", of, got, want, text.String())
		}
	}
}
