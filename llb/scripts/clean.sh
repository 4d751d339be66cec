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
find "$target" -depth \( -name incremental -o -name '.cargo*lock' -o -name cargo-timings \) -exec rm -rf {} +
rm -rf "$target/doc" "$target/package" "$target/tmp"

left=$(find "$target" -name '*.d' -exec grep -l cranekit_dummy {} + || true)
if [ -n "$left" ]; then
	echo "cranekit: traces of dummy sources are left in the snapshot; please report this bug:" >&2
	echo "$left" >&2
	exit 70
fi
