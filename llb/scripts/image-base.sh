# Sourced around the installation of packages on the base of an image:
#   /cranekit/listed/packages.txt  the packages that are new, as image.sh has them
# What a package manager writes of times and of itself is removed, so that equal
# packages give equal files.
listed=/cranekit/listed
distribution=$(. /etc/os-release 2>/dev/null && echo "$ID") || distribution=unknown
export DEBIAN_FRONTEND=noninteractive

# installed lists all packages.
installed() {
	if command -v apk >/dev/null; then
		apk info -v 2>/dev/null | sed "s/^\(.*\)-\([^-]*-r[0-9]*\)\$/apk $distribution \1 \2 $(apk --print-arch)/"
	else
		dpkg-query -W -f "deb $distribution \${Package} \${Version} \${Architecture}\n"
	fi | LC_ALL=C sort
}

begin() {
	if ! command -v apk >/dev/null && ! command -v apt-get >/dev/null; then
		echo "cranekit: the base has neither apk nor apt-get to install packages with" >&2
		exit 1
	fi
	installed >/tmp/installed
}

end() {
	installed >/tmp/now
	# comm is not in every busybox.
	while read -r line; do
		if ! grep -qxF "$line" /tmp/installed; then echo "$line"; fi
	done </tmp/now >"$listed/packages.txt"
	rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/cache/ldconfig/aux-cache /var/cache/apk/*
	rm -f /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/log/apk.log /var/cache/debconf/*-old /var/lib/dpkg/*-old
}
