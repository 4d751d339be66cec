package cache

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	oci "github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/cache/remotecache"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	// sizeTimeout is how long reading a manifest for its sizes may take. They
	// are for people only, and the registry may be one that the builder
	// reaches and this process does not.
	sizeTimeout = 5 * time.Second
	// manifestLimit is the most bytes that are read of a manifest, as
	// registries limit them.
	manifestLimit = 4 << 20
)

// layerSizes reads the sizes of what an export has written, by digest: the
// builder tells the digest of the manifest only. It is nil where they cannot
// be known.
func layerSizes(ctx context.Context, entry gateway.CacheOptionsEntry, response map[string]string) map[string]int64 {
	var desc ocispecs.Descriptor
	if err := json.Unmarshal([]byte(response[remotecache.ExporterResponseManifestDesc]), &desc); err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sizeTimeout)
	defer cancel()
	var data []byte
	var err error
	switch entry.Type {
	case "registry":
		data, err = registryManifest(ctx, entry, desc.Digest)
	case "local":
		data, err = localManifest(ctx, entry.Attrs["dest"], desc)
	default:
		return nil
	}
	var manifest ocispecs.Manifest
	if err != nil || json.Unmarshal(data, &manifest) != nil {
		return nil
	}
	sizes := map[string]int64{}
	for _, layer := range manifest.Layers {
		sizes[layer.Digest.String()] = layer.Size
	}
	return sizes
}

func registryManifest(ctx context.Context, entry gateway.CacheOptionsEntry, dgst digest.Digest) ([]byte, error) {
	var opts []name.Option
	if entry.Attrs["registry.insecure"] == "true" {
		opts = append(opts, name.Insecure)
	}
	ref, err := name.ParseReference(entry.Attrs["ref"], opts...)
	if err != nil {
		return nil, err
	}
	got, err := oci.Get(ref.Context().Digest(dgst.String()), oci.WithContext(ctx), oci.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return nil, err
	}
	return got.Manifest, nil
}

func localManifest(ctx context.Context, dir string, desc ocispecs.Descriptor) ([]byte, error) {
	store, err := contentlocal.NewStore(dir)
	if err != nil {
		return nil, err
	}
	blob, err := store.ReaderAt(ctx, desc)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	if blob.Size() > manifestLimit {
		return nil, fmt.Errorf("a manifest of %d bytes", blob.Size())
	}
	return io.ReadAll(io.NewSectionReader(blob, 0, blob.Size()))
}
