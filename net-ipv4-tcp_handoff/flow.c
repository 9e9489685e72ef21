// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: the table of flows, and what becomes of one.
 *
 * A flow is in the table of its namespace from its birth until it ends; on a
 * back end it then stays as a tombstone for as long as a front end might
 * still ask.  The table holds a reference, and so does everything else that
 * points to a flow but two: flow->tw is a weak pointer that the minisock's
 * destructor clears, and packets find a flow through the minisock under RCU.
 *
 * Lock order: socket spinlock, hnet->lock, flow->lock.
 */
#include <linux/siphash.h>

#include "handoff.h"
#include "trace.h"

/* Needed tombstones looked at before others may have the lock. */
#define REAP_BUDGET	64

static const char * const state_names[] = {
	[TCP_HANDOFF_ST_HOLD]		= "hold",
	[TCP_HANDOFF_ST_SENT]		= "sent",
	[TCP_HANDOFF_ST_DOUBT]		= "doubt",
	[TCP_HANDOFF_ST_FORWARD]	= "forward",
	[TCP_HANDOFF_ST_HOMING]		= "homing",
	[TCP_HANDOFF_ST_ADOPTING]	= "adopting",
	[TCP_HANDOFF_ST_OWNED]		= "owned",
	[TCP_HANDOFF_ST_ENDED]		= "ended",
};

/**
 * tcp_handoff_flow_state_name() - a flow state in words
 * @state: enum tcp_handoff_flow_state
 * Return: constant string
 */
const char *tcp_handoff_flow_state_name(u8 state)
{
	return state < ARRAY_SIZE(state_names) ? state_names[state] : "?";
}

/**
 * tcp_handoff_flow_set_state() - the one place where a flow changes its state
 * @flow:  flow, its lock held
 * @state: enum tcp_handoff_flow_state
 */
void tcp_handoff_flow_set_state(struct tcp_handoff_flow *flow, u8 state)
{
	lockdep_assert_held(&flow->lock);
	trace_tcp_handoff_state(flow, flow->state, state);
	/* pairs with the lockless look of packets at the state */
	smp_store_release(&flow->state, state);
}

/*
 * Deadline, retry or idleness: all want process context.
 */
static void flow_timer(struct timer_list *t)
{
	struct tcp_handoff_flow *flow = from_timer(flow, t, timer);

	tcp_handoff_flow_queue_work(flow);
	tcp_handoff_flow_put(flow);
}

/**
 * tcp_handoff_flow_alloc() - a flow without a name, known to nobody
 * @hnet: namespace
 *
 * Context: process, may sleep.
 * Return: flow in state HOLD with one reference, or NULL
 */
struct tcp_handoff_flow *tcp_handoff_flow_alloc(struct tcp_handoff_net *hnet)
{
	struct tcp_handoff_flow *flow;

	flow = kzalloc(sizeof(*flow), GFP_KERNEL_ACCOUNT);
	if (!flow)
		return NULL;
	flow->hnet = hnet;
	flow->state = TCP_HANDOFF_ST_HOLD;
	refcount_set(&flow->ref, 1);
	spin_lock_init(&flow->lock);
	__skb_queue_head_init(&flow->hold);
	INIT_LIST_HEAD(&flow->tomb);
	timer_setup(&flow->timer, flow_timer, 0);
	INIT_WORK(&flow->work, tcp_handoff_flow_work);
	INIT_WORK(&flow->sock_work, tcp_handoff_flow_sock_work);
	INIT_WORK(&flow->open_work, tcp_handoff_router_open_work);
	return flow;
}

/* Peers choose these numbers: without a secret they could choose one chain. */
static struct hlist_head *flow_bucket(struct tcp_handoff_net *hnet,
				      u64 boot_id, u64 seq)
{
	u64 hash = siphash_2u64(boot_id, seq, &hnet->flow_key);

	return &hnet->flows->chain[hash & (hnet->flows->buckets - 1)];
}

static struct tcp_handoff_flow *flow_lookup(struct tcp_handoff_net *hnet,
					    u64 boot_id, u64 seq)
{
	struct tcp_handoff_flow *flow;

	lockdep_assert_held(&hnet->lock);
	if (!hnet->flows)
		return NULL;	/* nothing was ever configured here */
	hlist_for_each_entry(flow, flow_bucket(hnet, boot_id, seq), node) {
		if (flow->id.seq == seq && flow->id.boot_id == boot_id)
			return flow;
	}
	return NULL;
}

