# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A cluster of User Mode Linux kernels on one host, one kernel a node:
#
#    client .1     fe .2 (VIP .100)     be1 .3     be2 .4      10.0.0.0/24
#       |             |                    |          |
#   ----+-------------+--------------------+----------+----    bridge br0
#
#   cluster_main [-n NODES] -- CMD...   the verb: builds, then cluster_run;
#                                       without CMD: the selftests
#   cluster_run CMD...                  run CMD with the cluster up
#   cluster_solo CMD...                 run CMD inside one such kernel
#
# Bridge, kernels and their files live in namespaces of their own (user, PID,
# network, mount): however a run ends, nothing is left and nothing else on the
# host is touched; no root is needed.  CMD runs in these namespaces and reaches
# the nodes through node.sh.
#
# A node is joined to the bridge by a tap device.  Where /dev/net/tun may not be
# used it is a veth pair and a packet socket, which drops packets when a node
# is slow to take them.  Its serial line 0 carries job
# numbers, see node.sh; its console ends in a log, and a kernel warning in
# one of these fails the run, whatever CMD says.

CLUSTER_NODES=${CLUSTER_NODES:-client fe be1 be2}
CLUSTER_MEM=${CLUSTER_MEM:-1G}
CLUSTER_VIP=10.0.0.100

# Outside: what it needs, then into the namespaces.
cluster_prepare() {
	local so=$BUILD/um-preload.so

	export CLUSTER_LINUX=${CLUSTER_LINUX:-$(kernel_image um)}
	[[ -x $CLUSTER_LINUX ]] ||
		die "no kernel $CLUSTER_LINUX: scripts/handoff build um"
	export CLUSTER_DIR=$BUILD/run
	mkdir -p "$CLUSTER_DIR" "$LOGS"
	if [[ ! $so -nt $LIB/um-preload.c ]]; then
		gcc -O2 -Wall -shared -fPIC -o "$so.$$" "$LIB/um-preload.c"
		mv "$so.$$" "$so"
	fi
	export CLUSTER_NODES CLUSTER_MEM CLUSTER_VIP
}

# If this shell dies, unshare is killed, and with it all of its processes.
cluster_enter() {
	setpriv --pdeathsig KILL \
		unshare --map-root-user --net --mount --pid --fork --kill-child \
		--mount-proc bash "$LIB/cluster.sh" "$@" 9>&-
}

cluster_main() {
	local OPTIND=1 opt

	while getopts n: opt; do
		case $opt in
		n) CLUSTER_NODES=$OPTARG ;;
		*) die "usage: scripts/handoff cluster [-n NODES] [-- CMD...]" ;;
		esac
	done
	shift $((OPTIND - 1))
	load selftests
	need_kernel um
	need_tools
	if (($#)); then
		cluster_run "$@"
	else
		selftests_run cluster
	fi
}

cluster_run() {
	cluster_prepare
	cluster_enter run "$@"
}

cluster_solo() {
	CLUSTER_NODES=${CLUSTER_SOLO:-solo}
	cluster_prepare
	cluster_enter solo "$@"
}

# Inside from here on.

cluster_address() {
	case $1 in
	client)	echo 10.0.0.1 ;;
	fe)	echo 10.0.0.2 ;;
	be*)	echo "10.0.0.$((${1#be} + 2))" ;;
	esac
}

cluster_bridge() {
	ip link set lo up
	ip link add br0 type bridge forward_delay 0 mcast_snooping 0
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip addr add 10.0.0.254/24 dev br0
	ip link set br0 up
}

# cluster_port NODE: its end on the bridge; sets $transport
cluster_port() {
	if [[ -z ${CLUSTER_NO_TUN-} && -r /dev/net/tun && -w /dev/net/tun ]]; then
		ip tuntap add "$1" mode tap
		ip link set "$1" master br0 txqueuelen 10000 up
		transport="tap,ifname=$1"
	else
		ip link add "$1" txqueuelen 10000 type veth peer name "$1-um"
		ip link set "$1" master br0 up
		ip link set "$1-um" up
		transport="raw,ifname=$1-um"
	fi
}

