package llb

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

// dump writes all ops of a graph down, with everything that a builder can be told:
// whatever changes there is a recompile for each user.
func dump(t *testing.T, g *Graph) string {
	t.Helper()
	d := &dumper{numbers: map[string]int{}}
	for _, n := range g.Nodes {
		def, err := g.Marshal(t.Context(), n, "run", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, dt := range def.Def {
			var op pb.Op
			if err := op.UnmarshalVT(dt); err != nil {
				t.Fatal(err)
			}
			dgst := digest.FromBytes(dt)
			if _, ok := d.numbers[dgst.String()]; ok || op.Op == nil {
				continue
			}
			d.numbers[dgst.String()] = len(d.numbers) + 1
			d.op(d.numbers[dgst.String()], &op)
			d.metadata(def.Metadata[dgst].ToPB())
		}
	}
	return d.text.String()
}

type dumper struct {
	numbers map[string]int
	text    strings.Builder
}

func (d *dumper) printf(format string, args ...any) { fmt.Fprintf(&d.text, format, args...) }

func (d *dumper) op(number int, op *pb.Op) {
	d.printf("#%d", number)
	for _, in := range op.Inputs {
		d.printf(" <#%d:%d", d.numbers[in.Digest], in.Index)
	}
	switch o := op.Op.(type) {
	case *pb.Op_Source:
		d.printf(" source %s", o.Source.Identifier)
		for _, name := range slices.Sorted(maps.Keys(o.Source.Attrs)) {
			d.printf(" %s=%s", name, o.Source.Attrs[name])
		}
		d.printf("\n")
	case *pb.Op_File:
		d.printf(" file\n")
		for _, action := range o.File.Actions {
			d.action(action)
		}
	case *pb.Op_Exec:
		d.exec(o.Exec)
	case *pb.Op_Merge:
		d.printf(" merge %v\n", o.Merge.Inputs)
	default:
		d.printf(" %T\n", o)
	}
	if p := op.Platform; p != nil && (p.OS != "linux" || p.Architecture != "amd64" || p.Variant != "") {
		d.printf("   platform %s/%s/%s\n", p.OS, p.Architecture, p.Variant)
	}
}

func (d *dumper) action(action *pb.FileAction) {
	from := fmt.Sprintf("in=%d,%d out=%d", action.Input, action.SecondaryInput, action.Output)
	switch a := action.Action.(type) {
	case *pb.FileAction_Mkfile:
		d.printf("   mkfile %s %o %d bytes %x at=%d %v %s\n", a.Mkfile.Path, a.Mkfile.Mode, len(a.Mkfile.Data), sha256.Sum256(a.Mkfile.Data), a.Mkfile.Timestamp, a.Mkfile.Owner, from)
	case *pb.FileAction_Mkdir:
		d.printf("   mkdir %s %o parents=%t at=%d %v %s\n", a.Mkdir.Path, a.Mkdir.Mode, a.Mkdir.MakeParents, a.Mkdir.Timestamp, a.Mkdir.Owner, from)
	case *pb.FileAction_Copy:
		c := a.Copy
		d.printf("   copy %s %s contents=%t create=%t links=%t mode=%d at=%d %v %v %v %s\n", c.Src, c.Dest, c.DirCopyContents, c.CreateDestPath, c.FollowSymlink, c.Mode, c.Timestamp, c.Owner, c.IncludePatterns, c.ExcludePatterns, from)
	default:
		d.printf("   %v %s\n", a, from)
	}
}

func (d *dumper) exec(op *pb.ExecOp) {
	d.printf(" exec network=%s security=%s cwd=%s user=%q\n", op.Network, op.Security, op.Meta.Cwd, op.Meta.User)
	for _, arg := range op.Meta.Args {
		d.printf("   arg %s\n", strings.ReplaceAll(arg, "\n", "\n       "))
	}
	for _, env := range op.Meta.Env {
		d.printf("   env %s\n", env)
	}
	for _, env := range op.Secretenv {
		d.printf("   env %s from %s optional=%t\n", env.Name, env.ID, env.Optional)
	}
	if m := op.Meta; m.Hostname != "" || m.CgroupParent != "" || m.ProxyEnv != nil || len(m.ExtraHosts)+len(m.Ulimit)+len(m.ValidExitCodes)+len(op.CdiDevices) > 0 {
		d.printf("   hostname=%q cgroup=%q proxy=%v hosts=%v ulimit=%v codes=%v devices=%v\n", m.Hostname, m.CgroupParent, m.ProxyEnv, m.ExtraHosts, m.Ulimit, m.ValidExitCodes, op.CdiDevices)
	}
	for _, m := range op.Mounts {
		d.mount(m)
	}
}

func (d *dumper) mount(m *pb.Mount) {
	d.printf("   mount %s in=%d out=%d %s", m.Dest, m.Input, m.Output, m.MountType)
	if m.Selector != "" {
		d.printf(" selector=%s", m.Selector)
	}
	if m.Readonly {
		d.printf(" ro")
	}
	if m.ContentCache != pb.MountContentCache_DEFAULT {
		d.printf(" content-cache=%s", m.ContentCache)
	}
	if m.CacheOpt != nil {
		d.printf(" id=%s %s", m.CacheOpt.ID, m.CacheOpt.Sharing)
	}
	if m.TmpfsOpt != nil {
		d.printf(" size=%d", m.TmpfsOpt.Size)
	}
	if s := m.SecretOpt; s != nil {
		d.printf(" id=%s optional=%t %d:%d %o", s.ID, s.Optional, s.Uid, s.Gid, s.Mode)
	}
	if s := m.SSHOpt; s != nil {
		d.printf(" id=%s optional=%t %d:%d %o", s.ID, s.Optional, s.Uid, s.Gid, s.Mode)
	}
	d.printf("\n")
}

// metadata is what is no part of a key and yet tells the builder what to do.
func (d *dumper) metadata(meta *pb.OpMetadata) {
	if meta.IgnoreCache {
		d.printf("   ignores the cache\n")
	}
	if meta.ExportCache != nil {
		d.printf("   export cache %t\n", meta.ExportCache.Value)
	}
	for _, name := range slices.Sorted(maps.Keys(meta.Description)) {
		d.printf("   %s %s\n", name, meta.Description[name])
	}
	if r := meta.LinuxResources; r != nil {
		d.printf("   resources %v\n", r)
	}
}
