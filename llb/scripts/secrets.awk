# Prints what mask.awk looks for, a line each: the lines of the values of secrets,
# as they are and as a string of JSON or Rust has them. The variable
# CRANEKIT_MASKED names the secrets: "env NAME" for a variable, "file NAME" for a
# file in `dir`. Bytes count: run it with LC_ALL=C.

# learn takes a line of a value. Below four bytes it would hit everything.
function learn(line) {
	gsub(/^[ \t\r]+|[ \t\r]+$/, "", line)
	if (length(line) < 4) return
	print line
	if (escaped(line) != line) print escaped(line)
}

function escaped(text,    i, char, out) {
	for (i = 1; i <= length(text); i++) {
		char = substr(text, i, 1)
		if (char == "\"" || char == "\\") out = out "\\"
		out = out (char == "\t" ? "\\t" : char)
	}
	return out
}

BEGIN {
	names = split(ENVIRON["CRANEKIT_MASKED"], name, "\n")
	for (i = 1; i <= names; i++) {
		what = name[i]
		if (sub(/^env /, "", what)) {
			lines = split(ENVIRON[what], line, "\n")
			for (j = 1; j <= lines; j++) learn(line[j])
		} else if (sub(/^file /, "", what)) {
			while ((getline text < (dir "/" what)) > 0) learn(text)
		}
	}
}
