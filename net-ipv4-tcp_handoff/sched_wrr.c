// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: weighted round robin.
 *
 * In every round each back end gains its weight, and the one that has most
 * pays for all.  So turns are spread: with weights 5, 1, 1 it is a a b a c a a,
 * not five times the first.
 */
#include "sched.h"

static int wrr_pick(struct tcp_handoff_sched_group *g,
		    const struct tcp_handoff_sched_req *req)
{
	unsigned int i;
	s64 total = 0;
	int best = -1;

	for (i = 0; i < g->nr; i++) {
		if (!g->be[i].usable)
			continue;
		g->be[i].current_weight += g->be[i].weight;
		total += g->be[i].weight;
		if (best < 0 ||
		    g->be[i].current_weight > g->be[best].current_weight)
			best = i;
	}
	g->be[best].current_weight -= total;
	return best;
}

const struct tcp_handoff_sched tcp_handoff_sched_wrr = {
	.name = "wrr",
	.pick = wrr_pick,
};
