// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of technique transfer: connections are parked, filled up, used
 * up, and one that has become the client's is no different from a new one.
 */
#include <kunit/test.h>
#include <linux/inetdevice.h>
#include <net/inet_connection_sock.h>

#include "world.h"

#define TEST_DEPTH	4

struct transfer_test {
	struct world *w;
	struct tcp_handoff_key key;
	struct socket *fe_lsock, *be_lsock;
	struct socket *client, *fe, *be;
	u32 c_out, c_in;	/* stream positions: client wrote, read */
	u32 s_out, s_in;	/* ... server */
	struct tcp_handoff_flow *flow;
};

static struct tcp_handoff_pool *be_pool(struct kunit *test)
{
	struct transfer_test *t = test->priv;

	return &t->w->dialling->pool;
}

/* Counters of this technique on the back end and on the front end */
#define COUNT_BE(t, name) world_count((t)->w->hbe, TCP_HANDOFF_MIB_##name)
#define COUNT_FE(t, name) world_count((t)->w->hfe, TCP_HANDOFF_MIB_##name)

static bool pool_has(struct tcp_handoff_pool *pool, u32 ready)
{
	return READ_ONCE(pool->ready) == ready && !READ_ONCE(pool->settling);
}

static void set_depth(struct kunit *test, u32 depth)
{
	struct transfer_test *t = test->priv;

	WRITE_ONCE(t->w->hbe->pool_depth, depth);
	tcp_handoff_pool_fill(t->w->dialling);
	KUNIT_ASSERT_TRUE(test, world_wait_for(pool_has(be_pool(test),
							depth)));
}

static void use_techs(struct kunit *test, const char *first, const char *second)
{
	struct transfer_test *t = test->priv;

	strscpy(t->w->hbe->techs[0], first);
	strscpy(t->w->hbe->techs[1], second);
}

/* Two hosts that talk and a pool that is full. */
static void full_pool(struct kunit *test)
{
	struct transfer_test *t = test->priv;

	world_channel(test, t->w);
	use_techs(test, "transfer", "reconstruct");
	set_depth(test, TEST_DEPTH);
}

static void open_connection(struct kunit *test, int family, size_t request)
{
	struct transfer_test *t = test->priv;
	struct tcp_sock *tp;

	t->fe_lsock = world_listen(test, t->w->fe, PF_INET, 8);
	t->be_lsock = world_listen(test, t->w->be, family, 8);
	t->client = world_connect(test, t->w);
	t->fe = world_accept(test, t->fe_lsock);
	world_write(test, t->client, &t->c_out, request);
	tp = tcp_sk(t->fe->sk);
	KUNIT_ASSERT_TRUE(test, world_wait_for(READ_ONCE(tp->rcv_nxt) -
					       tp->copied_seq == t->c_out));
}

static void capture(struct kunit *test)
{
	struct transfer_test *t = test->priv;
	struct tcp_handoff_capture_opts opts = {
		.peer = t->w->dialled,
		.privileged = true,
	};
	enum tcp_handoff_reason reason;

	t->flow = tcp_handoff_capture(t->fe->sk, &opts, &reason);
	KUNIT_ASSERT_NOT_NULL(test, t->flow);
	tcp_handoff_flow_hold(t->flow);
}

static void hand_on(struct kunit *test)
{
	struct transfer_test *t = test->priv;

	capture(test);
	tcp_handoff_send(t->flow);
}

/* The client's bytes arrive, whole and in order, and the server's do. */
static void expect_alive(struct kunit *test, struct socket *server)
{
	struct transfer_test *t = test->priv;

	world_read(test, server, &t->s_in, t->c_out - t->s_in);
	world_write(test, t->client, &t->c_out, 3000);
	world_read(test, server, &t->s_in, 3000);
	world_write(test, server, &t->s_out, 50000);
	world_read(test, t->client, &t->c_in, 50000);
	KUNIT_EXPECT_EQ(test, 0, world_tcp_count(t->w->client,
						 TCP_MIB_ESTABRESETS));
}

