//go:build integration

package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

// dockerd starts a Docker engine with a state of its own and without a network
// and returns the address of its socket.
func dockerd(t *testing.T, binary string, args ...string) (address string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "cranekit-dockerd-") // sockets need short paths
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "docker.sock")
	args = append([]string{
		"--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"), "-H", "unix://" + socket,
		"--pidfile", filepath.Join(dir, "pid"), "--iptables=false", "--bridge=none",
	}, args...)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	engine := exec.Command(binary, args...)
	engine.Stdout, engine.Stderr = log, log
	engine.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH")) // its own containerd
	if err := engine.Start(); err != nil {
		t.Fatalf("%v (make test-deps installs docker.io)", err)
	}
	t.Cleanup(func() {
		_ = engine.Process.Signal(os.Interrupt)
		_ = engine.Wait()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("end of dockerd's log:\n%s", text[max(0, len(text)-4000):])
		}
		// dockerd leaves this mount of containers in the host's network.
		_ = exec.Command("umount", "-l", filepath.Join(dir, "exec", "netns", "default")).Run()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	listening(t, "unix", socket, 30*time.Second)
	return "unix://" + socket
}

// TestOldEngine has Debian's Docker, whose BuildKit is from 2020.
func TestOldEngine(t *testing.T) {
	w, _ := formatted(t)
	engine := dockerd(t, "/usr/sbin/dockerd")
	const lacks = "lacks mounts that are not hashed, secrets in variables, images in OCI layouts"

	w.env = []string{"DOCKER_HOST=" + engine}
	o := w.check(t)
	o.wants(t, 0)
	if o.Builder.Name != "embedded" {
		t.Errorf("the builder is %s", o.Builder.Name)
	}
	contains(t, o.stderr, "builder embedded: the Docker engine was passed over: not fit for a run: the BuildKit of Docker 20.10", lacks)

	o = w.check(t, "--builder", "docker")
	o.wants(t, 2)
	contains(t, o.stderr, "builder from --builder: not fit for a run: the BuildKit of Docker 20.10", lacks+": update Docker, or take --builder container or embedded")

	// The same by TLS, as DOCKER_HOST and DOCKER_CERT_PATH have it.
	authority := buildkittest.NewAuthority(t)
	host := authority.Secure(t, engine, "127.0.0.1")
	certs := t.TempDir()
	cert, key := authority.Issue(t, "client")
	for name, file := range map[string]string{"ca.pem": authority.File, "cert.pem": cert, "key.pem": key} {
		if err := os.Symlink(file, filepath.Join(certs, name)); err != nil {
			t.Fatal(err)
		}
	}
	w.env = []string{"DOCKER_HOST=" + host, "DOCKER_CERT_PATH=" + certs, "DOCKER_TLS_VERIFY=1"}
	o = w.check(t, "--builder", "docker")
	o.wants(t, 2)
	contains(t, o.stderr, lacks)
	w.env = w.env[:1]
	o = w.check(t, "--builder", "docker")
	o.wants(t, 75)

	// And by ssh, where the far side has the docker command.
	port, bin := sshd(t, "/usr/bin:/bin")
	w.env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "DOCKER_HOST=ssh://root@127.0.0.1:" + port + strings.TrimPrefix(engine, "unix://")}
	o = w.check(t, "--builder", "docker")
	o.wants(t, 2)
	contains(t, o.stderr, lacks)
	o = w.check(t, "--builder", "docker:near")
	o.wants(t, 2)
	contains(t, o.stderr, "no such docker context: near")
}

// TestNoEngine has none, which is nothing to talk about.
func TestNoEngine(t *testing.T) {
	w, _ := formatted(t)
	o := w.check(t)
	o.wants(t, 0)
	contains(t, o.stderr, "builder embedded: no other is configured\n")
	if strings.Contains(strings.ToLower(o.stderr), "docker") {
		t.Errorf("talk of Docker in:\n%s", o.stderr)
	}
}

