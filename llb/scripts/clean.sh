# Sourced by what compiles with dummies: leaves nothing of them in the target
# directory, $target.

# Every target of a dummy is named cranekit_dummy_*, so the names of files tell
# which units are dummies, whatever a member or a dependency is called.
# Layout before cargo 1.100: .fingerprint/<package>-<hash> and build/<package>-<hash>.
find "$target" -path '*/.fingerprint/*/*cranekit_dummy*' | while read -r file; do
	unit=${file%/*}
	rm -rf "$unit" "${unit%/.fingerprint/*}/build/${unit##*/}"
done
# Layout since cargo 1.100: build/<package>/<hash>/{fingerprint,out,run}.
find "$target" -path '*/build/*/*/fingerprint/*cranekit_dummy*' | while read -r file; do
	rm -rf "${file%/fingerprint/*}"
done
find "$target" -depth -name '*cranekit_dummy*' -exec rm -rf {} +
# The rest of what cargo makes beside compiled dependencies. Build scripts may
# use all of these names in what they write: only where cargo has its own, which
# is beside the lock of a profile, for the host or for a target.
for lock in "$target"/*/.cargo*lock "$target"/*/*/.cargo*lock; do
	if [ -e "$lock" ]; then rm -rf "${lock%/*}/incremental" "$lock"; fi
done
# No profile can be called tmp.
rm -rf "$target/tmp" "$target"/*/tmp "$target/cargo-timings"

left=$(find "$target" -name '*.d' -exec grep -l cranekit_dummy {} + || true)
if [ -n "$left" ]; then
	echo "cranekit: traces of dummy sources are left in the snapshot; please report this bug:" >&2
	echo "$left" >&2
	exit 70
fi
