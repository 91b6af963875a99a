# SPDX-License-Identifier: GPL-2.0
#
# What the scripts share. Sourced by sh with $top set.
#
#	BUILD		output directory (default: build)
#	WINEPREFIX	the Wine prefix (default: $BUILD/prefix)

BUILD=${BUILD:-$top/build}
case $BUILD in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac
export BUILD
WINEPREFIX=${WINEPREFIX:-$BUILD/prefix}
export WINEPREFIX

# No display, no questions about .NET and HTML, and no hint about 32 bit.
export WINEDLLOVERRIDES='mscoree,mshtml='
export WINEDEBUG=${WINEDEBUG:--all}
export WINEARCH=win64
unset DISPLAY WAYLAND_DISPLAY
# Wine converts file names by the locale.
case ${LC_ALL:-${LC_CTYPE:-$LANG}} in
*[Uu][Tt][Ff]*) ;;
*) export LC_ALL=C.UTF-8 ;;
esac

me=$(basename "$0")

say()
{
	printf '%s: %s\n' "$me" "$*"
}

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

need()
{
	command -v "$1" >/dev/null ||
		die "$1 is missing; scripts/setup-packages installs it"
}

# The DOS name of a file of this machine.
dos_path()
{
	printf 'Z:%s' "$(realpath -m "$1")" | tr / '\\'
}

# Wine's server, and with it the services, end some seconds after the last
# program unless it is told to stay. Processes that Wine leaves running must
# not hold our output open.
wine_stay()
{
	wineserver -p >/dev/null 2>&1 </dev/null || true
}

wine_quiet()
{
	wine "$@" </dev/null >/dev/null 2>&1
}

# Prints the state of the service: RUNNING, STOPPED, ...; nothing if there is
# no such service.
service_state()
{
	wine sc query linux </dev/null 2>/dev/null | tr -d '\r' |
		sed -n 's/.*STATE *: *[0-9]* *\([A-Z_]*\).*/\1/p'
}
