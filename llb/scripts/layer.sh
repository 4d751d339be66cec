# Compiles some members with the cargo commands given as arguments, others being
# dummies, and leaves in /cranekit/layer what that added to the target directory.
# A command that fails leaves less: the check runs it again, with all files, and
# says why.
set -eu
target=${CARGO_TARGET_DIR:-$PWD/target}
: >/tmp/began
for command in "$@"; do
	eval "$command" >/dev/null 2>&1 || true
done
. /cranekit/lib/clean.sh

# What cargo links from these directories to the one above, it links again.
cd "$target"
find . -newer /tmp/began ! -type d \( -path '*/.fingerprint/*' -o -path '*/build/*' -o -path '*/deps/*' -o -path '*/examples/*' \) |
	tar -cf - -T - | tar -xf - -C /cranekit/layer
