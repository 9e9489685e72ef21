#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections move in the middle of a transfer: with bytes received and not
# read, written and not acknowledged, not even sent, out of order, at an end.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

moved() {
	local conns=$1

	shift
	remember
	traffic -n "$conns" -E adopted "$@"
	counted_handoffs "$conns"
}

mid_upload() {
	cluster_start
	moved 30 -j 10 -o put -w body -a 1-60000 -s 100000-400000
	no_retransmits
}

mid_echo() {
	cluster_start
	moved 30 -j 10 -o echo -w body -a 1-60000 -s 100000-400000
	no_retransmits
}

# The back end goes on where the front end stopped writing.
mid_download() {
	cluster_start
	moved 30 -j 10 -o get -w sent -a 1-200000 -s 300000-600000
	no_retransmits
}

# Little has left: most of what was written moves as unsent data.
mid_download_unsent() {
	cluster_start
	moved 30 -j 10 -o get -w sent -a 50000-100000 -s 400000 -m 32768
	no_retransmits
}

# The client reads nothing before the connection has moved: its window is
# zero.  The front end was probing it, the back end goes on with that.
zero_window() {
	local job

	cluster_start
	remember
	start client "exec ./client -c $VIP:$PORT -P -n 5 -j 5 -E adopted \
		-B 0 -o get -w sent -a 30000 -s 100000 -m 8192"
	job=$JOB
	until_counted fe Captured 5
	until_counted be1 TcpExtTCPWinProbe 5
	node_kill "$job" USR1
	RESULT=$(node_wait "$job") || fail "client: $RESULT"
	echo "$RESULT"
	counted_handoffs 5
}

fin_pending() {
	cluster_start
	moved 20 -j 5 -F -w fin -o get -s 1-100000
	no_retransmits
}

# An upload that is complete, its FIN included, and read by nobody yet.
fin_behind_data() {
	cluster_start
	moved 20 -j 5 -F -w fin -o put -s 1-50000
	no_retransmits
}

fin_behind_pipelined() {
	cluster_start
	moved 20 -j 5 -F -w fin -r 10 -p -o get -s 1-3000
	no_retransmits
}

# Segment 2, of 777 bytes, is lost until the connection has moved.  What is
# behind it, in segments of 1448, moves with the connection: only the hole is
# sent again.  If CPUs let segments overtake each other, others may be, too, but
# had arrived: the receiver says so.
out_of_order() {
	local retrans extra

	node_sh client "ip route replace 10.0.0.0/24 dev $DEV \
		src ${ADDR[client]}"
	trap 'node_sh client "$CLIENT_ROUTE"' EXIT
	cluster_start -g
	moved 10 -j 5 -G -w ofo -a 1 "$@"
	counted be1.TcpExtTCPOFOQueue,be2.TcpExtTCPOFOQueue,fe.TcpExtTCPOFOQueue \
		">" 0
	retrans=$(field retrans "$RESULT")
	((retrans >= 10)) || fail "no hole"
	extra=$((($(field retrans_bytes "$RESULT") - 777 * retrans) /
		(1448 - 777)))
	want retrans_bytes == $((777 * retrans + extra * (1448 - 777)))
	counted client.TcpExtTCPDSACKRecvSegs ">=" "$extra"
}

out_of_order_put() { out_of_order -o put -s 30000; }
out_of_order_echo() { out_of_order -o echo -s 100000; }

# Both directions are full when it moves, and on many connections at once.
fifty_at_once() {
	cluster_start
	moved 50 -j 50 -o echo -w body -a 1-50000 -s 200000-500000
	no_retransmits
}

run_tests mid_upload mid_echo mid_download mid_download_unsent zero_window \
	fin_pending fin_behind_data fin_behind_pipelined out_of_order_put \
	out_of_order_echo fifty_at_once
