package project

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/cli/cli/config/types"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
)

// TestAccessOfDockerfiles looks at which registries' credentials a run hands
// to the builder.
func TestAccessOfDockerfiles(t *testing.T) {
	t.Parallel()
	const dockerfile = "toolchain: {dockerfile: Cargo.toml}\n"
	hub, corp, other := "https://index.docker.io/v1/", "registry.corp:5000", "ghcr.io"
	caches := []cache.Cache{{Type: "registry", Import: []string{"registry.corp:5000/a/cache:main"}}, {Type: "local", Export: "ghcr.io/x"}}
	for name, c := range map[string]struct {
		yaml, set, trust string
		caches           []cache.Cache
		want             []string
	}{
		"default image":         {"", "", "", caches, []string{hub, corp, other}},
		"image":                 {"toolchain: {image: registry.corp:5000/rust}\n", "", "", nil, []string{hub, corp, other}},
		"Dockerfile":            {dockerfile, "", "", nil, nil},
		"Dockerfile and caches": {dockerfile, "", "", caches, []string{corp}},
		"a cache on the hub":    {dockerfile, "", "", []cache.Cache{{Type: "registry", Export: "me/cache"}}, []string{hub}},
		"trusted":               {dockerfile, "", "secrets", nil, []string{hub, corp, other}},
		"trusted otherwise":     {dockerfile, "", "network", nil, nil},
		"the user's Dockerfile": {"", "toolchain.dockerfile=Cargo.toml", "", nil, []string{hub, corp, other}},
		"not of this run":       {dockerfile + "matrix: {a: {toolchain: {image: \"rust:1\"}}}\nchecks: {clippy: }\n", "", "", nil, []string{hub, corp, other}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := cmdtest.Single()
			files["crane.yaml"] = c.yaml
			var set []string
			if c.set != "" {
				set = []string{c.set}
			}
			p := opened(t, files, set, c.trust)
			all := configfile.New("")
			for _, host := range []string{hub, corp, other} {
				all.AuthConfigs[host] = types.AuthConfig{Username: "u", Password: "hunter2", ServerAddress: host}
			}
			file, note := p.Access(Names(p.Config.Checks), all, c.caches)
			var got []string
			for _, host := range []string{hub, corp, other} {
				if auth, err := file.GetAuthConfig(host); err == nil && auth.Password != "" {
					got = append(got, host)
				}
			}
			if !slices.Equal(got, c.want) || (note == "") != (len(got) == 3) || strings.Contains(note, "hunter2") {
				t.Errorf("credentials of %q, want %q; note %q", got, c.want, note)
			}
		})
	}
}
