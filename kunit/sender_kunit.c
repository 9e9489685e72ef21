// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what becomes of a flow when something is missing: memory or a
 * listener at home, an answer, the channel, the back end's boot.
 *
 * flow_kunit.c has the tables of the protocol; here a connection and a client
 * hang on what the tables say.  Nothing waits for the timeouts of real life:
 * the deadline of a namespace is made shorter.
 */
#include <kunit/test.h>
#include <linux/inetdevice.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>

#include "world.h"

struct sender_test {
	struct world *w;
	struct socket *fe_lsock, *be_lsock;
	struct socket *client, *fe, *be;
	u32 c_out, c_in;	/* stream positions: client wrote, read */
	u32 s_out, s_in;	/* ... server */
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_adoption *adoption;	/* the slow technique's */
	struct tcp_handoff_channel *stalled;	/* its socket is owned */
	bool cancels;		/* the technique can stop */
	int failures;		/* of home adoption, to come */
	struct inet_timewait_sock *victim;
};

static struct sender_test *current_sender_test;

/* A technique that takes its time: the test completes what it began. */
static void slow_adopt(struct tcp_handoff_adoption *a)
{
	WRITE_ONCE(current_sender_test->adoption, a);
}

/* The technique that is asked to stop does: L17, B7, F2. */
static void slow_cancel(struct tcp_handoff_adoption *a)
{
	struct sender_test *t = current_sender_test;

	if (!t->cancels)
		return;
	t->adoption = NULL;
	tcp_handoff_adoption_done(a, TCP_HANDOFF_REASON_CANCELLED);
}

static struct tcp_handoff_tech slow_tech = {
	.name	= "kunit-slow",
	.adopt	= slow_adopt,
	.cancel	= slow_cancel,
};

static bool be_is_adopting(struct sender_test *t)
{
	return READ_ONCE(t->adoption);
}

/* Complete it as any technique does, or refuse it. */
static void adopt_at_last(struct kunit *test, enum tcp_handoff_reason reason)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_adoption *a = t->adoption;

	t->adoption = NULL;
	if (!reason)
		reason = tcp_handoff_adopt(a->flow, a->img, NULL);
	tcp_handoff_adoption_done(a, reason);
}

/*
 * A listener whose children find no memory for as many times as the test
 * says, or that has the minisock killed while the child takes its place.
 */
static struct inet_connection_sock_af_ops poor_ops;

static struct sock *
poor_syn_recv_sock(const struct sock *sk, struct sk_buff *skb,
		   struct request_sock *req, struct dst_entry *dst,
		   struct request_sock *req_unhash, bool *own_req,
		   void (*opt_child_init)(struct sock *newsk,
					  const struct sock *sk))
{
	struct sender_test *t = current_sender_test;

	if (t->failures) {
		t->failures--;
		return NULL;
	}
	if (t->victim)
		inet_twsk_deschedule_put(t->victim);
	t->victim = NULL;
	/* children are born with it, and any other packet is as usual */
	inet_csk((struct sock *)sk)->icsk_af_ops = &ipv4_specific;
	return tcp_v4_syn_recv_sock(sk, skb, req, dst, req_unhash, own_req,
				    opt_child_init);
}

static void be_poor(struct socket *lsock, struct sender_test *t, int failures)
{
	t->failures = failures;
	lock_sock(lsock->sk);
	poor_ops = ipv4_specific;
	poor_ops.syn_recv_sock = poor_syn_recv_sock;
	inet_csk(lsock->sk)->icsk_af_ops = &poor_ops;
	release_sock(lsock->sk);
}

/* A connection that was accepted on the front end, with a request unread. */
static void open_connection(struct kunit *test, size_t request)
{
	struct sender_test *t = test->priv;
	struct tcp_sock *tp;

	t->fe_lsock = world_listen(test, t->w->fe, PF_INET, 8);
	t->be_lsock = world_listen(test, t->w->be, PF_INET, 8);
	t->client = world_connect(test, t->w);
	t->fe = world_accept(test, t->fe_lsock);
	world_write(test, t->client, &t->c_out, request);
	tp = tcp_sk(t->fe->sk);
	KUNIT_ASSERT_TRUE(test, world_wait_for(READ_ONCE(tp->rcv_nxt) -
					       tp->copied_seq == t->c_out));
}

