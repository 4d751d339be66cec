# Runs the commands of one check, given as $1, with these functions:
#   compile CARGO…   a cargo command that compiles; its JSON messages are kept
#                    whole in /out/messages.json, diagnostics appear rendered
#   run COMMAND…     one that runs tests, again if it fails and may be retried
#   once COMMAND…    anything else
#   shell SCRIPT [COMMAND…]  a script of the user, run by a command
#   collect          copies the binaries and libraries that compile made
# The whole output goes to /out/log.txt as well, as the builder clips its log.
lib=/cranekit/lib
messages=/out/messages.json
target=${CARGO_TARGET_DIR:-$PWD/target}
mkdir -p /out

# The limits that are kept here, as shell assignments.
timeout=0 retries=0 flaky=0
if [ -e /run/secrets/cranekit/limits ]; then . /run/secrets/cranekit/limits; fi

# A check with network has what other vertices with network have.
if [ -n "${CRANEKIT_NETWORK-}" ]; then . "$lib/network.sh"; fi

# mawk, Debian's awk, reads its input in blocks unless told that it is watched.
case $(awk -W version 2>&1 </dev/null | head -n 1) in
mawk*) awk="awk -W interactive" ;;
*) awk=awk ;;
esac

. "$lib/wrapped.sh"

once() {
	echo "\$ $*"
	"$@"
}

run() {
	echo "\$ $*"
	again "$@"
}

# again repeats a command that fails as often as it may be retried. What passes
# only then is flaky: /out/flaky.txt says so, whatever the command wrote there.
again() {
	tries=0
	while :; do
		if [ "$retries" -gt 0 ]; then echo "cranekit: attempt $((tries + 1)) of $((retries + 1))"; fi
		result=0
		"$@" || result=$?
		if [ "$result" -eq 0 ]; then flaky=$((flaky + tries)); fi
		if [ "$result" -eq 0 ] || [ "$tries" -ge "$retries" ]; then break; fi
		tries=$((tries + 1))
	done
	rm -rf /out/flaky.txt
	if [ "$flaky" -gt 0 ]; then echo "$flaky" >/out/flaky.txt; fi
	return "$result"
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
	for doc in "$target"/doc "$target"/*/doc; do
		if [ -d "$doc" ]; then cp -R "$doc" /out/doc; fi
	done
}

# coverage runs cargo-tarpaulin with a cargo that spares the dependencies.
coverage() {
	echo "\$ $*"
	shift 2
	again env PATH="/cranekit/shim:$PATH" cargo-tarpaulin tarpaulin "$@"
}

# shell runs a script of the user by the words after it; a compiler wrapper notes
# whether dependencies are compiled, unless the user has one.
shell() {
	code=$1
	shift
	if [ "$#" -eq 0 ]; then set -- sh -euc; fi
	echo "\$ $code"
	if ! wrapped; then
		: >>/out/compiled.txt
		export RUSTC_WRAPPER="$lib/rustc-record"
	fi
	again "$@" "$code"
}

# mark makes /out/rebuilt.txt when a package that is not a local one was
# compiled: cranekit then asks for the reason.
mark() {
	if [ -e "$messages" ] && grep '^{"reason":"compiler-artifact"' "$messages" | grep '"fresh":false' |
		grep -qv '"package_id":"\(path+\|[^"]*(path+\)'; then
		: >/out/rebuilt.txt
	fi
}

# end signals what else runs. It leaves alone what writes the log. This shell is
# the first process of the container, where the builder gives it a process table
# of its own; elsewhere nothing but the commands themselves may be touched.
end() {
	read -r caller _ </proc/self/stat
	for process in /proc/[0-9]*; do
		process=${process#/proc/}
		case $process in
		1 | "$tee" | "$caller") continue ;;
		esac
		if [ "$$" -eq 1 ] || [ "$process" -eq "$commands" ]; then kill -s "$1" "$process" 2>/dev/null; fi
	done
}

# watch ends the check when its time is over: politely, then for good.
watch() {
	sleep "$timeout"
	echo "$timeout" >/out/timeout.txt
	echo "cranekit: timed out after $timeout s" >/tmp/output
	for signal in TERM KILL; do
		end "$signal"
		sleep 3
	done
}

# Cargo makes this directory when it compiles a test, which a layer may have done.
if [ -d "$target" ]; then mkdir -p "$target/tmp" || true; fi

# Kept here until the end, where the commands cannot write.
deps=$(cat "$target/cranekit-deps.txt" 2>/dev/null) || true

mkfifo /tmp/output
tee /out/log.txt </tmp/output &
tee=$!
(
	set -eu
	eval "$1"
) >/tmp/output 2>&1 &
commands=$!
if [ "$timeout" -gt 0 ]; then watch & fi
wait "$commands"
status=$?
if [ -e /out/timeout.txt ]; then status=124; fi
# A test may leave a process behind that holds the pipe open for ever. What is in
# the pipe by then is written all the same.
(
	sleep 2
	if [ "$$" -eq 1 ]; then end KILL; else kill "$tee"; fi
) 2>/dev/null &
wait "$tee"
mark
rm -rf /out/deps.txt
if [ -n "$deps" ]; then printf '%s\n' "$deps" >/out/deps.txt; fi
exit "$status"
