#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Debian's programs in Linux: compiler, interpreters, debuggers, package
# manager, and odd executables.

. "$(dirname "$0")/lib.sh"

instance main
linux_up
lx 20 mkdir -p /root/t
lx_cd()
{
	local limit=$1

	shift
	lx "$limit" --cd /root/t "$@"
}

# put FILE: standard input becomes a file in /root/t
put()
{
	cat >"$work/put"
	stdin=$work/put lx 20 sh -c "cat >/root/t/$1"
	[ "$status" = 0 ] || bail "cannot write /root/t/$1: $err"
}

lx 20 cat /etc/os-release
like 'Debian 12' "$out" 'VERSION_ID="12"'
lx 20 uname -sm
is 'uname' "$out" 'Linux x86_64'
lx 30 perl -v
like 'perl' "$out" 'This is perl 5'
lx 30 perl -e 'print join(",", map { $_ ** 2 } 1 .. 5)'
is 'perl computes' "$out" 1,4,9,16,25
lx 30 python3 -c 'print(2**100)'
is 'python3 computes' "$out" 1267650600228229401496703205376

# Compilers
put hello.c <<'END'
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static __thread int mine;
static int sum;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *n)
{
	int i;

	for (i = 0; i < 10000; i++) {
		mine++;
		pthread_mutex_lock(&lock);
		sum++;
		pthread_mutex_unlock(&lock);
	}
	return (void *)(long)(mine + (long)n);
}

int main(int argc, char **argv)
{
	pthread_t t[4];
	void *r;
	long all = 0, i;

	for (i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, work, (void *)i))
			return 1;
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		all += (long)r;
	}
	printf("%d %ld %.4f %d\n", sum, all, sqrt(argc + 1), atoi(argv[1]));
	return 0;
}
END
for how in '' '-static' '-no-pie' '-static-pie' '-O3 -march=native'; do
	lx_cd 120 sh -c "gcc $how -pthread -o hello hello.c -lm && ./hello 42"
	is "gcc ${how:-(as it comes)}" "$out" '40000 40006 1.7321 42' ||
		diag "$status $err"
done
put hello.cc <<'END'
#include <iostream>
#include <stdexcept>
#include <vector>

int main()
{
	try {
		std::vector<int>(3).at(4);
	} catch (const std::out_of_range &) {
		std::cout << "caught" << std::endl;
	}
}
END
lx_cd 180 sh -c 'g++ -o hellocc hello.cc && ./hellocc'
is 'C++ with an exception' "$out" caught
put Makefile <<'END'
objects := $(patsubst %,m%.o,$(shell seq 12))
all: $(objects)
m%.o:
	echo 'int f$*(void) { return $*; }' | gcc -c -x c -o $@ -
END
lx_cd 180 make -s -j4
good 'make -j4'

# strace, gdb
lx_cd 60 strace -f -o trace sh -c '/bin/true; exit 3'
is 'strace -f: the status' "$status" 3
lx_cd 20 cat trace
like 'strace sees execve' "$out" 'execve\("/bin/true"'
like 'and both processes' "$(awk '{ print $1 }' <<<"$out" | sort -u | wc -l)" '^[2-9]'
like 'and the end' "$out" 'exited with 3'
put debug.c <<'END'
#include <stdio.h>

int twice(int n)
{
	n *= 2;
	return n;
}

int main(void)
{
	volatile int *null = 0;

	printf("%d\n", twice(21));
	fflush(stdout);
	return *null;
}
END
lx_cd 120 sh -c 'gcc -g -O0 -o debug debug.c && gdb -nx -batch -ex "break twice" \
	-ex run -ex bt -ex next -ex "print n" -ex "info registers rip" \
	-ex "set var n=7" -ex stepi -ex "print \$rax" -ex continue -ex bt ./debug'
