package llb

import (
	"context"
	"fmt"
	"path"
	"strconv"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/config"
)

const (
	// seedDir is where a stage finds compiled units to start from.
	seedDir = "/cranekit/seed"
	// seedCache starts the ids of the cache mounts there. Each is that of one
	// stage: only the constant script of a seed writes what is taken from it.
	seedCache = "cranekit-seed-"
)

// Snapshot is what a stage left in an earlier run: definitions that a builder
// has the results of, or does not have any more.
type Snapshot struct {
	Stage *pb.Definition
	// Below is that of the stage below, nil for the first.
	Below *pb.Definition
}

// family names the stages that can start from one another's snapshots: those
// that cargo would compile in one target directory and that differ in nothing
// but manifests and lock, of which it fingerprints all that matters. It is ""
// where that is not enough: packages of the workspace that count as dependencies,
// and what the configuration names, have constant times in the skeleton and
// would pass for unchanged, and build scripts of git packages find what those of
// another commit left.
func (b *builder) family(env bk.State, s config.Settings, st stage) (string, error) {
	if b.domain == "" || len(b.skeleton.Real) > 0 || len(b.skeleton.Carried) > 0 || b.ws.Lock.HasGit() {
		return "", nil
	}
	profile := config.Settings{Profile: s.Profile, Target: s.Target}
	args := append([]string{st.String()}, settingFlags(profile)...)
	layout := lay(bk.Scratch(), b.skeleton.Configuration(), "configuration")
	return b.keyOf(env.Run(bk.Args(args), bk.AddMount(SourceDir, layout)).Root())
}

// keyOf is the digest of what makes a state.
func (b *builder) keyOf(st bk.State) (string, error) {
	def, err := st.Marshal(context.Background(), bk.Platform(b.graph.platform))
	if err != nil {
		return "", err
	}
	return digest.FromBytes(def.Def[len(def.Def)-1]).Encoded(), nil
}

// inDomain puts the domain into the keys of stages: what they left depends on what
// they started from, and so on who could write that. BuildKit (0.34) keeps the ids
// of cache mounts out of keys.
func (b *builder) inDomain(env bk.State) bk.State { return env.AddEnv("CRANEKIT_DOMAIN", b.domain) }

// seedMount is the cache mount that a stage starts from. Its id follows from all
// else that makes the stage. Code of dependencies runs in stages: they only read
// it.
func (b *builder) seedMount(stage bk.State) (string, bk.RunOption, error) {
	key, err := b.keyOf(stage)
	if err != nil {
		return "", nil, err
	}
	id := seedCache + key[:32]
	return id, bk.AddMount(seedDir, bk.Scratch(), seedCacheDir(id), bk.Readonly), nil
}

// seedCacheDir is locked: nobody lays out what another one is reading.
func seedCacheDir(id string) bk.MountOption { return bk.AsPersistentCacheDir(id, bk.CacheMountLocked) }

// Seed makes the node that lays out what a stage starts from: the units of
// snapshots of its family, the first first; without any it clears that away. It
// is no part of the graph, and is executed once for each nonce: to ignore the
// cache would make BuildKit (0.34) forget the mounts of others.
func (g *Graph) Seed(stage *Node, earlier []Snapshot, nonce string) (*Node, error) {
	lib, err := library("seed.sh", "units.sh")
	if err != nil {
		return nil, err
	}
	name := "seed of " + stage.Name
	opts := []bk.RunOption{
		bk.Args([]string{"/bin/sh", libDir + "/seed.sh"}),
		bk.WithCustomName("[internal] " + name),
		bk.Network(bk.NetModeNone), bk.AddEnv("CRANEKIT_NONCE", nonce),
		bk.AddMount(libDir, lib, bk.Readonly),
		bk.AddMount(seedDir, bk.Scratch(), seedCacheDir(stage.seed)), scratchTmp(),
	}
	for i, snapshot := range earlier {
		dir := path.Join("/cranekit/earlier", strconv.Itoa(i))
		compiled, err := earlierState(snapshot.Stage)
		if err != nil {
			return nil, fmt.Errorf("reading the definition of an earlier %s: %w", stage.Name, err)
		}
		below, err := earlierState(snapshot.Below)
		if err != nil {
			return nil, fmt.Errorf("reading the definition below an earlier %s: %w", stage.Name, err)
		}
		opts = append(opts, bk.AddMount(path.Join(dir, "stage"), compiled, bk.Readonly), bk.AddMount(path.Join(dir, "below"), below, bk.Readonly))
	}
	return &Node{Name: name, Role: RoleStage, Owner: stage.Name, state: stage.plain.Run(opts...).Root()}, nil
}

// earlierState is that of a definition, empty for nil.
func earlierState(def *pb.Definition) (bk.State, error) {
	if def == nil {
		return bk.Scratch(), nil
	}
	op, err := bk.NewDefinitionOp(def)
	if err != nil {
		return bk.State{}, err
	}
	return bk.NewState(op.Output()), nil
}

// Below is the stage that a stage is on top of, nil for none.
func (n *Node) Below() *Node { return n.below }

// Commands are the digests of the vertices of a definition that run a command.
func Commands(def *pb.Definition) map[string]bool {
	commands := map[string]bool{}
	for _, data := range def.GetDef() {
		var op pb.Op
		if op.UnmarshalVT(data) == nil && op.GetExec() != nil {
			commands[digest.FromBytes(data).String()] = true
		}
	}
	return commands
}
