#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many handoffs in a row on a clean link: every byte right, nothing sent
# twice, nothing left behind.  HANDOFF_COUNT: how many (1000).

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

COUNT=${HANDOFF_COUNT:-1000}

many() {
	cluster_start
	remember
	traffic -n "$COUNT" -j 20 -E adopted -o echo -s 1-4000 -t 60
	want adopted == "$COUNT"
	counted_handoffs "$COUNT"
	no_retransmits
	counted fe.HoldDrops == 0 fe.ForwardDrops == 0
}

# Captured with unread data, so that the queues travel each time.
many_mid_upload() {
	cluster_start
	remember
	traffic -n "$((COUNT / 5))" -j 20 -E adopted -o put -w body \
		-a 1-20000 -s 20000-40000 -t 60
	counted_handoffs "$((COUNT / 5))"
	no_retransmits
}

nothing_is_left() {
	no_flows fe 20
	until_true fe "all=\$(ss -Htan) &&
		! grep -v LISTEN <<< \"\$all\" | grep ':$PORT '" 20 ||
		fail "sockets remain: $(node_exec fe ss -tan | head)"
}

run_tests many many_mid_upload nothing_is_left
