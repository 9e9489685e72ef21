# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A test that cannot fail is worse than none: each line of scripts/mutants
# breaks one thing in a copy of the kernel, or in the sample, and the tests it
# names must fail.
#
#   mutants_main [PATTERN...]	those whose name or tests match

load setup overlay prepare build cluster tools selftests kunit fuzz

mutants_main() {
	need_kernel um
	need_tools
	need_packages fuzz
	mutants_all "$@"
}

# Its own tree, so that build/linux and its objects stay as they are.
mutants_all() {
	local name file edit tests bad=0 n=0
	local -a lines

	(with_lock prepare_mutants) || die "no tree for the mutants"
	build_env
	scratch
	SOUND_KERNEL=$(kernel_image um)
	LINUX=$BUILD/mutants/linux
	IMAGES=$BUILD/mutants/images
	LOGS=$BUILD/mutants/logs
	FUZZ=$BUILD/mutants/fuzz
	export LINUX IMAGES LOGS
	export HANDOFF_TOOL=$BUILD/bin/tcphandoff
	# Many of them make connections hang
	export HANDOFF_COUNT=200 HANDOFF_PATIENCE=6
	mkdir -p "$IMAGES" "$LOGS" "$BUILD/mutants/bin" "$FUZZ"
	mapfile -t lines < <(mutant_lines "$@")
	((${#lines[@]})) || die "no mutant matches"
	echo "KTAP version 1"
	echo "1..${#lines[@]}"
	for line in "${lines[@]}"; do
		IFS=$'\t' read -r name file edit tests <<< "$line"
		mutant "$name" "$file" "$edit" "$tests" || bad=1
	done
	return "$bad"
}

prepare_mutants() {
	LINUX=$BUILD/mutants/linux
	mkdir -p "$BUILD/mutants"
	prepare_tree
}

# NAME <tab> FILE <tab> EDIT <tab> TESTS, the four parts of a paragraph
mutant_lines() {
	local pattern

	pattern=$(IFS='|'; echo "${*:-.}")
	awk -v RS= -v FS='\n' -v OFS='\t' '{
		n = 0
		for (i = 1; i <= NF; i++)
			if ($i !~ /^#/)
				part[++n] = $i
		if (n)
			print part[1], part[2], part[3], part[4]
	}' "$SERIES_ROOT/scripts/mutants" |
		awk -F '\t' -v p="$pattern" '$1 ~ p || $4 ~ p'
}

mutant() {
	local name=$1 file=$2 edit=$3 test survived='' start=$SECONDS
	local -a tests

	read -ra tests <<< "$4"
	((++n))
	if ! mutant_build "$file" "$edit" > "$SCRATCH/mutant.log" 2>&1; then
		sed 's/^/# /' "$SCRATCH/mutant.log" | tail -n 20
		echo "not ok $n $name: cannot be made"
		return 1
	fi
	MUTANT_KERNEL=$(kernel_image um)
	unset HANDOFF_SAMPLE
	if [[ $file == samples/* ]]; then
		MUTANT_KERNEL=$SOUND_KERNEL
		export HANDOFF_SAMPLE=$BUILD/mutants/bin/url_dispatch
	fi
	for test in "${tests[@]}"; do
		mutant_caught "$name" "$test" || survived+=" $test"
	done
	if [[ -n $survived ]]; then
		echo "not ok $n $name: not seen by$survived"
		return 1
	fi
	echo "ok $n $name: ${tests[*]} ($((SECONDS - start)) s)"
}

mutant_build() {
	local path=$LINUX/$1 rc=0

	cp -p "$path" "$SCRATCH/original"
	perl -0pi -e "$2" "$path"
	if cmp -s "$path" "$SCRATCH/original"; then
		echo "the edit changes nothing in $1"
		return 1
	fi
	diff -u "$SCRATCH/original" "$path"
	(with_lock mutant_make "$1") || rc=1
	cp "$SCRATCH/original" "$path"
	return "$rc"
}

mutant_make() {
	if [[ $1 == samples/* ]]; then
		make -C "$LINUX/samples/tcp_handoff" OUTPUT="$BUILD/mutants/bin/"
		return
	fi
	# shellcheck disable=SC2154 # of mutant()
	if [[ " ${tests[*]} " == *" fuzz "* ]]; then
		fuzz_make || return
	fi
	if [[ " ${tests[*]} " == *" fuzz-http "* ]]; then
		fuzz_make http || return
	fi
	[[ ${tests[*]} != fuzz && ${tests[*]} != fuzz-http ]] || return 0
	configure "$LINUX" um
	kmake "$LINUX" um -j"$JOBS" linux && publish_image "$LINUX/out-um/linux" um
}

# script/test, cluster/script/test, kunit/SUITE.CASE, fuzz or fuzz-http; also
# caught if it never ends, or takes the kernel with it.
mutant_caught() {
	local log=$LOGS/$1-${2//\//-}.log script=${2%/*} test=${2##*/}
	local where=cluster_solo

	if [[ $script == cluster/* ]]; then
		where=cluster_run
		script=${script#*/}
	fi

	case $script in
	fuzz|fuzz-http)
		local FUZZ_OF=${script#fuzz}
		# from where it begins, not from where others have come to
		rm -rf "$FUZZ/corpus$FUZZ_OF"
		! fuzz_run -runs=300000 > "$log" 2>&1 &&
			grep -qE '^fuzz: [1-9].* 1 findings' "$log" ;;
	kunit)
		(KUNIT_TIMEOUT=60 kunit_run "$test") > "$log" 2>&1
		cat "$LOGS/kunit-um.log" >> "$log"
		grep -qaE "KTAP version" "$log" || return
		! grep -qaE "^ *ok [0-9]+ ${test#*.}( |\$)" "$log" ;;
	*)
		grep -qE "^$test\(\)" "$SELFTESTS/$script.sh" || return
		# shellcheck disable=SC2016
		HANDOFF_ONLY=$test CLUSTER_LINUX=$MUTANT_KERNEL \
			timeout -k 5 90 bash -c '
				set -euo pipefail
				. "$LIB/common.sh"
				load cluster
				"$1" "$2"' - "$where" "$SELFTESTS/$script.sh" \
			> "$log" 2>&1 < /dev/null
		! grep -qaE "^ok [0-9]+ $test\$" "$log" ;;
	esac
}