/**
 * tcp_handoff_flow_find() - look a flow up by its id
 * @hnet:    namespace
 * @boot_id: first half
 * @seq:     second half
 * Return: flow with a reference for the caller, or NULL
 */
struct tcp_handoff_flow *tcp_handoff_flow_find(struct tcp_handoff_net *hnet,
					       u64 boot_id, u64 seq)
{
	struct tcp_handoff_flow *flow;

	spin_lock_bh(&hnet->lock);
	flow = flow_lookup(hnet, boot_id, seq);
	if (flow)
		tcp_handoff_flow_hold(flow);
	spin_unlock_bh(&hnet->lock);
	return flow;
}

/*
 * An end that the front end has not acknowledged, and what a back end is to
 * forget.  Other tombstones only make an answer nicer.
 */
static bool tomb_is_needed(const struct tcp_handoff_flow *flow)
{
	return flow->result == TCP_HANDOFF_MSG_FORGET ||
	       (flow->result == TCP_HANDOFF_MSG_CLOSED &&
		!READ_ONCE(flow->closed_acked));
}

static struct tcp_handoff_peer *tomb_peer(const struct tcp_handoff_flow *flow)
{
	/* one that is in the table has a reference, see flow_inherit() */
	return rcu_dereference_protected(flow->peer,
					 lockdep_is_held(&flow->hnet->lock));
}

static void tomb_link(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_peer *peer = tomb_peer(flow);
	struct tcp_handoff_net *hnet = flow->hnet;

	flow->needed = tomb_is_needed(flow);
	list_add_tail(&flow->tomb, flow->needed ? &hnet->needed : &hnet->tombs);
	if (flow->needed && peer)
		peer->needed++;
}

static void tomb_unlink(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_peer *peer = tomb_peer(flow);

	if (flow->needed && peer)
		peer->needed--;
	flow->needed = false;
	list_del_init(&flow->tomb);
}

/* Return: the table's reference is the caller's now. */
static bool flow_unlink(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_net *hnet = flow->hnet;
	bool was_in = !hlist_unhashed(&flow->node);

	lockdep_assert_held(&hnet->lock);
	if (was_in) {
		hlist_del_init(&flow->node);
		hnet->nr_flows--;
	}
	if (!list_empty(&flow->tomb))
		tomb_unlink(flow);
	flow->removed = true;
	return was_in;
}

/*
 * Tombstones count against the limit, but live connections come first: the
 * oldest of those that are not needed gives way.
 */
static struct tcp_handoff_flow *make_room(struct tcp_handoff_net *hnet)
{
	struct tcp_handoff_flow *flow;

	lockdep_assert_held(&hnet->lock);
	flow = list_first_entry_or_null(&hnet->tombs, struct tcp_handoff_flow,
					tomb);
	return flow && flow_unlink(flow) ? flow : NULL;
}

/* A peer that acknowledges nothing must not take the place of all others. */
static bool peer_is_unsettled(const struct tcp_handoff_flow *flow)
{
	u32 max = READ_ONCE(flow->hnet->max_flows) >> TCP_HANDOFF_NEEDED_SHIFT;
	const struct tcp_handoff_peer *peer = tomb_peer(flow);

	return peer && peer->needed >= max(max, 1U);
}

/**
 * tcp_handoff_flow_insert() - put a flow into the table of its namespace
 * @flow: named (flow->id), not in the table
 *
 * The table takes a reference of its own.
 *
 * Return: NONE; FLOWS if the limit is reached; UNSETTLED if too much of it is
 * what flow->peer has not acknowledged; EXISTS if the id is taken
 */
enum tcp_handoff_reason tcp_handoff_flow_insert(struct tcp_handoff_flow *flow)
{
	enum tcp_handoff_reason reason = TCP_HANDOFF_REASON_NONE;
	struct tcp_handoff_flow *forgotten = NULL;
	struct tcp_handoff_net *hnet = flow->hnet;

