// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests with real sockets: a connection is captured in one network
 * namespace and adopted in another, and the client must not notice.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <net/inet_hashtables.h>
#include <net/netfilter/nf_tproxy.h>

#include "mutant.h"
#include "world.h"

/* What is in a socket's queues: bytes, segments, and where they begin. */
struct queues {
	u32 seen;		/* jiffies of the look */
	u32 rx, ofo, rtx, tx;
	u32 ofo_first, rtx_first, tx_first;
	u32 ofo_nr, sacked, retrans;
};

/* One connection on its way through a test. */
struct sock_test {
	struct world *w;
	struct socket *fe_lsock, *be_lsock;
	struct socket *client, *fe, *be;
	u32 c_out, c_in;	/* stream positions: client wrote, read */
	u32 s_out, s_in;	/* ... server */
	struct tcp_sock *before, *after;
	struct queues q_before, q_after;
	__be16 cport;		/* the client's, also when it has closed */
	bool frozen;		/* the client's socket is owned by the test */
	unsigned int freezes;	/* of any socket, since the test began */
	bool unprivileged;	/* the program that hands on */
	unsigned long ticks;	/* that torture() took */
};

/*
 * While a test owns a socket, packets for it wait in its backlog: it answers
 * nothing and sends nothing, so the other end stays as it is.
 */
static void freeze(struct kunit *test, struct socket *sock)
{
	struct sock_test *t = test->priv;

	/* lockdep: a test may own several at once, in any order */
	lock_sock_nested(sock->sk, min(++t->freezes, 7U));
}

static void thaw(struct socket *sock)
{
	release_sock(sock->sk);
}

static void freeze_client(struct kunit *test)
{
	struct sock_test *t = test->priv;

	freeze(test, t->client);
	t->frozen = true;
}

static void thaw_client(struct kunit *test)
{
	struct sock_test *t = test->priv;

	if (t->frozen)
		thaw(t->client);
	t->frozen = false;
}

/* Packets that wait for a frozen socket. */
static u32 nr_waiting(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct sk_buff *skb;
	u32 nr = 0;

	spin_lock_bh(&sk->sk_lock.slock);
	for (skb = sk->sk_backlog.head; skb; skb = skb->next)
		nr++;
	spin_unlock_bh(&sk->sk_lock.slock);
	return nr;
}

/* Lose the packet that came last to a frozen socket. */
static void lose_last(struct kunit *test, struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct sk_buff *skb, **p;

	spin_lock_bh(&sk->sk_lock.slock);
	p = &sk->sk_backlog.head;
	skb = sk->sk_backlog.tail;
	sk->sk_backlog.tail = NULL;
	while (*p && *p != skb) {
		sk->sk_backlog.tail = *p;
		p = &(*p)->next;
	}
	*p = NULL;
	if (skb)
		sk->sk_backlog.len -= skb->truesize;
	spin_unlock_bh(&sk->sk_lock.slock);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	kfree_skb(skb);
}

static void sock_open(struct kunit *test, int family)
{
	struct sock_test *t = test->priv;

	t->fe_lsock = world_listen(test, t->w->fe, family, 8);
	t->be_lsock = world_listen(test, t->w->be, family, 8);
	t->client = world_connect(test, t->w);
	t->fe = world_accept(test, t->fe_lsock);
	t->cport = inet_sk(t->fe->sk)->inet_dport;
}

static void count_sent(struct sock *sk, struct queues *q)
{
	struct rb_node *p;

	for (p = rb_first(&sk->tcp_rtx_queue); p; p = rb_next(p)) {
		struct tcp_skb_cb *cb = TCP_SKB_CB(rb_to_skb(p));

		if (!q->rtx)
			q->rtx_first = cb->seq;
		q->rtx += rb_to_skb(p)->len;
		q->sacked += !!(cb->sacked & TCPCB_SACKED_ACKED);
		q->retrans += !!(cb->sacked & TCPCB_EVER_RETRANS);
	}
}

static void count_queues(struct sock *sk, struct queues *q)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct rb_node *p;
	struct sk_buff *skb;

	memset(q, 0, sizeof(*q));
	q->seen = tcp_jiffies32;
	skb_queue_walk(&sk->sk_receive_queue, skb)
		q->rx += skb->len;
	/* the head may be partly read */
	skb = skb_peek(&sk->sk_receive_queue);
	if (skb)
		q->rx -= tp->copied_seq - TCP_SKB_CB(skb)->seq;
	for (p = rb_first(&tp->out_of_order_queue); p; p = rb_next(p)) {
		if (!q->ofo_nr++)
			q->ofo_first = TCP_SKB_CB(rb_to_skb(p))->seq;
		q->ofo += rb_to_skb(p)->len;
	}
	count_sent(sk, q);
	skb_queue_walk(&sk->sk_write_queue, skb) {
		if (!q->tx)
			q->tx_first = TCP_SKB_CB(skb)->seq;
		q->tx += skb->len;
	}
}

static void copy_owned(struct tcp_sock *copy, struct socket *sock,
		       struct queues *q)
{
	memcpy(copy, tcp_sk(sock->sk), sizeof(*copy));
	count_queues(sock->sk, q);
}

static struct tcp_sock *copy_sock(struct kunit *test, struct socket *sock,
				  struct queues *q)
{
	struct tcp_sock *copy = kunit_kmalloc(test, sizeof(*copy), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	lock_sock(sock->sk);
	copy_owned(copy, sock, q);
	release_sock(sock->sk);
	return copy;
}

static struct tcp_handoff_flow *capture(struct kunit *test,
					enum tcp_handoff_reason *reason)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_capture_opts opts = {
		.peer = t->w->peer,
		.flags = TCP_HANDOFF_F_CONSUMED | TCP_HANDOFF_F_SOCKOPTS,
		.cookie = 0x1234567890abcdef,
		.privileged = true,
	};

	return tcp_handoff_capture(t->fe->sk, &opts, reason);
}

/* The back end's record, as receiver.c makes it. */
static struct tcp_handoff_flow *be_flow(struct kunit *test,
					const struct tcp_handoff_flow *fe)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_flow *flow = tcp_handoff_flow_alloc(t->w->hbe);

	KUNIT_ASSERT_NOT_NULL(test, flow);
	flow->id = fe->id;
	flow->epoch = fe->epoch;
	flow->conn_magic = fe->conn_magic;
	flow->state = TCP_HANDOFF_ST_ADOPTING;
	flow->attempts = 1;
	tcp_handoff_flow_set_peer(flow, t->w->from);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(flow));
	return flow;
}

static struct tcp_handoff_image *through_the_wire(struct kunit *test,
						  struct tcp_handoff_image *img)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_image *to = kzalloc(sizeof(*to), GFP_KERNEL);
	size_t len;
	void *body;

	KUNIT_ASSERT_NOT_NULL(test, to);
	tcp_handoff_image_init(to);
	to->hnet = t->w->hbe;
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_pack(img, &body, &len));
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_parse(body, len, to));
	kvfree(body);
	return to;
}

/* The front end is told that it is over: without a channel, by hand. */
static void fe_end(struct tcp_handoff_flow *flow)
{
	tcp_handoff_flow_kill_tw(flow);
	tcp_handoff_flow_end(flow);
	tcp_handoff_flow_put(flow);
}

/* As a technique does; @img is freed. */
static enum tcp_handoff_reason adopt_image(struct kunit *test,
					   struct tcp_handoff_flow *fe,
					   struct tcp_handoff_image *img)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_flow *flow = be_flow(test, fe);
	enum tcp_handoff_reason reason;

	reason = tcp_handoff_adopt(flow, img, NULL);
	if (reason) {
		tcp_handoff_flow_end(flow);
	} else {
		spin_lock_bh(&flow->lock);
		tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_OWNED);
		spin_unlock_bh(&flow->lock);
	}
	tcp_handoff_image_free(t->w->hbe, img);
	tcp_handoff_flow_put(flow);
	return reason;
}

static enum tcp_handoff_reason adopt_at_be(struct kunit *test,
					   struct tcp_handoff_flow *fe)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_image *img = through_the_wire(test, fe->img);

	world_route(test, t->w, true);
	return adopt_image(test, fe, img);
}

/* From the front end's socket to the back end's, without a channel. */
static void hand_over(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;

	t->before = copy_sock(test, t->fe, &t->q_before);
	flow = capture(test, &reason);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, reason);
	reason = adopt_at_be(test, flow);
	fe_end(flow);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, reason);
	t->be = world_accept(test, t->be_lsock);
	t->after = copy_sock(test, t->be, &t->q_after);
}

/*
 * What may differ between the socket that was captured and the one that was
 * adopted.  compare_socks() compares every byte of both structures that is
 * not named in one of the next functions, so a field that a later kernel adds
 * is noticed.
 */
#define FORGET(field)	memset(&(field), 0, sizeof(field))

/* Addresses of memory, and what is linked into lists and trees. */
static void forget_pointers(struct tcp_sock *tp)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;

	FORGET(icsk->icsk_accept_queue);	/* only listeners have one */
	FORGET(icsk->icsk_bind_hash);		/* another namespace's port */
	FORGET(icsk->icsk_bind2_hash);
	FORGET(icsk->icsk_retransmit_timer);
	FORGET(icsk->icsk_delack_timer);
	FORGET(icsk->icsk_keepalive_timer);
	FORGET(tp->out_of_order_queue);		/* struct queues */
	FORGET(tp->ooo_last_skb);
	FORGET(tp->tsorted_sent_queue);
	FORGET(tp->tsq_node);
	FORGET(tp->pacing_timer);
	FORGET(tp->compressed_ack_timer);
	FORGET(tp->lost_skb_hint);
	FORGET(tp->retransmit_skb_hint);
	FORGET(tp->highest_sack);
	FORGET(tp->handoff);			/* its history is a new one */
}

/* Readings of a clock; those that mean an age are compared as ages. */
static void forget_clocks(struct tcp_sock *tp)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;

	FORGET(icsk->icsk_timeout);		/* timers are armed anew */
	FORGET(icsk->icsk_ack.timeout);
	FORGET(icsk->icsk_ack.lrcvtime);	/* expect_same_ages() */
	FORGET(tp->lsndtime);
	FORGET(tp->rcv_tstamp);
	FORGET(tp->snd_cwnd_stamp);
	FORGET(tp->rx_opt.ts_recent_stamp);
	FORGET(tp->tsoffset);			/* expect_same_timestamps() */
	FORGET(tp->tcp_clock_cache);		/* caches of now */
	FORGET(tp->tcp_mstamp);
	FORGET(tp->tcp_wstamp_ns);
	FORGET(tp->first_tx_mstamp);		/* rate samples begin anew */
	FORGET(tp->delivered_mstamp);
	FORGET(tp->rcv_rtt_est.time);		/* measured from now on */
	FORGET(tp->rcvq_space.time);
	FORGET(tp->chrono_start);		/* TCP_INFO's busy times */
	FORGET(tp->chrono_stat);
	FORGET(tp->last_oow_ack_time);		/* limits challenge ACKs */
	tp->chrono_type = 0;
}

