// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of channel.c: one end is the kernel's, the other one is a socket
 * of the test, which writes and reads bytes as
 * Documentation/networking/tcp_handoff-protocol.rst describes them.
 */
#include <kunit/test.h>
#include <linux/inetdevice.h>
#include <net/tcp.h>

#include "world.h"

#define TEST_BOOT	0x1111222233334444ULL
#define TEST_MAGIC	0x55667788
#define TEST_PORT	700
/* A TLV that nobody knows, and need not. */
#define TLV_UNKNOWN	0x7001

struct channel_test {
	struct world *w;
	struct socket *sock;		/* the test's end */
	u16 port;			/* to dial from */
	u8 body[1024];			/* of what was heard last */
	size_t piece;			/* bytes written at once, 0: all */
};

struct greeting {
	struct tcp_handoff_tlv tlv;
	struct tcp_handoff_wire_hello hello;
} __packed;

static struct greeting greeting(u64 boot_id)
{
	return (struct greeting) {
		.tlv.type = cpu_to_be16(TCP_HANDOFF_TLV_HELLO),
		.tlv.len = cpu_to_be32(sizeof(struct tcp_handoff_wire_hello)),
		.hello.boot_id = cpu_to_be64(boot_id),
		.hello.heartbeat = cpu_to_be32(10000),
	};
}

/* @seq 0: a message that is about no flow. */
static struct tcp_handoff_hdr header(u8 type, u64 seq, size_t len)
{
	struct tcp_handoff_hdr hdr = {
		.magic = cpu_to_be32(TCP_HANDOFF_MAGIC),
		.version = TCP_HANDOFF_VERSION,
		.type = type,
		.length = cpu_to_be32(sizeof(hdr) + len),
	};

	if (seq) {
		hdr.boot_id = cpu_to_be64(TEST_BOOT);
		hdr.seq = cpu_to_be64(seq);
		hdr.epoch = cpu_to_be32(1);
		hdr.conn_magic = cpu_to_be32(TEST_MAGIC);
	}
	return hdr;
}

static void put_bytes(struct kunit *test, const void *from, size_t len)
{
	struct channel_test *t = test->priv;
	size_t piece = t->piece ?: len, done, part;
	struct msghdr msg = {};
	struct kvec vec;

	for (done = 0; done < len; done += part) {
		part = min(piece, len - done);
		vec.iov_base = (u8 *)from + done;
		vec.iov_len = part;
		KUNIT_ASSERT_EQ(test, (int)part,
				kernel_sendmsg(t->sock, &msg, &vec, 1, part));
	}
}

/* In one piece: who does not like the header does not wait for the body. */
static void say(struct kunit *test, const struct tcp_handoff_hdr *hdr,
		const void *body, size_t len)
{
	u8 *msg = kunit_kmalloc(test, sizeof(*hdr) + len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	memcpy(msg, hdr, sizeof(*hdr));
	memcpy(msg + sizeof(*hdr), body, len);
	put_bytes(test, msg, sizeof(*hdr) + len);
	kunit_kfree(test, msg);
}

static void say_hello(struct kunit *test, u8 type)
{
	struct greeting hello = greeting(TEST_BOOT);
	struct tcp_handoff_hdr hdr = header(type, 0, sizeof(hello));

	say(test, &hdr, &hello, sizeof(hello));
}

static void say_ping(struct kunit *test, u32 code)
{
	struct tcp_handoff_hdr hdr = header(TCP_HANDOFF_MSG_PING, 0, 0);

	hdr.code = cpu_to_be32(code);
	say(test, &hdr, NULL, 0);
}

/* Return: bytes, less than @len if the other end has closed or says nothing. */
static int get_bytes(struct channel_test *t, void *to, size_t len)
{
	struct msghdr msg = {};
	struct kvec vec = { .iov_base = to, .iov_len = len };

	return kernel_recvmsg(t->sock, &msg, &vec, 1, len, MSG_WAITALL);
}

static struct tcp_handoff_hdr hear_any(struct kunit *test)
{
	struct channel_test *t = test->priv;
	struct tcp_handoff_hdr hdr = {};
	size_t len;

	KUNIT_ASSERT_EQ(test, (int)sizeof(hdr),
			get_bytes(t, &hdr, sizeof(hdr)));
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_MAGIC, be32_to_cpu(hdr.magic));
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_VERSION, hdr.version);
	len = be32_to_cpu(hdr.length) - sizeof(hdr);
	KUNIT_ASSERT_LE(test, len, sizeof(t->body));
	if (len)
		KUNIT_ASSERT_EQ(test, (int)len, get_bytes(t, t->body, len));
	return hdr;
}