/* Take it out of its socket; the test has a reference of its own. */
static void capture(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_capture_opts opts = {
		.peer = t->w->dialled ?: t->w->peer,
		.privileged = true,
	};
	enum tcp_handoff_reason reason;

	t->flow = tcp_handoff_capture(t->fe->sk, &opts, &reason);
	KUNIT_ASSERT_NOT_NULL(test, t->flow);
	tcp_handoff_flow_hold(t->flow);
}

static void hand_on(struct kunit *test)
{
	struct sender_test *t = test->priv;

	capture(test);
	tcp_handoff_send(t->flow);
}

/* Bytes both ways; what is unread or was held comes first. */
static void exchange(struct kunit *test, struct socket *server)
{
	struct sender_test *t = test->priv;

	world_write(test, t->client, &t->c_out, 3000);
	world_read(test, server, &t->s_in, t->c_out - t->s_in);
	world_write(test, server, &t->s_out, 20000);
	world_read(test, t->client, &t->c_in, t->s_out - t->c_in);
}

static void expect_alive(struct kunit *test, struct socket *server)
{
	struct sender_test *t = test->priv;

	exchange(test, server);
	KUNIT_EXPECT_EQ(test, 0, world_tcp_count(t->w->client,
						 TCP_MIB_ESTABRESETS));
}

/* It is in the accept queue of the front end again, as it was. */
static void expect_home(struct kunit *test, int error)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_info info;
	int len = sizeof(info);
	struct socket *home;

	home = world_accept(test, t->fe_lsock);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_getsockopt(home->sk,
							KERNEL_SOCKPTR(&info),
							KERNEL_SOCKPTR(&len)));
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ROLE_RETURNED, info.role);
	KUNIT_EXPECT_EQ(test, error, info.error);
	expect_alive(test, home);
	KUNIT_EXPECT_TRUE(test, world_wait_for(!t->w->hfe->nr_flows));
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_RETURNED));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_RESET));
}

/* It was given up; only if it may be there, its name is left. */
static void expect_given_up(struct kunit *test, bool forget)
{
	struct sender_test *t = test->priv;

	KUNIT_EXPECT_TRUE(test, world_wait_for(t->w->hfe->nr_flows == forget));
	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(READ_ONCE(t->flow->state) ==
					 TCP_HANDOFF_ST_ENDED && !t->flow->tw));
	KUNIT_EXPECT_EQ(test, forget, world_count(t->w->hfe,
						  TCP_HANDOFF_MIB_FORGET));
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_RESET));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_RETURNED));
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&t->w->hfe->bytes));
	KUNIT_EXPECT_FALSE(test, t->flow->tw);
}

static u64 count_refused(struct tcp_handoff_net *hnet,
			 enum tcp_handoff_reason reason)
{
	return world_count(hnet, TCP_HANDOFF_MIB_REFUSED + reason - 1);
}

static u64 home_retries(struct sender_test *t)
{
	return world_count(t->w->hfe, TCP_HANDOFF_MIB_HOME_RETRIES);
}

static bool fe_has_held(struct sender_test *t)
{
	return world_count(t->w->hfe, TCP_HANDOFF_MIB_HELD);
}

/* What keeps a connection from coming home, for a while. */
static void listener_is_poor(struct kunit *test)
{
	struct sender_test *t = test->priv;

	be_poor(t->fe_lsock, t, 3);
}

static void listener_restarts(struct kunit *test)
{
	struct sender_test *t = test->priv;

	world_close(test, t->fe_lsock);
}

static void listener_is_back(struct kunit *test)
{
	struct sender_test *t = test->priv;

	t->fe_lsock = world_listen(test, t->w->fe, PF_INET, 8);
}

static void listener_is_of_kernel(struct kunit *test)
{
	struct sender_test *t = test->priv;

	t->fe_lsock->sk->sk_kern_sock = 1;
}

static void listener_is_of_program(struct kunit *test)
{
	struct sender_test *t = test->priv;

	t->fe_lsock->sk->sk_kern_sock = 0;
}

