package config

import (
	"strings"
	"testing"
)

// TestDemandsOfEqualNames: two settings can be written alike, as names of checks
// have dots. Neither hides what the other asks for.
func TestDemandsOfEqualNames(t *testing.T) {
	t.Parallel()
	for trust, checks := range map[Trust]string{
		TrustInsecure: "  y.env: {kind: custom, run: x, insecure: true}\n  y: {kind: custom, run: x, env: {insecure: x}}\n",
		TrustNetwork:  "  y.env: {kind: custom, run: x, network: true}\n  y: {kind: custom, run: x, env: {network: x}}\n",
		TrustSecrets:  "  a: {kind: custom, run: x, secrets: {user: \"file:/etc/passwd\"}}\n  a.secrets: {kind: custom, run: x, user: true}\n",
		TrustOutput:   "  a.secrets: {kind: custom, run: x, output-size: 1TiB}\n  a: {kind: custom, run: x, secrets: {output-size: \"file:/etc/passwd\"}}\n",
	} {
		t.Run(string(trust), func(t *testing.T) {
			t.Parallel()
			dir := project(t, "crane.yaml", "checks:\n"+checks)
			c, err := Load(testOptions(dir))
			if err != nil {
				return // refused is as good
			}
			if got := asked(c); !strings.HasPrefix(strings.Join(got, "\n")+"\n", string(trust)+" ") && !strings.Contains(strings.Join(got, "\n"), "\n"+string(trust)+" ") {
				t.Errorf("asks for %q, want %s among them", got, trust)
			}
		})
	}
}
