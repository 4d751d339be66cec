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

// selects says that a check compiles a package, as far as `packages` and
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

// old says that the toolchain is known to be older than what is asked for.
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

// channel is the Rust that a check runs with as far as it is known before
// anything is started, and where that is written.
func (p *project) channel(c config.Check) (channel, from string) {
	own := "matrix." + c.Leg + ".toolchain"
	if c.Toolchain.Channel != "" {
		return c.Toolchain.Channel, own + ".channel"
	}
	t := p.cfg.Toolchain
	if t.Channel != "" {
		return t.Channel, "toolchain.channel"
	}
	if p.ws.Channel != "" {
		return p.ws.Channel, "the toolchain file"
	}
	switch image := p.toolchain(c); {
	case image.Dockerfile != "":
		return "", "of " + shortPath(image.Dockerfile)
	case image.Layout != "":
		return layoutRust(image.Layout), "the toolchain of " + shortPath(image.Layout)
	case cmp.Or(c.Toolchain.Image, t.Image) != "":
		_, tag, _ := strings.Cut(image.Image[strings.LastIndexByte(image.Image, '/')+1:], ":")
		return rustVersion.FindString(tag), "the toolchain of " + image.Image
	default:
		return images.DefaultRust, "cranekit's default"
	}
}

// layoutRust is the version that official images say they have.
func layoutRust(dir string) string {
	base, _, err := buildkit.Offline(buildkit.Toolchain{Layout: dir})
	var image ocispecs.Image
	if err != nil || json.Unmarshal(base.Config, &image) != nil {
		return "" // which is an error of the run, and a finding of the doctor
	}
	for _, pair := range image.Config.Env {
		if version, ok := strings.CutPrefix(pair, "RUST_VERSION="); ok {
			return version
		}
	}
	return ""
}

// warnOldRust says before a run which packages cargo will refuse to compile,
// rather than after their dependencies were compiled.
func (p *project) warnOldRust(w io.Writer, selected []string) {
	for _, r := range p.rusts(p.chosen(selected)) {
		if r.old() {
			text, fix := r.problem()
			fmt.Fprintf(w, "warning: %s: %s\n", text, fix)
		}
	}
}
