#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A benchmark, not a test: what it costs to move an idle keep-alive connection
# in one kernel, TCP_HANDOFF between two namespaces of it beside TCP_REPAIR
# (dump, close and restore).  HANDOFF_BENCH: connections of each kind (500).

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"
# shellcheck source=bench_lib.sh
. "$HERE/bench_lib.sh"

COUNT=${HANDOFF_BENCH:-500}

# Numbers of one key in "flow show -j"
key() { grep -oE "\"$2\": ?[0-9]+" <<< "$1" | grep -oE '[0-9]+$'; }

# Bytes the front end has sent to be1 on the channel
channel_bytes() {
	node_sh fe "ss -Htin dst ${ADDR[be1]} dport = :968" |
		grep -oE 'bytes_sent:[0-9]+' | cut -d : -f 2
}

bench() {
	local job client server fe be repair bytes capture adopt lines

	serve_on be1
	server=$JOB
	start_ready fe "exec ./bench -l $VIP:$PORT -b ${ADDR[be1]} -n $COUNT"
	job=$JOB
	start client "exec ./client -c $VIP:$PORT -n $((2 * COUNT)) -H"
	client=$JOB
	await "$client" holding 60 || fail "client: $(node_wait "$client" 2>&1)"
	bytes=$(channel_bytes)
	node_kill "$job" USR1
	await "$job" moved 120 || fail "bench: $(node_wait "$job" 2>&1)"
	bytes=$(($(channel_bytes) - bytes))
	fe=$(node_sh fe "$TCPHANDOFF -j flow show")
	be=$(node_sh be1 "$TCPHANDOFF -j flow show")
	# All of them must work afterwards, or it was not worth measuring.
	node_kill "$client" USR1
	RESULT=$(node_wait "$client") || fail "client: $RESULT"
	want adopted == "$COUNT"
	want none == $((3 * COUNT))
	mapfile -t lines < <(end "$job")
	end "$server" > /dev/null

	echo "$RESULT" >&2
	spread "capture: setsockopt(TCP_HANDOFF)" 1000 \
		< <(tr ' ' '\n' <<< "${lines[2]#handoff }")
	capture=$MEDIAN
	spread "adopt: message to accept queue" 1 < <(key "$be" adopt_us)
	adopt=$((MEDIAN * 1000))
	spread "swap of the socket to ADOPTED" 1 < <(key "$fe" handoff_us)
	spread "TCP_REPAIR dump + close + restore" 1000 \
		< <(tr ' ' '\n' <<< "${lines[3]#repair }")
	repair=$MEDIAN
	awk -v h=$((capture + adopt)) -v r="$repair" -v b="$bytes" \
		-v n="$COUNT" 'BEGIN {
		printf "capture + adopt %.1f us, TCP_REPAIR %.1f us: ratio %.2f\n",
			h / 1000, r / 1000, h / r
		printf "message for an idle connection: %.0f bytes\n", b / n }'
}

WORK=$(mktemp -d)
trap 'end_all; topology_down; rm -rf "$WORK"' EXIT
hosts_up || exit 1
bench
