#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The processor's vector instructions in the kernel: all drivers of a cipher or hash
# give the same, RAID 6 computes what was lost, programs keep their registers, all at
# once, while NT has its own work.

. "$(dirname "$0")/lib.sh"

seconds=20
here=$top/tests/simd
instance main
linux_up
gcc -O1 -Wall -Wextra -static -o "$work/registers" "$here/registers.c" ||
	bail 'registers.c was not compiled'
cp "$here/compare.py" "$here/raid6.sh" "$work"
tar -C "$work" -cf "$work/tar" registers compare.py raid6.sh
stdin=$work/tar
lx 60 sh -c 'mkdir -p /root/simd && tar -C /root/simd -xf -'
good 'the programs are there'
stdin=/dev/null

# NT's programs use these registers, too.
timeout $((seconds + 60)) openssl speed -seconds 1 -evp aes-256-gcm \
	>/dev/null 2>&1 </dev/null &
load=$!
lx $((seconds + 200)) bash -c 'cd /root/simd
	./registers '$seconds' >registers.out & registers=$!
	./raid6.sh '$seconds' >raid6.out 2>&1 & raid6=$!
	./compare.py '$seconds' 2; echo "compare $?"
	wait $registers; echo "registers $?: $(cat registers.out)"
	wait $raid6; echo "raid6 $?: $(tail -n 1 raid6.out)"'
kill "$load" 2>/dev/null
wait "$load" 2>/dev/null
like 'all drivers give the same' "$out" '^compare 0$'
like 'programs keep their registers' "$out" '^registers 0: '
like 'RAID 6 computes what was lost' "$out" '^raid6 0: [1-9]'
note "$(grep -E '^(registers|raid6)' <<<"$out")"
for name in 'xts\(aes\)' 'gcm\(aes\)' sha256 sha512 crc32c; do
	like "several drivers: $name" "$out" "^[0-9]+ $name: [^ ]+ [^ ]+"
done
lx 30 rm -rf /root/simd
clean_log
done_testing
