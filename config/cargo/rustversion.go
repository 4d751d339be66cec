package cargo

// RustVersion is the `rust-version` of the package's manifest, inherited or
// its own: the oldest Rust that cargo compiles it with. It is "" without one.
func (p *Package) RustVersion() string {
	version, _ := packageTable(p.manifest)["rust-version"].(string)
	return version
}

// HasFeatures reports whether the package declares features of its own.
func (p *Package) HasFeatures() bool { return len(tableAt(p.manifest, "features")) > 0 }

// CompareVersions orders semantic versions as cargo does, pre-releases before
// releases; missing numbers at the end count as the least.
func CompareVersions(a, b string) int { return compareVersions(a, b) }
