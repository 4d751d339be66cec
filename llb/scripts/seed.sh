# Copies the units of the snapshots in /cranekit/earlier/*/stage that are not in
# those beside, /cranekit/earlier/*/below, to /cranekit/seed/units. A stage starts
# from there. Nothing is there before all is. Without snapshots it is empty.
set -eu
. /cranekit/lib/units.sh
seed=/cranekit/seed
rm -rf "$seed/units" "$seed/new"
if [ ! -d /cranekit/earlier ]; then exit; fi
mkdir "$seed/new"
for earlier in /cranekit/earlier/*; do
	# What has no hash, a build script left beside its own directory, or it is of
	# several units: what belongs to what is not known.
	if units "$earlier/stage" | grep -qvE '[-/][0-9a-f]{16}(\.[A-Za-z0-9_.]+)?$'; then continue; fi
	copy_units "$earlier/stage" "$earlier/below" "$seed/new"
done
# Names before data, after a loss of power, would be units that are empty.
sync
mv "$seed/new" "$seed/units"
