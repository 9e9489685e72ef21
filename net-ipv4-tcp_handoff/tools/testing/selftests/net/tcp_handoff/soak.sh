#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Very many connections of every kind over a link that loses 1 %, while servers
# and whole kernels of back ends end and come again: every byte is right, every
# client whose back end died is told and asks again, and no kernel keeps
# anything.  HANDOFF_SOAK: how many (2000).
#
# They come in rounds.  Between two of them nothing is open, and what memory each
# kernel has in use can be compared.  From the middle on the kernel of be2 is
# spared, so that it has a second half, too.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

COUNT=${HANDOFF_SOAK:-2000}
LOSS="loss 1%"
# At least so many rounds, and so large at most
ROUNDS=10
ROUND=5000
# What a kernel may have more in the last fifth of the rounds than in the one
# behind the middle, in kB: of memory in use, and of slab objects
GROWTH_MEMORY=2048
GROWTH_SLAB=512

# PER CENT of the connections, and what they do
KINDS='
30 -j 20 -o get -s 0-4000
15 -j 20 -o echo -s 0-8000 -r 4
14 -j 16 -o put -s 20000-60000 -w body -a 1-20000
14 -j 16 -o get -s 20000-100000 -w sent -a 1-20000
10 -j 16 -o put -s 0-20000 -F -w fin
12 -j 16 -o echo -s 1-20000 -C
2 -j 6 -o get -s 100000-1000000
2 -j 6 -o put -s 100000-1000000
1 -j 4 -o echo -s 500000-3000000
'

declare -A SERVER=()

server_up() {
	serve_on "$1"
	SERVER[$1]=$JOB
}

server_restarts() {
	node_kill "${SERVER[$1]}" KILL
	node_wait "${SERVER[$1]}" > /dev/null 2>&1
	pause 10
	server_up "$1"
}

kernel_restarts() {
	node_crash "$1"
	node_wait "${SERVER[$1]}" > /dev/null 2>&1
	pause 30
	if ! node_boot "$1" || ! be_up "$1" || ! to_client "$1" "$LOSS" ||
	   ! short_memory "$1"; then
		fail "$1 does not come back"
	fi
	server_up "$1"
}

# Ends are forgotten soon, so that each round sees all of their life.
short_memory() { node_run "$1" "$TCPHANDOFF" config set deadline-ms 5000; }

# pause TENTHS: up to so many of a second
pause() { sleep "$((SRANDOM % $1 / 10)).$((SRANDOM % 10))"; }

# Somebody restarts
trouble() {
	local be=be$((SRANDOM % 2 + 1))

	((round <= rounds / 2)) || [[ $be == be1 ]] || {
		server_restarts "$be"
		servers=$((servers + 1))
		return
	}
	if ((SRANDOM % 2)); then
		kernel_restarts "$be"
		kernels=$((kernels + 1))
	else
		server_restarts "$be"
		servers=$((servers + 1))
	fi
}

running() {
	local job

	for job in "${JOBS[@]}"; do
		[[ -s $JOBS_DIR/$job.status ]] || return 0
	done
	return 1
}

# start_round NUMBER: of connections
start_round() {
	local share options n left=$1

	JOBS=() WANTED=()
	while read -r share options; do
		[[ -n $share ]] || continue
		n=$((($1 * share + 99) / 100))
		((n <= left)) || n=$left
		((n > 0)) || continue
		((left -= n))
		start client "exec ./client -c $VIP:$PORT -n $n -i -T -K -t 60 \
			-S $SRANDOM $options"
		JOBS+=("$JOB")
		WANTED+=("$n")
	done <<< "$KINDS"
}

# All have been answered, however often they had to ask.
end_round() {
	local i known

	for i in "${!JOBS[@]}"; do
		RESULT=$(node_wait "${JOBS[i]}" 2>> "$WORK/broken")
		want conns == "${WANTED[i]}"
		want bad == 0
		want stuck == 0
		want stranger == 0
		want failed == "$(field again "$RESULT")"
		want failed == $(($(field reset "$RESULT") +
				  $(field eof "$RESULT")))
		((servers + kernels > before)) || want failed == 0
		known=$(field known_max "$RESULT")
		((${known%.*} < 30)) || fail "one was told after $known s"
		add conns requests bytes adopted returned none reset eof
	done
}

