# Copies its input line by line, to the file `copy` as well, with *** in the place
# of the texts in the file `texts`, which `once` removes. That ends with a line
# feed, or mawk adds its end to that of an input without one. Bytes are compared:
# run it with LC_ALL=C.

# masked covers every place where a text is, also where two overlap.
function masked(line,    i, at, to, found, until, out) {
	for (i = 1; i <= count; i++) {
		at = 0
		while ((to = index(substr(line, at + 1), text[i]))) {
			at += to
			to = at + length(text[i])
			if (!(at in until) || until[at] < to) until[at] = to
			found = 1
		}
	}
	if (!found) return line
	to = 1
	for (at = 1; at <= length(line); at++) {
		if (!(at in until)) continue
		if (at >= to) out = out substr(line, to, at - to) "***"
		if (until[at] > to) to = until[at]
	}
	return out substr(line, to)
}

BEGIN {
	while ((getline line < texts) > 0) {
		if (!(line in known)) text[++count] = line
		known[line] = 1
	}
	close(texts)
	if (once) system("rm -f " texts)
}

{
	line = masked($0)
	print line
	fflush()
	if (copy != "") {
		print line >copy
		fflush(copy)
	}
}