static void expect_technique(struct kunit *test, const char *name)
{
	struct transfer_test *t = test->priv;
	const struct tcp_handoff_info_blk *blk;
	char technique[TCP_HANDOFF_TECH_NAME_MAX] = "";

	t->be = world_accept(test, t->be_lsock);
	rcu_read_lock();
	blk = rcu_dereference(tcp_sk(t->be->sk)->handoff);
	if (blk)
		strscpy(technique, blk->info.technique);
	rcu_read_unlock();
	KUNIT_EXPECT_STREQ(test, name, technique);
}

/* Nothing is left of what it was, nobody can find it and nothing wake it. */
static void expect_parked(struct kunit *test,
			  const struct tcp_handoff_parked *p)
{
	const struct inet_connection_sock *icsk = inet_csk(p->sk);
	const struct tcp_sock *tp = tcp_sk(p->sk);

	KUNIT_EXPECT_EQ(test, TCP_CLOSE, p->sk->sk_state);
	KUNIT_EXPECT_TRUE(test, sk_unhashed(p->sk));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&p->sk->sk_refcnt));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&p->sk->sk_wmem_alloc));
	KUNIT_EXPECT_EQ(test, 0, inet_sk(p->sk)->inet_num);
	KUNIT_EXPECT_PTR_EQ(test, NULL, icsk->icsk_bind_hash);
	KUNIT_EXPECT_PTR_EQ(test, NULL, icsk->icsk_bind2_hash);
	KUNIT_EXPECT_FALSE(test, timer_pending(&icsk->icsk_retransmit_timer));
	KUNIT_EXPECT_FALSE(test, timer_pending(&icsk->icsk_delack_timer));
	KUNIT_EXPECT_FALSE(test, timer_pending(&p->sk->sk_timer));
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&p->sk->sk_receive_queue));
	KUNIT_EXPECT_TRUE(test, tcp_rtx_and_write_queues_empty(p->sk));
	KUNIT_EXPECT_PTR_EQ(test, NULL, rcu_access_pointer(tp->ao_info));
	KUNIT_EXPECT_PTR_EQ(test, NULL,
			    rcu_access_pointer(p->sk->sk_dst_cache));
	KUNIT_EXPECT_PTR_EQ(test, NULL, rcu_access_pointer(p->sk->sk_rx_dst));
	KUNIT_EXPECT_NOT_NULL(test, p->req);
}

static u64 established(struct net *net)
{
	return world_tcp_count(net, TCP_MIB_CURRESTAB);
}

static const struct fill_case {
	const char *name;
	bool with_key;
} fill_cases[] = {
	{ "unsigned", false },
	{ "signed", true },
};

KUNIT_ARRAY_PARAM_DESC(fill, fill_cases, name);

/* Both ends are gone from TCP's tables, and neither said a word about it. */
static void transfer_pool_is_filled(struct kunit *test)
{
	const struct fill_case *c = test->param_value;
	struct transfer_test *t = test->priv;
	struct tcp_handoff_parked *p;

	t->w->key = c->with_key ? &t->key : NULL;

	full_pool(test);

	list_for_each_entry(p, &be_pool(test)->parked, list)
		expect_parked(test, p);
	KUNIT_EXPECT_EQ(test, TEST_DEPTH, COUNT_BE(t, POOL_PARKED));
	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(COUNT_FE(t, POOL_DIALLED) ==
					 TEST_DEPTH));
	/* the channel */
	KUNIT_EXPECT_EQ(test, 1, established(t->w->fe));
	KUNIT_EXPECT_EQ(test, 1, established(t->w->be));
	KUNIT_EXPECT_EQ(test, 0, world_tcp_count(t->w->fe, TCP_MIB_OUTRSTS));
	KUNIT_EXPECT_EQ(test, 0, world_tcp_count(t->w->be, TCP_MIB_OUTRSTS));
	KUNIT_EXPECT_EQ(test, 0,
			world_tcp_count(t->w->be, TCP_MIB_ESTABRESETS));
	KUNIT_EXPECT_EQ(test, 0, COUNT_BE(t, CHANNEL_BAD));
	KUNIT_EXPECT_EQ(test, 0, COUNT_BE(t, CHANNEL_BAD_MAC));
	KUNIT_EXPECT_TRUE(test,
			  tcp_handoff_channel_is_up(t->w->dialled, true));
}

