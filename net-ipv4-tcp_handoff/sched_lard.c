// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: locality-aware request distribution.
 *
 * lard	 Pai et al., "Locality-Aware Request Distribution in Cluster-based
 *	 Network Servers", 1998, figure 2: a target stays with one back end,
 *	 whose cache has it, unless that one has much more to do than others.
 *
 * lardr the same, figure 3, with replication: a target may have several back
 *	 ends; one more if all of them are busy, one less after K.
 *
 * elard Aron, Druschel, Zwaenepoel, "Efficient Support for P-HTTP in
 *	 Cluster-Based Web Servers", 1999: what a back end would cost in load,
 *	 in a miss, and in what the miss evicts; and a connection that has one
 *	 stays there if that costs nothing.
 *
 * Loads are those of one unit of weight.
 */
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include "sched.h"

/* T_low and T_high, as tcp_handoff_sched_load() has it */
static u64 t_low(const struct tcp_handoff_sched_group *g)
{
	return (u64)g->params.t_low << 8;
}

static u64 t_high(const struct tcp_handoff_sched_group *g)
{
	return (u64)g->params.t_high << 8;
}

static u64 load_of(const struct tcp_handoff_sched_group *g, int slot)
{
	return tcp_handoff_sched_load(&g->be[slot]);
}

/* Has this one so much to do that another should have the target? */
static bool is_imbalanced(const struct tcp_handoff_sched_group *g, int slot,
			  int least)
{
	u64 load = load_of(g, slot);

	return (load > t_high(g) && load_of(g, least) < t_low(g)) ||
	       load >= 2 * t_high(g);
}

static void set_place(struct tcp_handoff_place *place, u64 set,
		      unsigned long now)
{
	if (place->set != set)
		place->changed = now;
	place->set = set;
}

/* One that is drained, or cannot be reached, has the target no longer. */
static int lard_pick(struct tcp_handoff_sched_group *g,
		     const struct tcp_handoff_sched_req *req)
{
	struct tcp_handoff_place *place;
	int slot, least;

	place = tcp_handoff_table_get(g->table, req->target, req->now);
	least = tcp_handoff_sched_least(g, ~0ULL);
	slot = tcp_handoff_sched_least(g, place->set);
	if (slot < 0 || is_imbalanced(g, slot, least))
		slot = least;
	set_place(place, BIT_ULL(slot), req->now);
	return slot;
}

static int most_loaded(const struct tcp_handoff_sched_group *g, u64 set)
{
	unsigned int i;
	int most = -1;

	for (i = 0; i < g->nr; i++) {
		if (g->be[i].usable && (set & BIT_ULL(i)) &&
		    (most < 0 || load_of(g, i) > load_of(g, most)))
			most = i;
	}
	return most;
}

static bool is_old(const struct tcp_handoff_sched_group *g,
		   const struct tcp_handoff_place *place, unsigned long now)
{
	return time_after(now, place->changed +
			       msecs_to_jiffies(g->params.k_ms));
}

static int lardr_pick(struct tcp_handoff_sched_group *g,
		      const struct tcp_handoff_sched_req *req)
{
	struct tcp_handoff_place *place;
	int slot, least, most;
	u64 set;

	place = tcp_handoff_table_get(g->table, req->target, req->now);
	set = place->set & tcp_handoff_sched_usable(g);
	least = tcp_handoff_sched_least(g, ~0ULL);
	slot = tcp_handoff_sched_least(g, set);
	most = most_loaded(g, set);
	if (slot < 0 || is_imbalanced(g, slot, least)) {
		slot = least;
		set |= BIT_ULL(slot);
	}
	/* not the one that was just chosen */
	if (most >= 0 && most != slot && hweight64(set) > 1 &&
	    is_old(g, place, req->now))
		set &= ~BIT_ULL(most);
	set_place(place, set, req->now);
	return slot;
}

/* What it would cost to have this back end serve the target */
static u64 cost(const struct tcp_handoff_sched_group *g, int slot, bool cached)
{
	u64 miss = (u64)g->params.miss_cost << 8;
	u64 load = load_of(g, slot);
	u64 sum = 0;

	/* idle below T_low, overloaded from twice T_high on */
	if (load >= 2 * t_high(g))
		sum += U32_MAX;
	if (load > t_low(g))
		sum += load - t_low(g);
	if (!cached)
		sum += miss;
	/* the miss takes the place of something, which is wanted again */
	if (!cached && load > t_low(g))
		sum += miss;
	return sum;
}

static int cheapest(const struct tcp_handoff_sched_group *g, u64 set,
		    u64 cached)
{
	u64 least = U64_MAX, this;
	int slot = -1;
	unsigned int i;

	for (i = 0; i < g->nr; i++) {
		if (!g->be[i].usable || !(set & BIT_ULL(i)))
			continue;
		this = cost(g, i, cached & BIT_ULL(i));
		if (this < least ||
		    (this == least && load_of(g, i) < load_of(g, slot))) {
			least = this;
			slot = i;
		}
	}
	return slot;
}

/* Is it best to leave the connection where it is, and cache nothing there? */
static bool stays(const struct tcp_handoff_sched_group *g, u64 usable,
		  u64 cached, int at)
{
	return at >= 0 && (usable & BIT_ULL(at)) &&
	       ((cached & BIT_ULL(at)) || !g->be[at].busy);
}

static int elard_pick(struct tcp_handoff_sched_group *g,
		      const struct tcp_handoff_sched_req *req)
{
	u64 usable = tcp_handoff_sched_usable(g), set = usable;
	struct tcp_handoff_place *place;
	u64 cached;
	int slot;

	place = tcp_handoff_table_get(g->table, req->target, req->now);
	cached = place->set & usable;
	if (stays(g, usable, cached, req->at)) {
		if (!cached)
			set_place(place, BIT_ULL(req->at), req->now);
		return req->at;
	}
	/* a later request: there, or where it is cached */
	if (req->at >= 0 && (usable & BIT_ULL(req->at)))
		set = cached | BIT_ULL(req->at);
	slot = cheapest(g, set, cached);
	set_place(place, req->at < 0 ? BIT_ULL(slot) : cached | BIT_ULL(slot),
		  req->now);
	return slot;
}

const struct tcp_handoff_sched tcp_handoff_sched_lard = {
	.name = "lard",
	.remembers = true,
	.pick = lard_pick,
};

const struct tcp_handoff_sched tcp_handoff_sched_lardr = {
	.name = "lardr",
	.remembers = true,
	.pick = lardr_pick,
};

const struct tcp_handoff_sched tcp_handoff_sched_elard = {
	.name = "elard",
	.remembers = true,
	.pick = elard_pick,
};
