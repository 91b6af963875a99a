#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ./wsl4: Linux programs on the linux service that "make run" has started; see
# ./wsl4 --help. BUILD names another build directory.

top=$(dirname -- "$(readlink -f -- "$0")")
program=${BUILD:-$top/build}/wsl4-unix
if [ ! -x "$program" ]; then
	echo "wsl4: $program is not there. Build it with: make run" >&2
	exit 122
fi
exec "$program" "$@"
