package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// fillCheck completes a check of which only the name is known.
func (l *loader) fillCheck(c *Config, check *Check) {
	prefix := "checks." + check.Name + "."
	kind, known := l.kindOf(check, prefix)
	l.viper.SetDefault(prefix+"kind", kind.Name)
	l.viper.SetDefault(prefix+"args", kind.Args)
	l.viper.SetDefault(prefix+"out", kind.Formats)
	l.viper.SetDefault(prefix+"cache", true)
	if l.viper.GetBool(prefix + "network") {
		l.viper.SetDefault(prefix+"max-age", networkAge.String())
	}
	l.viper.SetDefault(prefix+"tests", true)
	l.viper.SetDefault(prefix+"deps", "test")
	for _, k := range slices.Concat(settingsKeys("", nil), limitKeys("", nil), userKeys("", nil)) {
		l.viper.SetDefault(prefix+k.path, l.viper.Get("common."+k.path))
	}
	l.exclude(prefix+"features", prefix+"all-features")
	l.exclude(prefix+"packages", prefix+"exclude")
	for i := range l.keys {
		k := &l.keys[i]
		if !k.ofCheck() {
			continue
		}
		at, given := l.origins[prefix+k.leaf()]
		inherited := find(l.keys, "common."+k.leaf()) != nil
		if inherited || slices.Contains(anyKind(), k.leaf()) || slices.Contains(kind.Keys, k.leaf()) {
			l.fill(c, check, k, prefix+k.leaf())
		} else if given && known {
			l.report(at, prefix+k.leaf(), "does not apply to kind "+kind.Name, l.kindsWith(k.leaf()))
		}
		if !given && (inherited || k.leaf() != "kind" && slices.Contains(anyKind(), k.leaf())) {
			delete(c.Origins, prefix+k.leaf()) // it is that of the common key, or absent
		}
	}
	if blank := strings.TrimSpace(strings.Join(check.Run, "")) == ""; blank && slices.Contains(kind.Keys, "run") && !l.reported(prefix+"run") {
		l.report(l.checkOrigin(check, prefix+"run"), prefix+"run", "kind "+kind.Name+" needs at least one shell line", "")
	}
}

// anyKind are the keys that checks of every kind have beside those that are
// in common too.
func anyKind() []string {
	return []string{"kind", "matrix", "source.include", "source.exclude", "network", "insecure", "cache", "max-age", "secrets"}
}

// kindOf finds the kind of a check: the one that is given or else that of the
// check's name. Without one it reports why.
func (l *loader) kindOf(check *Check, prefix string) (kind Kind, known bool) {
	name, given := check.Name, !l.unset(prefix+"kind")
	if given {
		name = l.viper.GetString(prefix + "kind")
	}
	names := make([]string, len(l.Kinds))
	for i, k := range l.Kinds {
		if names[i] = k.Name; k.Name == name {
			return k, true
		}
	}
	what := fmt.Sprintf("no kind %q", name)
	if !given {
		what = fmt.Sprintf("needs a kind, for %q is none", name)
	}
	hint := didYouMean(name, names)
	if of, leg, ok := strings.Cut(name, "@"); ok && !given && l.runsOn(of, leg) {
		what, hint = fmt.Sprintf("%s on the leg %s has no settings of its own", of, leg), fmt.Sprintf("write them below checks.%s, for all legs; what differs between legs is below matrix.%s", of, leg)
	}
	if hint == "" {
		hint = "kinds are " + strings.Join(names, ", ")
	}
	l.report(l.checkOrigin(check, prefix+"kind"), prefix+"kind", what, hint)
	return Kind{}, false
}

// runsOn reports whether there are a check and a leg of these names.
func (l *loader) runsOn(check, leg string) bool {
	return slices.ContainsFunc(l.checks, func(c Check) bool { return c.Name == check }) && slices.ContainsFunc(l.legs, func(c Check) bool { return c.Leg == leg })
}

// checkOrigin is where a key of a check is given, or else the check itself.
func (l *loader) checkOrigin(check *Check, path string) origin {
	if at, given := l.origins[path]; given {
		return at
	}
	if check.Line > 0 {
		return origin{rank: fromFile, name: l.shown, line: check.Line}
	}
	return origin{rank: fromSet, name: "--set"}
}

// kindsWith hints at the kinds that take a key.
func (l *loader) kindsWith(leaf string) string {
	var names []string
	for _, k := range l.Kinds {
		if slices.Contains(k.Keys, leaf) {
			names = append(names, k.Name)
		}
	}
	if names == nil {
		return ""
	}
	return "only to " + strings.Join(names, ", ")
}

// checkPaths reports files that are named but not there.
func (l *loader) checkPaths(c *Config) {
	if len(c.Workspaces) == 0 {
		l.report(origin{}, "workspace", "no Cargo.toml in "+l.Dir+" or above it", "name its directory with -C or the key workspace")
	}
	for i, dir := range c.Workspaces {
		switch {
		case l.strange("workspace", dir):
		case !holds("Cargo.toml")(dir):
			l.report(l.origins["workspace"], "workspace", "no Cargo.toml in "+dir, "")
		case slices.Contains(c.Workspaces[:i], dir):
			l.report(l.origins["workspace"], "workspace", "names "+dir+" twice", "")
		}
	}
	for _, lock := range c.Fetch.Locks {
		l.checkPath("fetch.locks", lock, "", "no file ")
	}
	for _, p := range []struct{ key, path, want, what string }{
		{"toolchain.oci-layout", c.Toolchain.OCILayout, "index.json", "no OCI layout in "},
		{"toolchain.dockerfile", c.Toolchain.Dockerfile, "", "no file "},
		{"image.oci-layout", c.Image.OCILayout, "index.json", "no OCI layout in "},
		{"fetch.known-hosts", c.Fetch.KnownHosts, "", "no file "},
		{"network.ca", c.Network.CA, "", "no file "},
	} {
		l.checkPath(p.key, p.path, p.want, p.what)
	}
}

// LayoutAdvice is how one comes by an OCI layout.
const LayoutAdvice = "skopeo copy docker://IMAGE oci:DIRECTORY makes one, and so does make image in a clone of cranekit, without a registry: docs/first-workspace.md"

// checkPath reports a path that is given but has no file want in it, or is
// none itself.
func (l *loader) checkPath(key, path, want, what string) {
	if path != "" && !l.strange(key, path) && !isFile(filepath.Join(path, want)) {
		hint := ""
		if strings.HasSuffix(key, "oci-layout") {
			hint = LayoutAdvice
		}
		l.report(l.origins[key], key, what+path, hint)
	}
}
