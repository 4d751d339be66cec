package cargo

import (
	"slices"
	"strings"
)

// Arg is a flag with its values, or a word that is no flag, among the arguments
// of a cargo command.
type Arg struct {
	// Name is the long name of a flag, such as --package also where -p stands;
	// -r and --release are --profile. It is "" for other words and for flags
	// that are not known.
	Name   string
	Values []string
	// Words are what stands there.
	Words []string
}

// Args are the arguments of a cargo command.
type Args struct {
	Items []Arg
	// After are the words from -- on, for what cargo runs.
	After []string
	flags flagTable
}

// Repeat is a flag that may not be there twice, with other values.
type Repeat struct {
	Name string
	// Own are the words that it repeats; Words those that do so.
	Own, Words []string
}

// ParseArgs reads the arguments of a subcommand as cargo does, or the tool that
// has the name of the subcommand.
func ParseArgs(subcommand string, words []string) Args {
	a := Args{flags: flagsOf(subcommand)}
	for len(words) > 0 {
		if words[0] == "--" {
			a.After = words
			break
		}
		items, used := a.flags.next(words)
		a.Items = append(a.Items, items...)
		words = words[used:]
	}
	return a
}

// Words are the arguments as they are given to cargo.
func (a Args) Words() []string {
	var words []string
	for _, item := range a.Items {
		words = append(words, item.Words...)
	}
	return append(words, a.After...)
}

// Has reports whether a flag is there.
func (a Args) Has(name string) bool {
	return slices.ContainsFunc(a.Items, func(item Arg) bool { return item.Name == name })
}

// Without leaves flags out.
func (a Args) Without(names ...string) Args {
	a.Items = slices.DeleteFunc(slices.Clone(a.Items), func(item Arg) bool { return item.Name != "" && slices.Contains(names, item.Name) })
	return a
}

// With adds other arguments. A flag that may be there once is not added again;
// what would be there twice with other values is in the list of repeats.
func (a Args) With(other Args) (Args, []Repeat) {
	sum := Args{Items: slices.Clone(a.Items), After: append(slices.Clone(a.After), other.After...), flags: a.flags}
	var repeats []Repeat
	for _, item := range other.Items {
		at := -1
		if spec, known := a.flags.named(item.Name); known && !spec.repeats {
			at = slices.IndexFunc(sum.Items, func(before Arg) bool { return before.Name == item.Name })
		}
		switch {
		case at < 0:
			sum.Items = append(sum.Items, item)
		case !slices.Equal(sum.Items[at].Values, item.Values):
			repeats = append(repeats, Repeat{Name: item.Name, Own: sum.Items[at].Words, Words: item.Words})
		}
	}
	return sum, repeats
}

// next reads what the first word is, and as many of those after it as belong to
// it.
func (flags flagTable) next(words []string) (items []Arg, used int) {
	word := words[0]
	switch {
	case strings.HasPrefix(word, "--"):
		name, value, joined := strings.Cut(word, "=")
		spec, known := flags.named(name)
		if !known {
			return []Arg{{Words: words[:1]}}, 1
		}
		if joined {
			return []Arg{spec.arg(name, []string{value}, words[:1])}, 1
		}
		used = 1 + spec.following(words[1:])
		return []Arg{spec.arg(name, words[1:used], words[:used])}, used
	case len(word) > 1 && word[0] == '-':
		return flags.short(words)
	default:
		return []Arg{{Words: words[:1]}}, 1
	}
}

// short reads a word of short flags: -p a, -pa, -p=a, and several as in -rq.
func (flags flagTable) short(words []string) (items []Arg, used int) {
	letters := words[0][1:]
	for i := range letters {
		name := "-" + letters[i:i+1]
		spec, known := flags.named(name)
		if !known {
			return []Arg{{Words: words[:1]}}, 1
		}
		if spec.takes == nothing {
			items = append(items, spec.arg(name, nil, []string{name}))
			continue
		}
		if rest := letters[i+1:]; rest != "" {
			return append(items, spec.arg(name, []string{strings.TrimPrefix(rest, "=")}, []string{name + rest})), 1
		}
		used = 1 + spec.following(words[1:])
		return append(items, spec.arg(name, words[1:used], append([]string{name}, words[1:used]...))), used
	}
	return items, 1
}

// arg is the flag with the name that it has everywhere.
func (f flagSpec) arg(name string, values, words []string) Arg {
	if name == "--release" || f.name == "--release" {
		return Arg{Name: "--profile", Values: []string{"release"}, Words: words}
	}
	return Arg{Name: f.name, Values: values, Words: words}
}

// following counts the words after a flag that are its values.
func (f flagSpec) following(words []string) int {
	n := 0
	for n < len(words) && f.takes != nothing {
		isValue := !strings.HasPrefix(words[n], "-") || words[n] == "-"
		if !isValue && (f.takes != one || n > 0) {
			break
		}
		n++
		if f.takes != several {
			break
		}
	}
	return n
}
