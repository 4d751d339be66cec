# Sourced by what copies compiled units between target directories.
#
# A unit is what cargo keeps of one call of the compiler or of one run of a build
# script. Before cargo 1.100 its files and directories are in .fingerprint, build
# and deps beside the lock of a profile and end with its hash; since then it is
# one directory, build/<package>/<hash>.

# units lists the units of the target directory $1, a line for each file or
# directory. Cargo gives all of them their names.
units() {
	(
		cd "$1" || exit
		for profile in */ */*/; do
			case $profile in
			*/build/ | */deps/ | */.fingerprint/) continue ;;
			esac
			if [ -d "$profile.fingerprint" ]; then
				find "$profile.fingerprint" "${profile}build" "${profile}deps" -mindepth 1 -maxdepth 1 2>/dev/null || true
			elif [ -d "${profile}build" ]; then
				find "${profile}build" -mindepth 2 -maxdepth 2 -type d
			fi
		done
	)
}

# copy_units copies the units of $1 that $2 lacks to $3, which lacks them too.
copy_units() {
	units "$1" | while read -r unit; do
		if [ -e "$2/$unit" ] || [ -e "$3/$unit" ]; then continue; fi
		mkdir -p "$3/${unit%/*}" && cp -a "$1/$unit" "$3/${unit%/*}/" || return
	done
}
