# Compiles a tool by the arguments of cargo that install it. Build scripts of what
# it depends on run here: there is no network, and what they write is dropped.
set -eu
exec cargo "$@" --offline --root /out
