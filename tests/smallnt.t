#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Ring 0: linux.sys on a small, strict NT (tests/smallnt) that QEMU emulates.
# Drivers of its own come first: one that keeps NT's rules, one that breaks
# them one by one; each breach must stop the machine. Then the NT half alone,
# then Linux, on one processor and on two, with NMIs at random instructions, with
# a panic, with faults of every kind in its kernel, and with random bytes as a
# program's code.
#
# PARTS='self breaches half linux panic faults fuzz nmi' limits what is done, BREACHES='idtr cr3'
# what is broken. Everything that the machine says is in $BUILD/tests/smallnt.log.

. "$(dirname "$0")/lib.sh"

command -v qemu-system-x86_64 >/dev/null ||
	skip_all 'no qemu-system-x86_64: install the package qemu-system-x86'
command -v x86_64-w64-mingw32-gcc >/dev/null ||
	skip_all 'no x86_64-w64-mingw32-gcc: install gcc-mingw-w64-x86-64-win32'

small=$BUILD/smallnt
parts=${PARTS:-self breaches half linux panic faults fuzz nmi}
all=$BUILD/tests/smallnt.log
serial=$work/serial
parameters=$work/parameters
monitor=/dev/null
memory=64
: >"$all"

make -s -C "$top/tests/smallnt" BUILD="$small" >"$work/make" 2>&1 || {
	diag "$(cat "$work/make")"
	bail 'the small NT is not built'
}
truncate -s 1M "$work/empty.img"

# The service's parameters: a line each, see tests/smallnt/registry.c
registry()
{
	printf 'sz LogFile C:\\linux.log\ndword MemoryMB %s\n' "$memory" \
		>"$parameters"
	printf 'multi Disks C:\\linux\\root.img\n' >>"$parameters"
	printf '%s\n' "$@" >>"$parameters"
}

# nt SECONDS DRIVER DISK OPTIONS QEMU...: runs the script from standard input.
# $status is 0 if nothing failed; the machine's words are in $serial and $out.
nt()
{
	local limit=$1 driver=$2 image=$3 options=$4 begin=$SECONDS

	shift 4
	cat >"$work/nt.script"
	status=0
	timeout -k 5 "$limit" qemu-system-x86_64 -accel tcg -m 768 \
		-nodefaults -display none -no-reboot \
		-device isa-debug-exit,iobase=0xf4,iosize=4 \
		-kernel "$small/smallnt.bin" -append "$options" \
		-initrd "$driver driver linux.sys,$image disk C:\\linux\\root.img,$parameters registry,$work/nt.script script" \
		-serial "file:$serial" "$@" <"$monitor" >"$work/qemu" 2>&1 ||
		status=$?
	# 33: the image powered off by itself, content.
	[ "$status" != 33 ] || status=0
	[ "$status" != 124 ] || echo "smallnt: no end after $limit s" >>"$serial"
	tr -d '\0\r' <"$serial" >"$work/serial.text"
	out=$(cat "$work/serial.text")
	{ echo "==== $driver, options \"$options\", $*"; cat "$work/serial.text"; } >>"$all"
	[ $((SECONDS - begin)) -lt "$limit" ] || diag "no end after $limit s"
}

# content TEXT: the last nt() went well
content()
{
	is "$1" "$status" 0 && return
	diag "$(cat "$work/qemu")"
	diag "$(grep -a -A 24 -E 'BUGCHECK|not ok' "$work/serial.text" | head -n 60)"
	diag "$(tail -n 15 "$work/serial.text")"
	diag "addresses: addr2line -fe $small/smallnt.elf ADDRESS"
}

tap_count()
{
	grep -cE "^$1: ok [0-9]" <<<"$out"
}

# part NAME: is it asked for?
part()
{
	case " $parts " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

# --- the small NT itself

rules='start
run hello "big world"
expect-status 7
expect hello big world
restart
run again
expect again
unload
off'

if part self; then
	registry
	nt 60 "$small/rules.sys" "$work/empty.img" 'trim' <<<"$rules"
	content 'a driver that keeps the rules, one processor'
	is 'all of its tests' "$(tap_count rules)" \
		"$((2 * $(sed -n 's/^rules: 1\.\.//p' <<<"$out" | head -n 1)))"
	nt 60 "$small/rules.sys" "$work/empty.img" 'cpus=2' -smp 2 <<<"$rules"
	content 'two processors'
	unlike 'all of its tests' "$out" 'rules: not ok'
	nt 60 "$small/rules.sys" "$work/empty.img" \
		'smep smap umip fsgsbase tick=10000' -cpu max <<<"$rules"
	content 'another processor, a slower clock'
fi

# breach NAME REGEX: that breach stops it, with that message
breach()
{
	[ -z "${BREACHES:-}" ] || case " $BREACHES " in
	*" $1 "*) ;;
	*) return ;;
	esac
	registry "sz Breach $1"
	nt 30 "$small/breach.sys" "$work/empty.img" trim <<-'END'
	start
	unload
	off
	END
	like "breach: $1" "$(grep -a BUGCHECK <<<"$out" | head -n 1)" "$2"
}

