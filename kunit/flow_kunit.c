// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of flow.c, and of the state machines in sender.c and receiver.c
 * against the tables of Documentation/networking/tcp_handoff-protocol.rst.
 *
 * The channel is a fake: what is queued on it stays there to be looked at.
 */
#include <kunit/test.h>
#include <linux/delay.h>

#include "world.h"

/* As in channel.c, which keeps it to itself; the queue's head is its list. */
struct fake_msg {
	struct list_head list;
	struct tcp_handoff_hdr hdr;
	struct tcp_handoff_flow *flow;
	void *body;
	size_t len;
};

#define PEER_BOOT	0x1111222233334444ULL
#define MAGIC		0x55667788

struct flow_test {
	struct net *net;
	struct tcp_handoff_net *hnet;
	struct tcp_handoff_peer *peer;
	struct tcp_handoff_channel *ch;
	struct tcp_handoff_adoption *adoption;	/* the fake technique's */
	int cancelled;
};

static struct flow_test *current_flow_test;

/* A technique that takes its time: the test completes it. */
static void fake_adopt(struct tcp_handoff_adoption *a)
{
	current_flow_test->adoption = a;
}

static void fake_cancel(struct tcp_handoff_adoption *a)
{
	current_flow_test->cancelled++;
}

static struct tcp_handoff_tech fake_tech = {
	.name	= "kunit",
	.adopt	= fake_adopt,
	.cancel	= fake_cancel,
};

static void fake_work(struct work_struct *work)
{
}

static void no_flow_work(struct work_struct *work)
{
	tcp_handoff_flow_put(container_of(work, struct tcp_handoff_flow, work));
}

static void no_flow_sock_work(struct work_struct *work)
{
	tcp_handoff_flow_put(container_of(work, struct tcp_handoff_flow,
					  sock_work));
}

static void fake_tx_work(struct work_struct *work)
{
	tcp_handoff_channel_put(container_of(work, struct tcp_handoff_channel,
					     tx_work));
}

static void fake_kill_work(struct work_struct *work)
{
	tcp_handoff_channel_put(container_of(work, struct tcp_handoff_channel,
					     kill_work));
}

static void drop_messages(struct tcp_handoff_channel *ch)
{
	struct fake_msg *msg, *next;

	list_for_each_entry_safe(msg, next, &ch->txq, list) {
		list_del(&msg->list);
		tcp_handoff_flow_put(msg->flow);
		kvfree(msg->body);
		kfree(msg);
	}
}

static void fake_channel_end(void *ctx)
{
	struct tcp_handoff_channel *ch = ctx;

	spin_lock_bh(&ch->peer->lock);
	ch->peer->in = NULL;
	ch->peer->out = NULL;
	spin_unlock_bh(&ch->peer->lock);
	drain_workqueue(ch->hnet->wq);
	drop_messages(ch);
	tcp_handoff_channel_put(ch);
}

static void fake_channel(struct kunit *test, bool out)
{
	struct tcp_handoff_channel *ch = kzalloc(sizeof(*ch), GFP_KERNEL);
	struct flow_test *t = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, ch);
	ch->hnet = t->hnet;
	ch->peer = t->peer;
	refcount_inc(&t->peer->ref);
	refcount_set(&ch->ref, 1);
	ch->out = out;
	ch->up = true;
	ch->peer_boot_id = PEER_BOOT;
	ch->ask_most = SIZE_MAX;
	spin_lock_init(&ch->lock);
	init_waitqueue_head(&ch->flushed);
	INIT_LIST_HEAD(&ch->txq);
	INIT_WORK(&ch->rx_work, fake_work);
	INIT_WORK(&ch->tx_work, fake_tx_work);
	INIT_WORK(&ch->kill_work, fake_kill_work);
	if (out)
		t->peer->out = ch;
	else
		t->peer->in = ch;
	t->ch = ch;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   fake_channel_end,
							   ch));
}

static struct tcp_handoff_flow *new_flow(struct kunit *test, u64 boot_id,
					 u64 seq)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow = tcp_handoff_flow_alloc(t->hnet);

	KUNIT_ASSERT_NOT_NULL(test, flow);
	flow->id.boot_id = boot_id;
	flow->id.seq = seq;
	flow->epoch = 1;
	flow->conn_magic = MAGIC;
	return flow;
}

/* A flow in the table, the only reference but the table's is the caller's. */
static struct tcp_handoff_flow *put_flow(struct kunit *test, u64 boot_id,
					 u64 seq)
{
	struct tcp_handoff_flow *flow = new_flow(test, boot_id, seq);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(flow));
	return flow;
}

static void drop_flow(struct tcp_handoff_flow *flow)
{
	tcp_handoff_flow_end(flow);
	tcp_handoff_flow_put(flow);
}

static void flow_is_found_by_its_whole_id(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *a, *b;

	/* both in one chain of the table: the key mixes the halves */
	a = put_flow(test, 1, 2);
	b = put_flow(test, 2, 1);

	KUNIT_EXPECT_PTR_EQ(test, a, tcp_handoff_flow_find(t->hnet, 1, 2));
	KUNIT_EXPECT_PTR_EQ(test, b, tcp_handoff_flow_find(t->hnet, 2, 1));
	KUNIT_EXPECT_NULL(test, tcp_handoff_flow_find(t->hnet, 1, 1));
	KUNIT_EXPECT_NULL(test,
			  tcp_handoff_flow_find(t->hnet, 1 | BIT_ULL(40), 2));
	KUNIT_EXPECT_NULL(test,
			  tcp_handoff_flow_find(t->hnet, 1, 2 | BIT_ULL(40)));
	KUNIT_EXPECT_EQ(test, 3, refcount_read(&a->ref));

	tcp_handoff_flow_put(a);
	tcp_handoff_flow_put(b);
	drop_flow(a);
	drop_flow(b);
}

static void flow_id_is_taken_once(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *a = put_flow(test, 7, 7);
	struct tcp_handoff_flow *b = new_flow(test, 7, 7);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_EXISTS,
			tcp_handoff_flow_insert(b));

	KUNIT_EXPECT_EQ(test, 1, t->hnet->nr_flows);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&b->ref));
	drop_flow(a);
	/* the name is free again */
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(b));
	drop_flow(b);
}

static void flow_limit_holds(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *a, *b, *c;

	t->hnet->max_flows = 2;
	a = put_flow(test, 1, 1);
	b = put_flow(test, 1, 2);
	c = new_flow(test, 1, 3);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_FLOWS,
			tcp_handoff_flow_insert(c));
	drop_flow(a);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(c));

	drop_flow(b);
	drop_flow(c);
	KUNIT_EXPECT_EQ(test, 0, t->hnet->nr_flows);
}

struct table_case {
	const char *desc;
	u32 limit, buckets;
};

static const struct table_case table_cases[] = {
	{ "none",	0,			BIT(8) },
	{ "default",	TCP_HANDOFF_MAX_FLOWS,	BIT(18) },
	{ "odd",	1000000,		BIT(18) },
	{ "no limit",	U32_MAX,		BIT(20) },
};

KUNIT_ARRAY_PARAM_DESC(table, table_cases, desc);

/* The chains are short, however many flows there may be. */
static void flow_table_fits_the_limit(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(world_net(test));

	hnet->max_flows = c->limit;
	world_enable(test, hnet);

	KUNIT_EXPECT_EQ(test, c->buckets, hnet->flows->buckets);
}