	spin_lock_bh(&hnet->lock);
	if (hnet->nr_flows >= READ_ONCE(hnet->max_flows))
		forgotten = make_room(hnet);
	if (hnet->nr_flows >= READ_ONCE(hnet->max_flows) || !hnet->flows ||
	    READ_ONCE(hnet->exiting)) {
		reason = TCP_HANDOFF_REASON_FLOWS;
	} else if (peer_is_unsettled(flow)) {
		reason = TCP_HANDOFF_REASON_UNSETTLED;
	} else if (flow_lookup(hnet, flow->id.boot_id, flow->id.seq)) {
		reason = TCP_HANDOFF_REASON_EXISTS;
	} else {
		hlist_add_head(&flow->node, flow_bucket(hnet, flow->id.boot_id,
							flow->id.seq));
		tcp_handoff_flow_hold(flow);
		flow->serial = ++hnet->serial;
		hnet->nr_flows++;
	}
	spin_unlock_bh(&hnet->lock);
	tcp_handoff_flow_put(forgotten);
	return reason;
}

static void flow_remove(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_net *hnet = flow->hnet;
	bool was_in;

	spin_lock_bh(&hnet->lock);
	was_in = flow_unlink(flow);
	spin_unlock_bh(&hnet->lock);
	if (was_in)
		tcp_handoff_flow_put(flow);
}

static void flow_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct tcp_handoff_flow, rcu));
}

/**
 * tcp_handoff_flow_put() - drop a reference
 * @flow: flow, or NULL
 */
void tcp_handoff_flow_put(struct tcp_handoff_flow *flow)
{
	if (!flow || !refcount_dec_and_test(&flow->ref))
		return;
	tcp_handoff_flow_set_peer(flow, NULL);
	tcp_handoff_uncharge(flow->hnet, flow->hold_bytes +
			     (flow->syn ? flow->syn->truesize : 0));
	__skb_queue_purge(&flow->hold);
	kfree_skb(flow->syn);
	tcp_handoff_image_free(flow->hnet, flow->img);
	call_rcu(&flow->rcu, flow_free_rcu);
}

/**
 * tcp_handoff_flow_set_peer() - where a flow goes to or came from
 * @flow: flow whose state the caller governs
 * @peer: peer, of which a reference is taken; NULL for none
 */
void tcp_handoff_flow_set_peer(struct tcp_handoff_flow *flow,
			       struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_peer *old;

	if (peer) {
		refcount_inc(&peer->ref);
		atomic_inc(&peer->flows);
	}
	old = unrcu_pointer(xchg(&flow->peer, RCU_INITIALIZER(peer)));
	if (old) {
		atomic_dec(&old->flows);
		tcp_handoff_peer_put(old);
	}
}

/**
 * tcp_handoff_flow_get_tw() - the minisock of a flow
 * @flow: flow; the caller does not hold its lock
 * Return: minisock with a reference, NULL if there is none or it was killed
 */
struct inet_timewait_sock *
tcp_handoff_flow_get_tw(struct tcp_handoff_flow *flow)
{
	struct inet_timewait_sock *tw;

	/* its destructor needs the lock before the memory can go */
	spin_lock_bh(&flow->lock);
	tw = flow->tw;
	if (tw && !refcount_inc_not_zero(&tw->tw_refcnt))
		tw = NULL;
	spin_unlock_bh(&flow->lock);
	return tw;
}

/**
 * tcp_handoff_flow_kill_tw() - take a flow's minisock out of the tables
 * @flow: flow; the caller does not hold its lock
 *
 * Packets that come later meet the listener and are reset.
 */
void tcp_handoff_flow_kill_tw(struct tcp_handoff_flow *flow)
{
	struct inet_timewait_sock *tw = tcp_handoff_flow_get_tw(flow);

	if (!tw)
		return;
	local_bh_disable();
	inet_twsk_deschedule_put(tw);
	local_bh_enable();
}

static void flow_purge_hold(struct tcp_handoff_flow *flow)
{
	lockdep_assert_held(&flow->lock);
	__skb_queue_purge(&flow->hold);
	tcp_handoff_uncharge(flow->hnet, flow->hold_bytes);
	flow->hold_bytes = 0;
}

