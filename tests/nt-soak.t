#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The product under load on a real NT kernel, see nt.t: programs of random code; then for
# NT_SOAK seconds (default: 600) stress in Linux while NT copies files; two minutes of
# what simd.t does.
#
#	REACTOS_ISO=path NT_SOAK=1800 scripts/check tests/nt-soak.t

. "$(dirname "$0")/lib.sh"
. "$top/tests/nt/lib.sh"

NT_SOAK=${NT_SOAK:-600}
nt_begin nt-soak
fuzzer "$work/fuzz" && nt_root "$work/fuzz" "$top"/tests/simd/{compare.py,raid6.sh} ||
	bail 'no root disk'
# For the ciphers and hashes by such instructions; AVX is emulated too slowly.
MACHINE_OPTIONS='-cpu qemu64,+aes,+pclmulqdq,+ssse3,+sse4.1,+sse4.2'
nt_boot $((2400 + 3 * NT_SOAK)) "$BUILD/linux.sys" soak

# By vector: as many as came while Linux had the processor, NT has handled. One may
# come between the readings of the two counters.
handed_on()
{
	awk '/taken and handed on/ { n++; if (($2 - $3) ^ 2 > 1) bad = 1 }
		END { exit bad || !n }' <<<"$out"
}

gives before 0 'taken and handed on'
gives fuzz 0 'rounds 10000'
gives stress 0 '^'
like 'stress: nothing failed' "$(machine_file out/stress.err)" \
	'successful run completed'
gives simd 0 'rounds$'
like 'simd: ciphers by AES instructions' "$out" '^[0-9]+ xts\(aes\): .*aesni'
gives after 0 'taken and handed on'
ok 'interrupts taken are handed on, vector by vector' handed_on
note "$(grep 'handed on' <<<"$out")"
is 'no copy of NT failed' "$(machine_file out/copy.err)" ''
like 'NT has copied files meanwhile' "$(machine_file out/copy.out)" '[.]'
note "NT copied $(machine_file out/copy.out | wc -l) times; clocks:$clocks"
unlike 'Linux has nothing to complain of' "$serial" \
	'BUG:|WARNING: CPU|Oops:|Kernel panic'

done_testing
