#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is shown of handoff elsewhere than by its own tool: tracepoints, and the
# attribute of socket diagnostics that tells ss about flows.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

##############################################################################
# Tracepoints

TRACING=/sys/kernel/tracing
INSTANCE=$TRACING/instances/handoff
# Hosts whose kernels are traced: namespaces have one.
KERNELS="fe be1"
[[ -n ${CLUSTER_LIB-} ]] || KERNELS=fe

# Only what happens from now on, in a buffer of our own.
trace_on() {
	local node

	trap trace_off EXIT
	for node in $KERNELS; do
		node_sh "$node" "
			grep -qw tracefs /proc/filesystems || exit 4
			[[ -d $TRACING/events ]] ||
				mount -t tracefs trace $TRACING || exit
			mkdir $INSTANCE &&
			echo 1 > $INSTANCE/events/tcp_handoff/enable"
		case $? in
		0) ;;
		4) skip "no tracefs" ;;
		*) fail "$node: tracepoints cannot be enabled" ;;
		esac
	done
}

trace_off() {
	local node

	for node in $KERNELS; do
		node_sh "$node" "[[ ! -d $INSTANCE ]] || {
			echo 0 > $INSTANCE/events/enable
			rmdir $INSTANCE
		}"
	done
}

# Events of all hosts into $WORK/trace, as "NAME: WORDS", each host's in order.
traced() {
	local node

	for node in $KERNELS; do
		node_run "$node" cat $INSTANCE/trace
	done | sed -n 's/^.*: tcp_handoff_\([a-z]*: \)/\1/p' > "$WORK/trace"
	cat "$WORK/trace"
}

# those EVENT WORD NUMBER: so many events have the word
those() {
	[[ $(grep "^$1: " "$WORK/trace" | grep -cF -- "$2") == "$3" ]] ||
		fail "not $3 of $1 with $2"
}

# in_order LINE...: each of these events once, and in this order
in_order() {
	local lines

	printf -v lines '%s\n' "$@"
	[[ $(grep -xF -- "${lines%$'\n'}" "$WORK/trace")$'\n' == "$lines" ]] ||
		fail "wanted, in order: $lines"
}

# until_traced NODE WORDS
until_traced() {
	until_true "$1" "grep -qF '$2' $INSTANCE/trace" ||
		fail "$1: no event '$2'"
}

# Changes of state of the connection below
step() { echo "state: flow=$FLOW epoch=1 $1 client=$PEER vip=$VIP:$PORT"; }

# hold OPTIONS: one connection that has had an answer, and waits
hold() {
	start client "exec ./client -c $VIP:$PORT -n 1 -B 0 -H $*"
	HELD=$JOB
	await "$HELD" holding 30 || fail "client: $(node_wait "$HELD" 2>&1)"
	CURRENT=false
}

let_go() {
	node_kill "$HELD" USR1
	RESULT=$(node_wait "$HELD") || fail "client: $RESULT"
	echo "client: $RESULT"
	no_flows fe 10
}

# The flow that is forwarded: $FLOW, its name, $PEER, its client
forwarded() {
	local words

	words=$(node_run fe "$TCPHANDOFF" flow show)
	echo "$words"
	[[ $words =~ id\ ([0-9a-f]+:[0-9]+)\ state\ forward\ client\ ([0-9.:]+) ]] ||
		fail "no flow is forwarded"
	FLOW=${BASH_REMATCH[1]}
	PEER=${BASH_REMATCH[2]}
}

# There and to its end; both hosts call it by the same name.
moved_is_traced() {
	cluster_start
	trace_on
	hold -E adopted
	forwarded
	let_go
	traced
	in_order "$(step "hold -> sent")" "$(step "sent -> forward")" \
		"$(step "forward -> ended")"
	in_order "$(step "adopting -> owned")" "$(step "owned -> ended")"
	those state "" 5
	those refused "" 0
}

# Home again; the trace of who says no tells why.
refused_is_traced() {
	local netns

	netns=$(node_run be1 stat -Lc %i /proc/self/ns/net)
	dispatch_start -1
	trace_on
	remember
	traffic -n 1 -E returned -B 0
	counted be1.RefusedNoListener == 1
	no_flows fe 10
	no_flows be1 10
	traced
	FLOW=$(sed -n 's/^packed: flow=\([^ ]*\) .*/\1/p' "$WORK/trace")
	PEER=$(sed -n 's/.*-> homing client=\([^ ]*\) .*/\1/p' "$WORK/trace")
	[[ $FLOW == ?*:?* && $PEER == "${ADDR[client]}":?* ]] || fail "no flow"
	in_order "$(step "hold -> sent")" "$(step "sent -> homing")" \
		"$(step "homing -> ended")"
	in_order "$(step "adopting -> ended")"
	those state "" 4
	those refused "netns=$netns reason=27 (" 1
	those refused "" 1
}

