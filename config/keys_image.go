package config

import (
	"fmt"
	"path"
)

// imageKeys are the keys of the image that `cranekit build` publishes.
func imageKeys() []key {
	return []key{
		{
			path: "image.base", typ: textKey, check: each(word), absent: "`scratch`: the binaries, the libraries they link, CA certificates and time zones, and nothing else", example: "gcr.io/distroless/cc-debian12",
			doc: "Image to put the binaries on. Its platforms have to include those of the binaries; libraries are not added to it.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Base },
		}, {
			path: "image.oci-layout", typ: pathKey, example: ".cache/base",
			needs: outsiders(),
			doc:   "Directory of an OCI layout that takes the place of `image.base`.",
			at:    func(c *Config, _ *Check) any { return &c.Image.OCILayout },
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
		}, {
			path: "image.entrypoint", typ: wordsKey, absent: "the only binary", example: "/usr/local/bin/server --verbose",
			doc: "Command that the image runs; `[]` for none.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Entrypoint },
		}, {
			path: "image.cmd", typ: wordsKey, example: "--listen :8080",
			doc: "Arguments of the entry point that who runs the image can replace.",
			at:  func(c *Config, _ *Check) any { return &c.Image.Cmd },
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

// imageVariable checks a variable that only the image has.
func imageVariable(e entry) (message, hint string) {
	if !variableName.MatchString(e.name) {
		return fmt.Sprintf("%q is not the name of a variable", e.name), "letters, digits and _ only"
	}
	return "", ""
}