/* What only makes an answer nicer gives way to a connection. */
static void flow_limit_spares_the_living(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *ended, *refused, *a, *b;

	t->hnet->max_flows = 2;
	ended = put_flow(test, 1, 1);
	ended->state = TCP_HANDOFF_ST_OWNED;
	tcp_handoff_flow_entomb(ended, TCP_HANDOFF_MSG_CLOSED);
	refused = put_flow(test, 1, 2);
	refused->state = TCP_HANDOFF_ST_ADOPTING;
	tcp_handoff_flow_entomb(refused, TCP_HANDOFF_MSG_REFUSED);
	a = new_flow(test, 1, 3);
	b = new_flow(test, 1, 4);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(a));
	KUNIT_EXPECT_NULL(test, tcp_handoff_flow_find(t->hnet, 1, 2));
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_FLOWS,
			tcp_handoff_flow_insert(b));
	tcp_handoff_flow_acked(ended);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(b));
	KUNIT_EXPECT_NULL(test, tcp_handoff_flow_find(t->hnet, 1, 1));

	KUNIT_EXPECT_EQ(test, 1, refcount_read(&refused->ref));
	tcp_handoff_flow_put(refused);
	tcp_handoff_flow_put(ended);
	drop_flow(a);
	drop_flow(b);
	KUNIT_EXPECT_EQ(test, 0, t->hnet->nr_flows);
}

/* What must stay may not hide what can go, however much of it there is. */
static void flow_limit_sees_past_the_needed(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;
	u32 i;

	t->hnet->max_flows = 100;
	for (i = 0; i < 100; i++) {
		flow = put_flow(test, 1, i);
		flow->state = TCP_HANDOFF_ST_OWNED;
		tcp_handoff_flow_entomb(flow, i == 99 ?
					TCP_HANDOFF_MSG_REFUSED :
					TCP_HANDOFF_MSG_CLOSED);
		tcp_handoff_flow_put(flow);
	}
	flow = new_flow(test, 2, 1);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(flow));
	KUNIT_EXPECT_NULL(test, tcp_handoff_flow_find(t->hnet, 1, 99));
	KUNIT_EXPECT_EQ(test, 100, t->hnet->nr_flows);
	drop_flow(flow);
}

/* A flow to or from a peer; its insertion tells. */
static enum tcp_handoff_reason try_flow(struct kunit *test,
					struct tcp_handoff_peer *peer, u64 seq)
{
	struct tcp_handoff_flow *flow = new_flow(test, 3, seq);
	enum tcp_handoff_reason reason;

	tcp_handoff_flow_set_peer(flow, peer);
	reason = tcp_handoff_flow_insert(flow);
	if (!reason)
		tcp_handoff_flow_end(flow);
	tcp_handoff_flow_put(flow);
	return reason;
}

static const u8 unsettled_cases[] = {
	TCP_HANDOFF_MSG_CLOSED, TCP_HANDOFF_MSG_FORGET,
};

static void unsettled_desc(const u8 *result, char *desc)
{
	strscpy(desc, *result == TCP_HANDOFF_MSG_CLOSED ? "CLOSED" : "FORGET",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(unsettled, unsettled_cases, unsettled_desc);

/* Nothing that is needed is forgotten: there is nothing new instead. */
static void flow_unsettled_peer_gets_no_more(struct kunit *test)
{
	const u8 *result = test->param_value;
	struct flow_test *t = test->priv;
	struct tcp_handoff_peer *other = world_peer(test, t->hnet, 99);
	struct tcp_handoff_flow *a, *b;

	t->hnet->max_flows = 8;
	a = put_flow(test, 1, 1);
	tcp_handoff_flow_set_peer(a, t->peer);
	tcp_handoff_flow_entomb(a, *result);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			try_flow(test, t->peer, 1));
	b = put_flow(test, 1, 2);
	tcp_handoff_flow_set_peer(b, t->peer);
	tcp_handoff_flow_entomb(b, *result);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_UNSETTLED,
			try_flow(test, t->peer, 2));
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			try_flow(test, other, 2));
	if (*result == TCP_HANDOFF_MSG_CLOSED)
		tcp_handoff_flow_acked(a);
	else
		tcp_handoff_flow_end(a);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			try_flow(test, t->peer, 3));

	drop_flow(a);
	drop_flow(b);
	KUNIT_EXPECT_EQ(test, 0, t->peer->needed);
}

static void flow_end_frees_and_is_idempotent(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow = put_flow(test, 1, 1);
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	flow->img = kzalloc(sizeof(*flow->img), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, flow->img);
	tcp_handoff_image_init(flow->img);
	flow->img->bytes = 1000;
	__skb_queue_tail(&flow->hold, skb);
	flow->hold_bytes = 500;
	KUNIT_ASSERT_TRUE(test, tcp_handoff_charge(t->hnet, 1500));

	tcp_handoff_flow_end(flow);
	tcp_handoff_flow_end(flow);

	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&t->hnet->bytes));
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_ENDED, flow->state);
	KUNIT_EXPECT_NULL(test, flow->img);
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&flow->hold));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&flow->ref));
	tcp_handoff_flow_put(flow);
}

static void flow_bytes_have_a_limit(struct kunit *test)
{
	struct flow_test *t = test->priv;

	t->hnet->max_bytes = 1000;

	KUNIT_EXPECT_TRUE(test, tcp_handoff_charge(t->hnet, 1000));
	KUNIT_EXPECT_FALSE(test, tcp_handoff_charge(t->hnet, 1));

	KUNIT_EXPECT_EQ(test, 1000, atomic_long_read(&t->hnet->bytes));
	tcp_handoff_uncharge(t->hnet, 1000);
	KUNIT_EXPECT_TRUE(test, tcp_handoff_charge(t->hnet, 1));
	tcp_handoff_uncharge(t->hnet, 1);
}

/* How long an end is remembered on a back end. */
static const struct tomb_case {
	const char *name;
	u8 result;
	bool acked;
	u32 life;		/* deadlines until it is forgotten */
} tomb_cases[] = {
	{ "REFUSED", TCP_HANDOFF_MSG_REFUSED, false, 1 },
	{ "CLOSED, acknowledged", TCP_HANDOFF_MSG_CLOSED, true, 1 },
	{ "CLOSED, not acknowledged", TCP_HANDOFF_MSG_CLOSED, false, 60 },
	{ "FORGET, peer removed", TCP_HANDOFF_MSG_FORGET, false, 60 },
};

KUNIT_ARRAY_PARAM_DESC(tomb, tomb_cases, name);

static bool is_known(struct flow_test *t, u64 boot_id, u64 seq)
{
	struct tcp_handoff_flow *flow;

	flow = tcp_handoff_flow_find(t->hnet, boot_id, seq);
	tcp_handoff_flow_put(flow);
	return flow;
}

/* The clock is not waited for: the tombstone is made older. */
static void grow_older(struct flow_test *t, struct tcp_handoff_flow *flow,
		       u64 by)
{
	flow->ended -= by;
	flow->born -= by;
	tcp_handoff_reap(&t->hnet->reap_work.work);
}

static void flow_tombstone_is_kept_and_forgotten(struct kunit *test)
{
	const struct tomb_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow = put_flow(test, 1, 1);
	u64 life = msecs_to_jiffies(t->hnet->deadline_ms);
	u32 i;

	INIT_WORK(&flow->work, no_flow_work);
	flow->closed_acked = c->acked;
	tcp_handoff_flow_entomb(flow, c->result);

	grow_older(t, flow, life / 2);
	KUNIT_EXPECT_TRUE(test, is_known(t, 1, 1));
	for (i = 0; i < c->life - 1; i++)
		grow_older(t, flow, life);
	KUNIT_EXPECT_TRUE(test, is_known(t, 1, 1));
	grow_older(t, flow, 2 * life);
	if (c->life > 1)
		grow_older(t, flow, life);

	KUNIT_EXPECT_FALSE(test, is_known(t, 1, 1));
	KUNIT_EXPECT_EQ(test, 0, t->hnet->nr_flows);
	drain_workqueue(t->hnet->wq);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&flow->ref));
	tcp_handoff_flow_put(flow);
}

static void flow_entombed_twice_is_reaped_once(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow = put_flow(test, 1, 1);

	tcp_handoff_flow_entomb(flow, TCP_HANDOFF_MSG_REFUSED);
	tcp_handoff_flow_entomb(flow, TCP_HANDOFF_MSG_REFUSED);
	tcp_handoff_flow_end(flow);
	/* one that has left the table cannot come back */
	tcp_handoff_flow_entomb(flow, TCP_HANDOFF_MSG_REFUSED);

	KUNIT_EXPECT_TRUE(test, list_empty(&t->hnet->tombs));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&flow->ref));
	tcp_handoff_flow_put(flow);
}

