package config

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// imageKeys are the keys of the image that `cranekit build` publishes.
func imageKeys() []key { return slices.Concat(imageFileKeys(), imageConfigKeys()) }

// imageFileKeys are those of what is in the image.
func imageFileKeys() []key {
	return []key{
		{
			path: "image.base", typ: textKey, check: each(word), absent: "`scratch`: the binaries, the libraries they link, CA certificates and time zones, and nothing else", example: "gcr.io/distroless/cc-debian12",
			needs: []need{
				withPackages(toolchains(foreignImage, "with `image.packages`, for other than official images")),
				toolchains(hiddenRegistry, "for registries other than the well-known public ones"),
			},
			doc: "Image to put the binaries on. Its platforms have to include those of the binaries; libraries are not added to it.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Base },
		}, {
			path: "image.oci-layout", typ: pathKey, example: ".cache/base",
			needs: append(outsiders(), withPackages(toolchains(given, "with `image.packages`"))),
			doc:   "Directory of an OCI layout that takes the place of `image.base`.",
			at:    func(c *Config, _ *Check) any { return &c.Image.OCILayout },
		}, {
			path: "image.packages", typ: listKey, check: each(packageName), example: "[ca-certificates, tzdata]",
			doc: "Debian or Alpine packages to add to the base, by its own apt-get or apk. Needs `image.base` or `image.oci-layout`.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Packages },
		}, {
			path: "image.files", typ: mapKey, check: each(imageFile), example: "{config/app.toml: /etc/app.toml, static: /srv/static}",
			doc: "Files and directories of the source to add, by their path in the workspace, each with its place in the image, as `COPY` has it: " +
				"of a directory its content, a file under the name given or, with a `/` at the end, into that directory. They belong to root.",
			at: func(c *Config, _ *Check) any { return &c.Image.Files },
		}, {
			path: "image.checks", typ: listKey, check: each(glob), absent: "all of kind `package`", example: "[package@musl, package@arm]",
			doc: "Package checks, by name or glob, whose binaries go into the image: one for each platform, by their `target`.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Checks },
		}, {
			path: "image.requires", typ: listKey, check: each(glob), absent: "all checks", example: "[clippy, \"test*\"]",
			doc: "Checks, by name or glob, that have to be green before anything is published. Those of `image.checks` always have to be.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Requires },
		}, {
			path: "image.binaries", typ: listKey, check: each(word), absent: "all", example: "[server]",
			doc: "Names of the binaries that go into the image, into /usr/local/bin.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Binaries },
		},
	}
}

// imageConfigKeys are those of how it runs and what it tells of itself.
func imageConfigKeys() []key {
	return []key{
		{
			path: "image.entrypoint", typ: wordsKey, absent: "the only binary", example: "/usr/local/bin/server --verbose",
			doc: "Command that the image runs; `[]` for none.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Entrypoint },
		}, {
			path: "image.cmd", typ: wordsKey, example: "--listen :8080",
			doc: "Arguments of the entry point; whoever runs the image can replace them.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Cmd },
		}, {
			path: "image.workdir", typ: textKey, check: each(imagePath), absent: "that of the base, else `/`", example: "/srv",
			doc: "Directory that the image runs in. If the image does not have it, it is made and belongs to `image.user`, if that is a number.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Workdir },
		}, {
			path: "image.expose", typ: listKey, check: each(port), example: "[8080, 53/udp]",
			doc: "Ports that the program listens on, on top of those of the base. They are information only.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Expose },
		}, {
			path: "image.user", typ: textKey, check: each(word), def: "65532:65532", example: "1000:1000",
			doc: "User and group that the image runs as. 65532 is called nonroot on scratch.",
			at:  func(c *Config, _ *Check) any { return &c.Image.User },
		}, {
			path: "image.env", typ: mapKey, check: each(imageVariable), example: "{RUST_LOG: info}",
			doc: "Environment variables of the image, on top of those of its base.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Env },
		}, {
			path: "image.labels", typ: mapKey, example: "{org.opencontainers.image.vendor: ACME}",
			doc: "Labels of the image. Title, version, licenses, source and revision come from Cargo.toml and git; an empty value removes one.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Labels },
		},
	}
}

// glob checks a pattern for names of checks.
func glob(s string) (message, hint string) {
	if _, err := path.Match(s, ""); err != nil {
		return fmt.Sprintf("%q is not a pattern", s), "a [ needs its ]"
	}
	return word(s)
}

// withPackages is the need of a base in which packages are installed: that is a
// step with network.
func withPackages(n need) need {
	n.with = "image.packages"
	return n
}

// checkImage reports packages without a base to install them in.
func (l *loader) checkImage() {
	scratch := l.unset("image.base") || l.viper.GetString("image.base") == "scratch"
	if scratch && l.unset("image.oci-layout") && !l.unset("image.packages") {
		l.report(l.origins["image.packages"], "image.packages", "an image from scratch has no package manager", "name a Debian or Alpine image in image.base")
	}
}

// imagePath checks a path in an image.
func imagePath(s string) (message, hint string) {
	if !path.IsAbs(s) {
		return fmt.Sprintf("%q is not an absolute path", s), "write /" + path.Clean(s)
	}
	if slices.Contains(strings.Split(s, "/"), "..") {
		return fmt.Sprintf("%q has .. in it", s), "write " + path.Clean(s)
	}
	return "", ""
}

// imageFile checks a file of the source and its place in an image.
func imageFile(e entry) (message, hint string) {
	if path.IsAbs(e.name) || e.name == "" {
		return fmt.Sprintf("%q is not a path in the workspace", e.name), "write workspace path: path in the image"
	}
	return imagePath(e.value)
}

// port checks a port as EXPOSE has it.
func port(s string) (message, hint string) {
	number, protocol, given := strings.Cut(s, "/")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 || given && !slices.Contains([]string{"tcp", "udp", "sctp"}, protocol) {
		return fmt.Sprintf("%q is not a port", s), "write 8080, or 53/udp"
	}
	return "", ""
}

// imageVariable checks a variable that only the image has.
func imageVariable(e entry) (message, hint string) {
	if !variableName.MatchString(e.name) {
		return fmt.Sprintf("%q is not the name of a variable", e.name), "letters, digits and _ only"
	}
	return "", ""
}
