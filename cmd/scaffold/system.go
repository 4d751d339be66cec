package scaffold

import (
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config/cargo"
)

// Need is a Debian package that crates of the lock need in order to compile.
type Need struct {
	Package string
	// Crates are those that need it, sorted.
	Crates []string
}

// native is a crate that needs more than the C compiler of the default image.
type native struct {
	crate string
	// packages are Debian's, separated by blanks.
	packages string
	// unless is a crate that makes the packages needless: it builds from
	// sources of its own. With own it has to be a dependency of the crate.
	unless string
	own    bool
}

// natives are the most common crates of crates.io that fail without packages.
// Crates that contain the sources of their library and compile them with the C
// compiler alone need no row: libgit2-sys, libz-sys, zstd-sys, bzip2-sys, ring.
func natives() []native { return slices.Concat(services(), devices(), windows(), buildTools()) }

// services are crates for TLS, networks, data bases and protocols.
func services() []native {
	return []native{
		{crate: "openssl-sys", packages: "pkg-config libssl-dev", unless: "openssl-src"},
		{crate: "openssl-src", packages: "make perl"},
		{crate: "libsqlite3-sys", packages: "pkg-config libsqlite3-dev", unless: "cc", own: true},
		{crate: "pq-sys", packages: "libpq-dev", unless: "pq-src"},
		{crate: "mysqlclient-sys", packages: "pkg-config default-libmysqlclient-dev", unless: "mysqlclient-src"},
		{crate: "librocksdb-sys", packages: "g++ make"},
		{crate: "rdkafka-sys", packages: "g++ make"},
		{crate: "zmq-sys", packages: "pkg-config libzmq3-dev"},
		{crate: "pcap", packages: "libpcap-dev"},
		{crate: "libgssapi-sys", packages: "libkrb5-dev"},
		{crate: "nettle-sys", packages: "pkg-config nettle-dev"},
		{crate: "libsodium-sys", packages: "make"},
		{crate: "tikv-jemalloc-sys", packages: "make"},
		{crate: "jemalloc-sys", packages: "make"},
		{crate: "prost-build", packages: "protobuf-compiler", unless: "protobuf-src"},
		{crate: "protoc-rust", packages: "protobuf-compiler", unless: "protobuf-src"},
		{crate: "protobuf-codegen", packages: "protobuf-compiler", unless: "protobuf-src"},
	}
}

// devices are crates for hardware, sound and services of the system.
func devices() []native {
	return []native{
		{crate: "alsa-sys", packages: "pkg-config libasound2-dev"},
		{crate: "libpulse-sys", packages: "pkg-config libpulse-dev"},
		{crate: "libspa-sys", packages: "pkg-config libpipewire-0.3-dev"},
		{crate: "libudev-sys", packages: "pkg-config libudev-dev"},
		{crate: "hidapi", packages: "pkg-config libudev-dev"},
		{crate: "libdbus-sys", packages: "pkg-config libdbus-1-dev", unless: "cc", own: true},
		{crate: "libsystemd-sys", packages: "pkg-config libsystemd-dev"},
		{crate: "libseccomp-sys", packages: "libseccomp-dev"},
		{crate: "pam-sys", packages: "libpam0g-dev"},
		{crate: "tss-esapi-sys", packages: "pkg-config libtss2-dev"},
	}
}

