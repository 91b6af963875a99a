# SPDX-License-Identifier: GPL-2.0
#
# For the tests in shell: TAP, and instances of the service. Sourced by bash.
#
# An instance has a Wine prefix, disks and a log of its own below
# $BUILD/tests/NAME. Only processes of that prefix are ever killed.
#
#	. "$(dirname "$0")/lib.sh"
#	instance main			# the one that the tests share
#	linux_up			# Debian, unless it runs already
#	lx 10 uname -s			# in Linux, at most 10 s
#	is 'uname' "$out" Linux
#	done_testing

set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/scripts/processes.sh"
BUILD=${BUILD:-$top/build}
mkdir -p "$BUILD/tests"
BUILD=$(cd "$BUILD" && pwd)
export BUILD
unset WINEPREFIX
export WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES='mscoree,mshtml='
export LC_ALL=C.UTF-8
unset DISPLAY WAYLAND_DISPLAY

work=$(mktemp -d "$BUILD/tests/tmp.XXXXXX")
tests_run=0
tests_failed=0
tests_done=''

at_exit()
{
	local status=$?

	rm -rf "$work"
	if [ -z "$tests_done" ] && [ "$status" = 0 ]; then
		echo "Bail out! the test ended too early"
		status=1
	fi
	exit "$status"
}
trap at_exit EXIT
trap 'exit 1' HUP INT
# Its time is up, see scripts/check.
trap 'instance_dump; exit 1' TERM

#
# TAP
#

diag()
{
	printf '%s\n' "$*" | sed 's/^/# /' >&2
}

note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

# pass TEXT, fail TEXT
pass()
{
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1"
}

fail()
{
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	echo "not ok $tests_run - $1"
	diag "$(basename "$0"): failed: $1"
	return 1
}

# ok TEXT COMMAND...: the command succeeds
ok()
{
	local text=$1

	shift
	if "$@"; then
		pass "$text"
	else
		fail "$text"
	fi
}

# is TEXT GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
		return
	fi
	fail "$1"
	diag "     got: ${2:0:2000}"
	diag "expected: ${3:0:2000}"
	return 1
}

# like TEXT GOT REGEX (extended)
like()
{
	if grep -qE -- "$3" <<<"$2"; then
		pass "$1"
		return
	fi
	fail "$1"
	diag "             got: ${2:0:2000}"
	diag "does not match: $3"
	return 1
}

unlike()
{
	if ! grep -qE -- "$3" <<<"$2"; then
		pass "$1"
		return
	fi
	fail "$1"
	diag "     got: ${2:0:2000}"
	diag "matches: $3"
	return 1
}

# clean_log [REGEX]: no complaint of the kernel's in the log, nor REGEX
clean_log()
{
	unlike 'nothing is wrong in the log' "$(cat "$log")" \
		"BUG:|WARNING:|Oops|Kernel panic|INFO: (task|rcu)${1:+|$1}"
}