// buildkitImage imports an image with BuildKit into an engine: cranekit's own
// in the place of buildkitd, buildctl, and runc with its libraries.
func buildkitImage(t *testing.T, w *workspace, engine string) (name string) {
	t.Helper()
	tools, err := buildctl()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	run(t, "sh", "-eu", "-c", `cd "$1"; mkdir -p usr/bin tmp run; cp "$2" "$3" "$(command -v runc)" usr/bin/
ldd usr/bin/* | grep -o '/[^ ]*\.so[^ ]*' | sort -u | xargs cp -L --parents -t .
tar -c . | docker -H "$4" import -c 'ENTRYPOINT ["cranekit", "builder", "serve", "--state-dir", "/var/lib/buildkit", "--idle-timeout", "-1s"]' \
	-c 'ENV PATH=/usr/bin' -c 'ENV BUILDKIT_HOST=unix:///var/lib/buildkit/buildkit.sock' - cranekit.test/buildkit:1`,
		"sh", root, w.binary, filepath.Join(tools, "buildctl"), engine)
	return "cranekit.test/buildkit:1"
}

// TestContainerBuilder makes a container on Debian's old Docker, on which
// nothing else runs.
func TestContainerBuilder(t *testing.T) {
	w, _ := formatted(t)
	// Docker 20.10 gives privileged containers every capability that the kernel
	// knows, which fails where this machine itself lacks one, as sandboxes of
	// CI do with this one. BuildKit does not need it.
	bin := t.TempDir()
	script(t, bin, "runc", `for a; do
	case $previous in
	--bundle) sed -i 's/"CAP_SYS_RESOURCE",//g' "$a/config.json" ;;
	--process) sed -i 's/"CAP_SYS_RESOURCE",//g' "$a" ;;
	esac
	previous=$a
done
exec /usr/sbin/runc "$@"`)
	engine := dockerd(t, "/usr/sbin/dockerd", "--add-runtime", "test="+filepath.Join(bin, "runc"), "--default-runtime", "test")
	image := buildkitImage(t, w, engine)
	w.env = []string{"DOCKER_HOST=" + engine, "CRANEKIT_BUILDER=container"}
	builder := func(code int, args ...string) string {
		t.Helper()
		o := w.finish(t, w.command(t.Context(), append([]string{"builder"}, args...)...))
		o.wants(t, code)
		return o.stdout + o.stderr
	}
	// The image of the default is not there, and there is no network.
	contains(t, builder(75, "create"), "pulling docker.io/moby/buildkit:v")
	contains(t, builder(0, "create", "--image", image, "--network", "host"), "container cranekit-builder created")
	contains(t, builder(0, "create"), "container cranekit-builder runs")
	contains(t, builder(0, "ls"), "cranekit-builder  cranekit.test/buildkit:1  Up")
	w.via(t, "container")

	// The same container by address, and one that was stopped.
	run(t, "docker", "-H", engine, "stop", "-t", "1", "cranekit-builder")
	o := w.check(t, "--builder", "docker-container://cranekit-builder")
	o.wants(t, 0)
	if !o.row(t, "fmt").Cached {
		t.Error("the caches are gone")
	}
	o = w.check(t, "--builder", "docker-container://nobody")
	o.wants(t, 75)
	contains(t, o.stderr, "No such container: nobody")

	// buildx's names for its containers lead there too.
	run(t, "docker", "-H", engine, "rename", "cranekit-builder", "buildx_buildkit_box0")
	buildx := t.TempDir()
	if err := os.Mkdir(filepath.Join(buildx, "instances"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := `{"Name":"box","Driver":"docker-container","Nodes":[{"Name":"box0","Endpoint":"` + engine + `","DriverOpts":null}],"Dynamic":false}`
	if err := os.WriteFile(filepath.Join(buildx, "instances", "box"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "BUILDX_CONFIG="+buildx)
	w.check(t, "--builder", "box").wants(t, 0)
	run(t, "docker", "-H", engine, "rename", "buildx_buildkit_box0", "cranekit-builder")

	contains(t, builder(0, "rm"), "container cranekit-builder removed, and its caches")
	contains(t, builder(0, "rm"), "there was no container")
	run(t, "docker", "-H", engine, "create", "--name", "cranekit-builder", image)
	contains(t, builder(2, "rm"), "this container was not made by cranekit: cranekit-builder")
	if out := builder(0, "ls"); strings.Contains(out, "cranekit-builder") {
		t.Errorf("still there:\n%s", out)
	}
}
