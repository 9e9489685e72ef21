// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: consistent hash of the target, with bounded loads.
 *
 * Every back end draws a number from target and its own name; the best draw
 * has the target (rendezvous hashing, Thaler and Ravishankar 1998).  One back
 * end more or less only moves what it has or had, and all front ends agree
 * without talking.  A draw is exponentially distributed with the weight as its
 * rate, so that shares are as the weights.
 *
 * A back end that has more than "bound" percent of its share of the load is
 * passed over (Mirrokni, Thorup and Zadimoghaddam 2018): a target that
 * everybody wants spreads to the next ones.
 */
#include <linux/int_log.h>
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/math64.h>

#include "sched.h"

/* -log2 of a number in ]0, 1], times 2^24 */
static u32 draw(u64 target, u32 id)
{
	u32 h = jhash_3words(target, target >> 32, id, 0);

	return (32 << 24) - (h ? intlog2(h) : 0);
}

static bool is_better(u32 a, u32 weight_a, u32 b, u32 weight_b)
{
	return (u64)a * weight_b < (u64)b * weight_a;
}

/* Most that it may have, this request included; at least one is below. */
static u64 share(const struct tcp_handoff_sched_group *g,
		 const struct tcp_handoff_sched_be *be, u64 load, u64 weight)
{
	u64 bound = max(g->params.bound, 100U);

	return div64_u64(load * be->weight * bound + weight * 100 - 1,
			 weight * 100);
}

static int hash_pick(struct tcp_handoff_sched_group *g,
		     const struct tcp_handoff_sched_req *req)
{
	const struct tcp_handoff_sched_be *be;
	u64 load = 1, weight = 0;
	u32 value, best_value = 0;
	unsigned int i;
	int best = -1;

	for (i = 0; i < g->nr; i++) {
		if (!g->be[i].usable)
			continue;
		load += g->be[i].load;
		weight += g->be[i].weight;
	}
	for (i = 0; i < g->nr; i++) {
		be = &g->be[i];
		if (!be->usable || be->load + 1ULL > share(g, be, load, weight))
			continue;
		value = draw(req->target, be->id);
		if (best < 0 || is_better(value, be->weight, best_value,
					  g->be[best].weight)) {
			best = i;
			best_value = value;
		}
	}
	return best;
}

const struct tcp_handoff_sched tcp_handoff_sched_hash = {
	.name = "hash",
	.pick = hash_pick,
};
