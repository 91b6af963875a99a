#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What was built: the files' insides, and that upstream's sources are as they
# were.

. "$(dirname "$0")/lib.sh"

tests=$top/tests

# A script's TAP as one test here.
inside()
{
	local text=$1

	shift
	run 120 "$@"
	note "$out"
	if ! good "$text"; then
		diag "$err"
	fi
}

for file in linux.sys wsl4.exe; do
	ok "$file is there" test -s "$BUILD/$file" || bail "build first: make ARCH=windows"
done
inside 'linux.sys: headers, sections, relocations, imports' \
	python3 "$tests/pe.py" driver "$BUILD/linux.sys" "$tests/nt-imports"
inside 'wsl4.exe: headers and sections' \
	python3 "$tests/pe.py" program "$BUILD/wsl4.exe"

# The Linux half needs nothing that only a loader of ELF would do.
vmlinux=$BUILD/kernel/vmlinux
if [ -f "$vmlinux" ]; then
	headers=$(LC_ALL=C readelf -hlW "$vmlinux")
	like 'vmlinux is an executable for x86-64' "$headers" 'EXEC \(Executable'
	unlike 'vmlinux has no writable code' "$headers" 'LOAD.* RWE '
	unlike 'vmlinux has no interpreter' "$headers" INTERP
fi

# Zero changed upstream files.
is 'there are no patches' "$(find "$top/patches" -type f 2>/dev/null | head)" ''
source=${LINUX:-/usr/src/linux-source-6.12.tar.xz}
if [ -d "$BUILD/tree" ] && [ -f "$source" ]; then
	mkdir "$work/tree"
	ln -s "$BUILD/tree" "$work/tree/$(tar tf "$source" 2>/dev/null | head -n 1 |
		cut -d / -f 1)"
	run 300 tar -C "$work/tree" --compare --file "$source"
	is 'upstream files are as they were' \
		"$(cat "$work/out" "$work/err" |
			grep -E 'differ|No such file|Cannot' |
			grep -vE '(Mode|Mod time|Uid|Gid) differs' |
			grep -v '^[^/]*: File type differs' | head)" ''
	is 'what was added is arch/windows alone' \
		"$(tar tf "$source" | sed -e 's,^[^/]*/,,' -e 's,/$,,' |
			LC_ALL=C sort -u >"$work/known"
		cd "$BUILD/tree" && find . -mindepth 1 -printf '%P\n' |
			grep -vE '^arch/windows(/|$)' | LC_ALL=C sort |
			LC_ALL=C comm -23 - "$work/known" | head)" ''
else
	skip 'upstream files are as they were' 'no tarball to compare with'
fi

done_testing
