# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Is the series fit to be sent?  Each check is a function check_NAME that says
# on standard output what is wrong, and returns 1 if anything is.  All that
# check --selftest does is to break something for each of them, and see it
# fail.

load setup overlay prepare build check_series check_code

CHECKS=(map series patches refresh headers hooks export ynl maintainers pitfalls
	config mutants shell checkpatch kerneldoc build sparse coccinelle rules
	off)

check_main() {
	case ${1-} in
	--list)
		printf '%s\n' "${CHECKS[@]}"
		return ;;
	--selftest)
		load check_selftest
		shift
		need_packages build check
		need_source
		check_selftest "$@"
		return ;;
	-*)	die "usage: scripts/handoff check [--list | --selftest] [NAME...]" ;;
	esac
	need_packages build check
	need_source
	# One lock over all of it: they must see one state of the tree.
	with_lock check_all "$@"
}

check_all() {
	local name n=0 bad=0 start out rc
	(($#)) || set -- "${CHECKS[@]}"
	for name; do
		declare -F "check_$name" > /dev/null ||
			die "no check '$name' (scripts/handoff check --list)"
	done
	build_env
	scratch
	prepare_tree || return
	echo "KTAP version 1"
	echo "1..$#"
	for name; do
		start=$SECONDS rc=0
		# Not in an "if": what fails within must not go on.
		out=$(set -e; "check_$name" 2>&1) || rc=$?
		report "$name" "$out"
		if ((rc)); then
			echo "not ok $((++n)) $name"
			bad=1
		else
			echo "ok $((++n)) $name"
		fi
		((SECONDS - start < 10)) || say "check $name: $((SECONDS - start)) s"
	done
	return "$bad"
}

# The first lines as KTAP diagnostics, all of it in a log.
report() {
	local log=$LOGS/check-$1.log n
	mkdir -p "$LOGS"
	printf '%s\n' "$2" > "$log"
	[[ -n $2 ]] || return 0
	head -n 25 "$log" | sed "s,$LINUX/,,g; s,^,# ,"
	n=$(wc -l < "$log")
	((n <= 25)) || echo "# ... and $((n - 25)) lines more in ${log#"$REPO/"}"
}

# complain TEXT: for checks that go on after the first finding
complain() { printf '%s\n' "$*"; COMPLAINTS=1; }
