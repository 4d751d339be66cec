#!/bin/sh
# The point of cranekit on a copy of examples/workspace: a first run, a change
# of clippy's arguments, one edited line, a red run. Clock times are printed as
# they are. The toolchain is the OCI layout that `make image` makes.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cranekit=$root/bin/cranekit
export CRANEKIT_TOOLCHAIN_OCI_LAYOUT="$root/.cache/rust-debian"
export CRANEKIT_BUILDER=embedded
# A variable that nothing reads: it makes the first run cold although the
# builder may have seen this workspace before. Tools stay cached.
nonce="common.env.CRANEKIT_DEMO=$(date +%s)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$root/examples/workspace/." "$work"
cd "$work"
rm -rf target result

say() { printf '\n\033[1m== %s\033[0m\n\n' "$*"; }
run() {
	printf '$ cranekit'
	printf ' %s' "$@"
	printf '\n'
	began=$(date +%s)
	status=0
	"$cranekit" "$@" --set "$nonce" || status=$?
	printf '\n(exit code %s after %s s on the clock)\n' "$status" "$(($(date +%s) - began))"
}
expect() {
	if [ "$status" -ne "$1" ]; then
		echo "demo: expected exit code $1" >&2
		exit 1
	fi
}

say "The graph"
run plan
expect 0

say "First run: nothing of this workspace is compiled yet"
run check
expect 0
ls -R result | head -n 40

say "Nothing changed"
run check --progress quiet
expect 0

say "Clippy's arguments changed: only clippy runs"
run check --progress quiet --set 'checks.clippy.args=--all-targets -- --deny warnings --warn clippy::pedantic --cap-lints warn'
expect 0

say "One line edited: the checks run, dependencies do not"
file=$(find . -name main.rs | sort | head -n 1)
printf '\n// One more line.\n' >>"$file"
run check --progress quiet
expect 0

say "A red run: the others are not stopped, and the diagnostics come last"
printf '\npub fn unused(v: &Vec<u8>) -> bool {\n    return v.len() == 0;\n}\n' >>"$file"
run check --progress quiet
expect 1
