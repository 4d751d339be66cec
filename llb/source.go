package llb

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/patternmatcher"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// Source is a set of local files that checks mount.
type Source struct {
	// Name is the name of the local mount.
	Name string
	// Match says whether the set holds a file, given by its slash-separated
	// path below the source root; nil means all files of the workspace.
	Match func(path string) bool
}

// What kinds of checks see of the source.
var (
	sourceAll  = Source{Name: "source"}
	sourceRust = Source{Name: "rust", Match: rustSource}
	sourceTOML = Source{Name: "toml", Match: func(file string) bool { return path.Ext(file) == ".toml" }}
)

// Names of the sources that the skeleton needs.
const (
	sourceReal  = "real"
	sourceNamed = "named"
)

// Sources returns the file sets that checks mount: everything, the files that
// rustfmt reads, those that the filters of single checks leave, and the packages
// and files that the skeleton needs unchanged.
func Sources(checks []config.Check, skeleton *cargo.Skeleton) []Source {
	var all []Source
	for _, c := range checks {
		source := sourceOf(kinds[c.Kind], c)
		if !slices.ContainsFunc(all, func(s Source) bool { return s.Name == source.Name }) {
			all = append(all, source)
		}
	}
	if len(skeleton.Real) > 0 {
		real := skeleton.Real
		all = append(all, Source{Name: sourceReal, Match: func(file string) bool {
			return slices.ContainsFunc(real, func(dir string) bool { return cargo.Within(file, dir) })
		}})
	}
	if len(skeleton.Carried) > 0 {
		carried := map[string]bool{}
		for _, file := range skeleton.Carried {
			carried[file] = true
		}
		all = append(all, Source{Name: sourceNamed, Match: func(file string) bool { return carried[file] }})
	}
	return all
}

// SourceOf is what a check sees of the source.
func SourceOf(c config.Check) Source { return sourceOf(kinds[c.Kind], c) }

// sourceOf is the file set of a check. Equal filters have one name: the
// builder keeps the files of each.
func sourceOf(k kind, c config.Check) Source {
	s := k.source
	filter := c.Source
	if len(filter.Include) == 0 && len(filter.Exclude) == 0 {
		return s
	}
	sum := sha256.Sum256([]byte(strings.Join(filter.Include, "\x00") + "\x00\x00" + strings.Join(filter.Exclude, "\x00")))
	s.Name += "-" + hex.EncodeToString(sum[:8])
	base := s.Match
	include, exclude := patterns(filter.Include), patterns(filter.Exclude)
	s.Match = func(file string) bool {
		if base != nil && !base(file) {
			return false
		}
		if forCargo(file) {
			return true
		}
		return (len(filter.Include) == 0 || include(file)) && !exclude(file)
	}
	return s
}

// forCargo matches what cargo reads whatever it does.
func forCargo(file string) bool {
	switch path.Base(file) {
	case "Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml":
		return true
	}
	return path.Base(path.Dir(file)) == ".cargo"
}

// patterns matches files by .dockerignore patterns, none of them when a
// pattern is broken: [New] says so before.
func patterns(list []string) func(file string) bool {
	m, err := patternmatcher.New(list)
	if err != nil {
		return func(string) bool { return false }
	}
	return func(file string) bool {
		ok, err := m.MatchesOrParentMatches(file)
		return ok && err == nil
	}
}

// checkPatterns reports broken patterns of a check.
func checkPatterns(c config.Check) error {
	for _, list := range [][]string{c.Source.Include, c.Source.Exclude} {
		m, err := patternmatcher.New(list)
		if err == nil {
			_, err = m.MatchesOrParentMatches("a")
		}
		if err != nil {
			return fmt.Errorf("source of the check: %w", err)
		}
	}
	return nil
}

// rustSource matches what cargo fmt reads: Rust sources, manifests, and the
// configuration of rustfmt, cargo and the toolchain.
func rustSource(file string) bool {
	switch base := path.Base(file); base {
	case "Cargo.toml", "rustfmt.toml", ".rustfmt.toml", "rust-toolchain", "rust-toolchain.toml":
		return true
	default:
		return strings.HasSuffix(base, ".rs") || path.Base(path.Dir(file)) == ".cargo"
	}
}

