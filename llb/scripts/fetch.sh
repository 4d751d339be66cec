# Downloads every package that Cargo.lock names into $CARGO_HOME, and nothing
# else. /cranekit/downloads is a cache of this builder: a crate that any
# workspace fetched before is copied from there.
set -eu
. /cranekit/lib/network.sh
. /cranekit/lib/credentials.sh
downloads=/cranekit/downloads

# The names of the .crate files and git databases that the lock can need.
crates=$(awk -F'"' '/^name = /{n=$2} /^version = /{v=$2} /^source = "(registry|sparse)/{print n "-" v ".crate"}' Cargo.lock)
for registry in "$downloads"/registry/cache/*/; do
	[ -d "$registry" ] || continue
	into=$CARGO_HOME/registry/cache/$(basename "$registry")
	mkdir -p "$into"
	for crate in $crates; do
		if [ -s "$registry$crate" ]; then cp "$registry$crate" "$into/"; fi
	done
done
if grep -q '^source = "git+' Cargo.lock && [ -d "$downloads/git/db" ]; then
	mkdir -p "$CARGO_HOME/git/db"
	for db in "$downloads"/git/db/*/; do
		name=$(basename "$db")
		if grep -q "^source = \"git+.*${name%-*}" Cargo.lock; then cp -a "$db" "$CARGO_HOME/git/db/"; fi
	done
fi

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
wanted=$(sources)
relock() { grep -qe '--locked was passed' /tmp/fetch.log && attempt; }
if ! attempt --locked && ! relock; then
	# EX_TEMPFAIL tells a registry that cannot be reached from other faults.
	if grep -qE "spurious network error|download of .* failed|failed to download|Couldn't (connect|resolve)|[Cc]ould not resolve" /tmp/fetch.log; then
		exit 75
	fi
	exit 101
fi
if [ "$(sources)" != "$wanted" ]; then
	echo "error: Cargo.lock does not match the manifests; run cargo generate-lockfile, or cargo update --workspace to keep the versions" >&2
	exit 101
fi

rm -rf "$CARGO_HOME"/.global-cache* "$CARGO_HOME"/.package-cache* "$CARGO_HOME"/credentials*

# Files appear in the cache by rename, never half written.
keep() {
	mkdir -p "$2"
	for entry in "$1"/*; do
		name=$(basename "$entry")
		if [ -e "$entry" ] && [ ! -e "$2/$name" ]; then
			cp -a "$entry" "$2/.$name.new" && mv "$2/.$name.new" "$2/$name"
		fi
	done
}
for registry in "$CARGO_HOME"/registry/cache/*/; do
	[ -d "$registry" ] && keep "${registry%/}" "$downloads/registry/cache/$(basename "$registry")"
done
if [ -d "$CARGO_HOME/git/db" ]; then
	rm -rf "$downloads/git"
	mkdir -p "$downloads/git"
	cp -a "$CARGO_HOME/git/db" "$downloads/git/db"
fi
