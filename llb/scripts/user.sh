# Runs a script by sh as another user than root: user.sh USER SCRIPT [ARGUMENT…].
# USER is a name that the image has, or UID[:GID], which is made a user if it is
# none. Nothing of what is changed here outlives the step.
set -eu
wanted=$1
shift
give_up() {
	echo "cranekit: user: $1" | tee /out/log.txt
	exit 125
}

uid=${wanted%%:*}
case $uid in
*[!0-9]*)
	line=$(grep "^$uid:" /etc/passwd | head -n 1)
	if [ -z "$line" ]; then give_up "the image has no user $uid: install what brings it, or write true"; fi
	;;
*)
	line=$(grep "^[^:]*:[^:]*:$uid:" /etc/passwd 2>/dev/null | head -n 1) || true
	if [ -z "$line" ]; then
		gid=$uid
		case $wanted in *:*) gid=${wanted#*:} ;; esac
		line="cranekit:x:$uid:$gid::${HOME:-/home/cranekit}:/bin/sh"
		echo "$line" >>/etc/passwd
		if ! grep -q "^[^:]*:[^:]*:$gid:" /etc/group 2>/dev/null; then echo "cranekit:x:$gid:" >>/etc/group; fi
	fi
	;;
esac
IFS=: read -r name _ uid gid _ <<END
$line
END
case $wanted in *:*) gid=${wanted#*:} ;; esac
owner=$uid:$gid
if ! chown "$owner" /out 2>/dev/null; then give_up "the builder cannot give files to $owner"; fi

# opened gives directories to the user, and lets files be read that are closed.
# Each file that changes is copied from its layer, and that is waited for.
opened() {
	find "$1" -xdev -type d -exec chown "$owner" {} + -o ! -type l ! -perm -004 -exec chmod a+rX {} +
}

# HOME stays what it was when dependencies were compiled: build scripts that look
# at it would run again.
HOME=${HOME:-/home/cranekit}
export HOME
mkdir -p "$HOME"
if [ "$HOME" != / ]; then opened "$HOME"; fi
if [ -d "${CARGO_HOME-}" ]; then opened "$CARGO_HOME"; fi

# The source belongs to a user by number already, and is read-only where nothing
# writes into it.
target=${CARGO_TARGET_DIR:-$PWD/target}
find /src -path "$target" -prune -o ! -user "$uid" -exec chown -h "$owner" {} + 2>/dev/null || true

# Cargo writes dependencies no more; what member layers have compiled after them
# it may.
if [ -d "$target" ]; then
	opened "$target"
	if [ -e "$target/cranekit-deps.txt" ]; then
		find "$target" -type f -newer "$target/cranekit-deps.txt" -exec chown "$owner" {} +
	fi
fi

# BusyBox has a setpriv that cannot do this, and a su that stays no process.
if setpriv --help 2>&1 | grep -qe --reuid; then
	exec setpriv --reuid "$uid" --regid "$gid" --init-groups /bin/sh "$@"
fi
if ! command -v su >/dev/null; then give_up "the image has neither setpriv nor su"; fi
exec su -m -s /bin/sh "$name" "$@"
