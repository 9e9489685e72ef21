#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The front end as a router: the short way and the long one, and the errors that
# a router must send or pass on.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# set by cluster_start
JOB_be1='' JOB_be2=''

# moved: a connection with several requests, all through be1
moved() {
	remember
	traffic -n 2 -B 0 -r 10 -E adopted -o echo -s 1000-5000
	counted fe.AdoptedThere == 2 fe.Forwarded ">" 10
}

short_way() {
	cluster_start
	moved
	counted fe.ForwardShortcut ">" 10
}

# A firewall on INPUT sees every packet, so nothing may go around it.
long_way() {
	node_sh fe "nft 'add table ip handoff
		add chain ip handoff in { type filter hook input priority 0; }'"
	trap 'node_sh fe "nft delete table ip handoff"' EXIT
	cluster_start
	moved
	counted fe.ForwardShortcut == 0
}

# ... and may drop them
firewall_is_asked() {
	cluster_start
	hold_one -o echo -s 5000
	node_sh fe "nft 'add table ip handoff
		add chain ip handoff in { type filter hook input priority 0; }
		add rule ip handoff in ip daddr $VIP tcp dport $PORT \
			counter drop'"
	trap 'node_sh fe "nft delete table ip handoff"' EXIT
	go_on
	until_true fe "nft list table ip handoff |
		grep -E 'counter packets [1-9]'" 10 || fail "not asked"
	counted fe.Forwarded == 0
	trap - EXIT
	node_sh fe "nft delete table ip handoff"
	ends_well
}

# What has come as far as it may is dropped, and its sender told.
time_to_live() {
	cluster_start
	hold_one -o echo -s 5000
	node_sh client "sysctl -qw net.ipv4.ip_default_ttl=1"
	trap 'node_sh client "sysctl -qw net.ipv4.ip_default_ttl=64"' EXIT
	go_on
	until_counted fe ForwardTtl 1
	(($(icmp client InTimeExcds))) || fail "client was not told"
	node_sh client "sysctl -qw net.ipv4.ip_default_ttl=64"
	ends_well
}

# The way to the back end is narrower: the client learns, nothing is lost.
smaller_mtu() {
	cluster_start
	hold_one -o put -s 50000
	node_sh fe "ip route add ${ADDR[be1]}/32 dev $DEV mtu 1000"
	trap 'node_sh fe "ip route del ${ADDR[be1]}/32 dev $DEV"
		node_sh client "ip route flush cache"' EXIT
	go_on
	ends_well
	counted fe.ForwardMtu ">" 0
	node_sh client "ip route get $VIP | grep -q 'mtu 1000'" ||
		fail "client has not learnt"
}

# Errors about what the back end has sent come to the front end.
icmp_for_back_end() {
	local before after

	cluster_start
	hold_one -o get -s 5000
	before=$(icmp be1 InDestUnreachs)
	node_sh client "nft 'add table ip handoff
		add chain ip handoff in { type filter hook input priority 0; }
		add rule ip handoff in ip saddr $VIP tcp sport $PORT \
			reject with icmp type admin-prohibited'"
	trap 'node_sh client "nft delete table ip handoff"' EXIT
	go_on
	until_counted fe ForwardIcmp 1
	after=$(icmp be1 InDestUnreachs)
	trap - EXIT
	node_sh client "nft delete table ip handoff"
	ends_well
	((after > before)) || fail "the back end got none"
}

# NODE NAME: a counter of /proc/net/snmp
icmp() {
	node_sh "$1" "grep ^Icmp: /proc/net/snmp" | awk -v name="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
		NR == 2 { print $at }'
}

run_tests short_way long_way firewall_is_asked time_to_live smaller_mtu \
	icmp_for_back_end
