# Runs check.sh for a check with secrets, whose values are then in nothing that it
# prints and in no text in /out: that goes to shared caches. The arguments are
# those of check.sh, and after them the secrets as secrets.awk takes them.
lib=/cranekit/lib
. "$lib/learn.sh"
masked=$(
	shift 2
	printf '%s\n' "$@"
)

# tee takes the place of the command by which check.sh writes the log, as one
# process that it can end, by the awk that it has chosen.
tee() { LC_ALL=C exec $awk -v copy="$1" -v once=1 -v texts="$texts" -f "$lib/mask.awk"; }

# conceal masks the texts in /out at the end: binaries are found by messages that
# must be true until then. What has a NUL is no text.
conceal() {
	# What a test has left behind, and the end of the check's time, which would
	# kill the commands below.
	if [ "$$" -eq 1 ]; then kill -s KILL -- -1 2>/dev/null; fi
	if ! learn; then # the commands may have filled the memory
		texts=/tmp/cranekit-secrets
		if ! learn; then
			find /out -type f ! -path /out/log.txt -exec rm -f {} +
			return
		fi
	fi
	# A user that is not root is kept out by modes.
	find /out -type d ! -perm -700 -exec chmod u+rwx {} \;
	find /out -type f ! -perm -600 -exec chmod u+rw {} +
	# Names come line by line: one that has a line feed itself is not read.
	feed=$(printf '\n.')
	feed="*${feed%.}*"
	LC_ALL=C find /out -type f -path "$feed" -exec grep -q -F -f "$texts" {} \; -exec rm -f {} \;
	LC_ALL=C find /out -type f ! -path "$feed" -exec grep -l -F -f "$texts" {} + | while IFS= read -r file; do
		if [ "$(tr -d '\000' <"$file" | wc -c)" -ne "$(wc -c <"$file")" ]; then continue; fi
		if LC_ALL=C awk -v texts="$texts" -f "$lib/mask.awk" <"$file" >/tmp/concealed && cat /tmp/concealed >"$file"; then continue; fi
		rm -f "$file"
	done
	rm -f "$texts" /tmp/concealed
}
trap conceal EXIT

learn
. "$lib/check.sh"
