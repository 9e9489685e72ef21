#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Which technique adopts: the list of the service before that of the front end
# before that of the host; what the first cannot do is left to the next.
#
# Any other script runs with a technique of choice: HANDOFF_TECHNIQUE.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

DEPTH=8

have_transfer() {
	node_sh be1 "$TCPHANDOFF config show" | grep -qw transfer ||
		skip "technique transfer is not built in"
}

# choose HOST-LIST PEER-LIST VIP-LIST: on both back ends
choose() {
	local be

	have_transfer
	for be in be1 be2; do
		node_run "$be" "$TCPHANDOFF" config set technique "$1"
		node_run "$be" "$TCPHANDOFF" peer set "${ADDR[fe]}" \
			technique "$2"
		node_run "$be" "$TCPHANDOFF" vip set "$VIP" technique "$3"
	done
}

depth() {
	local be

	for be in be1 be2; do
		node_run "$be" "$TCPHANDOFF" config set pool-depth "$1"
		pool_is_full "$be" "$1" || fail "pool"
	done
}

# chosen TECHNIQUE: by counters and by what flows say of themselves
chosen() {
	local be shown

	remember
	start client "exec ./client -c $VIP:$PORT -n 4 -B 0 -H -E adopted"
	HELD=$JOB
	await "$HELD" holding 30 || fail "client: $(node_wait "$HELD" 2>&1)"
	CURRENT=false
	counted "be1.$(adopted_by "$1"),be2.$(adopted_by "$1")" == 4 \
		be1.Adopted,be2.Adopted == 4
	# the techniques of those flows that live
	for be in be1 be2; do
		shown=$(node_run "$be" "$TCPHANDOFF" flow show)
		! grep -A 1 "state owned" <<< "$shown" | grep technique |
			grep -v "technique $1" || fail "$be: $shown"
	done
	shown=$(node_run be1 "$TCPHANDOFF" flow show)
	grep -A 1 "state owned" <<< "$shown" | grep -q "technique $1" ||
		fail "be1: $shown"
	node_kill "$HELD" USR1
	node_wait "$HELD" || fail "client"
	no_flows fe 10
}

of_host() {
	cluster_start
	choose transfer any any
	depth $DEPTH
	chosen transfer
	choose reconstruct any any
	chosen reconstruct
}

of_front_end() {
	cluster_start
	choose reconstruct transfer any
	depth $DEPTH
	chosen transfer
	choose transfer reconstruct any
	chosen reconstruct
}

of_service() {
	cluster_start
	choose reconstruct reconstruct transfer
	depth $DEPTH
	chosen transfer
	choose transfer transfer reconstruct
	chosen reconstruct
}

# A list that only one connection in some can be served by
falls_back() {
	local be all='' each=''

	cluster_start
	choose transfer,reconstruct any any
	depth 1
	remember
	traffic -n 40 -j 40 -E adopted -o get -s 0-5000
	counted_handoffs 40
	for be in be1 be2; do
		all+=,$be.AdoptedTransfer,$be.FellBackTransfer
		each+=,$be.AdoptedTransfer,$be.AdoptedReconstruct
	done
	counted be1.AdoptedTransfer,be2.AdoptedTransfer ">" 0 \
		be1.FellBackTransfer,be2.FellBackTransfer ">" 0 \
		"${all#,}" == 40 "${each#,}" == 40
}

# Nobody is left to ask: home again, and the front end says why.
nobody_left() {
	serve_on be1
	start_ready fe "exec ./dispatch -1 -l $VIP:$PORT -b ${ADDR[be1]}"
	JOB_fe=$JOB
	choose transfer any any
	depth 0
	remember
	traffic -n 4 -E returned -o get -s 1000
	counted fe.Returned == 4 be1.RefusedParked == 4 be1.PoolEmpty == 4 \
		be1.Adopted == 0 be1.FellBackTransfer == 0
	dispatch_end
	[[ $(field back_ENOSR "$DISPATCHED") == 4 ]] || fail "errno"
}

# What is parked is neither a socket that shows nor a packet.
parked_is_silent() {
	choose transfer any any
	depth 0
	remember
	depth $DEPTH
	counted be1.PoolParked == $DEPTH be2.PoolParked == $DEPTH \
		fe.TcpOutRsts == 0 be1.TcpOutRsts == 0 be2.TcpOutRsts == 0 \
		fe.TcpEstabResets == 0 be1.TcpEstabResets == 0
	until_true fe "[[ \$(ss -Htan | grep -c ':968\\b') == 2 ]]" ||
		fail "fe: $(node_sh fe "ss -tan")"
	until_true be1 "[[ \$(ss -Htan state established | grep -c ':968\\b') == 1 ]]" ||
		fail "be1: $(node_sh be1 "ss -tan")"
}

# Nothing of the pool depends on the front end's being there.
front_end_away() {
	cluster_start
	choose transfer any any
	depth $DEPTH
	node_run fe "$TCPHANDOFF" peer del "${ADDR[be1]}"
	pool_is_full be1 $DEPTH || fail "pool"
	node_run be1 "$TCPHANDOFF" peer del "${ADDR[fe]}"
}

run_tests of_host of_front_end of_service falls_back nobody_left \
	parked_is_silent front_end_away
