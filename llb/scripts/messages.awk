# Reads cargo's JSON messages, a line each. Appends them to the file `messages`
# and prints the diagnostics as rustc rendered them. With collect=1 it prints
# "bin FILE" and "lib FILE" for what local packages give to the outside, by the
# rule of Messages.Binaries in config/cargo.

function value(line, key,    start, rest) {
	start = index(line, "\"" key "\":\"")
	if (!start) return ""
	rest = substr(line, start + length(key) + 4)
	return unquote(rest)
}

# unquote decodes a JSON string up to its closing quote. What comes after that
# is left in `after`.
function unquote(rest,    at, char, text) {
	text = ""
	after = ""
	while (match(rest, /["\\]/)) {
		at = RSTART
		text = text substr(rest, 1, at - 1)
		if (substr(rest, at, 1) == "\"") {
			after = substr(rest, at + 1)
			return text
		}
		char = substr(rest, at + 1, 1)
		rest = substr(rest, at + 2)
		if (char == "n") text = text "\n"
		else if (char == "t") text = text "\t"
		else if (char == "r") text = text "\r"
		else if (char == "u") {
			text = text "?"
			rest = substr(rest, 5)
		} else text = text char
	}
	return text
}

# list reads an array of strings into `items` and returns their number.
function list(line, key, items,    start, rest, count) {
	start = index(line, "\"" key "\":[")
	if (!start) return 0
	rest = substr(line, start + length(key) + 4)
	while (substr(rest, 1, 1) == "\"") {
		items[++count] = unquote(substr(rest, 2))
		rest = after
		if (substr(rest, 1, 1) == ",") rest = substr(rest, 2)
	}
	return count
}

# tested tells a unit that was compiled with the test harness: by its profile,
# as the target says whether it has tests, too.
function tested(line,    start, profile) {
	start = index(line, "\"profile\":{")
	if (!start) return 0
	profile = substr(line, start)
	profile = substr(profile, 1, index(profile, "}"))
	return index(profile, "\"test\":true") > 0
}

function collected(line,    kinds, files, count, i, file, program, foreign) {
	if (line !~ /^[{]"reason":"compiler-artifact"/ || line !~ /"package_id":"(path[+]|[^"]*[(]path[+])/ || tested(line)) return
	count = list(line, "kind", kinds)
	for (i = 1; i <= count; i++) {
		if (kinds[i] == "bin") program = 1
		if (kinds[i] ~ /^(cdylib|dylib|staticlib)$/) foreign = 1
	}
	file = value(line, "executable")
	# An artifact dependency is no product of the workspace.
	if (program && file != "" && file !~ /\/deps\/artifact\//) print "bin " file
	if (!foreign) return
	count = list(line, "filenames", files)
	for (i = 1; i <= count; i++) {
		if (files[i] !~ /\.(rlib|rmeta|d)$/ && files[i] !~ /\/deps\/artifact\//) print "lib " files[i]
	}
}

collect {
	collected($0)
	next
}

# Not JSON: a build script or a proc macro that prints.
!/^[{]"reason":/ {
	print
	next
}

{ print >> messages }

/^[{]"reason":"compiler-message"/ {
	printf "%s", value($0, "rendered")
	fflush()
}
