# Gathers what binaries load at run time, for an image that has nothing else:
#   /out/rootfs        the libraries, where the loader of the image looks
#   /out/packages.txt  the system packages that they are of, a line each: type,
#                      distribution, name, version, architecture; "file PATH"
#                      for a library of none
# $1 is the prefix of the GNU tools for binaries of another architecture, "-"
# where there is none, "" for binaries of this one. The others are the names of
# the binaries in /package/bin, none for all.
set -eu
cross=$1
shift
mkdir -p /out/rootfs
: >/tmp/owners

fail() {
	echo "cranekit: $1" >&2
	exit 1
}

if [ ! -d /package/bin ]; then fail "the package check puts out no binary"; fi
cd /package/bin
if [ $# -eq 0 ]; then set -- *; fi
for binary; do
	if [ ! -f "$binary" ]; then fail "there is no binary $binary; there are $(echo *)"; fi
done

distribution=$(. /etc/os-release 2>/dev/null && echo "$ID") || distribution=unknown

# owner prints the system package of a file. Where /lib is a link to /usr/lib,
# a file may be known by either name.
owner() {
	for name in "$1" "/usr$1" "${1#/usr}"; do
		if command -v dpkg-query >/dev/null; then
			package=$(dpkg-query -S "$name" 2>/dev/null | sed -n 's/: .*//p' | head -n 1)
			if [ -n "$package" ]; then
				dpkg-query -W -f "deb $distribution \${Package} \${Version} \${Architecture}\n" "$package"
				return
			fi
		elif command -v apk >/dev/null; then
			package=$(apk info --who-owns "$name" 2>/dev/null | sed -n 's/.* is owned by //p')
			if [ -n "$package" ]; then
				echo "$package" | sed "s/^\(.*\)-\([^-]*-r[0-9]*\)\$/apk $distribution \1 \2 $(apk --print-arch)/"
				return
			fi
		fi
	done
	echo "file $1"
}

# add puts a library into the image: $1 as $2.
add() {
	if [ -e "/out/rootfs$2" ]; then return; fi
	mkdir -p "/out/rootfs${2%/*}"
	cp -L "$1" "/out/rootfs$2"
	owner "$1" >>/tmp/owners
}

# native asks the loader of this system.
native() {
	if ! command -v ldd >/dev/null; then fail "the toolchain has no ldd to tell what $1 links; compile for a musl target, or set image.base"; fi
	ldd "./$1" >/tmp/ldd 2>&1 || {
		if grep -Eiq 'not a (valid )?dynamic' /tmp/ldd; then return; fi
		cat /tmp/ldd >&2
		fail "ldd cannot tell what $1 links; compile for a musl target, or set image.base"
	}
	if grep 'not found' /tmp/ldd >&2; then fail "$1 links a library that the toolchain does not have at run time"; fi
	libc=$(awk '$2 == "=>" && $1 ~ /^libc\.so/ {print $3}' /tmp/ldd)
	awk '$2 == "=>" && $3 ~ /^\// {print $3} $1 ~ /^\// {print $1}' /tmp/ldd | while read -r library; do
		case $library in
		/package/*) fail "$1 finds ${library##*/} beside itself, which an image from scratch cannot have; set image.base" ;;
		# Only ldconfig's cache leads there, and the image has none.
		/usr/local/* | /opt/*) add "$library" "${libc%/*}/${library##*/}" ;;
		*) add "$library" "$library" ;;
		esac
	done
}

# foreign looks up what a file of another architecture says that it needs,
# recursively. Loaders of every architecture look in /lib.
foreign() {
	needed=$($readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
	loader=$($readelf -l "$1" | sed -n 's/.*interpreter: \(.*\)\].*/\1/p')
	for name in $needed ${loader##*/}; do
		to=/lib/$name
		if [ "$name" = "${loader##*/}" ]; then to=$loader; fi
		if [ -e "/out/rootfs$to" ]; then continue; fi
		found=
		for dir in "/usr/$cross/lib" "/lib/$cross" "/usr/lib/$cross"; do
			if [ -z "$found" ] && [ -e "$dir/$name" ]; then found=$dir/$name; fi
		done
		if [ -z "$found" ]; then fail "no $name for this target in the toolchain; compile for a musl target, or set image.base"; fi
		add "$found" "$to"
		(foreign "$found")
	done
}

if [ -n "$cross" ]; then
	readelf=$cross-readelf
	if ! command -v "$readelf" >/dev/null; then readelf=readelf; fi
	if ! command -v "$readelf" >/dev/null; then fail "the toolchain has no readelf to tell what binaries of another architecture link; set image.base"; fi
fi
for binary; do
	if [ -n "$cross" ]; then foreign "$binary"; else native "$binary"; fi
done
sort -u /tmp/owners >/out/packages.txt
