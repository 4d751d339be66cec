// Package llb turns a configuration and a Cargo workspace into a graph of
// BuildKit vertices. Its functions are pure: equal input gives equal bytes.
// It knows nothing of connections and of what cargo prints.
package llb

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	bk "github.com/moby/buildkit/client/llb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// Paths in every container. Cargo puts CARGO_HOME into fingerprints, so they
// are the same in all vertices.
const (
	SourceDir = "/src"
	OutDir    = "/out"
	// outsideDir is the target directory where it must not be in the workspace.
	outsideDir = "/target"
	cargoHome  = "/cranekit/cargo"
	libDir     = "/cranekit/lib"
	shimDir    = "/cranekit/shim"
	toolsDir   = "/cranekit/tools"
)

// IDs of the optional secrets that the vertices with network take.
const (
	// SecretCA is a PEM bundle of certificate authorities.
	SecretCA = "cranekit-ca"
	// SecretProxy is a shell fragment that exports proxy variables.
	SecretProxy = "cranekit-proxy"
)

// Role says what a node is for.
type Role string

// The roles, in the order in which they appear in a graph.
const (
	RoleToolchain Role = "toolchain"
	RoleTool      Role = "tool"
	RoleFetch     Role = "fetch"
	RoleStage     Role = "stage"
	RoleLayer     Role = "layer"
	RoleCheck     Role = "check"
	RoleImage     Role = "image"
)

// Node is a named vertex, together with the file operations that feed it.
type Node struct {
	// Name is unique in the graph. It is for people: what a node is for, and for
	// which check, are Role and Owner.
	Name string
	Role Role
	// Kind is the kind of a check, "" for other roles.
	Kind string
	// Owner is the check that a member layer or an image is made for, "" for
	// what several share.
	Owner string
	// Needs are the names of the nodes that must be there before.
	Needs []string
	// Commands are what a person would type to do the same by hand.
	Commands []string
	// Dir is the working directory of the commands.
	Dir string
	// Network is set if the vertex may use the network, Why what asks for it
	// where that is the user.
	Network bool
	Why     string
	// User is who runs a check, "" for root. Insecure is what asks for a check
	// without sandbox, "" for one that has it.
	User     string
	Insecure string
	// Uncached is set if a check runs in every run, and MaxAge how long its
	// green result holds, 0 for ever.
	Uncached bool
	MaxAge   time.Duration
	// Sees is what a check sees of the source, in words; "" for all of it.
	Sees string
	// Explain tells, in a file [RebuiltFile], why a check compiled
	// dependencies. It is for checks that left such a file.
	Explain *Node
	// Family names the stages that can start from what another of them left, ""
	// for a node that cannot; see [Graph.Seed].
	Family string

	state bk.State
	// below is the stage that a stage is on top of, nil for none; seed is the id
	// of the cache mount that it starts from, and plain the root file system
	// that lays it out.
	below *Node
	seed  string
	plain bk.State
}

// IsImage reports whether the node is the image of a toolchain as it comes from
// its registry or layout, without anything that is made on top of it.
func (n *Node) IsImage() bool { return n.Role == RoleToolchain && len(n.Needs) == 0 }

// Graph is the nodes of a run, each after those it needs.
type Graph struct {
	Nodes []*Node
	// Unlayered is set if checks ask for member layers and got none.
	Unlayered bool

	platform ocispecs.Platform
	// rendering is held while vertices are read: BuildKit (0.34) sorts the mounts
	// of a step in place whenever it asks for its inputs, and two that sort at
	// once make a step that lacks some.
	rendering sync.Mutex
}

// New makes the graph of all configured checks whose toolchains have a base.
// Which of them run is decided later: no key depends on it.
func New(cfg *config.Config, ws *cargo.Workspace, skeleton *cargo.Skeleton, o Options) (*Graph, error) {
	first := &builder{
		cfg: cfg, ws: ws, skeleton: skeleton, nodes: map[string]*Node{}, gitEnv: o.GitEnv, now: o.Now,
		unmerged: o.Unmerged, route: o.Route, domain: o.Domain, effects: new(*cargo.FeatureEffects),
		graph: &Graph{platform: o.Platform},
		dir:   path.Join(SourceDir, ws.Dir),
	}
	first.layout = first.skeletonState(skeleton)
	var err error
	if first.bare, err = first.fetchLayout(); err != nil {
		return nil, fmt.Errorf("skeleton for fetch: %w", err)
	}
	if slices.ContainsFunc(cfg.Checks, func(c config.Check) bool { return c.Settings.MemberLayers }) {
		if err := first.findMembers(o.Unmerged); err != nil {
			return nil, err
		}
	}
	builders := map[string]*builder{}
	for _, c := range cfg.Checks {
		id := ToolchainID(c)
		base, known := o.Bases[id]
		if !known {
			continue
		}
		b := builders[id]
		if b == nil {
			var err error
			if b, err = first.on(c, base); err != nil {
				return nil, err
			}
			builders[id] = b
		}
		if err := b.check(c); err != nil {
			return nil, fmt.Errorf("check %s: %w", c.Name, err)
		}
		if slices.Contains(o.Images, c.Name) {
			if err := b.image(c, o.ImageBases); err != nil {
				return nil, fmt.Errorf("image of %s: %w", c.Name, err)
			}
		}
	}
	b := first
	slices.SortStableFunc(b.graph.Nodes, func(x, y *Node) int { return rank(x.Role) - rank(y.Role) })
	return b.graph, nil
}

