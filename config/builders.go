package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"

	"github.com/cranekit/cranekit/config/address"
)

// Builder is a named builder of crane.yaml.
type Builder struct {
	Name string
	// Address is a URL such as tcp://HOST:PORT.
	Address string
	// CA, Cert and Key are absolute paths of PEM files, "" for none.
	CA, Cert, Key string
	// ServerName is what the builder's certificate is for, "" for the host of
	// the address.
	ServerName string
	// Weight is what it can do beside others, 1 for an ordinary one.
	Weight float64
	// Platforms are those that it is for, as in linux/arm64; empty stands for
	// that of the first builder of a run.
	Platforms []string
}

// BuilderNames are the builders that the key builder names, one for most runs.
func (c *Config) BuilderNames() []string {
	var names []string
	for name := range strings.SplitSeq(c.Builder, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// builderWords are the values of the key builder that are no names.
func builderWords() []string { return []string{"auto", "embedded", "docker", "container"} }

// contextual reports whether the value of the key builder names a context of
// Docker's, as in docker:CONTEXT.
func contextual(s string) bool {
	word, name, ok := strings.Cut(s, ":")
	return ok && (word == "docker" || word == "container") && name != "" && !strings.HasPrefix(name, "//")
}

// addBuilder appends a named builder unless it is there already.
func (l *loader) addBuilder(name string, o origin) {
	if slices.ContainsFunc(l.builders, func(b Builder) bool { return b.Name == name }) {
		return
	}
	switch {
	case slices.Contains(builderWords(), name):
		l.report(o, join("builders", name), "this name has a meaning of its own", "choose another")
	case !leg.MatchString(name):
		l.report(o, join("builders", name), fmt.Sprintf("%q is not a name for a builder", name), "lower-case letters, digits and _ . - only, a letter or digit first")
	}
	l.builders = append(l.builders, Builder{Name: name})
	l.builderLines = append(l.builderLines, o)
}

// fillBuilders completes the named builders and says which one is used.
func (l *loader) fillBuilders(c *Config) {
	c.Builders = l.builders
	for i := range c.Builders {
		b := &c.Builders[i]
		prefix := "builders." + b.Name + "."
		for _, k := range builderKeys(prefix, func(*Config) *Builder { return b }) {
			l.fill(c, nil, &k, k.path)
			if l.origins[k.path].rank == fromDefault {
				delete(c.Origins, k.path)
			}
		}
		tls := b.CA + b.Cert + b.Key + b.ServerName
		switch {
		case b.Address == "":
			if !l.reported(prefix + "address") {
				l.report(l.builderLines[i], "builders."+b.Name, "has no address", "write address: tcp://HOST:PORT, for instance")
			}
		case tls != "" && !strings.HasPrefix(b.Address, "tcp://"):
			l.report(l.builderLines[i], "builders."+b.Name, "ca, cert, key and server-name are for tcp:// only", "")
		case (b.Cert == "") != (b.Key == ""):
			l.report(l.builderLines[i], "builders."+b.Name, "cert and key need each other", "")
		}
		l.checkPath(prefix+"ca", b.CA, "", "no file ")
		l.checkPath(prefix+"cert", b.Cert, "", "no file ")
		l.checkPath(prefix+"key", b.Key, "", "no file ")
	}
	l.chooseBuilder(c)
}

// reported reports whether something is wrong with the value of a key already.
func (l *loader) reported(path string) bool {
	return slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Key == path })
}

// chooseBuilder looks at the key builder. BUILDKIT_HOST is the variable that
// BuildKit's own client reads: it wins over the file, not over what was said to
// cranekit itself, unless that leaves the choice open.
func (l *loader) chooseBuilder(c *Config) {
	at := l.origins["builder"]
	host := l.env["BUILDKIT_HOST"]
	if host != "" && (at.rank < fromEnv || c.Builder == "auto") {
		c.Builder, at = host, origin{rank: fromEnv, name: "BUILDKIT_HOST"}
		l.origins["builder"], c.Origins["builder"] = at, at.String()
	}
	if message, hint := l.builder(c); message != "" {
		l.report(at, "builder", message, hint)
	}
}

// builder checks the value of the key builder against all that it may be.
func (l *loader) builder(c *Config) (message, hint string) {
	names := builderWords()
	for _, b := range c.Builders {
		names = append(names, b.Name)
	}
	names = append(names, l.OtherBuilders...)
	given := c.BuilderNames()
	for i, name := range given {
		switch {
		case slices.Contains(given[:i], name):
			return fmt.Sprintf("names %s twice", name), ""
		case name == "auto" && len(given) > 1:
			return "auto is one builder and cannot be one of several", "name the builders"
		case slices.Contains(names, name):
		case contextual(name):
			_, context, _ := strings.Cut(name, ":")
			if err := address.CheckContext(context); err != nil {
				return err.Error(), ""
			}
		case strings.Contains(name, "://"):
			if message, hint = builderAddress(name); message != "" {
				return message, hint
			}
		default:
			return fmt.Sprintf("%q is neither an address nor one of %s", name, strings.Join(names, ", ")), didYouMean(name, names)
		}
	}
	return "", ""
}

// builderAddress checks the URL of a builder. A password is not repeated.
func builderAddress(s string) (message, hint string) {
	if err := address.CheckBuilder(s); err != nil {
		scheme, _, _ := strings.Cut(s, "://")
		if !slices.Contains(address.Schemes(), scheme) {
			hint = didYouMean(scheme, address.Schemes())
		}
		return err.Error(), hint
	}
	return "", ""
}

// platform checks the name of a platform as Docker writes it.
func platform(s string) (message, hint string) {
	p, err := platforms.Parse(s)
	if err != nil || p.OS != "linux" || !strings.Contains(s, "/") || platforms.Format(platforms.Normalize(p)) != s {
		return fmt.Sprintf("%q is not a platform", s), "as in linux/amd64 or linux/arm64"
	}
	return "", ""
}
