package project

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

// Rust is the Rust of a toolchain beside what packages ask for.
type Rust struct {
	// Leg is that of the matrix which brings the toolchain, "" for the
	// configuration's own.
	Leg string
	// Channel is as it is written, or a version; "" where only the image knows.
	// From says where it is written.
	Channel, From string
	// Needs is the greatest rust-version of the packages that are selected, who
	// the name of such a package; "" for none.
	Needs, who string
	// Ignored is a channel that the image has no rustup to install, and
	// ignoredFrom where it is set.
	Ignored, ignoredFrom string
}

var rustVersion = regexp.MustCompile(`^\d+(\.\d+){1,2}`)

// Rusts compares, for each toolchain of checks, the Rust that will run with the
// one that manifests ask for. cargo does so too, but only when it comes to
// compile the package: after dependencies.
func (p *Project) Rusts(checks []config.Check) []Rust {
	var found []Rust
	at := map[string]int{}
	for _, c := range checks {
		id := llb.ToolchainID(c)
		i, ok := at[id]
		if !ok {
			i = len(found)
			at[id] = i
			r := Rust{}
			if id != "" {
				r.Leg = c.Leg
			}
			r.Channel, r.From = p.channel(c)
			if asked, from := p.askedChannel(c); from != r.From && asked != "stable" && !satisfies(r.Channel, asked) {
				r.Ignored, r.ignoredFrom = asked, from
			}
			found = append(found, r)
		}
		for j := range p.Workspace.Packages {
			pkg := &p.Workspace.Packages[j]
			if v := pkg.RustVersion(); v != "" && selects(c.Settings, pkg) && (found[i].Needs == "" || cargo.CompareVersions(v, found[i].Needs) > 0) {
				found[i].Needs, found[i].who = v, pkg.Name
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

// Old reports whether the toolchain is known to be older than what is asked for.
// 1.85 is every 1.85: as many numbers are compared as the version has.
func (r Rust) Old() bool {
	version := rustVersion.FindString(r.Channel)
	if version == "" || r.Needs == "" {
		return false
	}
	parts := strings.Split(r.Needs, ".")
	if n := strings.Count(version, ".") + 1; len(parts) > n {
		parts = parts[:n]
	}
	return cargo.CompareVersions(version, strings.Join(parts, ".")) < 0
}

// Problem is what is wrong with an old toolchain, and what mends it.
func (r Rust) Problem() (text, fix string) {
	at := "toolchain.channel"
	if r.Leg != "" {
		at = "matrix." + r.Leg + ".toolchain.channel"
	}
	text = fmt.Sprintf("%s is Rust %s, and %s needs %s", r.From, rustVersion.FindString(r.Channel), r.who, r.Needs)
	if r.Leg != "" {
		return text, "raise " + at + " to " + r.Needs + ", or exclude " + r.who + " in that leg"
	}
	return text, "raise it to " + r.Needs + " in rust-toolchain.toml, or " + at
}

// askedChannel is the channel that is asked for beside the image, and where that
// is written.
func (p *Project) askedChannel(c config.Check) (channel, from string) {
	switch {
	case c.Toolchain.Channel != "":
		return c.Toolchain.Channel, "matrix." + c.Leg + ".toolchain.channel"
	case p.Config.Toolchain.Channel != "":
		return p.Config.Toolchain.Channel, "toolchain.channel"
	case p.Workspace.Channel != "":
		return p.Workspace.Channel, "the toolchain file"
	}
	return "", ""
}

// Unheard describes a channel that nothing installs, and how to fix that.
func (r Rust) Unheard() (text, fix string) {
	return fmt.Sprintf("%s asks for Rust %s, and %s has no rustup to install it", r.ignoredFrom, r.Ignored, r.From), "use an image that has rustup or that Rust"
}

// channel is the Rust that a check runs with as far as it is known before
// anything is started, and where that is written. A layout without rustup has
// what it has.
func (p *Project) channel(c config.Check) (channel, from string) {
	image, t := p.toolchain(c), p.Config.Toolchain
	env, known := layoutEnv(image.Layout)
	if channel, from = p.askedChannel(c); channel != "" && (!known || env["RUSTUP_HOME"] != "" || image.Dockerfile != "") {
		return channel, from
	}
	switch {
	case image.Dockerfile != "":
		return "", "of " + ShortPath(image.Dockerfile)
	case image.Layout != "":
		// Official images say what they have.
		return env["RUST_VERSION"], "the toolchain of " + ShortPath(image.Layout)
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

// WarnOldRust says before a run which packages cargo will refuse to compile,
// rather than after their dependencies were compiled.
func (p *Project) WarnOldRust(w io.Writer, selected []string) {
	for _, r := range p.Rusts(p.Chosen(selected)) {
		if r.Ignored != "" {
			text, fix := r.Unheard()
			fmt.Fprintf(w, "warning: %s: %s\n", text, fix)
		}
		if r.Old() {
			text, fix := r.Problem()
			fmt.Fprintf(w, "warning: %s: %s\n", text, fix)
		}
	}
}