/* What only describes the last packet, or an estimate that begins anew. */
static void forget_episodes(struct tcp_sock *tp)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;

	FORGET(icsk->icsk_ca_priv);		/* the module starts again */
	FORGET(icsk->icsk_pending);		/* timers are armed anew */
	FORGET(icsk->icsk_ack.pending);
	FORGET(icsk->icsk_ack.last_seg_size);
	FORGET(tp->rx_opt.rcv_tsval);
	FORGET(tp->rx_opt.rcv_tsecr);
	tp->rx_opt.saw_tstamp = 0;
	FORGET(tp->rcv_rtt_last_tsecr);
	FORGET(tp->rcv_rtt_est.seq);		/* measured from here on */
	FORGET(tp->rcvq_space.seq);
	FORGET(tp->rtt_seq);			/* a round trip from here */
	FORGET(tp->high_seq);			/* of a recovery that is over */
	FORGET(tp->compressed_ack_rcv_nxt);
	FORGET(tp->max_packets_out);		/* of the current window */
	FORGET(tp->cwnd_usage_seq);
	FORGET(tp->snd_cwnd_used);
	FORGET(tp->rate_delivered);
	FORGET(tp->rate_interval_us);
	FORGET(tp->rack.mstamp);		/* the next (S)ACK sets them */
	FORGET(tp->rack.rtt_us);
	FORGET(tp->rack.end_seq);
	FORGET(tp->rack.last_delivered);
	tp->rack.advanced = 0;
	FORGET(tp->pred_flags);			/* slow path decides again */
	icsk->icsk_ca_setsockopt = 0;		/* was chosen by its name */
	FORGET(tp->gso_segs);			/* tcp_xmit_size_goal() */
	FORGET(tp->app_limited);		/* rate samples begin anew */
	tp->rate_app_limited = 0;
	tp->dup_ack_counter = 0;		/* of ACKs not sent */
	tp->tlp_retrans = 0;			/* a plain RTO is armed */
	tp->nonagle &= ~TCP_NAGLE_PUSH;		/* for data already queued */
}

static void compare_bytes(struct kunit *test, const char *what, size_t from,
			  size_t to)
{
	struct sock_test *t = test->priv;
	const u8 *a = (u8 *)t->before, *b = (u8 *)t->after;
	size_t i;

	for (i = from; i < to; i++)
		if (a[i] != b[i])
			KUNIT_FAIL(test, "%s differs at %zu: %#x was %#x", what,
				   i, b[i], a[i]);
}

/* Ticks between the looks at both sockets: no less than the transit. */
static u32 transit(struct kunit *test)
{
	struct sock_test *t = test->priv;

	return t->q_after.seen - t->q_before.seen;
}

/*
 * One kernel, one clock: what is as old as before shows the same stamp, or a
 * later one, as the transit does not count.
 */
static void expect_same_age(struct kunit *test, const char *what, u32 before,
			    u32 after)
{
	int younger = after - before;

	KUNIT_EXPECT_GE_MSG(test, younger, 0, "%s", what);
	KUNIT_EXPECT_LE_MSG(test, younger, (int)transit(test) + 3, "%s", what);
}

static void expect_same_ages(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct tcp_sock *a = t->before, *b = t->after;

	expect_same_age(test, "lsndtime", a->lsndtime, b->lsndtime);
	expect_same_age(test, "rcv_tstamp", a->rcv_tstamp, b->rcv_tstamp);
	expect_same_age(test, "lrcvtime", a->inet_conn.icsk_ack.lrcvtime,
			b->inet_conn.icsk_ack.lrcvtime);
	expect_same_age(test, "snd_cwnd_stamp", a->snd_cwnd_stamp,
			b->snd_cwnd_stamp);
	expect_same_age(test, "ts_recent_stamp", a->rx_opt.ts_recent_stamp,
			b->rx_opt.ts_recent_stamp);
	expect_same_age(test, "rtt_min", a->rtt_min.s[0].t,
			b->rtt_min.s[0].t);
}

/* The least timestamp that the next segment may have. */
static u32 next_tsval(const struct tcp_sock *tp)
{
	return div_u64(tp->tcp_wstamp_ns, tp->tcp_usec_ts ? NSEC_PER_USEC :
							    NSEC_PER_MSEC) +
	       tp->tsoffset;
}

/* Timestamps may lag by the transit, and must not run ahead. */
static void expect_same_timestamps(struct kunit *test)
{
	struct sock_test *t = test->priv;
	int lag = t->before->tsoffset - t->after->tsoffset;
	int unit = t->before->tcp_usec_ts ? USEC_PER_MSEC : 1;

	if (!t->before->rx_opt.tstamp_ok)
		return;
	KUNIT_EXPECT_GE(test, (int)(next_tsval(t->after) -
				    next_tsval(t->before)), 0);
	KUNIT_EXPECT_GE(test, lag, 0);
	KUNIT_EXPECT_LE(test, lag,
			unit * (int)jiffies_to_msecs(transit(test) + 3));
}

static void compare_socks(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct tcp_sock *both[] = { t->before, t->after };
	int i;

	expect_same_ages(test);
	expect_same_timestamps(test);
	t->q_after.seen = t->q_before.seen;
	KUNIT_EXPECT_MEMEQ(test, &t->q_before, &t->q_after,
			   sizeof(t->q_before));
	for (i = 0; i < 2; i++) {
		forget_pointers(both[i]);
		forget_clocks(both[i]);
		forget_episodes(both[i]);
		both[i]->rtt_min.s[0].t = 0;
		both[i]->rtt_min.s[1] = both[i]->rtt_min.s[0];
		both[i]->rtt_min.s[2] = both[i]->rtt_min.s[0];
	}
	compare_bytes(test, "inet_connection_sock",
		      sizeof(struct inet_sock),
		      sizeof(struct inet_connection_sock));
	compare_bytes(test, "tcp_sock", sizeof(struct inet_connection_sock),
		      sizeof(struct tcp_sock));
}

/* Bytes both ways; what is still unread or on its way comes first. */
static void exchange(struct kunit *test, struct socket *server)
{
	struct sock_test *t = test->priv;
	int i;

	for (i = 0; i < 3; i++) {
		world_write(test, t->client, &t->c_out, 3000);
		world_read(test, server, &t->s_in, t->c_out - t->s_in);
		world_write(test, server, &t->s_out, 50000);
		world_read(test, t->client, &t->c_in, t->s_out - t->c_in);
	}
}

/* No reset anywhere: the client has noticed nothing. */
static void expect_no_reset(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct net *nets[] = { t->w->client, t->w->fe, t->w->be };
	int i;

	for (i = 0; i < ARRAY_SIZE(nets); i++) {
		KUNIT_EXPECT_EQ(test, 0,
				world_tcp_count(nets[i], TCP_MIB_OUTRSTS));
		KUNIT_EXPECT_EQ(test, 0,
				world_tcp_count(nets[i], TCP_MIB_ESTABRESETS));
	}
}

/* An orderly end, the client first. */
static void close_both(struct kunit *test, struct socket *server)
{
	struct sock_test *t = test->priv;

	kernel_sock_shutdown(t->client, SHUT_WR);
	KUNIT_EXPECT_EQ(test, 0, world_read_end(server));
	kernel_sock_shutdown(server, SHUT_WR);
	KUNIT_EXPECT_EQ(test, 0, world_read_end(t->client));
}

static void set_cc(struct kunit *test, struct socket *sock, const char *name)
{
	KUNIT_ASSERT_EQ(test, 0,
			tcp_setsockopt(sock->sk, SOL_TCP, TCP_CONGESTION,
				       KERNEL_SOCKPTR((void *)name),
				       strlen(name)));
}

static void for_nets(struct kunit *test, void (*fn)(struct net *net))
{
	struct sock_test *t = test->priv;

	fn(t->w->client);
	fn(t->w->fe);
	fn(t->w->be);
}

static void no_timestamps(struct net *net)
{
	net->ipv4.sysctl_tcp_timestamps = 0;
}

static void no_sack(struct net *net)
{
	net->ipv4.sysctl_tcp_sack = 0;
}

static void no_scaling(struct net *net)
{
	net->ipv4.sysctl_tcp_window_scaling = 0;
}

static void with_ecn(struct net *net)
{
	net->ipv4.sysctl_tcp_ecn = 1;
}

static void no_options(struct net *net)
{
	no_timestamps(net);
	no_sack(net);
	no_scaling(net);
}

/* Nothing in any queue, everything acknowledged. */
static void be_idle(struct kunit *test)
{
	struct sock_test *t = test->priv;

	exchange(test, t->fe);
}

/* What the client wrote has come, and no ACK is owed for it. */
static void wait_arrival(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct tcp_sock *tp = tcp_sk(t->fe->sk);
	u32 fin = t->fe->sk->sk_state == TCP_CLOSE_WAIT;

	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(READ_ONCE(tp->rcv_nxt) - fin -
					 tp->copied_seq == t->c_out - t->s_in));
	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(!inet_csk_ack_scheduled(t->fe->sk)));
}

/* The buffer does not grow for what has come of the window already. */
static void expect_same_buffer(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct sock *sk = (struct sock *)t->after;
	int most = tcp_space_from_win(sk, tcp_receive_window(t->after));

	KUNIT_EXPECT_LE(test, sk->sk_rcvbuf,
			max(((struct sock *)t->before)->sk_rcvbuf,
			    most + sk_rmem_alloc_get(sk)));
}

static void request_unread(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_write(test, t->client, &t->c_out, 1000);
	wait_arrival(test);
}

/* The head of the receive queue is partly read. */
static void upload_unread(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_write(test, t->client, &t->c_out, 40000);
	world_read(test, t->fe, &t->s_in, 12345);
	wait_arrival(test);
}

/* The client acknowledges nothing: cwnd is out, the rest is not sent. */
static void download_unacked(struct kunit *test)
{
	struct sock_test *t = test->priv;

	freeze_client(test);
	world_write(test, t->fe, &t->s_out, 40000);
	KUNIT_ASSERT_GT(test, tcp_sk(t->fe->sk)->packets_out, 0);
	KUNIT_ASSERT_FALSE(test, tcp_write_queue_empty(t->fe->sk));
}

