package llb

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Base is the resolved image that the toolchain starts from.
type Base struct {
	// Ref is the image with its digest: name@sha256:…
	Ref string
	// Store is the id of the session's content store when the image is an
	// OCI layout on the client, "" for a registry.
	Store string
	// Definition makes the image when it comes from a Dockerfile; Ref is a
	// name for people then.
	Definition *pb.Definition
	// Config is the OCI image configuration as JSON, nil when it is not
	// known, as in a plan without a builder.
	Config []byte
}

// defaultPath is that of the official Rust images.
const defaultPath = "/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (base Base) state() (bk.State, error) {
	var st bk.State
	name := bk.WithCustomName("[toolchain] " + base.Ref)
	switch {
	case base.Definition != nil:
		op, err := bk.NewDefinitionOp(base.Definition)
		if err != nil {
			return st, fmt.Errorf("reading the definition of %s: %w", base.Ref, err)
		}
		st = bk.NewState(op)
	case base.Store != "":
		st = bk.OCILayout(base.Ref, bk.OCIStore("", base.Store), name)
	default:
		st = bk.Image(base.Ref, name)
	}
	if base.Config == nil {
		return st.AddEnv("PATH", defaultPath), nil
	}
	st, err := st.WithImageConfig(base.Config)
	if err != nil {
		return st, fmt.Errorf("reading the configuration of %s: %w", base.Ref, err)
	}
	return st, nil
}

