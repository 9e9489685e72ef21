# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The selftests, in one of their worlds:
#
#   um		namespaces in one User Mode Linux kernel
#   cluster	four User Mode Linux kernels
#   vm		namespaces in the SMP kernel; vm-debug: with all its checks
#
#   selftests_run WORLD [NAME...]	e.g. "selftests_run cluster basic arp";
#					needs kernel and tools
#
# NAME@TECHNIQUE: back ends adopt with that technique.
#
# HANDOFF_FULL=1: the long variants; HANDOFF_ONLY="FUNCTION...": only these
# tests of a script.

load setup build cluster tools klog ktap

SELFTEST_NAMES=(basic transfer many return home refuse arp lifecycle
	channel auth config forward observe dispatch_sample dispatch netem stress
	technique basic@transfer return@transfer)
# What switches things on and off that a veth device can do, and others cannot
SELFTEST_NAMES_VETH=(path ipip)
# The rest of what moves connections, and is no other with this technique.
SELFTEST_NAMES_FULL=(transfer@transfer refuse@transfer many@transfer)
# What takes long and says the same in both: once, in "test full" in both.
SELFTEST_NAMES_UM=(torture)
SELFTEST_NAMES_CLUSTER=(faults)
# What needs namespaces that can be deleted: only in "test full"
SELFTEST_NAMES_NETNS=(chaos)
# Under emulation and with KASAN a test takes minutes: what several CPUs are
# needed for, all of them only in "test full".  There transfer may find segments
# that the client sent twice: emulated CPUs that have to share stop anywhere.
SELFTEST_NAMES_VM=(stress)

selftests_run() {
	local world=$1 name bad=0

	shift
	if (($# == 0)); then
		if [[ $world == vm* && -z ${HANDOFF_FULL-} ]]; then
			set -- "${SELFTEST_NAMES_VM[@]}"
		else
			set -- "${SELFTEST_NAMES[@]}"
			[[ $world == cluster ]] ||
				set -- "$@" "${SELFTEST_NAMES_VETH[@]}"
			[[ $world == um && -z ${HANDOFF_FULL-} ]] ||
				set -- "$@" "${SELFTEST_NAMES_CLUSTER[@]}"
			[[ $world == cluster && -z ${HANDOFF_FULL-} ]] ||
				set -- "$@" "${SELFTEST_NAMES_UM[@]}"
			[[ $world == cluster || -z ${HANDOFF_FULL-} ]] ||
				set -- "$@" "${SELFTEST_NAMES_NETNS[@]}"
			[[ -z ${HANDOFF_FULL-} ]] ||
				set -- "$@" "${SELFTEST_NAMES_FULL[@]}"
		fi
	fi
	for name; do
		[[ -x $SELFTESTS/${name%@*}.sh ]] || die "no selftest '$name'"
	done
	# An emulated machine is slow, the others are not.
	if [[ $world != vm* || -n ${HANDOFF_FULL-} ]]; then
		export HANDOFF_COUNT=${HANDOFF_COUNT:-10000}
	fi
	if [[ -n ${HANDOFF_FULL-} ]]; then
		export HANDOFF_STRESS=${HANDOFF_STRESS:-2000}
		export HANDOFF_CHAOS=${HANDOFF_CHAOS:-900}
	fi
	export HANDOFF_TOOL=$BUILD/bin/tcphandoff
	export HANDOFF_SAMPLE=$BUILD/bin/url_dispatch
	if [[ $world == vm* ]]; then
		selftests_vm "$world" "$@"
		return
	fi
	for name; do
		selftest "$world" "$name" || bad=1
	done
	return "$bad"
}

# A cluster boots in a second: every script gets a fresh one.
selftest() {
	local world=$1 name=$2 log=$LOGS/selftest-$1-$2.log start=$SECONDS rc=0
	local script=$SELFTESTS/${2%@*}.sh
	local -x HANDOFF_TECHNIQUE=${HANDOFF_TECHNIQUE-}

	[[ $name != *@* ]] || HANDOFF_TECHNIQUE=${name#*@}
	case $world in
	um)		cluster_solo "$script" ;;
	cluster)	cluster_run "$script" ;;
	*)		die "no world '$world': um, cluster, vm or vm-debug" ;;
	esac > "$log" 2>&1 || rc=$?
	selftest_judge "$world/$name" "$log" "$rc" $((SECONDS - start))
}

# What a world cannot show.  Anything else that is skipped would hide that a
# tool or an option is missing.
SELFTEST_SKIPS='
cluster	back_end_deleted
cluster	front_end_deleted
cluster	looked_up_before_the_swap
cluster	memory_is_charged
cluster	namespace_deleted
cluster	port_reused_before_closed
cluster	port_reused_in_fin_wait
cluster	port_reused_while_cut
cluster	port_reused_while_cut_off
cluster	same_trace
cluster	same_trace_twice
um	looked_up_before_the_swap
um	killed_before_arrival
um	killed_after_arrival
um	killed_after_adopted
um	rebooted_in_doubt
'

unexpected_skips() {
	local world=$1 test

	sed -nE 's/^ok [0-9]+ ([a-z0-9_]+) # SKIP.*/\1/p' "$2" |
	while read -r test; do
		grep -qxF "$world	$test" <<< "$SELFTEST_SKIPS" || echo "$test"
	done
}

# The script's own result is in its KTAP; what comes on top is the kernel's
# log, and the loss of a whole kernel.
selftest_judge() {
	local name=$1 log=$2 rc=$3 passed failed skipped skips

	read -r passed failed skipped < <(ktap_count < "$log")
	skips=$(unexpected_skips "${name%%/*}" "$log")
	if [[ -n $skips ]]; then
		say "$name: skipped, which nothing here is a reason for:" $skips
		failed=$((failed + $(wc -l <<< "$skips")))
	fi
	echo "$name: $passed passed, $failed failed, $skipped skipped, $4 s"
	((rc == 0)) && ((failed == 0)) && ((passed + skipped)) && return
	if ((failed == 0)); then
		say "$name: status $rc (${log#"$REPO/"})"
		tail -n 40 "$log" >&2
	fi
	return 1
}

# A VM boots slowly: all scripts in one.
selftests_vm() {
	local world=$1 log=$LOGS/selftest-$1.log rc=0 name secs bad=0

	shift
	load vm
	# shellcheck disable=SC2016
	vm_run "$world" bash -c '
		cd "$1" && shift
		rc=0
		for script; do
			SECONDS=0
			echo "== begin $script"
			HANDOFF_TECHNIQUE=${script#${script%@*}}
			export HANDOFF_TECHNIQUE=${HANDOFF_TECHNIQUE#@}
			"./${script%@*}.sh" || rc=1
			echo "== end $SECONDS"
		done
		exit $rc' - "$SELFTESTS" "$@" > "$log" < /dev/null || rc=$?
	sed -i 's/\r$//' "$log"	# it came over a serial line
	for name; do
		selftest_section "$name" < "$log" > "${log%.log}-$name.log"
		secs=$(sed -n 's/^== end //p' "${log%.log}-$name.log")
		# Without an end the VM was lost: its status says so.
		selftest_judge "$world/$name" "${log%.log}-$name.log" \
			"$([[ -n $secs ]] && echo 0 || echo "$rc")" \
			"${secs:-?}" || bad=1
	done
	if ((rc && !bad)); then
		say "$world: status $rc (${log#"$REPO/"})"
		bad=1
	fi
	return "$bad"
}

selftest_section() {
	sed -n "/^== begin $1$/,/^== end/p" | sed '/^== begin/d'
}
