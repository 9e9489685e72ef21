# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel's own TCP selftests with every connection handed on: each of them
# in a User Mode Linux kernel with torture mode off, and at levels 1 and 2.
#
#   torture_main [TEST...]	prints a table; fails if a result differs
#
# "fail:N": N of its cases pass, the others need several CPUs, or protocols
# that this kernel does not have.  Not here is what tests signed segments, TLS
# records or MPTCP (a handoff refuses these), what needs hardware or other
# libraries, and packetdrill, which the distribution does not have.

load setup build cluster tools klog

# NAME  PROGRAMS TO BUILD (- none)  COMMAND
TORTURE_TESTS='
bind_bhash		bind_bhash	./bind_bhash.sh -4
bind_timewait		bind_timewait	./bind_timewait
bind_wildcard		bind_wildcard	./bind_wildcard
fin_ack_lat		fin_ack_lat	./fin_ack_lat.sh
gro_veth		gro		./gro.sh -t data
ip_local_port_range	ip_local_port_range	./ip_local_port_range.sh
msg_zerocopy		msg_zerocopy	./msg_zerocopy.sh 4 tcp -t 1
msg_zerocopy_rx		msg_zerocopy	./msg_zerocopy.sh 4 tcp -z -t 1
reuseaddr_conflict	reuseaddr_conflict	./reuseaddr_conflict
reuseaddr_exhausted	reuseaddr_ports_exhausted	./reuseaddr_ports_exhausted.sh
reuseport_addr_any	reuseport_addr_any	./reuseport_addr_any.sh
reuseport_bpf		reuseport_bpf	./reuseport_bpf
reuseport_bpf_cpu	reuseport_bpf_cpu	./reuseport_bpf_cpu
reuseport_dualstack	reuseport_dualstack	./reuseport_dualstack
reuseport_listen	stress_reuseport_listen	./stress_reuseport_listen.sh
sk_bind_sendto_listen	sk_bind_sendto_listen	./sk_bind_sendto_listen
sk_connect_zero_addr	sk_connect_zero_addr	./sk_connect_zero_addr
sk_so_peek_off		sk_so_peek_off	./sk_so_peek_off
so_incoming_cpu		so_incoming_cpu	./so_incoming_cpu
so_netns_cookie		so_netns_cookie	./so_netns_cookie
tcp_fastopen_backup_key	tcp_fastopen_backup_key	./tcp_fastopen_backup_key.sh
tcp_inq			tcp_inq		./tcp_inq -4
tcp_mmap		tcp_mmap	./mmap.sh
tcp_mmap_zerocopy	tcp_mmap	./mmap.sh -z
txtimestamp		txtimestamp	./txtimestamp.sh -4 -L 127.0.0.1
'
TORTURE_LEVELS='0 1 2'

torture_main() {
	local level name programs cmd bad=0

	need_kernel um
	need_tools
	TORTURE_DIR=$BUILD/torture
	with_lock torture_build
	for level in $TORTURE_LEVELS; do
		torture_level "$level" "$@" || bad=1
	done
	printf '%-26s %-8s %-8s %-8s\n' test off "level 1" "level 2"
	torture_chosen "$@" | while read -r name programs cmd; do
		torture_row "$name"
	done > "$LOGS/torture.table"
	cat "$LOGS/torture.table"
	! grep -q ' differs$' "$LOGS/torture.table" || bad=1
	return "$bad"
}