/* The next message is this one, about this flow (0: none). */
static void hear(struct kunit *test, u8 type, u32 code, u64 seq)
{
	struct tcp_handoff_hdr hdr = hear_any(test);
	struct tcp_handoff_hdr want = header(type, seq, 0);

	want.length = hdr.length;
	want.code = cpu_to_be32(code);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)&want, (u8 *)&hdr, sizeof(hdr));
}

/* The other end has nothing to say, and hangs up. */
static void hear_end(struct kunit *test)
{
	struct channel_test *t = test->priv;
	u8 byte;
	int ret = get_bytes(t, &byte, 1);

	KUNIT_EXPECT_TRUE_MSG(test, !ret || ret == -ECONNRESET, "read: %d",
			      ret);
}

static u64 count_refused(struct tcp_handoff_net *hnet,
			 enum tcp_handoff_reason reason)
{
	return world_count(hnet, TCP_HANDOFF_MIB_REFUSED + reason - 1);
}

/* The back end is the kernel's, the front end is the test. */
static void dial(struct kunit *test)
{
	struct channel_test *t = test->priv;
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(TEST_PORT + t->port++),
		.sin_addr.s_addr = htonl(WORLD_FE),
	};

	t->sock = world_socket(test, t->w->fe);
	tcp_sock_set_nodelay(t->sock->sk);
	/* an orphan that nobody answers would hold its namespace */
	sock_no_linger(t->sock->sk);
	KUNIT_ASSERT_EQ(test, 0, kernel_bind(t->sock, (struct sockaddr *)&sin,
					     sizeof(sin)));
	sin.sin_addr.s_addr = htonl(WORLD_BE);
	sin.sin_port = htons(TCP_HANDOFF_CHANNEL_PORT);
	KUNIT_ASSERT_EQ(test, 0, kernel_connect(t->sock,
						(struct sockaddr *)&sin,
						sizeof(sin), 0));
}

static void be_back_end(struct kunit *test)
{
	struct tcp_handoff_peer conf = {
		.forward = TCP_HANDOFF_FORWARD_DR,
		.flags = TCP_HANDOFF_PEER_F_UNAUTHENTICATED |
			 TCP_HANDOFF_PEER_F_FRONT_END,
		.addr = htonl(WORLD_FE),
	};
	struct channel_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_peer_add(t->w->hbe, &conf, NULL));
	t->w->dialling = tcp_handoff_peer_find(t->w->hbe, htonl(WORLD_FE));
	KUNIT_ASSERT_NOT_NULL(test, t->w->dialling);
	dial(test);
}

static void greet(struct kunit *test)
{
	be_back_end(test);
	say_hello(test, TCP_HANDOFF_MSG_HELLO);
	hear(test, TCP_HANDOFF_MSG_HELLO_ACK, 0, 0);
}

/* No channel, old or new, is left at this end of it. */
static bool has_no_channel(struct tcp_handoff_peer *peer)
{
	return !READ_ONCE(peer->in) && !READ_ONCE(peer->in_new) &&
	       !READ_ONCE(peer->out);
}