# What does not even leave its socket has no flow, and no change of state.
refused_at_once_is_traced() {
	local netns

	netns=$(node_run fe stat -Lc %i /proc/self/ns/net)
	dispatch_start -x stranger
	trace_on
	remember
	traffic -n 3 -E none
	counted fe.RefusedNoPeer == 3
	traced
	those refused "netns=$netns reason=25 (" 3
	those refused "" 3
	those state "" 0
	those packed "" 0
}

# The client's bytes, request and all, are in the message, and little else.
packed_is_traced() {
	local state message

	cluster_start
	trace_on
	hold -E adopted -o put -s 5000 -w body -a 5000
	forwarded
	let_go
	traced
	those packed "flow=$FLOW " 1
	those packed "" 1
	read -r state message < <(sed -nE \
		's/^packed: .* state=([0-9]+) message=([0-9]+)$/\1 \2/p' \
		"$WORK/trace")
	# struct request of traffic.h has 32 bytes.
	((message - state == 5000 + 32)) || fail "queues"
	((state > 100 && state < 2000)) || fail "state"
}

channel_is_traced() {
	trace_on
	remember
	node_run fe "$TCPHANDOFF" peer del "${ADDR[be1]}"
	until_traced fe "peer=${ADDR[be1]} out down err="
	until_traced be1 "peer=${ADDR[fe]} in down err="
	node_sh fe "$TCPHANDOFF peer add ${ADDR[be1]} back-end $AUTH" ||
		fail "not added"
	until_counted fe ChannelUp 1
	until_traced fe "peer=${ADDR[be1]} out up err=0"
	until_traced be1 "peer=${ADDR[fe]} in up err=0"
	traced
	those channel " up " 2
	those channel " down " 2
}

##############################################################################
# Socket diagnostics, see diag.c

# shown NODE STATE PEER ROLE FLOW: this is what the node says of the socket
shown() {
	local line

	line=$(node_sh "$1" "cd $HERE; ./diag $PORT") || fail "$1: diag: $line"
	line=$(grep -F " peer=$3 " <<< "$line")
	echo "$1: $line"
	[[ $line == "state=$2 peer=$3 role=$4 flow=$5" ]] ||
		fail "$1: wanted $2 $3 $4 $5"
}

# Both ends have the same name for it.
moved_is_shown() {
	cluster_start
	hold -E adopted
	forwarded
	shown fe TIME-WAIT "$PEER" captured "$FLOW"
	shown be1 ESTAB "$PEER" adopted "$FLOW"
	shown be1 LISTEN 0.0.0.0:0 - -
	let_go
}

# The same for what has come home: its flow is over, its socket knows the name.
returned_is_shown() {
	dispatch_start -1
	trace_on
	hold -E returned
	traced
	FLOW=$(sed -n 's/^packed: flow=\([^ ]*\) .*/\1/p' "$WORK/trace")
	PEER=$(sed -n 's/.*-> homing client=\([^ ]*\) .*/\1/p' "$WORK/trace")
	[[ $FLOW == ?*:?* ]] || fail "no flow"
	shown fe ESTAB "$PEER" returned "$FLOW"
	let_go
}

# Others have no attribute: a connection that nobody moved, and its TIME_WAIT.
unmoved_is_not_shown() {
	local port=9997

	cluster_start
	hold -E none -w local -b $port -C
	shown fe ESTAB "${ADDR[client]}:$port" - -
	let_go
	shown fe TIME-WAIT "${ADDR[client]}:$port" - -
}

# Who may not ask for flows is not shown them here.
needs_privilege() {
	local node all

	cluster_start
	hold -E adopted
	forwarded
	for node in fe be1; do
		all=$(node_sh "$node" "cd $HERE; setpriv --reuid 65534 \
			--clear-groups --bounding-set=-all ./diag $PORT") ||
			fail "$node: diag: $all"
		echo "$all"
		[[ $all == *" peer=$PEER role=- flow=-"* ]] || fail "$node"
	done
	let_go
}

run_tests moved_is_traced refused_is_traced refused_at_once_is_traced \
	packed_is_traced channel_is_traced moved_is_shown returned_is_shown \
	unmoved_is_not_shown needs_privilege
