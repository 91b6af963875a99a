#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A logical volume, whose physical volume is a file of NT's, is a disk of NT's, and NT
# copies four times as much onto it as the machine has memory, through its cache: NT
# writes out memory by Linux, which writes by NT, when neither has any. See nt.t.

. "$(dirname "$0")/lib.sh"
. "$top/tests/nt/lib.sh"

nt_begin nt-flood
nt_root || bail 'no root disk'
export MEMORY=256 DATA_MB=400
MACHINE_MEMORY=768
COUNT=$((4 * MACHINE_MEMORY / 10))	# files of 10 MiB
nt_stop='MiReserveSystemPtes failed'	# see nt-restarts.t
nt_boot 7200 "$BUILD/linux.sys" disk-new flood

gives format 0 'complete'
gives flood 0 "^flooded $COUNT"
gives unexport 0 '^$'
gives sum 0 '^[0-9a-f]{32}'
sum=${out%% *}
gives sums 0 '^'
is 'Linux reads what NT has written' \
	"$(grep -o '^[0-9a-f]* */mnt/.*' <<<"$out" | cut -d ' ' -f 1 | sort | uniq -c | tr -s ' ')" \
	" 5 $sum"
gives end 0 'STOP'
unlike 'Linux has nothing to complain of' "$serial" \
	'BUG:|WARNING: CPU|Oops:|Kernel panic'

done_testing
