#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A back end refuses: the connection comes out of accept() on the front end
# again, with its cookie, the reason, and everything that was in its queues.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# returned N ERRNO: so many came back for this reason
returned() {
	dispatch_end
	[[ $(field "returned" "$DISPATCHED") == "$1" &&
	   $(field "back_$2" "$DISPATCHED") == "$1" ]] ||
		fail "wanted $1 back for $2"
	counted fe.Returned == "$1" fe.RefusedThere == "$1" fe.Reset == 0
}

# What be1 does not want goes to be2; dispatch asks be1 first (-B 0).
elsewhere() {
	local errno=$1 counter=$2

	shift 2
	remember
	traffic -n 10 -j 5 -B 0 -e be2 -E adopted -o echo -s 1-20000 "$@"
	counted "be1.$counter" == 10 be2.Adopted == 10 fe.AdoptedThere == 10
	no_retransmits
	returned 10 "$errno"
}

no_listener() {
	serve_on be2
	dispatch_start
	elsewhere ECONNREFUSED RefusedNoListener
}

no_listener_mid_upload() {
	serve_on be2
	dispatch_start
	elsewhere ECONNREFUSED RefusedNoListener -w body -a 1-20000 \
		-s 20000-50000
}

no_listener_mid_download() {
	serve_on be2
	dispatch_start
	elsewhere ECONNREFUSED RefusedNoListener -o get -w sent -a 1-100000 \
		-s 100000-200000
}

no_listener_fin() {
	serve_on be2
	dispatch_start
	elsewhere ECONNREFUSED RefusedNoListener -F -w fin -o put
}

not_local() {
	serve_on be2
	serve_on be1
	dispatch_start
	node_run be1 "$TCPHANDOFF" vip del $VIP dev lo
	# Whatever happens, the next test wants it back.
	trap 'node_sh be1 "$TCPHANDOFF vip add $VIP dev lo noarp"' EXIT
	elsewhere ENONET RefusedNotLocal
}

# Its own address, and somebody listens, but not for front ends
no_vip() {
	serve_on be2
	serve_on be1
	dispatch_start
	node_run be1 "$TCPHANDOFF" vip del $VIP
	trap 'node_sh be1 "$TCPHANDOFF vip add $VIP"' EXIT
	elsewhere ENXIO RefusedNoVip
}

no_route() {
	serve_on be2
	serve_on be1
	dispatch_start
	node_run be1 ip route add unreachable "${ADDR[client]}"
	trap 'node_sh be1 "ip route del unreachable ${ADDR[client]}"' EXIT
	elsewhere ENETUNREACH RefusedNoRoute
}

# Signatures belong to the connection that negotiated them.
signed_listener() {
	serve_on be2
	serve_on be1 -k "${ADDR[client]}"
	dispatch_start
	elsewhere EOPNOTSUPP RefusedListener
}

# The accept queue of be1 is full of connections that nobody accepts.
queue_full() {
	serve_on be2
	start_ready be1 "exec ./serve -l 0.0.0.0:$PORT -n -b 1"
	start client "exec ./client -c ${ADDR[be1]}:$PORT -n 2 -j 2 -t 60"
	until_true be1 "ss -Hltn sport = :$PORT | grep -q 'LISTEN *2 '" ||
		fail "queue does not fill"
	dispatch_start
	elsewhere EAGAIN RefusedQueueFull
}

# Nobody wants it: the front end itself answers, from where it stopped.
home() {
	dispatch_start -1
	remember
	traffic -n 10 -j 5 -E returned "$@"
	no_retransmits
	counted fe.Captured == 10
	returned 10 ECONNREFUSED
}

home_get() { home -o get -s 1-100000; }
home_mid_upload() { home -o echo -w body -a 1-20000 -s 20000-50000; }
home_mid_download() { home -o get -w sent -a 1-100000 -s 100000-200000; }
home_fin() { home -F -w fin -o put -s 1-50000; }
home_before_anything_is_read() {
	dispatch_start -1 -a
	remember
	traffic -n 10 -j 5 -E returned -o echo -s 1-20000
	no_retransmits
	returned 10 ECONNREFUSED
}

# What came meanwhile is there as well.
home_held() {
	slow_channel
	dispatch_start -1 -a
	remember
	traffic -n 4 -j 4 -d 10 -E returned -o echo -s 12000
	no_retransmits
	counted fe.Held ">=" 20 fe.HoldDrops == 0 fe.TcpExtTCPOFOQueue == 0
	returned 4 ECONNREFUSED
}

# Twice there and back.
home_after_two() {
	dispatch_start
	remember
	traffic -n 10 -j 5 -E returned -o echo -s 1-20000
	no_retransmits
	counted fe.Captured == 20
	returned 20 ECONNREFUSED
}

home_dual_stack() {
	start_ready fe "exec ./dispatch -6 -1 -l 0.0.0.0:$PORT -b ${ADDR[be1]}"
	JOB_fe=$JOB
	remember
	traffic -n 10 -j 5 -E returned -o echo -s 1-20000
	no_retransmits
	returned 10 ECONNREFUSED
}

run_tests no_listener no_listener_mid_upload no_listener_mid_download \
	no_listener_fin not_local no_vip no_route signed_listener \
	queue_full home_get home_mid_upload home_mid_download home_fin \
	home_before_anything_is_read home_held home_after_two home_dual_stack
