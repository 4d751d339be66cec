# Tells which units a cargo command uses, of its JSON messages, the last file.
# The files before, -v sown=… and -v below=…, list units that were there before
# the command ran; see units.sh. Writes to -v unused=… those of sown that it does
# not use, and prints what it compiled.

# hash is that of the file or directory of a unit.
function hash(name) {
	sub(/.*\//, "", name)
	sub(/\..*/, "", name)
	return substr(name, length(name) - 15)
}

# package is the name and version of a package id.
function package(id, parts) {
	sub(/.*"package_id":"/, "", id)
	sub(/".*/, "", id)
	split(id, parts, "#")
	if (parts[2] !~ /@/) {
		sub(/\?.*/, "", parts[1])
		sub(/.*\//, "", parts[1])
		return parts[1] " " parts[2]
	}
	sub(/@/, " ", parts[2])
	return parts[2]
}

BEGIN {
	digits = "[0-9a-f]"
	for (i = 0; i < 4; i++) digits = digits digits
	token = "[-/]" digits "[\"./]"
}
FILENAME == sown {
	seed[++seeds] = $0
	had[hash($0)] = 1
	next
}
FILENAME == below {
	had[hash($0)] = 1
	next
}
/cranekit_dummy/ || !/^\{"reason":"(compiler-artifact|build-script-executed)"/ { next }
{
	total++
	known = 0
	rest = $0
	while (match(rest, token)) {
		unit = substr(rest, RSTART + 1, 16)
		used[unit] = 1
		if (unit in had) known = 1
		rest = substr(rest, RSTART + RLENGTH - 1)
	}
	if (known) next
	compiled++
	name = package($0)
	if (!(name in named)) {
		named[name] = 1
		names = names ", " name
	}
}
END {
	for (i = 1; i <= seeds; i++) if (!(hash(seed[i]) in used)) print seed[i] >unused
	print compiled + 0 " of " total + 0 " units compiled" (names == "" ? "" : ": " substr(names, 3))
}