/* As by a program that receives into memory that is not there. */
static void hold(struct socket *sock)
{
	lock_sock_nested(sock->sk, SINGLE_DEPTH_NESTING);
}

static void listener_is_held(struct kunit *test)
{
	struct sender_test *t = test->priv;

	hold(t->fe_lsock);
}

static void listener_is_let_go(struct kunit *test)
{
	struct sender_test *t = test->priv;

	release_sock(t->fe_lsock->sk);
}

static const struct retry_case {
	const char *name;
	void (*arrange)(struct kunit *test);
	void (*relieve)(struct kunit *test);
} retry_cases[] = {
	{ "no memory", listener_is_poor },
	{ "no listener", listener_restarts, listener_is_back },
	{ "no fitting listener", listener_is_of_kernel,
	  listener_is_of_program },
	{ "listener held", listener_is_held, listener_is_let_go },
};

KUNIT_ARRAY_PARAM_DESC(retry, retry_cases, name);

/* L21, then L20: image and held packets have waited. */
static void sender_home_is_tried_again(struct kunit *test)
{
	const struct retry_case *c = test->param_value;
	struct sender_test *t = test->priv;

	open_connection(test, 1000);
	capture(test);
	c->arrange(test);
	world_write(test, t->client, &t->c_out, 500);
	KUNIT_ASSERT_TRUE(test, world_wait_for(fe_has_held(t)));

	tcp_handoff_send(t->flow);	/* the peer has no channel */

	KUNIT_ASSERT_TRUE(test, world_wait_for(home_retries(t) >= 2));
	if (c->relieve)
		c->relieve(test);
	/* not what was missing here, but why it was not handed on */
	expect_home(test, EHOSTDOWN);
	if (!c->relieve)
		KUNIT_EXPECT_EQ(test, 3, home_retries(t));
}

/* L12, and not before the deadline; each wait is longer than the last. */
static void sender_home_is_given_up_at_deadline(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_net *hfe = t->w->hfe;
	u64 born;

	open_connection(test, 1000);
	hfe->deadline_ms = 300;
	capture(test);
	be_poor(t->fe_lsock, t, INT_MAX);
	born = get_jiffies_64();

	tcp_handoff_send(t->flow);

	KUNIT_EXPECT_EQ(test, -ECONNRESET, world_read_end(t->client));
	KUNIT_EXPECT_GE(test, get_jiffies_64() - born, msecs_to_jiffies(300));
	expect_given_up(test, false);
	KUNIT_EXPECT_EQ(test, 1,
			count_refused(hfe, TCP_HANDOFF_REASON_MEMORY));
	KUNIT_EXPECT_GE(test, home_retries(t), 1);
	KUNIT_EXPECT_LE(test, home_retries(t), 6);
}

/* L12: at least one attempt, whatever the time is. */
static void sender_home_is_tried_past_deadline(struct kunit *test)
{
	struct sender_test *t = test->priv;

	open_connection(test, 1000);
	t->w->hfe->deadline_ms = 0;

	hand_on(test);

	expect_home(test, EHOSTDOWN);
}

/* Its minisock is killed while it comes home: there is no second try. */
static void sender_killed_on_the_way_home(struct kunit *test)
{
	struct sender_test *t = test->priv;

	open_connection(test, 1000);
	capture(test);
	be_poor(t->fe_lsock, t, 0);
	t->victim = tcp_handoff_flow_get_tw(t->flow);
	KUNIT_ASSERT_NOT_NULL(test, t->victim);

	tcp_handoff_send(t->flow);

	KUNIT_EXPECT_EQ(test, -ECONNRESET, world_read_end(t->client));
	expect_given_up(test, false);
	KUNIT_EXPECT_EQ(test, 1, count_refused(t->w->hfe,
					       TCP_HANDOFF_REASON_EXISTS));
	KUNIT_EXPECT_EQ(test, 0, home_retries(t));
}

/*
 * The channel's socket is owned by the test: its writer is busy with a PING,
 * and what is queued behind that is not begun.
 */
