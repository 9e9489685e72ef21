#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may speak on a channel that is not signed, and what others can do to it:
# nothing, unless they are privileged on a front end.

HANDOFF_AUTH=
# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

CHANNEL=968

# knock NODE OPTIONS: connect to the channel of be1 and talk nonsense
knock() {
	node_sh "$1" "cd $HERE; ./client -c ${ADDR[be1]}:$CHANNEL -K -t 5 \
		${*:2}" || true
	CURRENT=false
}

# The session that was there is there, and still moves connections.
not_disturbed() {
	traffic -n 5 -B 0 -E adopted -o echo -s 1-20000
	counted fe.Captured == 5 fe.AdoptedThere == 5 be1.Adopted == 5 \
		fe.ChannelDown == 0 be1.ChannelDown == 0
}

# The client is no peer of be1.
another_host() {
	cluster_start
	remember
	knock client -b 700
	counted be1.ChannelStranger == 1 be1.ChannelBad == 0
	not_disturbed
}

# The front end is, but this is not its kernel.
a_program_of_the_front_end() {
	cluster_start
	remember
	knock fe
	counted be1.ChannelStranger == 1 be1.ChannelBad == 0
	not_disturbed
}

# Somebody privileged there may have made a mistake: only what greets
# properly ends the session before it.
garbage_of_the_front_end() {
	cluster_start
	remember
	knock fe -b 700 -o put -s 1000
	counted be1.ChannelStranger == 0 be1.ChannelBad == 1
	not_disturbed
}

# Connections that say nothing are given up, and let others in meanwhile.
silence_of_the_front_end() {
	local job

	cluster_start
	remember
	start fe "exec ./client -c ${ADDR[be1]}:$CHANNEL -b 701 -K -t 20 -d 9000"
	job=$JOB
	until_true be1 "ss -Htn state established sport = :$CHANNEL \
		dport = :701 | grep -q ." || fail "not connected"
	not_disturbed
	until_true be1 "! ss -Htn state established sport = :$CHANNEL \
		dport = :701 | grep -q ." 10 || fail "not given up"
	node_kill "$job" KILL
	counted be1.ChannelDown == 0
}

run_tests another_host a_program_of_the_front_end garbage_of_the_front_end \
	silence_of_the_front_end
