// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: where targets were sent before, for the schedulers that send
 * the next request for one to the same cache.
 *
 * A table of a fixed size, in sets of a few places; a target that is new in
 * its set takes the place that was not used for the longest time.  What is
 * forgotten that way has long left the caches.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "sched.h"

#define SET_BITS	12
#define WAYS		4

struct tcp_handoff_table {
	struct tcp_handoff_place places[1 << SET_BITS][WAYS];
};

/**
 * tcp_handoff_table_new() - an empty table
 *
 * Context: process, may sleep.
 * Return: table or NULL
 */
struct tcp_handoff_table *tcp_handoff_table_new(void)
{
	return kvzalloc(sizeof(struct tcp_handoff_table), GFP_KERNEL_ACCOUNT);
}

/**
 * tcp_handoff_table_free() - the end of a table
 * @table: may be NULL
 *
 * Context: process, may sleep.
 */
void tcp_handoff_table_free(struct tcp_handoff_table *table)
{
	kvfree(table);
}

/**
 * tcp_handoff_table_get() - find a target, or a place for it
 * @t:      table
 * @target: hash of it
 * @now:    jiffies
 *
 * Context: any; the caller serialises this.
 * Return: its place; an empty @set if it is new
 */
struct tcp_handoff_place *tcp_handoff_table_get(struct tcp_handoff_table *t,
						u64 target, unsigned long now)
{
	struct tcp_handoff_place *set = t->places[hash_64(target, SET_BITS)];
	struct tcp_handoff_place *p = set;
	int i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].set && set[i].target == target) {
			set[i].used = now;
			return &set[i];
		}
		/* an empty one before any other */
		if (p->set && (!set[i].set ||
			       time_before(set[i].used, p->used)))
			p = &set[i];
	}
	p->target = target;
	p->set = 0;
	p->used = now;
	return p;
}

/**
 * tcp_handoff_table_forget() - a back end has nothing in its cache
 * @table: table
 * @slot:  its number
 *
 * Context: any; the caller serialises this.
 */
void tcp_handoff_table_forget(struct tcp_handoff_table *table, int slot)
{
	int i, way;

	for (i = 0; i < 1 << SET_BITS; i++)
		for (way = 0; way < WAYS; way++)
			table->places[i][way].set &= ~BIT_ULL(slot);
}
