// Package verify compares a configuration with the workspace that it is for: it
// finds what cargo would refuse in a container, after all that is needed for
// cargo has been made. What cargo might accept is no problem here.
package verify

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// Settings are the problems of the settings of some checks.
func Settings(cfg *config.Config, ws *cargo.Workspace, checks []config.Check) []config.Problem {
	var problems []config.Problem
	for _, c := range checks {
		report := func(leaf string, f config.Fault) {
			if f.Message != "" {
				problems = append(problems, cfg.Problem(c, leaf, f))
			}
		}
		report("profile", profile(ws, c.Settings))
		for _, name := range c.Settings.Packages {
			report("packages", selected(ws, name))
		}
		for _, name := range c.Settings.Features {
			for _, one := range strings.FieldsFunc(name, func(r rune) bool { return r == ',' || r == ' ' }) {
				report("features", feature(ws, c.Settings, one))
			}
		}
	}
	return problems
}

// Lock is the problem of a lock that is certainly not that of the manifests.
func Lock(ws *cargo.Workspace) []config.Problem {
	reasons := ws.Outdated()
	if len(reasons) == 0 {
		return nil
	}
	const shown = 3
	text := strings.Join(reasons[:min(shown, len(reasons))], "; ")
	if more := len(reasons) - shown; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return []config.Problem{{
		File: path.Join(ws.Dir, "Cargo.lock"), Message: text + ": it is older than the manifests, and checks run with --locked",
		Hint: "run cargo update --workspace, which leaves all other versions as they are",
	}}
}

func profile(ws *cargo.Workspace, s config.Settings) config.Fault {
	known := ws.Profiles()
	if slices.Contains(known, s.Profile) {
		return config.Fault{}
	}
	for name := range s.Env {
		// A profile can be made of variables alone.
		if strings.HasPrefix(name, "CARGO_PROFILE_") {
			return config.Fault{}
		}
	}
	return config.Fault{Message: fmt.Sprintf("there is no profile %q", s.Profile), Hint: config.DidYouMean(s.Profile, known, "profiles are ")}
}

// selected looks at a package as --package takes it: a name, with a version
// perhaps, a pattern of members, or a URL. Dependencies can be selected, too.
func selected(ws *cargo.Workspace, spec string) config.Fault {
	if strings.Contains(spec, "/") {
		return config.Fault{}
	}
	var members, all []string
	for i := range ws.Packages {
		all = append(all, ws.Packages[i].Name)
		if ws.Packages[i].Member {
			members = append(members, ws.Packages[i].Name)
		}
	}
	for i := range ws.Lock.Packages {
		all = append(all, ws.Lock.Packages[i].Name)
	}
	hint := config.DidYouMean(spec, members, "members are ")
	if strings.ContainsAny(spec, "*?[]") {
		if slices.ContainsFunc(members, func(name string) bool { ok, err := path.Match(spec, name); return ok || err != nil }) {
			return config.Fault{}
		}
		return config.Fault{Message: fmt.Sprintf("no member matches %q", spec), Hint: hint}
	}
	name := spec[:len(spec)-len(strings.TrimLeft(spec, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"))]
	if name == "" || slices.Contains(all, name) {
		return config.Fault{}
	}
	return config.Fault{Message: fmt.Sprintf("there is no package %q", name), Hint: hint}
}

// feature looks at one feature, of the selected packages or as package/feature.
func feature(ws *cargo.Workspace, s config.Settings, name string) config.Fault {
	of, inner, foreign := strings.Cut(name, "/")
	of = strings.TrimSuffix(of, "?")
	var known []string
	for i := range ws.Packages {
		p := &ws.Packages[i]
		if foreign && (p.DependsOn(of) || p.Name == of && slices.Contains(p.Features(), inner)) {
			return config.Fault{}
		}
		if p.Member && (foreign || counts(ws, s, p)) {
			for _, feature := range p.Features() {
				known = append(known, feature)
				if foreign {
					known[len(known)-1] = p.Name + "/" + feature
				}
			}
		}
	}
	if slices.Contains(known, name) || strings.Contains(name, ":") {
		return config.Fault{}
	}
	slices.Sort(known)
	return config.Fault{Message: fmt.Sprintf("no selected package has the feature %q", name), Hint: config.DidYouMean(name, slices.Compact(known), "features are ")}
}

// counts reports whether features may be those of a member.
func counts(ws *cargo.Workspace, s config.Settings, p *cargo.Package) bool {
	if !ws.FeaturesOfSelected() {
		return true
	}
	plain := func(spec string) bool { return spec == p.Name }
	if len(s.Packages) > 0 {
		return slices.ContainsFunc(s.Packages, plain) || slices.ContainsFunc(s.Packages, func(spec string) bool { return strings.ContainsAny(spec, "*?[]@:/") })
	}
	return !slices.ContainsFunc(s.Exclude, plain)
}

//go:embed targets.txt
var targets string

// listed is the Rust whose targets are known, since that of the oldest whose
// targets are all among them.
const oldest, listed = "1.85", "1.97"

// Target is what is wrong with a target, in a toolchain of a version, "" where
// that is not known. It is only certain of some versions.
func Target(s config.Settings, version string) (f config.Fault, certain bool) {
	known := strings.Fields(targets)
	if _, searched := s.Env["RUST_TARGET_PATH"]; s.Target == "" || searched || strings.HasSuffix(s.Target, ".json") || slices.Contains(known, s.Target) {
		return config.Fault{}, false
	}
	certain = version != "" && cargo.CompareVersions(version, oldest) >= 0 && cargo.CompareVersions(version, listed) < 0
	return config.Fault{Message: fmt.Sprintf("Rust knows no target %q", s.Target), Hint: config.DidYouMean(s.Target, known, "")}, certain
}
