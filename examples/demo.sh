#!/bin/sh
# The point of cranekit on a copy of examples/workspace: a first run, nothing
# changed, clippy's arguments changed, one edited line, a red run, and coverage
# at last, whose tool takes longest to compile. Clock times are printed as they
# are. The toolchain is the OCI layout that `make image` makes.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cranekit=$root/bin/cranekit
export CRANEKIT_TOOLCHAIN_OCI_LAYOUT="$root/.cache/rust-debian"
export CRANEKIT_BUILDER=embedded
# When make began to build, if it did.
start=${DEMO_BEGAN:-$(date +%s)}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
mkdir "$scratch/lumber"
cd "$scratch/lumber"
cp -R "$root/examples/workspace/." .
rm -rf target result

say() { printf '\n\033[1m== %s\033[0m\n\n' "$*"; }
# run runs cranekit with the arguments after the exit code that is expected.
run() {
	expected=$1
	shift
	printf '$ cranekit'
	for word; do
		case $word in
		*[!A-Za-z0-9_./=:,@%+-]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n'
	began=$(date +%s)
	status=0
	"$cranekit" "$@" || status=$?
	now=$(date +%s)
	printf '\n(exit code %s after %s s; %s s since the start)\n' "$status" "$((now - began))" "$((now - start))"
	if [ "$status" -ne "$expected" ]; then
		echo "demo: expected exit code $expected" >&2
		exit 1
	fi
}

say "The workspace has one file of configuration, and needs none"
# Of the variables one is read by nothing: it makes the first run cold although
# the builder may have seen this workspace before. Tools stay cached.
cat >crane.yaml <<YAML
common:
  profile: dev                        # quick to compile; the default is release
  env:
    CARGO_PROFILE_DEV_DEBUG: "0"      # and quicker without debug information
    DEMO: "$start"             # only so that this demonstration starts from nothing
YAML
cat crane.yaml

say "The graph"
run 0 plan

say "First run: nothing of this workspace is compiled yet"
run 0 check clippy package
ls -R result | head -n 20

say "Nothing changed"
run 0 check clippy package --progress quiet

say "Clippy's arguments changed: only clippy runs"
run 0 check clippy package --progress quiet --set 'checks.clippy.args=--all-targets -- --deny warnings --warn clippy::pedantic --cap-lints warn'

say "One line edited: the checks run, dependencies do not"
file=crates/cli/src/main.rs
printf '\n// One more line.\n' >>"$file"
cp "$file" "$scratch/green"
run 0 check clippy package --progress quiet

say "A red run: the others are not stopped, and the diagnostics come last"
printf '\npub fn unused(v: &Vec<u8>) -> bool {\n    return v.len() == 0;\n}\n' >>"$file"
run 1 check clippy package --progress quiet

say "Mended, and coverage too: what was green is not run again, no dependency is compiled for coverage"
cp "$scratch/green" "$file"
run 0 check
