# Compiles the dependencies of a skeleton with the cargo command given as
# arguments and leaves nothing of the dummies in the target directory.
set -eu
target=${CARGO_TARGET_DIR:-$PWD/target}
began=$(date +%s)
cargo "$@"
# What this took is what every check saves that starts from here.
echo "$(($(date +%s) - began)) cargo $*" >>"$target/cranekit-deps.txt"

. /cranekit/lib/clean.sh
