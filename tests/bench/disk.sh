#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Measures a disk by fio, on whatever Linux this runs.
#
# usage: disk.sh FIO DEVICE [SECONDS]
#
# Prints name, unit and figure, separated by tabs.

fio=$1 device=$2 seconds=${3:-4}

# figure NAME UNIT FIELD OPTIONS...: a field of fio's terse output, version 3
figure()
{
	name=$1 unit=$2 field=$3
	shift 3
	"$fio" --name=bench --filename="$device" --direct=1 --ioengine=libaio \
		--size=256m --runtime="$seconds" --time_based --minimal "$@" 2>/dev/null |
		awk -F';' -v name="$name" -v unit="$unit" -v field="$field" \
			'NF > 60 { printf "%s\t%s\t%s\n", name, unit, $field }'
}

# KiB/s and requests a second of reads are fields 7 and 8, of writes 48 and 49
figure 'sequential read' KiB/s 7 --rw=read --bs=1m --iodepth=8
figure 'sequential write' KiB/s 48 --rw=write --bs=1m --iodepth=8
figure 'random read, depth 1' 1/s 8 --rw=randread --bs=4k --iodepth=1
figure 'random read, depth 32' 1/s 8 --rw=randread --bs=4k --iodepth=32
figure 'random write, depth 1' 1/s 49 --rw=randwrite --bs=4k --iodepth=1
figure 'random write, depth 32' 1/s 49 --rw=randwrite --bs=4k --iodepth=32
figure 'write and fdatasync' 1/s 49 --rw=randwrite --bs=4k --iodepth=1 --fdatasync=1