// env returns the environment of the image.
func (base Base) env() map[string]string {
	var img ocispecs.Image
	env := map[string]string{}
	if json.Unmarshal(base.Config, &img) != nil {
		return env
	}
	for _, entry := range img.Config.Env {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// toolchain adds the nodes that make the root file system of all others:
// image, packages, components. Each is cached by itself.
func (b *builder) toolchain(base Base) error {
	st, err := base.state()
	if err != nil {
		return err
	}
	b.plain = st
	b.toolchains = []string{b.add(&Node{Name: b.named(NodeToolchain), Role: RoleToolchain, Commands: []string{"# image " + base.Ref}, state: st}).Name}

	if packages := b.cfg.Toolchain.Packages; len(packages) > 0 {
		sorted := slices.Compact(slices.Sorted(slices.Values(packages)))
		if err := b.extend("toolchain packages", "install "+strings.Join(sorted, " "), installScript(sorted)); err != nil {
			return err
		}
	}
	env := base.env()
	b.imageEnv = env
	b.path = cmp.Or(env["PATH"], defaultPath)
	channel := ""
	if b.rustup = env["RUSTUP_HOME"] != ""; b.rustup {
		var install bool
		channel, install = b.channel(env)
		if err := b.extend("toolchain components", "rustup: clippy, rustfmt", componentScript(channel, install, b.ws.Components, b.ws.Targets)); err != nil {
			return err
		}
	}
	b.base = b.environment(b.plain, channel, b.cfg.Common.Env)
	b.online = b.environment(b.plain, channel, fetchEnv(b.cfg.Common.Env))
	return nil
}

// installScript installs packages with what the image has for that.
func installScript(packages []string) string {
	list := CommandLine(packages)
	return "if command -v apk >/dev/null; then apk add --no-cache " + list +
		"; else " + architectures(packages) + "apt-get update && apt-get install -y --no-install-recommends " + list + " && rm -rf /var/lib/apt/lists/*; fi"
}

// architectures enables the foreign ones that packages are for, name:arm64.
func architectures(packages []string) string {
	var script strings.Builder
	var known []string
	for _, name := range packages {
		if version := strings.IndexAny(name, "=~/@"); version >= 0 {
			name = name[:version] // it may have a colon, too
		}
		_, arch, foreign := strings.Cut(name, ":")
		if foreign && arch != "native" && !slices.Contains(known, arch) {
			known = append(known, arch)
			script.WriteString("dpkg --add-architecture " + quote(arch) + " && ")
		}
	}
	return script.String()
}

// channel is the rustup toolchain to use: that of the image, unless the
// workspace asks for another, which has to be installed first. It is always
// named, or rustup would read rust-toolchain.toml in the checks, where there is
// no network to install what it says. Official images have theirs in
// RUST_VERSION, installed under the full version only.
func (b *builder) channel(env map[string]string) (channel string, install bool) {
	asked, version := b.channelName, env["RUST_VERSION"]
	if asked == "" || version != "" && (asked == "stable" || asked == version || strings.HasPrefix(version, asked+".")) {
		return version, false
	}
	return asked, true
}

func componentScript(channel string, install bool, components, targets []string) string {
	var lines []string
	if install {
		lines = append(lines, "rustup toolchain install "+quote(channel)+" --profile minimal --no-self-update")
	}
	if channel != "" {
		lines = append(lines, "export RUSTUP_TOOLCHAIN="+quote(channel))
	}
	lines = append(lines,
		"cargo clippy --version >/dev/null 2>&1 || rustup component add clippy",
		"cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt")
	if len(components) > 0 {
		lines = append(lines, "rustup component add "+CommandLine(components))
	}
	if len(targets) > 0 {
		lines = append(lines, "rustup target add "+CommandLine(targets))
	}
	return strings.Join(lines, "\n")
}

// extend runs a script with network on the toolchain so far.
func (b *builder) extend(name, what, script string) error {
	n, err := b.addition(b.plain, b.named(name), what, script)
	if err != nil {
		return err
	}
	b.plain = n.state
	b.toolchains = append(b.toolchains, n.Name)
	return nil
}

// addition adds the node of a script with network on a root file system.
func (b *builder) addition(on bk.State, name, what, script string) (*Node, error) {
	network, err := b.networkOptions()
	if err != nil {
		return nil, err
	}
	args := []string{"/bin/sh", "-euc", ". " + libDir + "/network.sh\n" + script}
	return b.add(&Node{
		Name: name, Role: RoleToolchain, Needs: slices.Clone(b.toolchains), Network: true,
		Commands: strings.Split(script, "\n"),
		state:    on.Run(append(network, bk.Args(args), bk.WithCustomNamef("[%s] %s", name, what))...).Root(),
	}), nil
}

// networkOptions let a vertex out, with the authorities and the proxy of the
// machine as optional secrets, and give it scripts.
func (b *builder) networkOptions(scripts ...string) ([]bk.RunOption, error) {
	lib, err := library(append([]string{"network.sh"}, scripts...)...)
	if err != nil {
		return nil, err
	}
	// The authorities of this machine are written to /tmp: they stay in no layer.
	return append(b.network(), bk.AddMount(libDir, lib, bk.Readonly), scratchTmp()), nil
}

// network is what all vertices with network have. A way out that the repository
// names is in their keys: others, who go another, must not get what came by it.
// Registries of tools and components are believed because of it alone.
func (b *builder) network() []bk.RunOption {
	opts := []bk.RunOption{
		bk.AddSecret("/run/secrets/cranekit/ca.pem", bk.SecretID(SecretCA), bk.SecretFileOpt(0, 0, 0o444), bk.SecretOptional),
		bk.AddSecret("/run/secrets/cranekit/proxy.sh", bk.SecretID(SecretProxy), bk.SecretFileOpt(0, 0, 0o444), bk.SecretOptional),
	}
	if b.route != "" {
		opts = append(opts, bk.AddEnv("CRANEKIT_ROUTE", b.route))
	}
	return opts
}

// environment is what fetch, deps and checks have in common, with the variables
// of the configuration that are for them. Any difference between deps and checks,
// down to PATH, can make cargo compile a dependency again.
func (b *builder) environment(st bk.State, channel string, own map[string]string) bk.State {
	env := map[string]string{
		"PATH":                             b.path + ":" + toolsDir + "/bin",
		"CARGO_HOME":                       cargoHome,
		"CARGO_INCREMENTAL":                "0",
		"CARGO_TERM_COLOR":                 "never",
		"CARGO_CACHE_AUTO_CLEAN_FREQUENCY": "never",
	}
	if channel != "" {
		env["RUSTUP_TOOLCHAIN"] = channel
	}
	// Cargo run by a test finds these too: they are set only where a
	// configuration would lead elsewhere.
	for key, name := range map[string]string{"target-dir": "CARGO_TARGET_DIR", "build-dir": "CARGO_BUILD_BUILD_DIR"} {
		if b.ws.ConfiguresBuild(key) {
			env[name] = b.targetDir()
		}
	}
	maps.Copy(env, own)
	return addEnv(st, env).Dir(b.dir)
}

// targetDir is the target directory in the containers: where cargo has it
// without any configuration. Tests rely on that: they look for programs in it,
// or run cargo in CARGO_TARGET_TMPDIR and expect it to find the workspace.
func (b *builder) targetDir() string { return path.Join(b.dir, "target") }

// addEnv adds variables in the order of their names.
func addEnv(st bk.State, env map[string]string) bk.State {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		st = st.AddEnv(name, env[name])
	}
	return st
}
