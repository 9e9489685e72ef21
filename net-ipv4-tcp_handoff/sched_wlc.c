// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff: weighted least connections. */
#include "sched.h"

static int wlc_pick(struct tcp_handoff_sched_group *g,
		    const struct tcp_handoff_sched_req *req)
{
	return tcp_handoff_sched_least(g, ~0ULL);
}

const struct tcp_handoff_sched tcp_handoff_sched_wlc = {
	.name = "wlc",
	.pick = wlc_pick,
};