/* How a back end is greeted, and what it says to that; section 1.8 and S2. */
static const struct hello_case {
	const char *name;
	struct {
		u8 type, version;
		u64 boot_id;
		u16 lane;
		u32 heartbeat;
		bool empty;
	} is;				/* 0: as it should be */
	u8 answer;
	u32 code;
} hello_cases[] = {
	{ "our version", {}, TCP_HANDOFF_MSG_HELLO_ACK },
	{ "a newer version", { .version = 9 }, TCP_HANDOFF_MSG_HELLO_ACK },
	{ "a version we do not speak", { .version = 0xff },
	  TCP_HANDOFF_MSG_REFUSED, TCP_HANDOFF_REASON_VERSION },
	{ "PING of that version",
	  { TCP_HANDOFF_MSG_PING, 0xff, .empty = true } },
	{ "PING", { TCP_HANDOFF_MSG_PING, .empty = true } },
	{ "HELLO_ACK", { TCP_HANDOFF_MSG_HELLO_ACK } },
	{ "REFUSED", { TCP_HANDOFF_MSG_REFUSED, .empty = true } },
	{ "HELLO without boot id", { .empty = true } },
	{ "boot id of another host", { .boot_id = 1 } },
	{ "another lane", { .lane = 1 } },
	{ "breathless heart", { .heartbeat = 9 } },
	{ "no heart", { .heartbeat = 60001 } },
};

KUNIT_ARRAY_PARAM_DESC(hello, hello_cases, name);

static void say_greeting(struct kunit *test, const struct hello_case *c)
{
	struct channel_test *t = test->priv;
	struct greeting hello = greeting(c->is.boot_id ? t->w->hbe->boot_id :
							 TEST_BOOT);
	size_t len = c->is.empty ? 0 : sizeof(hello);
	struct tcp_handoff_hdr hdr;

	hdr = header(c->is.type ?: TCP_HANDOFF_MSG_HELLO, 0, len);
	if (c->is.version == 0xff)
		hdr.version = TCP_HANDOFF_VERSION - 1;
	else if (c->is.version)
		hdr.version = c->is.version;
	hello.hello.lane = cpu_to_be16(c->is.lane);
	if (c->is.heartbeat)
		hello.hello.heartbeat = cpu_to_be32(c->is.heartbeat);
	say(test, &hdr, &hello, len);
}

static void channel_back_end_is_greeted(struct kunit *test)
{
	const struct hello_case *c = test->param_value;
	bool up = c->answer == TCP_HANDOFF_MSG_HELLO_ACK;
	struct channel_test *t = test->priv;
	struct tcp_handoff_net *hbe = t->w->hbe;
	struct tcp_handoff_peer *peer;

	be_back_end(test);
	peer = t->w->dialling;

	say_greeting(test, c);

	if (c->answer)
		hear(test, c->answer, c->code, 0);
	if (!up) {
		hear_end(test);
		KUNIT_EXPECT_TRUE(test, world_wait_for(has_no_channel(peer)));
		dial(test);
		say_hello(test, TCP_HANDOFF_MSG_HELLO);
		hear(test, TCP_HANDOFF_MSG_HELLO_ACK, 0, 0);
	}
	say_ping(test, 7);
	hear(test, TCP_HANDOFF_MSG_PONG, 7, 0);
	KUNIT_EXPECT_EQ(test, !up, world_count(hbe,
					       TCP_HANDOFF_MIB_CHANNEL_BAD));
	KUNIT_EXPECT_EQ(test, 1, world_count(hbe, TCP_HANDOFF_MIB_CHANNEL_UP));
	KUNIT_EXPECT_EQ(test, 0, world_count(hbe,
					     TCP_HANDOFF_MIB_CHANNEL_DOWN));
}

