# SPDX-License-Identifier: GPL-2.0
#
# For the tests on a real NT kernel. Sourced by bash after ../lib.sh.
#
#	nt_begin NAME			# skips without REACTOS_ISO; $nt is its directory
#	nt_root FILE...			# Debian's root disk, FILEs in /root
#	nt_boot LIMIT DRIVER LIST...	# runs the commands of LISTs in a window
#	gives NAME CODE REGEX		# one command's result
#
# A list is a file of this folder, see commands. Serial output, screenshots and results
# are kept in $nt.

nt_here=$top/tests/nt
. "$nt_here/machine.sh"

nt_begin()
{
	[ -n "${REACTOS_ISO:-}" ] ||
		skip_all 'set REACTOS_ISO to the path of a ReactOS x64 live CD'
	[ -f "$REACTOS_ISO" ] || bail "REACTOS_ISO: there is no file $REACTOS_ISO"
	"$top/scripts/setup-packages" build run check nt || bail 'packages are missing'
	nt=$BUILD/tests/$1
	rm -rf "$nt"
	mkdir -p "$nt"
	trap 'machine_stop; at_exit' EXIT
}

nt_root()
{
	"$nt_here/root" "$BUILD/tests/debian.ext4" "$nt/root.ext4" "$@"
}

# nt_batch LIST: as batch file. Each command's output goes into files on the disk,
# and its name into the window.
nt_batch()
{
	local name command

	while IFS=$'\t' read -r name command; do
		case $name in
		'' | '#'*) continue ;;
		'!') # a line for cmd as it is
			printf '%s\n' "$command"
			continue ;;
		esac
		command=${command//@SECONDS@/${NT_SOAK:-}}
		command=${command//@COUNT@/${COUNT:-}}
		# A percent sign is cmd's own.
		command=${command//%/%%}
		command=${command//@DISK@/%at%}
		command=${command//@NEW@/%new%}
		printf 'echo ^> %s\n' "$name"
		printf '%s >%%at%%\\out\\%s.out 2>%%at%%\\out\\%s.err\n' \
			"$command" "$name" "$name"
		printf 'echo %%ERRORLEVEL%% >%%at%%\\out\\%s.code\n' "$name"
	done <"$nt_here/$1"
}

# The last start is for the words that tell us that all has been done.
nt_program()
{
	local list

	cat <<-'END'
	@echo off
	title linux.sys
	set at=
	for %%d in (C D E F G H) do if exist %%d:\linux\root.img set at=%%d:
	if "%at%"=="" goto nodisk
	END
	for list; do
		nt_batch "$list"
	done
	cat <<-'END'
	sc start linux
	wsl4 uname -a
	wsl4 sh -c "head -n 3 /etc/os-release; echo check: done >/dev/kmsg"
	goto end
	:nodisk
	echo There is no disk with \linux\root.img.
	:end
	END
}

# The host's time when a line with NT's clock appears, and that clock, in $clocks;
# a screenshot when a line asks for one. A line that matches $nt_stop ends it, too.
nt_watch()
{
	local end=$((SECONDS + $1)) lines shot

	clocks=''
	until grep -qaE "check: done${nt_stop:+|$nt_stop}" "$machine/serial"; do
		lines=$(grep -ao 'check: clock [0-9]*' "$machine/serial" | wc -l)
		[ "$lines" = "$(wc -w <<<"$clocks")" ] ||
			clocks="$clocks $(date +%s):$(grep -ao 'check: clock [0-9]*' \
				"$machine/serial" | tail -n 1 | cut -d ' ' -f 3)"
		for shot in $(grep -ao 'check: shot [a-z]*' "$machine/serial" |
			cut -d ' ' -f 3); do
			[ -f "$machine/$shot.png" ] || machine_shot "$shot"
		done
		[ $SECONDS -lt $end ] && machine_runs || return 1
		sleep 1
	done
}

# nt_boot LIMIT DRIVER LIST...: in $nt, with $nt/root.ext4 as root disk
nt_boot()
{
	local limit=$1 driver=$2 began=$SECONDS start_limit=900

	shift 2
	[ -f "$driver" ] || bail "there is no $driver: make first"
	nt_program "$@" >"$nt/check.cmd"
	ok 'the CD and the disk are made' env DRIVER="$driver" \
		"$nt_here/media" "$REACTOS_ISO" "$nt/root.ext4" "$nt/check.cmd" "$nt" ||
		bail "$(tail -n 5 "$nt/media.log")"
	rm "$nt/root.ext4"
	# An installation of Windows comes first, see windows.sh.
	[ ! -f "$nt/options" ] || start_limit=14400
	machine_start "$nt"
	ok 'linux.sys is started' \
		machine_says $start_limit 'linux\.sys at [0-9a-f]+' || {
		machine_shot start
		diag "$(tail -n 20 "$nt/serial")"
		bail "see $nt/start.png and $nt/serial"
	}
	note "after $((SECONDS - began)) s"
	ok 'all commands end' nt_watch "$limit" || diag "$(tail -n 20 "$nt/serial")"
	note "after $((SECONDS - began)) s"
	sleep 15
	machine_shot end
	# FAT's lazy writer has had its time by now.
	machine_stop
	serial=$(tr -d '\0' <"$nt/serial")
	unlike 'no bug check, no debugger' "$serial" \
		'\*\*\* Fatal System Error|STOP: 0x|kdb:>|Assertion .* failed'
}

result()
{
	out=$(machine_file "out/$1.out")
	code=$(machine_file "out/$1.code" | tr -d ' \n')
}

# gives NAME CODE REGEX
gives()
{
	result "$1"
	is "$1: exit status" "$code" "$2" || diag "$out $(machine_file "out/$1.err")"
	like "$1: output" "$out" "$3"
}