like 'gdb: breakpoint' "$out" 'Breakpoint 1, twice \(n=21\)'
like 'gdb: back trace' "$out" '#1 .* main \(\)'
like 'gdb: step and print' "$out" '\$1 = 42'
like 'gdb: registers' "$out" 'rip +0x[0-9a-f]+'
like 'gdb: one instruction' "$out" '\$2 = 7'
like 'gdb: a variable that is set' "$out" '^7$'
like 'gdb: segmentation fault' "$out" 'SIGSEGV'
like 'gdb: back trace of it' "$out" '#0 .* main \(\) at debug.c'
for hardware in 0 1; do
	lx_cd 60 gdb -nx -batch -ex "set can-use-hw-watchpoints $hardware" \
		-ex 'break twice' -ex run -ex 'watch n' -ex continue \
		-ex continue -ex continue -ex bt ./debug
	like "gdb: watch point (hardware: $hardware)" "$out" 'New value = 42'
	like "gdb: and the end (hardware: $hardware)" "$out" \
		'#0 .* main \(\) at debug.c'
done
lx_cd 60 bash -c 'sleep 100 & sleep 0.5
	gdb -nx -batch -p $! -ex "info threads" -ex detach 2>&1; kill $!; wait'
like 'gdb attaches' "$out" 'clock_nanosleep|nanosleep'
lx_cd 60 bash -c 'ulimit -c unlimited; echo core >/proc/sys/kernel/core_pattern
	./debug; gdb -nx -batch -ex bt ./debug core* 2>&1; rm -f core*'
like 'a core file is good for gdb' "$out" '#0 .* main \(\)'
lx_cd 60 gdb -nx -batch -ex 'break twice' -ex run -ex 'watch $rax' -ex continue \
	-ex 'info watchpoints' ./debug
like 'gdb watches a register' "$out" 'New value = (42|21)'
like 'and counts' "$out" 'breakpoint already hit 1 time'

# The address space
put space.c <<'END'
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static sigjmp_buf back;
static siginfo_t info;

static void caught(int number, siginfo_t *what, void *context)
{
	info = *what;
	siglongjmp(back, 1);
}

/* Say how calling, reading or writing ends. */
static void try(const char *name, char how, void *at)
{
	memset(&info, 0, sizeof(info));
	if (!sigsetjmp(back, 1)) {
		if (how == 'x')
			((void (*)(void))at)();
		else if (how == 'r')
			(void)*(volatile char *)at;
		else
			*(volatile char *)at = 0xc3;
		printf("%s: fine\n", name);
		return;
	}
	printf("%s: signal %d code %d %s\n", name, info.si_signo, info.si_code,
	       info.si_addr == at ? "there" : "elsewhere");
}

static void protections(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static char data[1] = { 0xc3 };
	char stack[16] = { 0xc3 };
	char *heap = malloc(16);
	void *null;

	page[0] = 0xc3;		/* ret */
	heap[0] = 0xc3;
	try("writable", 'x', page);
	try("data", 'x', data);
	try("stack", 'x', stack);
	try("heap", 'x', heap);
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	try("executable", 'x', page);
	try("write executable", 'w', page);
	try("write text", 'w', (void *)protections);
	mprotect(page, 4096, PROT_NONE);
	try("none", 'r', page);
	munmap(page, 4096);
	try("unmapped", 'r', page);
	try("null", 'r', NULL);
	try("null call", 'x', NULL);
	try("kernel", 'r', (void *)0xffffffff81000000);
	null = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
		    MAP_FIXED, -1, 0);
	printf("map null: %s\n", null == MAP_FAILED ? strerror(errno) : "fine");
}

static void places(void)
{
	char stack;

	printf("%lx %lx %lx %lx\n", (long)places >> 12, (long)&stack >> 12,
	       (long)malloc(16) >> 12, (long)malloc(1 << 20) >> 12);
}