#define MANY	3000

struct visit {
	struct flow_test *t;
	u8 seen[MANY];
	u32 end_every;
};

/* End the flow itself and one that is ahead or behind. */
static void visit_and_end(struct tcp_handoff_flow *flow, void *arg)
{
	struct visit *v = arg;
	struct tcp_handoff_flow *other;
	u64 seq = flow->id.seq;

	v->seen[seq]++;
	if (!v->end_every || seq % v->end_every)
		return;
	tcp_handoff_flow_end(flow);
	/* three times the table's size apart: the same chain */
	other = tcp_handoff_flow_find(v->t->hnet, 0, (seq + 1024) % MANY);
	if (other) {
		tcp_handoff_flow_end(other);
		tcp_handoff_flow_put(other);
	}
}

static const struct visit_case {
	const char *name;
	u32 end_every;
} visit_cases[] = {
	{ "nothing ends", 0 },
	{ "every flow ends", 1 },
	{ "every third ends", 3 },
	{ "every seventh ends", 7 },
};

KUNIT_ARRAY_PARAM_DESC(visit, visit_cases, name);

static void flow_walk_visits_each_once(struct kunit *test)
{
	const struct visit_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct visit *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	u32 i, missed = 0, twice = 0;

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->t = t;
	v->end_every = c->end_every;
	for (i = 0; i < MANY; i++)
		tcp_handoff_flow_put(put_flow(test, 0, i));

	tcp_handoff_flow_for_each(t->hnet, visit_and_end, v);

	for (i = 0; i < MANY; i++) {
		missed += !v->seen[i];
		twice += v->seen[i] > 1;
	}
	KUNIT_EXPECT_EQ(test, 0, twice);
	/* ended by another one before its turn: the only reason to miss one */
	if (!c->end_every)
		KUNIT_EXPECT_EQ(test, 0, missed);
	else
		KUNIT_EXPECT_LE(test, missed, MANY - t->hnet->nr_flows);
	v->end_every = 1;
	tcp_handoff_flow_for_each(t->hnet, visit_and_end, v);
	KUNIT_EXPECT_EQ(test, 0, t->hnet->nr_flows);
}

/* What a message did: the next state, what was answered, was it "bad"? */
struct outcome {
	u8 state;		/* enum tcp_handoff_flow_state, or GONE */
	u8 answer;		/* message type, 0: none */
	u32 code;
	bool bad;
};

#define GONE	0xff

static void expect_outcome(struct kunit *test, struct tcp_handoff_flow *flow,
			   const struct outcome *want)
{
	struct flow_test *t = test->priv;
	struct fake_msg *msg;
	u8 state;

	flush_workqueue(t->hnet->sock_wq);
	state = flow->state;
	if (flow->removed || hlist_unhashed(&flow->node))
		state = GONE;
	msg = list_first_entry_or_null(&t->ch->txq, struct fake_msg, list);
	KUNIT_EXPECT_EQ(test, want->bad, !!t->ch->dead);
	KUNIT_EXPECT_EQ(test, want->bad,
			world_count(t->hnet, TCP_HANDOFF_MIB_CHANNEL_BAD));
	KUNIT_EXPECT_EQ(test, want->state, state);
	KUNIT_EXPECT_EQ(test, !!want->answer, !!msg);
	if (!msg || !want->answer)
		return;
	KUNIT_EXPECT_EQ(test, want->answer, msg->hdr.type);
	KUNIT_EXPECT_EQ(test, want->code, be32_to_cpu(msg->hdr.code));
	KUNIT_EXPECT_EQ(test, flow->id.seq, be64_to_cpu(msg->hdr.seq));
	KUNIT_EXPECT_EQ(test, flow->id.boot_id, be64_to_cpu(msg->hdr.boot_id));
	KUNIT_EXPECT_EQ(test, flow->epoch, be32_to_cpu(msg->hdr.epoch));
	KUNIT_EXPECT_EQ(test, MAGIC, be32_to_cpu(msg->hdr.conn_magic));
	KUNIT_EXPECT_TRUE(test, list_is_last(&msg->list, &t->ch->txq));
}

static struct tcp_handoff_hdr message(const struct tcp_handoff_flow *flow,
				      u8 type, u32 code)
{
	struct tcp_handoff_hdr hdr = tcp_handoff_flow_hdr(flow);

	hdr.magic = cpu_to_be32(TCP_HANDOFF_MAGIC);
	hdr.version = TCP_HANDOFF_VERSION;
	hdr.type = type;
	hdr.code = cpu_to_be32(code);
	return hdr;
}

/* Section 4.1.  F1, F2, ... are its footnotes. */
#define IGN(st)		{ TCP_HANDOFF_ST_##st }
#define BAD(st)		{ TCP_HANDOFF_ST_##st, .bad = true }
#define F1		{ TCP_HANDOFF_ST_FORWARD }
#define F2		{ TCP_HANDOFF_ST_HOMING }
#define F3		{ GONE, TCP_HANDOFF_MSG_CLOSED_ACK }
#define F4		F2
#define F5		F1
#define F6		{ GONE }
#define F10		{ GONE }
#define F10_ACK		F3

#define FE_STATES	6

static const u8 fe_states[FE_STATES] = {
	TCP_HANDOFF_ST_HOLD, TCP_HANDOFF_ST_SENT, TCP_HANDOFF_ST_DOUBT,
	TCP_HANDOFF_ST_FORWARD, TCP_HANDOFF_ST_HOMING, TCP_HANDOFF_ST_ENDED,
};

/* In every state: a message that is reserved, or of the wrong direction. */
#define FE_ALWAYS_BAD	\
	{ BAD(HOLD), BAD(SENT), BAD(DOUBT), BAD(FORWARD), BAD(HOMING),	\
	  BAD(ENDED) }

static const struct fe_row {
	const char *name;
	u8 type;
	u32 code;
	struct outcome want[FE_STATES];
} fe_rows[] = {
	{ "ADOPTED", TCP_HANDOFF_MSG_ADOPTED, 0,
	  { BAD(HOLD), F1, F1, F5, BAD(HOMING), IGN(ENDED) } },
	{ "REFUSED", TCP_HANDOFF_MSG_REFUSED, TCP_HANDOFF_REASON_QUEUE_FULL,
	  { BAD(HOLD), F2, F2, BAD(FORWARD), IGN(HOMING), F10 } },
	{ "REFUSED(of a newer peer)", TCP_HANDOFF_MSG_REFUSED, 200,
	  { BAD(HOLD), F2, F2, BAD(FORWARD), IGN(HOMING), F10 } },
	{ "REFUSED(0)", TCP_HANDOFF_MSG_REFUSED, 0, FE_ALWAYS_BAD },
	{ "CLOSED(GONE)", TCP_HANDOFF_MSG_CLOSED, TCP_HANDOFF_CLOSED_GONE,
	  { BAD(HOLD), F3, F3, F3, BAD(HOMING), F10_ACK } },
	{ "CLOSED(RESET)", TCP_HANDOFF_MSG_CLOSED, TCP_HANDOFF_CLOSED_RESET,
	  { BAD(HOLD), F3, F3, F3, BAD(HOMING), F10_ACK } },
	{ "CLOSED(UNKNOWN)", TCP_HANDOFF_MSG_CLOSED,
	  TCP_HANDOFF_CLOSED_UNKNOWN,
	  { BAD(HOLD), BAD(SENT), F4, F6, IGN(HOMING), F10 } },
	{ "CLOSED(0)", TCP_HANDOFF_MSG_CLOSED, 0, FE_ALWAYS_BAD },
	{ "CLOSED(5)", TCP_HANDOFF_MSG_CLOSED, 5, FE_ALWAYS_BAD },
	{ "CLOSED(TIME_WAIT) without it", TCP_HANDOFF_MSG_CLOSED,
	  TCP_HANDOFF_CLOSED_TIME_WAIT, FE_ALWAYS_BAD },
	{ "RETURNED", TCP_HANDOFF_MSG_RETURNED, 0, FE_ALWAYS_BAD },
	{ "BUSY", TCP_HANDOFF_MSG_BUSY, 0, FE_ALWAYS_BAD },
	{ "IDLE", TCP_HANDOFF_MSG_IDLE, 0, FE_ALWAYS_BAD },
	{ "QUERY", TCP_HANDOFF_MSG_QUERY, 0, FE_ALWAYS_BAD },
	{ "HANDOFF", TCP_HANDOFF_MSG_HANDOFF, 0, FE_ALWAYS_BAD },
	{ "no such type", 99, 0, FE_ALWAYS_BAD },
};

