# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Can the techniques be taken or left?
#
#   - every prefix of the series applies without fuzz, and net/ipv4 compiles;
#   - every set of techniques, those that are left out missing in the series or
#     switched off by Kconfig, gives a kernel without a warning of ours, which
#     passes KUnit, and the selftests with each technique that it has.
#
# In a tree of its own, so that build/linux and its objects stay as they are.
#
#   matrix_main [build]		build: compile only, run nothing

load setup overlay prepare build

# What is run with each technique, and in any case
MATRIX_SELFTESTS=(basic transfer return)
MATRIX_ALWAYS=(home)

matrix_main() {
	[[ $# == 0 || "$*" == build ]] ||
		die "usage: scripts/handoff matrix [build]"
	need_source
	load cluster tools selftests kunit
	need_tools
	with_lock matrix_all "$@"
}

matrix_all() {
	local run=$((!$#)) n=0 bad=0 table='' subset
	local -a whole techs

	build_env
	scratch
	read_series
	whole=("${PATCHES[@]}")
	mapfile -t techs < <(technique_patches)
	REAL=$SERIES_ROOT
	SERIES_ROOT=$SCRATCH/matrix
	mkdir "$SERIES_ROOT"
	ln -s "$REAL"/{patches,scripts,kunit,net-ipv4-tcp_handoff} "$SERIES_ROOT/"
	LINUX=$BUILD/matrix/linux
	IMAGES=$BUILD/matrix/images
	LOGS=$BUILD/matrix/logs
	export LINUX IMAGES LOGS
	mkdir -p "$IMAGES" "$LOGS"

	echo "KTAP version 1"
	echo "1..$((${#whole[@]} + (2 << ${#techs[@]})))"
	matrix_prefixes
	for ((subset = 0; subset < 1 << ${#techs[@]}; subset++)); do
		matrix_subset series "$subset"
		matrix_subset Kconfig "$subset"
	done
	printf '# %-9s%-34s%-7s%-14s%s\n' "left out" techniques kernel kunit \
		selftests
	printf '%s' "$table"
	return "$bad"
}

matrix_prefixes() {
	local k

	for ((k = 1; k <= ${#whole[@]}; k++)); do
		printf '%s\n' "${whole[@]:0:k}" > "$SERIES_ROOT/series"
		matrix_judge "the first $k: ${whole[k - 1]%.patch}" matrix_compile
	done
}

# Patches of the series that own a tech_*.c
technique_patches() {
	local p
	overlay_owners | awk -F '\t' '$2 ~ /\/tech_[^\/]*\.c$/ { print $1 }' |
		sort -u | while read -r p; do
			printf '%s\n' "${PATCHES[@]}" | grep -xF -- "$p" || true
		done
}

# ... and the name of the technique that one brings
technique_of() {
	overlay_owners | awk -F '\t' -v p="$1" '
		$1 == p && match($2, /tech_[^\/]*\.c$/) {
			print substr($2, RSTART + 5, RLENGTH - 7) }'
}

# matrix_subset HOW BITS: the techniques of these bits are in
matrix_subset() {
	local how=$1 bits=$2 k p t title
	local -a chosen=("${whole[@]}") names=()

	HANDOFF_WITHOUT=
	for ((k = 0; k < ${#techs[@]}; k++)); do
		t=$(technique_of "${techs[k]}")
		if ((bits & 1 << k)); then
			names+=("$t")
		elif [[ $how == Kconfig ]]; then
			HANDOFF_WITHOUT+=" TCP_HANDOFF_${t^^}"
		else
			for p in "${!chosen[@]}"; do
				[[ ${chosen[p]} != "${techs[k]}" ]] ||
					unset "chosen[p]"
			done
		fi
	done
	export HANDOFF_WITHOUT
	printf '%s\n' "${chosen[@]}" > "$SERIES_ROOT/series"
	title=${names[*]:-none}
	KERNEL=failed KUNIT=- TESTS=-
	matrix_judge "$how: $title" matrix_run "${names[@]}"
	printf -v p '# %-9s%-34s%-7s%-14s%s\n' "$how" "$title" "$KERNEL" \
		"$KUNIT" "$TESTS"
	table+=$p
	unset HANDOFF_WITHOUT
}

matrix_judge() {
	local title=$1 log=$SCRATCH/matrix.log rc=0

	shift
	# Not in an "if": what fails within must not go on.
	"$@" > "$log" 2>&1 || rc=$?
	if ((rc)); then
		tail -n 60 "$log" | sed 's/^/# /'
		echo "not ok $((++n)) $title"
		bad=1
	else
		echo "ok $((++n)) $title"
	fi
}

# Modules and built-in objects alike get their symbols from modpost, which
# needs a whole kernel; what is undefined here shows in the link of a kernel.
matrix_compile() {
	load check_code
	(prepare_tree) && (configure "$LINUX" um) &&
		run_quietly kmake "$LINUX" um -j"$JOBS" net/ipv4/
}

matrix_kernel() {
	local log=$LOGS/build-um.log

	(prepare_tree) && (configure "$LINUX" um) || return
	kmake "$LINUX" um -j"$JOBS" linux > "$log" 2>&1 || {
		build_errors "$log"
		return 1
	}
	! grep -E 'warning:.*handoff|handoff.*warning:' "$log" || return
	publish_image "$LINUX/out-um/linux" um
	CLUSTER_LINUX=$(kernel_image um)
	export CLUSTER_LINUX
}

# Sets KERNEL, KUNIT and TESTS for the table.
matrix_run() {
	local rc=0 name t passed=0 failed=0 out

	matrix_kernel || return
	KERNEL=ok
	((run)) || return 0
	out=$(kunit_run 'tcp_handoff*' 2>&1) || rc=1
	printf '%s\n' "$out"
	KUNIT=$(sed -nE 's/^kunit: ([0-9]+) passed, ([0-9]+) failed, ([0-9]+) sk.*/\1 \2 \3/p' \
		<<< "$out")
	local -a scripts=("${MATRIX_ALWAYS[@]}")
	for t; do
		scripts+=("${MATRIX_SELFTESTS[@]/%/@$t}")
	done
	for name in "${scripts[@]}"; do
		out=$(selftests_run um "$name" 2>&1) || rc=1
		printf '%s\n' "$out"
		((passed += $(sed -nE 's/.*: ([0-9]+) passed, .*/\1/p' <<< "$out") + 0)) ||
			true
		((failed += $(sed -nE 's/.* ([0-9]+) failed, .*/\1/p' <<< "$out") + 0)) ||
			true
	done
	TESTS="$passed passed, $failed failed"
	return "$rc"
}
