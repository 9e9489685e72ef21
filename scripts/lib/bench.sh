# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# scripts/handoff bench: measurements, nothing that passes or fails.

bench_main() {
	load build cluster tools selftests
	need_kernel um
	need_tools
	export HANDOFF_TOOL=$BUILD/bin/tcphandoff
	case ${1-} in
	'')		bench_move ;;
	techniques)	bench_techniques ;;
	*)		die "usage: scripts/handoff bench [techniques]" ;;
	esac
}

bench_move() {
	say "an idle keep-alive connection, moved within one UML kernel," \
		"channel without authentication:"
	cluster_solo "$SELFTESTS/bench.sh"
}

bench_techniques() {
	say "the techniques within one UML kernel," \
		"channel without authentication:"
	(cluster_solo "$SELFTESTS/bench_techniques.sh")
	say "a kernel for each host, channel signed (TCP-AO):"
	cluster_run "$SELFTESTS/bench_techniques.sh"
}
