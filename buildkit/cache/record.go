package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"

	"github.com/cranekit/cranekit/llb"
)

var noSlug = regexp.MustCompile(`[^a-z0-9]+`)

// recorder names what is saved of the nodes of a graph: the name of the node
// for people, and a hash of everything that makes it but the files of the
// source. The record of a stage is therefore the same for all runs with one
// lock; that of a check holds the source that was exported last.
type recorder struct {
	// definitions are not made for what this builder can do: records are for
	// other builders too.
	definitions *llb.Marshaler
	// keys are the hashes of ops without what is different in every run, by
	// their digests with it.
	keys map[string]string
}

// Records are the names of the records of nodes, by the names of the nodes. The
// definitions must not be made for what one builder can do.
func Records(ctx context.Context, definitions *llb.Marshaler, nodes []*llb.Node) (map[string]string, error) {
	recorder, records := newRecorder(definitions), map[string]string{}
	for _, n := range nodes {
		var err error
		if records[n.Name], err = recorder.name(ctx, n); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func newRecorder(definitions *llb.Marshaler) *recorder {
	return &recorder{definitions: definitions, keys: map[string]string{}}
}

// name is "" for image and layout of the toolchain: BuildKit exports no
// sources.
func (r *recorder) name(ctx context.Context, n *llb.Node) (string, error) {
	if n.IsImage() {
		return "", nil
	}
	def, err := r.definitions.Marshal(ctx, n)
	if err != nil {
		return "", err
	}
	return r.record(n, def.Def)
}

func (r *recorder) record(n *llb.Node, ops [][]byte) (string, error) {
	var key string
	for _, data := range ops { // each after its inputs
		var err error
		if key, err = r.key(data); err != nil {
			return "", fmt.Errorf("naming the cache of %s: %w", n.Name, err)
		}
	}
	slug := strings.Trim(noSlug.ReplaceAllString(strings.ToLower(n.Name), "-"), "-")
	if len(slug) > 40 {
		slug = strings.Trim(slug[:40], "-")
	}
	return slug + "-" + key[:12], nil
}

// key hashes an op without the ids that BuildKit puts into local sources.
func (r *recorder) key(data []byte) (string, error) {
	dgst := digest.FromBytes(data).String()
	if key, ok := r.keys[dgst]; ok {
		return key, nil
	}
	var op pb.Op
	if err := proto.Unmarshal(data, &op); err != nil {
		return "", err
	}
	if source := op.GetSource(); source != nil {
		for name := range source.Attrs {
			if name == pb.AttrLocalUniqueID || name == pb.AttrLocalSessionID || name == pb.AttrSharedKeyHint {
				delete(source.Attrs, name)
			}
		}
	}
	for _, input := range op.Inputs {
		input.Digest = r.keys[input.Digest]
	}
	clean, err := proto.MarshalOptions{Deterministic: true}.Marshal(&op)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(clean)
	r.keys[dgst] = hex.EncodeToString(sum[:])
	return r.keys[dgst], nil
}
