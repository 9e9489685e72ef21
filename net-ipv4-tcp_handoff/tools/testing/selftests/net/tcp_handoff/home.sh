#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No back end can take a connection, whatever techniques it has, none
# included: it comes home, and its front end goes on with it.

# shellcheck source=handoff_lib.sh disable=SC2119
. "$(dirname "$0")/handoff_lib.sh"

# No server runs there; a kernel without a technique does not even look.
refused() {
	local key=RefusedNoListener

	node_sh be1 "$TCPHANDOFF -j config show" |
		grep -qE '"tech_available": *""' && key=RefusedNoTechnique
	counted "be1.$key,be2.$key" == "$1"
}

comes_home() {
	dispatch_start -1
	remember
	traffic -n 20 -j 5 -E returned "$@"
	counted fe.Captured == 20 fe.RefusedThere == 20 fe.Returned == 20 \
		fe.Reset == 0 fe.AdoptedThere == 0
	refused 20
	no_retransmits
}

idle() { comes_home -o echo -s 1-20000; }
mid_upload() { comes_home -o put -w body -a 1-20000 -s 20000-50000; }
mid_download() { comes_home -o get -w sent -a 1-100000 -s 100000-200000; }
fin() { comes_home -F -w fin -o put; }

run_tests idle mid_upload mid_download fin