/* Headers that are bad in a session that is up; section 1.1. */
static const struct header_case {
	const char *name;
	u8 type;
	u64 seq;
	u32 magic, length;
	s8 version;		/* more than ours */
	bool no_boot_id, no_epoch;
} header_cases[] = {
	{ "magic", TCP_HANDOFF_MSG_PING, .magic = 1 },
	{ "older version", TCP_HANDOFF_MSG_PING, .version = -1 },
	{ "newer version", TCP_HANDOFF_MSG_PING, .version = 1 },
	{ "newer HELLO", TCP_HANDOFF_MSG_HELLO, .version = 1 },
	{ "second HELLO", TCP_HANDOFF_MSG_HELLO },
	{ "unknown type", 99, 1 },
	{ "wrong direction", TCP_HANDOFF_MSG_ADOPTED, 1 },
	{ "shorter than a header", TCP_HANDOFF_MSG_PING, .length = 39 },
	{ "long PING", TCP_HANDOFF_MSG_PING,
	  .length = TCP_HANDOFF_MSG_SMALL + 1 },
	{ "long QUERY", TCP_HANDOFF_MSG_QUERY, 1,
	  .length = TCP_HANDOFF_MSG_SMALL + 1 },
	{ "long HANDOFF", TCP_HANDOFF_MSG_HANDOFF, 1,
	  .length = TCP_HANDOFF_MSG_MAX + 1 },
	{ "PING about a flow", TCP_HANDOFF_MSG_PING, 1 },
	{ "QUERY about none", TCP_HANDOFF_MSG_QUERY },
	{ "QUERY without boot id", TCP_HANDOFF_MSG_QUERY, 1,
	  .no_boot_id = true },
	{ "QUERY without epoch", TCP_HANDOFF_MSG_QUERY, 1, .no_epoch = true },
};

KUNIT_ARRAY_PARAM_DESC(header, header_cases, name);

static void channel_bad_header_ends_session(struct kunit *test)
{
	const struct header_case *c = test->param_value;
	struct channel_test *t = test->priv;
	struct tcp_handoff_hdr hdr = header(c->type, c->seq, 0);

	greet(test);
	hdr.magic = cpu_to_be32(TCP_HANDOFF_MAGIC ^ c->magic);
	hdr.version += c->version;
	if (c->length)
		hdr.length = cpu_to_be32(c->length);
	if (c->no_boot_id)
		hdr.boot_id = 0;
	if (c->no_epoch)
		hdr.epoch = 0;

	say(test, &hdr, NULL, 0);

	hear_end(test);
	KUNIT_EXPECT_TRUE(test, world_wait_for(has_no_channel(t->w->dialling)));
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hbe,
					     TCP_HANDOFF_MIB_CHANNEL_BAD));
	KUNIT_EXPECT_EQ(test, 1, world_count(t->w->hbe,
					     TCP_HANDOFF_MIB_CHANNEL_DOWN));
	KUNIT_EXPECT_EQ(test, EPROTO, t->w->dialling->last_error);
}

/* A HANDOFF that could be adopted, @extra bytes longer than it has to be. */
static void say_handoff(struct kunit *test, u64 seq, u32 extra)
{
	struct tcp_handoff_tlv tlv = {
		.type = cpu_to_be16(TLV_UNKNOWN),
		.len = cpu_to_be32(extra),
	};
	struct tcp_handoff_hdr hdr;
	size_t len, packed;
	u8 *body, *idle;

	idle = world_pack_idle(test, &packed);
	len = packed + sizeof(tlv) + extra;
	body = kunit_kzalloc(test, len, GFP_KERNEL);
	if (body) {
		memcpy(body, idle, packed);
		memcpy(body + packed, &tlv, sizeof(tlv));
		memset(body + packed + sizeof(tlv), 0x5a, extra);
	}
	kvfree(idle);
	KUNIT_ASSERT_NOT_NULL(test, body);
	hdr = header(TCP_HANDOFF_MSG_HANDOFF, seq, len);
	say(test, &hdr, body, len);
}

