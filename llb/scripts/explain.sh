# Asks cargo why it compiled dependencies in a check: the commands of the check
# once more on the same snapshot, each given as one argument, with a compiler
# that refuses to compile. The answers go to /out/rebuilt.txt.
set -eu
for command in "$@"; do
	RUSTC_WRAPPER=/cranekit/lib/rustc-refuse sh -c "$command -v" 2>&1 | sed -n 's/^ *Dirty //p' >>/out/rebuilt.txt || true
done
