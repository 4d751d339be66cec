package embedded

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
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
	if len(os.Args) > 3 && os.Args[2] == "visit" {
		if err := visit(os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// visit uses a builder until the process is killed.
func visit(address string) error {
	c, err := client.New(context.Background(), address)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Info(context.Background()); err != nil {
		return err
	}
	fmt.Print("!")
	time.Sleep(time.Hour)
	return nil
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
