#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A bad link: packets between client and cluster are lost, reordered and
# duplicated, in both directions, while connections move.  Nothing but
# ordinary retransmission may come of it.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# To the client (from whomever) and from it; the channel is spared, but for
# "bad_channel".
link_is() {
	local node

	from_client "$@" || skip "no netem"
	for node in fe be1 be2; do
		to_client "$node" "$@" || skip "no netem"
	done
}

link_is_good() {
	local node

	for node in $HOSTS; do
		node_sh "$node" "tc qdisc del dev $DEV root" > /dev/null 2>&1
	done
}

# Every kind of transfer over a link like this
over() {
	trap link_is_good EXIT
	link_is "$@"
	cluster_start
	remember
	traffic -n 20 -j 20 -E adopted -o echo -s 1-50000
	traffic -n 20 -j 20 -E adopted -o echo -w body -a 1-30000 \
		-s 50000-100000
	traffic -n 20 -j 20 -E adopted -o get -w sent -a 1-100000 \
		-s 100000-300000
	traffic -n 20 -j 20 -E adopted -F -w fin -o put -s 1-50000
	counted_handoffs 80
}

loss()		 { over loss 1%; }
heavy_loss()	 { over loss 5%; }
reordering()	 { over delay 5ms reorder 25% 50%; }
duplication()	 { over duplicate 5%; }
delay_jitter()	 { over delay 10ms 8ms; }
everything()	 { over delay 3ms 2ms loss 1% duplicate 1%; }

# The messages between front end and back ends suffer as well.
bad_channel() {
	trap link_is_good EXIT
	cluster_start
	node_sh fe "tc qdisc add dev $DEV root netem limit 10000 loss 2% \
		delay 2ms 1ms" || skip "no netem"
	remember
	traffic -n 100 -j 20 -E adopted -o echo -w body -a 1-30000 \
		-s 30000-60000
	counted_handoffs 100
}

run_tests loss heavy_loss reordering duplication delay_jitter everything \
	bad_channel
