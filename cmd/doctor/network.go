package doctor

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

// toolchain looks at the images or layouts that checks run in.
func (d *Doctor) toolchain(ctx context.Context) {
	if d.project == nil {
		return
	}
	toolchains := d.project.Toolchains(project.Names(d.Config.Checks))
	for _, id := range slices.Sorted(maps.Keys(toolchains)) {
		d.oneToolchain(ctx, toolchains[id])
	}
}

func (d *Doctor) oneToolchain(ctx context.Context, t buildkit.Toolchain) {
	base, _, err := buildkit.Offline(t)
	switch {
	case err != nil:
		d.fail("toolchain", "correct toolchain.oci-layout: "+config.LayoutAdvice, "%v", err)
	case t.Dockerfile != "":
		d.ok("toolchain", "made by %s, which is not tried here", project.ShortPath(t.Dockerfile))
	case t.Layout != "":
		d.ok("toolchain", "OCI layout %s, %s", project.ShortPath(t.Layout), base.Ref)
	default:
		d.image(ctx, t.Image)
	}
}

// image asks a registry for the toolchain's image, with this machine's
// credentials and proxy.
func (d *Doctor) image(ctx context.Context, image string) {
	ref, err := name.ParseReference(image)
	if err != nil {
		d.fail("toolchain", "correct toolchain.image", "%v", err)
		return
	}
	found, err := remote.Get(ref, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n")
		report := d.fail
		if d.farAway(ctx) {
			report = d.warn // the builder may reach what this machine does not
		}
		report("toolchain", "set toolchain.image to one that can be had, or toolchain.oci-layout to one on disk, which make image in a clone of cranekit makes: docs/first-workspace.md", "the image %s cannot be had from here: %s", image, text)
		return
	}
	d.ok("toolchain", "%s, %s", image, found.Digest)
}

// farAway reports whether a builder is not the embedded one.
func (d *Doctor) farAway(ctx context.Context) bool {
	return slices.ContainsFunc(d.Choices, func(choice builder.Choice) bool {
		b, _, err := builder.Select(ctx, choice)
		return err == nil && b.Name() != embeddedName
	})
}

// registry asks the registry of crates for its configuration, and the place
// that it names for downloads whether it is there, as the steps with network
// will: through the proxy and with the authorities of the configuration.
func (d *Doctor) registry(ctx context.Context) {
	if d.project == nil {
		return
	}
	index := d.project.Workspace.Registry()
	address, sparse := strings.CutPrefix(index, "sparse+")
	switch {
	case index == "":
		d.ok("registry", "crates come from a directory")
		return
	case sparse:
		address = strings.TrimSuffix(address, "/") + "/config.json"
	case strings.HasPrefix(address, "http"):
		address = strings.TrimSuffix(address, "/") + "/info/refs?service=git-upload-pack"
	default:
		d.warn("registry", "", "%s is reached by git alone, which is not tried here", withoutPassword(index))
		return
	}
	known, err := project.FindAuthorities(d.Config, os.Getenv)
	if err != nil {
		d.fail("registry", "set network.ca to a file of certificates in PEM form", "%v", err)
		return
	}
	if known.Note != "" {
		d.warn("authorities", "set network.ca to a file with those that the image does not have", "%s", known.Note)
	}
	client := networkClient(d.Config.Network, known.Bundle)
	text, err := get(ctx, client, address, true)
	var said struct{ DL string }
	if err == nil && sparse && json.Unmarshal(text, &said) == nil && said.DL != "" {
		// Templates such as {crate} are in the path alone.
		if u, failed := url.Parse(said.DL); failed == nil && u.Host != "" {
			address = u.Scheme + "://" + u.Host
			_, err = get(ctx, client, address, false)
		}
	}
	if err != nil && known.Named && d.knownHere(ctx, address, err) {
		d.warn("registry", d.networkFix(err), "%s: this machine trusts the authority of its certificate, but network.ca does not have it, and the image may not either", withoutPassword(address))
		return
	}
	if err != nil {
		d.fail("registry", d.networkFix(err), "%s: %v", withoutPassword(address), plainError(err))
		return
	}
	d.ok("registry", "%s answers%s", withoutPassword(index), d.networkNote(known))
}

// withoutPassword masks the password of a URL.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the registry"
	}
	return u.Redacted()
}

// knownHere reports whether an address fails only because an authority is missing
// that this machine trusts.
func (d *Doctor) knownHere(ctx context.Context, address string, err error) bool {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		return false
	}
	_, err = get(ctx, networkClient(d.Config.Network, d.machine), address, false)
	return err == nil
}

// networkFix is the line that mends a failure to reach a registry.
func (d *Doctor) networkFix(err error) string {
	var authority x509.UnknownAuthorityError
	var lookup *net.DNSError
	var op *net.OpError
	var status statusError
	n := d.Config.Network
	switch {
	case errors.As(err, &authority) && n.CA != "":
		return "add the authority of this certificate to " + n.CA
	case errors.As(err, &authority):
		return "set network.ca to the PEM file with the authority of this certificate"
	case errors.As(err, &status) && status.code == http.StatusProxyAuthRequired, strings.Contains(err.Error(), "Proxy Authentication Required"):
		return "write user and password into network.proxy or HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT"
	case errors.As(err, &op) && op.Op == "proxyconnect", n.Proxy != "" && !errors.As(err, &status):
		return "correct network.proxy, which is from " + d.Config.Origins["network.proxy"]
	case errors.As(err, &lookup):
		return "set network.proxy if this machine reaches the network through a proxy, or check its DNS"
	default:
		return "check the network, and source.crates-io in .cargo/config.toml"
	}
}

// networkNote tells what led to the registry beside the network itself.
func (d *Doctor) networkNote(known project.Authorities) string {
	note := ""
	if d.Config.Network.Proxy != "" {
		note += ", proxy from " + d.Config.Origins["network.proxy"]
	}
	if known.From != "" {
		note += ", authorities from " + project.ShortPath(known.From)
	}
	return note
}