if part breaches; then
	registry 'sz Breach none'
	nt 30 "$small/breach.sys" "$work/empty.img" trim <<-'END'
	start
	unload
	off
	END
	content 'no breach'

	breach wait-in-dpc 'KeDelayExecutionThread is called at IRQL 2'
	breach irql-after-dpc 'a DPC .* has changed the IRQL to 0'
	breach zw-in-dpc 'ZwYieldExecution is called at IRQL 2'
	breach irql-at-thread-end 'PsTerminateSystemThread is called at IRQL 1'
	breach irql-after-entry 'DriverEntry has left IRQL 2'
	breach irql-after-unload 'DriverUnload has left IRQL 1'
	breach wait-at-dispatch 'a wait at IRQL 2'
	breach zw-at-apc 'ZwYieldExecution is called at IRQL 1'
	breach event-at-device 'KeSetEvent is called at IRQL 8'
	breach release-lock-at-passive 'KeReleaseSpinLock is called at IRQL 0'
	breach lock-twice 'spin lock .* is never released'
	breach uninitialised-event 'no object that was initialised'
	breach pool-overrun 'page fault \(linux.sys\)'
	breach pool-overrun-by-one 'offset 100 was overwritten'
	breach pool-underrun 'offset -1 was overwritten'
	breach pool-wrong-tag 'is freed with tag'
	breach pool-no-tag 'without a tag'
	breach pool-double-free 'is freed, but is not allocated'
	breach pool-use-after-free 'page fault \(linux.sys\)'
	breach paged-at-dispatch 'paged pool .* touched at IRQL 2'
	breach paged-pool-at-dispatch 'paged pool at IRQL 2'
	breach leak 'the driver has leaked'
	breach timer-left-behind 'left a timer behind'
	breach thread-left-behind 'has leaked'
	breach close-twice 'which is not open'
	breach df 'called with flags'
	breach interrupts-off 'called with interrupts off'
	for register in LSTAR CSTAR SFMASK STAR MXCSR DS FS DR7 CR0 CR3 CR4; do
		breach "$(echo $register | tr 'A-Z' 'a-z')" ": $register is "
	done
	breach sysenter 'SYSENTER_EIP is'
	breach fs-base 'FS base is'
	breach gs-base 'GS base is'
	breach kernel-gs-base 'KERNEL_GS_BASE is'
	breach x87 'x87 control word is'
	breach x87-top "x87 stack's top is"
	breach gdt-entry 'the sum of GDT, IDT and TSS'
	breach gdt-busy 'busy bit'
	breach gdt-limit "GDTR's limit"
	breach tss 'the sum of GDT, IDT and TSS'
	breach rsp0 "the TSS's RSP0"
	breach idt-entry 'the sum of GDT, IDT and TSS'
	breach idtr "IDTR's base"
	breach write-text 'page fault \(linux.sys\)'
	breach write-nt-text 'page fault \(linux.sys\)'
	breach execute-data 'page fault \(linux.sys\)'
	breach null 'page fault \(linux.sys\)'
	breach physical-address 'MmGetPhysicalAddress.* not there'
	breach other-stack "stack that is not NT's"
	breach stack-overflow 'double fault \(linux.sys\)'
	breach int-not-taken 'vector d1 is not in service'
	breach int-at-raised-irql 'vector d1'
	breach swallowed 'vector d1 was not ended'
	breach missing 'IoGetCurrentProcess is called, which is not implemented'
	breach bugcheck 'by the driver: 1234'
fi

# --- the product's NT half, with little behind it

half=$small/half/linux.sys

# half TEXT COMMANDLINE: the script is standard input
half()
{
	local script

	script=$(cat)
	registry "sz CommandLine $2"
	nt 60 "$half" "$work/empty.img" trim <<<"$script"
	content "NT half: $1"
	nt 60 "$half" "$work/empty.img" cpus=2 -smp 2 <<<"$script"
	content "NT half, two processors: $1"
	unlike "NT half: $1: its tests" "$out" 'half: not ok'
}

