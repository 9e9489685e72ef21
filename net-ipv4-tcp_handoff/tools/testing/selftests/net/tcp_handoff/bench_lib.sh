# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the benchmarks share: figures of several runs, and the CPU time of a
# host that has a kernel of its own.

# spread NAME DIVISOR [UNIT]: median and 10th and 90th percentile of the
# numbers that come in; $MEDIAN
spread() {
	local sorted n

	mapfile -t sorted < <(sort -n)
	n=${#sorted[@]}
	((n)) || fail "$1: no figures"
	MEDIAN=${sorted[n / 2]}
	awk -v name="$1" -v div="$2" -v unit="${3:-us}" -v n="$n" \
		-v p50="$MEDIAN" -v p10="${sorted[n / 10]}" \
		-v p90="${sorted[n * 9 / 10]}" '
		BEGIN { printf "%-40s %8.1f %s  (10 %%: %.1f, 90 %%: %.1f, n %d)\n",
			name, p50 / div, unit, p10 / div, p90 / div, n }'
}

# ratio NAME A B
ratio() {
	awk -v name="$1" -v a="$2" -v b="$3" \
		'BEGIN { printf "%-40s %8.2f\n", name, b ? a / b : 0 }'
}

# cpu_ns NODE: that its kernel has used, as processes of the host, with all of
# its programs.  What has ended meanwhile is not in it.
cpu_ns() {
	local pid pids

	pid=$(< "${CLUSTER_DIR:?}/uml/$1/pid")
	pids=$(ps -e -o pid=,ppid= | awk -v top="$pid" '
		{ parent[$1] = $2 }
		END {
			for (p in parent) {
				for (q = p; q > 1 && q != top; q = parent[q])
					;
				if (q == top)
					print p
			}
		}')
	for pid in $pids; do
		cat /proc/"$pid"/task/*/schedstat 2> /dev/null
	done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}