static void both_ways(struct kunit *test)
{
	upload_unread(test);
	download_unacked(test);
}

/* Two holes: the first and the third of four segments are lost. */
static void holes_in_upload(struct kunit *test)
{
	struct sock_test *t = test->priv;
	int i;

	world_set(test, t->client, TCP_NODELAY, 1);
	freeze(test, t->fe);
	for (i = 0; i < 4; i++) {
		world_write(test, t->client, &t->c_out, 700 + i);
		KUNIT_ASSERT_TRUE(test, world_wait_for(nr_waiting(t->fe) ==
						       i / 2 + 1));
		if (!(i & 1))
			lose_last(test, t->fe);
	}
	freeze_client(test);
	thaw(t->fe);
	KUNIT_ASSERT_NOT_NULL(test, tcp_sk(t->fe->sk)->ooo_last_skb);
}

static void hole_and_download(struct kunit *test)
{
	struct sock_test *t = test->priv;

	holes_in_upload(test);
	world_write(test, t->fe, &t->s_out, 40000);
}

static void wait_fin(struct kunit *test)
{
	struct sock_test *t = test->priv;

	KUNIT_ASSERT_TRUE(test, world_wait_for(t->fe->sk->sk_state ==
					       TCP_CLOSE_WAIT));
	wait_arrival(test);
}

static void fin_pending(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_write(test, t->client, &t->c_out, 5000);
	kernel_sock_shutdown(t->client, SHUT_WR);
	world_read(test, t->fe, &t->s_in, 1000);
	wait_fin(test);
}

static void fin_alone(struct kunit *test)
{
	struct sock_test *t = test->priv;

	kernel_sock_shutdown(t->client, SHUT_WR);
	wait_fin(test);
}

static void fin_read(struct kunit *test)
{
	struct sock_test *t = test->priv;

	fin_pending(test);
	world_read(test, t->fe, &t->s_in, 4000);
	KUNIT_ASSERT_EQ(test, 0, world_read_end(t->fe));
}

/* All that the client's buffer holds is sent, the window is shut. */
static void window_shut(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct tcp_sock *tp = tcp_sk(t->fe->sk);

	world_write(test, t->fe, &t->s_out, 400000);
	/* a probe that is out when the socket is copied would be a change */
	KUNIT_ASSERT_TRUE(test, world_wait_for(!tcp_wnd_end(tp) ||
					       (tp->snd_nxt ==
						tcp_wnd_end(tp) &&
						!tp->packets_out)));
	KUNIT_ASSERT_FALSE(test, tcp_write_queue_empty(t->fe->sk));
}

static void small_client_buffer(struct net *net)
{
	net->ipv4.sysctl_tcp_rmem[1] = 20000;
	net->ipv4.sysctl_tcp_rmem[2] = 20000;
	net->ipv4.sysctl_tcp_wmem[1] = 1 << 20;
}

static void urgent_byte(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct msghdr msg = { .msg_flags = MSG_OOB };
	struct kvec vec = { .iov_base = "!", .iov_len = 1 };

	world_write(test, t->client, &t->c_out, 100);
	KUNIT_ASSERT_EQ(test, 1, kernel_sendmsg(t->client, &msg, &vec, 1, 1));
	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(tcp_sk(t->fe->sk)->urg_data ==
					 (TCP_URG_VALID | '!')));
}

static void expect_urgent_byte(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct msghdr msg = {};
	u8 byte = 0;
	struct kvec vec = { .iov_base = &byte, .iov_len = 1 };

	KUNIT_EXPECT_EQ(test, 1, kernel_recvmsg(t->be, &msg, &vec, 1, 1,
						MSG_OOB));
	KUNIT_EXPECT_EQ(test, '!', byte);
}

static void expect_ecn(struct kunit *test)
{
	struct sock_test *t = test->priv;

	KUNIT_EXPECT_TRUE(test, tcp_sk(t->be->sk)->ecn_flags & TCP_ECN_OK);
}

static void choose_reno(struct kunit *test)
{
	struct sock_test *t = test->priv;

	set_cc(test, t->fe, "reno");
	both_ways(test);
}

static void choose_bbr(struct kunit *test)
{
	struct sock_test *t = test->priv;

	set_cc(test, t->fe, "bbr");
	both_ways(test);
}

static void choose_dctcp(struct kunit *test)
{
	struct sock_test *t = test->priv;

	set_cc(test, t->fe, "dctcp");
	both_ways(test);
}

/* Options that follow with TCP_HANDOFF_F_SOCKOPTS. */
static void set_options(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_set(test, t->fe, TCP_NODELAY, 1);
	world_set(test, t->fe, TCP_KEEPIDLE, 77);
	world_set(test, t->fe, TCP_KEEPINTVL, 7);
	world_set(test, t->fe, TCP_KEEPCNT, 5);
	world_set(test, t->fe, TCP_USER_TIMEOUT, 12345);
	world_set(test, t->fe, TCP_NOTSENT_LOWAT, 54321);
	sock_set_keepalive(t->fe->sk);
	ip_sock_set_tos(t->fe->sk, 0x20);
	sock_set_mark(t->fe->sk, 99);
	request_unread(test);
}

static void expect_options(struct kunit *test)
{
	struct sock_test *t = test->priv;

	KUNIT_EXPECT_TRUE(test, sock_flag(t->be->sk, SOCK_KEEPOPEN));
	KUNIT_EXPECT_EQ(test, 0x20, inet_sk(t->be->sk)->tos);
	KUNIT_EXPECT_EQ(test, 99, t->be->sk->sk_mark);
}

/*
 * An idle connection in which nothing has the value that a fresh socket, or one
 * of the cases above, has: whatever is not carried over shows.
 */
static void everything_differs(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct sock *sk = t->fe->sk;
	struct tcp_sock *tp = tcp_sk(sk);

	be_idle(test);
	lock_sock(sk);
	tp->rx_opt.user_mss = 1201;
	tp->advmss = 1302;
	tp->rx_opt.sack_ok |= TCP_DSACK_SEEN;
	tp->snd_cwnd_cnt = 3;
	tp->snd_cwnd_clamp = 1004;
	tp->reordering = 7;
	tp->rack.reo_wnd_steps = 5;
	tp->rack.reo_wnd_persist = 9;
	tp->rack.dsack_seen = 1;
	tp->thin_lto = 1;
	tp->linger2 = 7 * HZ;
	tp->bytes_retrans = 11;
	tp->delivered_ce = 12;
	tp->dsack_dups = 13;
	tp->reord_seen = 14;
	tp->lost = 15;
	tp->total_rto = 16;
	tp->total_rto_recoveries = 17;
	tp->total_rto_time = 18;
	tp->lsndtime -= 10 * HZ;
	tp->rcv_tstamp -= 11 * HZ;
	tp->snd_cwnd_stamp -= 12 * HZ;
	tp->rtt_min.s[0].t -= 13 * HZ;
	inet_csk(sk)->icsk_ack.lrcvtime -= 14 * HZ;
	tp->rx_opt.ts_recent_stamp -= 6;	/* the kernel is young */
	inet_sk(sk)->uc_ttl = 33;
	inet_sk(sk)->tos = 0x20;
	sk->sk_priority = rt_tos2priority(0x20);
	sk->sk_mark = 99;
	sk->sk_rcvbuf = 400000;
	sk->sk_sndbuf = 300000;
	sk->sk_pacing_rate = 12345678;
	sock_set_flag(sk, SOCK_KEEPOPEN);
	release_sock(sk);
}

/* What compare_socks() does not look at, being no part of TCP */
static void expect_everything(struct kunit *test)
{
	struct sock_test *t = test->priv;
	const struct sock *a = (struct sock *)t->before;
	const struct sock *b = (struct sock *)t->after;

	KUNIT_EXPECT_EQ(test, a->sk_rcvbuf, b->sk_rcvbuf);
	KUNIT_EXPECT_EQ(test, a->sk_sndbuf, b->sk_sndbuf);
	KUNIT_EXPECT_EQ(test, a->sk_pacing_rate, b->sk_pacing_rate);
	KUNIT_EXPECT_EQ(test, a->sk_priority, b->sk_priority);
	KUNIT_EXPECT_EQ(test, a->sk_mark, b->sk_mark);
	KUNIT_EXPECT_EQ(test, inet_sk(a)->tos, inet_sk(b)->tos);
	KUNIT_EXPECT_EQ(test, inet_sk(a)->uc_ttl, inet_sk(b)->uc_ttl);
	KUNIT_EXPECT_TRUE(test, sock_flag(b, SOCK_KEEPOPEN));
}

/* As if the route had asked for it (RTAX_FEATURE_TCP_USEC_TS) */
static void microseconds(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct tcp_sock *tp = tcp_sk(t->fe->sk);

	be_idle(test);
	lock_sock(t->fe->sk);
	tp->tsoffset += tcp_clock_ts(false) - tcp_clock_ts(true);
	tp->tcp_usec_ts = 1;
	release_sock(t->fe->sk);
	be_idle(test);
}

/* A router between here and the client has a smaller MTU. */
static void pmtu_learnt(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct sock *sk = t->fe->sk;

	be_idle(test);
	lock_sock(sk);
	KUNIT_ASSERT_NOT_NULL(test, inet_csk_update_pmtu(sk, 1400));
	tcp_sync_mss(sk, 1400);
	release_sock(sk);
	KUNIT_ASSERT_LT(test, tcp_sk(sk)->mss_cache, 1400);
}

static void expect_pmtu(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct dst_entry *dst;

	KUNIT_EXPECT_EQ(test, t->before->mss_cache, t->after->mss_cache);
	lock_sock(t->be->sk);
	dst = __sk_dst_get(t->be->sk);
	KUNIT_EXPECT_TRUE(test, dst && dst_mtu(dst) == 1400);
	release_sock(t->be->sk);
}

/* The MTU of a device is not what a path has taught. */
static void expect_no_pmtu(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct dst_entry *dst;

	lock_sock(t->be->sk);
	dst = __sk_dst_get(t->be->sk);
	KUNIT_EXPECT_TRUE(test, dst && !dst->expires);
	release_sock(t->be->sk);
}

static void ack_is_owed(struct kunit *test)
{
	struct sock_test *t = test->priv;

	be_idle(test);
	lock_sock(t->fe->sk);
	inet_csk_schedule_ack(t->fe->sk);
	release_sock(t->fe->sk);
}

