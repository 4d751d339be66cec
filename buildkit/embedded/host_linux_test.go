package embedded

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"testing"
)

func TestHostCheck(t *testing.T) {
	t.Parallel()
	alice := &user.User{Username: "alice", Uid: "1000"}
	tests := map[string]struct {
		user     *user.User
		admin    bool
		programs []string
		subIDs   bool
		want     string
	}{
		"root":           {admin: true, programs: []string{"runc"}},
		"root, no runc":  {admin: true, want: "the embedded builder needs runc: apt-get install runc"},
		"root, confined": {programs: []string{"runc"}, want: "the embedded builder needs CAP_SYS_ADMIN: run this container with --privileged, or use --builder ADDRESS"},
		"user":           {user: alice, programs: []string{"runc", "rootlesskit", "newuidmap"}, subIDs: true},
		"user, no programs": {
			user: alice, subIDs: true,
			want: "the embedded builder needs runc and rootlesskit and newuidmap: apt-get install runc rootlesskit uidmap",
		},
		"user, no ids": {
			user: alice, programs: []string{"runc", "rootlesskit", "newuidmap"},
			want: "the embedded builder needs a range for alice in /etc/subuid and /etc/subgid: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice",
		},
		"user, nothing": {
			user: alice,
			want: "the embedded builder needs runc and rootlesskit and newuidmap and a range for alice in /etc/subuid and /etc/subgid: " +
				"apt-get install runc rootlesskit uidmap && usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := host{
				user: test.user, admin: test.admin,
				look: func(name string) (string, error) {
					if slices.Contains(test.programs, name) {
						return "/usr/bin/" + name, nil
					}
					return "", errors.New("not found")
				},
				subIDs: func(string, *user.User) (bool, error) { return test.subIDs, nil },
			}
			got := ""
			if err := h.check(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestHasSubIDs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "subuid")
	if err := os.WriteFile(path, []byte("bob:100000:65536\n1002:165536:65536\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		user user.User
		want bool
	}{
		{path, user.User{Username: "bob", Uid: "1001"}, true},
		{path, user.User{Username: "carol", Uid: "1002"}, true},
		{path, user.User{Username: "alice", Uid: "1000"}, false},
		{path + ".none", user.User{Username: "bob", Uid: "1001"}, false},
	}
	for _, test := range tests {
		if got, err := hasSubIDs(test.path, &test.user); got != test.want || err != nil {
			t.Errorf("%s for %s: %t, %v", test.path, test.user.Username, got, err)
		}
	}
}