static void stall_channel(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_channel *ch;

	ch = tcp_handoff_channel_get(t->w->dialled, true);
	KUNIT_ASSERT_NOT_NULL(test, ch);
	t->stalled = ch;
	lock_sock(ch->sock->sk);
	KUNIT_ASSERT_EQ(test, 0,
			tcp_handoff_channel_send(ch, NULL,
						 TCP_HANDOFF_MSG_PING, 0, NULL,
						 0, GFP_KERNEL));
	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(list_empty_careful(&ch->txq)));
}

/* The back end reads nothing, acknowledges nothing, and buffers are small. */
static void stall_back_end(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_channel *ch;

	ch = tcp_handoff_channel_get(t->w->dialled, true);
	KUNIT_ASSERT_NOT_NULL(test, ch);
	lock_sock(ch->sock->sk);
	ch->sock->sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	ch->sock->sk->sk_sndbuf = SOCK_MIN_SNDBUF;
	release_sock(ch->sock->sk);
	tcp_handoff_channel_put(ch);
	t->stalled = tcp_handoff_channel_get(t->w->dialling, false);
	KUNIT_ASSERT_NOT_NULL(test, t->stalled);
	/* not as others are locked, by works that the test then waits for */
	lock_sock_nested(t->stalled->sock->sk, SINGLE_DEPTH_NESTING);
}

static void go_on(struct sender_test *t)
{
	if (!t->stalled)
		return;
	release_sock(t->stalled->sock->sk);
	tcp_handoff_channel_put(t->stalled);
	t->stalled = NULL;
}

static bool channel_is_up(struct sender_test *t)
{
	return tcp_handoff_channel_is_up(t->w->dialled, true);
}

/* L2: it comes home, and a writer that can go on leaves it alone. */
static void sender_deadline_before_it_is_sent(struct kunit *test)
{
	struct sender_test *t = test->priv;

	world_channel(test, t->w);
	open_connection(test, 1000);
	t->w->hfe->deadline_ms = 100;
	stall_channel(test);

	hand_on(test);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_HOLD, t->flow->state);
	expect_home(test, ENOLINK);
	go_on(t);
	KUNIT_EXPECT_TRUE(test, world_wait_for(refcount_read(&t->flow->ref) ==
					       1));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe, TCP_HANDOFF_MIB_SENT));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hbe,
					     TCP_HANDOFF_MIB_RECEIVED));
	KUNIT_EXPECT_EQ(test, 1, count_refused(t->w->hfe,
					       TCP_HANDOFF_REASON_LOST));
	KUNIT_EXPECT_TRUE(test, channel_is_up(t));
}

/* End the session on both hosts; there is no other one before redial(). */
static void lose_channel(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_peer *peer = t->w->dialled;
	struct tcp_handoff_channel *ch;

	ch = tcp_handoff_channel_get(peer, true);
	KUNIT_ASSERT_NOT_NULL(test, ch);
	spin_lock_bh(&peer->lock);
	peer->dial_failures = 100;	/* the longest pause */
	spin_unlock_bh(&peer->lock);
	tcp_handoff_channel_kill(ch, -ECONNRESET);
	/* a back end that reads again could have it all yet */
	if (t->stalled == ch)
		go_on(t);
	flush_work(&ch->kill_work);
	go_on(t);
	tcp_handoff_channel_put(ch);
	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(!READ_ONCE(t->w->dialling->in)));
}

static void redial(struct kunit *test)
{
	struct sender_test *t = test->priv;

	mod_delayed_work(t->w->hfe->wq, &t->w->dialled->dial_work, 0);
	KUNIT_ASSERT_TRUE(test, world_wait_for(channel_is_up(t)));
}

/* The back end has the message and says nothing yet. */
static void hand_on_unanswered(struct kunit *test)
{
	struct sender_test *t = test->priv;

	strscpy(t->w->hbe->techs[0], slow_tech.name);
	hand_on(test);
	KUNIT_ASSERT_TRUE(test, world_wait_for(be_is_adopting(t)));
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_ST_SENT, READ_ONCE(t->flow->state));
}

static const struct deadline_case {
	const char *name;
	bool doubt;
} deadline_cases[] = {
	{ "SENT", false },
	{ "DOUBT", true },
};

KUNIT_ARRAY_PARAM_DESC(deadline, deadline_cases, name);