/* How much the namespace may have when a message of 20 kB comes. */
static const struct skip_case {
	const char *name;
	unsigned long max_bytes;
} skip_cases[] = {
	{ "nothing", 0 },
	{ "less than half", 9000 },
	{ "nearly all", 18000 },
};

KUNIT_ARRAY_PARAM_DESC(skip, skip_cases, name);

/* It is read to its end, refused, and what follows is found. */
static void channel_no_room_for_a_handoff(struct kunit *test)
{
	const struct skip_case *c = test->param_value;
	struct channel_test *t = test->priv;
	struct tcp_handoff_net *hbe = t->w->hbe;

	greet(test);
	hbe->max_bytes = c->max_bytes;

	say_handoff(test, 1, 20000);
	say_ping(test, 7);

	hear(test, TCP_HANDOFF_MSG_REFUSED, TCP_HANDOFF_REASON_BYTES, 1);
	hear(test, TCP_HANDOFF_MSG_PONG, 7, 0);
	KUNIT_EXPECT_EQ(test, 1, world_count(hbe, TCP_HANDOFF_MIB_RECEIVED));
	KUNIT_EXPECT_EQ(test, 1, count_refused(hbe, TCP_HANDOFF_REASON_BYTES));
	KUNIT_EXPECT_EQ(test, 0, hbe->nr_flows);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&hbe->bytes));
	/* the same again, when there is room: nobody listens, that is all */
	hbe->max_bytes = TCP_HANDOFF_MAX_BYTES;
	say_handoff(test, 2, 20000);
	hear(test, TCP_HANDOFF_MSG_REFUSED, TCP_HANDOFF_REASON_NO_LISTENER, 2);
	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(!atomic_long_read(&hbe->bytes)));
	KUNIT_EXPECT_EQ(test, 0, world_count(hbe, TCP_HANDOFF_MIB_CHANNEL_BAD));
}

/* S2: of a boot that may be gone; only who goes on after the answer lives. */
static void channel_late_greeting_ends_nothing(struct kunit *test)
{
	struct greeting hello = greeting(TEST_BOOT + 1);
	struct tcp_handoff_hdr hdr = header(TCP_HANDOFF_MSG_HELLO, 0,
					    sizeof(hello));
	struct channel_test *t = test->priv;
	struct tcp_handoff_net *hbe = t->w->hbe;

	greet(test);
	say_handoff(test, 1, 0);
	hear(test, TCP_HANDOFF_MSG_REFUSED, TCP_HANDOFF_REASON_NO_LISTENER, 1);
	KUNIT_EXPECT_EQ(test, 1, hbe->nr_flows);

	dial(test);
	say(test, &hdr, &hello, sizeof(hello));
	hear(test, TCP_HANDOFF_MSG_HELLO_ACK, 0, 0);
	msleep(50);
	KUNIT_EXPECT_EQ(test, 1, hbe->nr_flows);
	KUNIT_EXPECT_EQ(test, TEST_BOOT, t->w->dialling->in_boot_id);
	say_ping(test, 3);
	hear(test, TCP_HANDOFF_MSG_PONG, 3, 0);

	KUNIT_EXPECT_EQ(test, 0, hbe->nr_flows);
	KUNIT_EXPECT_EQ(test, TEST_BOOT + 1, t->w->dialling->in_boot_id);
}

/* Bytes that come at once; borders of messages are where they are. */
static const struct piece_case {
	const char *name;
	size_t piece;
	u32 extra;
} piece_cases[] = {
	{ "single bytes", 1, 0 },
	{ "less than a header", 39, 20000 },
	{ "headers and more", 41, 20000 },
	{ "more than a first buffer", 5000, 20000 },
};

KUNIT_ARRAY_PARAM_DESC(piece, piece_cases, name);