/* Nobody writes anything here or there. */
static void expect_ack(struct kunit *test)
{
	struct sock_test *t = test->priv;

	KUNIT_EXPECT_TRUE(test, world_wait_for(tcp_sk(t->be->sk)->segs_out >
					       t->after->segs_out));
}

/* Nothing is in flight, so nothing but a probe would learn of the window. */
static void expect_probing(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct inet_connection_sock *icsk = inet_csk(t->be->sk);

	KUNIT_EXPECT_EQ(test, 0, t->after->packets_out);
	KUNIT_EXPECT_TRUE(test, icsk->icsk_pending == ICSK_TIME_PROBE0);
	KUNIT_EXPECT_TRUE(test, timer_pending(&icsk->icsk_retransmit_timer));
}

/* Pacing has sent segments with the time at which they will leave. */
static void paced_ahead(struct kunit *test)
{
	struct sock_test *t = test->priv;

	download_unacked(test);
	tcp_sk(t->fe->sk)->tcp_wstamp_ns = ktime_get_ns() + 50 * NSEC_PER_MSEC;
}

/* Where a connection may be when it is handed on. */
static const struct move_case {
	const char *name;
	void (*world)(struct net *net);		/* before the connection */
	void (*arrange)(struct kunit *test);/* before the handoff */
	void (*verify)(struct kunit *test);/* behind it */
	int family;
} move_cases[] = {
	{ "request unread", NULL, request_unread },
	{ "idle", NULL, be_idle },
	{ "mid-upload, unread data", NULL, upload_unread, expect_same_buffer },
	{ "mid-download, unacked and unsent data", NULL, download_unacked },
	{ "both ways", NULL, both_ways },
	{ "out-of-order queue with SACK", NULL, holes_in_upload },
	{ "out-of-order queue and download", NULL, hole_and_download },
	{ "FIN behind unread data", NULL, fin_pending },
	{ "FIN alone", NULL, fin_alone },
	{ "FIN was read", NULL, fin_read },
	{ "timestamps off", no_timestamps, both_ways },
	{ "SACK off", no_sack, both_ways },
	{ "SACK off, out-of-order queue", no_sack, holes_in_upload },
	{ "window scaling off", no_scaling, both_ways },
	{ "no option at all", no_options, both_ways },
	{ "ECN", with_ecn, both_ways, expect_ecn },
	{ "dual-stack listener", NULL, both_ways, NULL, PF_INET6 },
	{ "reno", NULL, choose_reno },
	{ "bbr", NULL, choose_bbr },
	{ "dctcp", with_ecn, choose_dctcp, expect_ecn },
	{ "urgent byte", NULL, urgent_byte, expect_urgent_byte },
	{ "window shut", small_client_buffer, window_shut, expect_probing },
	{ "socket options", NULL, set_options, expect_options },
	{ "paced ahead of time", NULL, paced_ahead },
	{ "everything differs", NULL, everything_differs, expect_everything },
	{ "timestamps in microseconds", NULL, microseconds },
	{ "path MTU learnt", NULL, pmtu_learnt, expect_pmtu },
	{ "no path MTU learnt", NULL, be_idle, expect_no_pmtu },
	{ "ACK is owed", NULL, ack_is_owed, expect_ack },
};

KUNIT_ARRAY_PARAM_DESC(move, move_cases, name);

static void prepare_move(struct kunit *test)
{
	const struct move_case *c = test->param_value;

	if (c->world)
		for_nets(test, c->world);
	sock_open(test, c->family ?: PF_INET);
	c->arrange(test);
}

/* All that was on its way arrives; more follows, and an orderly end. */
static void finish_move(struct kunit *test, struct socket *server)
{
	struct sock_test *t = test->priv;

	thaw_client(test);
	if (server->sk->sk_state == TCP_CLOSE_WAIT) {
		if (t->c_out != t->s_in)
			world_read(test, server, &t->s_in, t->c_out - t->s_in);
		KUNIT_EXPECT_EQ(test, 0, world_read_end(server));
		world_write(test, server, &t->s_out, 50000);
		world_read(test, t->client, &t->c_in, t->s_out - t->c_in);
	} else {
		exchange(test, server);
	}
	close_both(test, server);
	expect_no_reset(test);
}

static void sock_moves_between_hosts(struct kunit *test)
{
	const struct move_case *c = test->param_value;
	struct sock_test *t = test->priv;

	prepare_move(test);

	hand_over(test);

	compare_socks(test);
	if (c->verify)
		c->verify(test);
	/* that is part of the technique */
	if (tcp_handoff_tech_find("reconstruct"))
		KUNIT_EXPECT_EQ(test, 0, world_tcp_count(t->w->be,
							 TCP_MIB_PASSIVEOPENS));
	finish_move(test, t->be);
}

/*
 * A sender in recovery is collapsed: Open, nothing lost or in retransmission;
 * what was SACKed stays so, and all of it arrives.
 */
static void expect_collapsed(struct kunit *test, u32 sacked, u32 cwnd)
{
	struct sock_test *t = test->priv;
	struct tcp_sock *a = t->before, *b = t->after;

	KUNIT_EXPECT_TRUE(test, b->inet_conn.icsk_ca_state == TCP_CA_Open);
	KUNIT_EXPECT_EQ(test, cwnd, b->snd_cwnd);
	KUNIT_EXPECT_EQ(test, a->snd_ssthresh, b->snd_ssthresh);
	KUNIT_EXPECT_EQ(test, a->packets_out, b->packets_out);
	KUNIT_EXPECT_EQ(test, sacked, b->sacked_out);
	KUNIT_EXPECT_EQ(test, 0, b->lost_out);
	KUNIT_EXPECT_EQ(test, 0, b->retrans_out);
	KUNIT_EXPECT_EQ(test, 0, b->inet_conn.icsk_retransmits);
	KUNIT_EXPECT_EQ(test, 0, b->inet_conn.icsk_backoff);
	KUNIT_EXPECT_EQ(test, a->total_retrans, b->total_retrans);
	KUNIT_EXPECT_EQ(test, ICSK_TIME_RETRANS, b->inet_conn.icsk_pending);
}

static void sock_loss_state_is_collapsed(struct kunit *test)
{
	struct sock_test *t = test->priv;

	sock_open(test, PF_INET);
	exchange(test, t->fe);
	freeze_client(test);
	world_write(test, t->fe, &t->s_out, 40000);
	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(inet_csk(t->fe->sk)->icsk_ca_state ==
					 TCP_CA_Loss));

	hand_over(test);

	/* it slow-starts, there as here */
	expect_collapsed(test, 0, t->before->snd_cwnd);
	KUNIT_EXPECT_LT(test, t->before->snd_cwnd, t->before->snd_ssthresh);
	finish_move(test, t->be);
}

/* The first of six segments is lost, and so is its retransmission. */
static void be_in_recovery(struct kunit *test)
{
	struct sock_test *t = test->priv;
	int i;

	sock_open(test, PF_INET);
	exchange(test, t->fe);
	world_set(test, t->fe, TCP_NODELAY, 1);
	freeze_client(test);
	for (i = 0; i < 6; i++) {
		world_write(test, t->fe, &t->s_out, 700 + i);
		KUNIT_ASSERT_TRUE(test, world_wait_for(nr_waiting(t->client)));
		if (!i)
			lose_last(test, t->client);
	}
	/* the client's SACKs reach a front end whose retransmission is lost */
	freeze(test, t->fe);
	thaw_client(test);
	freeze_client(test);
	thaw(t->fe);
	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(inet_csk(t->fe->sk)->icsk_ca_state ==
					 TCP_CA_Recovery));
}

static void sock_recovery_keeps_sack_marks(struct kunit *test)
{
	struct sock_test *t = test->priv;

	be_in_recovery(test);

	hand_over(test);

	KUNIT_ASSERT_GT(test, t->before->sacked_out, 0);
	expect_collapsed(test, t->before->sacked_out,
			 max(t->before->snd_ssthresh, 2U));
	finish_move(test, t->be);
}

/* Refusals at capture.  @undo makes the connection an ordinary one again. */
struct refuse_case {
	const char *name;
	enum tcp_handoff_reason reason;
	void (*arrange)(struct kunit *test);
	void (*undo)(struct kunit *test);
	bool ended;		/* nothing can be exchanged afterwards */
};

static void fin_sent(struct kunit *test)
{
	struct sock_test *t = test->priv;

	kernel_sock_shutdown(t->fe, SHUT_WR);
}

static void not_connected(struct kunit *test)
{
	struct sock_test *t = test->priv;

	t->fe = world_socket(test, t->w->fe);
}

static void not_ipv4(struct kunit *test)
{
	struct sock_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, __sock_create(t->w->fe, PF_INET6, SOCK_STREAM,
					       IPPROTO_TCP, &t->fe, 0));
}

static void close_ipv6(struct kunit *test)
{
	struct sock_test *t = test->priv;

	sock_release(t->fe);
}

static void pending_error(struct kunit *test)
{
	struct sock_test *t = test->priv;

	t->fe->sk->sk_err = EHOSTUNREACH;
}

static void no_error(struct kunit *test)
{
	struct sock_test *t = test->priv;

	t->fe->sk->sk_err = 0;
}

static void repair_on(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_set(test, t->fe, TCP_REPAIR, TCP_REPAIR_ON);
}

static void repair_off(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_set(test, t->fe, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
}

/* A key for somebody else: the connection itself goes on unsigned. */
static void md5_key_on(struct kunit *test, struct socket *sock)
{
	struct tcp_md5sig md5 = { .tcpm_keylen = 3, .tcpm_key = "key" };
	struct sockaddr_in *sin = (struct sockaddr_in *)&md5.tcpm_addr;

	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(0xc0a80909);
	KUNIT_ASSERT_EQ(test, 0,
			tcp_setsockopt(sock->sk, SOL_TCP, TCP_MD5SIG,
				       KERNEL_SOCKPTR(&md5), sizeof(md5)));
}

static void with_md5_key(struct kunit *test)
{
	struct sock_test *t = test->priv;

	md5_key_on(test, t->fe);
}

static void with_ulp(struct kunit *test)
{
	struct sock_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0,
			tcp_setsockopt(t->fe->sk, SOL_TCP, TCP_ULP,
				       KERNEL_SOCKPTR("tls"), 3));
}

static void with_ip_options(struct kunit *test)
{
	struct sock_test *t = test->priv;
	u8 nop[4] = { IPOPT_NOOP, IPOPT_NOOP, IPOPT_NOOP, IPOPT_END };

	KUNIT_ASSERT_EQ(test, 0,
			ip_setsockopt(t->fe->sk, SOL_IP, IP_OPTIONS,
				      KERNEL_SOCKPTR(nop), sizeof(nop)));
}

