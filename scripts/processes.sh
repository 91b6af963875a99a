# SPDX-License-Identifier: GPL-2.0
#
# The processes of a Wine prefix. Sourced by sh with $WINEPREFIX set.

# Those that have the prefix in their environment. A prefix in another mount
# namespace may have the same name.
prefix_pids()
{
	local process

	# One grep for all: a machine may have thousands of processes.
	for process in $(grep -lszxF -e "WINEPREFIX=$WINEPREFIX" \
		/proc/[0-9]*/environ); do
		process=${process%/environ}
		[ "$process/root$WINEPREFIX" -ef "$WINEPREFIX" ] || continue
		case $(readlink "$process/exe") in
		*/wine*/*) echo "${process#/proc/}" ;;
		esac
	done
}

# The process that has the driver.
driver_pid()
{
	local pid

	for pid in $(prefix_pids); do
		if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q winedevice &&
			grep -q wsl4-physmem "/proc/$pid/maps" 2>/dev/null; then
			echo "$pid"
			return
		fi
	done
	return 1
}

# The stubs that Linux's programs run in: children of the driver's process.
stub_pids()
{
	local driver

	driver=$(driver_pid) || return
	cat "/proc/$driver/task/"*/children 2>/dev/null | tr ' ' '\n' | grep .
}

# Prints the state of the service: RUNNING, STOPPED, ...; nothing if there is
# no such service. A client of Wine's ends without a word now and then, when the
# machine is busy, and that must not be taken for it.
service_state()
{
	state=''
	for try in 1 2 3; do
		state=$(timeout 20 wine sc query linux </dev/null 2>/dev/null |
			tr -d '\r' |
			sed -n 's/.*STATE *: *[0-9]* *\([A-Z_]*\).*/\1/p')
		[ -z "$state" ] || break
		sleep 1
	done
	[ -z "$state" ] || echo "$state"
}
