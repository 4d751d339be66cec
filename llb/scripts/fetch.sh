# Downloads every package that Cargo.lock names into $CARGO_HOME, and nothing
# else. $1 is a file of certificate authorities of the workspace's, if there is
# one. /cranekit/downloads is a cache of this builder: what any workspace fetched
# before is copied from there.
#
# This has the network and may have secrets. So no program runs here but those of
# the image and this script: the configuration is what cranekit has left of the
# workspace's, compilers and wrappers are what the image says, and no file of the
# workspace can be executed.
set -eu
export LC_ALL=C
named_authorities=${1-}
. /cranekit/lib/network.sh
. /cranekit/lib/credentials.sh
. /cranekit/lib/registry.sh
. /cranekit/lib/downloads.sh
downloads=/cranekit/downloads wanted=/tmp/wanted reused=/tmp/reused staged=/tmp/staged

find /src -type f \( -perm -100 -o -perm -010 -o -perm -001 \) -exec chmod a-x {} +
export RUSTC="${RUSTC:-rustc}" RUSTC_WRAPPER= RUSTC_WORKSPACE_WRAPPER= RUSTFLAGS= CARGO_ENCODED_RUSTFLAGS=
export CARGO_TARGET_DIR=/tmp/target CARGO_NET_OFFLINE=false
# git runs commands for some URLs (ext::) where it is told to.
export GIT_ALLOW_PROTOCOL=file:git:http:https:ssh

awk -f /cranekit/lib/lock.awk Cargo.lock | sort -u >"$wanted"
reuse

# An exact lock is required. Should cargo want to write the rewritten lock of
# the skeleton in another form, that is no fault of the user's: only a change
# in what is downloaded is.
sources() { grep -E '^(source|checksum) = ' Cargo.lock | sort; }
attempt() {
	{
		cargo fetch "$@" 2>&1
		echo $? >/tmp/status
	} | tee /tmp/fetch.log
	return "$(cat /tmp/status)"
}
before=$(sources)
relock() { grep -qe '--locked was passed' /tmp/fetch.log && attempt; }
if ! attempt --locked && ! relock; then give_up /tmp/fetch.log; fi
if [ "$(sources)" != "$before" ]; then
	echo "error: Cargo.lock does not match the manifests; run cargo generate-lockfile, or cargo update --workspace to keep the versions" >&2
	exit 101
fi

drop_unused
rm -rf "$CARGO_HOME"/.global-cache* "$CARGO_HOME"/.package-cache* "$CARGO_HOME"/credentials*
# A cache that cannot be written is no reason to fail.
keep || true
