#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Faults of the kernel's own: an oops with symbols, after which it goes on; a
# panic that says what happened where it cannot.

. "$(dirname "$0")/lib.sh"

instance oops
trap 'instance_end; at_exit' EXIT
vmlinux=$BUILD/kernel/vmlinux
[ -f "$vmlinux" ] || bail "there is no $vmlinux"
cmdline='panic=0' mini_up

# poke SYMBOL VALUE: writes a pointer in the running kernel, as a bug would;
# VALUE is a number, or another symbol.
poke()
{
	local base

	base=$(sed -n 's/.*linux\.sys at \([0-9a-f]*\),.*/\1/p' "$log" | tail -n 1)
	python3 - "$(driver_pid)" "$base" "$vmlinux" "$@" <<-'END'
	import struct, subprocess, sys
	pid, base, vmlinux, symbol, value = sys.argv[1:6]
	table = {}
	for line in subprocess.run(["nm", vmlinux], stdout=subprocess.PIPE,
				   text=True).stdout.splitlines():
	    fields = line.split()
	    if len(fields) == 3:
	        table[fields[2]] = int(fields[0], 16)
	offset = int(base, 16) - table["__image_start"]
	value = table[value] + offset if value in table else int(value, 0)
	with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
	    memory.seek(table[symbol] + offset)
	    memory.write(struct.pack("<Q", value))
	END
}

dmesg()
{
	run 30 "$top/wsl4" --dmesg
	oops=$(tac "$work/out" | sed '/Oops:/q' | tac)
}

# A pointer to data: strlen() of the letter that names the key.
ok 'the first bug is made' poke sysrq_showmem_op strlen
lx 30 sh -c 'echo m >/proc/sysrq-trigger'
is 'a bad pointer to data ends the program with SIGSEGV' "$status" 139
dmesg
like 'by an oops' "$oops" 'Oops: kernel NULL pointer dereference at address 0+6d '
like 'its place has a name' "$oops" 'RIP: strlen\+0x'
like 'the program is named' "$oops" 'Comm: sh '
like 'the stack has names' "$oops" '__handle_sysrq(\.cold)?\+0x'
like 'down to the system call' "$oops" 'ksys_write\+0x|vfs_write\+0x'
lx 30 sh -c 'echo fine; cat /proc/sys/kernel/tainted'
is 'the kernel goes on, tainted by a death' "$status $out" "0 fine
128"

# A pointer to code, which leads out of every mapping
ok 'the second bug is made' poke sysrq_showmem_op 0x123456789000
lx 30 sh -c 'echo m >/proc/sysrq-trigger'
is 'a bad pointer to code ends the program, too' "$status" 139
dmesg
like 'by an oops that has the address' "$oops" 'Oops: bad page access at address 0+123456789000'
like 'whose stack has names' "$oops" '__handle_sysrq(\.cold)?\+0x'
ok 'the kernel goes on' linux_answers

# With panic_on_oops it does not.
timeout 60 "$top/wsl4" sleep 1000 </dev/null >/dev/null 2>"$work/session" &
client=$!
lx 30 sh -c 'echo 1 >/proc/sys/kernel/panic_on_oops
	echo m >/proc/sysrq-trigger'
is 'panic_on_oops: the program ends with the kernel' "$status" 120
like 'in a sentence' "$err" '^wsl4: .{20,}'
wait "$client"
is 'and so does another that was there' "$?" 120
like 'in a sentence, too' "$(cat "$work/session")" '^wsl4: .{20,}'
run 30 "$top/wsl4" --dmesg
like '--dmesg tells why' "$out" 'Kernel panic - not syncing: Fatal exception'
ok 'the service can be stopped' stop
run 30 "$top/wsl4" --dmesg
like '--dmesg tells it after the stop, too' "$out" 'Kernel panic - not syncing: Fatal exception'

# The host takes the memory away: what stood there can be touched no more.
start && within 60 linux_answers
ok 'it starts again' linux_answers
driver=$(driver_pid)
memory=$(sed -n 's/^\([0-9a-f]*-[0-9a-f]*\) rw-s 00000000 .*memfd:wsl4-physmem.*/\1/p' \
	"/proc/$driver/maps" | head -n 1)
: >"$work/nothing"
stubs=$(stub_pids)
# Only gdb's own thread may run meanwhile: one that meets the hole would end the
# call in its middle.
timeout -k 5 60 gdb -nx -batch -p "$driver" \
	-ex 'handle all nostop noprint pass' -ex 'set scheduler-locking on' \
	-ex "set \$fd = (int)open(\"$work/nothing\", 2)" \
	-ex "print (long)mmap(0x${memory%-*}, 0x${memory#*-} - 0x${memory%-*}, 3, 0x11, \$fd, 0)" \
	</dev/null >"$work/gdb" 2>&1
run 30 "$top/wsl4" true
is 'memory taken away: a panic' "$status" 120 || diag "$(cat "$work/gdb")"
like 'in a sentence, too' "$err" '^wsl4: .{20,}'
ok 'the log says what happened' log_has "Linux has panicked: .*memory" 5 ||
	diag "$(tail -n 5 "$log")"
ok 'its programs are gone' within 10 none_alive $stubs
ok 'the service can be stopped' stop
ok 'and started' start
ok 'and runs' within 60 linux_answers

# The host kills the process that a program runs in, as it may when its own
# memory is short: that program ends, nothing else.
timeout 60 "$top/wsl4" sh -c 'echo busy; while :; do :; done' </dev/null \
	>"$work/busy" 2>/dev/null &
client=$!
within 30 grep -q busy "$work/busy"
# What each stub has used of the processor, in ticks, behind its number
used()
{
	local pid

	for pid in $(stub_pids); do
		sed "s/.*) //; s/^/$pid /" "/proc/$pid/stat" 2>/dev/null
	done | awk '{ print $1, $13 + $14 }' | sort
}
# The one that has used most of the last second: others may be older.
busiest()
{
	used >"$work/used"
	sleep 1
	used | join "$work/used" - | awk '{ print $3 - $2, $1 }' | sort -rn |
		awk 'NR == 1 { print $2 }'
}
kill -KILL "$(busiest)"
wait "$client"
is 'a program whose process the host kills is killed' "$?" 137
lx 30 echo fine
is 'the kernel goes on' "$status $out" '0 fine'
ok 'and can be stopped' stop

done_testing
