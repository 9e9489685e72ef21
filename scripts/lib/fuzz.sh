# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a peer sends, fuzzed: net/ipv4/tcp_handoff/wire.c as a program, with
# libFuzzer and the sanitizers; and what a client sends: http.c.  What it finds
# on the way stays in build/fuzz/corpus and is where the next run begins.
#
#   fuzz_main [http] [RUNS | SECONDSs]	1,000,000 executions, or so many, or
#					so long
#   fuzz_main coverage			how much of wire.c all of that reaches

load setup prepare

FUZZ=$BUILD/fuzz
FUZZ_OF=''		# or -http

fuzz_main() {
	local limit=-runs=1000000

	if [[ ${1-} == http ]]; then
		FUZZ_OF=-http
		shift
	fi
	(($# <= 1)) ||
		die "usage: scripts/handoff fuzz [http] [RUNS | SECONDSs | coverage]"
	case ${1-} in
	'')	;;
	coverage)
		fuzz_build
		fuzz_make coverage
		return ;;
	*[!0-9]*)
		[[ $1 =~ ^[0-9]+s$ ]] || die "neither RUNS nor SECONDSs: '$1'"
		limit=-max_total_time=${1%s} ;;
	*)	limit=-runs=$1 ;;
	esac
	fuzz_build
	fuzz_run "$limit"
}

fuzz_make() {
	make -s -C "$LINUX/tools/testing/selftests/net/tcp_handoff/fuzz" \
		OUTPUT="$FUZZ" CLANG=clang-14 \
		LLVM_PROFDATA=llvm-profdata-14 LLVM_COV=llvm-cov-14 "$@"
}

# The lock is not held while it runs: that may take long.
fuzz_build() {
	need_packages fuzz
	need_source
	mkdir -p "$FUZZ" "$LOGS"
	if ! (with_lock fuzz_build_locked) > "$LOGS/build-fuzz.log" 2>&1; then
		tail -n 30 "$LOGS/build-fuzz.log" >&2
		die "the fuzzer does not build"
	fi
}

fuzz_build_locked() {
	prepare_tree
	fuzz_make ${FUZZ_OF:+http}
}

# Another seed each time, and told: what one run has not found the next may.
# Only what failed is kept of the log, and the input beside it.
fuzz_run() {
	local log=$LOGS/fuzz$FUZZ_OF.log rc=0 runs findings=0
	local dir=$FUZZ/findings corpus=$FUZZ/corpus$FUZZ_OF dict=''
	local seed=${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM + 1))}

	mkdir -p "$corpus" "$dir"
	[[ -z $FUZZ_OF ]] ||
		dict=-dict=$LINUX/tools/testing/selftests/net/tcp_handoff/fuzz/http.dict
	say "fuzz: seed $seed (FUZZ_SEED), log in ${log#"$REPO/"}"
	fuzz_follow "$log" "$FUZZ/fuzz$FUZZ_OF" "$1" ${dict:+"$dict"} \
		-seed="$seed" -max_len=9000 -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix="$dir/" \
		"$corpus" "$FUZZ/seeds$FUZZ_OF" || rc=$?
	runs=$(sed -nE 's/^stat::number_of_executed_units: //p' "$log")
	sed -nE 's/^#[0-9]+[[:space:]]+DONE .*(cov: [0-9]+).*/fuzz: \1 edges/p' \
		"$log"
	if ((rc)); then
		findings=1
		grep -aE 'not true|ERROR: |runtime error|^    #[0-9]+ .*(wire|http|shim)' \
			"$log" >&2 || tail -n 20 "$log" >&2
		say "fuzz: the input is in ${dir#"$REPO/"}," \
			"$(sed -nE 's/.*Test unit written to .*\///p' "$log")"
	fi
	echo "fuzz: ${runs:-0} executions, $findings findings"
	((rc == 0 && ${runs:-0} > 0))
}

# fuzz_follow LOG CMD...: as follow, but the log says how far it is
fuzz_follow() {
	local log=$1 pid rc=0 n start=$SECONDS last=$SECONDS
	shift
	"$@" > "$log" 2>&1 < /dev/null &
	pid=$!
	# shellcheck disable=SC2064
	trap "kill $pid 2> /dev/null" INT TERM
	while kill -0 "$pid" 2> /dev/null; do
		sleep 0.5
		if [[ -t 2 ]] || ((SECONDS - last >= 30)); then
			last=$SECONDS
			n=$(tail -n 3 "$log" |
				sed -nE 's/^#([0-9]+).*/\1/p' | tail -n 1)
			progress fuzz "${n:-0}" 0 $((SECONDS - start))
		fi
	done
	trap - INT TERM
	wait "$pid" || rc=$?
	[[ -t 2 ]] && printf '\r\033[K' >&2
	return "$rc"
}
