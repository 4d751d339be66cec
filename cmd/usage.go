package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

// usageErrors marks what the commands find wrong with their arguments as an
// error of the command line: cobra has no type for it, and words of its own.
func usageErrors(c *cobra.Command) {
	if c.HasSubCommands() && !c.Runnable() { // cobra shows the help whatever the arguments
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if check != nil && check(c, args) != nil {
			return project.Usage(argumentError(c, args))
		}
		return exclusive(c)
	}
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
}

// argumentError is that of arguments which a command does not take.
func argumentError(c *cobra.Command, args []string) error {
	_, wanted, _ := strings.Cut(c.Use, " ")
	name := strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
	switch {
	case c.HasSubCommands() && len(args) > 0:
		return noSuchCommand(c, args)
	case wanted == "":
		return fmt.Errorf("%s takes no arguments, got %q", name, args[0])
	case len(args) == 0:
		return fmt.Errorf("%s needs %s (%s %s)", name, wanted, c.CommandPath(), wanted)
	}
	return fmt.Errorf("%s takes one %s, got %q too", name, wanted, args[len(args)-1])
}

// exclusive refuses flags that were marked as mutually exclusive, before cobra
// does so in its own words.
func exclusive(c *cobra.Command) error {
	const annotation = "cobra_annotation_mutually_exclusive"
	first := map[string]string{}
	var err error
	c.Flags().Visit(func(f *pflag.Flag) {
		for _, group := range f.Annotations[annotation] {
			if other := first[group]; other != "" && err == nil {
				err = project.Usage(fmt.Errorf("--%s and --%s exclude one another", other, f.Name))
			}
			first[group] = f.Name
		}
	})
	return err
}

// flagError is an error of pflag's in words that help.
func flagError(c *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return project.Usage(unknownFlag(c, unknown.GetSpecifiedName()))
	}
	if needs, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		what, _ := pflag.UnquoteUsage(needs.GetFlag())
		return project.Usage(fmt.Errorf("%s needs a value: %s %s", dashed(needs.GetSpecifiedName()), dashed(needs.GetSpecifiedName()), what))
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		name := dashed(invalid.GetFlag().Name)
		want := map[string]string{
			"bool": "true or false", "int": "a whole number", "int64": "a whole number", "duration": "a duration such as 90s or 30m",
		}[invalid.GetFlag().Value.Type()]
		if want == "" {
			return project.Usage(fmt.Errorf("%s %s: %w", name, invalid.GetValue(), errors.Unwrap(invalid)))
		}
		return project.Usage(fmt.Errorf("%s %s: want %s", name, invalid.GetValue(), want))
	}
	return project.Usage(err)
}

// unknownFlag names the flag that was meant, if any is written like it.
func unknownFlag(c *cobra.Command, name string) error {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, dashed(f.Name))
		}
	})
	slices.Sort(names)
	hint := config.DidYouMean(dashed(name), names, "")
	if hint == "" {
		hint = c.CommandPath() + " --help lists the flags"
	}
	return fmt.Errorf("unknown flag %s (%s)", dashed(name), hint)
}

// dashed is a flag as one types it.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
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
