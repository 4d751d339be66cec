// Package cache is what a run has in common with others: it finds, imports and
// exports records of nodes in registries and other places outside the builder.
package cache

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/distribution/reference"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
)

// Cache is a place outside the builder that keeps results, such as a
// repository of a registry. What is saved there has a name of its own for each
// node of the graph: the name of the cache, the node's, and a hash of how the
// node is made, so that no export overwrites what another run still needs.
type Cache struct {
	// Type is registry, local, gha, s3 or azblob.
	Type string
	// Attrs are BuildKit's attributes beside the name, credentials included.
	Attrs map[string]string
	// Import are the names to import from, best first: references, scopes,
	// names or directories, by type.
	Import []string
	// Export is the name to export to, "" for none.
	Export string
}

// Name is what people call the cache: its type and name, without credentials.
func (c *Cache) Name() string {
	name := c.Export
	if name == "" && len(c.Import) > 0 {
		name = c.Import[0]
	}
	return c.Type + " " + cmp.Or(name, defaultCacheName)
}

// Shared reports whether other builders find there what is exported.
func (c *Cache) Shared() bool { return c.Export != "" && slices.Contains(c.Import, c.Export) }

// defaultCacheName is the scope or name where a cache gives none.
const defaultCacheName = "cranekit"

// nameAttrs is the attribute that holds the name, by type.
var nameAttrs = map[string]string{"registry": "ref", "gha": "scope", "s3": "name", "azblob": "name"}

// entry is the record of a node in the cache, as BuildKit wants it.
func (c *Cache) entry(name, record string) (gateway.CacheOptionsEntry, error) {
	attrs := maps.Clone(c.Attrs)
	if attrs == nil {
		attrs = map[string]string{}
	}
	switch c.Type {
	case "local":
		attrs["src"], attrs["dest"], attrs["tag"] = name, name, record
	case "registry":
		ref, err := tagged(name, record)
		if err != nil {
			return gateway.CacheOptionsEntry{}, err
		}
		attrs["ref"] = ref
	default:
		attrs[nameAttrs[c.Type]] = cmp.Or(name, defaultCacheName) + "-" + record
	}
	return gateway.CacheOptionsEntry{Type: c.Type, Attrs: attrs}, nil
}

// tagLimit is the most bytes that a tag may have, by the distribution
// specification.
const tagLimit = 128

// tagHash is how much of a tag's hash stands for what is cut off.
const tagHash = 20

// tagged adds a record to the tag of a reference. Without one, the record is
// the tag.
func tagged(name, record string) (string, error) {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return "", fmt.Errorf("cache %s: %w", name, err)
	}
	tag := record
	if t, ok := ref.(reference.Tagged); ok {
		prefix := t.Tag()
		if limit := tagLimit - len(record) - 1; len(prefix) > limit {
			// Tags that begin alike stay apart: those of two branches may.
			hash := digest.FromString(prefix).Encoded()[:tagHash]
			prefix = prefix[:max(0, limit-tagHash-1)] + "-" + hash
		}
		tag = prefix + "-" + record
	}
	with, err := reference.WithTag(reference.TrimNamed(ref), tag)
	if err != nil {
		return "", fmt.Errorf("cache %s: %w", name, err)
	}
	return with.String(), nil
}