func rank(r Role) int {
	return slices.Index([]Role{RoleToolchain, RoleTool, RoleFetch, RoleStage, RoleLayer, RoleCheck, RoleImage}, r)
}

// ToolchainID names the toolchain of a check: "" is that of the configuration,
// others are those of legs of the matrix, equal ones of the same id.
func ToolchainID(c config.Check) string {
	t := c.Toolchain
	if t.Image == "" && t.OCILayout == "" && t.Channel == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(t.Image + "\x00" + t.OCILayout + "\x00" + t.Channel))
	return hex.EncodeToString(sum[:4])
}

// on returns a builder of nodes with the toolchain of a check. Those of a leg
// carry its name.
func (b *builder) on(c config.Check, base Base) (*builder, error) {
	own := *b
	own.channelName = cmp.Or(c.Toolchain.Channel, b.cfg.Toolchain.Channel, b.ws.Channel)
	if ToolchainID(c) != "" {
		own.suffix = "@" + c.Leg
	}
	if err := own.toolchain(base); err != nil {
		return nil, err
	}
	return &own, own.fetch()
}

// builder collects the nodes of one graph that share a toolchain.
type builder struct {
	cfg      *config.Config
	ws       *cargo.Workspace
	skeleton *cargo.Skeleton
	graph    *Graph
	nodes    map[string]*Node
	dir      string
	gitEnv   map[string]string
	now      time.Time
	unmerged bool
	// effects are those of features, once somebody asked.
	effects **cargo.FeatureEffects
	// domain is that of [Options].
	domain string
	// members are the member layers, none where no check asks for them.
	members []cargo.Layer

	// suffix ends the first word of the names of nodes; route is of [Options].
	suffix, route string
	// channelName is the channel that is asked for, "" for the image's own.
	channelName string
	rustup      bool
	// imageEnv is the environment of the image.
	imageEnv map[string]string

	// plain is the toolchain without anything of the workspace; base adds
	// the environment that deps and checks have in common, online that of fetch.
	plain, base, online bk.State
	path                string
	toolchains          []string
	// layout is the skeleton for deps, bare the same for fetch.
	layout, bare bk.State
	// home is CARGO_HOME with all downloads, fetched the last node of those that
	// fetch. ownHome and ownFetch are the same for the workspace's own lock alone,
	// which is all that stages need: another lock changes none of them.
	home, ownHome     bk.State
	fetched, ownFetch string
}

// named is the name of a node: "deps check" is "deps@leg check" for a leg with
// a toolchain of its own.
func (b *builder) named(name string) string {
	word, rest, more := strings.Cut(name, " ")
	if more {
		return word + b.suffix + " " + rest
	}
	return word + b.suffix
}

func (b *builder) add(n *Node) *Node {
	b.nodes[n.Name] = n
	b.graph.Nodes = append(b.graph.Nodes, n)
	return n
}

// Node returns the node of that name, or nil.
func (g *Graph) Node(name string) *Node {
	if i := slices.IndexFunc(g.Nodes, func(n *Node) bool { return n.Name == name }); i >= 0 {
		return g.Nodes[i]
	}
	return nil
}

// Checks are the nodes that are checks, in the order of the configuration.
func (g *Graph) Checks() []*Node {
	var checks []*Node
	for _, n := range g.Nodes {
		if n.Role == RoleCheck {
			checks = append(checks, n)
		}
	}
	return checks
}

// Closure returns the named nodes and all that they need, in graph order.
func (g *Graph) Closure(names ...string) []*Node {
	wanted := map[string]bool{}
	for _, n := range slices.Backward(g.Nodes) {
		if slices.Contains(names, n.Name) || wanted[n.Name] {
			wanted[n.Name] = true
			for _, need := range n.Needs {
				wanted[need] = true
			}
		}
	}
	var nodes []*Node
	for _, n := range g.Nodes {
		if wanted[n.Name] {
			nodes = append(nodes, n)
		}
	}
	return nodes
}
