package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/cranekit/cranekit/cmd/scaffold"
)

var (
	buildCommand = regexp.MustCompile("failed to run custom build command for `([A-Za-z0-9_-]+) v")
	linkerTrace  = regexp.MustCompile("linker `([^`]+)` not found")
	fuseTrace    = regexp.MustCompile("invalid linker name in argument '-fuse-ld=([\\w.-]+)'|unrecognized command[- ]line option ['‘`]-fuse-ld=([\\w.-]+)")
	noLinker     = regexp.MustCompile(`collect2: fatal error: cannot find 'ld'`)
	libclang     = regexp.MustCompile(`Unable to find libclang|couldn't find any valid shared libraries matching: \['libclang`)
	headerTrace  = regexp.MustCompile(`fatal error: ([\w./+-]+\.h(?:pp)?): No such file|'([\w./+-]+\.h(?:pp)?)' file not found|Failed to find '([\w./+-]+\.h)'`)
	programTrace = regexp.MustCompile("is `([^`]+)` not installed\\?")
	protoc       = regexp.MustCompile("Could not find `protoc`")
	libraryTrace = regexp.MustCompile(`cannot find -l:?(?:lib)?([\w+.-]+?)(?:\.so|\.a)?(?::|$|\s)`)
	pkgConfig    = regexp.MustCompile("pkg-config (command )?could not be|could not (find|run) .{0,20}pkg-config|Could not find directory of OpenSSL|system library .{1,40} required by crate .{1,60} was not found")
)

// systemPackages is for libraries, headers, linkers and tools of the system:
// what names the package best comes first.
func systemPackages(c clues) string {
	for _, find := range []func(string) string{libclangPackage, cratePackages, linkerPackage, headerPackage, programPackage, libraryPackage} {
		if advice := find(c.log); advice != "" {
			return advice
		}
	}
	if pkgConfig.MatchString(c.log) {
		return "the image lacks a library of the system: name its package, toolchain: {packages: [pkg-config, libssl-dev]} for instance; cranekit init names those that it knows"
	}
	return ""
}

// lacks is the advice for what the image lacks.
func lacks(what, debian, alpine string) string {
	text := fmt.Sprintf("the image lacks %s: toolchain: {packages: [%s]}", what, debian)
	if alpine != "" && alpine != debian {
		text += fmt.Sprintf(", of Alpine [%s]", alpine)
	}
	return text
}

func libclangPackage(log string) string {
	if !libclang.MatchString(log) {
		return ""
	}
	return lacks("libclang, which bindgen needs", "libclang-dev", "clang-dev")
}

// cratePackages are those of a crate whose build script misses something.
func cratePackages(log string) string {
	if !pkgConfig.MatchString(log) && !headerTrace.MatchString(log) && !programTrace.MatchString(log) && !strings.Contains(log, "not found") {
		return ""
	}
	for _, m := range buildCommand.FindAllStringSubmatch(log, -1) {
		if debian, alpine := scaffold.Packages(m[1]); len(debian) > 0 {
			return lacks("what "+m[1]+" needs", strings.Join(debian, ", "), strings.Join(alpine, ", "))
		}
	}
	return ""
}

// linkerPackage is for linkers that rustflags or .cargo/config.toml choose.
func linkerPackage(log string) string {
	if m := linkerTrace.FindStringSubmatch(log); m != nil {
		debian, alpine := linkerPackages(m[1])
		return lacks("the linker "+m[1], debian, alpine) + ", and [mold] or [lld] if -fuse-ld names one of them"
	}
	if m := fuseTrace.FindStringSubmatch(log); m != nil {
		name := m[1] + m[2]
		return lacks("the linker "+name+" of -fuse-ld", name, "")
	}
	if noLinker.MatchString(log) {
		return lacks("the linker that -fuse-ld names, mold perhaps", "mold", "")
	}
	return ""
}

func linkerPackages(linker string) (debian, alpine string) {
	triple, cross := strings.CutSuffix(linker, "-gcc")
	switch {
	case linker == "cc":
		return "gcc, libc6-dev", "gcc, musl-dev"
	case linker == "musl-gcc":
		return "musl-tools", "gcc, musl-dev"
	case linker == "ld.lld" || linker == "rust-lld":
		return "lld", "lld"
	case cross:
		return "gcc-" + strings.ReplaceAll(triple, "_", "-"), ""
	}
	return linker, ""
}

// headerPackage is for a header of C that nothing else tells the package of.
func headerPackage(log string) string {
	m := headerTrace.FindStringSubmatch(log)
	if m == nil {
		return ""
	}
	header := m[1] + m[2] + m[3]
	for prefix, packages := range map[string][2]string{
		"selinux/": {"libselinux1-dev", "libselinux-dev"},
		"openssl/": {"libssl-dev", "openssl-dev"},
		"sys/acl":  {"libacl1-dev", "acl-dev"},
		"linux/":   {"linux-libc-dev", "linux-headers"},
		"stddef.h": {"clang", "clang"},
		"stdarg.h": {"clang", "clang"},
		"zlib.h":   {"zlib1g-dev", "zlib-dev"},
		"sqlite3":  {"libsqlite3-dev", "sqlite-dev"},
		"Python.h": {"python3-dev", "python3-dev"},
		"ffi.h":    {"libffi-dev", "libffi-dev"},
	} {
		if strings.HasPrefix(header, prefix) {
			return lacks("the header "+header, packages[0], packages[1])
		}
	}
	return "the image lacks the header " + header + ": name the package that has it, mostly one that ends in -dev, in toolchain.packages"
}

func programPackage(log string) string {
	if protoc.MatchString(log) {
		return lacks("protoc", "protobuf-compiler", "protoc")
	}
	if m := programTrace.FindStringSubmatch(log); m != nil {
		return lacks(m[1], strings.ReplaceAll(m[1], "c++", "g++"), "")
	}
	return ""
}

func libraryPackage(log string) string {
	m := libraryTrace.FindStringSubmatch(log)
	if m == nil {
		return ""
	}
	return "the image lacks the library " + m[1] + ": name its package, lib" + m[1] + "-dev for instance, in toolchain.packages; cranekit init names those that it knows"
}