/* A parameter is a cell of the table; this is its row. */
static const struct fe_row *fe_row_of(const struct outcome *cell)
{
	const struct fe_row *row = fe_rows;

	while (cell < row->want || cell >= row->want + FE_STATES)
		row++;
	return row;
}

static u8 fe_state_of(const struct outcome *cell)
{
	return fe_states[cell - fe_row_of(cell)->want];
}

static const void *fe_gen_params(const void *prev, char *desc)
{
	const struct outcome *cell = prev;
	const struct fe_row *row = fe_rows;

	if (cell) {
		row = fe_row_of(cell++);
		if (cell == row->want + FE_STATES)
			cell = (++row)->want;
	} else {
		cell = row->want;
	}
	if (row == fe_rows + ARRAY_SIZE(fe_rows))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s in %s", row->name,
		 tcp_handoff_flow_state_name(fe_state_of(cell)));
	return cell;
}

/* A flow of this front end, in a state of choice, without a minisock. */
static struct tcp_handoff_flow *fe_flow(struct kunit *test, u8 state)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow = put_flow(test, t->hnet->boot_id, 5);

	/* timers and events would look for the minisock */
	INIT_WORK(&flow->work, no_flow_work);
	INIT_WORK(&flow->sock_work, no_flow_sock_work);
	flow->state = state;
	flow->peer_boot_id = PEER_BOOT;
	flow->deadline = get_jiffies_64() + HZ * 60;
	tcp_handoff_flow_set_peer(flow, t->peer);
	if (state == TCP_HANDOFF_ST_ENDED)
		flow->result = TCP_HANDOFF_MSG_FORGET;
	if (state == TCP_HANDOFF_ST_FORWARD || state == TCP_HANDOFF_ST_ENDED)
		return flow;
	flow->img = kzalloc(sizeof(*flow->img), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, flow->img);
	tcp_handoff_image_init(flow->img);
	return flow;
}

/* The image is there as long as nobody else can have it. */
static bool fe_has_image(const struct tcp_handoff_flow *flow,
			 const struct outcome *want)
{
	return want->state != GONE && want->state != TCP_HANDOFF_ST_FORWARD &&
	       want->state != TCP_HANDOFF_ST_ENDED;
}

static void flow_front_end_table(struct kunit *test)
{
	const struct outcome *want = test->param_value;
	const struct fe_row *row = fe_row_of(want);
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_hdr hdr;
	u8 reason = row->code;

	fake_channel(test, true);
	flow = fe_flow(test, fe_state_of(want));
	hdr = message(flow, row->type, row->code);

	tcp_handoff_sender_rcv(t->ch, &hdr, NULL, 0);

	expect_outcome(test, flow, want);
	KUNIT_EXPECT_EQ(test, fe_has_image(flow, want), !!flow->img);
	if (row->type == TCP_HANDOFF_MSG_CLOSED)
		reason = TCP_HANDOFF_REASON_UNKNOWN;
	if (want->state == TCP_HANDOFF_ST_HOMING &&
	    fe_state_of(want) != TCP_HANDOFF_ST_HOMING)
		KUNIT_EXPECT_EQ(test, reason, flow->reason);
	drop_flow(flow);
}

/* Messages about a flow that is not, or no longer, on record here. */
static const struct none_case {
	const char *name;
	u8 type;
	u32 code;
	u8 answer;
	bool never;
} fe_none_cases[] = {
	{ "ADOPTED: F11", TCP_HANDOFF_MSG_ADOPTED, 0,
	  TCP_HANDOFF_MSG_FORGET },
	{ "ADOPTED, never given", TCP_HANDOFF_MSG_ADOPTED, 0, 0, true },
	{ "REFUSED", TCP_HANDOFF_MSG_REFUSED, 5, 0 },
	{ "CLOSED(GONE)", TCP_HANDOFF_MSG_CLOSED, TCP_HANDOFF_CLOSED_GONE,
	  TCP_HANDOFF_MSG_CLOSED_ACK },
	{ "CLOSED(RESET)", TCP_HANDOFF_MSG_CLOSED, TCP_HANDOFF_CLOSED_RESET,
	  TCP_HANDOFF_MSG_CLOSED_ACK },
	{ "CLOSED(UNKNOWN)", TCP_HANDOFF_MSG_CLOSED,
	  TCP_HANDOFF_CLOSED_UNKNOWN, 0 },
};

KUNIT_ARRAY_PARAM_DESC(fe_none, fe_none_cases, name);

static void flow_front_end_without_record(struct kunit *test)
{
	const struct none_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct outcome want = { GONE, c->answer };
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_hdr hdr;

	fake_channel(test, true);
	flow = new_flow(test, t->hnet->boot_id, 5);
	atomic64_set(&t->hnet->next_seq, c->never ? 4 : 5);
	hdr = message(flow, c->type, c->code);

	tcp_handoff_sender_rcv(t->ch, &hdr, NULL, 0);

	expect_outcome(test, flow, &want);
	tcp_handoff_flow_put(flow);
}

/* Answers that name the flow, but are about something else. */
static const struct misfit_case {
	const char *name;
	s64 boot_id;
	int epoch, magic;
	bool other_peer;
	bool bad;
} misfit_cases[] = {
	{ "boot of another front end", 1, 0, 0, false, true },
	{ "later epoch", 0, 1, 0, false, true },
	{ "earlier epoch", 0, -1, 0, false, false },
	{ "another connection", 0, 0, 1, false, true },
	{ "from another peer", 0, 0, 0, true, true },
};

KUNIT_ARRAY_PARAM_DESC(misfit, misfit_cases, name);

static void flow_front_end_takes_only_fitting_answers(struct kunit *test)
{
	const struct misfit_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct outcome want = { TCP_HANDOFF_ST_SENT, .bad = c->bad };
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_hdr hdr;

	fake_channel(test, true);
	flow = fe_flow(test, TCP_HANDOFF_ST_SENT);
	flow->epoch = 2;
	hdr = message(flow, TCP_HANDOFF_MSG_ADOPTED, 0);
	hdr.boot_id = cpu_to_be64(flow->id.boot_id + c->boot_id);
	hdr.epoch = cpu_to_be32(flow->epoch + c->epoch);
	hdr.conn_magic = cpu_to_be32(flow->conn_magic + c->magic);
	if (c->other_peer)
		tcp_handoff_flow_set_peer(flow, world_peer(test, t->hnet, 99));

	tcp_handoff_sender_rcv(t->ch, &hdr, NULL, 0);

	expect_outcome(test, flow, &want);
	drop_flow(flow);
}

