# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Nodes that are network namespaces of this kernel; the counterpart of
# scripts/lib/node.sh, where they are hosts.  Few processes are started: these
# tests also run in an emulated machine with every debug option.

NSDIR=/run/netns
declare -A NS
# A client's TCP that sends from several CPUs, its own and those on which it is
# acknowledged, lets its packets overtake each other before they have left it.
# Where nothing may be sent twice it is kept on one; see pin_client.
declare -A PIN=()

topology_up() {
	JOBS_DIR=$WORK
	NS[bridge]=handoff-$$-bridge
	ip netns add "${NS[bridge]}" || return
	ip -n "${NS[bridge]}" -batch - <<-END || return
		link add br0 type bridge forward_delay 0
		link set br0 up
	END
	# shellcheck disable=SC2086
	nodes_add $HOSTS
}

# Several queues, so that several CPUs have a part in each host.
nodes_add() {
	local node queues

	queues="numrxqueues $(nproc) numtxqueues $(nproc)"
	for node; do
		NS[$node]=handoff-$$-$node
		echo "netns add ${NS[$node]}"
	done > "$WORK/batch"
	ip -batch "$WORK/batch" || return

	for node; do
		echo "link add $node $queues type veth peer name $DEV" \
			"netns ${NS[$node]} $queues"
		echo "link set $node master br0 up"
	done > "$WORK/batch"
	ip -n "${NS[bridge]}" -batch "$WORK/batch" || return

	for node; do
		node_sh "$node" "
			echo 1 > /proc/sys/net/ipv6/conf/$DEV/disable_ipv6
			ip -batch - <<-END
				link set lo up
				link set $DEV up
				addr add ${ADDR[$node]}/24 dev $DEV
			END" || return
	done
}

# pin_client [MASK]: of CPUs that run its programs and its TCP (1: the first)
pin_client() {
	local mask=${1:-1}

	(($(nproc) > 1)) || return 0
	PIN[client]="taskset $mask"
	node_sysfs client "
		for f in /sys/class/net/$DEV/queues/rx-*/rps_cpus; do
			echo $mask > \$f || exit
		done"
}

topology_down() {
	local ns

	for ns in "${NS[@]}"; do
		[[ -e $NSDIR/$ns ]] && echo "netns del $ns"
	done | ip -batch -
}

# A namespace less, with all that is in it.
node_delete() {
	local pid

	for pid in $(ip netns pids "${NS[$1]}"); do
		kill -KILL "$pid"
	done
	ip netns del "${NS[$1]}"
}

# node_gone NODE SECONDS: the kernel has taken a deleted one apart, and with it
# the other end of its link.
node_gone() {
	local end=$((SECONDS + $2))

	while ip -n "${NS[bridge]}" link show dev "$1" > /dev/null 2>&1; do
		((SECONDS < end)) || return
		nap
	done
}

# Every kernel has its own sysfs, every namespace only with help.
node_sysfs() { ip netns exec "${NS[$1]}" bash -c "$2" < /dev/null; }

node_sh() {
	# shellcheck disable=SC2086
	nsenter --net="$NSDIR/${NS[$1]}" ${PIN[$1]-} bash -c "$2" < /dev/null
}

node_exec() { nsenter --net="$NSDIR/${NS[$1]}" "${@:2}" < /dev/null; }

# counters_of NODE...: see counters.c
counters_of() {
	local node args=()

	for node; do
		args+=("$node=$NSDIR/${NS[$node]}")
	done
	"$HERE/counters" -d "$DEV" "${COUNTERS_ARGS[@]}" "${args[@]}"
}
COUNTERS_ARGS=()

node_spawn() {
	JOB=$1-$BASHPID-$((++job_count))
	local file=$WORK/$JOB

	{
		# shellcheck disable=SC2086
		nsenter --net="$NSDIR/${NS[$1]}" ${PIN[$1]-} \
			bash -c "echo \$\$ > $file.pid; $2" \
			< /dev/null > "$file.out" 2> "$file.err"
		echo $? > "$file.rc.new"
		mv "$file.rc.new" "$file.status"
	} 2> /dev/null &
}
job_count=0

# The subshell that started it may be gone, "wait" does not do.
node_wait() {
	local file=$WORK/$1 rc=125

	await_file "$file.status" 300 && read -r rc < "$file.status"
	[[ -s $file.out ]] && cat "$file.out"
	[[ -s $file.err ]] && cat "$file.err" >&2
	rm -f "$file".*
	return "$rc"
}

node_ended() { [[ ! -e $WORK/$1.out ]]; }

node_kill() {
	local file=$WORK/$1 pid

	await_file "$file.pid" 10
	read -r pid < "$file.pid" || return
	kill "-${2:-TERM}" "$pid"
}