static void clocks(void)
{
	struct timespec a = { 0 }, b;
	struct timeval tv;
	int i, bad = 0;

	for (i = 0; i < 100000; i++) {
		bad |= clock_gettime(CLOCK_MONOTONIC, &b);
		bad |= b.tv_sec < a.tv_sec ||
			(b.tv_sec == a.tv_sec && b.tv_nsec < a.tv_nsec);
		a = b;
		bad |= clock_gettime(CLOCK_REALTIME, &b);
		bad |= gettimeofday(&tv, NULL);
		bad |= tv.tv_sec < b.tv_sec || tv.tv_sec > b.tv_sec + 60;
	}
	bad |= labs(time(NULL) - tv.tv_sec) > 60;
	printf("clocks: %d\n", bad);
}

int main(int argc, char **argv)
{
	static char altstack[65536];
	stack_t ss = { .ss_sp = altstack, .ss_size = sizeof(altstack) };
	struct sigaction action = { .sa_sigaction = caught,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &action, NULL);
	if (argv[1][0] == 'p')
		protections();
	else if (argv[1][0] == 'a')
		places();
	else
		clocks();
	return 0;
}
END
lx_cd 60 gcc -O1 -w -o space space.c
good 'space.c'
lx_cd 20 install space /tmp/space
lx 30 -u user /tmp/space protections
is 'W^X, the NULL page, the kernel'\''s addresses' "$out" "writable: signal 11 code 2 there
data: signal 11 code 2 there
stack: signal 11 code 2 there
heap: signal 11 code 2 there
executable: fine
write executable: signal 11 code 2 there
write text: signal 11 code 2 there
none: signal 11 code 2 there
unmapped: signal 11 code 1 there
null: signal 11 code 1 there
null call: signal 11 code 1 there
kernel: signal 11 code 1 there
map null: Operation not permitted"
lx_cd 30 sh -c 'cat /proc/sys/vm/mmap_min_addr
	cat /proc/self/maps /proc/1/maps | grep -c " rwx"'
is 'nothing is writable and executable' "$(echo $out)" '65536 0'
lx_cd 60 sh -c 'for i in 1 2 3 4 5 6 7 8; do ./space addresses; done'
for field in 1 2 3 4; do
	is "ASLR: $(cut -d ' ' -f $field <<<'program stack heap mmap')" \
		"$(cut -d ' ' -f $field <<<"$out" | sort -u | wc -l)" 8
done
lx_cd 60 setarch -R sh -c 'for i in 1 2 3 4; do ./space addresses; done'
is 'and none on request' "$(sort -u <<<"$out" | wc -l)" 1
lx_cd 60 strace -f -o trace ./space clocks
is 'the clocks are right' "$out" 'clocks: 0'
lx_cd 20 grep -cE 'clock_gettime|gettimeofday|time\(' trace
is 'and make no system call' "$out" 0

# git
script 60 <<'END'
set -e
cd /root/t
rm -rf a b
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q a
cd a
seq 1000 >numbers
git add numbers
git commit -q -m one
sed -i s/5/five/ numbers
git commit -q -a -m two
git clone -q . ../b
cd ../b
git fsck --strict
git log --format=%s
git diff --stat HEAD~ | tail -n 1
END
good 'git'
like 'git cloned both' "$(echo $out)" 'two one 1 file changed'

# dpkg
script 60 <<'END'
set -e
cd /root/t
rm -rf p
mkdir -p p/DEBIAN p/usr/share/wsl4-test
echo data >p/usr/share/wsl4-test/file
printf '%s\n' 'Package: wsl4-test' 'Version: 1' 'Architecture: all' \
	'Maintainer: a <a@b>' 'Description: a test' >p/DEBIAN/control
printf '%s\n' '#!/bin/sh' 'echo configured >/root/t/postinst' >p/DEBIAN/postinst
chmod 755 p/DEBIAN/postinst
dpkg-deb -b p >/dev/null
dpkg -i p.deb
cat /root/t/postinst /usr/share/wsl4-test/file
dpkg -P wsl4-test
test ! -e /usr/share/wsl4-test
apt-get -s install busybox-static >/dev/null
END
good 'dpkg -i, dpkg -P'
like 'its script has run' "$out" '^configured$'