if part half; then
	half 'its work, unload, again' work <<-'END'
	start
	sleep 400
	restart
	sleep 400
	unload
	off
	END
	half 'restarts' again <<-'END'
	start
	sleep 1000
	unload
	off
	END
	half 'a panic' panic <<-'END'
	start
	wait-state 4 5
	run ls
	unload
	off
	END
	half 'an end without a word' silent <<-'END'
	start
	wait-state 4 5
	unload
	off
	END
	half 'a refusal' refuse <<-'END'
	start-fails
	start-fails
	off
	END
fi

# --- Linux

part linux || part panic || part faults || part fuzz || part nmi || { done_testing; exit; }
if [ ! -f "$BUILD/linux.sys" ]; then
	skip 'Linux' "there is no $BUILD/linux.sys"
	done_testing
	exit
fi

instance smallnt
memory=256

linux='start
wait-up 60
run uname -s
expect Linux
run sh -c "exit 3"
expect-status 3
run sh -c "for i in 1 2 3 4 5; do ls -lR /bin | md5sum; done"
expect-status 0
run dd if=/dev/urandom of=/root/file bs=64k count=64
expect-status 0
run sh -c "md5sum /root/file >/root/sum; sync; echo 3 >/proc/sys/vm/drop_caches; md5sum -c /root/sum"
expect OK
run sh -c "kill -SEGV $$"
expect-status 139
run sh -c "date +%s >/root/asleep; sleep 1000 & echo $! >/root/sleeper"
nt-sleep 3600
run sh -c "echo slept $((($(date +%s) - $(cat /root/asleep)) / 60)) minutes"
expect slept 60 minutes
run sh -c "kill $(cat /root/sleeper) || exit 1; for i in $(seq 50); do dmesg | grep -q suspend.exit && exit; sleep 0.2; done; exit 1"
expect-status 0
run sh -c "dd if=/dev/zero of=/root/lv bs=1M count=8 2>/dev/null; losetup /dev/loop0 /root/lv"
expect-status 0
run sh -c "echo -n rw ring0 /dev/loop0 >/sys/class/ntdisk/export"
expect-status 0
disk-write ring0 8388608 5
disk-check ring0 8388608 5
disk-refuses ring0 8388608
run sh -c "echo -n ring0 >/sys/class/ntdisk/unexport; ls /sys/class/ntdisk"
disk-gone ring0
run sh -c "echo -n ro again /dev/loop0 >/sys/class/ntdisk/export"
expect-status 0
disk-check again 8388608 5
counts
pools
restart
wait-up 60
disk-gone again
run sh -c "md5sum -c /root/sum"
expect OK
shutdown
wait-state 3 10
unload
off'

# linux_on TEXT OPTIONS QEMU...
linux_on()
{
	local text=$1 options=$2

	shift 2
	mini_disk
	registry 'sz CommandLine root=/dev/ntblk0 rw wsl4.wait'
	nt 240 "$BUILD/linux.sys" "$disk" "$options" "$@" <<<"$linux"
	content "Linux, $text"
}

if part linux; then
	linux_on 'one processor' 'trim'
	linux_on 'two processors' 'cpus=2' -smp 2
	linux_on 'a clock of 64 Hz' 'trim tick=15600'
	like 'near deadlines have high-resolution timers' "$out" \
		'high-resolution timers: [1-9][0-9]* fired'
	linux_on 'all that the processor has' 'smep smap umip fsgsbase' -cpu max
	linux_on 'an NT as Windows 7 or ReactOS' \
		'trim old hide=MmCopyMemory,KeQuerySystemTimePrecise,KeQueryInterruptTimePrecise,ExAllocateTimer'
	like 'where there are none it works without' "$out" \
		'high-resolution timers: 0 fired'
fi

# A panic and a restart are Linux's own affair.
if part panic; then
	mini_disk
	registry 'sz CommandLine root=/dev/ntblk0 rw wsl4.wait'
	nt 120 "$BUILD/linux.sys" "$disk" '' <<-'END'
	start
	wait-up 60
	run sh -c "until test -e /proc/version; do sleep 0.1; done; echo c >/proc/sysrq-trigger"
	wait-state 4 20
	sums
	restart
	wait-up 60
	run uname -s
	expect Linux
	run sh -c "reboot -f"
	sleep 2000
	wait-up 60
	run uname -s
	expect Linux
	unload
	off
	END
	content 'Linux, a panic and a restart'
	like 'the log says why' "$out" 'Linux has panicked: sysrq'
fi

# Faults in the kernel, which lkdtm of the tests' kernel makes: each is an oops
# that ends the program, and nothing else does.
if part faults && [ ! -f "$BUILD/check/linux.sys" ]; then
	skip 'Linux, faults' "there is no $BUILD/check/linux.sys"