/**
 * tcp_handoff_flow_strip() - a flow ends, but its name is still needed
 * @flow: flow in any state; the caller does not hold its lock
 *
 * Frees the image and held packets, has nothing to wait for.  Idempotent.
 */
void tcp_handoff_flow_strip(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_image *img;

	spin_lock_bh(&flow->lock);
	if (flow->state != TCP_HANDOFF_ST_ENDED)
		tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_ENDED);
	img = flow->img;
	flow->img = NULL;
	flow_purge_hold(flow);
	spin_unlock_bh(&flow->lock);

	tcp_handoff_image_free(flow->hnet, img);
	tcp_handoff_flow_disarm(flow);
	if (cancel_work(&flow->open_work))
		tcp_handoff_flow_put(flow);
}

/**
 * tcp_handoff_flow_end() - a flow has nothing left to do on this host
 * @flow: flow in any state; the caller does not hold its lock
 *
 * As tcp_handoff_flow_strip(), and leaves the table.  Idempotent.
 */
void tcp_handoff_flow_end(struct tcp_handoff_flow *flow)
{
	tcp_handoff_flow_strip(flow);
	flow_remove(flow);
}

/**
 * tcp_handoff_flow_entomb() - remember the end of a flow on a back end
 * @flow:   flow in state ADOPTING or OWNED
 * @result: type of the message that answers whoever asks for it
 *
 * Context: any, also with the socket's spinlock held.
 */
void tcp_handoff_flow_entomb(struct tcp_handoff_flow *flow, u8 result)
{
	struct tcp_handoff_net *hnet = flow->hnet;

	spin_lock_bh(&hnet->lock);
	spin_lock(&flow->lock);
	/* before the state: who answers from it does not take the lock */
	WRITE_ONCE(flow->result, result);
	if (flow->state != TCP_HANDOFF_ST_ENDED)
		tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_ENDED);
	flow->ended = get_jiffies_64();
	flow->born = flow->ended;
	spin_unlock(&flow->lock);
	if (!flow->removed && list_empty(&flow->tomb))
		tomb_link(flow);
	spin_unlock_bh(&hnet->lock);
}

/**
 * tcp_handoff_flow_acked() - the end of a flow need not be told again
 * @flow: tombstone with result CLOSED
 *
 * Context: process.
 */
void tcp_handoff_flow_acked(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_net *hnet = flow->hnet;

	spin_lock_bh(&hnet->lock);
	if (!flow->closed_acked) {
		WRITE_ONCE(flow->closed_acked, true);
		flow->ended = get_jiffies_64();
		if (!list_empty(&flow->tomb)) {
			tomb_unlink(flow);
			tomb_link(flow);
		}
	}
	spin_unlock_bh(&hnet->lock);
}

static bool tomb_is_due(const struct tcp_handoff_flow *flow, u64 now)
{
	u64 life = msecs_to_jiffies(READ_ONCE(flow->hnet->deadline_ms));

	return time_after_eq64(now, flow->ended + life);
}

/*
 * An end that the front end has not acknowledged is kept for longer than any
 * front end may be in doubt: an answer of "unknown" would have it adopt the
 * connection again.  What a back end is to forget is kept until it has, unless
 * it is not configured any more.
 */
static bool tomb_must_stay(const struct tcp_handoff_flow *flow, u64 now)
{
	const struct tcp_handoff_peer *peer = tomb_peer(flow);

	if (!flow->needed)
		return false;
	if (flow->result == TCP_HANDOFF_MSG_FORGET && peer &&
	    !READ_ONCE(peer->dead))
		return true;
	return !time_after64(now, flow->born + TCP_HANDOFF_TOMB_MOST);
}

/*
 * The next tombstone whose time is over.  What must stay is told again.
 *
 * Return: with a reference; NULL with @more false: there is none, with @more
 * true: look again
 */
static struct tcp_handoff_flow *reap_one(struct list_head *tombs, u64 now,
					 bool *more)
{
	struct tcp_handoff_flow *flow;
	int budget = REAP_BUDGET;

	*more = false;
	while (budget--) {
		flow = list_first_entry_or_null(tombs, struct tcp_handoff_flow,
						tomb);
		if (!flow || !tomb_is_due(flow, now))
			return NULL;
		if (!tomb_must_stay(flow, now)) {
			tomb_unlink(flow);
			tcp_handoff_flow_hold(flow);
			return flow;
		}
		flow->ended = now;
		list_move_tail(&flow->tomb, tombs);
		tcp_handoff_flow_queue_work(flow);
	}
	*more = true;
	return NULL;
}

