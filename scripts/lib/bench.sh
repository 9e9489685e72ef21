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
	flows)		bench_flows ;;
	*)		die "usage: scripts/handoff bench [techniques | flows]" ;;
	esac
}

bench_move() {
	say "an idle keep-alive connection, moved within one UML kernel," \
		"channel without authentication:"
	export HANDOFF_TECHNIQUE
	for HANDOFF_TECHNIQUE in reconstruct transfer; do
		say "technique $HANDOFF_TECHNIQUE:"
		HANDOFF_POOL=1000 cluster_solo "$SELFTESTS/bench.sh"
	done
}

bench_techniques() {
	say "the techniques within one UML kernel," \
		"channel without authentication:"
	(cluster_solo "$SELFTESTS/bench_techniques.sh")
	say "a kernel for each host, channel signed (TCP-AO):"
	cluster_run "$SELFTESTS/bench_techniques.sh"
}

# With the hash table of connections that a kernel of this size makes, and with
# that of a host of 64 GiB.
bench_flows() {
	local append

	load kunit
	need_kernel um
	for append in "" thash_entries=524288; do
		say "a million flows in one UML kernel${append:+, $append}:"
		KUNIT_MEM=4G KUNIT_APPEND=$append KUNIT_TIMEOUT=900 \
			kunit_run 'bench_tcp_handoff*' > /dev/null || return
		sed -nE 's/.*bench: //p' "$LOGS/kunit-um.log"
	done
}
