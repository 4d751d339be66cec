package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// Options says where [Load] takes the configuration from. Later fields win
// over crane.yaml in the order Environ, Flags, Set.
type Options struct {
	// Dir is the working directory; paths in Environ, Flags and Set are
	// relative to it. "" is that of the process.
	Dir string
	// File is a configuration file to read instead of searching crane.yaml
	// upwards from Dir, within the repository. $CRANEKIT_CONFIG does the same.
	File string
	// Environ holds NAME=value pairs as [os.Environ] does.
	Environ []string
	// Flags may hold a flag for any key without a dot, under the key's name.
	// Only flags that were changed count.
	Flags *pflag.FlagSet
	// Set holds key=value pairs, the values as in variables.
	Set []string
	// OtherBuilders are names that the key builder may have beside those in
	// builders.
	OtherBuilders []string
	// Fork is set in a run for a change from another repository.
	Fork bool
	// Kinds are the kinds of checks there are.
	Kinds []Kind
	// DefaultChecks run when crane.yaml names none.
	DefaultChecks []string
}

// rank orders the sources of values; a greater one wins.
type rank int

const (
	fromDefault rank = iota
	fromFile
	fromEnv
	fromFlag
	fromSet
)

// origin is the place where a value was given.
type origin struct {
	rank rank
	// name is that of the file, variable or flag.
	name string
	line int
}

// String formats the origin as crane.yaml:12, CRANEKIT_JOBS or --jobs.
func (o origin) String() string {
	switch {
	case o.name == "":
		return "default"
	case o.line > 0:
		return fmt.Sprintf("%s:%d", o.name, o.line)
	}
	return o.name
}

// setting is one value that was given for a key. For keys of type mapKey the
// value is one entry of the map.
type setting struct {
	key    *key
	path   string
	value  any
	origin origin
}

// loader collects settings and problems from all sources, then merges them.
type loader struct {
	Options
	keys     []key
	env      map[string]string
	file     string // absolute, "" without crane.yaml
	shown    string // file as a user would type it
	named    bool   // the user named the file
	checks   []Check
	legs     []Check // of the matrix; only what legs have is set
	repo     *repo   // whose file it is, nil for the user's own
	builders []Builder
	// builderLines are where builders were first named.
	builderLines []origin
	settings     []setting
	problems     []Problem

	// What follows is the result of merge. Maps are merged beside viper,
	// which would turn the names in them to lower case.
	viper   *viper.Viper
	entries map[string]map[string]string
	origins map[string]origin
}

// Load finds, merges and checks the configuration. Mistakes in it come back
// as an [*Error] that holds all of them.
func Load(o Options) (*Config, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	o.Dir = dir
	l := &loader{Options: o, keys: keys(), env: environment(o.Environ)}
	if l.findFile(); l.file != "" {
		l.readFile()
	}
	if len(l.checks) == 0 {
		for _, name := range l.DefaultChecks {
			l.addCheck(name, origin{})
		}
	}
	l.readSet()
	l.readEnv()
	l.readFlags()
	if err := l.merge(); err != nil {
		return nil, err
	}
	c := l.config()
	if len(l.problems) > 0 {
		return nil, newError(l.problems)
	}
	return c, nil
}

func environment(pairs []string) map[string]string {
	env := map[string]string{}
	for _, p := range pairs {
		if name, value, ok := strings.Cut(p, "="); ok {
			env[name] = value
		}
	}
	return env
}

// findFile decides which file to read and what to call it.
func (l *loader) findFile() {
	l.shown = l.File
	if l.shown == "" {
		l.shown = l.env["CRANEKIT_CONFIG"]
	}
	if l.shown != "" {
		l.file, l.named = absolute(l.Dir, l.shown), true
		return
	}
	if l.file = findFile(l.Dir); l.file == "" {
		return
	}
	l.shown = l.file
	if rel, err := filepath.Rel(l.Dir, l.file); err == nil {
		l.shown = rel
	}
}

