# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Everything, in parts.  Each part is a process of its own with a time limit,
# so that whatever one of them does, the others run and the last line comes.

load setup build ktap

# NAME  MINUTES  WHAT; a + before the name: only in "test full"
PARTS='
build-um	25	User Mode Linux kernel and tools
check		25	the series and its code
model		10	the protocol, every state that can be reached
kunit		10	KUnit, User Mode Linux
fuzz		10	what a peer sends, fuzzed
um		20	selftests, namespaces in one User Mode Linux kernel
cluster		20	selftests, four User Mode Linux kernels
demo		10	nginx and curl on four User Mode Linux kernels
build-vm	45	SMP kernel with lockdep, KASAN and friends
+kunit-vm	30	KUnit, SMP kernel
vm		30	selftests, namespaces in the SMP kernel
+selftest	30	is every check able to fail?
+mutants	60	is every test able to fail?
+soak		30	connections, back ends that restart, and what it leaves
+matrix		30	every prefix of the series, every set of techniques
'

# All parts together; CI stops after 90 minutes.
LIMIT=${HANDOFF_TEST_MINUTES:-80}

test_main() {
	case ${1-} in
	'')	;;
	full)	export HANDOFF_FULL=1
		export HANDOFF_VM_TIMEOUT=${HANDOFF_VM_TIMEOUT:-7000}
		LIMIT=${HANDOFF_TEST_MINUTES:-600} ;;
	part)	test_part "$2"
		return ;;
	*)	die "usage: scripts/handoff test [full]" ;;
	esac
	PASSED=0 FAILED=0
	trap 'test_end; exit 1' INT TERM
	trap test_end EXIT
	need_packages build run vm check fuzz model
	scratch
	trap 'test_end; rm -rf "$SCRATCH"' EXIT

	local name minutes what
	while IFS=$'\t' read -r -u 3 name minutes what; do
		[[ -n $name ]] || continue
		if [[ $name == +* ]]; then
			[[ -n ${HANDOFF_FULL-} ]] || continue
			name=${name#+}
		fi
		[[ -z ${HANDOFF_PARTS-} || " $HANDOFF_PARTS " == *" $name "* ]] ||
			continue
		run_part "$name" "$minutes" "$what"
	done 3< <(tr -s '\t' <<< "$PARTS")
	((FAILED == 0))
}

# The last line, in any case, and once.
test_end() {
	[[ -n ${PASSED-} ]] || return 0
	say "all of it: $(elapsed)"
	if ((PASSED + FAILED == 0)); then
		FAILED=1
	fi
	echo "$PASSED passed, $FAILED failed"
	PASSED=
}

run_part() {
	local name=$1 minutes=$2 what=$3 log=$LOGS/test-$1.log
	local start=$SECONDS rc=0 left passed failed
	mkdir -p "$LOGS"
	left=$((LIMIT * 60 - SECONDS))
	[[ -z ${HANDOFF_FULL-} ]] || minutes=$((minutes * 4))
	((left < minutes * 60)) || left=$((minutes * 60))
	say "== $name: $what"
	if ((left < 10)); then
		say "   no time left"
		FAILED=$((FAILED + 1))
		return
	fi
	timeout -k 10 "$left" "$HANDOFF" test part "$name" 2>&1 < /dev/null |
		tee "$log" | sed -u 's/^/   /' || rc=${PIPESTATUS[0]}
	((rc != 124 && rc != 137)) || say "   stopped after $left s"
	read -r passed failed _ < <(count_part "$log")
	# What ended badly without a failed test has failed itself; what is only
	# built passes as one.
	if ((rc && failed == 0)); then
		failed=1
	elif ((passed + failed == 0)); then
		passed=1
	fi
	PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed))
	say "== $name: $passed passed, $failed failed, $((SECONDS - start)) s"
}

# "kunit: 5 passed, 1 failed, ..." of every suite, or KTAP
count_part() {
	if grep -q '^KTAP version' "$1"; then
		ktap_count < "$1" 2> /dev/null
	else
		awk 'match($0, /: [0-9]+ passed, [0-9]+ failed/) {
			split(substr($0, RSTART + 2, RLENGTH), n, /[^0-9]+/)
			passed += n[1]
			failed += n[2]
		} END { print passed + 0, failed + 0 }' "$1"
	fi
}

# The demo's own last line, as one that is counted
demo_counts() {
	local out rc=0

	out=$("$HANDOFF" demo) || rc=$?
	printf '%s\n' "$out"
	sed -nE 's/^demo: [0-9]+ requests, ([0-9]+) ok, ([0-9]+) failed, 0 retr.*/demo: \1 passed, \2 failed/p' \
		<<< "$out"
	return "$rc"
}

# 10 million executions if there is time for it; one test that passes or not,
# for what a peer sends and for what a client sends
fuzz_counts() {
	local out rc bad=0 what runs=200000

	[[ -z ${HANDOFF_FULL-} ]] || runs=10000000
	for what in '' http; do
		[[ -z $what ]] || grep -q dispatcher "$REPO/series" || continue
		rc=0
		out=$("$HANDOFF" fuzz ${what:+"$what"} "$runs") || rc=$?
		printf '%s\n' "$out" \
			"fuzz${what:+ $what}: $((rc == 0)) passed, $((rc != 0)) failed"
		((rc == 0)) || bad=$rc
	done
	return "$bad"
}

test_part() {
	case $1 in
	build-um)	load tools
			need_kernel um
			need_tools ;;
	check)		"$HANDOFF" check ;;
	model)		"$HANDOFF" model ;;
	kunit)		load kunit
			need_kernel um
			kunit_run 'tcp_handoff*' ;;
	fuzz)		fuzz_counts ;;
	um|cluster)	load selftests
			need_kernel um
			need_tools
			selftests_run "$1" ;;
	build-vm)	need_kernel vm-debug ;;
	kunit-vm)	load kunit
			need_kernel vm-debug
			kunit_vm 'tcp_handoff*' vm-debug ;;
	vm)		load selftests
			# Four that share two make packets late enough for TCP
			# to send them twice, where nothing may be.
			[[ -n ${HANDOFF_FULL-} ]] ||
				export HANDOFF_CPUS=${HANDOFF_CPUS:-2}
			need_kernel vm-debug
			need_tools
			selftests_run vm-debug ;;
	demo)		demo_counts ;;
	selftest)	"$HANDOFF" check --selftest ;;
	mutants)	"$HANDOFF" mutants ;;
	soak)		load selftests
			need_kernel um
			need_tools
			export HANDOFF_SOAK=${HANDOFF_SOAK:-200000}
			selftests_run cluster soak ;;
	matrix)		"$HANDOFF" matrix ;;
	*)		die "no part '$1'" ;;
	esac
}