static void reap_list(struct tcp_handoff_net *hnet, struct list_head *tombs)
{
	u64 now = get_jiffies_64();
	struct tcp_handoff_flow *flow;
	bool more;

	do {
		spin_lock_bh(&hnet->lock);
		flow = reap_one(tombs, now, &more);
		spin_unlock_bh(&hnet->lock);
		if (flow) {
			tcp_handoff_flow_end(flow);
			tcp_handoff_flow_put(flow);
		}
		cond_resched();
	} while (flow || more);
}

/**
 * tcp_handoff_reap() - forget what nobody can ask for any more
 * @work: hnet->reap_work
 */
void tcp_handoff_reap(struct work_struct *work)
{
	struct tcp_handoff_net *hnet = container_of(to_delayed_work(work),
						    struct tcp_handoff_net,
						    reap_work);

	reap_list(hnet, &hnet->tombs);
	reap_list(hnet, &hnet->needed);
	if (!READ_ONCE(hnet->exiting))
		queue_delayed_work(hnet->wq, &hnet->reap_work, HZ);
}

static void flow_queue(struct tcp_handoff_flow *flow,
		       struct workqueue_struct *wq, struct work_struct *work)
{
	tcp_handoff_flow_hold(flow);
	/* pairs with synchronize_rcu() at the end of the namespace */
	rcu_read_lock();
	if (READ_ONCE(flow->hnet->exiting) || !queue_work(wq, work))
		tcp_handoff_flow_put(flow);
	rcu_read_unlock();
}

/**
 * tcp_handoff_flow_queue_work() - have the state machine look at a flow soon
 * @flow: flow; the work holds its own reference
 *
 * Context: any.
 */
void tcp_handoff_flow_queue_work(struct tcp_handoff_flow *flow)
{
	flow_queue(flow, flow->hnet->wq, &flow->work);
}

/**
 * tcp_handoff_flow_queue_sock_work() - ... at what needs a program's socket
 * @flow: flow in state HOMING, ADOPTING, or OWNED and to be forgotten; the work
 *        holds its own reference
 *
 * A program can hold its socket's lock for as long as it likes: it has only to
 * receive into memory that is not there.  No other work waits for this one.
 *
 * Context: any.
 */
void tcp_handoff_flow_queue_sock_work(struct tcp_handoff_flow *flow)
{
	flow_queue(flow, flow->hnet->sock_wq, &flow->sock_work);
}

/**
 * __tcp_handoff_flow_arm() - have the state machine look at a flow later
 * @flow:  flow, its lock held; an armed timer holds a reference
 * @delay: jiffies from now; replaces what was armed
 *
 * Not after the end, which disarms: the timer would outlive the namespace.
 */
void __tcp_handoff_flow_arm(struct tcp_handoff_flow *flow, unsigned long delay)
{
	lockdep_assert_held(&flow->lock);
	if (flow->state == TCP_HANDOFF_ST_ENDED ||
	    READ_ONCE(flow->hnet->exiting))
		return;
	tcp_handoff_flow_hold(flow);
	if (mod_timer(&flow->timer, jiffies + delay))
		tcp_handoff_flow_put(flow);
}

/**
 * tcp_handoff_flow_arm() - __tcp_handoff_flow_arm(), and take the lock
 * @flow:  flow
 * @delay: jiffies from now
 */
void tcp_handoff_flow_arm(struct tcp_handoff_flow *flow, unsigned long delay)
{
	spin_lock_bh(&flow->lock);
	__tcp_handoff_flow_arm(flow, delay);
	spin_unlock_bh(&flow->lock);
}

/**
 * tcp_handoff_flow_disarm() - undo tcp_handoff_flow_arm()
 * @flow: flow; the work may still run once
 */
void tcp_handoff_flow_disarm(struct tcp_handoff_flow *flow)
{
	if (timer_delete(&flow->timer))
		tcp_handoff_flow_put(flow);
}