add() {
	local name

	for name; do
		TOTAL[$name]=$((${TOTAL[$name]-0} + $(field "$name" "$RESULT")))
	done
}

# Nothing is open anywhere; "TIME_WAIT" and tombstones have a time of their own.
rest() {
	local node

	for node in fe be1 be2; do
		no_flows "$node" 60
	done
	for node in $HOSTS; do
		sample "$node" >> "$WORK/samples"
	done
}

# NODE ROUND, and in kB: available memory, slab objects that cannot be
# reclaimed; numbers: of sockets, and minisocks
sample() {
	node_sh "$1" "
		sync
		echo 3 > /proc/sys/vm/drop_caches
		while read -r name value _; do
			case \$name in
			MemAvailable:)	available=\$value ;;
			SUnreclaim:)	slab=\$value ;;
			esac
		done < /proc/meminfo
		tcp=0 tw=0
		while read -r name value _; do
			case \$name in
			TCP)		tcp=\$value ;;
			tw_sock_TCP)	tw=\$value ;;
			esac
		done < /proc/slabinfo
		echo $1 $round \$available \$slab \$tcp \$tw" ||
		fail "$1: no sample"
}

# mean NODE COLUMN FROM TO: of the samples of these rounds
mean() {
	awk -v node="$1" -v col="$2" -v from="$3" -v to="$4" '
		$1 == node && $2 > from && $2 <= to { sum += $col; n++ }
		END { print n ? int(sum / n) : -1 }' "$WORK/samples"
}

# The same in the last fifth of the rounds as in the one behind the middle
flat() {
	local node memory slab first last

	first=$((rounds / 2)) last=$((rounds - (rounds + 4) / 5))
	for node in client fe be2; do
		memory=$(($(mean "$node" 3 $first $((first + rounds / 5))) -
			  $(mean "$node" 3 $last "$rounds")))
		slab=$(($(mean "$node" 4 $last "$rounds") -
			$(mean "$node" 4 $first $((first + rounds / 5)))))
		echo "$node: $memory kB of memory and $slab kB of slab more" \
			"than in the middle"
		((memory <= GROWTH_MEMORY && slab <= GROWTH_SLAB)) ||
			fail "$node: memory is not flat"
	done
	# its kernel is too young to have a middle
	slab=$(($(mean be1 4 $last "$rounds") - $(mean be2 4 $last "$rounds")))
	echo "be1: $slab kB of slab more than be2"
	((slab <= GROWTH_SLAB)) || fail "be1 has more than be2"
}

show() {
	local key line=''

	for key in conns requests bytes adopted returned none reset eof; do
		line+=" $key=${TOTAL[$key]}"
	done
	echo "${line# } servers=$servers kernels=$kernels" \
		"seconds=$((SECONDS - from))"
}

soak() {
	local round rounds size servers=0 kernels=0 from=$SECONDS before
	local -A TOTAL=()
	local node key

	[[ -n ${CLUSTER_LIB-} ]] || skip "needs kernels"
	size=$((COUNT / ROUNDS < ROUND ? COUNT / ROUNDS : ROUND))
	rounds=$((COUNT / size))
	from_client "$LOSS" || skip "no netem"
	for node in fe be1 be2; do
		to_client "$node" "$LOSS" || skip "no netem"
		short_memory "$node"
	done
	server_up be1
	server_up be2
	dispatch_start
	remember
	for ((round = 1; round <= rounds; round++)); do
		before=$((servers + kernels))
		start_round "$size"
		pause 20
		while running; do
			trouble
			pause 60
		done
		end_round
		rest
		echo "round $round: $(show)"
		tail -n 4 "$WORK/samples"
	done
	counters_into AFTER
	for key in Captured AdoptedThere RefusedThere Returned InDoubt Reset \
		   Forget Closed TimeWait; do
		echo "fe.$key $(since "fe.$key")"
	done
	dispatch_end
	((TOTAL[conns] == size * rounds)) || fail "not all of them"
	# one restart can end what was open, no more
	((TOTAL[reset] + TOTAL[eof] <= 120 * (servers + kernels))) ||
		fail "more have lost their back end than were open"
	flat
}

run_tests soak
