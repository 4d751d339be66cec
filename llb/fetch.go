package llb

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// Names of nodes that exist once.
const (
	NodeToolchain = "toolchain"
	NodeFetch     = "fetch"
)

// downloadsCache is the cache mount of all fetches of a builder. No other vertex
// may have it: fetch runs nothing but constant scripts.
const downloadsCache = "cranekit-downloads"

// fetch adds the only vertex of the workspace with network: cargo fetch on the
// skeleton. Its result is CARGO_HOME, for all platforms, as cargo metadata
// without network needs.
func (b *builder) fetch() error {
	if err := b.fetchInto(b.named(NodeFetch), b.dir, b.bare, slices.Clone(b.toolchains), bk.Scratch()); err != nil {
		return err
	}
	b.ownHome, b.ownFetch = b.home, b.fetched
	return b.fetchGuests()
}

// fetchInto adds a fetch in a directory of a layout, on top of what is fetched
// already.
func (b *builder) fetchInto(name, dir string, layout bk.State, needs []string, home bk.State) error {
	scripts := []string{"network.sh", "credentials.sh", "registry.sh", "downloads.sh", "lock.awk", "fetch.sh"}
	args := []string{"/bin/sh", libDir + "/fetch.sh"}
	if secrets := b.cfg.Fetch.Secrets; len(secrets) > 0 {
		scripts = append(scripts, "masked-fetch.sh", "learn.sh", "secrets.awk", "mask.awk")
		args = append(append([]string{"/bin/sh", libDir + "/masked-fetch.sh"}, masked(secrets)...), "--")
	}
	lib, err := library(scripts...)
	if err != nil {
		return err
	}
	if ca := b.ws.CA(); ca != nil && b.namesNetwork() {
		args = append(args, path.Join(SourceDir, ca.Path))
	}
	opts := append(b.network(),
		bk.Args(args),
		bk.WithCustomNamef("[%s] cargo fetch --locked", name),
		bk.AddMount(libDir, lib, bk.Readonly),
		bk.AddMount(SourceDir, layout, bk.ForceNoOutput),
		bk.AddMount("/cranekit/downloads", bk.Scratch(), bk.AsPersistentCacheDir(downloadsCache, bk.CacheMountLocked)),
		scratchTmp(),
	)
	opts = append(opts, secretOptions(FetchSecretPrefix, b.cfg.Fetch.Secrets)...)
	opts = append(opts, bk.AddSecret("/run/secrets/cranekit/known_hosts", bk.SecretID(SecretKnownHosts), bk.SecretFileOpt(0, 0, 0o444), bk.SecretOptional))
	if b.hasCredentials() {
		opts = append(opts, bk.AddEnv("CRANEKIT_PRIVATE", "1"))
	}
	if b.cfg.Fetch.SSH {
		opts = append(opts, bk.AddSSHSocket(bk.SSHSocketTarget("/run/cranekit/ssh.sock")))
	}
	b.home = b.online.Dir(dir).Run(opts...).AddMount(cargoHome, home)
	b.add(&Node{
		Name: name, Role: RoleFetch, Needs: needs, Network: true,
		Commands: []string{"cargo fetch --locked"}, Dir: dir, state: b.home,
	})
	b.fetched = name
	return nil
}

// namesNetwork reports whether the repository may say how fetch reaches the
// network: a proxy and an authority together see all that fetch sends, so they
// count where it sends no secrets, or on trust.
func (b *builder) namesNetwork() bool {
	return b.cfg.Trusts(config.TrustNetwork) || !b.hasCredentials()
}

// hasCredentials reports whether fetch can open what is not open to everybody.
func (b *builder) hasCredentials() bool { return len(b.cfg.Fetch.Secrets) > 0 || b.cfg.Fetch.SSH }

