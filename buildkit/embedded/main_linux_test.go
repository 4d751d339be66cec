package embedded

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain is also the command "builder serve" that Ensure runs.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "builder" && os.Args[2] == "serve" {
		if err := serveCommand(os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serveCommand(args []string) error {
	var o Options
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&o.StateDir, "state-dir", "", "")
	flags.DurationVar(&o.IdleTimeout, "idle-timeout", 0, "")
	flags.Int64Var(&o.DiskLimit, "disk-limit", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, unix.SIGINT)
	defer stop()
	return Serve(ctx, o)
}
