# Downloads a tool and what it depends on into $CARGO_HOME, by the arguments of
# cargo that install it, and runs nothing of it: cargo downloads everything
# before it compiles anything, and here the compiler refuses.
set -eu
. /cranekit/lib/network.sh
. /cranekit/lib/registry.sh
export RUSTC="${RUSTC:-rustc}" RUSTC_WRAPPER=/cranekit/lib/rustc-absent RUSTC_WORKSPACE_WRAPPER=
export CARGO_TARGET_DIR=/tmp/target
{ cargo "$@" --root /tmp/root 2>&1 || true; } | tee /tmp/fetch.log | sed '/^ *Compiling /,$d'
if [ ! -e /tmp/refused ]; then give_up /tmp/fetch.log; fi
rm -rf "$CARGO_HOME"/.global-cache* "$CARGO_HOME"/.package-cache* "$CARGO_HOME"/.crates*
