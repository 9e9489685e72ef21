#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A noarp address belongs to its host for everything but ARP: no answer, no
# question in its name.  The client watches who claims the VIP on the link.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

OTHER=10.0.0.101

mac_of() {
	node_exec "$1" ip -o link show dev "$DEV" |
		grep -oE 'ether [0-9a-f:]+' | cut -d ' ' -f 2
}

# watch ADDR: until "claims"
watch() {
	start_ready client "exec ./arp_watch -i $DEV -a $1 -n 5"
	WATCH=$JOB
}

# The claims so far, once one of KIND was heard or after SECONDS without
claims() {
	await "$WATCH" "$1" "$2"
	CLAIMS=$(end "$WATCH")
	echo "$CLAIMS"
}

# The front end has the VIP as an ordinary address, the back ends as noarp.
only_front_end_answers() {
	watch $VIP
	# Five questions, one every 200 ms; be1 and be2 get them all.
	claims never 2
	[[ $(grep -c '^reply' <<< "$CLAIMS") == 1 &&
	   $CLAIMS == *"reply $(mac_of fe)"* ]] || fail "who answers?"
}

# The same address without the flag: the watcher does see an answer.
ordinary_address_answers() {
	node_run be1 ip addr add $OTHER/32 dev lo
	watch $OTHER
	claims reply 5
	node_run be1 ip addr del $OTHER/32 dev lo
	[[ $CLAIMS == *"reply $(mac_of be1)"* ]] || fail "nobody answers"
}

noarp_address_is_silent() {
	node_run be1 "$TCPHANDOFF" vip add $OTHER dev lo noarp
	watch $OTHER
	claims never 2
	node_run be1 "$TCPHANDOFF" vip del $OTHER dev lo
	[[ $CLAIMS != *"reply"* ]] || fail "somebody answers"
}

# The back end's own address is not touched by any of this.
other_addresses_answer() {
	watch "${ADDR[be1]}"
	claims reply 5
	[[ $CLAIMS == *"reply $(mac_of be1)"* ]] || fail "be1 is silent"
}

# be1 must ask for the client's address while it has nothing to send but
# answers from the VIP.
ask_for_client() {
	local job

	cluster_start
	remember
	start client "exec ./client -c $VIP:$PORT -n 5 -H -B 0 -E adopted"
	job=$JOB
	await "$job" holding || fail "client: $(node_wait "$job" 2>&1)"
	watch $VIP
	node_run be1 ip neigh flush dev "$DEV"
	node_kill "$job" USR1
	RESULT=$(node_wait "$job") || fail "client: $RESULT"
	echo "client: $RESULT"
	claims "sender $(mac_of be1)" 2
	counted_handoffs 5
}

never_the_sender() {
	ask_for_client
	[[ $CLAIMS != *"$(mac_of be1)"* ]] || fail "be1 claims the VIP"
}

# The same without the flag: the watcher does see be1 ask as the VIP.
ordinary_address_is_sender() {
	node_run be1 "$TCPHANDOFF" vip del $VIP dev lo
	node_run be1 ip addr add $VIP/32 dev lo
	node_run be1 "$TCPHANDOFF" vip add $VIP
	trap 'node_sh be1 "ip addr del $VIP/32 dev lo
		$TCPHANDOFF vip del $VIP
		$TCPHANDOFF vip add $VIP dev lo noarp"' EXIT
	# The client must not learn the wrong MAC from it.
	node_run client ip neigh replace $VIP lladdr "$(mac_of fe)" dev "$DEV" \
		nud permanent
	ask_for_client
	node_run client ip neigh del $VIP dev "$DEV"
	[[ $CLAIMS == *"sender $(mac_of be1)"* ]] || fail "nobody claims it"
}

# announce: be1 tells the link its addresses, because its MAC was set
announce() {
	watch $OTHER
	node_run be1 ip link set dev "$DEV" address "$(mac_of be1)"
	claims sender "$1"
	node_sh be1 "sysctl -qw net.ipv4.conf.all.arp_notify=0"
}

ordinary_address_is_announced() {
	node_sh be1 "sysctl -qw net.ipv4.conf.all.arp_notify=1
		ip addr add $OTHER/32 dev $DEV"
	announce 5
	node_run be1 ip addr del $OTHER/32 dev "$DEV"
	[[ $CLAIMS == *"sender $(mac_of be1)"* ]] || fail "not announced"
}

never_announced() {
	node_sh be1 "sysctl -qw net.ipv4.conf.all.arp_notify=1
		$TCPHANDOFF vip add $OTHER dev $DEV noarp"
	announce 1
	node_run be1 "$TCPHANDOFF" vip del $OTHER dev "$DEV"
	[[ $CLAIMS != *"$(mac_of be1)"* ]] || fail "announced"
}

run_tests only_front_end_answers ordinary_address_answers \
	noarp_address_is_silent other_addresses_answer never_the_sender \
	ordinary_address_is_sender ordinary_address_is_announced \
	never_announced