static void transfer_pool_follows_its_depth(struct kunit *test)
{
	full_pool(test);

	set_depth(test, 1);
	set_depth(test, 3);
	set_depth(test, 0);
}

/* One that nobody has asked for, as from a front end that is confused. */
static void transfer_pool_takes_no_more(struct kunit *test)
{
	struct transfer_test *t = test->priv;
	struct tcp_handoff_pool *fe;

	full_pool(test);
	fe = &t->w->dialled->pool;
	spin_lock_bh(&fe->lock);
	fe->wanted = 1;
	queue_work(t->w->hfe->wq, &fe->dial_work);
	spin_unlock_bh(&fe->lock);

	KUNIT_EXPECT_TRUE(test, world_wait_for(COUNT_BE(t, POOL_REFUSED)));
	flush_work(&fe->dial_work);
	KUNIT_EXPECT_TRUE(test, pool_has(be_pool(test), TEST_DEPTH));
	KUNIT_EXPECT_EQ(test, TEST_DEPTH, COUNT_FE(t, POOL_DIALLED));
	KUNIT_EXPECT_TRUE(test,
			  tcp_handoff_channel_is_up(t->w->dialled, true));
}

/* The one that is next in line becomes the client's, and is replaced. */
static void transfer_parked_becomes_clients(struct kunit *test)
{
	const struct fill_case *c = test->param_value;
	struct transfer_test *t = test->priv;
	struct tcp_handoff_parked *p;
	struct sock *next;
	bool signs;

	t->w->key = c->with_key ? &t->key : NULL;
	full_pool(test);
	p = list_first_entry(&be_pool(test)->parked, struct tcp_handoff_parked,
			     list);
	next = p->sk;
	open_connection(test, PF_INET, 1000);

	hand_on(test);

	expect_technique(test, "transfer");
	KUNIT_EXPECT_PTR_EQ(test, next, t->be->sk);
	signs = rcu_access_pointer(tcp_sk(t->be->sk)->ao_info);
	KUNIT_EXPECT_FALSE(test, signs);
	expect_alive(test, t->be);
	KUNIT_EXPECT_EQ(test, 1, COUNT_BE(t, ADOPTED_TRANSFER));
	KUNIT_EXPECT_EQ(test, 0, COUNT_BE(t, FELL_BACK_TRANSFER));
	KUNIT_EXPECT_TRUE(test, world_wait_for(pool_has(be_pool(test),
							TEST_DEPTH)));
	KUNIT_EXPECT_EQ(test, TEST_DEPTH + 1, COUNT_BE(t, POOL_PARKED));
}

static const struct fall_case {
	const char *name;
	int family;
	u32 depth;
	const char *second;	/* technique */
} fall_cases[] = {
	{ "empty", PF_INET, 0, "reconstruct" },
	{ "empty, no other technique", PF_INET, 0, "" },
	{ "dual-stack listener", PF_INET6, TEST_DEPTH, "reconstruct" },
	{ "dual-stack listener, no other", PF_INET6, TEST_DEPTH, "" },
};

KUNIT_ARRAY_PARAM_DESC(fall, fall_cases, name);

