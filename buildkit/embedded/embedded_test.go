package embedded

import "testing"

func TestDefaultStateDir(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		uid  int
		env  map[string]string
		want string
	}{
		"chosen":           {0, map[string]string{"CRANEKIT_STATE_DIR": "/s", "HOME": "/root"}, "/s"},
		"root":             {0, map[string]string{"HOME": "/root", "XDG_STATE_HOME": "/x"}, "/var/lib/cranekit/builder"},
		"user":             {1000, map[string]string{"HOME": "/home/alice"}, "/home/alice/.local/state/cranekit/builder"},
		"user, XDG":        {1000, map[string]string{"HOME": "/home/alice", "XDG_STATE_HOME": "/x"}, "/x/cranekit/builder"},
		"user, wrong XDG":  {1000, map[string]string{"HOME": "/home/alice", "XDG_STATE_HOME": "x"}, "/home/alice/.local/state/cranekit/builder"},
		"user without any": {1000, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := defaultStateDir(test.uid, func(key string) string { return test.env[key] })
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}
