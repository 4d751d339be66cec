package config

// builderPrefix starts the table's paths of the keys of a named builder.
const builderPrefix = "builders.<builder>."

// builderKeys are the keys of a builder that has a name. The rows of the table
// describe all of them; those with a prefix of their own read one.
func builderKeys(prefix string, of func(*Config) *Builder) []key {
	builder := needs(TrustBuilder)
	file := append(needs(TrustBuilder), outsiders()...)
	return []key{
		{
			path: prefix + "address", needs: builder, typ: textKey, check: each(builderAddress), absent: "none; every builder needs one", example: "tcp://buildkit.example:1234",
			doc: "Where BuildKit listens: `unix://PATH`, `tcp://HOST:PORT`, `ssh://[USER@]HOST[:PORT][/SOCKET]`, `kube-pod://POD`, " +
				"`docker-container://NAME` or `podman-container://NAME`.",
			at: func(c *Config, _ *Check) any { return &of(c).Address },
		}, {
			path: prefix + "ca", needs: file, typ: pathKey, absent: "the system's authorities", example: "ci/buildkit-ca.pem",
			doc: "PEM file with the certificate authority of a `tcp://` builder. It, `cert` or `server-name` makes the connection TLS.",
			at:  func(c *Config, _ *Check) any { return &of(c).CA },
		}, {
			path: prefix + "cert", needs: file, typ: pathKey, example: "ci/client.pem",
			doc: "PEM file with the certificate that this side shows. It needs `key`.",
			at:  func(c *Config, _ *Check) any { return &of(c).Cert },
		}, {
			path: prefix + "key", needs: file, typ: pathKey, example: "/run/secrets/client-key.pem",
			doc: "PEM file with the private key of `cert`. It is never part of the source; `--set` and CRANEKIT_BUILDERS_<NAME>_KEY can name it too.",
			at:  func(c *Config, _ *Check) any { return &of(c).Key },
		}, {
			path: prefix + "server-name", needs: builder, typ: textKey, check: each(word), absent: "the host of the address", example: "buildkit",
			doc: "Name that the builder's certificate must be for.",
			at:  func(c *Config, _ *Check) any { return &of(c).ServerName },
		}, {
			path: prefix + "weight", needs: builder, typ: numberKey, absent: "1", check: between(0.01, 1000), example: "2",
			doc: "Its speed beside the others when `builder` names several: 2 for one that is twice as fast.",
			at:  func(c *Config, _ *Check) any { return &of(c).Weight },
		}, {
			path: prefix + "platforms", needs: builder, typ: listKey, check: each(platform), absent: "that of the first builder", example: "[linux/arm64]",
			doc: "Platforms that it runs programs for when `builder` names several. It gets the checks with a `target` for these, " +
				"and compiles and tests them without emulation.",
			at: func(c *Config, _ *Check) any { return &of(c).Platforms },
		},
	}
}