/* What takes a subsystem of its own to get into is set by hand. */
static void mark_mptcp(struct kunit *test)
{
	struct sock_test *t = test->priv;

	tcp_sk(t->fe->sk)->is_mptcp = true;
}

static void unmark_mptcp(struct kunit *test)
{
	struct sock_test *t = test->priv;

	tcp_sk(t->fe->sk)->is_mptcp = false;
}

static void mark_fastopen(struct kunit *test)
{
	struct sock_test *t = test->priv;

	rcu_assign_pointer(tcp_sk(t->fe->sk)->fastopen_rsk, (void *)t);
}

static void unmark_fastopen(struct kunit *test)
{
	struct sock_test *t = test->priv;

	RCU_INIT_POINTER(tcp_sk(t->fe->sk)->fastopen_rsk, NULL);
}

static void mark_writer(struct kunit *test)
{
	struct sock_test *t = test->priv;

	t->fe->sk->sk_write_pending++;
}

static void unmark_writer(struct kunit *test)
{
	struct sock_test *t = test->priv;

	t->fe->sk->sk_write_pending--;
}

static void mark_urgent(struct kunit *test)
{
	struct sock_test *t = test->priv;

	tcp_sk(t->fe->sk)->urg_data = TCP_URG_NOTYET;
}

static void unmark_urgent(struct kunit *test)
{
	struct sock_test *t = test->priv;

	tcp_sk(t->fe->sk)->urg_data = 0;
}

static void mark_unreadable(struct kunit *test)
{
	struct sock_test *t = test->priv;

	request_unread(test);
	skb_peek(&t->fe->sk->sk_receive_queue)->unreadable = 1;
}

static void unmark_unreadable(struct kunit *test)
{
	struct sock_test *t = test->priv;

	skb_peek(&t->fe->sk->sk_receive_queue)->unreadable = 0;
}

static void mark_sockmap(struct kunit *test)
{
	struct sock_test *t = test->priv;

	__rcu_assign_sk_user_data_with_flags(t->fe->sk, t,
					     SK_USER_DATA_PSOCK);
}

static void unmark_sockmap(struct kunit *test)
{
	struct sock_test *t = test->priv;

	rcu_assign_sk_user_data(t->fe->sk, NULL);
}

static void queue_too_much(struct kunit *test)
{
	struct sock_test *t = test->priv;

	tcp_sk(t->fe->sk)->write_seq += TCP_HANDOFF_MSG_MAX;
}

static void queue_less(struct kunit *test)
{
	struct sock_test *t = test->priv;

	tcp_sk(t->fe->sk)->write_seq -= TCP_HANDOFF_MSG_MAX;
}

static void lose_privilege(struct kunit *test)
{
	struct sock_test *t = test->priv;

	t->unprivileged = true;
}

static void something_read(struct kunit *test)
{
	struct sock_test *t = test->priv;

	request_unread(test);
	world_read(test, t->fe, &t->s_in, 10);
}

static void no_listener(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_close(test, t->fe_lsock);
}

/* The client is the front end itself. */
static void local_client(struct kunit *test)
{
	struct sock_test *t = test->priv;

	swap(t->w->client, t->w->fe);
	t->client = world_connect(test, t->w);
	swap(t->w->client, t->w->fe);
	t->fe = world_accept(test, t->fe_lsock);
}

static void byte_limit(struct kunit *test)
{
	struct sock_test *t = test->priv;

	request_unread(test);
	t->w->hfe->max_bytes = 1;
}

static void flow_limit(struct kunit *test)
{
	struct sock_test *t = test->priv;

	request_unread(test);	/* which is charged before, and given back */
	t->w->hfe->max_flows = 0;
}

/* Children of this one have a key; that of another client has none. */
static void listener_signs(struct kunit *test)
{
	struct sock_test *t = test->priv;

	md5_key_on(test, t->fe_lsock);
}

/* As TPROXY accepts connections: nothing could be built for it here. */
static void mark_vip(struct kunit *test)
{
	struct sock_test *t = test->priv;

	inet_sk(t->fe->sk)->inet_rcv_saddr = htonl(0xac100001);
}

static void unmark_vip(struct kunit *test)
{
	struct sock_test *t = test->priv;

	inet_sk(t->fe->sk)->inet_rcv_saddr = htonl(WORLD_VIP);
}

static const struct refuse_case refuse_cases[] = {
	{ "not connected", TCP_HANDOFF_REASON_STATE, not_connected, NULL,
	  true },
	{ "not IPv4", TCP_HANDOFF_REASON_FAMILY, not_ipv4, close_ipv6, true },
	{ "FIN sent", TCP_HANDOFF_REASON_FIN_SENT, fin_sent, NULL, true },
	{ "pending error", TCP_HANDOFF_REASON_SOCK_ERR, pending_error,
	  no_error },
	{ "repair mode", TCP_HANDOFF_REASON_REPAIR, repair_on, repair_off },
	{ "MD5", TCP_HANDOFF_REASON_SIGNED, with_md5_key },
	{ "TLS", TCP_HANDOFF_REASON_ULP, with_ulp },
	{ "MPTCP", TCP_HANDOFF_REASON_MPTCP, mark_mptcp, unmark_mptcp },
	{ "sockmap", TCP_HANDOFF_REASON_SOCKMAP, mark_sockmap,
	  unmark_sockmap },
	{ "IP options", TCP_HANDOFF_REASON_IP_OPTIONS, with_ip_options },
	{ "fast open", TCP_HANDOFF_REASON_FASTOPEN, mark_fastopen,
	  unmark_fastopen },
	{ "waiting writer", TCP_HANDOFF_REASON_WRITER, mark_writer,
	  unmark_writer },
	{ "urgent byte on its way", TCP_HANDOFF_REASON_URGENT, mark_urgent,
	  unmark_urgent },
	{ "device memory", TCP_HANDOFF_REASON_UNREADABLE, mark_unreadable,
	  unmark_unreadable },
	{ "request read", TCP_HANDOFF_REASON_CONSUMED, something_read },
	{ "client is local", TCP_HANDOFF_REASON_LOCAL, local_client },
	{ "no listener", TCP_HANDOFF_REASON_NO_HOME, no_listener },
	{ "listener signs", TCP_HANDOFF_REASON_NO_HOME, listener_signs },
	{ "VIP is not local", TCP_HANDOFF_REASON_NOT_LOCAL, mark_vip,
	  unmark_vip },
	{ "no privilege", TCP_HANDOFF_REASON_PERM, lose_privilege },
	{ "too big", TCP_HANDOFF_REASON_TOO_BIG, queue_too_much, queue_less },
	{ "limit of bytes", TCP_HANDOFF_REASON_BYTES, byte_limit },
	{ "limit of flows", TCP_HANDOFF_REASON_FLOWS, flow_limit },
};

KUNIT_ARRAY_PARAM_DESC(refuse, refuse_cases, name);

static void sock_refusal_changes_nothing(struct kunit *test)
{
	const struct refuse_case *c = test->param_value;
	struct sock_test *t = test->priv;
	struct tcp_handoff_capture_opts opts = {
		.peer = t->w->peer,
		.privileged = true,
	};
	enum tcp_handoff_reason reason = TCP_HANDOFF_REASON_NONE;
	struct tcp_handoff_flow *flow;

	sock_open(test, PF_INET);
	c->arrange(test);

	opts.privileged = !t->unprivileged;

	flow = tcp_handoff_capture(t->fe->sk, &opts, &reason);

	KUNIT_EXPECT_NULL(test, flow);
	KUNIT_EXPECT_EQ(test, c->reason, reason);
	KUNIT_EXPECT_EQ(test, 0, t->w->hfe->nr_flows);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&t->w->hfe->bytes));
	if (c->undo)
		c->undo(test);
	if (c->ended)
		return;
	exchange(test, t->fe);
	expect_no_reset(test);
}

static void sock_adopted_connection_is_not_captured(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_capture_opts opts = {
		.peer = t->w->from,
		.privileged = true,
	};
	enum tcp_handoff_reason reason = TCP_HANDOFF_REASON_NONE;

	sock_open(test, PF_INET);
	request_unread(test);
	hand_over(test);

	KUNIT_EXPECT_NULL(test, tcp_handoff_capture(t->be->sk, &opts, &reason));

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_OWNED, reason);
	finish_move(test, t->be);
}

/* What the program sees of a connection that has left: its end. */
static void sock_captured_socket_shows_end(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;
	struct msghdr msg = {};
	struct kvec vec = { .iov_base = "x", .iov_len = 1 };

	sock_open(test, PF_INET);
	request_unread(test);

	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);

	KUNIT_EXPECT_EQ(test, TCP_CLOSE, t->fe->sk->sk_state);
	KUNIT_EXPECT_EQ(test, SHUTDOWN_MASK, t->fe->sk->sk_shutdown);
	KUNIT_EXPECT_EQ(test, 0, world_read_end(t->fe));
	KUNIT_EXPECT_EQ(test, -EPIPE, kernel_sendmsg(t->fe, &msg, &vec, 1, 1));
	KUNIT_EXPECT_EQ(test, 0, sk_rmem_alloc_get(t->fe->sk));
	KUNIT_EXPECT_EQ(test, 0, t->fe->sk->sk_wmem_queued);
	KUNIT_EXPECT_GT(test, atomic_long_read(&t->w->hfe->bytes), 0);
	fe_end(flow);
	expect_no_reset(test);
}

static void get_info(struct kunit *test, struct socket *sock,
		     struct tcp_handoff_info *info)
{
	int len = sizeof(*info);

	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_getsockopt(sock->sk,
							KERNEL_SOCKPTR(info),
							KERNEL_SOCKPTR(&len)));
}

static void expect_role(struct kunit *test, struct socket *sock, u32 role)
{
	struct tcp_handoff_info info;

	get_info(test, sock, &info);
	KUNIT_EXPECT_EQ(test, role, info.role);
}

