# Compiles the dependencies of a skeleton with the cargo command given as
# arguments and leaves nothing of the dummies in the target directory. Dummies
# are not compiled, let alone linked: what is linked may need files that only the
# members' build scripts make, such as linker scripts.
set -eu
lib=${0%/*}
target=${CARGO_TARGET_DIR:-$PWD/target}
. "$lib/wrapped.sh"
if ! wrapped; then export RUSTC_WRAPPER="$lib/rustc-dummy"; fi
began=$(date +%s)
cargo "$@"
# What this took is what every check saves that starts from here.
echo "$(($(date +%s) - began)) cargo $*" >>"$target/cranekit-deps.txt"

. "$lib/clean.sh"
