package buildkit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/llb"
)

// session is what the builder may ask of this process: local files, secrets,
// registry credentials.
func (r *run) session() (*client.SolveOpt, error) {
	opt := &client.SolveOpt{
		LocalMounts: map[string]fsutil.FS{},
		OCIStores:   map[string]content.Store{},
		SharedKey:   sharedKey(r.req.Tree.Root),
	}
	r.layouts = map[string]llb.Base{}
	for id, t := range r.req.Toolchains {
		if err := r.offer(opt, id, t); err != nil {
			return nil, err
		}
	}
	for _, source := range r.req.Sources {
		files, err := r.req.Tree.FS(source.Match)
		if err != nil {
			return nil, fmt.Errorf("reading the source: %w", err)
		}
		opt.LocalMounts[source.Name] = files
	}
	docker := r.req.Docker
	if docker == nil {
		docker = configfile.New("")
	}
	opt.Session = []session.Attachable{
		secretsprovider.FromMap(r.req.Secrets),
		authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
			AuthConfigProvider: authprovider.LoadAuthConfig(docker),
		}),
	}
	if r.req.SSH {
		agent, err := sshprovider.NewSSHAgentProvider([]sshprovider.AgentConfig{{ID: "default"}})
		if err != nil {
			return nil, fmt.Errorf("fetch.ssh: %w (start an agent, and ssh-add the key)", err)
		}
		opt.Session = append(opt.Session, agent)
	}
	return opt, nil
}

// offer gives the files of a toolchain to the session.
func (r *run) offer(opt *client.SolveOpt, id string, t Toolchain) error {
	if err := t.check(); err != nil {
		return err
	}
	if t.Layout != "" {
		name := storeID + id
		base, store, err := openLayout(t.Layout, name)
		if err != nil {
			return err
		}
		r.layouts[id], opt.OCIStores[name] = base, store
	}
	if t.Dockerfile != "" {
		files, err := dockerfileContext(filepath.Dir(t.Dockerfile))
		if err != nil {
			return err
		}
		opt.LocalMounts[dockerfileMount], opt.LocalMounts[contextMount] = files, files
	}
	return nil
}

// sharedKey lets the builder keep the files of a checkout between runs and
// receive differences only.
func sharedKey(root string) string {
	host, _ := os.Hostname()
	machine, _ := os.ReadFile("/etc/machine-id")
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s", host, machine, root))
	return hex.EncodeToString(sum[:])
}
