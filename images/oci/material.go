package oci

import (
	"net/url"
	"strings"

	packageurl "github.com/package-url/packageurl-go"
)

// Material is everything that went into an image, for its attestations.
type Material struct {
	// Title is the name of the program, Version, License and Repository are
	// those of its package, "" where they are not known.
	Title, Version, License, Repository string
	// Crates are those of the build, Local among them without a source.
	Crates []Crate
	// System are the packages of the system libraries in the image.
	System []SystemPackage
	// Toolchain is the image that compiled it and Base the one below it, as
	// references with digests; "" where there is none or it is not known.
	Toolchain, Base string
	// Commit is that of the source in git, "" where it has changes.
	Commit string
	// Parameters are the settings that the binaries were compiled with.
	Parameters map[string]any
	// Builder is the version of cranekit.
	Builder string
}

// Crate is a package of Cargo's.
type Crate struct {
	Name, Version string
	// Source is as in Cargo.lock, "" for one of the workspace.
	Source string
	// Checksum is the SHA-256 of the packed crate, "" where there is none.
	Checksum string
	License  string
}

// cratesIO are the names of crates.io in locks.
func cratesIO(source string) bool {
	return source == "registry+https://github.com/rust-lang/crates.io-index" || source == "sparse+https://index.crates.io/"
}

// purl is the package URL of a crate.
func (c Crate) purl() string {
	var q packageurl.Qualifiers
	switch {
	case c.Source == "" || cratesIO(c.Source):
	case strings.HasPrefix(c.Source, "git+"):
		q = packageurl.Qualifiers{{Key: "vcs_url", Value: gitURL(c.Source)}}
	default:
		_, registry, _ := strings.Cut(c.Source, "+")
		q = packageurl.Qualifiers{{Key: "repository_url", Value: registry}}
	}
	return packageurl.NewPackageURL("cargo", "", c.Name, c.Version, q, "").ToString()
}

// gitURL is a git source of a lock as SPDX and package URLs write it:
// git+https://host/repository@commit.
func gitURL(source string) string {
	location, commit, _ := strings.Cut(source, "#")
	location, _, _ = strings.Cut(location, "?")
	return location + "@" + commit
}

// location is where a crate is downloaded from, "" where that is not known.
func (c Crate) location() string {
	switch {
	case c.Source == "":
		return ""
	case cratesIO(c.Source):
		return "https://static.crates.io/crates/" + url.PathEscape(c.Name) + "/" + url.PathEscape(c.Name+"-"+c.Version) + ".crate"
	case strings.HasPrefix(c.Source, "git+"):
		return gitURL(c.Source)
	default:
		return ""
	}
}

// SystemPackage is a package of a distribution, from a line of llb's
// PackagesFile.
type SystemPackage struct {
	// Type is that of package URLs, deb or apk, or file for a library of no
	// package, which then is Name.
	Type, Distribution, Name, Version, Architecture string
}

// ParseSystem reads the lines of packages that an image's node wrote.
func ParseSystem(text string) []SystemPackage {
	var found []SystemPackage
	for line := range strings.Lines(text) {
		switch f := strings.Fields(line); {
		case len(f) == 5:
			found = append(found, SystemPackage{f[0], f[1], f[2], f[3], f[4]})
		case len(f) > 1 && f[0] == "file":
			found = append(found, SystemPackage{Type: "file", Name: strings.TrimSpace(strings.TrimPrefix(line, "file "))})
		}
	}
	return found
}

// label is what people call the package.
func (p SystemPackage) label() string {
	if p.Type == "golang" {
		return p.Distribution + "/" + p.Name
	}
	return p.Name
}

// purl is the package URL of a system package, "" for a file of none.
func (p SystemPackage) purl() string {
	if p.Type == "file" {
		return ""
	}
	var q packageurl.Qualifiers
	if p.Architecture != "" {
		q = packageurl.Qualifiers{{Key: "arch", Value: p.Architecture}}
	}
	return packageurl.NewPackageURL(p.Type, p.Distribution, p.Name, p.Version, q, "").ToString()
}
