package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/cranekit/cranekit/config"
)

// proxy is the proxy that steps with network get.
func (p *project) proxy(selected []string) string {
	if chosen := p.withheld(selected); chosen != "" {
		p.notes = append(p.notes, fmt.Sprintf("the password of the proxy is left out: steps with network run in an image that %s chooses (%s)", chosen, config.TrustAdvice(p.cfg.Fork, config.TrustNetwork)))
		return config.WithoutPassword(p.cfg.Network.Proxy)
	}
	return p.cfg.Network.Proxy
}

// route stands for the way to the network as far as the repository's own file
// names it, "" where it names nothing. Passwords are no part of it.
func (p *project) route() (string, error) {
	var way [3]string
	if p.cfg.FromRepository("network.proxy") {
		way[0] = config.WithoutPassword(p.cfg.Network.Proxy)
	}
	if p.cfg.FromRepository("network.no-proxy") {
		way[1] = p.cfg.Network.NoProxy
	}
	if p.cfg.FromRepository("network.ca") {
		known, err := findAuthorities(p.cfg, os.Getenv)
		if err != nil {
			return "", err
		}
		way[2] = string(known.bundle)
	}
	if way == [3]string{} {
		return "", nil
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", way))
	return hex.EncodeToString(sum[:8]), nil
}

// withheld is where the repository chooses an image that the password of the
// proxy does not go to, "" where it goes to all that run, or there is none.
func (p *project) withheld(selected []string) string {
	if p.cfg.Network.Proxy == "" || !config.HasPassword(p.cfg.Network.Proxy) || p.cfg.Trusts(config.TrustNetwork) {
		return ""
	}
	if base := p.strangeBase(); base != "" {
		return base
	}
	return p.strangeImage(selected)
}

// strangeBase is where the repository chooses a base, none of the official images,
// that packages are installed in; "" where it chooses none.
func (p *project) strangeBase() string {
	image := p.cfg.Image
	if len(image.Packages) == 0 {
		return ""
	}
	if image.OCILayout != "" && p.cfg.FromRepository("image.oci-layout") {
		return p.cfg.Origins["image.oci-layout"]
	}
	if image.OCILayout == "" && !config.OfficialImage(image.Base) && p.cfg.FromRepository("image.base") {
		return p.cfg.Origins["image.base"]
	}
	return ""
}

// strangeImage is where the repository chooses an image, none of the official
// ones, that steps with network run in; "" where it chooses none.
func (p *project) strangeImage(selected []string) string {
	for _, c := range p.chosen(selected) {
		prefix := ""
		if c.Toolchain.Image != "" || c.Toolchain.OCILayout != "" {
			prefix = "matrix." + c.Leg + "."
		}
		t := p.toolchain(c)
		if t.Image != "" && config.OfficialImage(t.Image) {
			continue
		}
		for _, key := range []string{"toolchain.image", "toolchain.oci-layout", "toolchain.dockerfile"} {
			if p.cfg.FromRepository(prefix + key) {
				return p.cfg.Origins[prefix+key]
			}
		}
	}
	return ""
}
