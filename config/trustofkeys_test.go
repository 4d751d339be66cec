package config

import (
	"slices"
	"testing"
)

// trustOfKeys is what each key that needs trust needs in its worst case. A new
// key belongs here or into freeKeys: somebody has to decide.
func trustOfKeys() map[string][]Trust {
	return map[string][]Trust{
		"workspace":                        {TrustPaths},
		"toolchain.image":                  {TrustToolchain},
		"toolchain.oci-layout":             {TrustPaths, TrustToolchain},
		"toolchain.dockerfile":             {TrustPaths, TrustToolchain},
		"fetch.secrets":                    {TrustSecrets},
		"fetch.ssh":                        {TrustSSH},
		"fetch.known-hosts":                {TrustPaths},
		"fetch.locks":                      {TrustPaths},
		"network.ca":                       {TrustPaths},
		"network.proxy":                    {TrustNetwork},
		"network.no-proxy":                 {TrustNetwork},
		"common.env":                       {TrustNetwork},
		checkPrefix + "network":            {TrustNetwork},
		checkPrefix + "secrets":            {TrustSecrets},
		checkPrefix + "insecure":           {TrustInsecure},
		legPrefix + "toolchain.image":      {TrustToolchain},
		legPrefix + "toolchain.oci-layout": {TrustPaths, TrustToolchain},
		"image.base":                       {TrustToolchain, TrustToolchain},
		"image.oci-layout":                 {TrustPaths, TrustToolchain},
		"builder":                          {TrustBuilder},
		builderPrefix + "address":          {TrustBuilder},
		builderPrefix + "ca":               {TrustBuilder, TrustPaths},
		builderPrefix + "cert":             {TrustBuilder, TrustPaths},
		builderPrefix + "key":              {TrustBuilder, TrustPaths},
		builderPrefix + "server-name":      {TrustBuilder},
		builderPrefix + "weight":           {TrustBuilder},
		builderPrefix + "platforms":        {TrustBuilder},
		"cache":                            {TrustCache},
		"cache-isolation":                  {TrustCache},
		"common.output-size":               {TrustOutput},
		"common.output-files":              {TrustOutput},
		checkPrefix + "output-size":        {TrustOutput},
		checkPrefix + "output-files":       {TrustOutput},
		"output":                           {TrustOutput},
	}
}

// freeKeys are those that act inside of containers, or on results, alone.
func freeKeys() []string {
	free := []string{
		// Files of the repository; .git is never among them.
		"source.include", "source.exclude", "source.git-env",
		// What runs without network, or in the way of rustup, apt and crates.io.
		"toolchain.build-args", "toolchain.build-target", "toolchain.channel", "toolchain.packages", "toolchain.tools",
		// In the way of apt and apk, in image.base, which has the need; files of the source only.
		"image.packages", "image.files", "image.workdir", "image.expose",
		"image.checks", "image.requires", "image.binaries", "image.entrypoint", "image.cmd", "image.user", "image.env", "image.labels",
		"jobs", "fail-fast", "deny-rebuild", "deps-from-earlier", "progress",
		// They restrict.
		"cache-read-only", "cache-required",
	}
	settings := []string{
		"profile", "features", "all-features", "no-default-features", "target", "packages", "exclude", "rustflags", "env", "member-layers",
	}
	for _, leaf := range slices.Concat(settings, []string{"timeout", "retries", "memory", "cpus", "tmp-size", "shm-size", "user"}) {
		if leaf != "env" {
			free = append(free, "common."+leaf)
		}
		free = append(free, checkPrefix+leaf)
	}
	for _, leaf := range settings {
		free = append(free, legPrefix+leaf)
	}
	for _, leaf := range []string{"kind", "matrix", "args", "test-args", "tests", "run", "shell", "deps", "fail-under", "out", "source.include", "source.exclude", "cache", "max-age"} {
		free = append(free, checkPrefix+leaf)
	}
	return append(free, legPrefix+"toolchain.channel")
}

// TestTrustOfKeys keeps the table of keys equal to the two lists.
func TestTrustOfKeys(t *testing.T) {
	t.Parallel()
	free, bound := freeKeys(), trustOfKeys()
	var paths []string
	for _, k := range keys() {
		paths = append(paths, k.path)
		var got []Trust
		for _, n := range k.needs {
			got = append(got, n.trust)
		}
		want, isBound := bound[k.path]
		switch {
		case isBound == slices.Contains(free, k.path):
			t.Errorf("%s is in both lists or in none: decide what it needs", k.path)
		case !slices.Equal(got, want):
			t.Errorf("%s needs %v in the table, %v in the list", k.path, got, want)
		}
	}
	for path := range bound {
		if !slices.Contains(paths, path) {
			t.Errorf("there is no key %s", path)
		}
	}
	for i, path := range free {
		if !slices.Contains(paths, path) || slices.Contains(free[:i], path) {
			t.Errorf("there is no key %s, or it is listed twice", path)
		}
	}
}
