// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of state.c: clocks, and what is copied out of a socket.
 *
 * A socket that is connected to nothing is set to the state in question and
 * looked at; nothing sends on it.  What apply() makes of a state is tested
 * with real connections in sock_kunit.c.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "world.h"

struct state_test {
	struct tcp_handoff_state st;
	struct socket *sock;
};

/* What a clock of @hz ticks a second shows after @ns, rounded down. */
static u64 ticks(u64 ns, u64 ns_per_tick)
{
	return div64_u64(ns, ns_per_tick);
}

/* A timestamp clock of milliseconds or microseconds, in odd little steps. */
static const struct clock_case {
	const char *name;
	bool usec;
	u64 step;		/* ns, at most */
	u32 start;		/* ts_now */
} clock_cases[] = {
	{ "ms, steps below a us", false, 900, 7 },
	{ "ms, steps below a tick", false, 900000, 7 },
	{ "ms, steps of seconds", false, 5000000000ULL, 7 },
	{ "ms, passes 2^32", false, 90000000, -50 },
	{ "us, steps below a us", true, 900, 7 },
	{ "us, steps of ms", true, 5000000, 7 },
	{ "us, passes 2^32", true, 90000000, -5000 },
};

KUNIT_ARRAY_PARAM_DESC(clock, clock_cases, name);

static void state_clock_is_exact_in_any_steps(struct kunit *test)
{
	const struct clock_case *c = test->param_value;
	struct state_test *t = test->priv;
	struct tcp_handoff_state *st = &t->st;
	u64 tick = c->usec ? NSEC_PER_USEC : NSEC_PER_MSEC;
	u64 taken = 123456789, now = taken;
	u32 last = c->start, shown;
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, 4711);
	st->tstamp_ok = 1;
	st->usec_ts = c->usec;
	st->ts_now = c->start;
	st->taken = taken;

	for (i = 0; i < 2000; i++) {
		now += prandom_u32_state(&rnd) % (u32)min(c->step, U32_MAX);
		tcp_handoff_state_age(st, now);

		/* never ahead, never back, and not a tick behind */
		shown = c->start + (u32)ticks(now - taken, tick);
		KUNIT_ASSERT_EQ(test, shown, st->ts_now);
		KUNIT_ASSERT_GE(test, (int)(st->ts_now - last), 0);
		KUNIT_ASSERT_LE(test, st->taken, now);
		KUNIT_ASSERT_LT(test, now - st->taken, NSEC_PER_USEC);
		last = st->ts_now;
	}
}

static void state_clock_does_not_go_back(struct kunit *test)
{
	struct state_test *t = test->priv;

	t->st.tstamp_ok = 1;
	t->st.ts_now = 1000;
	t->st.taken = 5 * NSEC_PER_SEC;

	tcp_handoff_state_age(&t->st, 4 * NSEC_PER_SEC);

	KUNIT_EXPECT_EQ(test, 1000, t->st.ts_now);
	KUNIT_EXPECT_EQ(test, 5 * NSEC_PER_SEC, t->st.taken);
}

static void state_without_timestamps_has_no_clock(struct kunit *test)
{
	struct state_test *t = test->priv;

	tcp_handoff_state_age(&t->st, 90 * NSEC_PER_SEC);

	KUNIT_EXPECT_EQ(test, 0, t->st.ts_now);
	KUNIT_EXPECT_EQ(test, 0, t->st.ts_recent_age);
	KUNIT_EXPECT_EQ(test, 90 * USEC_PER_SEC, t->st.lsnd_age);
}

/* Every age, by how much it grows in 90.25 s, and where it stops. */
static void state_ages_grow_and_saturate(struct kunit *test)
{
	struct state_test *t = test->priv;
	struct tcp_handoff_state *st = &t->st;
	u64 later = 90250 * NSEC_PER_MSEC;

	st->tstamp_ok = 1;
	st->cwnd_age = 5;
	st->rcv_age = U32_MAX;
	st->lrcv_age = U32_MAX - 1000;

	tcp_handoff_state_age(st, later);

	KUNIT_EXPECT_EQ(test, 90, st->ts_recent_age);
	KUNIT_EXPECT_EQ(test, 90250000, st->rtt_min_age);
	KUNIT_EXPECT_EQ(test, 90250005, st->cwnd_age);
	KUNIT_EXPECT_EQ(test, 90250000, st->lsnd_age);
	KUNIT_EXPECT_EQ(test, 90250, st->probes_age_ms);
	KUNIT_EXPECT_EQ(test, U32_MAX, st->rcv_age);
	KUNIT_EXPECT_EQ(test, U32_MAX, st->lrcv_age);

	/* ten days: what counts microseconds has long been full */
	tcp_handoff_state_age(st, later + 10ULL * 86400 * NSEC_PER_SEC);

	KUNIT_EXPECT_EQ(test, 90 + 10 * 86400, st->ts_recent_age);
	KUNIT_EXPECT_EQ(test, U32_MAX, st->lsnd_age);
	KUNIT_EXPECT_EQ(test, 90250 + 864000000, st->probes_age_ms);
}

