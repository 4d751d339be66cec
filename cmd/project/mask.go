package project

import (
	"maps"
	"net/url"
	"slices"

	"github.com/cranekit/cranekit/buildkit/sanitize"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// Mask covers what is secret in the secrets of a run: those that the user names,
// and the password of the proxy. Authorities and limits are none.
func Mask(cfg *config.Config, secrets map[string][]byte) *sanitize.Mask {
	var values [][]byte
	for _, id := range slices.Sorted(maps.Keys(secrets)) {
		if llb.NamedSecret(id) {
			values = append(values, secrets[id])
		}
	}
	if proxy, err := url.Parse(cfg.Network.Proxy); err == nil && proxy.User != nil {
		if password, given := proxy.User.Password(); given {
			values = append(values, []byte(password))
		}
	}
	return sanitize.NewMask(values...)
}