/* Section 4.2: sessions come and go. */
static const struct session_case {
	const char *name;
	u8 state;
	bool up;
	bool new_boot;
	struct outcome want;
	bool cancel;
} session_cases[] = {
	{ "HOLD, down", TCP_HANDOFF_ST_HOLD, false, false, IGN(HOLD) },
	{ "SENT, down: L3", TCP_HANDOFF_ST_SENT, false, false, IGN(DOUBT) },
	{ "DOUBT, down", TCP_HANDOFF_ST_DOUBT, false, false, IGN(DOUBT) },
	{ "FORWARD, down", TCP_HANDOFF_ST_FORWARD, false, false,
	  IGN(FORWARD) },
	{ "HOMING, down", TCP_HANDOFF_ST_HOMING, false, false, IGN(HOMING) },
	{ "HOLD, same boot", TCP_HANDOFF_ST_HOLD, true, false, IGN(HOLD) },
	{ "DOUBT, same boot: L5", TCP_HANDOFF_ST_DOUBT, true, false,
	  { TCP_HANDOFF_ST_DOUBT, TCP_HANDOFF_MSG_QUERY } },
	{ "FORWARD, same boot: L6", TCP_HANDOFF_ST_FORWARD, true, false,
	  IGN(FORWARD) },
	{ "HOMING, same boot", TCP_HANDOFF_ST_HOMING, true, false,
	  IGN(HOMING) },
	{ "HOLD, new boot", TCP_HANDOFF_ST_HOLD, true, true, IGN(HOLD) },
	{ "DOUBT, new boot: L9", TCP_HANDOFF_ST_DOUBT, true, true, { GONE } },
	{ "FORWARD, new boot: L9", TCP_HANDOFF_ST_FORWARD, true, true,
	  { GONE } },
	{ "HOMING, new boot", TCP_HANDOFF_ST_HOMING, true, true,
	  IGN(HOMING) },
	{ "DOUBT, same boot, cancel wanted: L5", TCP_HANDOFF_ST_DOUBT, true,
	  false, { TCP_HANDOFF_ST_DOUBT, TCP_HANDOFF_MSG_CANCEL }, true },
	{ "ENDED, down", TCP_HANDOFF_ST_ENDED, false, false, IGN(ENDED) },
	{ "ENDED, same boot: L8", TCP_HANDOFF_ST_ENDED, true, false,
	  { TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_FORGET } },
	{ "ENDED, new boot: L10", TCP_HANDOFF_ST_ENDED, true, true, { GONE } },
};

KUNIT_ARRAY_PARAM_DESC(session, session_cases, name);

static void flow_front_end_sessions(struct kunit *test)
{
	const struct session_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;

	fake_channel(test, true);
	flow = fe_flow(test, c->state);
	flow->cancel = c->cancel;
	if (c->new_boot)
		t->ch->peer_boot_id = PEER_BOOT + 1;

	if (c->up)
		tcp_handoff_sender_up(t->ch, PEER_BOOT);
	else
		tcp_handoff_sender_down(t->ch);

	expect_outcome(test, flow, &c->want);
	KUNIT_EXPECT_EQ(test, c->want.state == GONE &&
			c->state != TCP_HANDOFF_ST_ENDED,
			world_count(t->hnet, TCP_HANDOFF_MIB_RESET));
	drop_flow(flow);
}

static void flow_is_sent_once(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;

	fake_channel(test, true);
	flow = fe_flow(test, TCP_HANDOFF_ST_HOLD);
	flow->peer_boot_id = 0;

	KUNIT_EXPECT_TRUE(test, tcp_handoff_sending(flow, PEER_BOOT));
	KUNIT_EXPECT_FALSE(test, tcp_handoff_sending(flow, PEER_BOOT));

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_SENT, flow->state);
	KUNIT_EXPECT_EQ(test, PEER_BOOT, flow->peer_boot_id);
	KUNIT_EXPECT_EQ(test, 1, world_count(t->hnet, TCP_HANDOFF_MIB_SENT));
	drop_flow(flow);
}

#define QUESTIONS	40

/* As tx_work: messages leave; which flows are they about? */
static void send_questions(struct flow_test *t, u8 *asked)
{
	struct tcp_handoff_channel *ch = t->ch;
	struct fake_msg *msg, *next;

	spin_lock_bh(&ch->lock);
	list_for_each_entry_safe(msg, next, &ch->txq, list) {
		if (msg->hdr.type == TCP_HANDOFF_MSG_QUERY)
			asked[be64_to_cpu(msg->hdr.seq)]++;
		list_del(&msg->list);
		kvfree(msg->body);
		kfree(msg);
	}
	ch->tx_bytes = 0;
	spin_unlock_bh(&ch->lock);
}

static bool all_are_asked(struct flow_test *t, u8 *asked)
{
	send_questions(t, asked);
	return !memchr(asked, 0, QUESTIONS);
}

/* L5: a session is not killed by its own questions, and all are asked. */
static void flow_questions_wait_for_room(struct kunit *test)
{
	struct tcp_handoff_flow *flow, *flows[QUESTIONS];
	struct inet_timewait_sock *tw;
	struct flow_test *t = test->priv;
	u8 asked[QUESTIONS] = {};
	u32 i, nr;

	fake_channel(test, true);
	t->ch->ask_most = 1000;
	/* only looked at: is there one? */
	tw = kunit_kzalloc(test, sizeof(struct tcp_timewait_sock), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tw);
	for (i = 0; i < QUESTIONS; i++) {
		flow = put_flow(test, t->hnet->boot_id, i);
		flow->state = TCP_HANDOFF_ST_DOUBT;
		flow->tw = tw;
		flow->peer_boot_id = PEER_BOOT;
		flow->deadline = get_jiffies_64() + 60 * HZ;
		tcp_handoff_flow_set_peer(flow, t->peer);
		flows[i] = flow;
	}

	tcp_handoff_sender_up(t->ch, PEER_BOOT);

	KUNIT_EXPECT_FALSE(test, t->ch->dead);
	KUNIT_EXPECT_LT(test, t->ch->tx_bytes, 2000);
	nr = list_count_nodes(&t->ch->txq);
	KUNIT_EXPECT_GT(test, nr, 2);
	KUNIT_EXPECT_LT(test, nr, QUESTIONS / 2);
	KUNIT_EXPECT_TRUE(test, world_wait_for(all_are_asked(t, asked)));
	KUNIT_EXPECT_FALSE(test, t->ch->dead);
	for (i = 0; i < QUESTIONS; i++) {
		flows[i]->tw = NULL;
		drop_flow(flows[i]);
	}
}

/* Records of a back end, section 5. */
enum be_record {
	BE_NONE,
	BE_ADOPTING,
	BE_OWNED,
	BE_REFUSED,
	BE_CLOSED,
	BE_ACKED,
	BE_RECORDS
};

static const char * const be_names[BE_RECORDS] = {
	"none", "ADOPTING", "OWNED", "REFUSED", "CLOSED", "ACKED",
};

static struct tcp_handoff_flow *be_flow(struct kunit *test,
					enum be_record record)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;

	if (record == BE_NONE)
		return new_flow(test, PEER_BOOT, 5);
	flow = put_flow(test, PEER_BOOT, 5);
	tcp_handoff_flow_set_peer(flow, t->peer);
	flow->state = record == BE_ADOPTING ? TCP_HANDOFF_ST_ADOPTING :
					      TCP_HANDOFF_ST_OWNED;
	if (record == BE_REFUSED) {
		flow->reason = TCP_HANDOFF_REASON_QUEUE_FULL;
		tcp_handoff_flow_entomb(flow, TCP_HANDOFF_MSG_REFUSED);
	} else if (record >= BE_CLOSED) {
		flow->closed = TCP_HANDOFF_CLOSED_RESET;
		flow->closed_acked = record == BE_ACKED;
		tcp_handoff_flow_entomb(flow, TCP_HANDOFF_MSG_CLOSED);
	}
	return flow;
}

#define B3	{ TCP_HANDOFF_ST_OWNED, TCP_HANDOFF_MSG_ADOPTED }
#define B4	{ TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_REFUSED,	\
		  TCP_HANDOFF_REASON_QUEUE_FULL }
#define B5	{ TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_CLOSED,		\
		  TCP_HANDOFF_CLOSED_RESET }
#define B9	{ TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_CLOSED,		\
		  TCP_HANDOFF_CLOSED_GONE }	/* there is no socket */
#define B6	{ GONE, TCP_HANDOFF_MSG_CLOSED, TCP_HANDOFF_CLOSED_UNKNOWN }
#define B13	{ TCP_HANDOFF_ST_ENDED }
#define NONE	{ GONE }
#define BADNONE	{ GONE, .bad = true }