/* L11; F11: the answer that comes too late changes nothing. */
static void sender_deadline_without_answer(struct kunit *test)
{
	const struct deadline_case *c = test->param_value;
	struct sender_test *t = test->priv;

	world_channel(test, t->w);
	open_connection(test, 1000);
	t->w->hfe->deadline_ms = 500;
	hand_on_unanswered(test);
	if (c->doubt) {
		lose_channel(test);
		KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_DOUBT, t->flow->state);
		redial(test);
	}

	KUNIT_EXPECT_EQ(test, -ECONNRESET, world_read_end(t->client));

	KUNIT_EXPECT_TRUE(test, time_after_eq64(get_jiffies_64(),
						t->flow->deadline));
	expect_given_up(test, true);
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_CANCEL));
	KUNIT_EXPECT_EQ(test, c->doubt,
			world_count(t->w->hfe, TCP_HANDOFF_MIB_DOUBT));
	adopt_at_last(test, TCP_HANDOFF_REASON_QUEUE_FULL);
	KUNIT_EXPECT_EQ(test, 1, count_refused(t->w->hbe,
					       TCP_HANDOFF_REASON_QUEUE_FULL));
	/* F10: now it is sure that nothing is left there */
	KUNIT_EXPECT_TRUE(test, world_wait_for(!t->w->hfe->nr_flows));
	KUNIT_EXPECT_TRUE(test, channel_is_up(t));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_REFUSED_THERE));
}

/* L17: half of the time is over, there is still time to come home. */
static void sender_unanswered_is_cancelled(struct kunit *test)
{
	struct sender_test *t = test->priv;

	t->cancels = true;
	world_channel(test, t->w);
	open_connection(test, 1000);
	t->w->hfe->deadline_ms = 2000;
	hand_on_unanswered(test);

	expect_home(test, ECANCELED);
	KUNIT_EXPECT_FALSE(test, time_after64(get_jiffies_64(),
					      t->flow->deadline));
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_CANCEL));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_FORGET));
}

static const struct unsent_case {
	const char *name;
	void (*stall)(struct kunit *test);
	size_t request;
	u8 state;
} unsent_cases[] = {
	{ "not begun", stall_channel, 1000, TCP_HANDOFF_ST_HOLD },
	{ "sent in part", stall_back_end, 50000, TCP_HANDOFF_ST_SENT },
};

KUNIT_ARRAY_PARAM_DESC(unsent, unsent_cases, name);

/* R3 and L2: without its last byte the message does not exist. */
static void sender_unsent_comes_home(struct kunit *test)
{
	const struct unsent_case *c = test->param_value;
	struct sender_test *t = test->priv;

	world_channel(test, t->w);
	open_connection(test, c->request);
	c->stall(test);
	hand_on(test);
	KUNIT_ASSERT_TRUE(test, world_wait_for(READ_ONCE(t->flow->state) ==
					       c->state));
	world_write(test, t->client, &t->c_out, 500);

	lose_channel(test);

	expect_home(test, ENOLINK);
	redial(test);
	KUNIT_EXPECT_EQ(test, 1, count_refused(t->w->hfe,
					       TCP_HANDOFF_REASON_LOST));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_DOUBT));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hbe,
					     TCP_HANDOFF_MIB_RECEIVED));
}

/* What the back end comes to while the channel is gone. */
static void adopted_there(struct kunit *test)
{
	struct sender_test *t = test->priv;

	adopt_at_last(test, TCP_HANDOFF_REASON_NONE);
	t->be = world_accept(test, t->be_lsock);
}

static void refused_there(struct kunit *test)
{
	adopt_at_last(test, TCP_HANDOFF_REASON_QUEUE_FULL);
}

static void never_known_there(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_flow *flow = t->adoption->flow;

	tcp_handoff_flow_hold(flow);
	adopt_at_last(test, TCP_HANDOFF_REASON_QUEUE_FULL);
	tcp_handoff_flow_end(flow);
	tcp_handoff_flow_put(flow);
}

static void ended_there(struct kunit *test)
{
	struct sender_test *t = test->priv;

	adopted_there(test);
	sock_no_linger(t->be->sk);
	world_close(test, t->be);
}

