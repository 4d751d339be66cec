package address

import (
	"net/url"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/connhelper/dockercontainer"
	"github.com/moby/buildkit/client/connhelper/kubepod"
	"github.com/moby/buildkit/client/connhelper/podmancontainer"
	"github.com/moby/buildkit/client/connhelper/ssh"
)

// good are addresses as people have them.
func good() []string {
	return []string{
		"unix:///run/buildkit/buildkitd.sock", "unix:///home/ann lee/b.sock", "tcp://10.0.0.1:1234", "tcp://[::1]:1234", "tcp://build_kit.example:1",
		"ssh://h", "ssh://me@h:22/run/user/1000/b.sock", "ssh://me%40corp@h", "ssh://[fe80::1]:22",
		"kube-pod://b-0", "kube-pod://b?namespace=ci&container=b&context=arn:aws:eks:eu-west-1:1:cluster/c", "kube-pod://b?context=me@cluster",
		"docker-container://b_1", "docker-container://b?context=far", "podman-container://b",
	}
}

// bad are addresses whose parts would mean something to a shell or a program,
// and others that are none.
func bad() []string {
	return []string{
		"", "h", "unix:h", "unix://b.sock", "unix:///a\x1b[2J", "unix:///a?b", "tcp://h", "tcp://h:1/x", "tcp://me@h:1", "tcp://-h:1", "tcp://h;x:1", "tcp://h:99999", "tcp://h:1?x=y", "tcp://[::1%25eth0]:1",
		"ssh://h/x;touch${IFS}pwned", "ssh://h/x%3Btouch", "ssh://h/$(id)", "ssh://h/`id`", "ssh://h/a|b", "ssh://h/a&b", "ssh://h/a%20b", "ssh://h/a%0Ab", "ssh://h/~", "ssh://h/a*", "ssh://h/a'b", "ssh://h/é",
		"ssh://-oProxyCommand=id", "ssh://-oProxyCommand=id/x", "ssh://-l@h", "ssh://a%20b@h", "ssh://me:pw@h", "ssh://h%20x", "ssh://h;id", "ssh://", "ssh://h?x", "ssh://h#x", "ssh://[h]",
		"kube-pod://-rf", "kube-pod://--as=root", "kube-pod://a_b", "kube-pod://a/b", "kube-pod://b?namespace=-x", "kube-pod://b?context=-x", "kube-pod://b?context=a%20b", "kube-pod://b?kubeconfig=/x", "kube-pod://b?context=a&context=b", "kube-pod://b?container=;id",
		"docker-container://-e", "docker-container://b/x", "docker-container://b?context=ssh://h/x;id", "docker-container://b?host=h", "podman-container://--url=ssh", "podman-container://b?context=x", "podman-container://b;id",
		"pigeon://h", "exec://id",
	}
}

func TestCheckBuilder(t *testing.T) {
	t.Parallel()
	for _, s := range good() {
		if err := CheckBuilder(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range bad() {
		err := CheckBuilder(s)
		if err == nil {
			t.Errorf("%q is taken", s)
		} else if strings.Contains(err.Error(), ":pw@") {
			t.Errorf("the password is repeated: %v", err)
		}
	}
}

func TestCheckContext(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"default", "far.2", "unix:///var/run/docker.sock", "tcp://h", "tcp://h:2376/prefix", "https://h:1", "ssh://me@h", "ssh://me@h:22/run/d.sock", "npipe:////./pipe/docker_engine"} {
		if err := CheckContext(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "-x", "../x", "a b", "a/b", "ssh://h/x;id", "ssh://-x", "tcp://h:1/$(id)", "tcp://h;id", "unix://x", "fd://", "tcp://me:pw@h"} {
		if err := CheckContext(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

// plain reports whether a shell takes a text for one word and for nothing
// else, and no program for an option.
func plain(s string) bool {
	return s != "" && s[0] != '-' && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/._-@:", r)
	}) < 0
}

// FuzzAddress takes the parts of addresses that pass as BuildKit's own helpers
// take them: each that a program gets has to be plain.
func FuzzAddress(f *testing.F) {
	for _, s := range append(good(), bad()...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckContext(s) == nil && strings.HasPrefix(s, "ssh://") && CheckBuilder(s) != nil {
			t.Errorf("%q is an engine's and not a builder's", s)
		}
		if CheckBuilder(s) != nil {
			return
		}
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		switch u.Scheme {
		case "ssh":
			spec, err := ssh.SpecFromURL(u)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			parts = []string{spec.Host, spec.User, spec.Port, spec.Socket}
		case "kube-pod":
			spec, err := kubepod.SpecFromURL(u)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			parts = []string{spec.Pod, spec.Namespace, spec.Container, spec.Context}
		case "docker-container":
			spec, err := dockercontainer.SpecFromURL(u)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			parts = []string{spec.Container, spec.Context}
		case "podman-container":
			spec, err := podmancontainer.SpecFromURL(u)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			parts = []string{spec.Container}
		}
		for i, part := range parts {
			if part == "" && i > 0 {
				continue
			}
			if !plain(part) {
				t.Errorf("%q: a program gets %q", s, part)
			}
		}
	})
}