/* Nobody takes it: it comes out of accept() again, as it was. */
static void sock_comes_home(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_info info;
	struct tcp_handoff_flow *flow;
	struct socket *home;

	prepare_move(test);
	t->before = copy_sock(test, t->fe, &t->q_before);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);

	tcp_handoff_send(flow);		/* the peer has no channel */

	home = world_accept(test, t->fe_lsock);
	t->after = copy_sock(test, home, &t->q_after);
	/* it has been here all the time, so its clock is exact */
	KUNIT_EXPECT_EQ(test, t->before->tsoffset, t->after->tsoffset);
	compare_socks(test);
	get_info(test, home, &info);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ROLE_RETURNED, info.role);
	KUNIT_EXPECT_EQ(test, EHOSTDOWN, info.error);
	KUNIT_EXPECT_EQ(test, 0x1234567890abcdef, info.cookie);
	KUNIT_EXPECT_EQ(test, 1, info.attempts);
	KUNIT_EXPECT_EQ(test, 1, world_tcp_count(t->w->fe,
						 TCP_MIB_PASSIVEOPENS));
	finish_move(test, home);
	KUNIT_EXPECT_TRUE(test, world_wait_for(!t->w->hfe->nr_flows));
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_RETURNED));
}

/* What the client sends meanwhile is held, and replayed in order. */
static void sock_held_packets_come_home(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;
	u64 segs;
	int i;

	sock_open(test, PF_INET);
	world_set(test, t->client, TCP_NODELAY, 1);
	request_unread(test);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	for (i = 0; i < 5; i++)
		world_write(test, t->client, &t->c_out, 500);
	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(world_count(t->w->hfe,
						     TCP_HANDOFF_MIB_HELD) ==
					 5));
	segs = world_tcp_count(t->w->client, TCP_MIB_RETRANSSEGS);

	tcp_handoff_send(flow);

	t->fe = world_accept(test, t->fe_lsock);
	world_read(test, t->fe, &t->s_in, 3500);
	KUNIT_EXPECT_EQ(test, segs, world_tcp_count(t->w->client,
						    TCP_MIB_RETRANSSEGS));
	finish_move(test, t->fe);
}

/* Over the limit, packets are dropped silently; the client sends again. */
static void sock_hold_is_bounded(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;

	sock_open(test, PF_INET);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	t->w->hfe->hold_bytes = 1;

	world_write(test, t->client, &t->c_out, 500);

	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(world_count(t->w->hfe,
						     TCP_HANDOFF_MIB_HOLD_DROPS)
					 > 0));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe, TCP_HANDOFF_MIB_HELD));
	KUNIT_EXPECT_EQ(test, 0, flow->hold_bytes);
	tcp_handoff_send(flow);
	t->fe = world_accept(test, t->fe_lsock);
	finish_move(test, t->fe);
}

/* A SYN of the client's, as it may be forged; data at the IP header. */
static struct sk_buff *make_syn(struct kunit *test,
				const struct tcp_handoff_flow *flow)
{
	struct sk_buff *skb;

	skb = tcp_handoff_make_ack(&flow->img->st, 1, 0);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	tcp_hdr(skb)->syn = 1;
	tcp_hdr(skb)->ack = 0;
	__skb_push(skb, sizeof(struct iphdr));
	skb->dev = flow->hnet->net->loopback_dev;
	return skb;
}

/* A TPROXY rule ends the TIME_WAIT that a SYN meets, but not a flow. */
static void sock_tproxy_spares_flow(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct inet_timewait_sock *tw;
	struct tcp_handoff_flow *flow;
	struct sk_buff *skb;
	struct sock *sk;

	if (!IS_BUILTIN(CONFIG_NF_TPROXY_IPV4))
		kunit_skip(test, "no NF_TPROXY_IPV4");
	sock_open(test, PF_INET);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	skb = make_syn(test, flow);
	tw = tcp_handoff_flow_get_tw(flow);
	KUNIT_ASSERT_NOT_NULL(test, tw);

	rcu_read_lock();
	local_bh_disable();
	sk = nf_tproxy_handle_time_wait4(t->w->fe, skb, 0, 0,
					 (struct sock *)tw);
	local_bh_enable();
	rcu_read_unlock();

	KUNIT_EXPECT_PTR_EQ(test, (struct sock *)tw, sk);
	KUNIT_EXPECT_TRUE(test, sk_hashed((struct sock *)tw));
	sock_gen_put(sk);
	kfree_skb(skb);
	tcp_handoff_send(flow);
	t->fe = world_accept(test, t->fe_lsock);
	finish_move(test, t->fe);
}

/* Refusals of a back end, and what makes it refuse. */
static void be_no_listener(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_close(test, t->be_lsock);
}

static void be_queue_full(struct kunit *test)
{
	struct sock_test *t = test->priv;

	/* backlog n takes n + 1 */
	t->be_lsock->sk->sk_max_ack_backlog = 0;
	t->be_lsock->sk->sk_ack_backlog = 1;
}

/* Change an address of the back end's lo; its network goes with it. */
static void be_set_addr(struct kunit *test, const char *label, u32 addr)
{
	struct sock_test *t = test->priv;
	struct ifreq ifr = {};
	struct sockaddr_in *sin = (struct sockaddr_in *)&ifr.ifr_addr;

	strscpy(ifr.ifr_name, label, sizeof(ifr.ifr_name));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(addr);
	KUNIT_ASSERT_EQ(test, 0, devinet_ioctl(t->w->be, SIOCSIFADDR, &ifr));
}

static void be_not_local(struct kunit *test)
{
	be_set_addr(test, "lo:1", 0xac100001);
}

static void be_signs(struct kunit *test)
{
	struct sock_test *t = test->priv;

	md5_key_on(test, t->be_lsock);
}

static void be_is_client(struct kunit *test)
{
	be_set_addr(test, "lo:2", WORLD_CLIENT);
}

static void be_no_vip(struct kunit *test)
{
	struct sock_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_vip_del(t->w->hbe,
						     htonl(WORLD_VIP), 0,
						     NULL));
}

static void be_no_memory_left(struct kunit *test)
{
	atomic_long_add(sysctl_tcp_mem[2], &tcp_memory_allocated);
}

/* Like the channel's: a front end must not pass for another one there. */
static void be_kernel_listens(struct kunit *test)
{
	struct sock_test *t = test->priv;

	t->be_lsock->sk->sk_kern_sock = 1;
}

static void be_is_held(struct kunit *test)
{
	struct sock_test *t = test->priv;

	freeze(test, t->be_lsock);
}

static const struct be_refuse_case {
	const char *name;
	enum tcp_handoff_reason reason;
	void (*arrange)(struct kunit *test);
} be_refuse_cases[] = {
	{ "no listener", TCP_HANDOFF_REASON_NO_LISTENER, be_no_listener },
	{ "queue full", TCP_HANDOFF_REASON_QUEUE_FULL, be_queue_full },
	{ "VIP not local", TCP_HANDOFF_REASON_NOT_LOCAL, be_not_local },
	{ "listener signs", TCP_HANDOFF_REASON_LISTENER, be_signs },
	{ "client local", TCP_HANDOFF_REASON_LOCAL, be_is_client },
	{ "listener of the kernel", TCP_HANDOFF_REASON_LISTENER,
	  be_kernel_listens },
	{ "VIP not configured", TCP_HANDOFF_REASON_NO_VIP, be_no_vip },
	{ "beyond tcp_mem", TCP_HANDOFF_REASON_MEMORY, be_no_memory_left },
	{ "listener held", TCP_HANDOFF_REASON_HELD, be_is_held },
};

KUNIT_ARRAY_PARAM_DESC(be_refuse, be_refuse_cases, name);

/* The image of the front end is not touched by any of it. */
static void sock_back_end_refuses(struct kunit *test)
{
	const struct be_refuse_case *c = test->param_value;
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;
	int sockets;

	sock_open(test, PF_INET);
	upload_unread(test);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	c->arrange(test);
	sockets = percpu_counter_sum(&tcp_sockets_allocated);

	KUNIT_EXPECT_EQ(test, c->reason, adopt_at_be(test, flow));
	if (c->reason == TCP_HANDOFF_REASON_MEMORY)
		atomic_long_sub(sysctl_tcp_mem[2], &tcp_memory_allocated);
	if (c->reason == TCP_HANDOFF_REASON_HELD)
		thaw(t->be_lsock);

	KUNIT_EXPECT_EQ(test, sockets,
			percpu_counter_sum(&tcp_sockets_allocated));
	KUNIT_EXPECT_EQ(test, 0, t->w->hbe->nr_flows);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&t->w->hbe->bytes));
	if (c->reason == TCP_HANDOFF_REASON_QUEUE_FULL)
		t->be_lsock->sk->sk_ack_backlog = 0;
	world_route(test, t->w, false);
	tcp_handoff_send(flow);
	t->fe = world_accept(test, t->fe_lsock);
	finish_move(test, t->fe);
}

/* A timeout that is no whole number of ticks here is not made shorter. */
static void sock_timeouts_of_another_hz(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;

	sock_open(test, PF_INET);
	request_unread(test);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	flow->img->st.rto_us = 3 * USEC_PER_SEC + 1;
	flow->img->st.rto_min_us = USEC_PER_SEC + USEC_PER_SEC / HZ - 1;
	flow->img->st.ato_us = 2 * USEC_PER_SEC / HZ + 1;

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, adopt_at_be(test, flow));

	fe_end(flow);
	t->be = world_accept(test, t->be_lsock);
	KUNIT_EXPECT_EQ(test, 3 * HZ + 1, inet_csk(t->be->sk)->icsk_rto);
	KUNIT_EXPECT_EQ(test, HZ + 1, inet_csk(t->be->sk)->icsk_rto_min);
	KUNIT_EXPECT_TRUE(test, inet_csk(t->be->sk)->icsk_ack.ato == 3);
	finish_move(test, t->be);
}

static void sock_second_adoption_exists(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;
	int sockets;

	sock_open(test, PF_INET);
	request_unread(test);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, adopt_at_be(test, flow));
	sockets = percpu_counter_sum(&tcp_sockets_allocated);
	world_route(test, t->w, false);
	flow->id.seq++;		/* a flow of another name */

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_EXISTS,
			adopt_at_be(test, flow));

	KUNIT_EXPECT_EQ(test, sockets,
			percpu_counter_sum(&tcp_sockets_allocated));
	flow->id.seq--;
	fe_end(flow);
	t->be = world_accept(test, t->be_lsock);
	finish_move(test, t->be);
}

#define MUTANTS		800
#define MUTANT_SEED	0x12968b9

/* The socket that a mutant has become: whatever it is, it can be used. */
static void use_and_abort(struct kunit *test, struct socket *sock,
			  unsigned int ms)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	static u8 buf[4000];
	struct kvec vec = { .iov_base = buf, .iov_len = sizeof(buf) };

	kernel_recvmsg(sock, &msg, &vec, 1, sizeof(buf), MSG_DONTWAIT);
	vec = (struct kvec) { .iov_base = buf, .iov_len = sizeof(buf) };
	kernel_sendmsg(sock, &msg, &vec, 1, sizeof(buf));
	if (ms)		/* for the timers */
		msleep(ms);
	sock_no_linger(sock->sk);
	world_close(test, sock);
}