// fetchLayout is the skeleton with no more of cargo's configuration than fetch
// may have, whatever the packages that are no dummies bring.
func (b *builder) fetchLayout() (bk.State, error) {
	files, err := b.ws.FetchConfig(b.namesNetwork())
	if err != nil {
		return bk.State{}, err
	}
	st := b.plainState(b.skeleton)
	if len(b.skeleton.Real) > 0 {
		st = st.File(withoutConfig(b.dir), bk.WithCustomName("[internal] skeleton without configuration"))
	}
	return lay(st, files, "[internal] skeleton for fetch"), nil
}

// withoutConfig removes what cargo and rustup look for from the workspace's
// directory upwards.
func withoutConfig(dir string) *bk.FileAction {
	var action *bk.FileAction
	for dir := strings.TrimPrefix(dir, SourceDir); ; dir = path.Dir(dir) {
		for _, name := range []string{".cargo/config", ".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml"} {
			file := path.Join("/", dir, name)
			if action == nil {
				action = bk.Rm(file, bk.WithAllowNotFound(true))
			} else {
				action = action.Rm(file, bk.WithAllowNotFound(true))
			}
		}
		if dir == "/" || dir == "" || dir == "." {
			return action
		}
	}
}

// plainState is a skeleton without configuration: the real packages, and the
// files of cargo's.
func (b *builder) plainState(skeleton *cargo.Skeleton) bk.State {
	st := bk.Scratch()
	for _, dir := range b.skeleton.Real {
		st = st.File(bk.Copy(b.realState(dir), "/", path.Join("/", dir), contents(), epoch), bk.WithCustomName("[internal] patched "+dir))
	}
	return lay(st, skeleton.Plain(), "[internal] skeleton")
}

// lay writes files over a state.
func lay(st bk.State, files []cargo.File, name string) bk.State {
	var action *bk.FileAction
	made := map[string]bool{".": true}
	for _, file := range files {
		if dir := path.Dir(file.Path); !made[dir] {
			made[dir] = true
			action = mkdir(action, "/"+dir)
		}
		action = mkfile(action, "/"+file.Path, file.Mode, file.Data)
	}
	if action == nil {
		return st
	}
	return st.File(action, bk.WithCustomName(name))
}

func mkdir(action *bk.FileAction, dir string) *bk.FileAction {
	opts := []bk.MkdirOption{bk.WithParents(true), epoch}
	if action == nil {
		return bk.Mkdir(dir, 0o755, opts...)
	}
	return action.Mkdir(dir, 0o755, opts...)
}

func mkfile(action *bk.FileAction, name string, mode fs.FileMode, data []byte) *bk.FileAction {
	if action == nil {
		return bk.Mkfile(name, mode, data, epoch)
	}
	return action.Mkfile(name, mode, data, epoch)
}

// fetchEnv are the variables of the configuration that say what is downloaded.
// Others could name programs, or lead to another place than the user's network.
// No program knows those with cranekit's own prefix: they make fetch run again.
func fetchEnv(common map[string]string) map[string]string {
	env := map[string]string{}
	for name, value := range common {
		registry := strings.HasPrefix(name, "CARGO_REGISTRIES_") && (strings.HasSuffix(name, "_INDEX") || strings.HasSuffix(name, "_PROTOCOL"))
		if registry || strings.HasPrefix(name, "CRANEKIT_") || strings.HasPrefix(name, "CARGO_UNSTABLE_") || strings.HasPrefix(name, "CARGO_RESOLVER_") || slices.Contains(fetchVariables(), name) {
			env[name] = value
		}
	}
	return env
}

func fetchVariables() []string {
	return []string{
		"CARGO_HTTP_LOW_SPEED_LIMIT", "CARGO_HTTP_MULTIPLEXING", "CARGO_HTTP_SSL_VERSION", "CARGO_HTTP_TIMEOUT", "CARGO_HTTP_USER_AGENT",
		"CARGO_NET_GIT_FETCH_WITH_CLI", "CARGO_NET_RETRY", "CARGO_REGISTRY_DEFAULT", "RUSTC_BOOTSTRAP",
	}
}
