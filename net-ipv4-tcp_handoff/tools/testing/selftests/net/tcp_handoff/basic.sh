#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections move before their first byte of response: every way to ask for
# it, every byte compared, nothing sent twice.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# moved OPTIONS: so many connections, all of them answered by a back end
moved() {
	local conns=$1

	shift
	remember
	traffic -n "$conns" -E adopted "$@"
	counted_handoffs "$conns"
	counted be1.Adopted ">" 0 be2.Adopted ">" 0
	no_retransmits
}

get() {
	cluster_start
	moved 40 -j 10 -o get -s 0-100000
}

put() {
	cluster_start
	moved 40 -j 10 -o put -s 0-100000
}

echo_bytes() {
	cluster_start
	moved 40 -j 10 -o echo -s 0-100000
}

# In accept(): the request comes later, to the minisock or to the back end.
before_anything_is_read() {
	cluster_start -a
	moved 40 -j 10 -o echo -s 1-20000
}

# The way to the back end takes long enough for the request to come while the
# connection is on its way.  handoff_lib.sh: slow_channel
held() {
	slow_channel
	cluster_start -a
	moved 4 -j 4 -d 10 -o get -s 1-20000
	counted fe.Held ">=" 4 fe.HoldDrops == 0
}

# Some packets each, and nobody gets them in another order.
held_in_order() {
	slow_channel
	cluster_start -a
	moved 4 -j 4 -d 10 -o echo -s 12000
	counted fe.Held ">=" 20 fe.HoldDrops == 0 \
		be1.TcpExtTCPOFOQueue,be2.TcpExtTCPOFOQueue == 0
}

# What follows on the connection is forwarded.
kept_alive() {
	cluster_start
	moved 20 -j 5 -r 20 -o get -s 0-3000
	counted fe.Forwarded ">" 0
}

# Requests behind the first are in the queue that moves, or overtake nothing.
pipelined_unread() {
	cluster_start
	moved 20 -j 5 -r 20 -p -o echo -s 0-3000
}

# The front end has answered a request, and vouches for the boundary.
consumed() {
	cluster_start
	moved 20 -j 5 -r 3 -L -o get -s 1-3000
}

two_hundred_at_once() {
	cluster_start
	moved 200 -j 200 -r 2 -o get -s 100-20000
}

# All but the client's acknowledgements bypasses the front end.
responses_bypass_front_end() {
	local bytes=20000000

	cluster_start
	remember
	traffic -n 4 -j 2 -E adopted -o get -s $bytes
	counted_handoffs 4
	counted fe.tx "<" $((4 * bytes / 20)) \
		be1.tx,be2.tx ">" $((4 * bytes)) fe.Forwarded ">" 0
	no_retransmits
}

# Uploads do pass it, once.
uploads_pass_front_end() {
	local bytes=20000000

	cluster_start
	remember
	traffic -n 4 -j 2 -E adopted -o put -s $bytes
	counted_handoffs 4
	counted fe.tx ">" $((4 * bytes)) fe.tx "<" $((5 * bytes))
	no_retransmits
}

dual_stack_front_end() {
	serve_on be1
	serve_on be2
	start_ready fe "exec ./dispatch -6 -l 0.0.0.0:$PORT -b ${ADDR[be1]} \
		-b ${ADDR[be2]}"
	moved 20 -j 5 -r 2 -o echo -s 1-20000
}

# Technique transfer leaves such a listener to the next one.
dual_stack_back_end() {
	if [[ $HANDOFF_TECHNIQUE == transfer ]]; then
		use_technique be1 transfer,reconstruct || fail "be1"
		use_technique be2 transfer,reconstruct || fail "be2"
		HANDOFF_TECHNIQUE=reconstruct
	fi
	serve_on be1 -6
	serve_on be2 -6
	dispatch_start
	moved 20 -j 5 -r 2 -o echo -s 1-20000
}

# The VIP's own listener is found before one on any address.
listener_on_vip() {
	start_ready be1 "exec ./serve -l 0.0.0.0:$PORT -t other -w 2"
	start_ready be1 "exec ./serve -l $VIP:$PORT -t vip -w 2"
	dispatch_start
	remember
	traffic -n 10 -B 0 -e vip -E adopted
	counted be1.Adopted == 10
}

reuseport_group() {
	serve_on be1 -w 4
	dispatch_start
	remember
	traffic -n 60 -j 20 -B 0 -e be1 -E adopted -o echo -s 1-3000
	want workers ">" 1
	counted_handoffs 60
	no_retransmits
}

run_tests get put echo_bytes before_anything_is_read held held_in_order \
	kept_alive \
	pipelined_unread consumed two_hundred_at_once \
	responses_bypass_front_end uploads_pass_front_end \
	dual_stack_front_end dual_stack_back_end listener_on_vip \
	reuseport_group
