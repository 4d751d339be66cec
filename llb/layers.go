package llb

import (
	"path"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// layerDir is where a member layer leaves what it compiled.
const layerDir = "/cranekit/layer"

// layered is what a check starts from: the snapshot of its dependencies, and
// with member layers those on top, and their packages with the file times that
// they were compiled with.
type layered struct {
	target bk.State
	mounts []bk.RunOption
	needs  []string
}

// findMembers finds the member layers of the workspace, unless the builder
// could not use them.
func (b *builder) findMembers(unmerged bool) (err error) {
	if unmerged {
		b.graph.Unlayered = true
		return nil
	}
	b.members, err = b.ws.Layers()
	return err
}

// layers adds a node for each member layer of a check. Its key is made of the
// packages of the layer, those it depends on, and dummies of all others. The
// check runs the same commands again with everything in its place: what cargo
// does not find compiled, or finds compiled from something else, it compiles.
func (b *builder) layers(c config.Check, k kind, compiler bk.State, deps *Node) (layered, error) {
	l := layered{target: deps.state, needs: []string{deps.Name}}
	commands := k.layering(c)
	if !c.Settings.MemberLayers || len(commands) == 0 || len(b.members) == 0 {
		return l, nil
	}
	lib, err := library("layer.sh", "clean.sh", "declared.sh", "wrapped.sh", "rustc-dummy", "exec.sh")
	if err != nil {
		return l, err
	}
	source := local(sourceOf(k, c).Name)
	env := addEnv(b.offline(compiler, c.Settings), b.ownEnv(c, k))
	states := make([]bk.State, len(b.members))
	for i, member := range b.members {
		targets, dirs := []bk.State{deps.state}, slices.Clone(member.Dirs)
		needs := []string{deps.Name}
		for _, below := range member.Needs {
			targets = append(targets, states[below])
			dirs = append(dirs, b.members[below].Dirs...)
			needs = append(needs, layerName(c, b.members[below]))
		}
		name := layerName(c, member)
		opts := append(packageMounts(source, dirs, member.Skeleton),
			bk.Args(append([]string{"/bin/sh", libDir + "/layer.sh", scriptDirs(member)}, commands...)),
			bk.WithCustomNamef("[%s] compile", name),
			bk.Network(bk.NetModeNone),
			bk.AddMount(libDir, lib, bk.Readonly),
			bk.AddMount(SourceDir, b.skeletonState(member.Skeleton), bk.ForceNoOutput),
			bk.AddMount(cargoHome, b.home, bk.Readonly),
			snapshot(b.targetDir(), merge(targets)),
			scratchTmp(), limits(c),
		)
		states[i] = env.Run(append(opts, resources(c.Limits)...)...).AddMount(layerDir, bk.Scratch())
		b.add(&Node{Name: name, Role: RoleLayer, Owner: c.Name, Needs: b.withGuests(needs), Commands: commands, Dir: b.dir, state: states[i]})
		l.needs = append(l.needs, name)
		l.mounts = append(l.mounts, packageMounts(source, member.Dirs, nil)...)
	}
	l.target = merge(append([]bk.State{deps.state}, states...))
	return l, nil
}

// scriptDirs are the directories of packages with build scripts, a line each.
func scriptDirs(member cargo.Layer) string {
	dirs := make([]string, len(member.Scripts))
	for i, dir := range member.Scripts {
		dirs[i] = path.Join(SourceDir, dir)
	}
	return strings.Join(dirs, "\n")
}

func layerName(c config.Check, member cargo.Layer) string {
	return c.Name + " member " + member.Name
}

// packageMounts lay packages over the source with the same file times in the
// check as in its layers: cargo would compile again what is newer. With a
// skeleton they have the manifests that belong to it.
func packageMounts(source bk.State, dirs []string, skeleton *cargo.Skeleton) []bk.RunOption {
	var mounts []bk.RunOption
	for _, dir := range slices.Sorted(slices.Values(dirs)) {
		action := bk.Copy(source, path.Join("/", dir), "/", contents(), epoch)
		if skeleton != nil {
			action = withManifest(action, skeleton, dir)
		}
		st := bk.Scratch().File(action, bk.WithCustomName("[internal] member "+dir), bk.WithoutExportCache())
		mounts = append(mounts, bk.AddMount(path.Join(SourceDir, dir), st, bk.ForceNoOutput))
	}
	return mounts
}

func merge(states []bk.State) bk.State {
	if len(states) == 1 {
		return states[0]
	}
	return bk.Merge(states, bk.WithCustomName("[internal] merge compiled members"))
}
