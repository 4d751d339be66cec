package llb

import (
	"slices"

	bk "github.com/moby/buildkit/client/llb"
)

// Names of nodes that exist once.
const (
	NodeToolchain = "toolchain"
	NodeFetch     = "fetch"
)

// fetch adds the only vertex of the workspace with network: cargo fetch on the
// skeleton. Its result is CARGO_HOME, for all platforms, as cargo metadata
// without network needs.
func (b *builder) fetch() error {
	lib, err := library("network.sh", "credentials.sh", "fetch.sh")
	if err != nil {
		return err
	}
	opts := append(networkSecrets(),
		bk.Args([]string{"/bin/sh", libDir + "/fetch.sh"}),
		bk.WithCustomNamef("[%s] cargo fetch --locked", b.named(NodeFetch)),
		bk.AddMount(libDir, lib, bk.Readonly),
		bk.AddMount(SourceDir, b.layout, bk.ForceNoOutput),
		bk.AddMount("/cranekit/downloads", bk.Scratch(), bk.AsPersistentCacheDir("cranekit-downloads", bk.CacheMountLocked)),
		scratchTmp(),
	)
	opts = append(opts, secretOptions(FetchSecretPrefix, b.cfg.Fetch.Secrets)...)
	opts = append(opts, bk.AddSecret("/run/secrets/cranekit/known_hosts", bk.SecretID(SecretKnownHosts), bk.SecretFileOpt(0, 0, 0o444), bk.SecretOptional))
	if b.cfg.Fetch.SSH {
		opts = append(opts, bk.AddSSHSocket(bk.SSHSocketTarget("/run/cranekit/ssh.sock")))
	}
	b.home = b.base.Run(opts...).AddMount(cargoHome, bk.Scratch())
	b.add(&Node{
		Name: b.named(NodeFetch), Role: RoleFetch, Needs: slices.Clone(b.toolchains), Network: true,
		Commands: []string{"cargo fetch --locked"}, Dir: b.dir, state: b.home,
	})
	return nil
}
