# Packs what packages added to the base of an image:
#   /out/added.tar     the files that are new or changed
#   /out/removed.txt   the paths that are gone
#   /out/packages.txt  the packages
# /before and /after are the root file systems, /added is their difference, which
# does not show on every builder what is gone.
set -eu
export LC_ALL=C
cp /cranekit/listed/packages.txt /out/packages.txt

# Mount points of the step are none of the packages' files.
below() {
	dir=$1
	shift
	(cd "$dir" && find . \( -path ./cranekit -o -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp \) -prune -o "$@" -print) | sort
}
below /before -name '*' >/tmp/before
below /after -name '*' >/tmp/after
comm -23 /tmp/before /tmp/after >/out/removed.txt
# A character device is how a layer of its own shows that a file is gone.
below /added ! -type c ! -type b ! -type p ! -type s ! -path . >/tmp/added
if tar --version 2>/dev/null | grep -q GNU; then
	set -- --format=pax --xattrs --xattrs-include='security.capability' --numeric-owner
else
	set --
fi
tar -C /added "$@" --no-recursion -T /tmp/added -cf /out/added.tar