static void channel_messages_come_in_pieces(struct kunit *test)
{
	const struct piece_case *c = test->param_value;
	struct channel_test *t = test->priv;

	t->piece = c->piece;
	be_back_end(test);

	say_hello(test, TCP_HANDOFF_MSG_HELLO);
	say_handoff(test, 1, c->extra);
	hear(test, TCP_HANDOFF_MSG_HELLO_ACK, 0, 0);
	hear(test, TCP_HANDOFF_MSG_REFUSED, TCP_HANDOFF_REASON_NO_LISTENER, 1);

	say_ping(test, 7);
	hear(test, TCP_HANDOFF_MSG_PONG, 7, 0);
}

/* The front end is the kernel's, the back end is the test. */
static void be_front_end(struct kunit *test)
{
	struct tcp_handoff_peer conf = {
		.forward = TCP_HANDOFF_FORWARD_DR,
		.flags = TCP_HANDOFF_PEER_F_UNAUTHENTICATED |
			 TCP_HANDOFF_PEER_F_BACK_END,
		.addr = htonl(WORLD_BE),
	};
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(TCP_HANDOFF_CHANNEL_PORT),
	};
	struct channel_test *t = test->priv;
	struct socket *lsock;

	lsock = world_socket(test, t->w->be);
	KUNIT_ASSERT_EQ(test, 0, kernel_bind(lsock, (struct sockaddr *)&sin,
					     sizeof(sin)));
	KUNIT_ASSERT_EQ(test, 0, kernel_listen(lsock, 8));
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_peer_add(t->w->hfe, &conf, NULL));
	t->w->dialled = tcp_handoff_peer_find(t->w->hfe, htonl(WORLD_BE));
	KUNIT_ASSERT_NOT_NULL(test, t->w->dialled);
	t->sock = world_accept(test, lsock);
	sock_no_linger(t->sock->sk);
}

/* S1: what a front end says first. */
static void hear_hello(struct kunit *test)
{
	struct channel_test *t = test->priv;
	struct greeting *hello = (struct greeting *)t->body;
	struct tcp_handoff_hdr hdr = hear_any(test);
	struct tcp_handoff_hdr want;

	want = header(TCP_HANDOFF_MSG_HELLO, 0, sizeof(*hello));
	KUNIT_EXPECT_MEMEQ(test, (u8 *)&want, (u8 *)&hdr, sizeof(hdr));
	KUNIT_EXPECT_EQ(test, t->w->hfe->boot_id,
			be64_to_cpu(hello->hello.boot_id));
	KUNIT_EXPECT_EQ(test, t->w->hfe->heartbeat_ms,
			be32_to_cpu(hello->hello.heartbeat));
}

/* What a back end answers to HELLO, and what becomes of the session. */
static const struct ack_case {
	const char *name;
	u8 type;
	u32 code;
	s8 version;		/* more than ours */
	u64 seq;
	int error;		/* 0: it comes up */
	bool bad;
} ack_cases[] = {
	{ "HELLO_ACK", TCP_HANDOFF_MSG_HELLO_ACK },
	{ "HELLO_ACK of a newer version", TCP_HANDOFF_MSG_HELLO_ACK, 0, 1, 0,
	  EPROTO, true },
	{ "HELLO_ACK of an older version", TCP_HANDOFF_MSG_HELLO_ACK, 0, -1, 0,
	  EPROTO, true },
	{ "HELLO", TCP_HANDOFF_MSG_HELLO, 0, 0, 0, EPROTO, true },
	{ "PING", TCP_HANDOFF_MSG_PING, 0, 0, 0, EPROTO, true },
	{ "REFUSED(VERSION): S4", TCP_HANDOFF_MSG_REFUSED,
	  TCP_HANDOFF_REASON_VERSION, 0, 0, EPFNOSUPPORT },
	/* in the highest version that the back end speaks */
	{ "... by a newer host", TCP_HANDOFF_MSG_REFUSED,
	  TCP_HANDOFF_REASON_VERSION, 1, 0, EPFNOSUPPORT },
	{ "... by an older host", TCP_HANDOFF_MSG_REFUSED,
	  TCP_HANDOFF_REASON_VERSION, -1, 0, EPFNOSUPPORT },
	{ "REFUSED(0)", TCP_HANDOFF_MSG_REFUSED, 0, 0, 0, EPROTO, true },
	{ "REFUSED of a flow", TCP_HANDOFF_MSG_REFUSED,
	  TCP_HANDOFF_REASON_VERSION, 0, 1, EPROTO, true },
};

