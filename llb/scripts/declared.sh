# declared reports whether a build script, whose output is the file $1, told
# cargo what it reads, and that all of it is in a package with a script: one of
# the directories $scripted, a line each. Other files are not here: a script that
# looks for one and does without would say something else in the check.
declared() {
	grep -q '^cargo::\{0,1\}rerun-if-' "$1" || return 1
	sed -n 's/^cargo::\{0,1\}rerun-if-changed=//p' "$1" | while IFS= read -r file; do
		inside "$file" || exit 1
	done
}

# inside reports whether a path is in one of the packages.
inside() {
	case /$1/ in
	*/../*) return 1 ;;
	//*) ;;
	*) return 0 ;;
	esac
	# The last command of a pipeline may be in this shell or in one of its own.
	here=$(echo "$scripted" | while IFS= read -r dir; do
		case $1 in ("$dir" | "$dir"/*) echo yes ;; esac
	done)
	[ -n "$here" ]
}