static void transfer_falls_back(struct kunit *test)
{
	const struct fall_case *c = test->param_value;
	struct transfer_test *t = test->priv;
	bool next = *c->second;

	full_pool(test);
	set_depth(test, c->depth);
	use_techs(test, "transfer", c->second);
	open_connection(test, c->family, 1000);

	hand_on(test);

	if (next) {
		expect_technique(test, c->second);
		expect_alive(test, t->be);
	} else {
		t->be = world_accept(test, t->fe_lsock);
		KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_PARKED,
				t->flow->reason);
		expect_alive(test, t->be);
	}
	KUNIT_EXPECT_EQ(test, next, COUNT_BE(t, ADOPTED_RECONSTRUCT));
	KUNIT_EXPECT_EQ(test, next, COUNT_BE(t, FELL_BACK_TRANSFER));
	KUNIT_EXPECT_EQ(test, !c->depth, COUNT_BE(t, POOL_EMPTY));
	/* it was not used up by that */
	KUNIT_EXPECT_TRUE(test, pool_has(be_pool(test), c->depth));
}

static const struct choice_case {
	const char *name;
	const char *vip_port, *vip, *peer, *net;
	const char *chosen;
} choice_cases[] = {
	{ "namespace", "", "", "", "transfer", "transfer" },
	{ "front end", "", "", "transfer", "reconstruct", "transfer" },
	{ "VIP", "", "transfer", "reconstruct", "reconstruct", "transfer" },
	{ "VIP and port", "transfer", "reconstruct", "reconstruct",
	  "reconstruct", "transfer" },
	{ "none", "", "", "", "", "reconstruct" },
};

KUNIT_ARRAY_PARAM_DESC(choice, choice_cases, name);

/* The more specific list wins. */
static void transfer_technique_is_chosen(struct kunit *test)
{
	const struct choice_case *c = test->param_value;
	struct transfer_test *t = test->priv;
	struct tcp_handoff_vip vip = { .addr = htonl(WORLD_VIP) };
	struct tcp_handoff_peer conf = { .addr = htonl(WORLD_FE) };

	full_pool(test);
	use_techs(test, c->net, "");
	strscpy(conf.techs[0], c->peer);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_peer_set(t->w->hbe, &conf, NULL));
	strscpy(vip.techs[0], c->vip);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_vip_set(t->w->hbe, &vip, NULL));
	vip.port = htons(WORLD_PORT);
	strscpy(vip.techs[0], c->vip_port);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_vip_add(t->w->hbe, &vip, NULL));
	open_connection(test, PF_INET, 1000);

	hand_on(test);

	expect_technique(test, c->chosen);
	expect_alive(test, t->be);
}

static bool pool_is_gone(struct tcp_handoff_pool *pool)
{
	return list_empty(&pool->parked) && pool_has(pool, 0);
}

static void front_end_is_removed(struct kunit *test)
{
	struct transfer_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_peer_del(t->w->hbe,
						      htonl(WORLD_FE), NULL));
	KUNIT_EXPECT_TRUE(test, pool_is_gone(be_pool(test)));
}

static void back_end_is_removed(struct kunit *test)
{
	struct transfer_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_peer_del(t->w->hfe,
						      htonl(WORLD_BE), NULL));
	/* what is parked needs nobody */
	KUNIT_EXPECT_TRUE(test, pool_has(be_pool(test), TEST_DEPTH));
}

/* Connections are dialled, greeted, parked and settle meanwhile. */
static void while_it_fills(struct kunit *test)
{
	struct transfer_test *t = test->priv;

	WRITE_ONCE(t->w->hbe->pool_depth, TCP_HANDOFF_POOL_MOST);
	tcp_handoff_pool_fill(t->w->dialling);
	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(READ_ONCE(be_pool(test)->ready) >
					 TEST_DEPTH));
	KUNIT_EXPECT_LT(test, READ_ONCE(be_pool(test)->ready),
			TCP_HANDOFF_POOL_MOST);
}

static void front_end_is_removed_early(struct kunit *test)
{
	while_it_fills(test);
	front_end_is_removed(test);
}

static void back_end_is_removed_early(struct kunit *test)
{
	struct transfer_test *t = test->priv;

	while_it_fills(test);
	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_peer_del(t->w->hfe,
						      htonl(WORLD_BE), NULL));
}

