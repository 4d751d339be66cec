package config

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
)

// Demand is a value of the repository's own file that the repository has to be
// trusted with.
type Demand struct {
	Trust Trust
	// Key is the dotted path, Value what was given, without passwords.
	Key, Value string
	// Origin is where, as in [Config.Origins].
	Origin string
	// Optional is set where a run leaves the value out instead of failing.
	Optional bool

	// check, leg and builder are those that it concerns, all "" for every run.
	check, leg, builder string
}

// Missing are the demands that the repository is not trusted with and that
// concern a run of the named checks. Nil stands for all checks.
func (c *Config) Missing(checks []string) []Demand {
	var missing []Demand
	for _, d := range c.Demands {
		if !c.Trusts(d.Trust) && c.concerns(d, checks) {
			missing = append(missing, d)
		}
	}
	return missing
}

// Left reports whether an optional value of a key is left out because trust is
// missing.
func (c *Config) Left(key string) bool {
	return slices.ContainsFunc(c.Missing(nil), func(d Demand) bool { return d.Optional && d.Key == key })
}

func (c *Config) concerns(d Demand, checks []string) bool {
	if d.builder != "" {
		return slices.Contains(c.BuilderNames(), d.builder)
	}
	if d.check == "" && d.leg == "" {
		return true
	}
	return slices.ContainsFunc(c.Checks, func(check Check) bool {
		name := check.Name
		if check.Leg != "" {
			name = strings.TrimSuffix(name, "@"+check.Leg)
		}
		return (checks == nil || slices.Contains(checks, check.Name)) && (d.leg == check.Leg && d.leg != "" || d.check == name && d.check != "")
	})
}

// FromRepository reports whether the value of a key comes from the
// repository's own file.
func (c *Config) FromRepository(key string) bool { return c.fromRepository[key] }

// whose finds the repository, and decides whose file it is that was read: the
// repository's own if it was found or lies in it, wherever links lead; else the
// user's.
func (l *loader) whose(c *Config) {
	home := l.Dir
	switch {
	case l.file != "" && !l.named:
		home = filepath.Dir(l.file)
	case len(c.Workspaces) > 0:
		home = c.Workspaces[0]
	}
	c.Root, _ = follow(topLevel(home))
	if l.file == "" {
		return
	}
	// The file itself does not say which repository it is not in.
	inspected := append(slices.Clone(c.Workspaces), l.Dir, cmp.Or(l.defaultWorkspace(), l.Dir))
	real, known := follow(l.file)
	for _, dir := range inspected {
		root, _ := follow(topLevel(dir))
		if !l.named {
			root = c.Root
		}
		if !l.named || !known || below(root, real) {
			c.Root = root
			l.repo = &repo{root: root, dir: filepath.Dir(l.file)}
			return
		}
	}
}

// topLevel is the repository around a directory, or the directory itself.
func topLevel(dir string) string {
	if root := repository(dir); root != "" {
		return root
	}
	return dir
}

// demands lists what the values of the repository's own file need, those that
// stronger sources replaced left out.
func (l *loader) demands() []Demand {
	var demands []Demand
	for _, s := range l.settings {
		if l.repo == nil || l.origins[s.name()] != s.origin || s.origin.rank != fromFile {
			continue
		}
		for _, n := range s.key.needs {
			if !n.of(l.repo, s.value) || n.with != "" && l.unset(n.with) {
				continue
			}
			// One value can need the same for two reasons.
			if d := l.demand(s, n); len(demands) == 0 || demands[len(demands)-1] != d {
				demands = append(demands, d)
			}
		}
	}
	return demands
}

// demand is that of a setting.
func (l *loader) demand(s setting, n need) Demand {
	d := Demand{Trust: n.trust, Key: s.name(), Origin: s.origin.String(), Optional: n.optional}
	value := s.value
	if e, ok := value.(entry); ok {
		value = e.value
	}
	d.Value = Redact(inline(value))
	_, name, _ := l.lookup(s.path)
	switch {
	case s.key.ofCheck():
		d.check = name
	case s.key.ofLeg():
		d.leg = name
	case s.key.ofBuilder():
		d.builder = name
	}
	return d
}

// outputDemand is that of an output directory which nobody chose but the
// repository: none of its components may be a link.
func (l *loader) outputDemand(c *Config) []Demand {
	at := l.origins["output"]
	if at.rank > fromFile || at.rank == fromFile && l.repo == nil || len(c.Workspaces) == 0 {
		return nil
	}
	above := filepath.Dir(c.Output)
	if at.rank == fromFile {
		if above = filepath.Dir(l.file); !below(above, c.Output) {
			above = topLevel(above)
		}
	}
	link := linked(above, c.Output)
	if link == "" {
		return nil
	}
	return []Demand{{Trust: TrustOutput, Key: "output", Value: link + ", a symbolic link", Origin: at.String()}}
}

// noteDemands notes which values come from the repository's own file, and what
// they need.
func (l *loader) noteDemands(c *Config) {
	c.fromRepository = map[string]bool{}
	for name, at := range l.origins {
		if l.repo != nil && at.rank == fromFile {
			c.fromRepository[name] = true
		}
	}
	c.Demands = slices.Concat(l.demands(), l.outputDemand(c))
}

// strange reports whether a path is the repository's and leads out of it:
// nothing looks there before somebody has said so.
func (l *loader) strange(key, path string) bool {
	return l.repo != nil && l.origins[key].rank == fromFile && l.repo.outside(path)
}

// checkOutput refuses directories that programs of the user's read.
func (l *loader) checkOutput(c *Config) {
	if l.repo == nil || l.origins["output"].rank != fromFile {
		return
	}
	real, _ := follow(c.Output)
	rel, err := filepath.Rel(l.repo.root, real)
	if err != nil || !filepath.IsLocal(rel) {
		return
	}
	for name := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
		if slices.ContainsFunc([]string{".git", ".cargo", "src"}, func(taken string) bool { return strings.EqualFold(name, taken) }) {
			l.report(l.origins["output"], "output", "results cannot go into a directory called "+name, "name one for results alone")
			return
		}
	}
}
