package project

import (
	"fmt"

	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/config"
)

// Access is what the builder gets of Docker's configuration, and a note where
// that is not all. A Dockerfile of the repository can copy from every image
// that the credentials open, and send it away: without trust there are only
// those of the caches.
func (p *Project) Access(selected []string, all *configfile.ConfigFile, caches []cache.Cache) (file *configfile.ConfigFile, note string) {
	where := p.strangeDockerfile(selected)
	if where == "" || p.Config.Trusts(config.TrustSecrets) || !holdsCredentials(all) {
		return all, ""
	}
	file = configfile.New("")
	for _, cache := range caches {
		if cache.Type != config.CacheRegistry {
			continue
		}
		for _, ref := range append([]string{cache.Export}, cache.Import...) {
			named, err := reference.ParseNormalizedNamed(ref)
			if err != nil {
				continue
			}
			key := registryKey(reference.Domain(named))
			if auth, err := all.GetAuthConfig(key); err == nil {
				file.AuthConfigs[key] = auth
			}
		}
	}
	return file, fmt.Sprintf("credentials of registries are left out, but for caches: the Dockerfile that %s names could read private images with them (%s)", where, config.TrustAdvice(p.Config.Fork, config.TrustSecrets))
}

// registryKey is how Docker's configuration calls a registry.
func registryKey(host string) string {
	if registry, err := name.NewRegistry(host); err == nil && registry.RegistryStr() == name.DefaultRegistry {
		return authn.DefaultAuthKey
	}
	return host
}

func holdsCredentials(file *configfile.ConfigFile) bool {
	return len(file.AuthConfigs) > 0 || file.CredentialsStore != "" || len(file.CredentialHelpers) > 0
}

// strangeDockerfile is where the repository names a Dockerfile that a toolchain
// of the run is made with, "" for none.
func (p *Project) strangeDockerfile(selected []string) string {
	const key = "toolchain.dockerfile"
	if !p.Config.FromRepository(key) {
		return ""
	}
	for _, c := range p.Chosen(selected) {
		if p.toolchain(c).Dockerfile != "" {
			return p.Config.Origins[key]
		}
	}
	return ""
}