/* world_new() checks that nothing keeps them. */
static void namespaces_end(struct kunit *test)
{
	while_it_fills(test);
}

static const struct end_case {
	const char *name;
	void (*end)(struct kunit *test);
} end_cases[] = {
	{ "front end is removed", front_end_is_removed },
	{ "front end is removed early", front_end_is_removed_early },
	{ "back end is removed", back_end_is_removed },
	{ "back end is removed early", back_end_is_removed_early },
	{ "namespaces end", namespaces_end },
};

KUNIT_ARRAY_PARAM_DESC(end, end_cases, name);

static void transfer_pool_ends(struct kunit *test)
{
	const struct end_case *c = test->param_value;

	full_pool(test);

	c->end(test);
}

/*
 * The same image, adopted twice: into a new socket, then into a parked one.
 * Every byte of both is compared that is not named in one of these functions.
 */
#define FORGET(field)	memset(&(field), 0, sizeof(field))

/* Where it is in memory, and what refers to it. */
static void forget_place(struct tcp_sock *tp)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;
	struct sock *sk = (struct sock *)tp;

	memset(&sk->sk_dontcopy_begin, 0,	/* hash chain, references */
	       offsetof(struct sock, sk_dontcopy_end) -
	       offsetof(struct sock, sk_dontcopy_begin));
	FORGET(sk->sk_lock);
	FORGET(sk->sk_receive_queue);		/* read by expect_alive() */
	FORGET(sk->sk_error_queue);		/* empty, points to itself */
	FORGET(sk->sk_write_queue);
	FORGET(sk->sk_backlog);
	FORGET(sk->sk_timer);
	FORGET(sk->sk_socket);			/* of accept() */
	FORGET(sk->sk_wq);
	FORGET(sk->ns_tracker);			/* for debugging references */
#ifdef CONFIG_SECURITY_NETWORK
	FORGET(sk->sk_security);		/* the LSM's own memory */
#endif
	FORGET(sk->sk_callback_lock);
	FORGET(sk->sk_peer_lock);
	FORGET(sk->sk_user_frags);		/* an empty xarray, with lock */
	FORGET(icsk->icsk_retransmit_timer);
	FORGET(icsk->icsk_delack_timer);
	FORGET(icsk->icsk_bind2_hash);		/* of the VIP's port, anew */
	FORGET(icsk->icsk_accept_queue);	/* of listeners only */
	FORGET(tp->tsorted_sent_queue);
	FORGET(tp->tsq_node);
	FORGET(tp->pacing_timer);
	FORGET(tp->compressed_ack_timer);
	FORGET(tp->handoff);			/* each has its own flow */
}

/* Readings of a clock: the second came later. */
static void forget_clocks(struct tcp_sock *tp)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;
	int i;

	FORGET(tp->tcp_clock_cache);
	FORGET(tp->tcp_mstamp);
	FORGET(tp->tcp_wstamp_ns);
	FORGET(tp->first_tx_mstamp);
	FORGET(tp->delivered_mstamp);
	FORGET(tp->rcv_rtt_est.time);
	FORGET(tp->rcvq_space.time);
	FORGET(tp->lsndtime);
	FORGET(tp->rcv_tstamp);
	FORGET(tp->snd_cwnd_stamp);
	FORGET(tp->chrono_start);
	FORGET(tp->rx_opt.ts_recent_stamp);
	FORGET(tp->tsoffset);
	FORGET(tp->last_oow_ack_time);
	for (i = 0; i < ARRAY_SIZE(tp->rtt_min.s); i++)
		FORGET(tp->rtt_min.s[i].t);
	FORGET(icsk->icsk_timeout);
	FORGET(icsk->icsk_ack.timeout);
	FORGET(icsk->icsk_ack.lrcvtime);
	FORGET(icsk->icsk_ca_priv);		/* cubic's epochs */
}