#define NOWHERE	{ 0xfe }		/* tested by another function */
#define BE_ALWAYS_BAD	\
	{ BADNONE, BAD(ADOPTING), BAD(OWNED), BAD(ENDED), BAD(ENDED),	\
	  BAD(ENDED) }

static const struct be_row {
	const char *name;
	u8 type;
	int epoch;		/* more than the record's */
	struct outcome want[BE_RECORDS];
} be_rows[] = {
	{ "HANDOFF", TCP_HANDOFF_MSG_HANDOFF, 0,
	  { NOWHERE, IGN(ADOPTING), B3, B4, B5, B5 } },
	/* a new epoch after a refusal is reserved */
	{ "next HANDOFF", TCP_HANDOFF_MSG_HANDOFF, 1,
	  { NOWHERE, BAD(ADOPTING), BAD(OWNED), NOWHERE, BAD(ENDED),
	    NOWHERE } },
	{ "QUERY", TCP_HANDOFF_MSG_QUERY, 0,
	  { B6, IGN(ADOPTING), B3, B4, B5, B5 } },
	/* B7, B8: flow_adoption_is_cancelled() */
	{ "CANCEL", TCP_HANDOFF_MSG_CANCEL, 0,
	  { B6, IGN(ADOPTING), B3, B4, B5, B5 } },
	{ "FORGET", TCP_HANDOFF_MSG_FORGET, 0,
	  { B6, IGN(ADOPTING), B9, B4, B5, B5 } },
	{ "CLOSED_ACK", TCP_HANDOFF_MSG_CLOSED_ACK, 0,
	  { NONE, BAD(ADOPTING), BAD(OWNED), BAD(ENDED), B13, IGN(ENDED) } },
	{ "late CLOSED_ACK", TCP_HANDOFF_MSG_CLOSED_ACK, -1,
	  { NONE, IGN(ADOPTING), IGN(OWNED), IGN(ENDED), IGN(ENDED),
	    IGN(ENDED) } },
	{ "late QUERY", TCP_HANDOFF_MSG_QUERY, -1,
	  { NOWHERE, BAD(ADOPTING), BAD(OWNED), BAD(ENDED), BAD(ENDED),
	    BAD(ENDED) } },
	/* reserved, or the wrong direction */
	{ "RECALL", TCP_HANDOFF_MSG_RECALL, 0, BE_ALWAYS_BAD },
	{ "RETURNED_ACK", TCP_HANDOFF_MSG_RETURNED_ACK, 0, BE_ALWAYS_BAD },
	{ "ADOPTED", TCP_HANDOFF_MSG_ADOPTED, 0, BE_ALWAYS_BAD },
	{ "CLOSED", TCP_HANDOFF_MSG_CLOSED, 0, BE_ALWAYS_BAD },
	{ "no such type", 99, 0, BE_ALWAYS_BAD },
};

static const struct be_row *be_row_of(const struct outcome *cell)
{
	const struct be_row *row = be_rows;

	while (cell < row->want || cell >= row->want + BE_RECORDS)
		row++;
	return row;
}

static const void *be_gen_params(const void *prev, char *desc)
{
	const struct outcome *cell = prev;
	const struct be_row *row = be_rows;

	if (cell)
		row = be_row_of(cell++);
	else
		cell = row->want;
	for (; row < be_rows + ARRAY_SIZE(be_rows); cell = (++row)->want) {
		while (cell < row->want + BE_RECORDS && cell->state == 0xfe)
			cell++;
		if (cell < row->want + BE_RECORDS) {
			snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, %s",
				 row->name, be_names[cell - row->want]);
			return cell;
		}
	}
	return NULL;
}

static void flow_back_end_table(struct kunit *test)
{
	const struct outcome *want = test->param_value;
	const struct be_row *row = be_row_of(want);
	enum be_record record = want - row->want;
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_hdr hdr;
	bool acked;

	fake_channel(test, false);
	flow = be_flow(test, record);
	flow->epoch = 2;
	acked = flow->closed_acked;
	hdr = message(flow, row->type, 0);
	hdr.epoch = cpu_to_be32(2 + row->epoch);

	tcp_handoff_receiver_rcv(t->ch, &hdr, NULL, 0);

	expect_outcome(test, flow, want);
	if (row->type == TCP_HANDOFF_MSG_CLOSED_ACK && !row->epoch &&
	    record == BE_CLOSED)
		acked = true;	/* B13 */
	KUNIT_EXPECT_EQ(test, acked, flow->closed_acked);
	drop_flow(flow);
}

static const enum be_record removed_cases[] = {
	BE_ADOPTING, BE_OWNED, BE_REFUSED, BE_CLOSED, BE_ACKED,
};

static void removed_desc(const enum be_record *record, char *desc)
{
	strscpy(desc, be_names[*record], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(removed, removed_cases, removed_desc);

/* B23: "unknown" would let a front end that is in doubt use its image. */
static void flow_removed_peer_is_remembered(struct kunit *test)
{
	const enum be_record *record = test->param_value;
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow = be_flow(test, *record);

	tcp_handoff_receiver_removed(t->peer);

	flush_workqueue(t->hnet->sock_wq);
	KUNIT_EXPECT_TRUE(test, is_known(t, PEER_BOOT, 5));
	KUNIT_EXPECT_EQ(test, *record <= BE_OWNED, flow->forget);
	KUNIT_EXPECT_EQ(test, *record == BE_ADOPTING ?
			TCP_HANDOFF_ST_ADOPTING : TCP_HANDOFF_ST_ENDED,
			flow->state);
	if (*record != BE_ADOPTING && *record != BE_REFUSED)
		KUNIT_EXPECT_EQ(test, TCP_HANDOFF_MSG_CLOSED, flow->result);
	drop_flow(flow);
}

static void flow_back_end_takes_only_fitting_messages(struct kunit *test)
{
	const struct misfit_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct outcome want = { TCP_HANDOFF_ST_OWNED, .bad = true };
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_hdr hdr;

	fake_channel(test, false);
	flow = be_flow(test, BE_OWNED);
	flow->epoch = 2;
	hdr = message(flow, TCP_HANDOFF_MSG_QUERY, 0);
	hdr.boot_id = cpu_to_be64(flow->id.boot_id + c->boot_id);
	hdr.epoch = cpu_to_be32(flow->epoch + c->epoch);
	hdr.conn_magic = cpu_to_be32(flow->conn_magic + c->magic);
	if (c->other_peer)
		tcp_handoff_flow_set_peer(flow, world_peer(test, t->hnet, 99));

	tcp_handoff_receiver_rcv(t->ch, &hdr, NULL, 0);

	expect_outcome(test, flow, &want);
	drop_flow(flow);
}

/* B1, then B14 or B15; and R6: ADOPTED before any CLOSED. */
static const struct handoff_case {
	const char *name;
	enum tcp_handoff_reason reason;	/* of the technique */
	bool malformed;
	bool no_tech;
	u8 closed;			/* it ends while it is being adopted */
	u8 asked;			/* this message comes meanwhile */
	u8 answers[2];
} handoff_cases[] = {
	{ "adopted", .answers = { TCP_HANDOFF_MSG_ADOPTED } },
	{ "refused by the technique", TCP_HANDOFF_REASON_NO_LISTENER,
	  .answers = { TCP_HANDOFF_MSG_REFUSED } },
	{ "malformed", TCP_HANDOFF_REASON_MALFORMED, .malformed = true,
	  .answers = { TCP_HANDOFF_MSG_REFUSED } },
	{ "no technique", TCP_HANDOFF_REASON_NO_TECH, .no_tech = true,
	  .answers = { TCP_HANDOFF_MSG_REFUSED } },
	{ "ended meanwhile", .closed = TCP_HANDOFF_CLOSED_RESET,
	  .answers = { TCP_HANDOFF_MSG_ADOPTED, TCP_HANDOFF_MSG_CLOSED } },
	{ "CANCEL: B7, B15", TCP_HANDOFF_REASON_CANCELLED,
	  .asked = TCP_HANDOFF_MSG_CANCEL,
	  .answers = { TCP_HANDOFF_MSG_REFUSED } },
	{ "CANCEL, too late: B14", .asked = TCP_HANDOFF_MSG_CANCEL,
	  .answers = { TCP_HANDOFF_MSG_ADOPTED } },
	{ "FORGET: B8, B15", TCP_HANDOFF_REASON_CANCELLED,
	  .asked = TCP_HANDOFF_MSG_FORGET,
	  .answers = { TCP_HANDOFF_MSG_REFUSED } },
	{ "FORGET, too late: B14, B9", .asked = TCP_HANDOFF_MSG_FORGET,
	  .answers = { TCP_HANDOFF_MSG_ADOPTED, TCP_HANDOFF_MSG_CLOSED } },
};

KUNIT_ARRAY_PARAM_DESC(handoff, handoff_cases, name);

static void complete_adoption(struct kunit *test, const struct handoff_case *c,
			      struct tcp_handoff_flow *flow)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_hdr hdr;

	KUNIT_ASSERT_NOT_NULL(test, t->adoption);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_ADOPTING, flow->state);
	KUNIT_EXPECT_TRUE(test, list_empty(&t->ch->txq));
	if (c->closed)
		tcp_handoff_report_closed(flow, c->closed);
	if (c->asked) {
		hdr = message(flow, c->asked, 0);
		tcp_handoff_receiver_rcv(t->ch, &hdr, NULL, 0);
	}
	KUNIT_EXPECT_EQ(test, !!c->asked, t->cancelled);
	KUNIT_EXPECT_TRUE(test, list_empty(&t->ch->txq));
	tcp_handoff_adoption_done(t->adoption, c->reason);
	flush_workqueue(t->hnet->sock_wq);
	t->adoption = NULL;
}