/* ... and what the front end makes of the answer to its QUERY. */
static void is_forwarded(struct kunit *test)
{
	struct sender_test *t = test->priv;

	expect_alive(test, t->be);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_FORWARD, t->flow->state);
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_ADOPTED_THERE));
}

static void is_home_refused(struct kunit *test)
{
	expect_home(test, EAGAIN);
}

static void is_home_unknown(struct kunit *test)
{
	expect_home(test, ESTALE);
}

static void is_ended(struct kunit *test)
{
	struct sender_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, -ECONNRESET, world_read_end(t->client));
	KUNIT_EXPECT_TRUE(test, world_wait_for(!t->w->hfe->nr_flows));
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_CLOSED));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_RESET));
}

static const struct doubt_case {
	const char *name;
	void (*meanwhile)(struct kunit *test);
	void (*expect)(struct kunit *test);
} doubt_cases[] = {
	{ "ADOPTED: F1", adopted_there, is_forwarded },
	{ "REFUSED: F2", refused_there, is_home_refused },
	{ "CLOSED: F3", ended_there, is_ended },
	{ "CLOSED(UNKNOWN): F4", never_known_there, is_home_unknown },
};

KUNIT_ARRAY_PARAM_DESC(doubt, doubt_cases, name);

/* L3, L5: what was sent is held until the back end has been asked. */
static void sender_doubt_is_settled_by_query(struct kunit *test)
{
	const struct doubt_case *c = test->param_value;
	struct sender_test *t = test->priv;
	struct tcp_handoff_net *hfe = t->w->hfe;

	world_channel(test, t->w);
	open_connection(test, 1000);
	hand_on_unanswered(test);

	lose_channel(test);

	KUNIT_EXPECT_EQ(test, 1, world_count(hfe, TCP_HANDOFF_MIB_DOUBT));
	world_write(test, t->client, &t->c_out, 500);
	KUNIT_EXPECT_TRUE(test, world_wait_for(fe_has_held(t)));
	c->meanwhile(test);
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_DOUBT, t->flow->state);
	KUNIT_EXPECT_NOT_NULL(test, t->flow->img);
	redial(test);

	c->expect(test);
	KUNIT_EXPECT_EQ(test, 0, world_count(hfe, TCP_HANDOFF_MIB_CHANNEL_BAD));
}

/* Adopted on the back end, whose server has accepted it. */
static void hand_over(struct kunit *test)
{
	struct sender_test *t = test->priv;

	hand_on(test);
	t->be = world_accept(test, t->be_lsock);
	KUNIT_ASSERT_TRUE(test, world_wait_for(READ_ONCE(t->flow->state) ==
					       TCP_HANDOFF_ST_FORWARD));
	/* its client may be lost without notice */
	sock_no_linger(t->be->sk);
}

/* What the front end has when the back end is born again. */
static const struct boot_case {
	const char *name;
	void (*arrange)(struct kunit *test);
	bool survives;
} boot_cases[] = {
	{ "HOLD", capture, true },
	{ "DOUBT: L9", hand_on_unanswered },
	{ "FORWARD: L9", hand_over },
};

KUNIT_ARRAY_PARAM_DESC(boot, boot_cases, name);

static void sender_new_boot_has_nothing(struct kunit *test)
{
	const struct boot_case *c = test->param_value;
	struct sender_test *t = test->priv;

	world_channel(test, t->w);
	open_connection(test, 1000);
	c->arrange(test);
	lose_channel(test);
	KUNIT_EXPECT_EQ(test, 1, t->w->hfe->nr_flows);
	t->w->hbe->boot_id++;

	redial(test);

	if (!c->survives) {
		expect_given_up(test, false);
		/* at once, by a number that its packets have told */
		KUNIT_EXPECT_EQ(test, -ECONNRESET, world_read_end(t->client));
		return;
	}
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_RESET));
	tcp_handoff_send(t->flow);	/* to the new boot */
	t->be = world_accept(test, t->be_lsock);
	expect_alive(test, t->be);
	KUNIT_EXPECT_EQ(test, t->w->hbe->boot_id, t->flow->peer_boot_id);
}

