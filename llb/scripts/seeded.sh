# Sourced by deps-earlier.sh: a stage starts from the units of earlier snapshots, where
# there are any, and keeps those that its own commands use. Which these are does
# not depend on what was there.
. "$lib/units.sh"
seed=/cranekit/seed notes=/tmp

# sow takes what is there into the target directory. The stage does without what
# it cannot take whole.
sow() {
	if [ ! -d "$seed/units" ]; then return; fi
	units "$target" >"$notes/below"
	units "$seed/units" | awk -v below="$notes/below" 'FILENAME == below { had[$0]; next } !($0 in had)' "$notes/below" - >"$notes/sown"
	if ! copy_units "$seed/units" "$target" "$target"; then uproot; fi
}

# uproot removes all that was sown.
uproot() {
	echo "cranekit: compiling without what is there of an earlier run" >&2
	drop "$notes/sown"
	rm -f "$notes/sown"
}

# weed removes what was sown and is not used by the cargo command given as
# arguments, which has run, and says what that compiled.
weed() {
	if [ ! -s "$notes/sown" ]; then return; fi
	command cargo "$@" --message-format=json 2>/dev/null >"$notes/messages"
	: >"$notes/unused"
	awk -v sown="$notes/sown" -v below="$notes/below" -v unused="$notes/unused" -f "$lib/weed.awk" \
		"$notes/sown" "$notes/below" "$notes/messages" >"$notes/compiled"
	drop "$notes/unused"
	cat "$notes/compiled"
}

drop() {
	while read -r unit; do rm -rf "${target:?}/$unit"; done <"$1"
}