// absolute is a path that was given relative to base. It is clean, so that what
// is looked at before is what is opened later.
func absolute(base, path string) string {
	switch {
	case path == "":
		return ""
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

func (l *loader) report(o origin, key, message, hint string) {
	l.problems = append(l.problems, Problem{File: o.name, Line: o.line, Key: Redact(key), Message: Redact(message), Hint: Redact(hint)})
}

// add keeps a setting if its value is valid.
func (l *loader) add(s setting) {
	value, message, hint := s.key.validate(s.value)
	if message != "" {
		l.report(s.origin, s.name(), message, hint)
		return
	}
	s.value = value
	l.settings = append(l.settings, s)
}

// name is the path of the setting, that of an entry with the entry's name.
func (s setting) name() string {
	if e, ok := s.value.(entry); ok {
		return join(s.path, e.name)
	}
	return s.path
}

// identity is what a setting is of. Names can have dots, so that two settings
// can have one name: checks.a.env.x is a variable of the check a, and the key x
// of a check a.env.
type identity struct{ path, entry string }

func (s setting) identity() identity {
	e, _ := s.value.(entry)
	return identity{s.path, e.name}
}

// addCheck appends a check unless it is there already.
func (l *loader) addCheck(name string, o origin) {
	if slices.ContainsFunc(l.checks, func(c Check) bool { return c.Name == name }) {
		return
	}
	switch {
	case !checkName.MatchString(name):
		l.report(o, join("checks", name), "not a name for a check", "lower-case letters, digits and _ . @ - only, a letter or digit first")
	case slices.Contains(reservedNames(), name):
		l.report(o, join("checks", name), "this name is taken in the output directory", "choose another")
	}
	l.checks = append(l.checks, Check{Name: name, Line: o.line})
}

// reservedNames are those of cranekit's own files in the output directory.
func reservedNames() []string {
	return []string{"bin", "lib", "image", "summary.json", "summary.md", "code-quality.json", "cranekit.sarif"}
}

// addLeg appends a leg of the matrix unless it is there already.
func (l *loader) addLeg(name string, o origin) {
	if slices.ContainsFunc(l.legs, func(c Check) bool { return c.Leg == name }) {
		return
	}
	if message, hint := legName(name); message != "" {
		l.report(o, join("matrix", name), message, hint)
	}
	l.legs = append(l.legs, Check{Leg: name, Line: o.line})
}

// merge lets viper decide between the sources. Keys are given to it flat, so
// that dots in the names of checks mean nothing.
func (l *loader) merge() error {
	l.viper = viper.NewWithOptions(viper.KeyDelimiter("\x00"))
	l.entries = map[string]map[string]string{}
	l.origins = map[string]origin{}
	slices.SortStableFunc(l.settings, func(a, b setting) int { return cmp.Compare(a.origin.rank, b.origin.rank) })
	named := map[string]identity{}
	for _, s := range l.settings {
		name, of := s.name(), s.identity()
		// Origins are kept by name, and what asks for trust is judged by them.
		if other, taken := named[name]; taken && other != of {
			l.report(s.origin, name, "has two meanings, as there are names with dots: the other one is set in "+l.origins[name].String(), "choose another name for the check, leg or builder that has the dot")
		}
		named[name], l.origins[name] = of, s.origin
		switch v, isEntry := s.value.(entry); {
		case isEntry:
			if l.entries[s.path] == nil {
				l.entries[s.path] = map[string]string{}
			}
			l.entries[s.path][v.name] = v.value
		case s.origin.rank >= fromFlag:
			l.viper.Set(s.path, s.value)
		default:
			// viper's own reading of variables knows only those of the process.
			if err := l.viper.MergeConfigMap(map[string]any{s.path: s.value}); err != nil {
				return fmt.Errorf("merge %s: %w", s.path, err)
			}
		}
	}
	return nil
}

// exclude reports two keys that were set in one source although they make no
// sense together. Between sources the stronger one clears the other key.
func (l *loader) exclude(a, b string) {
	if l.unset(a) || l.unset(b) {
		return
	}
	weak, strong := a, b
	if l.origins[a].rank > l.origins[b].rank {
		weak, strong = b, a
	}
	if l.origins[weak].rank == l.origins[strong].rank {
		l.report(l.origins[strong], strong, "cannot be set together with "+weak, "")
	}
	l.viper.Set(weak, "")
	l.origins[weak] = l.origins[strong]
}

func (l *loader) unset(path string) bool {
	switch v := l.viper.Get(path).(type) {
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case bool:
		return !v
	}
	return true
}
