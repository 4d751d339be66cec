# Sourced by fetch: the cache of this builder in $downloads, which holds what any
# workspace has fetched:
#   registry/cache/REGISTRY/NAME-VERSION.crate
#   git/NAME-HASH.bundle
# It is only written by this script, and yet nothing in it is believed: a crate
# is used if its checksum is that of the lock, and git computes the names of
# objects anew from what is in them. What is odd is as good as absent.

# What no fetch had a use for in so many days is dropped, and then what was of
# use longest ago until no more bytes are left than these: 10 GiB.
kept_days=30
kept_bytes=10737418240

# plain reports whether a name is that of a directory of cargo's, and no more.
plain() {
	case $1 in
	'' | [!A-Za-z0-9_]* | *[!A-Za-z0-9._-]*) return 1 ;;
	esac
}

# regular reports whether a path is a file itself: reading a pipe never ends, a
# link leads anywhere.
regular() { [ -f "$1" ] && [ ! -L "$1" ]; }

# used notes that a file of the cache was of use today. Its time is that of the
# last use.
used() { touch -c "$1" 2>/dev/null || true; }

# reuse_crates copies the crates that the lock wants, for each registry that the
# cache knows, since only cargo knows how it calls that of the lock. $wanted has
# the lines of lock.awk; $reused gets the files that are copied.
reuse_crates() {
	for registry in "$downloads"/registry/cache/*; do
		name=${registry##*/}
		if ! plain "$name" || [ ! -d "$registry" ] || [ -L "$registry" ]; then continue; fi
		rm -rf "$staged" && mkdir -p "$staged"
		while read -r kind sum file; do
			if [ "$kind" = crate ] && regular "$registry/$file"; then cp "$registry/$file" "$staged/$file" || true; fi
		done <"$wanted"
		# The copy is what is looked at, whatever becomes of the file meanwhile.
		(cd "$staged" && find . -type f -exec sha256sum {} +) |
			awk 'FNR == NR { if ($1 == "crate") good[$2 "  ./" $3] = $3; next } $0 in good { print good[$0] }' "$wanted" - >"$staged.good"
		while read -r file; do
			mkdir -p "$CARGO_HOME/registry/cache/$name"
			mv "$staged/$file" "$CARGO_HOME/registry/cache/$name/$file"
			echo "$name/$file" >>"$reused"
			used "$registry/$file"
		done <"$staged.good"
	done
}

# quiet_git runs git with nothing of its own accord.
quiet_git() { $limit git -c gc.auto=0 -c maintenance.auto=false -c core.hooksPath=/dev/null "$@" >/dev/null 2>&1; }

# reuse_repositories makes databases from bundles of those that the lock can
# need. Their references get names by which cargo looks for nothing: they only
# tell a server what is here. A bundle that cannot be read, or that takes too long
# to unpack, is not tried a second time; what an earlier fetch of the same run
# has left is no concern of any.
reuse_repositories() {
	limit=
	if command -v timeout >/dev/null; then limit="timeout -s KILL 300"; fi
	for bundle in "$downloads"/git/*.bundle; do
		name=${bundle##*/}
		name=${name%.bundle}
		if ! plain "$name" || ! regular "$bundle"; then continue; fi
		grep -Fqx "git $(echo "${name%-*}" | tr '[:upper:]' '[:lower:]')" "$wanted" || continue
		db=$CARGO_HOME/git/db/$name
		if [ -e "$db" ]; then continue; fi
		mkdir -p "$CARGO_HOME/git/db"
		if quiet_git init --bare --template= "$db" && quiet_git -C "$db" fetch --no-tags "$bundle" '+refs/*:refs/cranekit/*'; then
			echo "$name" >>"$reused.git"
			used "$bundle"
		else
			rm -rf "$db" "$bundle"
		fi
	done
}

reuse() {
	: >"$reused"
	: >"$reused.git"
	if command -v sha256sum >/dev/null; then reuse_crates; fi
	if command -v git >/dev/null; then reuse_repositories; fi
}

# drop_unused removes what was copied and is not of this lock's registries and
# repositories: what fetch leaves does not depend on what the cache has.
drop_unused() {
	if [ -d "$CARGO_HOME/registry/src" ]; then
		while read -r file; do
			[ -d "$CARGO_HOME/registry/src/${file%.crate}" ] || rm -f "$CARGO_HOME/registry/cache/$file"
		done <"$reused"
		rmdir "$CARGO_HOME"/registry/cache/* 2>/dev/null || true
	fi
	while read -r name; do
		[ -d "$CARGO_HOME/git/checkouts/$name" ] || rm -rf "$CARGO_HOME/git/db/$name"
	done <"$reused.git"
}

# directory makes sure that a path is one, without following links.
directory() {
	if [ -L "$1" ] || [ ! -d "$1" ]; then rm -rf "$1" && mkdir "$1"; fi
}

# put moves a file into the cache by rename: it is never there half written.
put() {
	if [ -d "$2" ] && [ ! -L "$2" ]; then rm -rf "$2"; fi
	mv -f "$1" "$2"
}

# public reports whether a registry, by cargo's name for its directory, gives its
# crates to everybody.
public() {
	case ${1#index.crates.io-} in
	"$1" | *[!0-9a-f]*) return 1 ;;
	????????????????) return 0 ;;
	*) return 1 ;;
	esac
}

# shrink drops what was of use longest ago while there is too much.
shrink() {
	find "$downloads/registry/cache" "$downloads/git" -type f -exec stat -c '%Y %s %n' {} + | sort -rn |
		awk -v most="$kept_bytes" '{ all += $2; sub(/^[0-9]+ [0-9]+ /, "") } all > most { print }' >"$staged.much"
	while read -r file; do rm -f "$file"; done <"$staged.much"
}

# keep saves what cargo downloaded and thereby checked. What credentials may have
# opened is for nobody else: where fetch has some ($CRANEKIT_PRIVATE), it leaves
# what is public and no more.
keep() {
	directory "$downloads/registry" && directory "$downloads/registry/cache" && directory "$downloads/git" || return
	# What a fetch that was killed has left, and databases of older versions.
	rm -rf "$downloads"/new.* "$downloads/git/db"
	# One fetch at a time has the cache: nobody else is reading there.
	find "$downloads/registry/cache" "$downloads/git" -type f -mtime +"$kept_days" -exec rm -f {} +
	new=$(mktemp "$downloads/new.XXXXXX") || return
	for crate in "$CARGO_HOME"/registry/cache/*/*.crate; do
		file=${crate#"$CARGO_HOME/registry/cache/"}
		if ! regular "$crate" || grep -Fqx "$file" "$reused"; then continue; fi
		if [ -n "${CRANEKIT_PRIVATE-}" ] && ! public "${file%%/*}"; then continue; fi
		directory "$downloads/registry/cache/${file%%/*}" && cp "$crate" "$new" && put "$new" "$downloads/registry/cache/$file"
	done
	if [ -z "${CRANEKIT_PRIVATE-}" ] && command -v git >/dev/null; then keep_repositories; fi
	rm -f "$new"
	shrink
}

keep_repositories() {
	for db in "$CARGO_HOME"/git/db/*; do
		# There are no others where cargo had to fetch nothing: an empty bundle.
		if [ -d "$db" ] && quiet_git -C "$db" bundle create "$new" --exclude='refs/cranekit/*' --all; then
			put "$new" "$downloads/git/${db##*/}.bundle"
		fi
	done
}