// windows are crates for windows, fonts and pictures.
func windows() []native {
	return []native{
		{crate: "freetype-sys", packages: "pkg-config libfreetype-dev", unless: "cc", own: true},
		{crate: "yeslogic-fontconfig-sys", packages: "pkg-config libfontconfig-dev"},
		{crate: "servo-fontconfig-sys", packages: "pkg-config libfontconfig-dev"},
		{crate: "xcb", packages: "libxcb1-dev python3"},
		{crate: "x11", packages: "pkg-config libx11-dev"},
		{crate: "xkbcommon", packages: "libxkbcommon-dev"},
		{crate: "wayland-sys", packages: "pkg-config libwayland-dev"},
		{crate: "sdl2-sys", packages: "libsdl2-dev"},
		{crate: "glib-sys", packages: "pkg-config libglib2.0-dev"},
		{crate: "cairo-sys-rs", packages: "pkg-config libcairo2-dev"},
		{crate: "pango-sys", packages: "pkg-config libpango1.0-dev"},
		{crate: "gdk-pixbuf-sys", packages: "pkg-config libgdk-pixbuf-2.0-dev"},
		{crate: "atk-sys", packages: "pkg-config libatk1.0-dev"},
		{crate: "gdk-sys", packages: "pkg-config libgtk-3-dev"},
		{crate: "gtk-sys", packages: "pkg-config libgtk-3-dev"},
		{crate: "gtk4-sys", packages: "pkg-config libgtk-4-dev"},
		{crate: "libadwaita-sys", packages: "pkg-config libadwaita-1-dev"},
		{crate: "soup3-sys", packages: "pkg-config libsoup-3.0-dev"},
		{crate: "webkit2gtk-sys", packages: "pkg-config libwebkit2gtk-4.1-dev"},
		{crate: "gstreamer-sys", packages: "pkg-config libgstreamer1.0-dev"},
		{crate: "gstreamer-base-sys", packages: "pkg-config libgstreamer-plugins-base1.0-dev"},
		{crate: "ffmpeg-sys-next", packages: "pkg-config libavdevice-dev libavfilter-dev libavformat-dev libavutil-dev libswscale-dev"},
	}
}

// buildTools are crates whose packages build scripts call.
func buildTools() []native {
	return []native{
		{crate: "clang-sys", packages: "libclang-dev"},
		{crate: "cmake", packages: "cmake g++ make"},
		{crate: "link-cplusplus", packages: "g++"},
		{crate: "nasm-rs", packages: "nasm"},
		{crate: "pyo3-ffi", packages: "python3-dev"},
		{crate: "libxml", packages: "pkg-config libxml2-dev"},
	}
}

// optionalCMake are crates that list cmake as a dependency and do without it.
const optionalCMake = "aws-lc-sys"

// System lists the Debian packages that the crates of a lock need, sorted, and
// the crates that link to a library of which nothing is known here.
func System(lock *cargo.Lockfile) (needs []Need, unknown []string) {
	table := natives()
	for _, p := range lock.Packages {
		if p.Source == "" {
			continue
		}
		i := slices.IndexFunc(table, func(n native) bool { return n.crate == p.Name })
		switch {
		case i < 0 && linksUnknown(&p) && !slices.Contains(unknown, p.Name):
			unknown = append(unknown, p.Name)
		case i < 0, needless(lock, &p, table[i]):
		default:
			for name := range strings.FieldsSeq(table[i].packages) {
				needs = addNeed(needs, name, p.Name)
			}
		}
	}
	slices.SortFunc(needs, func(a, b Need) int { return strings.Compare(a.Package, b.Package) })
	slices.Sort(unknown)
	return needs, unknown
}

func addNeed(needs []Need, name, crate string) []Need {
	i := slices.IndexFunc(needs, func(n Need) bool { return n.Package == name })
	if i < 0 {
		return append(needs, Need{name, []string{crate}})
	}
	if !slices.Contains(needs[i].Crates, crate) {
		needs[i].Crates = append(needs[i].Crates, crate)
		slices.Sort(needs[i].Crates)
	}
	return needs
}

func needless(lock *cargo.Lockfile, p *cargo.LockPackage, n native) bool {
	if n.crate == "cmake" {
		return !slices.ContainsFunc(lock.Packages, func(user cargo.LockPackage) bool {
			return user.Name != optionalCMake && dependsOn(&user, "cmake")
		})
	}
	switch {
	case n.unless == "":
		return false
	case n.own:
		return dependsOn(p, n.unless)
	}
	return slices.ContainsFunc(lock.Packages, func(other cargo.LockPackage) bool { return other.Name == n.unless })
}

// linksUnknown reports whether a crate looks for a library with pkg-config and
// has, by its dependencies, no compiler for sources of its own.
func linksUnknown(p *cargo.LockPackage) bool {
	return strings.HasSuffix(p.Name, "-sys") && !dependsOn(p, "cc") && !dependsOn(p, "cmake") &&
		(dependsOn(p, "pkg-config") || dependsOn(p, "system-deps"))
}

func dependsOn(p *cargo.LockPackage, crate string) bool {
	return slices.ContainsFunc(p.Dependencies, func(ref string) bool {
		name, _, _ := strings.Cut(ref, " ")
		return name == crate
	})
}