static void flow_handoff_is_adopted_or_refused(struct kunit *test)
{
	const struct handoff_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *name, *flow;
	struct tcp_handoff_hdr hdr;
	struct fake_msg *msg;
	size_t len, nr = 0;
	void *body;

	fake_channel(test, false);
	body = world_pack_idle(test, &len);
	strscpy(t->hnet->techs[0], c->no_tech ? "none" : "kunit");
	name = new_flow(test, PEER_BOOT, 5);
	hdr = message(name, TCP_HANDOFF_MSG_HANDOFF, 0);

	tcp_handoff_receiver_rcv(t->ch, &hdr, body, c->malformed ? 7 : len);

	kvfree(body);
	flush_workqueue(t->hnet->sock_wq);
	flow = tcp_handoff_flow_find(t->hnet, PEER_BOOT, 5);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	if (!c->malformed && !c->no_tech)
		complete_adoption(test, c, flow);
	list_for_each_entry(msg, &t->ch->txq, list) {
		KUNIT_ASSERT_LT(test, nr, 2);
		KUNIT_EXPECT_EQ(test, c->answers[nr++], msg->hdr.type);
	}
	KUNIT_EXPECT_EQ(test, 1 + !!c->answers[1], nr);
	KUNIT_EXPECT_EQ(test, c->reason, flow->reason);
	KUNIT_EXPECT_EQ(test, c->reason || c->answers[1] ?
			TCP_HANDOFF_ST_ENDED : TCP_HANDOFF_ST_OWNED,
			flow->state);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&t->hnet->bytes));
	drop_flow(flow);
	tcp_handoff_flow_put(name);
}

/* What keeps adoptions from being begun. */
struct blocker {
	struct work_struct work;
	struct completion go_on;
};

static void blocker_work(struct work_struct *work)
{
	wait_for_completion(&container_of(work, struct blocker, work)->go_on);
}

/* What ends an adoption that the technique was not asked for yet. */
static const struct unbegun_case {
	const char *name;
	u8 type;		/* 0: the front end is removed */
	u64 boot_id;		/* of its next session, or 0 */
	struct outcome want;
} unbegun_cases[] = {
	{ "CANCEL: B7, B15", TCP_HANDOFF_MSG_CANCEL, 0,
	  { TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_REFUSED,
	    TCP_HANDOFF_REASON_CANCELLED } },
	{ "FORGET: B8, B15", TCP_HANDOFF_MSG_FORGET, 0,
	  { TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_REFUSED,
	    TCP_HANDOFF_REASON_CANCELLED } },
	{ "peer removed: B23", 0, 0,
	  { TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_REFUSED,
	    TCP_HANDOFF_REASON_CANCELLED } },
	{ "new boot: B21", 0, PEER_BOOT + 1, NONE },
};

KUNIT_ARRAY_PARAM_DESC(unbegun, unbegun_cases, name);

static void flow_adoption_may_not_begin(struct kunit *test)
{
	const struct unbegun_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *name, *flow;
	struct tcp_handoff_hdr hdr;
	struct blocker blocker;
	size_t len;
	void *body;

	fake_channel(test, false);
	body = world_pack_idle(test, &len);
	strscpy(t->hnet->techs[0], "kunit");
	name = new_flow(test, PEER_BOOT, 5);
	workqueue_set_max_active(t->hnet->sock_wq, 1);
	init_completion(&blocker.go_on);
	INIT_WORK_ONSTACK(&blocker.work, blocker_work);
	queue_work(t->hnet->sock_wq, &blocker.work);
	hdr = message(name, TCP_HANDOFF_MSG_HANDOFF, 0);
	tcp_handoff_receiver_rcv(t->ch, &hdr, body, len);
	kvfree(body);
	flow = tcp_handoff_flow_find(t->hnet, PEER_BOOT, 5);

	if (c->type) {
		hdr = message(name, c->type, 0);
		tcp_handoff_receiver_rcv(t->ch, &hdr, NULL, 0);
	} else if (c->boot_id) {
		t->ch->peer_boot_id = c->boot_id;
		tcp_handoff_receiver_up(t->ch, PEER_BOOT);
	} else {
		tcp_handoff_receiver_removed(t->peer);
	}
	/* at once, not when it is its turn */
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_ENDED, flow->state);
	complete(&blocker.go_on);

	expect_outcome(test, flow, &c->want);
	KUNIT_EXPECT_NULL(test, t->adoption);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&t->hnet->bytes));
	destroy_work_on_stack(&blocker.work);
	drop_flow(flow);
	tcp_handoff_flow_put(name);
}

static void flow_handoff_beyond_limit_is_refused(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *name;
	struct tcp_handoff_hdr hdr;
	struct outcome want = { GONE, TCP_HANDOFF_MSG_REFUSED,
				TCP_HANDOFF_REASON_FLOWS };

	fake_channel(test, false);
	t->hnet->max_flows = 0;
	name = new_flow(test, PEER_BOOT, 5);
	hdr = message(name, TCP_HANDOFF_MSG_HANDOFF, 0);

	tcp_handoff_receiver_rcv(t->ch, &hdr, NULL, 0);

	expect_outcome(test, name, &want);
	tcp_handoff_flow_put(name);
}

/* A HANDOFF whose body was not kept, by what is on record of it. */
static const struct skipped_case {
	const char *name;
	enum be_record record;
	enum tcp_handoff_reason reason;
	bool other_boot;
	struct outcome want;
} skipped_cases[] = {
	{ "none, no memory", BE_NONE, TCP_HANDOFF_REASON_MEMORY, false,
	  { GONE, TCP_HANDOFF_MSG_REFUSED, TCP_HANDOFF_REASON_MEMORY } },
	{ "none, beyond the limit", BE_NONE, TCP_HANDOFF_REASON_BYTES, false,
	  { GONE, TCP_HANDOFF_MSG_REFUSED, TCP_HANDOFF_REASON_BYTES } },
	{ "ADOPTING", BE_ADOPTING, TCP_HANDOFF_REASON_MEMORY, false,
	  IGN(ADOPTING) },
	{ "OWNED: B3", BE_OWNED, TCP_HANDOFF_REASON_MEMORY, false, B3 },
	{ "REFUSED: B4", BE_REFUSED, TCP_HANDOFF_REASON_MEMORY, false, B4 },
	{ "CLOSED: B5", BE_CLOSED, TCP_HANDOFF_REASON_MEMORY, false, B5 },
	{ "of another boot", BE_NONE, TCP_HANDOFF_REASON_MEMORY, true,
	  BADNONE },
};

