package publish

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/images/oci"
)

func TestMain(m *testing.M) { cmdtest.Main(m) }

// publishingConfig is the configuration of a workspace with a crane.yaml.
func publishingConfig(t *testing.T, yaml string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	files := cmdtest.Single()
	files["crane.yaml"] = yaml
	cmdtest.WriteTree(t, dir, files)
	cfg, _, err := project.Load(t.Context(), config.Options{Dir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestPublicationChecks says which checks an image is made of and which have to
// be green.
func TestPublicationChecks(t *testing.T) {
	t.Parallel()
	const legs = "matrix: {a: {target: x86_64-unknown-linux-gnu}, b: {target: aarch64-unknown-linux-gnu}, c: {target: aarch64-unknown-linux-musl}}\n"
	for name, c := range map[string]struct {
		yaml             string
		checks, required string
		err, misfit      string
	}{
		"default":        {"", "package", "clippy package tarpaulin", "", ""},
		"no package":     {"checks: {clippy: }\n", "package", "clippy package", "", ""},
		"some":           {"checks: {clippy: , package: , test: }\nimage: {requires: [test]}\n", "package", "package test", "", ""},
		"none":           {"checks: {clippy: , package: }\nimage: {requires: []}\n", "package", "package", "", ""},
		"legs":           {legs + "checks: {package: }\nimage: {checks: [package@a, package@c]}\n", "package@a package@c", "package@a package@b package@c", "", ""},
		"two of a kind":  {legs + "checks: {package: }\n", "package@a package@b package@c", "package@a package@b package@c", "", "package@b and package@c are both for linux/arm64: name one check for each platform in image.checks"},
		"not for Linux":  {"checks: {package: {target: wasm32-wasip1}}\n", "package", "package", "", "check package: target wasm32-wasip1: an image is for Linux"},
		"no such check":  {"image: {checks: [nope]}\n", "", "", `image.checks: no check matches "nope"; there is package`, ""},
		"no requirement": {"image: {requires: [nope]}\n", "", "", `image.requires: no check matches "nope"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &Publication{}
			err := p.choose(publishingConfig(t, c.yaml))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				return
			}
			if got := strings.Join(project.Names(p.Checks), " "); err != nil || got != c.checks {
				t.Errorf("made of %q (%v), want %q", got, err, c.checks)
			}
			if got := strings.Join(p.Required, " "); got != c.required {
				t.Errorf("requires %q, want %q", got, c.required)
			}
			err = p.Fit(ocispecs.Platform{OS: "linux", Architecture: "amd64"})
			if (err == nil) != (c.misfit == "") || err != nil && err.Error() != c.misfit {
				t.Errorf("error %v, want %q", err, c.misfit)
			}
		})
	}
}

func TestSourceDate(t *testing.T) {
	t.Parallel()
	for epoch, want := range map[string]int64{"": 0, "0": 0, "1767225600": 1767225600, "-1": -1, "yesterday": -1} {
		got, err := sourceDate(epoch)
		if (err == nil) != (want >= 0) || err == nil && (got.Unix() != want || got.Location() != time.UTC) {
			t.Errorf("%q is %s (%v), want %d", epoch, got, err, want)
		}
	}
}

func TestRegistryError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		lost bool
	}{
		"refused":     {&transport.Error{StatusCode: http.StatusUnauthorized}, false},
		"forbidden":   {&transport.Error{StatusCode: http.StatusForbidden}, false},
		"not there":   {&transport.Error{StatusCode: http.StatusNotFound}, false},
		"broken":      {&transport.Error{StatusCode: http.StatusBadGateway}, true},
		"busy":        {&transport.Error{StatusCode: http.StatusTooManyRequests}, true},
		"unreachable": {&url.Error{Op: "Put", URL: "http://h", Err: errors.New("connection refused")}, true},
		"cut off":     {io.ErrUnexpectedEOF, true},
		"else":        {errors.New("disk full"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := registryError(t.Context(), c.err)
			if got := errors.Is(err, buildkit.ErrRegistry); got != c.lost || !errors.Is(err, c.err) {
				t.Errorf("not reached is %v, want %v: %v", got, c.lost, err)
			}
		})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	errStopped := errors.New("stopped")
	cancel(errStopped)
	if err := registryError(ctx, &url.Error{Op: "Put", Err: context.Canceled}); !errors.Is(err, errStopped) || errors.Is(err, buildkit.ErrRegistry) {
		t.Errorf("the end of a run is %v", err)
	}
}

// TestChooseBinaries takes this test's own program for a binary.
func TestChooseBinaries(t *testing.T) {
	t.Parallel()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"one", "two"} {
		if err := os.Symlink(own, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		yaml, dir, arch string
		entrypoint, err string
	}{
		"none":        {"", t.TempDir(), "amd64", "", "puts out no binary"},
		"several":     {"", dir, "amd64", "", "several binaries, one, two: choose in image.binaries"},
		"one":         {"image: {binaries: [two]}\n", dir, "amd64", "/usr/local/bin/two", ""},
		"unknown":     {"image: {binaries: [three]}\n", dir, "amd64", "", "there is no binary three; there are one, two"},
		"command":     {"image: {entrypoint: one --serve}\n", dir, "amd64", "one --serve", ""},
		"no command":  {"image: {entrypoint: []}\n", dir, "amd64", "", ""},
		"other cpu":   {"image: {binaries: [two]}\n", dir, "s390x", "", "binary two is for EM_"},
		"no programs": {"image: {binaries: [Cargo.toml]}\n", "", "amd64", "", "binary Cargo.toml: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := publishingConfig(t, c.yaml)
			if c.dir == "" {
				c.dir = cfg.Workspace
			}
			if c.arch == "amd64" {
				c.arch = runtime.GOARCH
			}
			b := &binaries{dir: os.DirFS(c.dir), platform: v1.Platform{OS: "linux", Architecture: c.arch}}
			err := b.choose(cfg)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if got := strings.Join(b.entrypoint, " "); err == nil && got != c.entrypoint {
				t.Errorf("the image runs %q, want %q", got, c.entrypoint)
			}
		})
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	b := &binaries{Material: oci.Material{Title: "greet", Version: "1.2.0", Commit: "c0ffee"}}
	got := b.labels(map[string]string{"org.opencontainers.image.revision": "", "own": "x"})
	maps.DeleteFunc(got, func(_, value string) bool { return value == "" })
	want := map[string]string{"org.opencontainers.image.title": "greet", "org.opencontainers.image.version": "1.2.0", "own": "x"}
	if !maps.Equal(got, want) {
		t.Errorf("labels are %v, want %v", got, want)
	}
	if names := slices.Sorted(maps.Keys(parameters(config.Check{Name: "package", Settings: config.Settings{Profile: "dev", Env: map[string]string{"HOME": "/home/ann"}}}))); !slices.Equal(names, []string{"check", "profile"}) {
		t.Errorf("parameters are %q: the environment does not belong there", names)
	}
}
