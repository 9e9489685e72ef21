# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Nodes that are network namespaces of this kernel; the counterpart of
# scripts/lib/node.sh, where they are hosts.

declare -A NS

topology_up() {
	local node ns_client='' ns_fe='' ns_be1='' ns_be2='' ns_bridge=''

	setup_ns ns_client ns_fe ns_be1 ns_be2 ns_bridge || return
	NS=([client]=$ns_client [fe]=$ns_fe [be1]=$ns_be1 [be2]=$ns_be2
	    [bridge]=$ns_bridge)
	ip -n "$ns_bridge" link add br0 type bridge forward_delay 0 || return
	ip -n "$ns_bridge" link set br0 up
	for node in $HOSTS; do
		node_link "$node" || return
	done
}

# Several queues, so that several CPUs have a part in each host.
node_link() {
	local queues

	queues=$(nproc)
	ip -n "${NS[bridge]}" link add "$1" numrxqueues "$queues" \
		numtxqueues "$queues" type veth peer name "$DEV" \
		netns "${NS[$1]}" numrxqueues "$queues" \
		numtxqueues "$queues" || return
	ip -n "${NS[bridge]}" link set "$1" master br0 up
	ip netns exec "${NS[$1]}" sysctl -qw "net.ipv6.conf.$DEV.disable_ipv6=1"
	ip -n "${NS[$1]}" link set "$DEV" up
	ip -n "${NS[$1]}" addr add "${ADDR[$1]}/24" dev "$DEV" || return
	node_rps "${NS[bridge]}" "$1"
	node_rps "${NS[$1]}" "$DEV"
}

# Between CPUs a veth pair keeps no order: what a thread sends before and
# after it moves to another CPU may change places.  RPS keeps each flow on one
# CPU, as the receive queues of a real device do.
node_rps() {
	local mask

	mask=$(printf '%x' $(((1 << $(nproc)) - 1)))
	ip netns exec "$1" bash -c "for q in /sys/class/net/$2/queues/rx-*; do
		[[ ! -e \$q/rps_cpus ]] || echo $mask > \$q/rps_cpus
	done"
}

topology_down() { cleanup_all_ns; }

# A namespace less, with all that is in it.
node_delete() { cleanup_ns "${NS[$1]}"; }

node_sh() { ip netns exec "${NS[$1]}" bash -c "$2" < /dev/null; }

node_exec() { ip netns exec "${NS[$1]}" "${@:2}" < /dev/null; }

node_spawn() {
	JOB=$1-$((++job_count))-$BASHPID
	local file=$WORK/$JOB

	{
		setsid -w ip netns exec "${NS[$1]}" \
			bash -c "echo \$\$ > $file.pid; $2" \
			< /dev/null > "$file.out" 2> "$file.err"
		echo $? > "$file.rc.new"
		mv "$file.rc.new" "$file.rc"
	} 2> /dev/null &
}
job_count=0

# wait_file SECONDS FILE: the subshell that started it may be gone, "wait" not
# possible
wait_file() {
	local end=$((SECONDS + $1))

	until [[ -s $2 ]]; do
		((SECONDS < end)) || return
		sleep 0.02
	done
}

node_wait() {
	local file=$WORK/$1 rc

	wait_file 300 "$file.rc"
	read -r rc 2> /dev/null < "$file.rc" || rc=125
	cat "$file.out"
	cat "$file.err" >&2
	rm -f "$file".*
	return "$rc"
}

# One that does not end within seconds is killed.
node_wait_or_kill() {
	wait_file 3 "$WORK/$1.rc" || node_kill "$1" KILL
	node_wait "$1"
}

node_ended() { [[ ! -e $WORK/$1.out ]]; }

node_out_file() { echo "$WORK/$1.out"; }

node_out() { cat "$WORK/$1.out" 2> /dev/null; }

node_kill() {
	local file=$WORK/$1 pid

	wait_file 5 "$file.pid"
	read -r pid < "$file.pid" || return
	kill "-${2:-TERM}" -- "-$pid"
}
