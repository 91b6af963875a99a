#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The figures of "make bench" that are whole programs, run in each Linux.
#
# usage: workload.sh DIRECTORY
#
# DIRECTORY holds the tree "project". Prints "NAME<TAB>UNIT<TAB>VALUE", the
# median of several runs.

set -eu
cd "$1"

median()
{
	sort -n | sed -n "$((($1 + 1) / 2))p"
}

# measure NAME COMMAND...
measure()
{
	local name=$1 i start end

	shift
	"$@" >/dev/null
	for i in 1 2 3 4 5; do
		start=$(date +%s%N)
		"$@" >/dev/null
		end=$(date +%s%N)
		echo $(((end - start) / 1000))
	done | median 5 | sed "s/^/$name\tus\t/"
}

pack()
{
	tar cf "$1" project && rm "$1"
}

compile()
{
	local file

	for file in project/c/*.c; do
		gcc -O2 -w -Iproject/c -c -o /dev/null "$file"
	done
}

measure "tar of a tree" pack "$PWD/packed.tar"
measure "compile" compile
