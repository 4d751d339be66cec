# Reads cargo's JSON messages, a line each. Appends them to the file `messages`
# and prints the diagnostics as rustc rendered them. With collect=1 it prints
# "bin FILE" and "lib FILE" for what local packages give to the outside.

function value(line, key,    start, rest) {
	start = index(line, "\"" key "\":\"")
	if (!start) return ""
	rest = substr(line, start + length(key) + 4)
	return unquote(rest)
}

# unquote decodes a JSON string up to its closing quote.
function unquote(rest,    at, char, text) {
	text = ""
	while (match(rest, /["\\]/)) {
		at = RSTART
		text = text substr(rest, 1, at - 1)
		if (substr(rest, at, 1) == "\"") return text
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

function libraries(line,    list, part, count, i) {
	if (!match(line, /"filenames":\[[^]]*\]/)) return
	list = substr(line, RSTART + 13, RLENGTH - 14)
	count = split(list, part, ",")
	for (i = 1; i <= count; i++) {
		gsub(/"/, "", part[i])
		if (part[i] ~ /\.(so|a|dylib|wasm)$/) print "lib " part[i]
	}
}

collect {
	if ($0 !~ /^{"reason":"compiler-artifact"/ || $0 !~ /"package_id":"(path\+|[^"]*\(path\+)/) next
	file = value($0, "executable")
	# An artifact dependency is no product of the workspace.
	if (file ~ /\/deps\/artifact\//) next
	if (file != "") print "bin " file
	else if ($0 ~ /"crate_types":\[[^]]*"(cdylib|dylib|staticlib)"/) libraries($0)
	next
}

# Not JSON: a build script or a proc macro that prints.
!/^{"reason":/ {
	print
	next
}

{ print >> messages }

/^{"reason":"compiler-message"/ {
	printf "%s", value($0, "rendered")
	fflush()
}
