# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Commands on the nodes of a cluster, from outside; sourced by whatever runs
# under "scripts/handoff cluster", with $CLUSTER_DIR set.
#
#   node_exec NODE CMD ARG...	run a command, with its output and exit status
#   node_sh NODE SCRIPT		the same for a piece of shell
#   node_spawn NODE SCRIPT	start it, set $JOB
#				(JOB_STREAM=1: its output goes to serial line 1)
#   node_wait JOB		wait for it, with its output and exit status
#   node_out JOB		what it has written so far (jobs/JOB.out)
#   node_kill JOB [SIGNAL]	end it (and its children)
#   node_dead NODE		has its kernel ended?
#   node_crash NODE		end its kernel as a loss of power does
#   node_boot NODE		and start another one, with nothing but addresses
#
# A job is $CLUSTER_DIR/jobs/ID.cmd.  Its number goes down the serial line of
# the node (a FIFO; short writes to one are atomic, so any number of processes
# may do so), its exit status comes back through a FIFO of its own.

CLUSTER_PATIENCE=${CLUSTER_PATIENCE:-300}	# seconds for one job
job_count=0

# Exit status of a job whose node died or does not answer.
NODE_LOST=125

node_dead() { [[ -e $CLUSTER_DIR/$1.dead ]]; }

# The kernel, its threads and the processes in it are a session.
node_crash() {
	local file=$CLUSTER_DIR/$1 pid

	: > "$file.killed"
	read -r pid < "$file.pid"
	kill -KILL -- "-$pid"
	until node_dead "$1"; do
		sleep 0.01
	done
}

node_boot() {
	local file=$CLUSTER_DIR/$1 end=$((SECONDS + 30))

	node_dead "$1" || return
	rm -f "$file.dead" "$file.ready" "$file.killed"
	echo boot > "$file.boot"
	until [[ -e $file.ready ]]; do
		if node_dead "$1" || ((SECONDS > end)); then
			echo "$1 does not boot:" >&2
			tail -n 30 "$file.console" >&2
			return 1
		fi
		sleep 0.02
	done
}

node_spawn() {
	local node=$1 script=$2 id file

	id=$node-$BASHPID-$((++job_count))
	file=$CLUSTER_DIR/jobs/$id
	JOB=$id
	[[ -n ${JOB_STREAM-} ]] && : > "$file.stream"
	mkfifo "$file.rc"
	printf 'echo $$ > %q\n%s\n' "$file.pid" "$script" > "$file.cmd"
	if node_dead "$node"; then
		echo "$NODE_LOST" > "$file.status"
	else
		echo "$id" > "$CLUSTER_DIR/$node.in"
	fi
}

# The status is in the file first and then announced in the FIFO: who opens the
# FIFO before looking at the file misses neither.
node_status() {
	local file=$CLUSTER_DIR/jobs/$1 node=${1%%-*} fd

	exec {fd}<> "$file.rc"
	if [[ ! -s $file.status ]] && ! node_dead "$node"; then
		read -r -t "$CLUSTER_PATIENCE" _ <&"$fd" ||
			echo "$node: no end after $CLUSTER_PATIENCE s:" \
				"$(sed 1d "$file.cmd")" >&2
	fi
	exec {fd}>&-
	if [[ -s $file.status ]]; then
		cat "$file.status"
	else
		node_dead "$node" && echo "$node: its kernel has ended" >&2
		echo "$NODE_LOST"
	fi
}

node_wait() {
	local file=$CLUSTER_DIR/jobs/$1 rc

	rc=$(node_status "$1")
	[[ -s $file.out ]] && cat "$file.out"
	[[ -s $file.err ]] && cat "$file.err" >&2
	rm -f "$file".*
	return "$rc"
}

node_sh() {
	local JOB

	node_spawn "$1" "$2"
	node_wait "$JOB"
}

node_exec() {
	local node=$1 script

	shift
	printf -v script '%q ' "$@"
	node_sh "$node" "$script"
}

# Has it been waited for?
node_ended() { [[ ! -e $CLUSTER_DIR/jobs/$1.cmd ]]; }

node_out() { cat "$CLUSTER_DIR/jobs/$1.out" 2> /dev/null; }

node_kill() {
	local file=$CLUSTER_DIR/jobs/$1 pid status=

	# What is lost was a process of a kernel that is no more.
	read -r status 2> /dev/null < "$file.status"
	[[ $status != "$NODE_LOST" ]] || return
	read -r pid 2> /dev/null < "$file.pid" || return
	node_sh "${1%%-*}" "kill -${2:-TERM} -- -$pid"
}
