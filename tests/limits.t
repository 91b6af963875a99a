#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs that want too much: Linux's own answers, and the kernel goes on.

. "$(dirname "$0")/lib.sh"

instance main
linux_up

alive()
{
	lx 60 sh -c 'echo alive; true | cat'
	is "$1: Linux goes on" "$status $out" '0 alive'
}

# A memory hog against the OOM killer
lx 180 python3 -c '
x = []
while True:
    x.append(bytearray(16 << 20))
'
is 'a memory hog is killed' "$status" 137
log_has 'Out of memory: Killed process|oom-kill:'
ok 'by the OOM killer' log_has 'Out of memory: Killed process' 5
alive 'memory hog'

# In a control group of its own
lx 120 systemd-run --wait -q -p MemoryMax=50M -p MemorySwapMax=0 \
	sh -c 'tail /dev/zero'
ok 'a hog in a cgroup fails alone' test "$status" != 0
alive 'hog in a cgroup'

# A fork bomb, kept by its user's limit, and root's, kept by a cgroup. A bomb of
# bash's goes out when its forks fail; this one goes on.
cat >"$work/bomb" <<'END'
import os, signal, sys
signal.alarm(60)
failed = 0
while failed < 20:
    try:
        if not os.fork():
            failed = 0
    except OSError:
        failed += 1
        sys.stdout.write("full\n")
        sys.stdout.flush()
signal.pause()
END
stdin=$work/bomb lx 30 sh -c 'cat >/tmp/bomb; chmod 644 /tmp/bomb'
lx 120 systemd-run --wait -q -p User=nobody -p LimitNPROC=100 -p RuntimeMaxSec=15 \
	-p StandardOutput=file:/tmp/bomb.out python3 /tmp/bomb
alive 'fork bomb with a limit'
lx 30 sh -c 'sort -u /tmp/bomb.out'
is 'it met its limit' "$out" full
lx 120 systemd-run --wait -q -p TasksMax=100 -p RuntimeMaxSec=15 \
	-p StandardOutput=file:/tmp/bomb.out python3 /tmp/bomb
alive 'fork bomb in a cgroup'
lx 30 sh -c 'sort -u /tmp/bomb.out'
is 'it met its limit, too' "$out" full
gone()
{
	lx 30 pgrep -f /tmp/bomb
	[ "$status" = 1 ]
}
ok 'their processes are gone' within 60 gone

# 2 GiB of scattered single pages: every second one, 1 page in 4
lx 300 python3 -c '
import mmap
m = mmap.mmap(-1, 2 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
for n, at in enumerate(range(0, 2 << 30, 16384)):
    m[at:at + 4] = n.to_bytes(4, "little")
for n, at in enumerate(range(0, 2 << 30, 16384)):
    assert m[at:at + 4] == n.to_bytes(4, "little"), at
print("all there")
'
is '131072 scattered pages' "$status $out" '0 all there' || diag "$err"
alive 'scattered pages'

# Mappings, descriptors, stacks, arguments
lx 120 python3 -c '
import mmap, resource
soft = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft[1], soft[1]))
kept = []
try:
    while True:
        kept.append(mmap.mmap(-1, 4096, prot=len(kept) % 2 + 1))
except (OSError, ValueError):
    pass
print(len(kept) > 10000)
'
is 'as many mappings as there may be' "$out" True || diag "$err"
lx 60 python3 -c '
import os
n = 0
try:
    while True:
        os.dup(0)
        n += 1
except OSError as e:
    print(e.errno, n > 500)
'
is 'as many descriptors as there may be' "$out" '24 True'
lx 60 sh -c 'f() { f; }; ulimit -c 0; exec perl -e "sub f { f(@_, 1) } f()"' 
ok 'endless recursion ends' test "$status" != 0
lx 60 sh -c 'ulimit -c 0; cat >/tmp/r.c <<E
int f(int n) { volatile char a[4096]; a[0] = n; return f(n + 1) + a[0]; }
int main(void) { return f(0); }
E
gcc -O0 -o /tmp/r /tmp/r.c && exec /tmp/r'
is 'a stack that overflows: SIGSEGV' "$status" 139
lx 60 python3 -c '
import os
try:
    os.execv("/bin/true", ["true"] + ["x" * 100000] * 100)
except OSError as e:
    print(e.errno)
'
is 'too many arguments: E2BIG' "$out" 7

# A full disk
lx 300 sh -c 'dd if=/dev/zero of=/root/fill bs=1M 2>&1; s=$?; rm /root/fill; exit $s'
like 'a full disk: ENOSPC' "$out" 'No space left'
alive 'full disk'

clean_log
done_testing