/* Timeouts of a socket are in ticks, those of a state in microseconds. */
static const u32 tick_cases[] = { 1, 2, 3, HZ / 20, HZ / 5, HZ + 1, 2 * HZ };

static void ticks_desc(const u32 *ticks, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u ticks", *ticks);
}

KUNIT_ARRAY_PARAM(tick, tick_cases, ticks_desc);

static void state_timeouts_become_microseconds(struct kunit *test)
{
	const u32 *ticks = test->param_value;
	struct state_test *t = test->priv;
	struct inet_connection_sock *icsk = inet_csk(t->sock->sk);
	u32 us = *ticks * (USEC_PER_SEC / HZ);

	lock_sock(t->sock->sk);
	icsk->icsk_rto = *ticks;
	icsk->icsk_rto_min = *ticks;
	icsk->icsk_delack_max = *ticks;
	icsk->icsk_ack.ato = *ticks;
	tcp_sk(t->sock->sk)->keepalive_time = *ticks;

	tcp_handoff_snapshot(t->sock->sk, &t->st, true);

	release_sock(t->sock->sk);
	KUNIT_EXPECT_EQ(test, us, t->st.rto_us);
	KUNIT_EXPECT_EQ(test, us, t->st.rto_min_us);
	KUNIT_EXPECT_EQ(test, us, t->st.delack_max_us);
	KUNIT_EXPECT_EQ(test, (*ticks & (BIT(ATO_BITS) - 1)) *
			      (USEC_PER_SEC / HZ), t->st.ato_us);
	KUNIT_EXPECT_EQ(test, us / USEC_PER_MSEC, t->st.keepalive_time_ms);
}

/* Stamps of a socket, in ticks before now, and the ages they make. */
static const struct age_case {
	const char *name;
	u32 ago;
	u32 age;
} age_cases[] = {
	{ "now", 0, 0 },
	{ "one tick", 1, USEC_PER_SEC / HZ },
	{ "one hour", 3600 * HZ, 3600U * USEC_PER_SEC },
	{ "two hours", 7200 * HZ, U32_MAX },
	{ "half the clock's circle", S32_MAX, U32_MAX },
	{ "in the future", -5, 0 },
};

KUNIT_ARRAY_PARAM_DESC(age, age_cases, name);

static void state_stamps_become_ages(struct kunit *test)
{
	const struct age_case *c = test->param_value;
	struct state_test *t = test->priv;
	struct tcp_sock *tp = tcp_sk(t->sock->sk);
	u32 now, stamp, passed;

	lock_sock(t->sock->sk);
	now = tcp_jiffies32;
	stamp = now - c->ago;
	tp->lsndtime = stamp;
	tp->snd_cwnd_stamp = stamp;
	tp->rcv_tstamp = stamp;
	tp->rtt_min.s[0].t = stamp;
	inet_csk(t->sock->sk)->icsk_ack.lrcvtime = stamp;

	tcp_handoff_snapshot(t->sock->sk, &t->st, false);

	passed = (tcp_jiffies32 - now) * (USEC_PER_SEC / HZ);
	release_sock(t->sock->sk);
	KUNIT_EXPECT_LE(test, t->st.lsnd_age - c->age, passed);
	KUNIT_EXPECT_LE(test, t->st.cwnd_age - c->age, passed);
	KUNIT_EXPECT_LE(test, t->st.rcv_age - c->age, passed);
	KUNIT_EXPECT_LE(test, t->st.rtt_min_age - c->age, passed);
	KUNIT_EXPECT_LE(test, t->st.lrcv_age - c->age, passed);
}

static void state_snapshot_shows_the_timestamp_clock(struct kunit *test)
{
	struct state_test *t = test->priv;
	struct tcp_sock *tp = tcp_sk(t->sock->sk);
	u32 before;
	int usec;

	tp->rx_opt.tstamp_ok = 1;
	tp->tsoffset = 0xfffff000;
	tp->rx_opt.ts_recent = 77;
	tp->rx_opt.ts_recent_stamp = 0;
	for (usec = 0; usec < 2; usec++) {
		tp->tcp_usec_ts = usec;
		memset(&t->st, 0, sizeof(t->st));
		before = tcp_clock_ts(usec) + tp->tsoffset;

		lock_sock(t->sock->sk);
		tcp_handoff_snapshot(t->sock->sk, &t->st, false);
		release_sock(t->sock->sk);

		KUNIT_EXPECT_GE(test, (int)(t->st.ts_now - before), 0);
		KUNIT_EXPECT_LE(test, (int)(tcp_clock_ts(usec) + tp->tsoffset -
					    t->st.ts_now), usec ? 100000 : 100);
		KUNIT_EXPECT_EQ(test, usec, t->st.usec_ts);
		KUNIT_EXPECT_EQ(test, 77, t->st.ts_recent);
		/* no timestamp was seen: there is no age */
		KUNIT_EXPECT_EQ(test, 0, t->st.ts_recent_age);
	}
}

