package llb

import (
	"context"
	"fmt"
	"maps"
	"reflect"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	digest "github.com/opencontainers/go-digest"
)

// Marshaler renders the definitions of a graph's nodes for one run. Each
// definition holds all that its node needs; a vertex that several nodes need is
// rendered once. It is not safe for concurrent use; several of one graph are.
type Marshaler struct {
	graph       *Graph
	constraints *bk.Constraints
	vertices    map[bk.Vertex]*vertex
	// equal are the vertices of each digest that differ in their metadata.
	equal map[digest.Digest][]*vertex
}

// vertex is a rendered one.
type vertex struct {
	digest digest.Digest
	op     []byte
	meta   bk.OpMetadata
	inputs []*vertex
}

// Marshaler renders with what a builder can do, nil for all that BuildKit can.
// The run id separates the local sources of one run from those of others;
// within a run it must be the same for all nodes, or BuildKit takes equal
// vertices for different ones.
func (g *Graph) Marshaler(runID string, caps *apicaps.CapSet) *Marshaler {
	opts := []bk.ConstraintsOpt{bk.Platform(g.platform), bk.LocalUniqueID(runID)}
	if caps != nil {
		opts = append(opts, bk.WithCaps(*caps))
	}
	return &Marshaler{graph: g, constraints: bk.NewConstraints(opts...), vertices: map[bk.Vertex]*vertex{}, equal: map[digest.Digest][]*vertex{}}
}

// Marshal renders the definition of one node, see [Graph.Marshaler].
func (g *Graph) Marshal(ctx context.Context, n *Node, runID string, caps *apicaps.CapSet) (*bk.Definition, error) {
	return g.Marshaler(runID, caps).Marshal(ctx, n)
}

// Marshal renders the definition of a node: the same, byte for byte, as that of
// its state by itself ([bk.State.Marshal]), which would render all below the
// node once more for each node.
func (m *Marshaler) Marshal(ctx context.Context, n *Node) (*bk.Definition, error) {
	m.graph.rendering.Lock()
	defer m.graph.rendering.Unlock()
	def, err := m.definition(ctx, n.state.Output())
	if err != nil {
		return nil, fmt.Errorf("making the definition of %s: %w", n.Name, err)
	}
	return def, nil
}

func (m *Marshaler) definition(ctx context.Context, out bk.Output) (*bk.Definition, error) {
	def := &bk.Definition{Metadata: map[digest.Digest]bk.OpMetadata{}, Source: &pb.Source{}, Constraints: m.constraints}
	if out == nil || out.Vertex(ctx, m.constraints) == nil {
		return def, nil // An empty file system is no vertex.
	}
	top, err := m.render(ctx, out.Vertex(ctx, m.constraints))
	if err != nil {
		return nil, err
	}
	m.collect(def, top, map[*vertex]bool{}, map[digest.Digest]bool{})
	input, err := out.ToInput(ctx, m.constraints)
	if err != nil {
		return nil, err
	}
	last, err := (&pb.Op{Inputs: []*pb.Input{input}}).MarshalVT()
	if err != nil {
		return nil, err
	}
	def.Def = append(def.Def, last)
	// What a builder must be able to do to read the definition.
	caps := map[apicaps.CapID]bool{pb.CapConstraints: true, pb.CapPlatform: true}
	for _, meta := range def.Metadata {
		if meta.IgnoreCache {
			caps[pb.CapMetaIgnoreCache] = true
		}
		if meta.Description != nil {
			caps[pb.CapMetaDescription] = true
		}
		if meta.ExportCache != nil {
			caps[pb.CapMetaExportCache] = true
		}
	}
	def.Metadata[digest.FromBytes(last)] = bk.OpMetadata{Caps: caps}
	return def, nil
}

func (m *Marshaler) render(ctx context.Context, v bk.Vertex) (*vertex, error) {
	if done, ok := m.vertices[v]; ok {
		return done, nil
	}
	made := &vertex{}
	for _, input := range v.Inputs() {
		below, err := m.render(ctx, input.Vertex(ctx, m.constraints))
		if err != nil {
			return nil, err
		}
		made.inputs = append(made.inputs, below)
	}
	dgst, op, meta, _, err := v.Marshal(ctx, m.constraints)
	if err != nil {
		return nil, err
	}
	made.digest, made.op = dgst, op
	if meta != nil {
		made.meta = bk.NewOpMetadata(meta)
	}
	m.vertices[v] = m.unique(made)
	return m.vertices[v], nil
}

// unique is the vertex that was rendered first of those that are the same.
func (m *Marshaler) unique(made *vertex) *vertex {
	for _, v := range m.equal[made.digest] {
		if reflect.DeepEqual(v.meta, made.meta) {
			return v
		}
	}
	m.equal[made.digest] = append(m.equal[made.digest], made)
	return made
}

// collect adds a vertex to a definition, after its inputs. Vertices that are
// equal but for their metadata are one there.
func (m *Marshaler) collect(def *bk.Definition, v *vertex, seen map[*vertex]bool, ops map[digest.Digest]bool) {
	if seen[v] {
		return
	}
	seen[v] = true
	for _, input := range v.inputs {
		m.collect(def, input, seen, ops)
	}
	if !ops[v.digest] {
		ops[v.digest] = true
		def.Def = append(def.Def, v.op)
		def.Metadata[v.digest] = v.meta
		return
	}
	def.Metadata[v.digest] = merged(def.Metadata[v.digest], v.meta)
}

// merged merges metadata as BuildKit does, which has it inside of a function
// for another purpose only, and that one writes into the maps it gets.
func merged(one, two bk.OpMetadata) bk.OpMetadata {
	one.Description, one.Caps = maps.Clone(one.Description), maps.Clone(one.Caps)
	_, meta := bk.MarshalConstraints(&bk.Constraints{Metadata: one}, &bk.Constraints{Metadata: two})
	return bk.NewOpMetadata(meta)
}
