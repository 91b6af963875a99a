#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A logical volume, whose physical volume is a file of NT's, as a disk of NT's own disk,
# partition and mount managers: ReactOS partitions it, formats it, gives it a letter,
# fills it, and has it back after a restart of the service; Linux reads what NT has
# written. See nt.t.

. "$(dirname "$0")/lib.sh"
. "$top/tests/nt/lib.sh"

nt_begin nt-disk
nt_root || bail 'no root disk'
export MEMORY=256 DATA_MB=400
nt_boot 4800 "$BUILD/linux.sys" disk-new disk

gives start 0 'START_PENDING|RUNNING'
gives bare 0 '^/dev/ntblk1$'
gives volume 0 '^$'
gives export 0 'is \\\\.\\data of Windows'
gives partition 0 'succe'
gives letter 0 '^[D-K]: *$'
gives format 0 'complete'
gives label 0 '^'
gives check 0 'clusters'
gives grow 0 '^$'
gives beneath 119 '^$'
like 'beneath: says why' "$(machine_file out/beneath.err)" "a disk of Linux's own"
gives size 0 'Disk 1 .* 1[12][0-9] MB'
gives fill 0 '^[89] copies'
# Paging, hibernation, dumps
is "NT's own files are refused" \
	"$(grep -o 'usage [0-9] [0-9a-f]*' <<<"$serial" | tr '\n' ' ')" \
	'usage 1 c00000bb usage 2 c00000bb usage 3 c00000bb '
gives cycle 119 '^$'
like 'cycle: says why' "$(machine_file out/cycle.err)" "one of Linux's own"
gives busy 116 '^$'
like 'busy: says why' "$(machine_file out/busy.err)" 'Windows uses .*data'
gives copies 0 '^copied 4'
gives close 0 '^'
gives unexport 0 '^$'
gives sum 0 '^[0-9a-f]{32}'
sum=${out%% *}
gives fsck 0 'files, [0-9/]+ clusters'
gives sums 0 '^'
is 'Linux reads what NT has written' \
	"$(cut -d ' ' -f 1 <<<"$out" | sort | uniq -c | tr -s ' ')" " 4 $sum"
gives stop 0 'STOP'
gives again 0 'START_PENDING|RUNNING'
gives back 0 "^$sum"
gives recheck 0 'clusters'
gives end 0 'STOP'
unlike 'Linux has nothing to complain of' "$serial" \
	'BUG:|WARNING: CPU|Oops:|Kernel panic'

done_testing
