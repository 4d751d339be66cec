#!/bin/sh
# A cargo runner for programs of another architecture:
# emulate.sh CPU TRIPLE PROGRAM [ARGUMENT…]
# Debian has its C library twice, in packages of that architecture and in those
# of the cross compiler. A program that gets the loader of one and the library of
# the other hangs when it starts a thread, so QEMU's prefix, which is for the
# loader, must be that of the library which the loader will prefer.
cpu=$1
prefix=/usr/$2
if [ -e "/usr/lib/$2/libc.so.6" ] || [ -e "/lib/$2/libc.so.6" ]; then
	prefix=/
fi
shift 2
set -- "qemu-$cpu" -L "$prefix" "$@"
. /cranekit/lib/exec.sh
