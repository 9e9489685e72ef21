// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests with real sockets: a connection is captured in one network
 * namespace and adopted in another, and the client must not notice.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <net/inet_hashtables.h>

#include "world.h"

/* One connection on its way through a test. */
struct sock_test {
	struct world *w;
	struct socket *fe_lsock, *be_lsock;
	struct socket *client, *fe, *be;
	u32 c_out, c_in;	/* stream positions: client wrote, client read */
	u32 s_out, s_in;	/* ... server */
	struct tcp_sock *before, *after;
};

static void sock_open(struct kunit *test)
{
	struct sock_test *t = test->priv;

	t->fe_lsock = world_listen(test, t->w->fe, PF_INET, 8);
	t->be_lsock = world_listen(test, t->w->be, PF_INET, 8);
	t->client = world_connect(test, t->w);
	t->fe = world_accept(test, t->fe_lsock);
}

static struct tcp_sock *copy_sock(struct kunit *test, struct socket *sock)
{
	struct tcp_sock *copy = kunit_kmalloc(test, sizeof(*copy), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	lock_sock(sock->sk);
	memcpy(copy, tcp_sk(sock->sk), sizeof(*copy));
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
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_pack(img, &body, &len));
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_parse(body, len, to));
	kvfree(body);
	KUNIT_ASSERT_TRUE(test, tcp_handoff_charge(t->w->hbe, to->bytes));
	return to;
}

/* The front end is told that it is over: without a channel, by hand. */
static void fe_end(struct tcp_handoff_flow *flow)
{
	tcp_handoff_flow_kill_tw(flow);
	tcp_handoff_flow_end(flow);
	tcp_handoff_flow_put(flow);
}

static enum tcp_handoff_reason adopt_at_be(struct kunit *test,
					   struct tcp_handoff_flow *fe)
{
	struct sock_test *t = test->priv;
	struct tcp_handoff_flow *flow = be_flow(test, fe);
	enum tcp_handoff_reason reason;
	struct tcp_handoff_image *img;

	img = through_the_wire(test, fe->img);
	world_route(test, t->w, true);
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

/* From the front end's socket to the back end's, without a channel. */
static void hand_over(struct kunit *test)
{
	struct sock_test *t = test->priv;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;

	t->before = copy_sock(test, t->fe);
	flow = capture(test, &reason);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, reason);
	reason = adopt_at_be(test, flow);
	fe_end(flow);
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, reason);
	t->be = world_accept(test, t->be_lsock);
	t->after = copy_sock(test, t->be);
}

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

static void sock_request_unread(struct kunit *test)
{
	struct sock_test *t = test->priv;

	sock_open(test);
	world_write(test, t->client, &t->c_out, 1000);
	hand_over(test);
	exchange(test, t->be);
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

static struct kunit_case sock_cases[] = {
	KUNIT_CASE(sock_request_unread),
	{}
};

static struct kunit_suite sock_suite = {
	.name = "tcp_handoff_sock",
	.init = sock_init,
	.test_cases = sock_cases,
};

kunit_test_suite(sock_suite);
