# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Every prefix of the series and every set of techniques: applies without
# fuzz, and net/ipv4 compiles.  In a tree of its own, so that build/linux and
# its objects stay as they are.

load setup overlay prepare build

matrix_main() {
	(($# == 0)) || die "usage: scripts/handoff matrix"
	need_source
	with_lock matrix_all
}

matrix_all() {
	local k n=0 bad=0 subset p techs whole
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
	mkdir -p "$BUILD/matrix"

	echo "KTAP version 1"
	echo "1..$((${#whole[@]} + (1 << ${#techs[@]})))"
	for ((k = 1; k <= ${#whole[@]}; k++)); do
		matrix_one "the first $k: ${whole[k - 1]%.patch}" "${whole[@]:0:k}"
	done
	for ((subset = 0; subset < 1 << ${#techs[@]}; subset++)); do
		local -a chosen=() names=()
		for p in "${whole[@]}"; do
			wants_patch "$p" "$subset" "${techs[@]}" && chosen+=("$p")
		done
		for ((k = 0; k < ${#techs[@]}; k++)); do
			((subset & 1 << k)) && names+=("${techs[k]%.patch}")
		done
		matrix_one "techniques: ${names[*]:-none}" "${chosen[@]}"
	done
	return "$bad"
}

# Patches of the series that own a tech_*.c
technique_patches() {
	local p
	overlay_owners | awk -F '\t' '$2 ~ /\/tech_[^\/]*\.c$/ { print $1 }' |
		sort -u | while read -r p; do
			printf '%s\n' "${PATCHES[@]}" | grep -xF -- "$p" || true
		done
}

# wants_patch P BITS TECH...: no technique, or one whose bit is set
wants_patch() {
	local p=$1 bits=$2 k=0 t
	shift 2
	for t; do
		[[ $p == "$t" ]] && { ((bits & 1 << k)); return; }
		k=$((k + 1))
	done
}

matrix_one() {
	local title=$1 out rc=0
	shift
	printf '%s\n' "$@" > "$SERIES_ROOT/series"
	out=$(set -e; matrix_build 2>&1) || rc=$?
	if ((rc)); then
		sed 's/^/# /' <<< "$out"
		echo "not ok $((++n)) $title"
		bad=1
	else
		echo "ok $((++n)) $title"
	fi
}

# Modules and built-in objects alike get their symbols from modpost, which
# needs a whole kernel; what is undefined here shows in the link of build um.
matrix_build() {
	load check_code
	prepare_tree
	configure "$LINUX" um
	run_quietly kmake "$LINUX" um -j"$JOBS" net/ipv4/
}