/* Drawn at random for each socket. */
static void forget_random(struct tcp_sock *tp)
{
	struct sock *sk = (struct sock *)tp;

	FORGET(sk->sk_txhash);
	FORGET(inet_sk(sk)->inet_id);
}

static struct tcp_sock *copy_of(struct kunit *test, struct socket *sock)
{
	struct tcp_sock *copy = kunit_kmalloc(test, sizeof(*copy), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	lock_sock(sock->sk);
	memcpy(copy, sock->sk, sizeof(*copy));
	release_sock(sock->sk);
	forget_place(copy);
	forget_clocks(copy);
	forget_random(copy);
	return copy;
}

/* The back end's record, as receiver.c makes it. */
static struct tcp_handoff_flow *be_flow(struct kunit *test, u64 seq)
{
	struct transfer_test *t = test->priv;
	struct tcp_handoff_flow *flow = tcp_handoff_flow_alloc(t->w->hbe);

	KUNIT_ASSERT_NOT_NULL(test, flow);
	flow->id.boot_id = t->w->hfe->boot_id;
	flow->id.seq = seq;
	flow->epoch = 1;
	flow->state = TCP_HANDOFF_ST_ADOPTING;
	flow->attempts = 1;
	tcp_handoff_flow_set_peer(flow, t->w->dialling);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(flow));
	return flow;
}

static struct socket *adopt_body(struct kunit *test, void *body, size_t len,
				 u64 seq, struct tcp_handoff_parked *parked)
{
	struct transfer_test *t = test->priv;
	struct tcp_handoff_flow *flow = be_flow(test, seq);
	struct tcp_handoff_image *img = kzalloc(sizeof(*img), GFP_KERNEL);
	enum tcp_handoff_reason reason;

	KUNIT_ASSERT_NOT_NULL(test, img);
	tcp_handoff_image_init(img);
	img->hnet = t->w->hbe;
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_parse(body, len, img));
	if (parked)
		reason = tcp_handoff_adopt_parked(flow, img, parked);
	else
		reason = tcp_handoff_adopt(flow, img, NULL);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, reason);
	spin_lock_bh(&flow->lock);
	tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_OWNED);
	spin_unlock_bh(&flow->lock);
	tcp_handoff_image_free(t->w->hbe, img);
	tcp_handoff_flow_put(flow);
	return world_accept(test, t->be_lsock);
}

/* Its place in ehash and in the client's heart is for the next one. */
static void vanish(struct kunit *test, struct socket *sock)
{
	lock_sock(sock->sk);
	tcp_handoff_close_silently(sock->sk);
	release_sock(sock->sk);
	world_close(test, sock);
}

/* What a listener may have that its children inherit */
static void configure_listener(struct kunit *test)
{
	struct transfer_test *t = test->priv;
	struct sock *sk = t->be_lsock->sk;
	int size = 300000;

	world_set(test, t->be_lsock, TCP_NODELAY, 1);
	world_set(test, t->be_lsock, TCP_KEEPIDLE, 77);
	world_set(test, t->be_lsock, TCP_USER_TIMEOUT, 12345);
	KUNIT_ASSERT_EQ(test, 0,
			sock_setsockopt(t->be_lsock, SOL_SOCKET, SO_RCVBUF,
					KERNEL_SOCKPTR(&size), sizeof(size)));
	sock_set_keepalive(sk);
	sk->sk_priority = 3;
	sk->sk_mark = 0x42;
	sk->sk_user_data = NULL;
	inet_sk(sk)->tos = 0x10;
	sk->sk_lingertime = 5 * HZ;
}