/* 2.3: forwarding does not use the channel. */
static void sender_forwards_without_channel(struct kunit *test)
{
	struct sender_test *t = test->priv;

	world_channel(test, t->w);
	open_connection(test, 1000);
	hand_over(test);

	lose_channel(test);
	expect_alive(test, t->be);
	redial(test);
	expect_alive(test, t->be);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_FORWARD, t->flow->state);
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_DOUBT));
}

static void expect_aborted(struct kunit *test, struct socket *sock)
{
	struct sender_test *t = test->priv;

	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(READ_ONCE(sock->sk->sk_state) ==
					 TCP_CLOSE));
	KUNIT_EXPECT_EQ(test, ECONNABORTED, sock->sk->sk_err);
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hbe,
					     TCP_HANDOFF_MIB_FORGOTTEN));
}

/* B9: whatever the program has bound its socket to. */
static void sender_forgotten_child_is_found(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct net *be = t->w->be;

	world_channel(test, t->w);
	open_connection(test, 1000);
	hand_over(test);
	KUNIT_ASSERT_EQ(test, 0, sock_bindtoindex(t->be->sk,
						  be->loopback_dev->ifindex,
						  true));

	tcp_handoff_sender_removed(t->w->dialled);

	expect_aborted(test, t->be);
	KUNIT_EXPECT_TRUE(test, world_wait_for(!t->w->hfe->nr_flows));
}

/* Another connection, while the first one is where it is. */
static void hand_over_another(struct kunit *test)
{
	struct sender_test *t = test->priv;

	tcp_handoff_flow_put(t->flow);
	t->flow = NULL;
	t->c_out = 0;
	t->c_in = 0;
	t->s_out = 0;
	t->s_in = 0;
	t->client = world_connect(test, t->w);
	t->fe = world_accept(test, t->fe_lsock);
	hand_over(test);
}

/* B9: a program that keeps its socket keeps nothing else. */
static void sender_held_child_stops_nobody(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_net *hbe = t->w->hbe;
	struct socket *held;

	world_channel(test, t->w);
	open_connection(test, 1000);
	hand_over(test);
	held = t->be;
	hold(held);

	tcp_handoff_sender_removed(t->w->dialled);
	hand_over_another(test);
	exchange(test, t->be);
	/* not at the first attempt */
	msleep(1200);
	KUNIT_EXPECT_EQ(test, 0, world_count(hbe, TCP_HANDOFF_MIB_FORGOTTEN));
	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_CHANNEL_DOWN));
	release_sock(held->sk);

	expect_aborted(test, held);
	KUNIT_EXPECT_TRUE(test, world_wait_for(t->w->hfe->nr_flows == 1));
}

/* A listener that is held gets nothing, and nothing waits for it for long. */
static void sender_held_listener_refuses(struct kunit *test)
{
	struct sender_test *t = test->priv;

	world_channel(test, t->w);
	open_connection(test, 1000);
	hold(t->be_lsock);
	hand_on(test);

	expect_home(test, ETIME);
	release_sock(t->be_lsock->sk);

	KUNIT_EXPECT_EQ(test, 0, world_count(t->w->hfe,
					     TCP_HANDOFF_MIB_CHANNEL_DOWN));
}

/* L13: why a forwarded flow is idle, and what follows. */
static void peer_is_away(struct kunit *test)
{
	lose_channel(test);
}

static void peer_is_lost(struct kunit *test)
{
	struct sender_test *t = test->priv;

	lose_channel(test);
	t->w->hfe->deadline_ms = 1;
}

static void peer_has_forgotten(struct kunit *test)
{
	struct sender_test *t = test->priv;
	struct tcp_handoff_flow *flow;

	flow = tcp_handoff_flow_find(t->w->hbe, t->flow->id.boot_id,
				     t->flow->id.seq);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	tcp_handoff_flow_end(flow);
	tcp_handoff_flow_put(flow);
}

static void peer_is_up(struct kunit *test)
{
}

static const struct idle_case {
	const char *name;
	void (*arrange)(struct kunit *test);
	bool ends;
	u64 reset, closed;
} idle_cases[] = {
	{ "asked, and it lives: F5", peer_is_up },
	{ "asked, and unknown: F6", peer_has_forgotten, true, 0, 1 },
	{ "peer is away", peer_is_away },
	{ "peer is lost: L11", peer_is_lost, true, 1, 0 },
};

