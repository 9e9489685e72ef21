#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Captures while packets of the same connections are being processed on other
# CPUs: early demultiplexing looks a whole batch of packets up before the
# first is delivered, so some are looked up before the swap and delivered
# after it.  Needs SMP for that; without, it is an ordinary load test.
# HANDOFF_STRESS: connections of each kind (200; "full": 2000).

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

COUNT=${HANDOFF_STRESS:-200}

# both KIND OPTIONS: a fourth of them at once
load() {
	traffic -n "$COUNT" -j $((COUNT / 4)) -E adopted -t 60 "$@"
	counted_handoffs "$COUNT"
}

mid_upload() {
	steer
	cluster_start
	remember
	load -o put -w body -a 1-60000 -s 100000-200000
}

mid_download() {
	steer
	cluster_start
	remember
	load -o get -w sent -a 1-200000 -s 200000-300000
}

mid_echo() {
	steer
	cluster_start
	remember
	load -o echo -w body -a 1-30000 -s 50000-150000
}

both_at_once() {
	local up down

	steer
	cluster_start
	remember
	start client "exec ./client -c $VIP:$PORT -n $COUNT -j 50 -E adopted \
		-t 60 -o put -w body -a 1-60000 -s 100000-200000"
	up=$JOB
	start client "exec ./client -c $VIP:$PORT -n $COUNT -j 50 -E adopted \
		-t 60 -S 2 -o get -w sent -a 1-200000 -s 200000-300000"
	down=$JOB
	node_wait "$up" || fail "upload"
	node_wait "$down" || fail "download"
	counted_handoffs $((2 * COUNT))
}

# Real checksums and single segments instead of what the stack does to save
# them between namespaces.
without_offloads() {
	local node

	for node in $HOSTS; do
		node_sh "$node" "ethtool -K $DEV tso off gso off gro off tx off" \
			> /dev/null 2>&1 || skip "no ethtool"
	done
	cluster_start
	remember
	load -o echo -w body -a 1-30000 -s 50000-150000
}

# The case that all of this is about: packets that were looked up before a
# swap and delivered after it.  A few in each hundred captures; not every load
# has one, so it is made again until it was seen.
looked_up_before_the_swap() {
	local i

	[[ -z ${CLUSTER_LIB-} && $(nproc) -gt 1 ]] || skip "needs several CPUs"
	steer
	cluster_start
	for i in 1 2 3 4 5 6 7 8; do
		remember
		load -o echo -w body -a 1-30000 -s 50000-150000
		(counted fe.LookupAgain ">" 0) && return
	done
	fail "not in $i loads"
}

run_tests mid_upload mid_download mid_echo both_at_once without_offloads \
	looked_up_before_the_swap