// local is a source as BuildKit sees it. Each has a hint of its own: the
// builder keeps one directory per hint, and two filters on one directory would
// throw each other's files out.
func local(name string) bk.State {
	return bk.Local(name, bk.SharedKeyHint("cranekit-"+name), bk.WithCustomName("[internal] send "+name))
}

// sourceMount lays a source out for a check. It is read-only where no code of
// the workspace runs and nothing is compiled: build scripts write into their
// package, and the target directory is mounted in it.
//
// What is written to is a copy. A writable mount makes BuildKit (0.34) turn the
// directory that it keeps for the session's files into a layer, so that the
// next run has to send every file again. And a digest of that layer is another
// than that of the directory (the header of its root is empty in one and not
// in the other): a check that comes to compute its key while another runs already
// would find nothing.
//
// What cargo's configuration names is there with the file times that it had when
// dependencies were compiled: their build scripts may look at it.
func (b *builder) sourceMount(c config.Check, k kind) bk.RunOption {
	name := sourceOf(k, c).Name

	if !k.runs && k.deps(c) == stageNone {
		return bk.AddMount(SourceDir, local(name), bk.Readonly)
	}
	// A cache for other machines has no use for the copy: they have the files.
	action := bk.Copy(local(name), "/", "/", append([]bk.CopyOption{contents()}, owned(c)...)...)
	if len(b.skeleton.Carried) > 0 {
		action = action.Copy(local(sourceNamed), "/", "/", contents(), epoch)
	}
	for _, file := range b.skeleton.Files {
		if slices.Contains(b.skeleton.Named, file.Path) {
			action = action.Mkfile("/"+file.Path, file.Mode, file.Data, epoch)
		}
	}
	st := bk.Scratch().File(action, bk.WithCustomName("[internal] copy "+name), bk.WithoutExportCache())
	return bk.AddMount(SourceDir, st, bk.ForceNoOutput)
}

// skeletonState is a skeleton as a directory, with the real packages and the
// carried files that all skeletons of the workspace have. Its own bytes are in
// the definition itself, so that nothing else of the workspace can enter a key.
func (b *builder) skeletonState(skeleton *cargo.Skeleton) bk.State {
	st := b.plainState(skeleton)
	if len(b.skeleton.Carried) > 0 {
		st = st.File(bk.Copy(local(sourceNamed), "/", "/", contents(), epoch), bk.WithCustomName("[internal] what the configuration names"))
	}
	return lay(st, skeleton.Configuration(), "[internal] configuration")
}

// contents copies what is in a directory, not the directory itself.
func contents() *bk.CopyInfo {
	return &bk.CopyInfo{CopyDirContentsOnly: true, CreateDestPath: true}
}

// realState is a package of the skeleton that is no dummy, with its manifest
// as the skeleton has it.
func (b *builder) realState(dir string) bk.State {
	action := withManifest(bk.Copy(local(sourceReal), path.Join("/", dir), "/", contents(), epoch), b.skeleton, dir)
	return bk.Scratch().File(action, bk.WithCustomName("[internal] package "+dir))
}

// withManifest puts the manifest that a skeleton has for a package over that
// of a copy of it.
func withManifest(action *bk.FileAction, skeleton *cargo.Skeleton, dir string) *bk.FileAction {
	for _, file := range skeleton.Files {
		if file.Path == path.Join(dir, "Cargo.toml") {
			action = action.Mkfile("/Cargo.toml", file.Mode, file.Data, epoch)
		}
	}
	return action
}

// realMounts lay the packages of the skeleton that are not dummies over the
// source, with the file times they had when the dependencies were compiled: a
// fresh checkout must not make cargo compile them again.
func (b *builder) realMounts() []bk.RunOption {
	var mounts []bk.RunOption
	for _, dir := range b.skeleton.Real {
		mounts = append(mounts, bk.AddMount(path.Join(SourceDir, dir), b.realState(dir), bk.ForceNoOutput))
	}
	return mounts
}
