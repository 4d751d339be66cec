package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"
)

// variablePrefix starts the names of all of cranekit's variables.
const variablePrefix = "CRANEKIT_"

// otherVariables are those that are not for keys.
func otherVariables() []string {
	return []string{"CRANEKIT_CACHE_DIR", "CRANEKIT_CONFIG", "CRANEKIT_STATE_DIR", TrustVariable}
}

// readSet reads key=value pairs. They may name a check that is not there yet.
func (l *loader) readSet() {
	at := origin{rank: fromSet, name: "--set"}
	for _, arg := range l.Set {
		path, value, ok := strings.Cut(arg, "=")
		if !ok {
			l.report(at, arg, "has no value", "write --set key=value")
			continue
		}
		row, name, item := l.lookup(path)
		if row == nil {
			if leg, leaf := cutLeg(path); leaf != "" {
				hint := ""
				if meant := closest(leaf, children(l.keys, strings.TrimSuffix(legPrefix, "."))); meant != "" {
					hint = fmt.Sprintf("did you mean %q?", "matrix."+leg+"."+meant)
				}
				l.notOfLeg(at, path, leaf, hint)
				continue
			}
			l.report(at, path, "unknown key", l.suggestPath(path))
			continue
		}
		switch {
		case row.ofCheck():
			l.addCheck(name, at)
		case row.ofLeg():
			l.addLeg(name, at)
		case row.ofBuilder():
			l.addBuilder(name, at)
		}
		if row.typ == mapKey {
			if item == "" {
				l.report(at, path, "expected the name of an entry", "write --set "+path+".NAME=value")
				continue
			}
			l.add(setting{key: row, path: strings.TrimSuffix(path, "."+item), value: entry{item, value}, origin: at})
			continue
		}
		l.addText(row, path, value, at)
	}
}

// addText adds a setting from its text form.
func (l *loader) addText(row *key, path, s string, at origin) {
	value, err := row.typ.parse(s)
	if err != nil {
		hint := ""
		if row.typ == durationKey {
			hint = durationHint(s)
		}
		if inner := (&cacheError{}); errors.As(err, &inner) {
			hint = inner.hint
		}
		l.report(at, path, err.Error(), hint)
		return
	}
	l.add(setting{key: row, path: path, value: value, origin: at})
}

// lookup finds the row for a path, and the names of a check or leg and of a
// map's entry in it. Names of entries may have dots, as files do.
func (l *loader) lookup(path string) (row *key, name, item string) {
	if row, name = l.row(path); row != nil {
		return row, name, ""
	}
	for dot := len(path); ; {
		if dot = strings.LastIndexByte(path[:dot], '.'); dot < 0 {
			return nil, "", ""
		}
		if row, name = l.row(path[:dot]); row != nil && row.typ == mapKey {
			return row, name, path[dot+1:]
		}
	}
}

// row finds the row for a path to a key. Names of checks, legs and builders,
// and the keys below them, may have dots.
func (l *loader) row(path string) (row *key, name string) {
	for top, prefix := range map[string]string{"checks.": checkPrefix, "matrix.": legPrefix, "builders.": builderPrefix} {
		rest, ok := strings.CutPrefix(path, top)
		if !ok {
			continue
		}
		for dot := 1; dot < len(rest); dot++ {
			if rest[dot] != '.' {
				continue
			}
			if row = find(l.keys, prefix+rest[dot+1:]); row != nil {
				return row, rest[:dot]
			}
		}
		return nil, ""
	}
	return find(l.keys, path), ""
}

// suggestPath guesses the key that was meant by a whole path.
func (l *loader) suggestPath(path string) string {
	names := l.paths()
	if rest, ok := strings.CutPrefix(path, "checks."); ok {
		if name, _, ok := strings.Cut(rest, "."); ok {
			for _, leaf := range children(l.keys, strings.TrimSuffix(checkPrefix, ".")) {
				names = append(names, "checks."+name+"."+leaf)
			}
		}
	}
	return didYouMean(path, names)
}

// paths lists the keys with the names of the checks there are.
func (l *loader) paths() []string {
	var paths []string
	for _, k := range l.keys {
		switch {
		case k.ofCheck():
			for _, c := range l.checks {
				paths = append(paths, "checks."+c.Name+"."+k.leaf())
			}
		case k.ofLeg():
			for _, c := range l.legs {
				paths = append(paths, "matrix."+c.Leg+"."+k.leaf())
			}
		case k.ofBuilder():
			for _, b := range l.builders {
				paths = append(paths, "builders."+b.Name+"."+k.leaf())
			}
		default:
			paths = append(paths, k.path)
		}
	}
	return paths
}

// variableFor is the name of the variable for a key.
func variableFor(path string) string {
	return variablePrefix + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return '_'
	}, path)
}

// readEnv reads CRANEKIT_* variables. Empty ones count as unset.
func (l *loader) readEnv() {
	paths := map[string][]string{}
	for _, p := range l.paths() {
		paths[variableFor(p)] = append(paths[variableFor(p)], p)
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		at := origin{rank: fromEnv, name: name}
		if !strings.HasPrefix(name, variablePrefix) || l.env[name] == "" || slices.Contains(otherVariables(), name) {
			continue
		}
		switch of := paths[name]; len(of) {
		case 0:
			if path, leaf := l.legOf(name); leaf != "" {
				l.notOfLeg(at, path, leaf, "")
				continue
			}
			l.report(at, "", "unknown variable", suggestVariable(name, slices.Sorted(maps.Keys(paths))))
		case 1:
			row, _, _ := l.lookup(of[0])
			if row.typ == mapKey {
				l.report(at, of[0], "a map cannot be set by a variable", "use --set "+of[0]+".NAME=value")
				continue
			}
			l.addText(row, of[0], l.env[name], at)
		default:
			l.report(at, "", fmt.Sprintf("means both %s and %s", of[0], of[1]), "use --set")
		}
	}
}

// suggestVariable guesses by what follows the prefix that all have.
func suggestVariable(name string, ofKeys []string) string {
	known := slices.Concat(otherVariables(), ofKeys)
	for i := range known {
		known[i] = strings.TrimPrefix(known[i], variablePrefix)
	}
	best := closest(strings.TrimPrefix(name, variablePrefix), known)
	if best == "" {
		return ""
	}
	return didYouMean(name, []string{variablePrefix + best})
}

// readFlags reads the flags that are named as a key.
func (l *loader) readFlags() {
	if l.Flags == nil {
		return
	}
	l.Flags.Visit(func(f *pflag.Flag) {
		if row := find(l.keys, f.Name); row != nil {
			text := f.Value.String()
			if many, ok := f.Value.(pflag.SliceValue); ok {
				text = strings.Join(many.GetSlice(), "\n")
			}
			l.addText(row, f.Name, text, origin{rank: fromFlag, name: "--" + f.Name})
		}
	})
}
