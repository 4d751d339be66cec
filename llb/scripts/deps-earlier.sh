# Does what deps.sh does, on top of what an earlier stage left: its cargo is the
# one below.
lib=${0%/*}
. "$lib/seeded.sh"

# cargo runs the one command that deps.sh has. What an earlier run left is not
# worth a failure of that.
cargo() {
	sow
	if [ -s "$notes/sown" ]; then
		command cargo "$@" || { uproot && command cargo "$@"; }
	else
		command cargo "$@"
	fi
	weed "$@"
}
. "$lib/deps.sh"