/* The newest comes first, so serials fall along a chain. */
static struct tcp_handoff_flow *flow_next(struct tcp_handoff_net *hnet,
					  unsigned int bucket,
					  struct tcp_handoff_flow *prev)
{
	struct tcp_handoff_flow *flow;

	lockdep_assert_held(&hnet->lock);
	if (prev && !hlist_unhashed(&prev->node))
		return hlist_entry_safe(prev->node.next,
					struct tcp_handoff_flow, node);
	hlist_for_each_entry(flow, &hnet->flows->chain[bucket], node) {
		if (!prev || flow->serial < prev->serial)
			return flow;
	}
	return NULL;
}

/**
 * tcp_handoff_flow_for_each() - call a function for every flow
 * @hnet: namespace
 * @fn:   called without locks, may sleep and may end the flow
 * @arg:  for @fn
 *
 * Flows that come meanwhile may be missed, none is visited twice.
 */
void tcp_handoff_flow_for_each(struct tcp_handoff_net *hnet,
			       void (*fn)(struct tcp_handoff_flow *flow,
					  void *arg), void *arg)
{
	struct tcp_handoff_flow *flow, *prev;
	unsigned int bucket;

	for (bucket = 0; hnet->flows && bucket < hnet->flows->buckets;
	     bucket++) {
		prev = NULL;
		do {
			/* most are empty, one that fills now may be missed */
			if (!prev && hlist_empty(&hnet->flows->chain[bucket]))
				break;
			spin_lock_bh(&hnet->lock);
			flow = flow_next(hnet, bucket, prev);
			if (flow)
				tcp_handoff_flow_hold(flow);
			spin_unlock_bh(&hnet->lock);
			tcp_handoff_flow_put(prev);
			if (flow)
				fn(flow, arg);
			prev = flow;
			cond_resched();
		} while (flow);
	}
}

static void flow_inherit(struct tcp_handoff_flow *flow, void *arg)
{
	struct tcp_handoff_net *hnet = flow->hnet;
	struct tcp_handoff_peer *old, *new = arg;

	/* what tomb_peer() counts moves with the flow */
	spin_lock_bh(&hnet->lock);
	old = tomb_peer(flow);
	if (old && old != new && old->addr == new->addr) {
		new->boot_id = old->boot_id;
		new->out_boot_id = old->out_boot_id;
		new->in_boot_id = old->in_boot_id;
		if (flow->needed) {
			old->needed--;
			new->needed++;
		}
		tcp_handoff_flow_set_peer(flow, new);
	}
	spin_unlock_bh(&hnet->lock);
}

/**
 * tcp_handoff_peer_inherit() - a peer was removed and is configured again
 * @peer: new, not in the list yet
 *
 * The flows of its predecessor become its own, or the two hosts could never
 * agree on how these ended.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_peer_inherit(struct tcp_handoff_peer *peer)
{
	tcp_handoff_flow_for_each(peer->hnet, flow_inherit, peer);
}

static void flow_exit(struct tcp_handoff_flow *flow, void *unused)
{
	/* one may start the other, but not since ->exiting is set */
	if (cancel_work_sync(&flow->work))
		tcp_handoff_flow_put(flow);
	if (timer_shutdown_sync(&flow->timer))
		tcp_handoff_flow_put(flow);
	if (cancel_work_sync(&flow->work))
		tcp_handoff_flow_put(flow);
	if (cancel_work_sync(&flow->sock_work))
		tcp_handoff_flow_put(flow);
	if (cancel_work_sync(&flow->open_work))
		tcp_handoff_flow_put(flow);
	tcp_handoff_receiver_cancel(flow, false);
	tcp_handoff_flow_kill_tw(flow);
	tcp_handoff_flow_end(flow);
}

/**
 * tcp_handoff_flows_exit() - end every flow of a dying namespace
 * @hnet: namespace, hnet->exiting set, channels gone
 */
void tcp_handoff_flows_exit(struct tcp_handoff_net *hnet)
{
	cancel_delayed_work_sync(&hnet->reap_work);
	tcp_handoff_flow_for_each(hnet, flow_exit, NULL);
	flush_workqueue(hnet->wq);
	flush_workqueue(hnet->sock_wq);
}