KUNIT_ARRAY_PARAM_DESC(skipped, skipped_cases, name);

static void flow_skipped_handoff_is_answered(struct kunit *test)
{
	const struct skipped_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_hdr hdr;

	fake_channel(test, false);
	flow = be_flow(test, c->record);
	hdr = message(flow, TCP_HANDOFF_MSG_HANDOFF, 0);
	if (c->other_boot)
		hdr.boot_id = cpu_to_be64(PEER_BOOT + 1);

	tcp_handoff_receiver_skipped(t->ch, &hdr, c->reason);

	expect_outcome(test, flow, &c->want);
	KUNIT_EXPECT_EQ(test, !c->other_boot,
			world_count(t->hnet, TCP_HANDOFF_MIB_RECEIVED));
	KUNIT_EXPECT_EQ(test, c->record != BE_NONE,
			world_count(t->hnet, TCP_HANDOFF_MIB_DUPLICATE));
	KUNIT_EXPECT_EQ(test, c->record == BE_NONE && !c->other_boot,
			world_count(t->hnet, TCP_HANDOFF_MIB_REFUSED +
					     c->reason - 1));
	drop_flow(flow);
}

/* Section 5.2. */
static const struct be_session_case {
	const char *name;
	enum be_record record;
	bool new_boot;
	struct outcome want;
} be_session_cases[] = {
	{ "OWNED, same boot", BE_OWNED, false, IGN(OWNED) },
	{ "REFUSED, same boot", BE_REFUSED, false, IGN(ENDED) },
	{ "CLOSED, same boot: B20", BE_CLOSED, false, B5 },
	{ "ACKED, same boot", BE_ACKED, false, IGN(ENDED) },
	{ "OWNED, new boot: B21", BE_OWNED, true, NONE },
	{ "REFUSED, new boot: B22", BE_REFUSED, true, NONE },
	{ "CLOSED, new boot: B22", BE_CLOSED, true, NONE },
	{ "ACKED, new boot: B22", BE_ACKED, true, NONE },
};

KUNIT_ARRAY_PARAM_DESC(be_session, be_session_cases, name);

static void flow_back_end_sessions(struct kunit *test)
{
	const struct be_session_case *c = test->param_value;
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;

	fake_channel(test, false);
	flow = be_flow(test, c->record);
	if (c->new_boot)
		t->ch->peer_boot_id = PEER_BOOT + 1;

	tcp_handoff_receiver_up(t->ch, PEER_BOOT);

	expect_outcome(test, flow, &c->want);
	drop_flow(flow);
}

static void flow_end_of_connection_is_reported(struct kunit *test)
{
	struct flow_test *t = test->priv;
	struct tcp_handoff_flow *flow;
	struct outcome want = { TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_CLOSED,
				TCP_HANDOFF_CLOSED_TIME_WAIT };
	const struct tcp_handoff_wire_timewait *w;
	struct fake_msg *msg;

	fake_channel(test, false);
	flow = be_flow(test, BE_OWNED);
	flow->timewait.ts_now = cpu_to_be32(1000);
	flow->timewait.rcv_nxt = cpu_to_be32(77);
	flow->timewait_taken = ktime_get_ns() - 500 * NSEC_PER_USEC;
	flow->timewait.usec_ts = 1;

	tcp_handoff_report_closed(flow, TCP_HANDOFF_CLOSED_TIME_WAIT);

	expect_outcome(test, flow, &want);
	msg = list_first_entry(&t->ch->txq, struct fake_msg, list);
	w = tcp_handoff_find_tlv(msg->body, msg->len,
				 TCP_HANDOFF_TLV_TIMEWAIT, sizeof(*w));
	KUNIT_ASSERT_NOT_NULL(test, w);
	KUNIT_EXPECT_EQ(test, 77, be32_to_cpu(w->rcv_nxt));
	/* its clock went on while it waited to be sent */
	KUNIT_EXPECT_GE(test, be32_to_cpu(w->ts_now), 1500);
	drop_flow(flow);
}

/* Several may see it, as a socket that is aborted and who has it aborted. */
static void flow_end_is_reported_once(struct kunit *test)
{
	struct tcp_handoff_flow *flow;
	struct outcome want = { TCP_HANDOFF_ST_ENDED, TCP_HANDOFF_MSG_CLOSED,
				TCP_HANDOFF_CLOSED_RESET };

	fake_channel(test, false);
	flow = be_flow(test, BE_OWNED);

	tcp_handoff_report_closed(flow, TCP_HANDOFF_CLOSED_RESET);
	tcp_handoff_report_closed(flow, TCP_HANDOFF_CLOSED_GONE);

	expect_outcome(test, flow, &want);
	drop_flow(flow);
}

static int flow_suite_init(struct kunit_suite *suite)
{
	tcp_handoff_tech_register(&fake_tech);
	return 0;
}

static int flow_init(struct kunit *test)
{
	struct flow_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	current_flow_test = t;
	t->net = world_net(test);
	t->hnet = tcp_handoff_pernet(t->net);
	world_enable(test, t->hnet);
	t->peer = world_peer(test, t->hnet, WORLD_BE);
	return 0;
}

static struct kunit_case flow_cases[] = {
	KUNIT_CASE(flow_is_found_by_its_whole_id),
	KUNIT_CASE(flow_id_is_taken_once),
	KUNIT_CASE(flow_limit_holds),
	KUNIT_CASE(flow_limit_spares_the_living),
	KUNIT_CASE(flow_limit_sees_past_the_needed),
	KUNIT_CASE_PARAM(flow_unsettled_peer_gets_no_more,
			 unsettled_gen_params),
	KUNIT_CASE_PARAM(flow_table_fits_the_limit, table_gen_params),
	KUNIT_CASE(flow_end_frees_and_is_idempotent),
	KUNIT_CASE(flow_bytes_have_a_limit),
	KUNIT_CASE_PARAM(flow_tombstone_is_kept_and_forgotten,
			 tomb_gen_params),
	KUNIT_CASE(flow_entombed_twice_is_reaped_once),
	KUNIT_CASE_PARAM(flow_walk_visits_each_once, visit_gen_params),
	KUNIT_CASE_PARAM(flow_front_end_table, fe_gen_params),
	KUNIT_CASE_PARAM(flow_front_end_without_record, fe_none_gen_params),
	KUNIT_CASE_PARAM(flow_front_end_takes_only_fitting_answers,
			 misfit_gen_params),
	KUNIT_CASE_PARAM(flow_front_end_sessions, session_gen_params),
	KUNIT_CASE(flow_is_sent_once),
	KUNIT_CASE(flow_questions_wait_for_room),
	KUNIT_CASE_PARAM(flow_back_end_table, be_gen_params),
	KUNIT_CASE_PARAM(flow_removed_peer_is_remembered, removed_gen_params),
	KUNIT_CASE_PARAM(flow_back_end_takes_only_fitting_messages,
			 misfit_gen_params),
	KUNIT_CASE_PARAM(flow_handoff_is_adopted_or_refused,
			 handoff_gen_params),
	KUNIT_CASE_PARAM(flow_adoption_may_not_begin, unbegun_gen_params),
	KUNIT_CASE(flow_handoff_beyond_limit_is_refused),
	KUNIT_CASE_PARAM(flow_skipped_handoff_is_answered,
			 skipped_gen_params),
	KUNIT_CASE_PARAM(flow_back_end_sessions, be_session_gen_params),
	KUNIT_CASE(flow_end_of_connection_is_reported),
	KUNIT_CASE(flow_end_is_reported_once),
	{}
};

static struct kunit_suite flow_suite = {
	.name = "tcp_handoff_flow",
	.suite_init = flow_suite_init,
	.init = flow_init,
	.test_cases = flow_cases,
};

kunit_test_suite(flow_suite);