static bool adopt_mutant(struct kunit *test, struct tcp_handoff_flow *fe,
			 const struct mutant *m, unsigned int ms)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_image *img = kzalloc(sizeof(*img), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, img);
	tcp_handoff_image_init(img);
	img->hnet = t->w->hbe;
	if (tcp_handoff_parse(m->msg, m->len, img)) {
		tcp_handoff_image_free(t->w->hbe, img);
		return false;
	}
	if (adopt_image(test, fe, img))
		return false;
	use_and_abort(test, world_accept(test, t->be_lsock), ms);
	return true;
}

/*
 * What passes the checks of a message is a connection that TCP can work with,
 * even if it never was one: adopted, read, written and aborted, nothing of it
 * stays and the kernel does not complain.
 */
static void sock_mutants_do_no_harm(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;
	struct mutant m;
	int adopted = 0, sockets, i;
	size_t len;
	void *body;

	sock_open(test, PF_INET);
	hole_and_download(test);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_pack(flow->img, &body, &len));
	mutant_init(test, &m, body, len, MUTANT_SEED);
	kunit_info(test, "seed %#x, %d mutants", MUTANT_SEED, MUTANTS);
	world_route(test, t->w, true);
	sockets = percpu_counter_sum(&tcp_sockets_allocated);

	for (i = 0; i < MUTANTS; i++) {
		mutant_next_values(&m, 1 + i % 2, TCP_HANDOFF_TLV_CONN);
		flow->id.seq++;		/* a flow of another name */
		adopted += adopt_mutant(test, flow, &m, i % 40 ? 0 : 10);
	}

	kunit_info(test, "%d adopted", adopted);
	KUNIT_EXPECT_GT(test, adopted, MUTANTS / 10);
	KUNIT_EXPECT_EQ(test, sockets,
			percpu_counter_sum(&tcp_sockets_allocated));
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&t->w->hbe->bytes));
	flow->id.seq -= MUTANTS;
	kvfree(body);
	fe_end(flow);
	thaw_client(test);
	t->w->flows_left = true;	/* what became of them is not told */
}

/* The 4-tuple's TIME_WAIT on the back end gives way. */
/* As if a back end's connection had ended, and not one of this host. */
static void keep_time_wait(struct kunit *test, struct net *net)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(net);
	struct inet_timewait_sock *tw;
	struct sock *sk;

	rcu_read_lock();
	sk = __inet_lookup_established(net, net->ipv4.tcp_death_row.hashinfo,
				       htonl(WORLD_CLIENT), htons(40000),
				       htonl(WORLD_VIP), WORLD_PORT, 0, 0);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, sk);
	KUNIT_ASSERT_EQ(test, TCP_TIME_WAIT, sk->sk_state);
	tw = inet_twsk(sk);
	refcount_dec(&tw->tw_dr->tw_refcount);
	tw->tw_dr = &hnet->death_row;
	refcount_inc(&tw->tw_dr->tw_refcount);
	inet_twsk_put(tw);
}

static void replace_time_wait(struct kunit *test, bool kept)
{
	struct sock_test *t = test->priv;
	struct inet_timewait_death_row *row;
	struct socket *first;

	t->fe_lsock = world_listen(test, t->w->fe, PF_INET, 8);
	t->be_lsock = world_listen(test, t->w->be, PF_INET, 8);
	world_route(test, t->w, true);
	first = world_connect_from(test, t->w, 40000);
	t->be = world_accept(test, t->be_lsock);
	kernel_sock_shutdown(t->be, SHUT_WR);	/* TIME_WAIT is there */
	KUNIT_ASSERT_EQ(test, 0, world_read_end(first));
	world_close(test, first);
	world_close(test, t->be);
	row = &t->w->be->ipv4.tcp_death_row;
	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(refcount_read(&row->tw_refcount) ==
					 2));
	if (kept)
		keep_time_wait(test, t->w->be);
	world_route(test, t->w, false);
	t->client = world_connect_from(test, t->w, 40000);
	t->fe = world_accept(test, t->fe_lsock);
	request_unread(test);

	hand_over(test);

	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hbe,
					     TCP_HANDOFF_MIB_STALE_TW));
	finish_move(test, t->be);
}

static void sock_replaces_time_wait(struct kunit *test)
{
	replace_time_wait(test, false);
}

static void sock_replaces_kept_time_wait(struct kunit *test)
{
	replace_time_wait(test, true);
}

/* With everything that belongs to it: setsockopt(), a channel, a technique. */
static void hand_on(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_req req = {
		.flags = TCP_HANDOFF_F_CONSUMED | TCP_HANDOFF_F_SOCKOPTS,
		.cookie = 42,
	};
	struct sockaddr_in *sin = (struct sockaddr_in *)&req.peer;

	if (!tcp_handoff_tech_find("reconstruct"))
		kunit_skip(test, "no technique reconstruct");
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(WORLD_BE);
	t->before = copy_sock(test, t->fe, &t->q_before);
	KUNIT_ASSERT_EQ(test, 0,
			tcp_setsockopt(t->fe->sk, SOL_TCP, TCP_HANDOFF,
				       KERNEL_SOCKPTR(&req), sizeof(req)));
}

/* What setsockopt() says to a request that is none. */
static const struct req_case {
	const char *name;
	int err;
	struct {
		u32 flags, reserved;
		u32 family, addr;
		u16 port;
		int len;	/* more than sizeof(struct tcp_handoff_req) */
		u8 surplus;	/* what the program's larger struct has there */
	} is;
} req_cases[] = {
	{ "too short", -EINVAL, { .len = -120 } },
	{ "longer than a page", -E2BIG, { .len = PAGE_SIZE } },
	{ "longer, with something new", -E2BIG, { .len = 8, .surplus = 1 } },
	{ "unknown flag", -EINVAL, { .flags = 0x80 } },
	{ "reserved", -EINVAL, { .reserved = 1 } },
	{ "another family", -EAFNOSUPPORT, { .family = AF_INET6 } },
	{ "no such peer", -ENOENT, { .addr = WORLD_FE } },
	{ "another port", -ENOENT, { .port = 1 } },
	{ "peer is down", -EHOSTDOWN, { .len = 8 } },
};

KUNIT_ARRAY_PARAM_DESC(req, req_cases, name);

static void sock_request_is_checked(struct kunit *test)
{
	const struct req_case *c = test->param_value;
	struct tcp_handoff_peer conf = {
		.forward = TCP_HANDOFF_FORWARD_DR,
		.flags = TCP_HANDOFF_PEER_F_UNAUTHENTICATED |
			 TCP_HANDOFF_PEER_F_BACK_END,
		.addr = htonl(WORLD_BE),
	};
	int len = sizeof(struct tcp_handoff_req) + c->is.len;
	struct sock_test *t = test->priv;
	struct tcp_handoff_req *req;
	struct sockaddr_in *sin;

	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_peer_add(t->w->hfe, &conf, NULL));
	sock_open(test, PF_INET);
	req = kunit_kzalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, req);
	req->flags = c->is.flags;
	req->reserved = c->is.reserved;
	*(u8 *)(req + 1) = c->is.surplus;
	sin = (struct sockaddr_in *)&req->peer;
	sin->sin_family = c->is.family ?: AF_INET;
	sin->sin_addr.s_addr = htonl(c->is.addr ?: WORLD_BE);
	sin->sin_port = htons(c->is.port);

	KUNIT_EXPECT_EQ(test, c->err,
			tcp_setsockopt(t->fe->sk, SOL_TCP, TCP_HANDOFF,
				       KERNEL_SOCKPTR(req), len));

	exchange(test, t->fe);
}

static struct sock *fe_lookup(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct sock *sk;

	rcu_read_lock();
	sk = __inet_lookup_established(t->w->fe,
				       t->w->fe->ipv4.tcp_death_row.hashinfo,
				       htonl(WORLD_CLIENT), t->cport,
				       htonl(WORLD_VIP), WORLD_PORT, 0, 0);
	rcu_read_unlock();
	return sk;
}

/* Is the 4-tuple in genuine TIME_WAIT on the front end? */
static bool fe_has_time_wait(struct kunit *test)
{
	struct sock *sk = fe_lookup(test);
	bool yes;

	if (!sk)
		return false;
	yes = sk->sk_state == TCP_TIME_WAIT &&
	      !rcu_access_pointer(tcp_twsk(sk)->tw_handoff);
	sock_gen_put(sk);
	return yes;
}

static bool fe_has_nothing(struct kunit *test)
{
	struct sock *sk = fe_lookup(test);

	if (sk)
		sock_gen_put(sk);
	return !sk;
}

static void sock_moves_through_the_channel(struct kunit *test)
{
	const struct move_case *c = test->param_value;
	struct sock_test *t = test->priv;
	struct tcp_handoff_info info;

	world_channel(test, t->w);
	prepare_move(test);

	hand_on(test);

	t->be = world_accept(test, t->be_lsock);
	t->after = copy_sock(test, t->be, &t->q_after);
	compare_socks(test);
	get_info(test, t->be, &info);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ROLE_ADOPTED, info.role);
	get_info(test, t->fe, &info);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ROLE_CAPTURED, info.role);
	KUNIT_EXPECT_EQ(test, 42, info.cookie);
	if (c->verify)
		c->verify(test);
	finish_move(test, t->be);
	KUNIT_EXPECT_GT(test, world_count(t->w->hfe,
					  TCP_HANDOFF_MIB_FORWARDED), 0);
	/* the client was the first to close: nothing has to wait */
	KUNIT_EXPECT_TRUE(test, world_wait_for(fe_has_nothing(test)));
	KUNIT_EXPECT_TRUE(test, world_wait_for(!t->w->hfe->nr_flows));
}

static void sock_front_end_hosts_time_wait(struct kunit *test)
{
	struct sock_test *t = test->priv;

	world_channel(test, t->w);
	sock_open(test, PF_INET);
	request_unread(test);
	hand_on(test);
	t->be = world_accept(test, t->be_lsock);
	exchange(test, t->be);

	kernel_sock_shutdown(t->be, SHUT_WR);	/* the server closes first */
	KUNIT_EXPECT_EQ(test, 0, world_read_end(t->client));
	kernel_sock_shutdown(t->client, SHUT_WR);

	KUNIT_EXPECT_TRUE(test, world_wait_for(fe_has_time_wait(test)));
	KUNIT_EXPECT_TRUE(test, world_wait_for(!t->w->hfe->nr_flows));
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_TIME_WAIT));
	expect_no_reset(test);
	/* it is a genuine one: a later SYN of the same client is welcome */
	world_close(test, t->client);
	msleep(20);		/* its timestamp must have grown */
	t->client = world_connect_from(test, t->w, ntohs(t->cport));
	t->fe = world_accept(test, t->fe_lsock);
	t->c_out = 0;		/* a new stream */
	t->c_in = 0;
	t->s_out = 0;
	t->s_in = 0;
	exchange(test, t->fe);
}

