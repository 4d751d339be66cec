# Compiles some members with the cargo commands given as arguments, others being
# dummies, and leaves in /cranekit/layer what that added to the target directory.
# The first argument are the directories of those with a build script, a line
# each. A command that fails leaves less: the check runs it again, with all
# files, and says why.
set -eu
target=${CARGO_TARGET_DIR:-$PWD/target}
scripted=$1
shift
# One that hangs must not hang here: the check says that its time is over.
timeout=0
if [ -e /run/secrets/cranekit/limits ]; then . /run/secrets/cranekit/limits; fi
limit=
if [ "$timeout" -gt 0 ] && command -v timeout >/dev/null; then limit="timeout -s KILL $timeout"; fi
. /cranekit/lib/wrapped.sh
if ! wrapped; then export RUSTC_WRAPPER=/cranekit/lib/rustc-dummy; fi
: >/tmp/began
for command in "$@"; do
	eval "$limit $command" >/dev/null 2>&1 || true
done
. /cranekit/lib/clean.sh
. /cranekit/lib/declared.sh
cd "$target"

# What a script or a macro writes into the source is not there in the check.
if [ -n "$(find /src -path "$target" -prune -o -newer /tmp/began -print)" ]; then exit 0; fi

# What build scripts said just now, before and since cargo 1.100.
find . -newer /tmp/began -type f ! -path '*/out/*' \( -path '*/build/*/output' -o -path '*/build/*/run/stdout' \) >/tmp/outputs
if [ -n "$scripted" ] && [ ! -s /tmp/outputs ]; then exit 0; fi
while read -r output; do
	declared "$output" || exit 0
done </tmp/outputs

# What cargo links from these directories to the one above, it links again.
find . -newer /tmp/began ! -type d \( -path '*/.fingerprint/*' -o -path '*/build/*' -o -path '*/deps/*' -o -path '*/examples/*' \) |
	tar -cf - -T - | tar -xf - -C /cranekit/layer