torture_chosen() {
	local name programs cmd

	tr -s '\t' <<< "$TORTURE_TESTS" | while read -r name programs cmd; do
		[[ -n $name ]] || continue
		(($# == 0)) || [[ " $* " == *" $name "* ]] || continue
		echo "$name $programs $cmd"
	done
}

# torture_cc FILE [OPTION...].  Few can do with tools/include, few without.
torture_cc() {
	local file=$1 program

	program=$(basename "$1" .c)
	shift
	gcc -O2 -w -I"$LINUX/tools/testing/selftests" "$@" \
		-o "$TORTURE_DIR/$program" "$file" \
		-idirafter "$LINUX/include/uapi" -lpthread -lcrypto
}

# What does not build is no result, and shows as one.
torture_build() {
	local net=$LINUX/tools/testing/selftests/net name programs cmd
	local log=$LOGS/build-torture.log

	mkdir -p "$TORTURE_DIR"
	: > "$log"
	cp "$net"/*.sh "$TORTURE_DIR/"
	torture_chosen | while read -r name programs cmd; do
		[[ ! -x $TORTURE_DIR/$programs ]] || continue
		torture_cc "$net/$programs.c" >> "$log" 2>&1 ||
			torture_cc "$net/$programs.c" \
				-I"$LINUX/tools/include" >> "$log" 2>&1 || true
	done
	cat > "$TORTURE_DIR/mmap.sh" <<-'END'
		#!/bin/bash
		# tcp_mmap sends 32 GiB: as long as it likes, then the server is
		# asked what it got.
		stdbuf -oL ./tcp_mmap -4 -s -p 8787 "$@" > mmap.out 2>&1 &
		server=$!
		sleep 0.5
		timeout 5 ./tcp_mmap -4 -H 127.0.0.1 -p 8787 > /dev/null 2>&1
		sleep 0.5
		kill $server
		wait $server 2> /dev/null
		grep -q '^received' mmap.out &&
			! grep -v MAP_HUGETLB mmap.out |
			grep -iE 'error|fail|mismatch'
	END
	chmod +x "$TORTURE_DIR/mmap.sh"
}

# Every test in a fresh namespace, which begins with the level of the first.
torture_level() {
	local level=$1 rc=0 log=$LOGS/torture-$1.log

	shift
	torture_chosen "$@" > "$TORTURE_DIR/tests"
	cat > "$TORTURE_DIR/run" <<-'END'
		cd "$1"
		ulimit -n 40000
		sysctl -qw "net.ipv4.tcp_handoff_torture=$2" || exit
		while read -r -u 3 name programs cmd; do
			echo "== begin $name"
			if [[ ! -x $programs ]]; then
				echo "== end no"
				continue
			fi
			ip netns add torture
			ip -n torture link set lo up
			timeout -k 5 120 ip netns exec torture $cmd < /dev/null
			rc=$?
			ip netns exec torture nstat -asz 2> /dev/null |
				awk '/Torture/ { print "==", $1, $2 }'
			ip netns del torture
			echo "== end $rc"
		done 3< tests
	END
	say "torture: level $level ..."
	cluster_solo bash "$TORTURE_DIR/run" "$TORTURE_DIR" "$level" \
		> "$log" 2>&1 || rc=$?
	((rc == 0)) || say "torture: level $level: status $rc (${log#"$REPO/"})"
	return "$rc"
}

torture_result() {
	sed -n "/^== begin $2$/,/^== end/s/^== end //p" "$LOGS/torture-$1.log"
}

torture_passed() {
	local passed

	passed=$(sed -n "/^== begin $2$/,/^== end/{
		s/.*Totals: pass:\([0-9]*\) .*/\1/p}" "$LOGS/torture-$1.log")
	echo "fail${passed:+:$passed}"
}

torture_row() {
	local level rc words=() same=same

	for level in $TORTURE_LEVELS; do
		rc=$(torture_result "$level" "$1")
		case $rc in
		0)	words+=(pass) ;;
		4)	words+=(skip) ;;
		no)	words+=(absent) ;;
		124|137) words+=(timeout) ;;
		# parts of it cannot pass in this kernel: how many do?
		*)	words+=("$(torture_passed "$level" "$1")") ;;
		esac
	done
	[[ ${words[1]} == "${words[0]}" && ${words[2]} == "${words[0]}" ]] ||
		same=differs
	printf '%-26s %-8s %-8s %-8s %s\n' "$1" "${words[@]}" "$same"
}
