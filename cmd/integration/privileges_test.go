//go:build integration

package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// unprivileged is a workspace whose test is red for root, with a dependency.
const unprivileged = `use std::{fs, io, path::Path};

pub fn size_of(file: &Path) -> io::Result<String> {
    Ok(itoa::Buffer::new().format(fs::read(file)?.len()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn says_that_a_file_is_unreadable() {
        let file = std::env::temp_dir().join("unreadable-test");
        fs::write(&file, "x").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
        let error = size_of(&file).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn owns_what_it_works_on() {
        let home = std::env::var("HOME").unwrap();
        fs::write(Path::new(&home).join("x"), "x").unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
        let text = fs::read_to_string(&source).unwrap();
        fs::write(&source, text + "// x\n").unwrap();
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("new"), "x").unwrap();
    }
}
`

// TestUser runs checks of each kind as a user: tests pass that no root passes,
// results come out, and no dependency is compiled again.
func TestUser(t *testing.T) {
	w := empty(t)
	w.write(t, "Cargo.toml", "[package]\nname = \"unreadable\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nitoa = \"1\"\n")
	w.write(t, "Cargo.lock", `version = 4

[[package]]
name = "itoa"
version = "1.0.14"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "d75a2a4b1b190afb6f5425f10f6a8f959d2ea0b9c2b1d79553551850539e4674"

[[package]]
name = "unreadable"
version = "0.1.0"
dependencies = ["itoa"]
`)
	w.write(t, "src/lib.rs", unprivileged)
	const yaml = `checks:
  fmt:
  clippy:
  package:
  tarpaulin:
  doc:
  layers: {kind: package, member-layers: true}
  named: {kind: custom, user: nobody, deps: none, run: ["id -un >/out/id.txt; test $(id -u) -eq 65534"]}
  numbers: {kind: custom, user: "1234:5678", run: ["id; test $(id -u).$(id -g) = 1234.5678; getent passwd 1234; touch $HOME/x; cargo test --release --locked"]}
  absent: {kind: custom, user: postgres, deps: none, run: ["true"]}
  root: {kind: custom, user: false, deps: none, run: ["test $(id -u) -eq 0"]}
`
	w.write(t, "crane.yaml", yaml)
	o := w.check(t, "package")
	o.wants(t, 1)
	contains(t, o.stdout, "checks run as root", "user: true")

	w.write(t, "crane.yaml", "common: {user: true}\n"+yaml)
	o = w.check(t)
	o.wants(t, 1)
	o.noRebuilds(t)
	for _, row := range o.Checks {
		want := "passed"
		if row.Name == "absent" {
			want = "failed"
		}
		if string(row.Status) != want {
			t.Errorf("%s is %s\n%s", row.Name, row.Status, o.stdout)
		}
	}
	contains(t, o.stdout, "the image has no user postgres")
	for _, name := range []string{"package", "layers", "clippy", "tarpaulin"} {
		if reused := o.row(t, name).Deps.Reused; reused == nil || *reused < 1 {
			t.Errorf("%s reused %v dependencies", name, reused)
		}
	}
	for _, file := range []string{"package/messages.json", "package/log.txt", "tarpaulin/cobertura.xml", "named/id.txt"} {
		if info, err := os.Stat(filepath.Join(w.dir, "result", file)); err != nil || info.Size() == 0 {
			t.Errorf("%s did not come out (%v)", file, err)
		}
	}
	// An edit is compiled on what the layers have compiled as root.
	w.write(t, "src/lib.rs", strings.Replace(unprivileged, "pub fn", "// Edited.\npub fn", 1))
	o = w.check(t, "layers", "package")
	o.wants(t, 0)
	o.noRebuilds(t)
	plan := w.finish(t, w.command(t.Context(), "plan"))
	contains(t, plan.stdout, "package (as user 1000)", "named (custom; as user nobody)", "root (custom)\n")
}

// TestInsecure lifts the sandbox for one check: where it is trusted, and only if
// the builder allows it.
func TestInsecure(t *testing.T) {
	w := unpack(t, "reruns")
	w.state = newState(t) // others may use the shared one, and be older
	// A file system can be mounted, which takes a capability and a call.
	const probe = "unshare --mount true"
	w.write(t, "crane.yaml", `checks:
  open:
    kind: custom
    insecure: true
    run: ["`+probe+`"]
  closed: {kind: custom, run: ["! `+probe+`"]}
`)
	refused := w.check(t)
	refused.wants(t, 2)
	contains(t, refused.stderr, "checks.open.insecure: true asks for insecure", "cranekit trust insecure")
	w.check(t, "closed").wants(t, 0)
	w.trust = "insecure"
	w.check(t).wants(t, 0)
	plan := w.finish(t, w.command(t.Context(), "plan"))
	contains(t, plan.stdout, "open (custom; no sandbox, asked for by crane.yaml:4", "closed (custom)\n")
	json := w.finish(t, w.command(t.Context(), "plan", "--format=json"))
	contains(t, json.stdout, `"insecure_asked_for_by": "crane.yaml:4"`)
}
