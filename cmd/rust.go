package cmd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/images"
	"github.com/cranekit/cranekit/llb"
)

// rust is the Rust of a toolchain beside what packages ask for.
type rust struct {
	// leg is that of the matrix which brings the toolchain, "" for the
	// configuration's own.
	leg string
	// channel is as it is written, or a version; "" where only the image knows.
	// from says where it is written.
	channel, from string
	// needs is the greatest rust-version of the packages that are selected, who
	// the name of such a package; "" for none.
	needs, who string
	// ignored is a channel that the image has no rustup to install, and
	// ignoredFrom where it is set.
	ignored, ignoredFrom string
}

var rustVersion = regexp.MustCompile(`^\d+(\.\d+){1,2}`)

// rusts compares, for each toolchain of checks, the Rust that will run with the
// one that manifests ask for. cargo does so too, but only when it comes to
// compile the package: after dependencies.
func (p *project) rusts(checks []config.Check) []rust {
	var found []rust
	at := map[string]int{}
	for _, c := range checks {
		id := llb.ToolchainID(c)
		i, ok := at[id]
		if !ok {
			i = len(found)
			at[id] = i
			r := rust{}
			if id != "" {
				r.leg = c.Leg
			}
			r.channel, r.from = p.channel(c)
			if asked, from := p.askedChannel(c); from != r.from && asked != "stable" && !satisfies(r.channel, asked) {
				r.ignored, r.ignoredFrom = asked, from
			}
			found = append(found, r)
		}
		for j := range p.ws.Packages {
			pkg := &p.ws.Packages[j]
			if v := pkg.RustVersion(); v != "" && selects(c.Settings, pkg) && (found[i].needs == "" || cargo.CompareVersions(v, found[i].needs) > 0) {
				found[i].needs, found[i].who = v, pkg.Name
			}
		}
	}
	return found
}

// satisfies reports whether a version is one of those that a channel stands for.
func satisfies(version, channel string) bool {
	return channel == "" || version == channel || strings.HasPrefix(version, channel+".")
}

// selects reports whether a check compiles a package, as far as `packages` and
// `exclude` tell; path packages that are no members are compiled as
// dependencies.
func selects(s config.Settings, pkg *cargo.Package) bool {
	matches := func(pattern string) bool {
		ok, err := path.Match(pattern, pkg.Name)
		return ok || err != nil
	}
	if len(s.Packages) > 0 {
		return !pkg.Member || slices.ContainsFunc(s.Packages, matches)
	}
	return !slices.ContainsFunc(s.Exclude, matches)
}

// old reports whether the toolchain is known to be older than what is asked for.
// 1.85 is every 1.85: as many numbers are compared as the version has.
func (r rust) old() bool {
	version := rustVersion.FindString(r.channel)
	if version == "" || r.needs == "" {
		return false
	}
	parts := strings.Split(r.needs, ".")
	if n := strings.Count(version, ".") + 1; len(parts) > n {
		parts = parts[:n]
	}
	return cargo.CompareVersions(version, strings.Join(parts, ".")) < 0
}

// problem is what is wrong with an old toolchain, and what mends it.
func (r rust) problem() (text, fix string) {
	at := "toolchain.channel"
	if r.leg != "" {
		at = "matrix." + r.leg + ".toolchain.channel"
	}
	text = fmt.Sprintf("%s is Rust %s, and %s needs %s", r.from, rustVersion.FindString(r.channel), r.who, r.needs)
	if r.leg != "" {
		return text, "raise " + at + " to " + r.needs + ", or exclude " + r.who + " in that leg"
	}
	return text, "raise it to " + r.needs + " in rust-toolchain.toml, or " + at
}

// askedChannel is the channel that is asked for beside the image, and where that
// is written.
func (p *project) askedChannel(c config.Check) (channel, from string) {
	switch {
	case c.Toolchain.Channel != "":
		return c.Toolchain.Channel, "matrix." + c.Leg + ".toolchain.channel"
	case p.cfg.Toolchain.Channel != "":
		return p.cfg.Toolchain.Channel, "toolchain.channel"
	case p.ws.Channel != "":
		return p.ws.Channel, "the toolchain file"
	}
	return "", ""
}

// unheard describes a channel that nothing installs, and how to fix that.
func (r rust) unheard() (text, fix string) {
	return fmt.Sprintf("%s asks for Rust %s, and %s has no rustup to install it", r.ignoredFrom, r.ignored, r.from), "use an image that has rustup or that Rust"
}

// channel is the Rust that a check runs with as far as it is known before
// anything is started, and where that is written. A layout without rustup has
// what it has.
func (p *project) channel(c config.Check) (channel, from string) {
	image, t := p.toolchain(c), p.cfg.Toolchain
	env, known := layoutEnv(image.Layout)
	if channel, from = p.askedChannel(c); channel != "" && (!known || env["RUSTUP_HOME"] != "" || image.Dockerfile != "") {
		return channel, from
	}
	switch {
	case image.Dockerfile != "":
		return "", "of " + shortPath(image.Dockerfile)
	case image.Layout != "":
		// Official images say what they have.
		return env["RUST_VERSION"], "the toolchain of " + shortPath(image.Layout)
	case cmp.Or(c.Toolchain.Image, t.Image) != "":
		_, tag, _ := strings.Cut(image.Image[strings.LastIndexByte(image.Image, '/')+1:], ":")
		return rustVersion.FindString(tag), "the toolchain of " + image.Image
	default:
		return images.DefaultRust, "cranekit's default"
	}
}

// layoutEnv is the environment of the image of a layout, and false where that is
// not known.
func layoutEnv(dir string) (env map[string]string, known bool) {
	if dir == "" {
		return nil, false
	}
	base, _, err := buildkit.Offline(buildkit.Toolchain{Layout: dir})
	var image ocispecs.Image
	if err != nil || json.Unmarshal(base.Config, &image) != nil {
		return nil, false // which is an error of the run, and a finding of the doctor
	}
	env = map[string]string{}
	for _, pair := range image.Config.Env {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env, true
}

// warnOldRust says before a run which packages cargo will refuse to compile,
// rather than after their dependencies were compiled.
func (p *project) warnOldRust(w io.Writer, selected []string) {
	for _, r := range p.rusts(p.chosen(selected)) {
		if r.ignored != "" {
			text, fix := r.unheard()
			fmt.Fprintf(w, "warning: %s: %s\n", text, fix)
		}
		if r.old() {
			text, fix := r.problem()
			fmt.Fprintf(w, "warning: %s: %s\n", text, fix)
		}
	}
}
