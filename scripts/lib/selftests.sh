# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The selftests, in one of their worlds:
#
#   um		namespaces in one User Mode Linux kernel
#   cluster	four User Mode Linux kernels
#   vm		namespaces in the SMP kernel, vm-debug: with all its checks
#
#   selftests_run WORLD [NAME...]	e.g. "selftests_run cluster basic arp";
#					needs kernel and tools
#
# HANDOFF_FULL=1: the long variants; HANDOFF_ONLY="FUNCTION...": only these
# tests of a script.

load setup build cluster tools klog ktap

SELFTEST_NAMES=(basic transfer many return refuse arp lifecycle netem stress)

selftests_run() {
	local world=$1 name bad=0

	shift
	if [[ -n ${HANDOFF_FULL-} ]]; then
		export HANDOFF_COUNT=${HANDOFF_COUNT:-10000}
		export HANDOFF_STRESS=${HANDOFF_STRESS:-2000}
	fi
	export HANDOFF_TOOL=$BUILD/bin/tcphandoff
	for name in "${@:-"${SELFTEST_NAMES[@]}"}"; do
		[[ -x $SELFTESTS/$name.sh ]] || die "no selftest '$name'"
		selftest "$world" "$name" || bad=1
	done
	return "$bad"
}

selftest_world() {
	case $1 in
	um)		cluster_solo "$2" ;;
	cluster)	cluster_run "$2" ;;
	vm*)		load vm
			vm_run "$1" "$2" ;;
	*)		die "no world '$1': um, cluster, vm or vm-debug" ;;
	esac
}

# The script's own status is in its KTAP; what comes on top is the kernel's
# log, and the loss of a whole kernel.
selftest() {
	local world=$1 name=$2 log=$LOGS/selftest-$1-$2.log start=$SECONDS
	local rc=0 passed failed skipped

	selftest_world "$world" "$SELFTESTS/$name.sh" > "$log" 2>&1 || rc=$?
	read -r passed failed skipped < <(ktap_count < "$log")
	echo "$world/$name: $passed passed, $failed failed, $skipped skipped," \
		"$((SECONDS - start)) s"
	((rc == 0)) && ((failed == 0)) && ((passed + skipped)) && return
	if ((failed == 0)); then
		say "$world/$name: status $rc (${log#"$REPO/"})"
		tail -n 40 "$log" >&2
	fi
	return 1
}
