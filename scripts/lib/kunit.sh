# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The KUnit suites, in a User Mode Linux kernel that needs no root file system:
# built in, they run before it would look for one.

load build klog ktap

kunit_main() {
	(($# <= 1)) || die "usage: scripts/handoff kunit [SUITE-PATTERN]"
	need_kernel um
	kunit_run "${1:-tcp_handoff*}"
}

# kunit_vm PATTERN KIND: the same in an SMP kernel with all of its checks
kunit_vm() {
	local rc=0
	load vm
	VM_APPEND="kunit.enable=1 kunit.filter_glob=$1" \
		vm_run "$2" true || rc=$?
	kunit_judge "kunit in $2" "$LOGS/$2.log" "$rc"
}

# UML keeps its memory in a file; /dev/shm of a container may be tiny.
uml_tmpdir() {
	local free
	free=$(df --output=avail -k /dev/shm 2> /dev/null | tail -n 1)
	if ((${free:-0} > 1 << 20)); then
		echo /dev/shm
	else
		mkdir -p "$BUILD/tmp"
		echo "$BUILD/tmp"
	fi
}

kunit_run() {
	local log=$LOGS/kunit-um.log rc=0
	mkdir -p "$LOGS"
	TMPDIR=$(uml_tmpdir) timeout --foreground -k 5 "${KUNIT_TIMEOUT:-600}" \
		"$(kernel_image um)" mem="${KUNIT_MEM:-512M}" con=null con0=null,fd:1 \
		console=tty0 umid="kunit-$$" kunit.enable=1 \
		"kunit.filter_glob=$1" kunit_shutdown=halt panic=-1 \
		${KUNIT_APPEND-} < /dev/null > "$log" 2>&1 || rc=$?
	kunit_judge "kunit" "$log" "$rc"
}

# kunit_judge NAME LOG STATUS: prints the counts; fails on failures, on no
# test at all, on a kernel that complained or did not come to its end.
kunit_judge() {
	local name=$1 log=$2 rc=$3 passed failed skipped bad=0
	read -r passed failed skipped < <(ktap_count < "$log")
	if ! grep -aqE 'KTAP version' "$log"; then
		say "$name: no test ran (${log#"$REPO/"})"
		tail -n 20 "$log" >&2
		bad=1
	elif ((passed + failed == 0)); then
		say "$name: no suite matches, or all is skipped"
		bad=1
	fi
	if ((rc == 124 || rc == 137)); then
		say "$name: no end, stopped by the timeout"
		bad=1
	elif ((rc)); then
		say "$name: the kernel ended with status $rc"
		bad=1
	fi
	klog_check "$name" "$log" || bad=1
	((failed == 0)) || bad=1
	echo "$name: $passed passed, $failed failed, $skipped skipped"
	return "$bad"
}
