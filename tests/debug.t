#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel of arch/windows/configs/check.config: lockdep and the other checks
# of locks, memory and data on, KUnit at boot. Debian boots, a shell and a short
# stress run, Linux stops, and no check has anything to say.

. "$(dirname "$0")/lib.sh"

driver=$BUILD/check/linux.sys
[ -f "$driver" ] || bail "there is no $driver: make ARCH=windows check-driver"

instance debug
instance_end
debian_disk
start -s "$driver" -m 1536 -d "$disk" -c 'root=/dev/ntblk0 rw' ||
	{ instance_dump; bail "the service did not start: $out $err"; }
within 600 linux_answers || { instance_dump; bail 'Linux is not up'; }
pass 'Linux is up'

# Are the checks there, and do they find what is wrong?
lx 60 sh -c 'zcat /proc/config.gz'
for option in PROVE_LOCKING DEBUG_ATOMIC_SLEEP DEBUG_VM DEBUG_VM_PGTABLE \
	DEBUG_PAGEALLOC SLUB_DEBUG_ON DEBUG_OBJECTS KUNIT; do
	like "$option" "$out" "^CONFIG_$option=y"
done
ok 'lockdep finds what it must' \
	log_has 'Good, all [0-9]+ testcases passed'
ok 'page tables keep to the rules' \
	log_has 'debug_vm_pgtable: .*Validating architecture page table helpers'

# KUnit runs before init.
run 60 "$top/tests/kunit.pl" -r "$top/tests/kunit.ref" "$log"
is 'KUnit as in the reference' "$out$err" ''

# So do the self-tests of ciphers and hashes. A driver that failed is not there.
unlike 'every cipher and hash does as its test vectors' "$(cat "$log")" \
	'alg: .*(fail|err)'
simd_drivers aes:xts-aes-aesni aes:ecb-aes-aesni sse4_2:crc32c-intel \
	ssse3:sha256-ssse3 avx2:sha512-avx2 sha_ni:sha1-ni

lx 600 systemctl is-system-running --wait
is 'systemd says running' "$out" running
lx 60 sh -c 'echo $((6 * 7))'
is 'a shell' "$out" 42

lx 300 stress-ng --cpu 1 --vm 1 --vm-bytes 64M --fork 1 --pthread 1 --sigrt 1 \
	--futex 1 --pipe 1 --mmap 1 --hdd 1 --hdd-bytes 16M --dentry 1 --poll 1 \
	--timer 1 --sock 1 --mremap 1 --madvise 1 --verify -t 8
good 'a short stress'
lx 120 sh -c 'cd /tmp && printf "%s\n" "int main(void){return 42;}" >a.c &&
	gcc -o a a.c && ./a'
is 'gcc compiles a program that runs' "$status" 42

# Lockdep gives up at its first finding, and when its tables are full.
lx 60 cat /proc/lockdep_stats
like 'lockdep still looks' "$out" 'debug_locks: +1' || {
	diag "exit status $status; $err"
	diag "$(grep -nE 'WARN|BUG|INFO|aint' "$log" | tail -n 20)"
}

stop
ok 'Linux stops in order' log_has 'Linux has stopped' 60

# What the checks say when they find something. A result of KUnit's is not
# that, nor is what kunit_platform_device provokes.
splats='WARNING:|BUG:|BUG |INFO:|[Pp]ossible|Oops|Call Trace|cut here'
splats="$splats|DEBUG_LOCKS_WARN|ODEBUG|inconsistent lock|Bad page|pagealloc:"
splats="$splats|sleeping function|lockdep is turned off|blocked for more than"
splats="$splats|MAX_LOCKDEP_[A-Z]+ too low|MAX_STACK_TRACE_ENTRIES too low"
splats="$splats|Kernel panic|list_(add|del) corruption|refcount_t:"
run 30 sed -E -e '/duplicate filename .*kunit-/,/kobject_add_internal failed/d' \
	-e '/^\[ *[0-9.]+\] +(not )?ok [0-9]+ /d' "$log"
mv "$work/out" "$work/log"
ok 'there is a log' test "$(wc -l <"$work/log")" -gt 200
run 30 grep -nE "$splats" "$work/log"
is 'no check found anything' "$out" ''

instance_end
done_testing
