# Sourced by compiler wrappers: becomes "$@", in the environment that the wrapper
# got. dash and busybox drop variables whose names they could not assign to, as
# CARGO_BIN_EXE_my-program, which integration tests read at compile time.
odd=$(tr '\n\0' '\001\n' </proc/$$/environ | grep '^[^=]*[^A-Za-z0-9_=][^=]*=') || exec "$@"
IFS='
'
set -f
exec env $odd "$@"