KUNIT_ARRAY_PARAM_DESC(idle, idle_cases, name);

static u64 times_idle(struct sender_test *t)
{
	return world_count(t->w->hfe, TCP_HANDOFF_MIB_IDLE);
}

static void sender_idle_flow_is_looked_at(struct kunit *test)
{
	const struct idle_case *c = test->param_value;
	struct sender_test *t = test->priv;
	struct tcp_handoff_net *hfe = t->w->hfe;

	world_channel(test, t->w);
	open_connection(test, 1000);
	hand_over(test);
	c->arrange(test);
	hfe->idle_ms = 50;
	tcp_handoff_flow_arm(t->flow, 0);

	if (c->ends) {
		KUNIT_EXPECT_TRUE(test,
				  world_wait_for(READ_ONCE(t->flow->state) ==
						 TCP_HANDOFF_ST_ENDED));
		KUNIT_EXPECT_EQ(test, 1, times_idle(t));
		KUNIT_EXPECT_EQ(test, c->reset,
				world_count(hfe, TCP_HANDOFF_MIB_FORGET));
		/* L8, B9, F10: when it is back it is told to forget */
		redial(test);
		KUNIT_EXPECT_TRUE(test, world_wait_for(!hfe->nr_flows));
	} else {
		KUNIT_EXPECT_TRUE(test, world_wait_for(times_idle(t) >= 2));
		expect_alive(test, t->be);
		KUNIT_EXPECT_EQ(test, TCP_HANDOFF_ST_FORWARD, t->flow->state);
		redial(test);	/* or the end could not be told */
	}
	KUNIT_EXPECT_EQ(test, c->reset,
			world_count(hfe, TCP_HANDOFF_MIB_RESET));
	KUNIT_EXPECT_EQ(test, c->closed,
			world_count(hfe, TCP_HANDOFF_MIB_CLOSED));
}

static int sender_suite_init(struct kunit_suite *suite)
{
	tcp_handoff_tech_register(&slow_tech);
	return 0;
}

static int sender_init(struct kunit *test)
{
	struct sender_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	current_sender_test = t;
	t->w = world_new(test);
	return 0;
}

static void sender_exit(struct kunit *test)
{
	struct sender_test *t = test->priv;

	if (!t)
		return;
	go_on(t);
	if (t->adoption)
		adopt_at_last(test, TCP_HANDOFF_REASON_MEMORY);
	tcp_handoff_flow_put(t->flow);
}

static struct kunit_case sender_cases[] = {
	KUNIT_CASE_PARAM(sender_home_is_tried_again, retry_gen_params),
	KUNIT_CASE(sender_home_is_given_up_at_deadline),
	KUNIT_CASE(sender_home_is_tried_past_deadline),
	KUNIT_CASE(sender_killed_on_the_way_home),
	KUNIT_CASE(sender_deadline_before_it_is_sent),
	KUNIT_CASE_PARAM(sender_deadline_without_answer, deadline_gen_params),
	KUNIT_CASE(sender_unanswered_is_cancelled),
	KUNIT_CASE_PARAM(sender_unsent_comes_home, unsent_gen_params),
	KUNIT_CASE_PARAM(sender_doubt_is_settled_by_query, doubt_gen_params),
	KUNIT_CASE_PARAM(sender_new_boot_has_nothing, boot_gen_params),
	KUNIT_CASE(sender_forwards_without_channel),
	KUNIT_CASE(sender_forgotten_child_is_found),
	KUNIT_CASE(sender_held_child_stops_nobody),
	KUNIT_CASE(sender_held_listener_refuses),
	KUNIT_CASE_PARAM(sender_idle_flow_is_looked_at, idle_gen_params),
	{}
};

static struct kunit_suite sender_suite = {
	.name = "tcp_handoff_sender",
	.suite_init = sender_suite_init,
	.init = sender_init,
	.exit = sender_exit,
	.test_cases = sender_cases,
};

kunit_test_suite(sender_suite);
