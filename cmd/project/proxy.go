package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/cranekit/cranekit/config"
)

// proxy is the proxy that steps with network get.
func (p *Project) proxy(selected []string) string {
	if chosen := p.withheld(selected); chosen != "" {
		p.Notes = append(p.Notes, fmt.Sprintf("the password of the proxy is left out: steps with network run in an image that %s chooses (%s)", chosen, config.TrustAdvice(p.Config.Fork, config.TrustNetwork)))
		return config.WithoutPassword(p.Config.Network.Proxy)
	}
	return p.Config.Network.Proxy
}

// Route stands for the way to the network as far as the repository's own file
// names it, "" where it names nothing. Passwords are no part of it.
func (p *Project) Route() (string, error) {
	var way [3]string
	if p.Config.FromRepository("network.proxy") {
		way[0] = config.WithoutPassword(p.Config.Network.Proxy)
	}
	if p.Config.FromRepository("network.no-proxy") {
		way[1] = p.Config.Network.NoProxy
	}
	if p.Config.FromRepository("network.ca") {
		known, err := FindAuthorities(p.Config, os.Getenv)
		if err != nil {
			return "", err
		}
		way[2] = string(known.Bundle)
	}
	if way == [3]string{} {
		return "", nil
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", way))
	return hex.EncodeToString(sum[:8]), nil
}

// withheld is where the repository chooses an image that the password of the
// proxy does not go to, "" where it goes to all that run, or there is none.
func (p *Project) withheld(selected []string) string {
	if p.Config.Network.Proxy == "" || !config.HasPassword(p.Config.Network.Proxy) || p.Config.Trusts(config.TrustNetwork) {
		return ""
	}
	if base := p.strangeBase(); base != "" {
		return base
	}
	return p.strangeImage(selected)
}

// strangeBase is where the repository chooses a base, none of the official images,
// that packages are installed in; "" where it chooses none.
func (p *Project) strangeBase() string {
	image := p.Config.Image
	if len(image.Packages) == 0 {
		return ""
	}
	if image.OCILayout != "" && p.Config.FromRepository("image.oci-layout") {
		return p.Config.Origins["image.oci-layout"]
	}
	if image.OCILayout == "" && !config.OfficialImage(image.Base) && p.Config.FromRepository("image.base") {
		return p.Config.Origins["image.base"]
	}
	return ""
}

// strangeImage is where the repository chooses an image, none of the official
// ones, that steps with network run in; "" where it chooses none.
func (p *Project) strangeImage(selected []string) string {
	for _, c := range p.Chosen(selected) {
		prefix := ""
		if c.Toolchain.Image != "" || c.Toolchain.OCILayout != "" {
			prefix = "matrix." + c.Leg + "."
		}
		t := p.toolchain(c)
		if t.Image != "" && config.OfficialImage(t.Image) {
			continue
		}
		for _, key := range []string{"toolchain.image", "toolchain.oci-layout", "toolchain.dockerfile"} {
			if p.Config.FromRepository(prefix + key) {
				return p.Config.Origins[prefix+key]
			}
		}
	}
	return ""
}