# simd_drivers FLAG:DRIVER...: where the processor has FLAG, Linux has that cipher or
# hash, and it passed its self-test
simd_drivers()
{
	lx 60 sh -c 'for pair; do
		grep -qw "${pair%%:*}" /proc/cpuinfo || continue
		awk -v driver="${pair#*:}" "
			\$1 == \"driver\" { here = \$3 == driver; seen += here }
			here && \$1 == \"selftest\" { passed += \$3 == \"passed\" }
			END { exit !(seen && passed) }" /proc/crypto || echo "${pair#*:}"
	done' sh "$@"
	is 'ciphers and hashes by the processor'\''s instructions' "$out" ''
}

skip()
{
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $*"
	tests_done=1
	exit 0
}

bail()
{
	diag "$*"
	echo "Bail out! $*"
	tests_done=1
	exit 1
}

done_testing()
{
	tests_done=1
	echo "1..$tests_run"
	[ "$tests_failed" = 0 ] || exit 1
}

#
# Commands with a limit. After them: $status, $out, $err; their bytes are in
# the files $work/out and $work/err. $stdin names the input (/dev/null).
#

stdin=/dev/null

# run SECONDS COMMAND...
run()
{
	local limit=$1 begin=$SECONDS

	shift
	status=0
	timeout -k 5 "$limit" "$@" <"$stdin" >"$work/out" 2>"$work/err" ||
		status=$?
	out=$(tr -d '\0' <"$work/out")
	err=$(tr -d '\0' <"$work/err")
	# These may be the command's own, too.
	if { [ "$status" = 124 ] || [ "$status" = 137 ]; } &&
		[ $((SECONDS - begin)) -ge "$limit" ]; then
		diag "no end after $limit s: $*"
		instance_dump
	fi
}

# lx SECONDS COMMAND...: in Linux
lx()
{
	local limit=$1

	shift
	run "$limit" "$top/wsl4" "$@"
}

# script SECONDS: standard input is a shell script to run in Linux
script()
{
	cat >"$work/script"
	lx "$1" bash -c "$(cat "$work/script")"
}

# good TEXT: the last command exited 0
good()
{
	is "$1" "$status" 0 && return
	diag "standard output: $(tail -c 3000 "$work/out" | tr -d '\0')"
	diag "standard error: $(tail -c 3000 "$work/err" | tr -d '\0')"
	return 1
}

# within SECONDS COMMAND...: the command succeeds within that time
within()
{
	local end=$(($(date +%s) + $1))

	shift
	while ! "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

#
# Instances
#

# instance NAME: the one that what follows is about
instance()
{
	dir=$BUILD/tests/$1
	mkdir -p "$dir"
	export WINEPREFIX=$dir/prefix
	log=$dir/linux.log
	disk=$dir/root.ext4
}

# A prefix takes long to make, so one is made, and copied. What Wine never
# writes to is shared by hard links.
instance_prefix()
{
	local template=$BUILD/tests/template

	[ -f "$BUILD/linux.sys" ] || bail "there is no $BUILD/linux.sys: make ARCH=windows"
	[ -f "$WINEPREFIX/.made" ] && return
	if [ ! -f "$template/.made" ]; then
		WINEPREFIX=$template "$top/scripts/prefix" >&2 || bail 'no Wine prefix'
		WINEPREFIX=$template timeout 60 wineserver -k
		WINEPREFIX=$template timeout 60 wineserver -w
	fi
	rm -rf "$WINEPREFIX"
	mkdir -p "$WINEPREFIX"
	cp -al "$template/drive_c" "$WINEPREFIX/" || bail 'no copy of the prefix'
	cp -a "$template"/*.reg "$template/dosdevices" "$template/.update-timestamp" \
		"$template/.made" "$WINEPREFIX/"
}

# parameters OPTIONS...: those of scripts/prefix; they hold from the next start
parameters()
{
	instance_prefix
	"$top/scripts/prefix" -l "$log" "$@" >&2 || bail 'the parameters were not set'
}

# The disks of the tests. $dir/root.ext4 is made anew.
mini_disk()
{
	local mini=$BUILD/tests/mini.ext4

	if [ ! -f "$mini" ] || [ "$top/rootfs/mini/init" -nt "$mini" ]; then
		"$top/rootfs/build-mini" "$mini" >&2 || bail 'no mini image'
	fi
	cp --sparse=always "$mini" "$disk"
}

# fuzzer FILE: the program of random code for ring 0, static, with no more in it
# than it needs
fuzzer()
{
	gcc -O1 -Wall -Wextra -fno-stack-protector -fcf-protection=none -fno-pic \
		-no-pie -static -o "$1" "$top/tests/ring0/fuzz.c"
}

# windows_program FILE SOURCE
windows_program()
{
	x86_64-w64-mingw32-gcc -O2 -Wall -Wextra -D_WIN32_WINNT=0x0601 -o "$1" "$2" ||
		bail "$2 was not built"
}

# A disk that can be tortured (arch/windows/bridge/block/torture_nt.c) needs another
# driver.
torture_up()
{
	driver=$BUILD/torture/linux.sys
	[ -f "$driver" ] || bail "there is no $driver: make ARCH=windows torture-driver"
	instance torture
	trap 'instance_end; at_exit' EXIT
	linux_up
}

# orders FILE WORDS...: the orders of an image
orders()
{
	local file=$1

	shift
	echo "$*" >"$file.torture.new"
	mv "$file.torture.new" "$file.torture"
}

debian_disk()
{
	local debian=$BUILD/tests/debian.ext4

	# An image of the tests' own: people work in the other.
	"$top/rootfs/build" -t "$BUILD/rootfs.ext4.packages.tar" "$debian" >&2 ||
		bail 'no Debian image'
	rm -f "$debian.old"
	cp --sparse=always "$debian" "$disk"
}

sc()
{
	run "${sc_seconds:-120}" wine sc "$@" linux
}

# start OPTIONS...: sets the parameters, if there are any, and starts the
# service; true if sc says so. Linux may not be up yet.
start()
{
	[ $# = 0 ] || parameters "$@"
	wineserver -p >/dev/null 2>&1 </dev/null
	sc start
	[ "$status" = 0 ]
}

stop()
{
	sc_seconds=240 sc stop
	if [ -z "$out$err" ] && [ "$(service_state)" = RUNNING ]; then
		note "Wine's sc has done nothing, and is asked again"
		sc_seconds=240 sc stop
	fi
	within 60 stopped && return
	instance_dump
	diag "$(basename "$0"): not stopped: sc: $status $out $err"
	diag "$(tail -n 8 "$log")"
	return 1
}

stopped()
{
	[ "$(service_state)" = STOPPED ]
}

# Linux's own state, by wsl4 --status
linux_state()
{
	timeout 20 "$top/wsl4" --status 2>/dev/null </dev/null | tr -d '\r' |
		sed -n 's/^State: *//p'
}

linux_answers()
{
	[ "$(linux_state)" = running ]
}

# log_has REGEX [SECONDS]
log_has()
{
	within "${2:-10}" grep -qE -- "$1" "$log" 2>/dev/null
}

# Debian, started from a fresh disk unless it runs already.
linux_up()
{
	if [ -f "$WINEPREFIX/.made" ] && linux_answers; then
		return
	fi
	instance_end
	debian_disk
	start ${driver:+-s "$driver"} -m "${memory:-1024}" -d "$disk" -c "${cmdline:-root=/dev/ntblk0 rw}" ||
		{ instance_dump; bail "the service did not start: $out $err"; }
	within 180 linux_answers || { instance_dump; bail 'Linux is not up'; }
	# A session may come before systemd is done.
	lx 180 sh -c 'test ! -d /run/systemd/system ||
		systemctl is-system-running --wait >/dev/null; true'
	[ "$status" = 0 ] || bail "no program can be run: $err"
}

# $driver: another one than linux.sys, for both.
# The mini image, up, doing nothing.
mini_up()
{
	instance_end
	mini_disk
	start ${driver:+-s "$driver"} -m "${memory:-256}" -d "$disk" \
		-c "root=/dev/ntblk0 rw wsl4.wait ${cmdline:-}" ||
		{ instance_dump; bail "the service did not start: $out $err"; }
	# It answers before its init has mounted /proc.
	within 60 linux_answers && log_has 'mini: waiting' 60 ||
		{ instance_dump; bail 'Linux is not up'; }
}

# The prefix's processes and their offspring: a stub has no environment.
instance_pids()
{
	local pid pids new

	pids=$(prefix_pids)
	new=$pids
	while [ -n "$new" ]; do
		new=$(for pid in $new; do
			cat "/proc/$pid/task/"*/children 2>/dev/null
		done)
		pids="$pids $new"
	done
	echo $pids | tr ' ' '\n' | sort -un
}

# none_alive PID...: all of them have ended. A machine's init may take its time
# to bury them: a zombie has ended.
none_alive()
{
	local pid

	for pid in "$@"; do
		grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$pid/status" &&
			return 1
	done
	return 0
}

# What happened here?
instance_dump()
{
	local pid

	[ -n "${log:-}" ] || return 0
	if [ -s "$log" ]; then
		diag "--- the end of $log"
		diag "$(tail -n 60 "$log" | tr -d '\r')"
	else
		diag "--- there is nothing in $log"
	fi
	for pid in $(instance_pids); do
		diag "--- process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" \
			"$(grep -s State "/proc/$pid/status")"
	done
	pid=$(driver_pid) || return 0
	command -v gdb >/dev/null || return 0
	diag "--- stacks of $pid"
	# A traced thread that cannot be attached to keeps gdb from ending.
	diag "$(timeout -k 5 30 gdb -nx -batch -p "$pid" -ex 'thread apply all bt 16' \
		2>/dev/null </dev/null | grep -E '^(Thread|#)' | head -n 120)"
}

# Ends the instance's Wine, whatever state it is in.
# Returns the status before it: a trap at the end of a test wants that.
instance_end()
{
	local kept=$? pid

	[ -d "$WINEPREFIX" ] || return "$kept"
	if timeout 20 wineserver -k0 >/dev/null 2>&1; then
		if ! stopped; then
			timeout 120 wine sc stop linux </dev/null >/dev/null 2>&1
		fi
		timeout 20 wineserver -k >/dev/null 2>&1
	fi
	for pid in $(instance_pids); do
		kill -KILL "$pid" 2>/dev/null
	done
	return "$kept"
}
