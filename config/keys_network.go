package config

// fetchKeys are the keys of what the download of dependencies may use.
func fetchKeys() []key {
	return []key{
		{
			path: "fetch.secrets", typ: mapKey, check: each(secret), example: "{CARGO_REGISTRIES_ACME_TOKEN: \"env:ACME_TOKEN\"}",
			needs: needs(TrustSecrets),
			doc:   secretDoc + " Only the step that downloads dependencies has them. A file called `git-credentials` or `netrc` is used for git and https.",
			at:    func(c *Config, _ *Check) any { return &c.Fetch.Secrets },
		}, {
			path: "fetch.ssh", typ: boolKey,
			needs: needs(TrustSSH),
			doc:   "Hand the ssh agent of $SSH_AUTH_SOCK over for git dependencies.",
			at:    func(c *Config, _ *Check) any { return &c.Fetch.SSH },
		}, {
			path: "fetch.locks", needs: outsiders(), typ: pathsKey, example: "[guest/Cargo.lock]",
			doc: "Further Cargo.lock files in the repository whose crates are fetched too, of workspaces that tests or build scripts run cargo on.",
			at:  func(c *Config, _ *Check) any { return &c.Fetch.Locks },
		}, {
			path: "fetch.known-hosts", typ: pathKey, absent: "~/.ssh/known_hosts if that file exists", example: "ci/known_hosts",
			needs: outsiders(),
			doc:   "Host keys for ssh. They are not part of any cache key.",
			at:    func(c *Config, _ *Check) any { return &c.Fetch.KnownHosts },
		},
	}
}

// networkKeys are the keys of how the network is reached.
func networkKeys() []key {
	return []key{
		{
			path: "network.ca", typ: pathKey, absent: "$SSL_CERT_FILE if that file exists, else what this machine trusts", example: "ci/ca.pem",
			needs: outsiders(),
			doc:   "PEM bundle of certificate authorities for the steps that use the network, beside those of their image; up to 500 KB. Empty text hands over none of this machine. From `crane.yaml` it is part of the keys of these steps, otherwise of none.",
			at:    func(c *Config, _ *Check) any { return &c.Network.CA },
		}, {
			path: "network.proxy", typ: textKey, check: each(proxyURL), absent: "$HTTPS_PROXY, else $HTTP_PROXY", example: "http://proxy.example:3128",
			needs: needs(TrustNetwork),
			doc:   "Proxy for http and https in the steps that use the network. From `crane.yaml` it is part of their keys, without a password; otherwise of none.",
			at:    func(c *Config, _ *Check) any { return &c.Network.Proxy },
		}, {
			path: "network.no-proxy", typ: textKey, check: each(word), absent: "$NO_PROXY", example: "localhost,.example.com",
			needs: needs(TrustNetwork),
			doc:   "Hosts to reach without the proxy, separated by commas.",
			at:    func(c *Config, _ *Check) any { return &c.Network.NoProxy },
		},
	}
}