KUNIT_ARRAY_PARAM_DESC(ack, ack_cases, name);

static void say_ack(struct kunit *test, const struct ack_case *c)
{
	struct greeting hello = greeting(TEST_BOOT);
	bool greets = c->type <= TCP_HANDOFF_MSG_HELLO_ACK;
	size_t len = greets ? sizeof(hello) : 0;
	struct tcp_handoff_hdr hdr = header(c->type, c->seq, len);

	hdr.version += c->version;
	hdr.code = cpu_to_be32(c->code);
	say(test, &hdr, &hello, len);
}

static bool is_dialled(struct tcp_handoff_peer *peer)
{
	return tcp_handoff_channel_is_up(peer, true);
}

/* Again, that is: the channel has gone. */
static bool will_be_dialled(const struct tcp_handoff_peer *peer)
{
	return delayed_work_pending(&peer->dial_work);
}

static unsigned long dial_pause(const struct tcp_handoff_peer *peer)
{
	return peer->dial_work.timer.expires - jiffies;
}

static void channel_front_end_is_answered(struct kunit *test)
{
	const struct ack_case *c = test->param_value;
	struct channel_test *t = test->priv;
	struct tcp_handoff_net *hfe = t->w->hfe;
	struct tcp_handoff_peer *peer;

	be_front_end(test);
	hear_hello(test);
	peer = t->w->dialled;

	say_ack(test, c);

	if (!c->error) {
		KUNIT_EXPECT_TRUE(test, world_wait_for(is_dialled(peer)));
		KUNIT_EXPECT_EQ(test, TEST_BOOT, peer->boot_id);
		return;
	}
	hear_end(test);
	KUNIT_ASSERT_TRUE(test, world_wait_for(will_be_dialled(peer)));
	KUNIT_EXPECT_EQ(test, c->error, peer->last_error);
	KUNIT_EXPECT_EQ(test, c->bad,
			world_count(hfe, TCP_HANDOFF_MIB_CHANNEL_BAD));
	KUNIT_EXPECT_EQ(test, 0, world_count(hfe, TCP_HANDOFF_MIB_CHANNEL_UP));
	/* a host that says why is not asked again soon */
	if (c->bad)
		KUNIT_EXPECT_LE(test, dial_pause(peer), HZ);
	else
		KUNIT_EXPECT_GT(test, dial_pause(peer), 2 * HZ);
}

static int channel_init(struct kunit *test)
{
	struct channel_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	t->w = world_new(test);
	return 0;
}

static struct kunit_case channel_cases[] = {
	KUNIT_CASE_PARAM(channel_back_end_is_greeted, hello_gen_params),
	KUNIT_CASE_PARAM(channel_bad_header_ends_session, header_gen_params),
	KUNIT_CASE_PARAM(channel_no_room_for_a_handoff, skip_gen_params),
	KUNIT_CASE(channel_late_greeting_ends_nothing),
	KUNIT_CASE_PARAM(channel_messages_come_in_pieces, piece_gen_params),
	KUNIT_CASE_PARAM(channel_front_end_is_answered, ack_gen_params),
	{}
};

static struct kunit_suite channel_suite = {
	.name = "tcp_handoff_channel",
	.init = channel_init,
	.test_cases = channel_cases,
};

kunit_test_suite(channel_suite);
