# Reads a Cargo.lock, line by line as cargo writes it, and prints what of it a
# cache of downloads may have:
#   crate CHECKSUM NAME-VERSION.crate   a package of a registry
#   git NAME                            a repository: the last part of its URL
# The lock is a stranger's: what cargo would not write so is left out, so that
# whoever reads this can use the words as names of files.

function value(key,    start) {
	start = length(key) + 5
	if (substr($0, 1, start - 1) != key " = \"" || length($0) < start || substr($0, length($0)) != "\"") return ""
	return substr($0, start, length($0) - start)
}

# Of two registries that have a crate of one name, each could get the other's.
function crate(file, sum) {
	if (file in sums && sums[file] != sum) sum = "several"
	sums[file] = sum
}

function finish(    url) {
	if (source ~ /^(registry|sparse)\+/) {
		if (name ~ /^[A-Za-z0-9_][A-Za-z0-9_-]*$/ && version ~ /^[0-9][0-9A-Za-z.+-]*$/ && length(sum) == 64 && sum !~ /[^0-9a-f]/)
			crate(name "-" version ".crate", sum)
	} else if (source ~ /^git\+/) {
		url = source
		sub(/[?#].*/, "", url)
		sub(/\/+$/, "", url)
		sub(/.*\//, "", url)
		sub(/\.git$/, "", url)
		if (url ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/) print "git", tolower(url)
	}
	name = version = source = sum = ""
}

/^\[/ { finish() }
/^name = / { name = value("name") }
/^version = / { version = value("version") }
/^source = / { source = value("source") }
/^checksum = / { sum = value("checksum") }
END {
	finish()
	for (file in sums) if (sums[file] != "several") print "crate", sums[file], file
}
