package corpus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/tools/txtar"
)

// Server serves the git repositories and the registries of trees on loopback.
// In the embedded builder the vertices with network reach it, too.
type Server struct {
	dir      string
	listener net.Listener
	server   *http.Server
}

// site is what the server has of one tree, below an address of its own.
type site struct {
	dir, url string
}

// Serve starts a server that keeps its files below dir until it is closed.
func Serve(ctx context.Context, dir string) (*Server, error) {
	git, err := gitBackend(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for git's http-backend: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving repositories: %w", err)
	}
	s := &Server{dir: dir, listener: listener}
	repositories := &cgi.Handler{Path: git, Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"}}
	plain := http.FileServer(http.Dir(dir))
	s.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, ".git/") {
			repositories.ServeHTTP(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	})}
	// It ends with Close, whose error is that of the listener.
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// Close ends the server.
func (s *Server) Close() error { return s.server.Close() }

func (s *Server) site(tree string) site {
	return site{filepath.Join(s.dir, tree), "http://" + s.listener.Addr().String() + "/" + tree}
}

func gitBackend(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "git", "--exec-path").Output()
	if err != nil {
		return "", err
	}
	backend := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		return "", err
	}
	return backend, nil
}

// publish makes the repositories and crates of a tree.
func (s site) publish(ctx context.Context, files []txtar.File) error {
	var repositories, crates []string
	byTop := map[string][]txtar.File{}
	for _, f := range files {
		parts := strings.SplitN(f.Name, "/", 3)
		if len(parts) < 3 {
			return fmt.Errorf("%s is in no repository or crate", f.Name)
		}
		top := parts[0] + "/" + parts[1]
		if byTop[top] == nil && parts[0] == "git" {
			repositories = append(repositories, parts[1])
		} else if byTop[top] == nil {
			crates = append(crates, parts[1])
		}
		f.Name = parts[2]
		byTop[top] = append(byTop[top], f)
	}
	for _, name := range repositories {
		if err := s.repository(ctx, name, byTop["git/"+name]); err != nil {
			return fmt.Errorf("making the repository %s: %w", name, err)
		}
	}
	var index registryIndex
	for _, name := range crates {
		if err := index.add(s, name, byTop["registry/"+name]); err != nil {
			return fmt.Errorf("packing the crate %s: %w", name, err)
		}
	}
	return index.write(s)
}

// scriptFile of a repository is a shell script that is run in it after the
// files have been committed, and is not part of it: for branches and tags.
const scriptFile = "git.sh"

// repository commits files, always with the same hash, and serves them.
func (s site) repository(ctx context.Context, name string, files []txtar.File) error {
	dir := filepath.Join(s.dir, "work", name)
	script := ""
	for _, f := range files {
		if f.Name == scriptFile {
			script = string(f.Data)
			continue
		}
		if err := write(dir, f.Name, f.Data, 0o644); err != nil {
			return err
		}
	}
	lines := "set -eu\ngit init -q -b main\ngit add -A\ngit commit -qm all\n" + script +
		"\ngit clone -q --bare . \"$BARE\""
	cmd := exec.CommandContext(ctx, "sh", "-c", lines)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BARE="+filepath.Join(s.dir, name+".git"), "SITE="+s.url, "REPOSITORIES="+s.dir,
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=nobody", "GIT_AUTHOR_EMAIL=nobody@example.org", "GIT_AUTHOR_DATE=2001-01-01T00:00:00Z",
		"GIT_COMMITTER_NAME=nobody", "GIT_COMMITTER_EMAIL=nobody@example.org", "GIT_COMMITTER_DATE=2001-01-01T00:00:00Z")
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}
