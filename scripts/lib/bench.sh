# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# scripts/handoff bench: measurements, nothing that passes or fails.

bench_main() {
	(($# == 0)) || die "usage: scripts/handoff bench"
	load build cluster tools selftests
	need_kernel um
	need_tools
	export HANDOFF_TOOL=$BUILD/bin/tcphandoff
	say "an idle keep-alive connection, moved within one UML kernel," \
		"channel without authentication:"
	cluster_solo "$SELFTESTS/bench.sh"
}
