# Copies its input line by line, to the file `copy` as well, with *** in the place
# of the texts in the file `texts`, which `once` removes. That ends with a line
# feed, or mawk adds its end to that of an input without one. Bytes are compared:
# run it with LC_ALL=C.

# masked prints a line with every place covered where a text is, also where two
# overlap. It looks at a window at a time: index() and substr() in all of a line,
# for each hit, would take hours where one of megabytes is full of them. Windows
# come from chunks, as awk may measure all of a text to take a piece.
function masked(line,    start, at, chunk) {
	to = 1
	for (start = 1; start <= length(line); start += large) {
		chunk = substr(line, start, large + longest - 1)
		for (at = 1; at <= large && at <= length(chunk); at += step) look(substr(chunk, at, step + longest - 1), start + at - 1)
	}
	put("\n")
}

# look prints the first `step` bytes of a window that begins at byte p of its line,
# covered where a text begins in them. Up to `to` all is printed or covered.
function look(window, p,    i, at, hit, found, until) {
	for (i = 1; i <= count; i++) {
		at = 0
		while ((hit = index(substr(window, at + 1), text[i])) && at + hit <= step) {
			at += hit
			if (!(at in until) || until[at] < at + length(text[i])) until[at] = at + length(text[i])
			found = 1
		}
	}
	if (to < p) to = p
	for (at = 1; found && at <= step; at++) {
		if (!(at in until)) continue
		if (p + at - 1 >= to) put(substr(window, to - p + 1, p + at - 1 - to) "***")
		if (p + until[at] - 1 > to) to = p + until[at] - 1
	}
	if (to < p + step) {
		put(substr(window, to - p + 1, p + step - to))
		to = p + step
	}
}

# put prints a piece, not each by itself.
function put(piece) {
	pieces = pieces piece
	if (length(pieces) > 4096) flush()
}

function flush() {
	printf "%s", pieces
	if (copy != "") printf "%s", pieces >copy
	pieces = ""
}

function holds(line,    i) {
	for (i = 1; i <= count; i++) if (index(line, text[i])) return 1
	return 0
}

BEGIN {
	step = 512
	large = 128 * step
	while ((getline line < texts) > 0) {
		if (!(line in known)) text[++count] = line
		if (length(line) > longest) longest = length(line)
		known[line] = 1
	}
	close(texts)
	if (once) system("rm -f " texts)
}

{
	if (holds($0)) masked($0)
	else put($0 "\n")
	flush()
	fflush()
	if (copy != "") fflush(copy)
}