cluster_boot() {
	local node=$1 file=$CLUSTER_DIR/$1 addr transport args mac

	addr=$(cluster_address "$node")
	# shellcheck disable=SC2054
	args=(mem="$CLUSTER_MEM" umid="$node" uml_dir="$CLUSTER_DIR/uml/"
	      rootfstype=hostfs root=/dev/root rootflags=/ rw
	      init="$LIB/node-init" con=null con0=null,fd:1
	      ssl0=fd:6,fd:7 ssl1=null,fd:8 console=tty0
	      panic=-1 loglevel=5 cluster="$CLUSTER_DIR" node="$node"
	      bin="$BUILD/bin")
	if [[ -n $addr ]]; then
		cluster_port "$node"
		# shellcheck disable=SC2086
		printf -v mac '02:00:%02x:%02x:%02x:%02x' ${addr//./ }
		# shellcheck disable=SC2054
		args+=(vec0:transport="$transport",depth=128,mac="$mac"
		       addr="$addr/24")
	fi

	mkfifo "$file.in" "$file.out" "$file.boot"
	: > "$file.console"
	cluster_keep "$node" "${args[@]}" &
}

# cluster_keep NODE ARGS...: its kernel, and the next one, see node_boot()
cluster_keep() {
	local node=$1 file=$CLUSTER_DIR/$1 boot in
	shift

	exec {boot}<> "$file.boot" {in}<> "$file.in"
	while :; do
		cluster_kernel "$@"
		read -r _ <&"$boot"
		# jobs that the one before has not come to
		while read -r -t 0.01 _ <&"$in"; do
			:
		done
	done
}

# In a session of its own, which is all that has to be ended with it.  Opened
# for both directions, the FIFO of jobs has no end of file; the one of answers
# has, when the kernel goes.
cluster_kernel() {
	TMPDIR=$CLUSTER_DIR LD_PRELOAD=$BUILD/um-preload.so \
		setsid "$CLUSTER_LINUX" "$@" < /dev/null \
		>> "$file.console" 2>&1 6<> "$file.in" 7> "$file.out" \
		8>&"${stream:-1}" {boot}>&- {in}>&- &
	echo $! > "$file.pid"
	cluster_listen "$node" < "$file.out"
}

# Passes the ends of a node's jobs on to those who wait for them.
cluster_listen() {
	local id rc fifo file

	while read -r id rc; do
		file=$CLUSTER_DIR/jobs/$id
		if [[ $id == ready ]]; then
			: > "$CLUSTER_DIR/$1.ready"
			continue
		fi
		[[ -p $file.rc ]] || continue
		echo "$rc" > "$file.status"
		# Read-write, or this would wait for a reader.
		echo 1<> "$file.rc"
	done
	: > "$CLUSTER_DIR/$1.dead"
	for fifo in "$CLUSTER_DIR/jobs/$1"-*.rc; do
		[[ -p $fifo ]] || continue
		file=${fifo%.rc}
		[[ -s $file.status ]] || echo "$NODE_LOST" > "$file.status"
		echo 1<> "$fifo"
	done
}

cluster_ready() {
	local node

	for node; do
		until [[ -e $CLUSTER_DIR/$node.ready ]]; do
			if node_dead "$node" || ((SECONDS > 30)); then
				echo "$node does not boot:" >&2
				tail -n 30 "$CLUSTER_DIR/$node.console" >&2
				return 1
			fi
			sleep 0.02
		done
	done
}

# Status 1, and the place, if a kernel has complained.
cluster_judge() {
	local node log rc=0

	for node; do
		log=$CLUSTER_DIR/$node.console
		if ! klog_check "$node" "$log"; then
			rc=1
		elif node_dead "$node" && [[ ! -e $CLUSTER_DIR/$node.killed ]]
		then
			echo "$node: its kernel has ended:" >&2
			tail -n 20 "$log" >&2
			rc=1
		fi
	done
	return "$rc"
}

cluster_inside() {
	local verb=$1 node rc=0 stream
	shift

	trap 'exit 130' INT TERM
	mount -t tmpfs -o mode=755,size=90% cluster "$CLUSTER_DIR"
	mkdir "$CLUSTER_DIR"/{jobs,uml,bin}
	# A node is started in the background, with its standard output away.
	[[ $verb == solo ]] && exec {stream}>&1
	cluster_bridge
	for node in $CLUSTER_NODES; do
		cluster_boot "$node"
	done
	# shellcheck disable=SC2086
	cluster_ready $CLUSTER_NODES || return 1

	inside_"$verb" "$@" || rc=$?

	# shellcheck disable=SC2086
	cluster_judge $CLUSTER_NODES || ((rc)) || rc=1
	for node in $CLUSTER_NODES; do
		cp "$CLUSTER_DIR/$node.console" "$LOGS/um-$node.log"
	done
	return "$rc"
}

# The verbs of cluster_inside().
inside_run() {
	local node

	export CLUSTER_LIB=$LIB/node.sh
	for node in $CLUSTER_NODES; do
		export "CLUSTER_ADDR_$node=$(cluster_address "$node")"
	done
	# For programs that are not shell scripts, and for people.
	printf '#!/bin/bash\n. %q\nnode_exec "$@"\n' "$CLUSTER_LIB" \
		> "$CLUSTER_DIR/bin/node_exec"
	chmod +x "$CLUSTER_DIR/bin/node_exec"
	PATH=$CLUSTER_DIR/bin:$BUILD/bin:$PATH "$@"
}

# One node, and its serial line 1 is our standard output.  Parameters of tests
# come along.
inside_solo() {
	local script JOB

	printf -v script '%q ' "$@"
	JOB_STREAM=1 node_spawn "$CLUSTER_NODES" "
		$(export -p | grep -E '^declare -x (HANDOFF_|KSELFTEST)')
		cd $(printf %q "$PWD")
		exec 2>&1; $script"
	node_wait "$JOB"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	set -uo pipefail
	# shellcheck source=common.sh
	. "$LIB/common.sh"
	load klog node
	cluster_inside "$@"
fi