static void sock_refused_comes_back_with_reason(struct kunit *test)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_info info;

	world_channel(test, t->w);
	sock_open(test, PF_INET);
	request_unread(test);
	world_close(test, t->be_lsock);

	hand_on(test);

	t->fe = world_accept(test, t->fe_lsock);
	get_info(test, t->fe, &info);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ROLE_RETURNED, info.role);
	KUNIT_EXPECT_EQ(test, ECONNREFUSED, info.error);
	KUNIT_EXPECT_EQ(test, 42, info.cookie);
	finish_move(test, t->fe);
}

/* The namespaces go while flows are held, forwarded and adopted. */
static void sock_namespace_ends_with_flows(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;
	struct socket *first;

	world_channel(test, t->w);
	sock_open(test, PF_INET);
	request_unread(test);
	hand_on(test);
	t->be = world_accept(test, t->be_lsock);
	exchange(test, t->be);
	first = t->client;
	t->client = world_connect(test, t->w);
	t->fe = world_accept(test, t->fe_lsock);
	t->c_out = 0;
	t->s_in = 0;
	request_unread(test);
	flow = capture(test, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	world_write(test, t->client, &t->c_out, 100);
	KUNIT_EXPECT_EQ(test, 2, t->w->hfe->nr_flows);
	KUNIT_EXPECT_EQ(test, 1, t->w->hbe->nr_flows);

	tcp_handoff_flow_put(flow);	/* the table and the minisock have it */
	t->w->flows_left = true;
	/* an orphan that nobody answers would hold its namespace */
	sock_no_linger(t->client->sk);
	sock_no_linger(first->sk);
}

/* From a socket to itself, nothing else happens in between. */
static void torture(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;

	if (!IS_ENABLED(CONFIG_TCP_HANDOFF_TORTURE))
		kunit_skip(test, "no TCP_HANDOFF_TORTURE");
	t->before = kunit_kmalloc(test, sizeof(*t->before), GFP_KERNEL);
	t->after = kunit_kmalloc(test, sizeof(*t->after), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->before);
	KUNIT_ASSERT_NOT_NULL(test, t->after);
	freeze(test, t->fe);
	t->ticks = jiffies;
	copy_owned(t->before, t->fe, &t->q_before);
	reason = tcp_handoff_torture_sock(t->fe->sk);
	copy_owned(t->after, t->fe, &t->q_after);
	t->ticks = jiffies - t->ticks;
	thaw(t->fe);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, reason);
	t->be = t->fe;
}

/* Exact, but for ticks of the clock meanwhile, on a slow machine */
static void expect_same_time(struct kunit *test, u32 a, u32 b)
{
	struct sock_test *t = test->priv;

	KUNIT_EXPECT_LE(test, b - a, (u32)t->ticks);
}

/* One clock, and no transit: nothing may lag, or it would add up. */
static void expect_no_transit(struct kunit *test)
{
	struct sock_test *t = test->priv;
	const struct tcp_sock *a = t->before, *b = t->after;

	KUNIT_EXPECT_EQ(test, a->tsoffset, b->tsoffset);
	KUNIT_EXPECT_EQ(test, a->tcp_wstamp_ns, b->tcp_wstamp_ns);
	expect_same_time(test, a->lsndtime, b->lsndtime);
	expect_same_time(test, a->rcv_tstamp, b->rcv_tstamp);
	expect_same_time(test, a->snd_cwnd_stamp, b->snd_cwnd_stamp);
	expect_same_time(test, a->inet_conn.icsk_ack.lrcvtime,
			 b->inet_conn.icsk_ack.lrcvtime);
	KUNIT_EXPECT_EQ(test, a->rx_opt.ts_recent_stamp,
			b->rx_opt.ts_recent_stamp);
	/* a timer that begins anew each time would never fire */
	if (a->inet_conn.icsk_pending == b->inet_conn.icsk_pending &&
	    a->inet_conn.icsk_pending)
		expect_same_time(test, a->inet_conn.icsk_timeout,
				 b->inet_conn.icsk_timeout);
}

/* Everything else the socket and its owner see of memory. */
static void expect_same_sock(struct kunit *test)
{
	struct sock_test *t = test->priv;
	const struct sock *a = (struct sock *)t->before;
	const struct sock *b = (struct sock *)t->after;

	KUNIT_EXPECT_EQ(test, a->sk_state, b->sk_state);
	KUNIT_EXPECT_EQ(test, a->sk_shutdown, b->sk_shutdown);
	KUNIT_EXPECT_EQ(test, a->sk_flags, b->sk_flags);
	KUNIT_EXPECT_EQ(test, a->sk_priority, b->sk_priority);
	KUNIT_EXPECT_EQ(test, a->sk_pacing_rate, b->sk_pacing_rate);
	KUNIT_EXPECT_EQ(test, inet_sk(a)->tos, inet_sk(b)->tos);
	KUNIT_EXPECT_EQ(test, a->sk_rcvbuf, b->sk_rcvbuf);
	KUNIT_EXPECT_EQ(test, a->sk_sndbuf, b->sk_sndbuf);
}

static void sock_survives_torture(struct kunit *test)
{
	const struct move_case *c = test->param_value;
	struct sock_test *t = test->priv;

	prepare_move(test);

	torture(test);

	expect_no_transit(test);
	expect_same_sock(test);
	compare_socks(test);
	if (c->verify)
		c->verify(test);
	finish_move(test, t->fe);
}

/* Not carried, and must not be made up from IP_TOS, which stays the same. */
static void sock_torture_keeps_priority(struct kunit *test)
{
	struct sock_test *t = test->priv;

	sock_open(test, PF_INET);
	ip_sock_set_tos(t->fe->sk, 0x20);
	sock_set_priority(t->fe->sk, 5);

	torture(test);

	KUNIT_EXPECT_EQ(test, 5, t->fe->sk->sk_priority);
	KUNIT_EXPECT_EQ(test, 0x20, inet_sk(t->fe->sk)->tos);
	finish_move(test, t->fe);
}

static void sock_torture_keeps_sack_marks(struct kunit *test)
{
	struct sock_test *t = test->priv;

	be_in_recovery(test);

	torture(test);

	KUNIT_ASSERT_GT(test, t->before->sacked_out, 0);
	KUNIT_EXPECT_EQ(test, t->before->sacked_out, t->after->sacked_out);
	KUNIT_EXPECT_EQ(test, t->q_before.sacked, t->q_after.sacked);
	KUNIT_EXPECT_EQ(test, t->q_before.retrans, t->q_after.retrans);
	finish_move(test, t->fe);
}

/* At every call of either end, for as long as it takes. */
static void sock_exchange_under_torture(struct kunit *test)
{
	struct sock_test *t = test->priv;
	u64 n;

	if (!IS_ENABLED(CONFIG_TCP_HANDOFF_TORTURE))
		kunit_skip(test, "no TCP_HANDOFF_TORTURE");
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_torture_set(t->w->client, 3));
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_torture_set(t->w->fe, 3));
	sock_open(test, PF_INET);

	/* what came out of accept() has been home */
	expect_role(test, t->fe, TCP_HANDOFF_ROLE_RETURNED);
	exchange(test, t->fe);
	exchange(test, t->fe);

	n = world_count(t->w->hfe, TCP_HANDOFF_MIB_TORTURE);
	KUNIT_EXPECT_GT(test, n, 12);
	n = world_count(tcp_handoff_pernet(t->w->client),
			TCP_HANDOFF_MIB_TORTURE);
	KUNIT_EXPECT_GE(test, n, 12);
	KUNIT_EXPECT_EQ(test, 1, world_tcp_count(t->w->fe,
						 TCP_MIB_PASSIVEOPENS));
	KUNIT_EXPECT_EQ(test, 0, world_tcp_count(t->w->client,
						 TCP_MIB_RETRANSSEGS));
	finish_move(test, t->fe);
}

static int sock_init(struct kunit *test)
{
	struct sock_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	t->w = world_new(test);
	return 0;
}

static void sock_exit(struct kunit *test)
{
	if (test->priv)
		thaw_client(test);
}

static struct kunit_case sock_cases[] = {
	KUNIT_CASE_PARAM(sock_moves_between_hosts, move_gen_params),
	KUNIT_CASE(sock_loss_state_is_collapsed),
	KUNIT_CASE(sock_recovery_keeps_sack_marks),
	KUNIT_CASE_PARAM(sock_refusal_changes_nothing, refuse_gen_params),
	KUNIT_CASE(sock_adopted_connection_is_not_captured),
	KUNIT_CASE(sock_captured_socket_shows_end),
	KUNIT_CASE_PARAM(sock_comes_home, move_gen_params),
	KUNIT_CASE(sock_held_packets_come_home),
	KUNIT_CASE(sock_hold_is_bounded),
	KUNIT_CASE(sock_tproxy_spares_flow),
	KUNIT_CASE_PARAM(sock_back_end_refuses, be_refuse_gen_params),
	KUNIT_CASE(sock_timeouts_of_another_hz),
	KUNIT_CASE(sock_second_adoption_exists),
	KUNIT_CASE(sock_mutants_do_no_harm),
	KUNIT_CASE(sock_replaces_time_wait),
	KUNIT_CASE(sock_replaces_kept_time_wait),
	KUNIT_CASE_PARAM(sock_request_is_checked, req_gen_params),
	KUNIT_CASE_PARAM(sock_moves_through_the_channel, move_gen_params),
	KUNIT_CASE(sock_front_end_hosts_time_wait),
	KUNIT_CASE(sock_refused_comes_back_with_reason),
	KUNIT_CASE(sock_namespace_ends_with_flows),
	KUNIT_CASE_PARAM(sock_survives_torture, move_gen_params),
	KUNIT_CASE(sock_torture_keeps_priority),
	KUNIT_CASE(sock_torture_keeps_sack_marks),
	KUNIT_CASE(sock_exchange_under_torture),
	{}
};

static struct kunit_suite sock_suite = {
	.name = "tcp_handoff_sock",
	.init = sock_init,
	.exit = sock_exit,
	.test_cases = sock_cases,
};

kunit_test_suite(sock_suite);
