#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The product on a real NT kernel: ReactOS x64, from its live CD, in QEMU's
# emulation (or Windows, from an evaluation CD; never tried, see nt/windows.sh). linux.sys is started by sc, programs by wsl4.exe, both in a window of
# cmd on the desktop, unattended.
#
#	REACTOS_ISO=path scripts/check tests/nt.t
#
# NT_SOAK=seconds: afterwards, that long, load in Linux while NT copies files, and
# programs of random code.
#
# Serial output, screenshots and the results are kept in $BUILD/tests/nt.

. "$(dirname "$0")/lib.sh"
here=$(dirname "$(readlink -f "$0")")/nt
. "$here/machine.sh"

[ -n "${REACTOS_ISO:-}" ] ||
	skip_all 'set REACTOS_ISO to the path of a ReactOS x64 live CD'
[ -f "$REACTOS_ISO" ] || bail "REACTOS_ISO: there is no file $REACTOS_ISO"
"$top/scripts/setup-packages" build run check nt || bail 'packages are missing'
[ -f "$BUILD/linux.sys" ] || bail "there is no $BUILD/linux.sys: make first"

nt=$BUILD/tests/nt
rm -rf "$nt"
mkdir -p "$nt"
trap 'machine_stop; at_exit' EXIT

# commands_of FILE: as batch file. Each command's output goes into files on the
# disk, and its name into the window.
commands_of()
{
	local name command

	while IFS=$'\t' read -r name command; do
		case $name in
		'' | '#'*) continue ;;
		esac
		command=${command//@SECONDS@/${NT_SOAK:-}}
		# A percent sign is cmd's own.
		command=${command//%/%%}
		printf 'echo ^> %s\n' "$name"
		printf '%s >%%at%%\\out\\%s.out 2>%%at%%\\out\\%s.err\n' \
			"$command" "$name" "$name"
		printf 'echo %%ERRORLEVEL%% >%%at%%\\out\\%s.code\n' "$name"
	done <"$here/$1"
}

program()
{
	cat <<-'END'
	@echo off
	title linux.sys
	set at=
	for %%d in (C D E F G H) do if exist %%d:\linux\root.img set at=%%d:
	if "%at%"=="" goto nodisk
	END
	commands_of commands
	if [ -n "${NT_SOAK:-}" ]; then
		echo 'start cmd /c copy.cmd %at%'
		commands_of soak
	fi
	cat <<-'END'
	sc start linux
	wsl4 uname -a
	wsl4 sh -c "cat /etc/os-release | head -n 3; echo check: done >/dev/kmsg"
	goto end
	:nodisk
	echo There is no disk with \linux\root.img.
	:end
	END
}

root_disk()
{
	fuzzer "$work/fuzz" &&
		"$here/root" "$BUILD/tests/debian.ext4" "$nt/root.ext4" "$work/fuzz"
}

program >"$nt/check.cmd"
ok 'a root disk is made' root_disk || bail 'no root disk'
ok 'the CD and the disk are made' \
	"$here/media" "$REACTOS_ISO" "$nt/root.ext4" "$nt/check.cmd" "$nt" ||
	bail "$(tail -n 5 "$nt/media.log")"
rm "$nt/root.ext4"

machine_start "$nt"
began=$SECONDS
# An installation of Windows comes first, see windows.sh.
start_limit=900
[ ! -f "$nt/options" ] || start_limit=14400
ok 'linux.sys is started' machine_says $start_limit 'linux\.sys at [0-9a-f]+' || {
	machine_shot start
	diag "$(tail -n 20 "$nt/serial")"
	bail "see $nt/start.png and $nt/serial"
}
note "after $((SECONDS - began)) s"
limit=$((2400 + 2 * ${NT_SOAK:-0}))
clocks=''
# The host's time when a line with NT's clock appears, and that clock
watch_clocks()
{
	local end=$((SECONDS + limit)) lines

	until grep -qa 'check: done' "$machine/serial"; do
		lines=$(grep -ao 'check: clock [0-9]*' "$machine/serial" | wc -l)
		[ "$lines" = "$(wc -w <<<"$clocks")" ] ||
			clocks="$clocks $(date +%s):$(grep -ao 'check: clock [0-9]*' \
				"$machine/serial" | tail -n 1 | cut -d ' ' -f 3)"
		[ $SECONDS -lt $end ] && machine_runs || return 1
		sleep 1
	done
}
ok 'all commands end' watch_clocks ||
	diag "$(tail -n 20 "$nt/serial")"
note "after $((SECONDS - began)) s"
sleep 15
machine_shot end
# FAT's lazy writer has had its time by now.
machine_stop

out=''
code=''
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

gives start 0 'START_PENDING|RUNNING'
gives uname 0 '^Linux .* x86_64 GNU/Linux$'
gives status 0 'running'
gives exit 7 '^$'
gives signal 143 '^$'
gives bash 0 '^bash 1 2 3 42$'
gives perl 0 '^1,4,9,16,25$'
gives python 0 '^1267650600228229401496703205376$'
gives gcc 0 '^compiled$'
gives pipe 0 '^FROM NT$'
gives disk 0 '^/root/blob: OK$'
gives systemd 0 '^running$'
gives log 0 'Linux version 6\.'
gives shutdown 0 '^'
gives stopped 122 '^$'
like 'stopped: says how to start it' "$(machine_file out/stopped.err)" \
	'not running\. Start it with: sc start linux'
gives again 0 'START_PENDING|RUNNING'
gives kept 0 '^/root/blob: OK$'
gives stop 0 'STOP'
# By vector: as many as came while Linux had the processor, NT has handled.
handed_on()
{
	awk '/taken and handed on/ { n++; if ($2 - $3 > 1 || $3 > $2) bad = 1 }
		END { exit bad || !n }' <<<"$out"
}

# Two counts of NT's memory: less than a page of pool for each start, a few pages
# in all, since NT's own programs work, too.
nothing_leaks()
{
	local name before after

	for name in paged nonpaged handles; do
		before=$(machine_file out/memory1.out | sed -n "s/^$name //p")
		after=$(machine_file out/memory2.out | sed -n "s/^$name //p")
		note "$name: $before, $after"
		[ "$((after - before))" -lt 20 ] || return 1
	done
	for name in memory1 memory2; do
		note "$name: $(machine_file "out/$name.out" | tr '\n' ' ')"
	done
}

if [ -n "${NT_SOAK:-}" ]; then
	gives before 0 'taken and handed on'
	gives fuzz 0 'rounds 10000'
	gives stress 0 '^'
	like 'stress: nothing failed' "$(machine_file out/stress.err)" \
		'successful run completed'
	gives after 0 'taken and handed on'
	ok 'interrupts taken are handed on, vector by vector' handed_on
	note "$(grep 'handed on' <<<"$out")"
	is 'no copy of NT failed' "$(machine_file out/copy.err)" ''
	like 'NT has copied files meanwhile' "$(machine_file out/copy.out)" '[.]'
	gives parameters 0 '^'
	gives warm-up 0 '^$'
	gives restarts 0 '^$'
	gives memory1 0 'tag-blocks'
	gives memory2 0 '^tag-blocks 0$'
	ok '20 starts and stops leave nothing behind' nothing_leaks
	note "NT copied $(machine_file out/copy.out | wc -l) times; clocks:$clocks"
fi
serial=$(tr -d '\0' <"$nt/serial")
unlike 'no bug check, no debugger' "$serial" \
	'\*\*\* Fatal System Error|STOP: 0x|kdb:>|Assertion .* failed'
unlike 'Linux has nothing to complain of' "$serial" \
	'BUG:|WARNING: CPU|Oops:|Kernel panic'

done_testing
