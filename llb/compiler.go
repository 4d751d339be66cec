package llb

import (
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/config"
)

// compiler is the root file system and the environment that settings compile
// in, and the nodes that make it. It is the one place that sets RUSTFLAGS: even
// another spelling of the same flag makes cargo compile everything again.
func (b *builder) compiler(s config.Settings) (bk.State, []string, error) {
	st, needs := b.base, b.toolchains
	if s.Target != "" {
		var err error
		if st, needs, err = b.targeted(s.Target); err != nil {
			return st, nil, err
		}
		st = addEnv(st, b.crossEnv(s))
	}
	if s.Rustflags != "" {
		st = st.AddEnv("RUSTFLAGS", s.Rustflags)
	}
	return st, needs, nil
}

// offline tells cargo that tests and build scripts start that there is no
// network, unless the user or the image says something of it: without that it
// tries, and fails although all it needs is there. No unit is compiled anew
// because of it, as cargo fingerprints no settings of the network.
func (b *builder) offline(st bk.State, s config.Settings) bk.State {
	const variable = "CARGO_NET_OFFLINE"
	if _, given := s.Env[variable]; given || b.imageEnv[variable] != "" {
		return st
	}
	return st.AddEnv(variable, "true")
}

// targeted adds the standard library of a target by rustup, where the image
// has that and rust-toolchain.toml does not ask for it anyway. It is a vertex
// of its own: the stacks of other targets stay as they are.
func (b *builder) targeted(target string) (bk.State, []string, error) {
	if !b.rustup || slices.Contains(b.ws.Targets, target) || strings.HasSuffix(target, ".json") {
		return b.base, b.toolchains, nil
	}
	name := b.named("toolchain target " + target)
	script := "rustup target add " + quote(target)
	if b.nodes[name] == nil {
		if _, err := b.addition(b.base, name, script, script); err != nil {
			return b.base, nil, err
		}
	}
	return b.nodes[name].state, append(slices.Clone(b.toolchains), name), nil
}

// cross are the names that Debian gives to what compiles and runs programs of
// another architecture: the prefix of the GNU tools, and the CPU of QEMU.
type cross struct{ arch, gnu, qemu string }

// crosses are the targets that Debian has cross compilers for.
func crosses() map[string]cross {
	return map[string]cross{
		"aarch64-unknown-linux-gnu":     {"arm64", "aarch64-linux-gnu", "aarch64"},
		"armv7-unknown-linux-gnueabihf": {"arm", "arm-linux-gnueabihf", "arm"},
		"i686-unknown-linux-gnu":        {"386", "i686-linux-gnu", "i386"},
		"powerpc64le-unknown-linux-gnu": {"ppc64le", "powerpc64le-linux-gnu", "ppc64le"},
		"riscv64gc-unknown-linux-gnu":   {"riscv64", "riscv64-linux-gnu", "riscv64"},
		"s390x-unknown-linux-gnu":       {"s390x", "s390x-linux-gnu", "s390x"},
		"x86_64-unknown-linux-gnu":      {"amd64", "x86_64-linux-gnu", "x86_64"},
	}
}

// crossEnv names the linker, the emulator for tests and the place of foreign
// libraries for a target of another architecture, but for what the user has
// set: variables would win over .cargo/config.toml.
func (b *builder) crossEnv(s config.Settings) map[string]string {
	c, known := crosses()[s.Target]
	if !known || c.arch == b.graph.platform.Architecture {
		return nil
	}
	triple := strings.ReplaceAll(s.Target, "-", "_")
	env := map[string]string{
		"PKG_CONFIG_ALLOW_CROSS_" + triple: "1",
		"PKG_CONFIG_LIBDIR_" + triple:      "/usr/lib/" + c.gnu + "/pkgconfig:/usr/share/pkgconfig",
	}
	for key, value := range map[string]string{"linker": c.gnu + "-gcc", "runner": libDir + "/emulate.sh " + c.qemu + " " + c.gnu} {
		if !b.ws.ConfiguresTarget(s.Target, key) {
			env["CARGO_TARGET_"+strings.ToUpper(triple+"_"+key)] = value
		}
	}
	for name := range s.Env {
		delete(env, name)
	}
	return env
}
