package project

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/repofs"
	"github.com/cranekit/cranekit/llb"
)

// maxSecret bounds a secret; BuildKit takes up to 500 KB.
const maxSecret = 500_000

// Secrets are what fetch, the vertices with network and the selected checks
// need from this machine, by the ids that the graph asks for.
func (p *Project) Secrets(selected []string) (map[string][]byte, error) {
	secrets := map[string][]byte{}
	known, err := FindAuthorities(p.Config, os.Getenv)
	if err != nil {
		return nil, err
	}
	if len(known.Bundle) > 0 {
		secrets[llb.SecretCA] = known.Bundle
	}
	if known.Note != "" {
		p.Notes = append(p.Notes, known.Note)
	}
	if file := p.Config.Fetch.KnownHosts; file != "" && p.showsHosts(selected) {
		data, err := repofs.ReadRegular(file, repofs.MaxFile)
		if err != nil {
			return nil, fileError("fetch.known-hosts", err)
		}
		secrets[llb.SecretKnownHosts] = data
	}
	if proxy := p.proxy(selected); proxy != "" {
		secrets[llb.SecretProxy] = proxyScript(proxy, p.Config.Network.NoProxy)
	}
	if p.Config.Fetch.SSH && os.Getenv("SSH_AUTH_SOCK") == "" {
		return nil, Usage(errors.New("fetch.ssh: SSH_AUTH_SOCK is not set: start an agent with ssh-agent, and ssh-add the key"))
	}
	if err := errors.Join(p.trustRegistries(), p.trustImages(selected)); err != nil {
		return nil, err
	}
	if err := gatherSecrets(secrets, "fetch.secrets", llb.FetchSecretPrefix, p.Config.Fetch.Secrets); err != nil {
		return nil, err
	}
	for _, c := range p.Chosen(selected) {
		if err := gatherSecrets(secrets, "checks."+c.Name+".secrets", llb.CheckSecretPrefix(c.Name), c.Secrets); err != nil {
			return nil, err
		}
		if limits := limitsScript(c.Limits); limits != "" {
			secrets[llb.SecretLimits(c.Name)] = []byte(limits)
		}
	}
	return secrets, nil
}

// trustRegistries refuses tokens that would go where the repository says: a
// token is for the name of a registry, and cargo's configuration gives the
// address to the name.
func (p *Project) trustRegistries() error {
	if p.Config.Trusts(config.TrustSecrets) {
		return nil
	}
	for _, secret := range slices.Sorted(maps.Keys(p.Config.Fetch.Secrets)) {
		name, token := strings.CutSuffix(strings.TrimPrefix(secret, "CARGO_REGISTRIES_"), "_TOKEN")
		if !token || name == secret {
			continue
		}
		where := p.Workspace.NamesRegistry(name)
		if _, set := p.Config.Common.Env["CARGO_REGISTRIES_"+name+"_INDEX"]; set {
			where = "common.env"
		}
		if where != "" {
			return Usage(fmt.Errorf("fetch.secrets.%s: the token would go to the registry that %s names; if that is right, add --trust %s", secret, where, config.TrustSecrets))
		}
	}
	return nil
}

// trustImages refuses secrets and the ssh agent if the repository chooses the
// image of the steps that get them: that image can send them anywhere. A
// Dockerfile reaches every secret of the run, those of checks included.
func (p *Project) trustImages(selected []string) error {
	where := p.strangeImage(selected)
	if where == "" {
		return nil
	}
	refuse := func(key string, trust config.Trust) error {
		return Usage(fmt.Errorf("%s: %s chooses the image that would get it; if that is right, add --trust %s", key, where, trust))
	}
	if p.Config.Fetch.SSH && !p.Config.Trusts(config.TrustSSH) {
		return refuse("fetch.ssh", config.TrustSSH)
	}
	if p.Config.Trusts(config.TrustSecrets) {
		return nil
	}
	if len(p.Config.Fetch.Secrets) > 0 {
		return refuse("fetch.secrets", config.TrustSecrets)
	}
	for _, c := range p.Chosen(selected) {
		if len(c.Secrets) > 0 {
			return refuse("checks."+c.Name+".secrets", config.TrustSecrets)
		}
	}
	return nil
}

// showsHosts reports whether steps get to see ssh's file of known hosts: it tells
// an image of the repository's choice which machines the user knows.
func (p *Project) showsHosts(selected []string) bool {
	return p.Config.FromRepository("fetch.known-hosts") || p.Config.Trusts(config.TrustSSH) || p.strangeImage(selected) == ""
}

// gatherSecrets reads the values of a map of secrets.
func gatherSecrets(into map[string][]byte, key, prefix string, secrets map[string]string) error {
	for name, source := range secrets {
		kind, from, _ := strings.Cut(source, ":")
		var data []byte
		switch value, set := os.LookupEnv(from); {
		case kind == "env" && !set:
			return Usage(fmt.Errorf("%s.%s: the variable %s is not set", key, name, from))
		case kind == "env":
			data = []byte(value)
		default:
			var err error
			if data, err = os.ReadFile(from); err != nil {
				return fileError(key+"."+name, err)
			}
		}
		if len(data) > maxSecret {
			return Usage(fmt.Errorf("%s.%s: more than %d bytes", key, name, maxSecret))
		}
		into[prefix+name] = data
	}
	return nil
}

// fileError is a usage error for a file that is not there.
func fileError(key string, err error) error {
	err = fmt.Errorf("%s: %w", key, err)
	if errors.Is(err, fs.ErrNotExist) {
		return Usage(err)
	}
	return err
}

// proxyScript exports the variables that programs look for a proxy in.
func proxyScript(proxy, noProxy string) []byte {
	var script strings.Builder
	for _, name := range []string{"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"} {
		fmt.Fprintf(&script, "export %s=%s\n", name, llb.CommandLine([]string{proxy}))
	}
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		fmt.Fprintf(&script, "export %s=%s\n", name, llb.CommandLine([]string{noProxy}))
	}
	return []byte(script.String())
}

// limitsScript are the limits that the script of a check keeps itself.
func limitsScript(l config.Limits) string {
	var script strings.Builder
	if l.Timeout > 0 {
		fmt.Fprintf(&script, "timeout=%d\n", max(1, int(l.Timeout.Seconds())))
	}
	if l.Retries > 0 {
		fmt.Fprintf(&script, "retries=%d\n", l.Retries)
	}
	return script.String()
}
