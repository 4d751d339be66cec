# Asks cargo why it compiled dependencies in a check: the commands of the check
# once more on the same snapshot, each given as one argument, with a compiler
# that refuses to compile. The answers go to /out/rebuilt.txt.
set -eu
# Build scripts that are compiled already may run, without the limit of a check.
limit=
if command -v timeout >/dev/null; then limit="timeout 300"; fi
for command in "$@"; do
	RUSTC_WRAPPER=/cranekit/lib/rustc-refuse $limit sh -c "$command -v" 2>&1 | sed -n 's/^ *Dirty //p' >>/out/rebuilt.txt || true
done
