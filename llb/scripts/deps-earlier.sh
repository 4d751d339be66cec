# Does what deps.sh does, on top of what an earlier stage left.
set -eu
lib=${0%/*}
target=${CARGO_TARGET_DIR:-$PWD/target}
. "$lib/wrapped.sh"
. "$lib/seeded.sh"
if ! wrapped; then export RUSTC_WRAPPER="$lib/rustc-dummy"; fi
began=$(date +%s)
sow
# What an earlier run left is not worth a failure.
if [ -s "$notes/sown" ]; then
	cargo "$@" || { uproot && cargo "$@"; }
else
	cargo "$@"
fi
weed "$@"
# What this took is what every check saves that starts from here.
echo "$(($(date +%s) - began)) cargo $*" >>"$target/cranekit-deps.txt"

. "$lib/clean.sh"
