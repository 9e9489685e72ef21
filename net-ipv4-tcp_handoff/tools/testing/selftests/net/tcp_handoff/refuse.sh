#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What cannot be moved: an errno and a counter of its own for each, and the
# connection goes on as if nothing had been asked.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# expect N ERRNO COUNTER: what dispatch was told so many times
expect() {
	dispatch_end
	[[ $(field "refused_$2" "$DISPATCHED") == "$1" ]] ||
		fail "wanted $1 times $2"
	counted fe.Captured == 0
	[[ $3 == - ]] || counted "fe.$3" == "$1"
}

# refused CASE ERRNO COUNTER CLIENT-OPTIONS: dispatch prepares the case
refused() {
	local case=$1 errno=$2 counter=$3

	shift 3
	dispatch_start -x "$case" "${DISPATCH[@]}"
	remember
	traffic -n 3 -j 1 -E none -o echo -s 1-20000 "$@"
	expect 3 "$errno" "$counter"
}
DISPATCH=()

unknown_peer()	  { refused stranger ENOENT RefusedNoPeer; }
wrong_port()	  { refused wrong-port ENOENT RefusedNoPeer; }
ipv6_peer()	  { refused v6peer EAFNOSUPPORT RefusedFamily; }
no_privilege()	  { refused no-caps EPERM RefusedPerm; }
repair_mode()	  { refused repair EUCLEAN RefusedRepair; }
tls()		  { refused tls EPROTOTYPE RefusedUlp; }
ip_options()	  { refused ip-options EPROTO RefusedIpOptions -O; }
partially_read()  { refused read EILSEQ RefusedConsumed; }
unknown_flag()	  { refused flags EINVAL -; }
reserved_field()  { refused reserved EINVAL -; }
short_argument()  { refused short EINVAL -; }
long_argument()	  { refused long E2BIG -; }

md5() {
	DISPATCH=(-k "${ADDR[client]}")
	refused md5 EKEYREJECTED RefusedSigned -k
}

# A request was answered here before, and nobody vouches for the boundary.
not_vouched_for() {
	dispatch_start -x unvouched
	remember
	traffic -n 3 -j 1 -r 2 -L -E none -o echo -s 1-20000
	expect 3 EILSEQ RefusedConsumed
}

peer_down() {
	node_run fe "$TCPHANDOFF" peer add 10.0.0.9 back-end unauthenticated
	start_ready fe "exec ./dispatch -l $VIP:$PORT -b 10.0.0.9"
	JOB_fe=$JOB
	remember
	traffic -n 3 -j 1 -E none -o echo -s 1-20000
	node_run fe "$TCPHANDOFF" peer del 10.0.0.9
	expect 3 EHOSTDOWN RefusedPeerDown
}

# The client is on the front end itself.
local_client() {
	dispatch_start -x local
	remember
	RESULT=$(node_sh fe "cd $HERE; ./client -c $VIP:$PORT -n 3 -E none") ||
		fail "client: $RESULT"
	expect 3 ELOOP RefusedLocal
}

ipv6_connection() {
	start_ready fe "exec ./dispatch -l [::1]:$PORT -b ${ADDR[be1]}"
	JOB_fe=$JOB
	remember
	RESULT=$(node_sh fe "cd $HERE; ./client -c [::1]:$PORT -n 3 -E none") ||
		fail "client: $RESULT"
	expect 3 EAFNOSUPPORT RefusedFamily
}

# The listener is closed between accept() and the handoff.
no_home() {
	dispatch_start -x no-home
	remember
	traffic -n 1 -E none -o echo -s 1-20000
	expect 1 EADDRNOTAVAIL RefusedNoHome
}

# Our side is shut, so that no answer can come; the end of file must.  The
# client does not look at it before, or it would close, too.
fin_sent() {
	local job

	dispatch_start -x fin-sent
	remember
	start client "exec ./client -c $VIP:$PORT -P -K"
	job=$JOB
	until_counted fe RefusedFinSent 1
	node_kill "$job" USR1
	RESULT=$(node_wait "$job" 2>&1)
	[[ $RESULT == *"end of file"* ]] || fail "client: $RESULT"
	expect 1 ESHUTDOWN RefusedFinSent
}

# One segment that announces the urgent byte is here, the next, with the byte,
# was lost.
urgent() {
	DISPATCH=(-g)
	refused urgent ENOMSG RefusedUrgent -U -o put -s $((1448 + 777)) \
		-w body -a 1000
}

# A thread waits in send(), in the middle of a response.
writer() {
	local job

	dispatch_start -x writer
	remember
	start client "exec ./client -c $VIP:$PORT -P -E none -o get \
		-s 16000000 -a 8000000"
	job=$JOB
	until_counted fe RefusedWriter 1
	node_kill "$job" USR1
	RESULT=$(node_wait "$job") || fail "client: $RESULT"
	echo "client: $RESULT"
	expect 1 EBUSY RefusedWriter
}

# Queues of connections in transit are bounded
limit_of_bytes() {
	node_run fe "$TCPHANDOFF" config set max-bytes 1000
	trap 'node_sh fe "$TCPHANDOFF config set max-bytes 268435456"' EXIT
	refused limit ENOBUFS RefusedBytes -w body -a 5000 -s 10000
}

# ... and so are flows: two are held open, the others stay here.
limit_of_flows() {
	local held

	node_run fe "$TCPHANDOFF" config set max-flows 2
	trap 'node_sh fe "$TCPHANDOFF config set max-flows 1048576"' EXIT
	cluster_start
	remember
	start client "exec ./client -c $VIP:$PORT -n 2 -H -E adopted"
	held=$JOB
	await "$held" holding || fail "client: $(node_wait "$held" 2>&1)"
	traffic -n 3 -E none -o echo -s 1-20000
	node_kill "$held" USR1
	RESULT=$(node_wait "$held") || fail "client: $RESULT"
	no_flows fe 10
	traffic -n 2 -E adopted
	dispatch_end
	[[ $(field refused_EUSERS "$DISPATCHED") == 3 ]] || fail "errno"
	counted fe.RefusedFlows == 3 fe.Captured == 4
}

# Who has no privilege may if the administrator opened this VIP.
privilege_by_vip() {
	cluster_start -x no-caps
	remember
	traffic -n 2 -E none
	node_run fe "$TCPHANDOFF" vip add $VIP:$PORT unprivileged
	trap 'node_sh fe "$TCPHANDOFF vip del $VIP:$PORT"' EXIT
	traffic -n 2 -E adopted
	node_run fe "$TCPHANDOFF" vip del $VIP:$PORT
	trap - EXIT
	traffic -n 2 -E none
	counted fe.RefusedPerm == 4 fe.Captured == 2
}

no_connection() {
	local what

	remember
	RESULT=$(node_sh fe "cd $HERE; ./dispatch -q -b ${ADDR[be1]}" |
		tr '\n' ' ')
	echo "$RESULT"
	for what in new listener; do
		[[ $(field $what "$RESULT") == ENOTCONN &&
		   $(field ${what}_role "$RESULT") == 0 ]] || fail "$what"
	done
	[[ $(field closed "$RESULT") == EBADF ]] || fail "closed"
	counted fe.RefusedState == 2 fe.Captured == 0
}

run_tests unknown_peer wrong_port peer_down ipv6_peer ipv6_connection \
	no_privilege local_client no_home fin_sent repair_mode md5 tls \
	ip_options urgent writer partially_read not_vouched_for unknown_flag \
	reserved_field short_argument long_argument limit_of_bytes \
	limit_of_flows privilege_by_vip no_connection
