//go:build integration

package integration

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// sleepers are a crate, and its macro that attacks what was compiled beside it
// in each stage.
func sleepers(t *testing.T) crates {
	t.Helper()
	return crates{
		"sleeper": packed(t, map[string]string{
			"sleeper-1.0.0/Cargo.toml": "[package]\nname = \"sleeper\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\n[dependencies]\nsleeper-macro = \"1\"\n",
			"sleeper-1.0.0/src/lib.rs": "sleeper_macro::attack!();\n",
		}),
		"sleeper-macro": packed(t, map[string]string{
			"sleeper-macro-1.0.0/Cargo.toml": "[package]\nname = \"sleeper-macro\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\n[lib]\nproc-macro = true\n",
			"sleeper-macro-1.0.0/attack.sh":  "sleep 3\n" + attackScript(t),
			"sleeper-macro-1.0.0/src/lib.rs": `#[proc_macro]
pub fn attack(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let out = std::process::Command::new("sh").arg("-c").arg(include_str!("../attack.sh")).output().unwrap();
    format!("pub const ATTACK: &str = {:?};", String::from_utf8_lossy(&out.stdout)).parse().unwrap()
}
`,
		}),
	}
}

// locked is a crate that is published.
func (b *battlefield) locked(name string, needs ...string) locked {
	return locked{name, "1.0.0", fmt.Sprintf("%s\"%x\"\n", cratesIo, sha256.Sum256(b.published[name])), needs}
}

// TestLockOfBefore has a dependency whose macro attacks, in the commit before, and
// none in that which is the victim's. The stage of the second commit starts from
// what the first left: it must not have the key of the victim's.
func TestLockOfBefore(t *testing.T) {
	b := newBattlefield(t)
	w := b.workspace(t, b.state)
	w.repository(t)
	after := map[string]string{}
	for _, name := range []string{"Cargo.toml", "Cargo.lock", "src/main.rs"} {
		text, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		after[name] = string(text)
	}
	w.edit(t, "Cargo.toml", "[dependencies]", "[dependencies]\nsleeper = \"=1.0.0\"")
	w.write(t, "Cargo.lock", lock(locked{"app", "0.1.0", "", []string{"fnv", "itoa", "sleeper"}}, lockedFnv, lockedItoa,
		b.locked("sleeper", "sleeper-macro"), b.locked("sleeper-macro")))
	w.write(t, "src/main.rs", "fn main() {\n    println!(\"{}\", sleeper::ATTACK);\n}\n")
	const earlier = "--set=deps-from-earlier=true"
	args := append(append(b.caches(), earlier), b.honest.route()...)
	b.attack(t, w, args...)
	succeeds(t, w)
	for name, text := range after {
		w.write(t, name, text)
	}
	if o := b.attack(t, w, args...); len(o.compiled()) == 0 {
		t.Errorf("the attacker's second commit starts from nothing\n%s", o.stdout)
	}
	fresh := b.victim(t, newState(t), plainSettings)
	for where, got := range map[string]map[string][]byte{
		"the same builder":               b.victim(t, b.state, plainSettings),
		"the same builder, on earlier":   b.victim(t, b.state, plainSettings, earlier),
		"another builder, by the caches": b.victim(t, newState(t), plainSettings, b.caches()...),
	} {
		if !maps.EqualFunc(got, fresh, bytes.Equal) {
			t.Errorf("%s makes other programs than a fresh one", where)
		}
	}
}
