package publish

import (
	"maps"

	"github.com/cranekit/cranekit/config"
)

// labels are those of the OCI that are known, and the user's over them. Empty
// ones hide those of the base, which are about the base.
func (b *binaries) labels(own map[string]string) map[string]string {
	const prefix = "org.opencontainers.image."
	labels := map[string]string{
		prefix + "title": b.Title, prefix + "version": b.Version, prefix + "licenses": b.License,
		prefix + "source": b.Repository, prefix + "revision": b.Commit,
	}
	maps.Copy(labels, own)
	return labels
}

// parameters are the settings of a check that decide what its binaries are.
func parameters(c config.Check) map[string]any {
	s := c.Settings
	found := map[string]any{"check": c.Name, "profile": s.Profile}
	for name, list := range map[string][]string{"features": s.Features, "packages": s.Packages, "exclude": s.Exclude, "args": c.Args} {
		if len(list) > 0 {
			found[name] = list
		}
	}
	for name, text := range map[string]string{"target": s.Target, "rustflags": s.Rustflags} {
		if text != "" {
			found[name] = text
		}
	}
	if s.AllFeatures {
		found["all-features"] = true
	}
	if s.NoDefaultFeatures {
		found["no-default-features"] = true
	}
	return found
}
