// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff: the schedulers there are, and what they have in common. */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "sched.h"

static const struct tcp_handoff_sched * const scheds[] = {
	&tcp_handoff_sched_wrr,
	&tcp_handoff_sched_wlc,
	&tcp_handoff_sched_hash,
	&tcp_handoff_sched_lard,
	&tcp_handoff_sched_lardr,
	&tcp_handoff_sched_elard,
};

/**
 * tcp_handoff_sched_find() - look a scheduler up
 * @name: its name
 * Return: the scheduler or NULL
 */
const struct tcp_handoff_sched *tcp_handoff_sched_find(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		if (!strcmp(scheds[i]->name, name))
			return scheds[i];
	}
	return NULL;
}

/**
 * tcp_handoff_sched_defaults() - parameters of a group that says nothing
 * @params: to be filled
 *
 * T_low, T_high and K are those of Pai et al. (1998), the cost of a miss that
 * of Aron et al. (1999), the bound that of Mirrokni et al. (2018).
 */
void tcp_handoff_sched_defaults(struct tcp_handoff_sched_params *params)
{
	params->t_low = 25;
	params->t_high = 65;
	params->k_ms = 20000;
	params->miss_cost = 50;
	params->bound = 125;
}

/**
 * tcp_handoff_sched_init() - give a group a scheduler
 * @g:     group that has none, or another one
 * @sched: the scheduler
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM, and nothing has changed
 */
int tcp_handoff_sched_init(struct tcp_handoff_sched_group *g,
			   const struct tcp_handoff_sched *sched)
{
	struct tcp_handoff_table *table = NULL;

	if (sched->remembers) {
		table = tcp_handoff_table_new();
		if (!table)
			return -ENOMEM;
	}
	tcp_handoff_sched_destroy(g);
	g->table = table;
	g->sched = sched;
	return 0;
}

/**
 * tcp_handoff_sched_destroy() - take what a scheduler has of a group
 * @g: group that is not scheduled any more
 *
 * Context: process, may sleep.
 */
void tcp_handoff_sched_destroy(struct tcp_handoff_sched_group *g)
{
	tcp_handoff_table_free(g->table);
	g->table = NULL;
	g->sched = NULL;
}

/**
 * tcp_handoff_sched_usable() - back ends that may be chosen
 * @g: group
 * Return: BIT_ULL(slot) of each
 */
u64 tcp_handoff_sched_usable(const struct tcp_handoff_sched_group *g)
{
	unsigned int i;
	u64 set = 0;

	for (i = 0; i < g->nr; i++) {
		if (g->be[i].usable)
			set |= BIT_ULL(i);
	}
	return set;
}

/**
 * tcp_handoff_sched_pick() - choose a back end
 * @g:   group, in which usable and load are filled in
 * @req: the request
 *
 * Context: any; the caller serialises this.
 * Return: slot, or -1 if no back end is usable
 */
int tcp_handoff_sched_pick(struct tcp_handoff_sched_group *g,
			   const struct tcp_handoff_sched_req *req)
{
	if (!tcp_handoff_sched_usable(g))
		return -1;
	return g->sched->pick(g, req);
}

/**
 * tcp_handoff_sched_gone() - a back end has left its slot
 * @g:    group
 * @slot: its number; the next one there has another cache
 *
 * Context: as tcp_handoff_sched_pick().
 */
void tcp_handoff_sched_gone(struct tcp_handoff_sched_group *g, int slot)
{
	if (g->table)
		tcp_handoff_table_forget(g->table, slot);
}

/**
 * tcp_handoff_sched_load() - load that can be compared with another one's
 * @be: back end of any weight but 0
 * Return: load per weight, in units of 1/256
 */
u32 tcp_handoff_sched_load(const struct tcp_handoff_sched_be *be)
{
	return min_t(u64, U32_MAX, ((u64)be->load << 8) / be->weight);
}

/**
 * tcp_handoff_sched_least() - the least loaded back end
 * @g:   group
 * @set: BIT_ULL(slot) of those to look at; only usable ones count
 * Return: slot, or -1 if none of them is usable
 */
int tcp_handoff_sched_least(const struct tcp_handoff_sched_group *g, u64 set)
{
	u64 least = U64_MAX;
	unsigned int i;
	int slot = -1;
	u64 load;

	for (i = 0; i < g->nr; i++) {
		if (!g->be[i].usable || !(set & BIT_ULL(i)))
			continue;
		/* as it would be with one more: an idle one of more weight */
		load = ((u64)g->be[i].load + 1) * TCP_HANDOFF_WEIGHT_MOST /
		       g->be[i].weight;
		if (load < least) {
			least = load;
			slot = i;
		}
	}
	return slot;
}
