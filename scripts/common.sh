# SPDX-License-Identifier: GPL-2.0
#
# What the scripts share. Sourced by sh with $top set.
#
#	BUILD		output directory (default: build)
#	WINEPREFIX	the Wine prefix (default: $BUILD/prefix)
#	ROOTFS		Debian's image (default: $BUILD/rootfs.ext4)

BUILD=${BUILD:-$top/build}
case $BUILD in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac
export BUILD
WINEPREFIX=${WINEPREFIX:-$BUILD/prefix}
export WINEPREFIX
ROOTFS=${ROOTFS:-$BUILD/rootfs.ext4}

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

. "$top/scripts/processes.sh"

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
# program unless it was started to stay; one that any other program of Wine
# started was not, and does not change its mind. So wait for its end. Processes
# that Wine leaves running must not hold our output open.
wine_stay()
{
	tries=0
	until wineserver -p >/dev/null 2>&1 </dev/null; do
		! wineserver_stays || return 0
		tries=$((tries + 1))
		[ "$tries" -lt 40 ] || return 0
		sleep 0.5
	done
}

# Was the server of this prefix started to stay?
wineserver_stays()
{
	for pid in $(prefix_pids); do
		case $(readlink "/proc/$pid/exe") in
		*/wineserver*) ;;
		*) continue ;;
		esac
		if grep -szqx -e -p "/proc/$pid/cmdline"; then
			return 0
		fi
	done
	return 1
}

wine_quiet()
{
	wine "$@" </dev/null >/dev/null 2>&1
}

# Merges a .reg file, which is in UTF-8, into the registry.
registry_import()
{
	{
		printf '\377\376'
		sed 's/$/\r/' "$1" | iconv -f UTF-8 -t UTF-16LE
	} >"$WINEPREFIX/import.reg"
	wine_quiet regedit /S "$(dos_path "$WINEPREFIX/import.reg")" ||
		die "Wine could not write its registry in $WINEPREFIX"
	rm "$WINEPREFIX/import.reg"
}
