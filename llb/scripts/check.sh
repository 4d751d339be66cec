# Runs the commands of one check, given as $1, with these functions:
#   compile CARGO…   a cargo command that compiles; its JSON messages are kept
#                    whole in /out/messages.json, diagnostics appear rendered
#   run COMMAND…     anything else
#   collect          copies the binaries and libraries that compile made
# The whole output goes to /out/log.txt as well, as the builder clips its log.
lib=/cranekit/lib
messages=/out/messages.json
mkdir -p /out

# mawk, Debian's awk, reads its input in blocks unless told that it is watched.
case $(awk -W version 2>&1 </dev/null | head -n 1) in
mawk*) awk="awk -W interactive" ;;
*) awk=awk ;;
esac

run() {
	echo "\$ $*"
	"$@"
}

compile() {
	echo "\$ $*"
	subcommand=$2
	shift 2
	pipe=$(mktemp -u)
	mkfifo "$pipe"
	$awk -v messages="$messages" -f "$lib/messages.awk" <"$pipe" &
	reader=$!
	status=0
	cargo "$subcommand" --message-format=json "$@" >"$pipe" || status=$?
	wait "$reader"
	rm -f "$pipe"
	return "$status"
}

collect() {
	$awk -v collect=1 -f "$lib/messages.awk" "$messages" | sort -u | while read -r kind file; do
		mkdir -p "/out/$kind"
		cp -p "$file" "/out/$kind/"
	done
}

# document hands the documentation out as one directory.
document() {
	for doc in "$CARGO_TARGET_DIR"/doc "$CARGO_TARGET_DIR"/*/doc; do
		if [ -d "$doc" ]; then cp -R "$doc" /out/doc; fi
	done
}

# coverage runs cargo-tarpaulin with a cargo that spares the dependencies.
coverage() {
	echo "\$ $*"
	shift 2
	PATH=/cranekit/shim:$PATH cargo-tarpaulin tarpaulin "$@"
}

# wrapped says that the user has a compiler wrapper, which the environment
# would override where a configuration names it.
wrapped() {
	if [ -n "${RUSTC_WRAPPER-}${CARGO_BUILD_RUSTC_WRAPPER-}" ]; then return 0; fi
	dir=$PWD
	while [ -n "$dir" ]; do
		if grep -Eqs '^[^#]*rustc-wrapper' "$dir"/.cargo/*; then return 0; fi
		dir=${dir%/*}
	done
	return 1
}

# shell runs lines of the user; a compiler wrapper notes whether dependencies
# are compiled, unless the user has one. There is no network: cargo need not
# try.
shell() {
	echo "\$ $1"
	if ! wrapped; then
		: >>/out/compiled.txt
		export RUSTC_WRAPPER="$lib/rustc-record"
	fi
	CARGO_NET_OFFLINE=${CARGO_NET_OFFLINE:-true} sh -euc "$1"
}

# mark makes /out/rebuilt.txt when a package that is not a local one was
# compiled: cranekit then asks for the reason.
mark() {
	if [ -e "$messages" ] && grep '^{"reason":"compiler-artifact"' "$messages" | grep '"fresh":false' |
		grep -qv '"package_id":"\(path+\|[^"]*(path+\)'; then
		: >/out/rebuilt.txt
	fi
}

mkfifo /tmp/output
tee /out/log.txt </tmp/output &
tee=$!
(
	set -eu
	eval "$1"
) >/tmp/output 2>&1
status=$?
# A test may leave a process behind that holds the pipe open for ever.
(
	sleep 2
	kill "$tee"
) 2>/dev/null &
wait "$tee"
mark
exit "$status"