# Executables that make no sense: Linux's answers
script 60 <<'END'
cd /root/t
head -c 20 /bin/true >e1
head -c 100 /bin/true >e2
head -c 1000 /bin/true >e3
head -c 9000 /bin/true >e4
cp /bin/true e5
printf '\377\377\377\377\377\377\377\377' | dd of=e5 bs=1 seek=32 conv=notrunc 2>/dev/null
cp /bin/true e6
printf '\377\377' | dd of=e6 bs=1 seek=56 conv=notrunc 2>/dev/null
cp /bin/true e7
printf '\377\377\377\377\377\377\377\177' | dd of=e7 bs=1 seek=216 conv=notrunc 2>/dev/null
cp /bin/true e8
printf '\003\000' | dd of=e8 bs=1 seek=18 conv=notrunc 2>/dev/null
: >e9
i=0
while [ $i -lt 60 ]; do
	cp /bin/true r$i
	head -c 64 /dev/urandom | dd of=r$i bs=1 seek=$((i * 8 + 16)) conv=notrunc 2>/dev/null
	i=$((i + 1))
done
chmod +x e? r*
ulimit -c 0
for f in e? r*; do
	timeout 5 ./$f >/dev/null 2>&1
	s=$?
	case $f in
	e9) test $s = 0 ;;
	e*) test $s != 0 -a $s != 124 ;;
	esac || echo "$f: $s"
done
rm -f e? r*
END
is 'broken executables' "$status $out" '0 '

# Process control
script 60 <<'END'
set -m
sleep 100 &
pid=$!
kill -STOP %1
sleep 0.2
jobs
kill -CONT %1
sleep 0.2
jobs
kill %1
# By its number: bash may have buried the job already.
wait $pid
echo $?
trap 'echo usr1' USR1
kill -USR1 $$
END
like 'a job stops' "$out" 'Stopped'
like 'and goes on' "$out" 'Running'
like 'and ends, and traps work' "$(echo $out)" '143 usr1$'

# Bits of the system
script 60 <<'END'
set -e
ulimit -s
mount -t tmpfs none /mnt && umount /mnt
truncate -s 64M /tmp/img && mkfs.ext4 -q /tmp/img && mount -o loop /tmp/img /mnt
dd if=/dev/urandom of=/mnt/f bs=1M count=8 2>/dev/null
sum=$(md5sum </mnt/f)
umount /mnt && mount -o loop /tmp/img /mnt
test "$sum" = "$(md5sum </mnt/f)"
umount /mnt
unshare -Urnpf --mount-proc sh -c 'test $$ = 1 && ip link set lo up && ping -qc1 127.0.0.1 >/dev/null'
ping -qc1 127.0.0.1 >/dev/null
ping -qc1 ::1 >/dev/null
su user -c 'ping -qc1 127.0.0.1' >/dev/null
ip link add a type veth peer name b && ip link del a
ip tuntap add t0 mode tun && ip link del t0
nft add table inet t && nft 'add chain inet t c { type filter hook input priority 0; }'
nft add rule inet t c tcp dport 1 counter reject && nft delete table inet t
keyctl add user k v @s >/dev/null
zcat /proc/config.gz | grep -q CONFIG_EXT4_FS=y
echo fine
END
like 'file systems, namespaces, network, keys' "$out" 'fine$' ||
	diag "$err"

# stress-ng checks what it computes.
lx 180 stress-ng --cpu 1 --vm 1 --fork 1 --pthread 1 --sigrt 1 --futex 1 \
	--pipe 1 --mmap 1 --hdd 1 --dentry 1 --verify \
	-t "${STRESS_SECONDS:-5}" --temp-path /tmp
good "stress-ng --verify for ${STRESS_SECONDS:-5} s"
unlike 'it found nothing' "$out$err" 'fail'

clean_log 'Call Trace'
lx 20 rm -rf /root/t
done_testing
