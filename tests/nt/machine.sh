# SPDX-License-Identifier: GPL-2.0
#
# A PC with NT, emulated by QEMU. Sourced by bash.
#
#	machine_start DIRECTORY	# boots DIRECTORY/boot.iso, see media
#	machine_says 300 'REGEX'	# waits for a line on its serial port
#	machine_shot NAME		# a screenshot, DIRECTORY/NAME.png
#	machine_keys 'w i n' ret	# QEMU's names of keys, spaces between
#	machine_stop
#
# What the machine says over its serial port, NT's debugger output and with it
# Linux's log, is in DIRECTORY/serial.

machine=''
machine_pid=''

machine_start()
{
	local own

	machine=$1
	own=(-accel tcg -m "${MACHINE_MEMORY:-2048}" -no-reboot -boot d
		-drive "file=$machine/disk.img,format=raw,if=ide,index=0")
	# Windows needs others, see windows.sh.
	[ ! -f "$machine/options" ] || mapfile -t own <"$machine/options"
	rm -f "$machine/monitor" "$machine/serial"
	: >"$machine/serial"
	mkfifo "$machine/monitor"
	qemu-system-x86_64 -display none -vga std -rtc base=utc -net none \
		-drive "file=$machine/boot.iso,media=cdrom,if=ide,index=2" \
		"${own[@]}" \
		-serial "file:$machine/serial" -monitor stdio ${MACHINE_OPTIONS:-} \
		<"$machine/monitor" >"$machine/qemu" 2>&1 &
	machine_pid=$!
	exec 8>"$machine/monitor"
	# The CD waits for a key where there is a hard disk, and then in a menu.
	for _ in $(seq 20); do
		machine_keys ret
		sleep 1
	done
}

machine_runs()
{
	[ -n "$machine_pid" ] && kill -0 "$machine_pid" 2>/dev/null
}

# machine_says SECONDS REGEX: false when it has not said so, or is gone
machine_says()
{
	local end=$((SECONDS + $1))

	until grep -qaE -- "$2" "$machine/serial"; do
		[ $SECONDS -lt $end ] && machine_runs || return 1
		sleep 1
	done
}

machine_monitor()
{
	machine_runs && echo "$*" >&8
}

machine_keys()
{
	local key

	for key; do
		machine_monitor "sendkey $key"
		sleep 0.2
	done
}

machine_shot()
{
	machine_monitor "screendump $machine/$1.png -f png"
	sleep 2
}

# Returns the status before it, for a trap at the end of a test.
machine_stop()
{
	local kept=$?

	[ -n "$machine_pid" ] || return "$kept"
	machine_monitor quit
	exec 8>&-
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		machine_runs || break
		sleep 1
	done
	kill -KILL "$machine_pid" 2>/dev/null
	wait "$machine_pid" 2>/dev/null
	machine_pid=''
	return "$kept"
}

# machine_file NAME: a file of its disk, as text
machine_file()
{
	mtype -i "$machine/disk.img@@1048576" "::$1" 2>/dev/null | tr -d '\r'
}
