package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// usageErrors marks what the commands find wrong with their arguments as an
// error of the command line: cobra has no type for it.
func usageErrors(c *cobra.Command) {
	if c.HasSubCommands() && !c.Runnable() { // cobra shows the help whatever the arguments
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
}

// noSuchCommand refuses arguments of a command that has subcommands.
func noSuchCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	if c.SuggestionsMinimumDistance <= 0 {
		c.SuggestionsMinimumDistance = 2
	}
	if like := c.SuggestionsFor(args[0]); len(like) > 0 {
		text += ", did you mean " + strings.Join(like, " or ") + "?"
	}
	return fmt.Errorf("%s (%s --help lists the commands)", text, c.CommandPath())
}