elif part faults; then
	mini_disk
	memory=512
	registry 'sz CommandLine root=/dev/ntblk0 rw wsl4.wait kunit.enable=0'
	nt 600 "$BUILD/check/linux.sys" "$disk" 'trim' <<-'END'
	start
	wait-up 300
	run sh -c "until mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null; do sleep 0.1; done"
	run ln -s /sys/kernel/debug/provoke-crash/DIRECT /crash
	expect-status 0
	pools
	run sh -c "echo EXCEPTION >/crash"
	expect-status 139
	run sh -c "echo WRITE_KERN >/crash"
	expect-status 139
	run sh -c "echo WRITE_RO >/crash"
	expect-status 139
	run sh -c "echo EXEC_DATA >/crash"
	expect-status 139
	run sh -c "echo CORRUPT_STACK >/crash"
	expect-status 139
	run sh -c "echo STACK_GUARD_PAGE_LEADING >/crash"
	expect-status 139
	run sh -c "echo STACK_GUARD_PAGE_TRAILING >/crash"
	expect-status 139
	run sh -c "echo EXHAUST_STACK >/crash"
	expect-status 139
	run sh -c "echo EXHAUST_STACK >/crash"
	expect-status 139
	run sh -c "echo BUG >/crash"
	expect-status 139
	run sh -c "echo WARNING >/crash; echo went on"
	expect-status 0
	expect went on
	run sh -c "uname -s; cat /proc/sys/kernel/tainted"
	expect Linux
	expect 640
	sums
	run sh -c "echo PANIC >/crash"
	wait-state 4 20
	sums
	pools
	restart
	wait-up 300
	run uname -s
	expect Linux
	unload
	off
	END
	memory=256
	content 'Linux, faults in its kernel'
	like 'a NULL pointer' "$out" 'Oops: kernel NULL pointer dereference at address 0+ '
	like 'its place has a name' "$out" 'RIP: lkdtm_EXCEPTION\+0x'
	like 'a write to code' "$out" 'RIP: (memcpy|lkdtm_WRITE_KERN)[^ ]*\+0x'
	like 'a write to constants' "$out" 'RIP: lkdtm_WRITE_RO\+0x'
	like 'a jump to data' "$out" 'RIP: data_area\+0x'
	like 'the page below a stack' "$out" 'RIP: lkdtm_STACK_GUARD_PAGE_LEADING\+0x'
	like 'the page above it' "$out" 'RIP: lkdtm_STACK_GUARD_PAGE_TRAILING\+0x'
	is 'a stack that overflows, twice' \
		"$(grep -c 'Oops: kernel stack overflow: ' <<<"$out")" 2
	like 'the calls that did it' "$out" ' recursive_loop\+0x'
	like 'and who began them' "$out" ' lkdtm_EXHAUST_STACK\+0x'
	like 'a BUG' "$out" 'kernel BUG at .*lkdtm/bugs.c:'
	like 'is an oops' "$out" 'Oops: invalid opcode '
	like 'a WARN' "$out" 'WARNING: CPU: 0 PID: [0-9]+ at .*lkdtm/bugs.c:[0-9]+ lkdtm_WARNING\+0x'
	unlike 'nothing survived what it must not' "$out" 'lkdtm: FAIL'
	like 'a panic' "$out" 'Linux has panicked: dumptest'
fi

# Random bytes as code: none of it may be seen outside the program.
if part fuzz; then
	mini_disk
	fuzzer "$work/fuzz" || bail 'the fuzzer was not built'
	debugfs -w -f - "$disk" >"$work/debugfs" 2>&1 <<-END
	write $work/fuzz root/fuzz
	sif root/fuzz mode 0100755
	END
	registry 'sz CommandLine root=/dev/ntblk0 rw wsl4.wait'
	nt 400 "$BUILD/linux.sys" "$disk" 'trim' <<-'END'
	start
	wait-up 60
	run /root/fuzz 100000
	expect-status 0
	expect rounds 100000
	run uname -s
	expect Linux
	counts
	unload
	off
	END
	content 'Linux, 100,000 rounds of random code'
	note "$(grep rounds "$work/serial.text" | tail -n 1)"
fi

part nmi || { done_testing; exit; }

# NMIs while it works: the monitor's standard input asks for them.
mini_disk
registry 'sz CommandLine root=/dev/ntblk0 rw wsl4.wait'
monitor=$work/monitor
mkfifo "$monitor"
(
	sleep 2
	while sleep 0.005; do
		echo nmi
	done
) >"$monitor" 2>/dev/null &
feeder=$!
nt 240 "$BUILD/linux.sys" "$disk" 'cpus=2' -smp 2 -monitor stdio <<<"$linux"
kill "$feeder" 2>/dev/null
wait "$feeder" 2>/dev/null
monitor=/dev/null
content 'Linux, NMIs'

done_testing
