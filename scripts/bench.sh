# SPDX-License-Identifier: GPL-2.0
#
# What the benchmarks share. Sourced by bash after common.sh.

# bench_files DIRECTORY: the same programs and files for everybody
bench_files()
{
	rm -rf "$1"
	mkdir -p "$1/project/c"
	gcc -O2 -static -pthread -o "$1/bench" "$top/tests/bench/bench.c"
	gcc -O2 -static -o "$1/interrupts" "$top/tests/bench/interrupts.c"
	cp "$top/tests/bench/workload.sh" "$1/"
	cp "$top"/tests/bench/*.c "$top"/tests/engine/*.c \
		"$top"/arch/windows/engine/wine/*.h "$1/project/c/"
	cp -r "$BUILD/tree/lib" "$1/project/tree"
}

# bench_medians FILE...: of each name, over the files
bench_medians()
{
	{ cat "$@" 2>/dev/null || true; } | awk -F'\t' '
	NF == 3 {
		if (!($1 in n))
			order[++names] = $1
		unit[$1] = $2
		value[$1, n[$1]++] = $3
	}
	END {
		for (i = 1; i <= names; i++) {
			k = order[i]
			for (a = 1; a < n[k]; a++)
				for (b = a; b && value[k, b - 1] + 0 > value[k, b] + 0; b--) {
					t = value[k, b]
					value[k, b] = value[k, b - 1]
					value[k, b - 1] = t
				}
			printf "%s\t%s\t%s\n", k, unit[k], value[k, int((n[k] - 1) / 2)]
		}
	}'
}