static void transfer_is_as_reconstruct(struct kunit *test)
{
	struct transfer_test *t = test->priv;
	struct tcp_handoff_parked *parked;
	struct tcp_sock *a, *b;
	size_t len, i;
	void *body;

	full_pool(test);
	open_connection(test, PF_INET, 5000);
	configure_listener(test);
	capture(test);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_pack(t->flow->img, &body, &len));
	tcp_handoff_flow_kill_tw(t->flow);
	tcp_handoff_flow_end(t->flow);
	tcp_handoff_flow_put(t->flow);	/* capture()'s; the exit has another */
	world_route(test, t->w, true);

	t->be = adopt_body(test, body, len, 1001, NULL);
	a = copy_of(test, t->be);
	vanish(test, t->be);
	parked = tcp_handoff_pool_take(t->w->dialling);
	KUNIT_ASSERT_NOT_NULL(test, parked);
	t->be = adopt_body(test, body, len, 1002, parked);
	kvfree(body);
	KUNIT_EXPECT_PTR_EQ(test, NULL, parked->sk);
	KUNIT_EXPECT_PTR_EQ(test, NULL, parked->req);
	tcp_handoff_pool_give(parked);
	b = copy_of(test, t->be);

	for (i = 0; i < sizeof(*a); i++)
		if (((u8 *)a)[i] != ((u8 *)b)[i])
			KUNIT_FAIL(test, "differs at %zu: %#x was %#x", i,
				   ((u8 *)b)[i], ((u8 *)a)[i]);
	expect_alive(test, t->be);
}

/* As many as there are, one after the other, with the pool filled again. */
static void transfer_sockets_come_and_go(struct kunit *test)
{
	struct transfer_test *t = test->priv;
	int i;

	full_pool(test);
	for (i = 0; i < 3 * TEST_DEPTH; i++) {
		t->c_out = 0;
		t->c_in = 0;
		t->s_out = 0;
		t->s_in = 0;
		open_connection(test, PF_INET, 1000);
		hand_on(test);
		expect_technique(test, "transfer");
		expect_alive(test, t->be);
		kernel_sock_shutdown(t->client, SHUT_WR);
		KUNIT_EXPECT_EQ(test, 0, world_read_end(t->be));
		world_close(test, t->be);
		world_close(test, t->client);
		world_close(test, t->fe);
		world_close(test, t->fe_lsock);
		world_close(test, t->be_lsock);
		tcp_handoff_flow_put(t->flow);
		t->flow = NULL;
		KUNIT_ASSERT_TRUE(test,
				  world_wait_for(pool_has(be_pool(test),
							  TEST_DEPTH)));
	}
	KUNIT_EXPECT_EQ(test, 3 * TEST_DEPTH, COUNT_BE(t, ADOPTED_TRANSFER));
}

static int transfer_init(struct kunit *test)
{
	struct transfer_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	t->key.id = 1;
	t->key.len = 16;
	strscpy(t->key.alg, "hmac(sha256)");
	memset(t->key.secret, 'k', t->key.len);
	t->w = world_new(test);
	return 0;
}

static void transfer_exit(struct kunit *test)
{
	struct transfer_test *t = test->priv;

	if (t && t->flow)
		tcp_handoff_flow_put(t->flow);
}

static struct kunit_case transfer_cases[] = {
	KUNIT_CASE_PARAM(transfer_pool_is_filled, fill_gen_params),
	KUNIT_CASE(transfer_pool_follows_its_depth),
	KUNIT_CASE(transfer_pool_takes_no_more),
	KUNIT_CASE_PARAM(transfer_pool_ends, end_gen_params),
	KUNIT_CASE(transfer_is_as_reconstruct),
	KUNIT_CASE_PARAM(transfer_parked_becomes_clients, fill_gen_params),
	KUNIT_CASE_PARAM(transfer_falls_back, fall_gen_params),
	KUNIT_CASE_PARAM(transfer_technique_is_chosen, choice_gen_params),
	KUNIT_CASE(transfer_sockets_come_and_go),
	{}
};

static struct kunit_suite transfer_suite = {
	.name = "tcp_handoff_transfer",
	.init = transfer_init,
	.exit = transfer_exit,
	.test_cases = transfer_cases,
};

kunit_test_suite(transfer_suite);
