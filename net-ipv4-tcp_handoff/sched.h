/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff: schedulers, which choose one back end of a group.
 *
 * Who schedules fills in which back ends may be chosen and how much each has
 * to do; a scheduler only compares, and keeps what it must remember.  Nothing
 * of TCP is known here.
 */
#ifndef _TCP_HANDOFF_SCHED_H
#define _TCP_HANDOFF_SCHED_H

#include <linux/types.h>

#define TCP_HANDOFF_BACKENDS_MOST	48	/* of a group: bits of a u64 */
#define TCP_HANDOFF_WEIGHT_MOST		65535
#define TCP_HANDOFF_SCHED_NAME_MAX	16

struct tcp_handoff_table;

/*
 * struct tcp_handoff_sched_be: a back end, as schedulers see it
 * @weight:	its share; 0: nothing new for it
 * @id:		names it on all front ends alike, for hashes
 * @load:	live flows, and what it has reported on top
 * @usable:	may be chosen now; false for weight 0
 * @busy:	has said that requests wait there
 * @current:	of round robin
 */
struct tcp_handoff_sched_be {
	u32 weight;
	u32 id;
	u32 load;
	bool usable;
	bool busy;
	s64 current_weight;
};

/* Parameters of a group; each scheduler has its own of them. */
struct tcp_handoff_sched_params {
	u32 t_low;		/* lard: below, a back end is nearly idle */
	u32 t_high;		/* lard: above, it is late with its answers */
	u32 k_ms;		/* lardr: a set that is so old shrinks */
	u32 miss_cost;		/* elard: of a target that is cached nowhere */
	u32 bound;		/* hash: most load, in percent of the mean */
};

/*
 * struct tcp_handoff_sched_group: back ends, and who chooses among them
 * @be:		by slot; slots without a back end are not usable
 * @nr:		slots to look at
 * @table:	of the schedulers that remember where a target is
 *
 * Whoever calls a scheduler serialises that.
 */
struct tcp_handoff_sched_group {
	const struct tcp_handoff_sched *sched;
	struct tcp_handoff_sched_params params;
	struct tcp_handoff_sched_be be[TCP_HANDOFF_BACKENDS_MOST];
	unsigned int nr;
	struct tcp_handoff_table *table;
};

/*
 * struct tcp_handoff_sched_req: what is known of a request
 * @target:	hash of host and path, the same for the same content
 * @now:	jiffies
 * @at:		slot of the back end that has the connection; -1: none yet
 */
struct tcp_handoff_sched_req {
	u64 target;
	unsigned long now;
	int at;
};

/*
 * struct tcp_handoff_sched: a scheduler
 * @name:	unique, lower case
 * @remembers:	where targets are: the group needs a table
 * @pick:	slot of a usable back end, of which there is at least one
 */
struct tcp_handoff_sched {
	char name[TCP_HANDOFF_SCHED_NAME_MAX];
	bool remembers;
	int (*pick)(struct tcp_handoff_sched_group *g,
		    const struct tcp_handoff_sched_req *req);
};

/* sched.c */
const struct tcp_handoff_sched *tcp_handoff_sched_find(const char *name);
void tcp_handoff_sched_defaults(struct tcp_handoff_sched_params *params);
int tcp_handoff_sched_init(struct tcp_handoff_sched_group *g,
			   const struct tcp_handoff_sched *sched);
void tcp_handoff_sched_destroy(struct tcp_handoff_sched_group *g);
int tcp_handoff_sched_pick(struct tcp_handoff_sched_group *g,
			   const struct tcp_handoff_sched_req *req);
void tcp_handoff_sched_gone(struct tcp_handoff_sched_group *g, int slot);
u32 tcp_handoff_sched_load(const struct tcp_handoff_sched_be *be);
int tcp_handoff_sched_least(const struct tcp_handoff_sched_group *g, u64 set);
u64 tcp_handoff_sched_usable(const struct tcp_handoff_sched_group *g);

/*
 * sched_table.c: where a target was sent before
 *
 * @set: BIT_ULL(slot) of the back ends that have it in their caches
 */
struct tcp_handoff_place {
	u64 target;
	u64 set;
	unsigned long used;		/* jiffies; of the last request */
	unsigned long changed;		/* jiffies; of @set */
};

struct tcp_handoff_table *tcp_handoff_table_new(void);
void tcp_handoff_table_free(struct tcp_handoff_table *table);
struct tcp_handoff_place *tcp_handoff_table_get(struct tcp_handoff_table *t,
						u64 target, unsigned long now);
void tcp_handoff_table_forget(struct tcp_handoff_table *table, int slot);

/* sched_*.c */
extern const struct tcp_handoff_sched tcp_handoff_sched_wrr;
extern const struct tcp_handoff_sched tcp_handoff_sched_wlc;
extern const struct tcp_handoff_sched tcp_handoff_sched_hash;
extern const struct tcp_handoff_sched tcp_handoff_sched_lard;
extern const struct tcp_handoff_sched tcp_handoff_sched_lardr;
extern const struct tcp_handoff_sched tcp_handoff_sched_elard;

#endif /* _TCP_HANDOFF_SCHED_H */