/* Congestion window of a sender that is, or is not, in recovery. */
static const struct collapse_case {
	const char *name;
	u8 ca_state;
	u32 cwnd, ssthresh;
	u32 want;
} collapse_cases[] = {
	{ "Open", TCP_CA_Open, 40, 20, 40 },
	{ "Disorder", TCP_CA_Disorder, 40, 20, 40 },
	{ "CWR", TCP_CA_CWR, 40, 20, 20 },
	{ "Recovery", TCP_CA_Recovery, 15, 20, 20 },
	{ "Recovery, tiny", TCP_CA_Recovery, 1, 1, 2 },
	{ "CWR, nothing learnt", TCP_CA_CWR, 40, TCP_INFINITE_SSTHRESH, 40 },
	{ "Loss", TCP_CA_Loss, 1, 20, 1 },
	{ "Loss, beyond ssthresh", TCP_CA_Loss, 40, 20, 20 },
};

KUNIT_ARRAY_PARAM_DESC(collapse, collapse_cases, name);

static void state_recovery_is_collapsed(struct kunit *test)
{
	const struct collapse_case *c = test->param_value;
	struct state_test *t = test->priv;
	struct sock *sk = t->sock->sk;

	lock_sock(sk);
	inet_csk(sk)->icsk_ca_state = c->ca_state;
	tcp_snd_cwnd_set(tcp_sk(sk), c->cwnd);
	tcp_sk(sk)->snd_ssthresh = c->ssthresh;

	tcp_handoff_snapshot(sk, &t->st, false);

	inet_csk(sk)->icsk_ca_state = TCP_CA_Open;
	release_sock(sk);
	KUNIT_EXPECT_EQ(test, c->want, t->st.snd_cwnd);
	KUNIT_EXPECT_EQ(test, c->ssthresh, t->st.snd_ssthresh);
}

/* A segment in the retransmission queue, as tcp_sendmsg() would leave it. */
static void rtx_skb(struct kunit *test, struct sock *sk, u32 seq, u8 sacked)
{
	struct sk_buff *skb = tcp_stream_alloc_skb(sk, GFP_KERNEL, true);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	memset(skb->cb, 0, sizeof(skb->cb));
	TCP_SKB_CB(skb)->seq = seq;
	TCP_SKB_CB(skb)->end_seq = seq + 100;
	TCP_SKB_CB(skb)->sacked = sacked;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_ACK;
	tcp_skb_pcount_set(skb, 1);
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	tcp_rbtree_insert(&sk->tcp_rtx_queue, skb);
	list_add_tail(&skb->tcp_tsorted_anchor,
		      &tcp_sk(sk)->tsorted_sent_queue);
	tcp_sk(sk)->packets_out++;
}

static const struct mark_case {
	const char *name;
	bool sack;
	u8 marks;
	u8 want;
} mark_cases[] = {
	{ "SACKed", true, TCPCB_SACKED_ACKED, TCPCB_SACKED_ACKED },
	{ "SACKed, but SACK is off", false, TCPCB_SACKED_ACKED, 0 },
	{ "lost", true, TCPCB_LOST, 0 },
	{ "in retransmission", true,
	  TCPCB_LOST | TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS,
	  TCPCB_EVER_RETRANS },
	{ "retransmitted once", true, TCPCB_EVER_RETRANS, TCPCB_EVER_RETRANS },
	{ "retransmitted and SACKed", true,
	  TCPCB_SACKED_ACKED | TCPCB_EVER_RETRANS,
	  TCPCB_SACKED_ACKED | TCPCB_EVER_RETRANS },
};

KUNIT_ARRAY_PARAM_DESC(mark, mark_cases, name);

