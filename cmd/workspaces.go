package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

// runEach runs something in every workspace of the configuration, one after
// the other: they share builder and machine, and each has all of it. What is
// red in one stops no other; anything else that is wrong does.
func (a *app) runEach(ctx context.Context, cfg *config.Config, f func(context.Context, *config.Config) error) error {
	each := cfg.Each()
	var red error
	for i, own := range each {
		if len(each) > 1 {
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			fmt.Fprintf(a.out, "workspace %s\n", project.ShortPath(own.Workspace))
		}
		err := f(ctx, own)
		var exit *exitError
		switch {
		case errors.As(err, &exit) && exitCode(err) == exitRed:
			red = errors.Join(red, err)
		case err != nil:
			return errors.Join(red, err)
		}
	}
	return red
}