static void state_splice_keeps_what_the_client_said(struct kunit *test)
{
	const struct mark_case *c = test->param_value;
	struct state_test *t = test->priv;
	struct tcp_handoff_image *img = kunit_kzalloc(test, sizeof(*img),
						      GFP_KERNEL);
	struct sock *sk = t->sock->sk;

	KUNIT_ASSERT_NOT_NULL(test, img);
	tcp_handoff_image_init(img);
	lock_sock(sk);
	tcp_sk(sk)->rx_opt.sack_ok = c->sack;
	rtx_skb(test, sk, 1000, 0);
	rtx_skb(test, sk, 1100, c->marks);
	tcp_sk(sk)->lost_out = 1;
	tcp_sk(sk)->retrans_out = 1;
	tcp_sk(sk)->sacked_out = 1;

	tcp_handoff_splice(sk, img);

	KUNIT_EXPECT_EQ(test, 0, sk->sk_wmem_queued);
	KUNIT_EXPECT_EQ(test, 0, tcp_sk(sk)->packets_out);
	KUNIT_EXPECT_EQ(test, 0, tcp_sk(sk)->lost_out);
	KUNIT_EXPECT_EQ(test, 0, tcp_sk(sk)->retrans_out);
	KUNIT_EXPECT_EQ(test, 0, tcp_sk(sk)->sacked_out);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&sk->tcp_rtx_queue));
	release_sock(sk);
	KUNIT_EXPECT_EQ(test, 2, skb_queue_len(&img->rtx));
	KUNIT_EXPECT_EQ(test, 1000, TCP_SKB_CB(skb_peek(&img->rtx))->seq);
	KUNIT_EXPECT_EQ(test, c->want,
			TCP_SKB_CB(skb_peek_tail(&img->rtx))->sacked);
	tcp_handoff_image_purge(img);
}

/* One bit that several things set. */
static const struct owed_case {
	const char *name;
	u8 scheduled, compressed;
	u32 unacked;
	u8 want;
} owed_cases[] = {
	{ "nothing", 0, 0, 0, 0 },
	{ "delayed ACK", ICSK_ACK_SCHED, 0, 0, 1 },
	{ "compressed ACK", 0, 3, 0, 1 },
	{ "received, not acknowledged", 0, 0, 100, 1 },
};

KUNIT_ARRAY_PARAM_DESC(owed, owed_cases, name);

static void state_ack_that_is_owed_is_told(struct kunit *test)
{
	const struct owed_case *c = test->param_value;
	struct state_test *t = test->priv;
	struct tcp_sock *tp = tcp_sk(t->sock->sk);

	lock_sock(t->sock->sk);
	tp->inet_conn.icsk_ack.pending = c->scheduled;
	tp->compressed_ack = c->compressed;
	tp->rcv_nxt = 1000;
	tp->rcv_wup = 1000 - c->unacked;

	tcp_handoff_snapshot(t->sock->sk, &t->st, false);

	tp->inet_conn.icsk_ack.pending = 0;
	tp->compressed_ack = 0;
	release_sock(t->sock->sk);
	KUNIT_EXPECT_EQ(test, c->want, t->st.ack_owed);
}

static void state_sockopts_only_if_asked(struct kunit *test)
{
	struct state_test *t = test->priv;
	struct tcp_handoff_state without = {};

	world_set(test, t->sock, TCP_NODELAY, 1);
	world_set(test, t->sock, TCP_KEEPCNT, 3);

	lock_sock(t->sock->sk);
	tcp_handoff_snapshot(t->sock->sk, &t->st, true);
	tcp_handoff_snapshot(t->sock->sk, &without, false);
	release_sock(t->sock->sk);

	KUNIT_EXPECT_EQ(test, 1, t->st.sockopts);
	KUNIT_EXPECT_EQ(test, 1, t->st.nodelay);
	KUNIT_EXPECT_EQ(test, 3, t->st.keepalive_probes);
	KUNIT_EXPECT_EQ(test, 0, without.sockopts);
	KUNIT_EXPECT_EQ(test, 0, without.nodelay);
	KUNIT_EXPECT_EQ(test, 0, without.keepalive_probes);
}

static int state_init(struct kunit *test)
{
	struct state_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	t->sock = world_socket(test, world_net(test));
	return 0;
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE_PARAM(state_clock_is_exact_in_any_steps, clock_gen_params),
	KUNIT_CASE(state_clock_does_not_go_back),
	KUNIT_CASE(state_without_timestamps_has_no_clock),
	KUNIT_CASE(state_ages_grow_and_saturate),
	KUNIT_CASE_PARAM(state_timeouts_become_microseconds, tick_gen_params),
	KUNIT_CASE_PARAM(state_stamps_become_ages, age_gen_params),
	KUNIT_CASE(state_snapshot_shows_the_timestamp_clock),
	KUNIT_CASE_PARAM(state_recovery_is_collapsed, collapse_gen_params),
	KUNIT_CASE_PARAM(state_splice_keeps_what_the_client_said,
			 mark_gen_params),
	KUNIT_CASE_PARAM(state_ack_that_is_owed_is_told, owed_gen_params),
	KUNIT_CASE(state_sockopts_only_if_asked),
	{}
};

static struct kunit_suite state_suite = {
	.name = "tcp_handoff_state",
	.init = state_init,
	.test_cases = state_cases,
};

kunit_test_suite(state_suite);
