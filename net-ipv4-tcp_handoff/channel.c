// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: the channel, a TCP connection between two hosts' kernels.
 *
 * A front end dials each of its back ends; a back end listens.  So between
 * two hosts that hand connections to each other there are two channels.
 *
 * A channel ends once, through tcp_handoff_channel_kill(), which may be called
 * from anywhere; the rest happens in kill_work: the socket is shut down (that
 * wakes a writer that blocks in it), the workers are waited for, what they had
 * not sent is given back, and only then the protocol is told.  A new session
 * from the same peer waits for all of that: nothing of the old one can be
 * answered on, or reach, the new one.
 */
#include <linux/memcontrol.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <net/sock.h>
#include <trace/events/sock.h>

#include "handoff.h"
#include "trace.h"

/* One lost segment must not stall every handoff for 200 ms. */
#define CHANNEL_RTO_MIN_US	10000
/* Where a front end dials from; most services are below. */
#define CHANNEL_PORT_FIRST	665U
#define CHANNEL_PORT_LAST	1023U
/* Wait before dialling, doubled each time; after SHIFT times it is MOST. */
#define CHANNEL_DIAL_FIRST	(HZ / 10)
#define CHANNEL_DIAL_SHIFT	6U
#define CHANNEL_DIAL_MOST	(5 * HZ)
#define CHANNEL_LOST_AGAIN	(1 * HZ)
/* Messages handled before others may use the worker. */
#define CHANNEL_RX_BUDGET	64
/* Room for what nearly all messages need; every channel may have it. */
#define CHANNEL_BODY_SMALL	4096U
/* Queued but unsent bytes beyond which a channel takes no more ... */
#define CHANNEL_TX_MOST		(2UL * TCP_HANDOFF_MSG_MAX)
/* ... and beyond which what can be said later waits. */
#define CHANNEL_ASK_MOST	BIT(20)
/* For the last messages to a peer that is removed */
#define CHANNEL_LAST_WORDS	(1 * HZ)

struct tcp_handoff_msg {
	struct list_head list;
	struct tcp_handoff_hdr hdr;
	struct tcp_handoff_flow *flow;	/* HANDOFF: whose; a reference */
	void *body;			/* kvmalloc */
	size_t len;			/* of body */
	size_t charged;			/* to the namespace's limit */
};

static void channel_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct tcp_handoff_channel, rcu));
}

/**
 * tcp_handoff_channel_put() - drop a reference
 * @ch: channel
 *
 * Context: any.
 */
void tcp_handoff_channel_put(struct tcp_handoff_channel *ch)
{
	if (!refcount_dec_and_test(&ch->ref))
		return;
	tcp_handoff_peer_put(ch->peer);
	call_rcu(&ch->rcu, channel_free_rcu);
}

static void channel_queue(struct tcp_handoff_channel *ch,
			  struct work_struct *work)
{
	/* until the namespace is gone for good: it waits for its channels */
	refcount_inc(&ch->ref);
	if (!queue_work(ch->hnet->wq, work))
		tcp_handoff_channel_put(ch);
}

/**
 * tcp_handoff_channel_kill() - end a channel
 * @ch:  channel
 * @err: negative errno, for the peer's last error
 *
 * Idempotent.
 *
 * Context: any.
 */
void tcp_handoff_channel_kill(struct tcp_handoff_channel *ch, int err)
{
	/* queued when it shows: who finds it dead can wait for the work */
	spin_lock_bh(&ch->lock);
	if (!ch->dead) {
		ch->err = err;
		WRITE_ONCE(ch->dead, true);
		/* until then the socket belongs to who starts it */
		if (ch->started)
			channel_queue(ch, &ch->kill_work);
	}
	spin_unlock_bh(&ch->lock);
	wake_up(&ch->flushed);
}

/**
 * tcp_handoff_channel_bad() - the peer broke the protocol
 * @ch:   channel, ended by this
 * @what: for the log
 *
 * Context: any.
 */
void tcp_handoff_channel_bad(struct tcp_handoff_channel *ch, const char *what)
{
	TCP_HANDOFF_INC(ch->hnet, CHANNEL_BAD);
	net_warn_ratelimited("TCP handoff: peer %pI4: %s\n", &ch->peer->addr,
			     what);
	tcp_handoff_channel_kill(ch, -EPROTO);
}

/**
 * tcp_handoff_channel_get() - the channel to or from a peer, if it is up
 * @peer: peer
 * @out:  true: the one we dialled, to hand connections to it
 * Return: channel with a reference, or NULL
 */
struct tcp_handoff_channel *
tcp_handoff_channel_get(struct tcp_handoff_peer *peer, bool out)
{
	struct tcp_handoff_channel *ch;

	spin_lock_bh(&peer->lock);
	ch = out ? peer->out : peer->in;
	if (ch && READ_ONCE(ch->up) && !READ_ONCE(ch->dead))
		refcount_inc(&ch->ref);
	else
		ch = NULL;
	spin_unlock_bh(&peer->lock);
	return ch;
}

/**
 * tcp_handoff_channel_is_up() - could something be sent now?
 * @peer: peer
 * @out:  as for tcp_handoff_channel_get()
 * Return: true if so
 */
bool tcp_handoff_channel_is_up(struct tcp_handoff_peer *peer, bool out)
{
	struct tcp_handoff_channel *ch = tcp_handoff_channel_get(peer, out);

	if (ch)
		tcp_handoff_channel_put(ch);
	return ch;
}

/**
 * tcp_handoff_channel_is_busy() - should what has time wait?
 * @ch: channel
 *
 * A new session may have a million flows to be asked about or told of.  If all
 * of that were queued at once there would be no room for an answer, which ends
 * the session, and the next one would begin in the same way.
 *
 * Context: any.
 * Return: true if so much is queued
 */
bool tcp_handoff_channel_is_busy(const struct tcp_handoff_channel *ch)
{
	return READ_ONCE(ch->tx_bytes) > ch->ask_most;
}

static void msg_free(struct tcp_handoff_channel *ch,
		     struct tcp_handoff_msg *msg)
{
	tcp_handoff_uncharge(ch->hnet, msg->charged);
	tcp_handoff_flow_put(msg->flow);
	kvfree(msg->body);
	kfree(msg);
}

static struct tcp_handoff_msg *msg_alloc(const struct tcp_handoff_hdr *name,
					 u8 type, u32 code, size_t len,
					 gfp_t gfp)
{
	struct tcp_handoff_msg *msg = kzalloc(sizeof(*msg), gfp);

	if (!msg)
		return NULL;
	if (name)
		msg->hdr = *name;
	msg->hdr.magic = cpu_to_be32(TCP_HANDOFF_MAGIC);
	msg->hdr.version = TCP_HANDOFF_VERSION;
	msg->hdr.type = type;
	msg->hdr.reserved = 0;
	msg->hdr.code = cpu_to_be32(code);
	msg->hdr.length = cpu_to_be32(sizeof(msg->hdr) + len);
	msg->len = len;
	return msg;
}

static size_t msg_size(const struct tcp_handoff_msg *msg)
{
	return sizeof(*msg) + msg->len;
}

static int msg_queue(struct tcp_handoff_channel *ch,
		     struct tcp_handoff_msg *msg)
{
	bool dead;

	spin_lock_bh(&ch->lock);
	dead = ch->dead || ch->drained ||
	       ch->tx_bytes > CHANNEL_TX_MOST;
	if (!dead) {
		list_add_tail(&msg->list, &ch->txq);
		WRITE_ONCE(ch->tx_bytes, ch->tx_bytes + msg_size(msg));
	}
	spin_unlock_bh(&ch->lock);
	if (dead) {
		msg_free(ch, msg);
		return -ENOLINK;
	}
	channel_queue(ch, &ch->tx_work);
	return 0;
}

/**
 * tcp_handoff_channel_send() - queue a message
 * @ch:   channel
 * @name: a header whose conn_magic, flow id and epoch are copied; NULL: zero
 * @type: enum tcp_handoff_msg_type
 * @code: as the type wants
 * @body: copied
 * @len:  bytes of @body
 * @gfp:  GFP_ATOMIC under a spinlock
 *
 * Context: any.
 * Return: 0 or -ENOMEM, -ENOLINK (the channel is dead or overfull)
 */
int tcp_handoff_channel_send(struct tcp_handoff_channel *ch,
			     const struct tcp_handoff_hdr *name, u8 type,
			     u32 code, const void *body, size_t len, gfp_t gfp)
{
	struct tcp_handoff_msg *msg = msg_alloc(name, type, code, len, gfp);

	if (!msg)
		return -ENOMEM;
	if (len) {
		msg->body = kmemdup(body, len, gfp);
		if (!msg->body) {
			kfree(msg);
			return -ENOMEM;
		}
	}
	return msg_queue(ch, msg);
}

/**
 * tcp_handoff_channel_send_image() - queue the HANDOFF of a flow
 * @ch:   channel
 * @flow: flow in state HOLD; a reference is taken
 * @body: from tcp_handoff_pack(); freed in any case
 * @len:  bytes of @body
 *
 * If the channel breaks before the message has left completely, the flow goes
 * home by itself.
 *
 * Context: process.
 * Return: 0 or -ENOMEM, -ENOBUFS (the namespace's limit), -ENOLINK: nothing
 * was sent
 */
int tcp_handoff_channel_send_image(struct tcp_handoff_channel *ch,
				   struct tcp_handoff_flow *flow, void *body,
				   size_t len)
{
	struct tcp_handoff_hdr name = tcp_handoff_flow_hdr(flow);
	struct tcp_handoff_msg *msg;

	msg = msg_alloc(&name, TCP_HANDOFF_MSG_HANDOFF, 0, len, GFP_KERNEL);
	if (!msg) {
		kvfree(body);
		return -ENOMEM;
	}
	msg->body = body;
	if (!tcp_handoff_charge(ch->hnet, len)) {
		msg_free(ch, msg);
		return -ENOBUFS;
	}
	msg->charged = len;
	tcp_handoff_flow_hold(flow);
	msg->flow = flow;
	return msg_queue(ch, msg);
}

static struct tcp_handoff_msg *msg_dequeue(struct tcp_handoff_channel *ch,
					   bool *more)
{
	struct tcp_handoff_msg *msg;

	spin_lock_bh(&ch->lock);
	msg = list_first_entry_or_null(&ch->txq, struct tcp_handoff_msg, list);
	if (msg) {
		list_del(&msg->list);
		WRITE_ONCE(ch->tx_bytes, ch->tx_bytes - msg_size(msg));
	}
	ch->sending = msg;
	*more = !list_empty(&ch->txq);
	spin_unlock_bh(&ch->lock);
	return msg;
}

/* What is not there completely was never there: the flow is ours again. */
static void msg_lost(struct tcp_handoff_channel *ch,
		     struct tcp_handoff_msg *msg, u8 state)
{
	tcp_handoff_refuse(ch->hnet, TCP_HANDOFF_REASON_LOST);
	tcp_handoff_home(msg->flow, BIT(state), TCP_HANDOFF_REASON_LOST);
}

/* Blocks while the socket's buffer is full; kill_work wakes it. */
static bool msg_write(struct tcp_handoff_channel *ch,
		      struct tcp_handoff_msg *msg, bool more)
{
	struct msghdr mh = {
		.msg_flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0),
	};
	struct kvec vec[2] = {
		{ .iov_base = &msg->hdr, .iov_len = sizeof(msg->hdr) },
		{ .iov_base = msg->body, .iov_len = msg->len },
	};
	size_t total = sizeof(msg->hdr) + msg->len;
	int ret;

	ret = kernel_sendmsg(ch->sock, &mh, vec, msg->len ? 2 : 1, total);
	ch->last_tx = jiffies;
	ch->corked = more;
	if (ret == total)
		return true;
	tcp_handoff_channel_kill(ch, ret < 0 ? ret : -EPIPE);
	return false;
}

static void msg_send(struct tcp_handoff_channel *ch,
		     struct tcp_handoff_msg *msg, bool more)
{
	/* one that is not configured any more gets nothing new */
	if (msg->flow && READ_ONCE(ch->peer->dead)) {
		msg_lost(ch, msg, TCP_HANDOFF_ST_HOLD);
		return;
	}
	if (msg->flow && !tcp_handoff_sending(msg->flow, ch->peer_boot_id))
		return;
	if (msg->flow)
		atomic64_inc(&ch->peer->sent);
	if (!msg_write(ch, msg, more) && msg->flow)
		msg_lost(ch, msg, TCP_HANDOFF_ST_SENT);
}

static void channel_tx_work(struct work_struct *work)
{
	struct tcp_handoff_channel *ch = container_of(work,
					struct tcp_handoff_channel, tx_work);
	struct tcp_handoff_msg *msg;
	bool more;

	while (!READ_ONCE(ch->dead) && (msg = msg_dequeue(ch, &more))) {
		msg_send(ch, msg, more);
		msg_free(ch, msg);
		cond_resched();
	}
	/* the last message may have been one that nobody wants any more */
	if (ch->corked && !READ_ONCE(ch->dead)) {
		ch->corked = false;
		tcp_sock_set_nodelay(ch->sock->sk);
	}
	wake_up(&ch->flushed);
	tcp_handoff_channel_put(ch);
}

static void send_hello(struct tcp_handoff_channel *ch, u8 type)
{
	u32 beat = READ_ONCE(ch->hnet->heartbeat_ms);
	struct {
		struct tcp_handoff_tlv tlv;
		struct tcp_handoff_wire_hello hello;
	} __packed body = {
		.tlv.type = cpu_to_be16(TCP_HANDOFF_TLV_HELLO),
		.tlv.len = cpu_to_be32(sizeof(body.hello)),
		.hello.boot_id = cpu_to_be64(ch->hnet->boot_id),
		.hello.lane = cpu_to_be16(ch->pool ? TCP_HANDOFF_LANE_POOL : 0),
		.hello.heartbeat = cpu_to_be32(beat),
	};

	if (ch->greeted)
		return;
	ch->greeted = true;
	/* a promise: what is configured later is for later sessions */
	WRITE_ONCE(ch->heartbeat_ms, beat);
	/* who waits for it would do so until the peer counts as silent */
	if (tcp_handoff_channel_send(ch, NULL, type, 0, &body, sizeof(body),
				     GFP_KERNEL))
		tcp_handoff_channel_kill(ch, -ENOMEM);
}

/* Return: boot of the session before this one, 0 if there was none */
static u64 peer_new_boot(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_peer *peer = ch->peer;
	u64 *seen = ch->out ? &peer->out_boot_id : &peer->in_boot_id;
	u64 old;

	spin_lock_bh(&peer->lock);
	old = *seen;
	*seen = ch->peer_boot_id;
	spin_unlock_bh(&peer->lock);
	return old;
}

/* Both greetings are through: this session replaces every older one. */
static void channel_set_up(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_peer *peer = ch->peer;

	spin_lock_bh(&peer->lock);
	peer->boot_id = ch->peer_boot_id;
	if (ch->out) {
		peer->dial_failures = 0;
		peer->down_since = 0;
		cancel_delayed_work(&peer->lost_work);
	}
	peer->last_error = 0;
	WRITE_ONCE(ch->up, true);
	spin_unlock_bh(&peer->lock);

	TCP_HANDOFF_INC(ch->hnet, CHANNEL_UP);
	trace_tcp_handoff_channel(peer->addr, ch->out, "up", 0);
	tcp_handoff_auth_up(ch);
	tcp_handoff_notify_peer(peer, TCP_HANDOFF_PEER_EVENT_UP);
	if (!ch->out)
		return;
	/* something must follow HELLO before it counts, see channel_prove() */
	tcp_handoff_channel_send(ch, NULL, TCP_HANDOFF_MSG_PING, 0, NULL, 0,
				 GFP_KERNEL);
	tcp_handoff_sender_up(ch, peer_new_boot(ch));
}

/*
 * A greeting alone may be a late one, of an instance of the front end that is
 * gone, and would end what its successor has handed over.  Only who has got
 * our answer goes on (S2).
 */
static void channel_prove(struct tcp_handoff_channel *ch)
{
	if (ch->out || !ch->up || ch->proven)
		return;
	ch->proven = true;
	tcp_handoff_receiver_up(ch, peer_new_boot(ch));
	tcp_handoff_pool_fill(ch->peer);
}

/* Also by a session that is ending: its last message may be in hand yet. */
static bool peer_has_boot(struct tcp_handoff_peer *peer, u64 boot_id)
{
	bool has;

	spin_lock_bh(&peer->lock);
	has = (peer->out && peer->out->peer_boot_id == boot_id) ||
	      (peer->in && peer->in->peer_boot_id == boot_id);
	spin_unlock_bh(&peer->lock);
	return has;
}

/* Two peers that claim the same boot would share the names of their flows. */
static bool boot_id_is_taken(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_peer *peer;
	bool taken = ch->peer_boot_id == ch->hnet->boot_id;

	rcu_read_lock();
	list_for_each_entry_rcu(peer, &ch->hnet->peers, list) {
		if (peer != ch->peer && peer_has_boot(peer, ch->peer_boot_id))
			taken = true;
	}
	rcu_read_unlock();
	return taken;
}

/**
 * tcp_handoff_channel_at() - the channel in a slot of a peer, up or not
 * @peer: peer
 * @slot: its out, in or in_new
 *
 * Context: any.
 * Return: channel with a reference, or NULL
 */
struct tcp_handoff_channel *
tcp_handoff_channel_at(struct tcp_handoff_peer *peer,
		       struct tcp_handoff_channel **slot)
{
	struct tcp_handoff_channel *ch;

	spin_lock_bh(&peer->lock);
	ch = *slot;
	if (ch)
		refcount_inc(&ch->ref);
	spin_unlock_bh(&peer->lock);
	return ch;
}

/* End the channel in a slot of the peer, if there is one, and wait for it. */
static void channel_kill_sync(struct tcp_handoff_peer *peer,
			      struct tcp_handoff_channel **slot, int err)
{
	struct tcp_handoff_channel *ch = tcp_handoff_channel_at(peer, slot);

	if (!ch)
		return;
	tcp_handoff_channel_kill(ch, err);
	flush_work(&ch->kill_work);
	tcp_handoff_channel_put(ch);
}

static bool is_for_pool(const struct tcp_handoff_channel *ch,
			const struct tcp_handoff_wire_hello *hello)
{
	return IS_ENABLED(CONFIG_TCP_HANDOFF_TRANSFER) && !ch->out &&
	       hello->lane == cpu_to_be16(TCP_HANDOFF_LANE_POOL);
}

static bool hello_is_sane(struct tcp_handoff_channel *ch,
			  const struct tcp_handoff_wire_hello *hello)
{
	u32 beat = be32_to_cpu(hello->heartbeat);

	return hello->boot_id && (!hello->lane || is_for_pool(ch, hello)) &&
	       beat >= TCP_HANDOFF_HEARTBEAT_LEAST &&
	       beat <= TCP_HANDOFF_HEARTBEAT_MOST;
}

/*
 * The session a front end has greeted us on replaces the one before, which is
 * over, with all of its workers, before anything is answered on the new one.
 * Until it greets, a connection is nobody's: it must not end a session.
 */
static bool channel_take_over(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_peer *peer = ch->peer;
	bool ok;

	channel_kill_sync(peer, &peer->in, -ESTALE);
	spin_lock_bh(&peer->lock);
	ok = !peer->dead && !peer->in && peer->in_new == ch;
	if (ok) {
		peer->in = ch;
		peer->in_new = NULL;
	}
	spin_unlock_bh(&peer->lock);
	return ok;
}

/* Not a session: it ends none, and nothing is said on it (S5). */
static void rcv_hello_pool(struct tcp_handoff_channel *ch)
{
	if (!tcp_handoff_pool_wants(ch->peer)) {
		tcp_handoff_channel_kill(ch, -ENOSPC);
		return;
	}
	ch->pool = true;
	send_hello(ch, TCP_HANDOFF_MSG_HELLO_ACK);
}

/* The front end has our answer: from here on neither side speaks (S6). */
static void rcv_pool(struct tcp_handoff_channel *ch)
{
	if (ch->hdr.type != TCP_HANDOFF_MSG_PING) {
		tcp_handoff_channel_bad(ch, "message for the pool");
		return;
	}
	WRITE_ONCE(ch->park, true);
	tcp_handoff_channel_kill(ch, 0);
}

static void rcv_hello(struct tcp_handoff_channel *ch, const void *body,
		      size_t len)
{
	const struct tcp_handoff_wire_hello *hello;

	hello = tcp_handoff_find_tlv(body, len, TCP_HANDOFF_TLV_HELLO,
				     sizeof(*hello));
	if (ch->up || ch->pool || !hello) {
		tcp_handoff_channel_bad(ch, "malformed or repeated greeting");
		return;
	}
	ch->peer_boot_id = be64_to_cpu(hello->boot_id);
	if (!hello_is_sane(ch, hello) || boot_id_is_taken(ch)) {
		tcp_handoff_channel_bad(ch, "impossible greeting");
		return;
	}
	ch->peer_heartbeat_ms = be32_to_cpu(hello->heartbeat);
	if (is_for_pool(ch, hello)) {
		rcv_hello_pool(ch);
		return;
	}
	if (!ch->out) {
		if (!channel_take_over(ch)) {
			tcp_handoff_channel_kill(ch, -ESTALE);
			return;
		}
		send_hello(ch, TCP_HANDOFF_MSG_HELLO_ACK);
	}
	channel_set_up(ch);
}

/* Our greeting was refused, the peer says why: no use in hurrying back. */
static void rcv_hello_refused(struct tcp_handoff_channel *ch)
{
	u32 code = be32_to_cpu(ch->hdr.code);

	if (!code) {
		tcp_handoff_channel_bad(ch, "refusal without a reason");
		return;
	}
	spin_lock_bh(&ch->peer->lock);
	ch->peer->dial_failures = CHANNEL_DIAL_SHIFT;
	spin_unlock_bh(&ch->peer->lock);
	tcp_handoff_channel_kill(ch, -tcp_handoff_reason_errno(code));
}

static void channel_rcv(struct tcp_handoff_channel *ch)
{
	size_t len = be32_to_cpu(ch->hdr.length) - sizeof(ch->hdr);
	u8 hello = ch->out ? TCP_HANDOFF_MSG_HELLO_ACK : TCP_HANDOFF_MSG_HELLO;

	channel_prove(ch);
	if (ch->hdr.type == hello) {
		rcv_hello(ch, ch->body, len);
	} else if (tcp_handoff_refuses_hello(&ch->hdr, ch->out, ch->up)) {
		rcv_hello_refused(ch);
	} else if (ch->pool) {
		rcv_pool(ch);
	} else if (!ch->up) {
		tcp_handoff_channel_bad(ch, "message before the greeting");
	} else if (ch->hdr.type == TCP_HANDOFF_MSG_PING) {
		tcp_handoff_channel_send(ch, NULL, TCP_HANDOFF_MSG_PONG,
					 be32_to_cpu(ch->hdr.code), NULL, 0,
					 GFP_KERNEL);
		if (ch->out)
			tcp_handoff_pool_asked(ch, ch->body, len);
	} else if (ch->hdr.type == TCP_HANDOFF_MSG_PONG) {
		/* its arrival is all there is to it */
	} else if (ch->out) {
		tcp_handoff_sender_rcv(ch, &ch->hdr, ch->body, len);
	} else {
		tcp_handoff_receiver_rcv(ch, &ch->hdr, ch->body, len);
	}
}

/* Written at once: the channel does not outlive the message. */
static void refuse_version(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_msg *msg;

	if (ch->out || ch->up || ch->hdr.type != TCP_HANDOFF_MSG_HELLO)
		return;
	msg = msg_alloc(NULL, TCP_HANDOFF_MSG_REFUSED,
			TCP_HANDOFF_REASON_VERSION, 0, GFP_KERNEL);
	if (!msg)
		return;
	msg_write(ch, msg, false);
	msg_free(ch, msg);
}

/* @to NULL: what comes is thrown away. */
static int channel_recv(struct tcp_handoff_channel *ch, void *to, size_t len)
{
	struct kvec vec = { .iov_base = to, .iov_len = len };
	int flags = MSG_DONTWAIT | (to ? 0 : MSG_TRUNC);
	struct msghdr mh = { .msg_flags = MSG_NOSIGNAL };
	int ret;

	ret = kernel_recvmsg(ch->sock, &mh, &vec, 1, len, flags);
	if (ret > 0) {
		ch->have += ret;
		ch->last_rx = jiffies;
	}
	return ret ?: -EPIPE;
}

static size_t body_charge(size_t cap)
{
	return cap > CHANNEL_BODY_SMALL ? cap : 0;
}

static void body_free(struct tcp_handoff_channel *ch)
{
	kvfree(ch->body);
	tcp_handoff_uncharge(ch->hnet, body_charge(ch->cap));
	ch->body = NULL;
	ch->cap = 0;
}

/*
 * Room grows with what has come, not with what a header promises, and counts
 * against the namespace's limit like the connections it becomes.
 */
static int body_grow(struct tcp_handoff_channel *ch, size_t want)
{
	size_t have = ch->have - sizeof(ch->hdr);
	size_t cap = min(want, max_t(size_t, CHANNEL_BODY_SMALL, 2 * have));
	void *body;

	if (have < ch->cap)
		return 0;
	if (!tcp_handoff_charge(ch->hnet, body_charge(cap)))
		return -ENOBUFS;
	/* the handoff can go wrong for it, that is all */
	body = kvmalloc(cap, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!body) {
		tcp_handoff_uncharge(ch->hnet, body_charge(cap));
		return -ENOMEM;
	}
	if (have)
		memcpy(body, ch->body, have);
	body_free(ch);
	ch->body = body;
	ch->cap = cap;
	return 0;
}

static int channel_recv_hdr(struct tcp_handoff_channel *ch)
{
	enum tcp_handoff_reason reason;
	const char *fault;
	int ret;

	ret = channel_recv(ch, (u8 *)&ch->hdr + ch->have,
			   sizeof(ch->hdr) - ch->have);
	if (ret < 0 || ch->have < sizeof(ch->hdr))
		return ret;
	reason = tcp_handoff_check_hdr(&ch->hdr, ch->out, ch->up || ch->pool,
				       &fault);
	if (!reason)
		return ret;
	if (reason == TCP_HANDOFF_REASON_VERSION)
		refuse_version(ch);
	tcp_handoff_channel_bad(ch, fault);
	return -EPROTO;
}

/*
 * No room for a connection is a reason to refuse it, not to give the session
 * up: its message is read to the end without being kept.
 */
static bool channel_skips(struct tcp_handoff_channel *ch, size_t want)
{
	int err;

	if (ch->skip)
		return true;
	err = body_grow(ch, want);
	if (!err)
		return false;
	body_free(ch);
	ch->skip = err == -ENOBUFS ? TCP_HANDOFF_REASON_BYTES :
				     TCP_HANDOFF_REASON_MEMORY;
	return true;
}

static int channel_recv_body(struct tcp_handoff_channel *ch)
{
	size_t want = be32_to_cpu(ch->hdr.length) - sizeof(ch->hdr);
	size_t have = ch->have - sizeof(ch->hdr);

	if (channel_skips(ch, want))
		return channel_recv(ch, NULL, want - have);
	return channel_recv(ch, ch->body + have, min(want, ch->cap) - have);
}

/* Only a HANDOFF has a body that can be done without. */
static void channel_rcv_skipped(struct tcp_handoff_channel *ch)
{
	channel_prove(ch);
	if (ch->hdr.type == TCP_HANDOFF_MSG_HANDOFF)
		tcp_handoff_receiver_skipped(ch, &ch->hdr, ch->skip);
	else
		tcp_handoff_channel_kill(ch, -ENOMEM);
	ch->skip = TCP_HANDOFF_REASON_NONE;
}

/* Return: messages handled, or a negative errno if there are no more now. */
static int channel_recv_some(struct tcp_handoff_channel *ch)
{
	int ret;

	if (ch->have < sizeof(ch->hdr))
		ret = channel_recv_hdr(ch);
	else
		ret = channel_recv_body(ch);
	if (ret < 0)
		return ret;
	if (ch->have < sizeof(ch->hdr) ||
	    ch->have < be32_to_cpu(ch->hdr.length))
		return 0;
	if (ch->skip)
		channel_rcv_skipped(ch);
	else
		channel_rcv(ch);
	ch->have = 0;
	/* a large one is rare: do not keep its room */
	if (ch->cap > CHANNEL_BODY_SMALL)
		body_free(ch);
	return 1;
}

/* Nothing to read yet, as opposed to: nothing any more. */
static bool still_dialling(const struct tcp_handoff_channel *ch, int err)
{
	return err == -ENOTCONN && ch->sock->sk->sk_state != TCP_CLOSE;
}

static void channel_rx_work(struct work_struct *work)
{
	struct tcp_handoff_channel *ch = container_of(work,
					struct tcp_handoff_channel, rx_work);
	struct mem_cgroup *memcg = set_active_memcg(ch->hnet->memcg);
	int ret = 0, budget = CHANNEL_RX_BUDGET;

	/* once it is dead, the socket is kill_work's */
	if (READ_ONCE(ch->dead))
		goto put;
	if (ch->out && ch->sock->sk->sk_state == TCP_ESTABLISHED)
		send_hello(ch, TCP_HANDOFF_MSG_HELLO);
	while (!READ_ONCE(ch->dead) && budget > 0) {
		ret = channel_recv_some(ch);
		if (ret < 0)
			break;
		budget -= ret;
		cond_resched();
	}
	if (budget <= 0)
		channel_queue(ch, &ch->rx_work);
	else if (ret < 0 && ret != -EAGAIN && !still_dialling(ch, ret))
		tcp_handoff_channel_kill(ch, ret);
put:
	set_active_memcg(memcg);
	tcp_handoff_channel_put(ch);
}

/* It holds no reference: kill_work cancels what was queued before "dead". */
static void channel_beat(struct tcp_handoff_channel *ch, unsigned long delay)
{
	spin_lock_bh(&ch->lock);
	if (!ch->dead)
		queue_delayed_work(ch->hnet->wq, &ch->beat_work, delay);
	spin_unlock_bh(&ch->lock);
}

static void channel_beat_work(struct work_struct *work)
{
	struct tcp_handoff_channel *ch = container_of(to_delayed_work(work),
					struct tcp_handoff_channel, beat_work);
	u32 ours = READ_ONCE(ch->heartbeat_ms) ?:
		   READ_ONCE(ch->hnet->heartbeat_ms);
	u32 theirs = ch->peer_heartbeat_ms ?: ours;
	unsigned long beat = msecs_to_jiffies(ours);
	bool up = READ_ONCE(ch->up);
	unsigned long patience;

	patience = TCP_HANDOFF_DEAD_BEATS * msecs_to_jiffies(theirs);
	/* a greeting must come in time, byte by byte or not */
	if (time_after(jiffies, (up ? READ_ONCE(ch->last_rx) : ch->born) +
				patience)) {
		tcp_handoff_channel_kill(ch, -ETIMEDOUT);
		return;
	}
	tcp_handoff_auth_watch(ch);
	if (up && time_after_eq(jiffies, ch->last_tx + beat / 2))
		tcp_handoff_channel_send(ch, NULL, TCP_HANDOFF_MSG_PING, 0,
					 NULL, 0, GFP_KERNEL);
	channel_beat(ch, beat);
}

static void channel_data_ready(struct sock *sk)
{
	struct tcp_handoff_channel *ch;

	trace_sk_data_ready(sk);
	read_lock_bh(&sk->sk_callback_lock);
	ch = sk->sk_user_data;
	if (ch) {
		/* alive, even if nobody has time to read it now */
		WRITE_ONCE(ch->last_rx, jiffies);
		channel_queue(ch, &ch->rx_work);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void channel_state_change(struct sock *sk)
{
	struct tcp_handoff_channel *ch;

	read_lock_bh(&sk->sk_callback_lock);
	ch = sk->sk_user_data;
	if (ch) {
		/* what came before the end is read, then it is noticed */
		channel_queue(ch, &ch->rx_work);
		wake_up_interruptible_all(sk_sleep(sk));
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

/* The other side has acknowledged something. */
static void channel_write_space(struct sock *sk)
{
	struct tcp_handoff_channel *ch;

	sk_stream_write_space(sk);
	read_lock_bh(&sk->sk_callback_lock);
	ch = sk->sk_user_data;
	if (ch)
		wake_up(&ch->flushed);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void channel_setup_sock(struct tcp_handoff_channel *ch)
{
	struct sock *sk = ch->sock->sk;

	tcp_sock_set_nodelay(sk);
	lock_sock(sk);
	inet_csk(sk)->icsk_rto_min = usecs_to_jiffies(CHANNEL_RTO_MIN_US);
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_use_task_frag = false;
	release_sock(sk);

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = ch;
	sk->sk_data_ready = channel_data_ready;
	sk->sk_state_change = channel_state_change;
	sk->sk_write_space = channel_write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void channel_release_sock(struct tcp_handoff_channel *ch)
{
	struct sock *sk = ch->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
}

/*
 * A kernel socket that is closed has no timers: one whose peer does not answer
 * the FIN would stay for ever.
 */
static void drop_sock(struct socket *sock)
{
	sock_no_linger(sock->sk);
	sock_release(sock);
}

/* Give back what was not sent: nobody else has it. */
static void channel_drain(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_msg *msg, *next;
	LIST_HEAD(left);

	spin_lock_bh(&ch->lock);
	ch->drained = true;
	list_splice_init(&ch->txq, &left);
	spin_unlock_bh(&ch->lock);
	list_for_each_entry_safe(msg, next, &left, list) {
		if (msg->flow)
			msg_lost(ch, msg, TCP_HANDOFF_ST_HOLD);
		msg_free(ch, msg);
	}
}

/* Away for the decision deadline, a back end is taken for lost. */
static void peer_watch(struct tcp_handoff_peer *peer)
{
	u32 wait = READ_ONCE(peer->hnet->deadline_ms);

	lockdep_assert_held(&peer->lock);
	if (!peer->dead)
		queue_delayed_work(peer->hnet->wq, &peer->lost_work,
				   msecs_to_jiffies(wait));
}

/* Flows are looked at again, as long as it is: each has its own time. */
static void peer_lost_work(struct work_struct *work)
{
	struct tcp_handoff_peer *peer = container_of(to_delayed_work(work),
						     struct tcp_handoff_peer,
						     lost_work);

	if (tcp_handoff_channel_is_up(peer, true))
		return;
	tcp_handoff_sender_lost(peer);
	spin_lock_bh(&peer->lock);
	if (!peer->dead && peer->down_since)
		queue_delayed_work(peer->hnet->wq, &peer->lost_work,
				   CHANNEL_LOST_AGAIN);
	spin_unlock_bh(&peer->lock);
}

static void channel_uninstall(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_peer *peer = ch->peer;
	struct tcp_handoff_channel **slot = ch->out ? &peer->out : &peer->in;
	bool was_in;

	spin_lock_bh(&peer->lock);
	if (peer->in_new == ch)
		slot = &peer->in_new;
	was_in = *slot == ch;
	if (was_in)
		*slot = NULL;
	if (ch->out && ch->up) {
		peer->down_since = get_jiffies_64();
		peer_watch(peer);
	}
	/* one that was never more than a connection says nothing of the peer */
	if (ch->out || ch->up)
		peer->last_error = -ch->err;
	if (ch->out && !ch->up)
		peer->dial_failures++;
	spin_unlock_bh(&peer->lock);
	if (was_in)
		tcp_handoff_channel_put(ch);
}

static void peer_redial(struct tcp_handoff_peer *peer)
{
	unsigned int shift = min(READ_ONCE(peer->dial_failures),
				 CHANNEL_DIAL_SHIFT);
	unsigned long wait = min_t(unsigned long, CHANNEL_DIAL_MOST,
				   (unsigned long)CHANNEL_DIAL_FIRST << shift);

	/* ->dead is set under the lock: then tcp_handoff_peer_stop() cancels */
	spin_lock_bh(&peer->lock);
	if (!peer->dead)
		queue_delayed_work(peer->hnet->wq, &peer->dial_work, wait);
	spin_unlock_bh(&peer->lock);
}

static void channel_kill_work(struct work_struct *work)
{
	struct tcp_handoff_channel *ch = container_of(work,
					struct tcp_handoff_channel, kill_work);
	bool was_up;

	if (!READ_ONCE(ch->park))
		kernel_sock_shutdown(ch->sock, SHUT_RDWR);
	channel_release_sock(ch);
	cancel_delayed_work_sync(&ch->beat_work);
	if (cancel_work_sync(&ch->tx_work))
		tcp_handoff_channel_put(ch);
	if (cancel_work_sync(&ch->rx_work))
		tcp_handoff_channel_put(ch);
	was_up = ch->up;
	channel_drain(ch);
	/* what it drew in its last moments, the end of it perhaps */
	tcp_handoff_auth_watch(ch);
	mutex_lock(&ch->peer->key_lock);
	if (ch->park)
		tcp_handoff_pool_park(ch->peer, ch->sock);
	else
		drop_sock(ch->sock);
	ch->sock = NULL;
	mutex_unlock(&ch->peer->key_lock);
	body_free(ch);

	channel_uninstall(ch);
	trace_tcp_handoff_channel(ch->peer->addr, ch->out,
				  ch->park ? "parked" : "down", ch->err);
	if (was_up) {
		TCP_HANDOFF_INC(ch->hnet, CHANNEL_DOWN);
		tcp_handoff_notify_peer(ch->peer, TCP_HANDOFF_PEER_EVENT_DOWN);
		if (ch->out)
			tcp_handoff_sender_down(ch);
	}
	if (ch->out)
		peer_redial(ch->peer);
	tcp_handoff_channel_put(ch);
}

static struct tcp_handoff_channel *channel_alloc(struct tcp_handoff_peer *peer,
						 struct socket *sock, bool out)
{
	struct tcp_handoff_channel *ch = kzalloc(sizeof(*ch), GFP_KERNEL);

	if (!ch)
		return NULL;
	refcount_inc(&peer->ref);
	ch->peer = peer;
	ch->hnet = peer->hnet;
	ch->sock = sock;
	ch->out = out;
	ch->ask_most = CHANNEL_ASK_MOST;
	refcount_set(&ch->ref, 1);
	spin_lock_init(&ch->lock);
	init_waitqueue_head(&ch->flushed);
	INIT_LIST_HEAD(&ch->txq);
	INIT_WORK(&ch->rx_work, channel_rx_work);
	INIT_WORK(&ch->tx_work, channel_tx_work);
	INIT_WORK(&ch->kill_work, channel_kill_work);
	INIT_DELAYED_WORK(&ch->beat_work, channel_beat_work);
	ch->born = jiffies;
	ch->last_rx = jiffies;
	ch->last_tx = jiffies;
	return ch;
}

/* Return: false if the peer has gone or has such a channel already. */
static bool channel_install(struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_peer *peer = ch->peer;
	struct tcp_handoff_channel **slot = ch->out ? &peer->out :
						      &peer->in_new;
	bool ok;

	spin_lock_bh(&peer->lock);
	ok = !peer->dead && !*slot;
	if (ok) {
		refcount_inc(&ch->ref);
		*slot = ch;
	}
	spin_unlock_bh(&peer->lock);
	return ok;
}

static void channel_start(struct tcp_handoff_channel *ch)
{
	u32 beat = READ_ONCE(ch->hnet->heartbeat_ms);

	spin_lock_bh(&ch->lock);
	ch->started = true;
	if (ch->dead)
		channel_queue(ch, &ch->kill_work);
	spin_unlock_bh(&ch->lock);
	channel_beat(ch, msecs_to_jiffies(beat));
	channel_queue(ch, &ch->rx_work);
}

/**
 * tcp_handoff_peer_bind() - bind a socket that is to dial a peer
 * @peer: peer
 * @sock: socket, not connected
 *
 * Without keys a peer is known by its address, which every program on that
 * host has as well.  A port that only its administrator may use tells them
 * apart, as it does for NFS.
 *
 * Context: process, may sleep.
 * Return: 0 or what bind() says
 */
int tcp_handoff_peer_bind(struct tcp_handoff_peer *peer, struct socket *sock)
{
	u32 range = CHANNEL_PORT_LAST - CHANNEL_PORT_FIRST + 1;
	u32 tries = range, at = get_random_u32_below(range);
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = peer->local,
	};
	int err;

	if (peer->local)
		ip_sock_set_freebind(sock->sk);
	if (tcp_handoff_auth_wanted(peer))
		return kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
	do {
		sin.sin_port = htons(CHANNEL_PORT_FIRST + at++ % range);
		err = kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
	} while (err == -EADDRINUSE && --tries);
	return err;
}

/* On the other host, of which our own sysctl_ip_prot_sock says nothing */
static bool port_is_reserved(__be16 port)
{
	return ntohs(port) < PROT_SOCK;
}

static int peer_dial(struct tcp_handoff_peer *peer)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = peer->addr,
		.sin_port = peer->port,
	};
	struct tcp_handoff_channel *ch;
	struct socket *sock;
	int err;

	err = sock_create_kern(peer->hnet->net, AF_INET, SOCK_STREAM,
			       IPPROTO_TCP, &sock);
	if (err)
		return err;
	ch = channel_alloc(peer, sock, true);
	if (!ch) {
		sock_release(sock);
		return -ENOMEM;
	}
	if (!channel_install(ch)) {
		sock_release(sock);
		tcp_handoff_channel_put(ch);
		return -EALREADY;
	}
	channel_setup_sock(ch);
	err = tcp_handoff_auth_dial(peer, sock->sk);
	if (!err)
		err = tcp_handoff_peer_bind(peer, sock);
	if (!err)
		err = kernel_connect(sock, (struct sockaddr *)&sin, sizeof(sin),
				     O_NONBLOCK);
	if (err && err != -EINPROGRESS)
		tcp_handoff_channel_kill(ch, err);
	/* only now: what it starts may release the socket */
	channel_start(ch);
	tcp_handoff_channel_put(ch);
	return 0;
}

static void peer_dial_work(struct work_struct *work)
{
	struct tcp_handoff_peer *peer = container_of(to_delayed_work(work),
						     struct tcp_handoff_peer,
						     dial_work);
	int err = peer_dial(peer);

	if (err && err != -EALREADY) {
		peer->last_error = -err;
		peer->dial_failures++;
		peer_redial(peer);
	}
}

/**
 * tcp_handoff_peer_init() - the part of a new peer that belongs to channels
 * @peer: zeroed, known to nobody
 */
void tcp_handoff_peer_init(struct tcp_handoff_peer *peer)
{
	INIT_DELAYED_WORK(&peer->dial_work, peer_dial_work);
	INIT_DELAYED_WORK(&peer->lost_work, peer_lost_work);
	spin_lock_init(&peer->lock);
	peer->down_since = get_jiffies_64();
	tcp_handoff_pool_init(peer);
}

/**
 * tcp_handoff_peer_start() - begin to talk to a peer
 * @peer: configured, of which nothing runs yet
 *
 * A back end is dialled, again and again, until tcp_handoff_peer_stop().
 *
 * Context: process, hnet->mutex held.
 * Return: 0
 */
int tcp_handoff_peer_start(struct tcp_handoff_peer *peer)
{
	if (peer->flags & TCP_HANDOFF_PEER_F_BACK_END)
		queue_delayed_work(peer->hnet->wq, &peer->dial_work, 0);
	return 0;
}

/* Has TCP of the other side acknowledged all that was to be sent? */
static bool channel_is_flushed(struct tcp_handoff_channel *ch, struct sock *sk)
{
	bool sent;

	/* ask for channel_write_space() first, then look */
	read_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_socket)
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	read_unlock_bh(&sk->sk_callback_lock);
	/* pairs with the one in tcp_check_space() */
	smp_mb__after_atomic();
	spin_lock_bh(&ch->lock);
	sent = list_empty(&ch->txq) && !ch->sending;
	spin_unlock_bh(&ch->lock);
	return READ_ONCE(ch->dead) ||
	       (sent && tcp_rtx_and_write_queues_empty(sk));
}

/* The last messages to a peer; one that does not take them does without. */
static void channel_flush(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_channel *ch;
	struct sock *sk = NULL;

	ch = tcp_handoff_channel_get(peer, true);
	if (!ch)
		return;
	mutex_lock(&peer->key_lock);
	if (ch->sock) {
		sk = ch->sock->sk;
		sock_hold(sk);
	}
	mutex_unlock(&peer->key_lock);
	if (sk) {
		wait_event_timeout(ch->flushed, channel_is_flushed(ch, sk),
				   CHANNEL_LAST_WORDS);
		sock_put(sk);
	}
	tcp_handoff_channel_put(ch);
}

/**
 * tcp_handoff_peer_stop() - end every channel of a peer and wait for that
 * @peer: peer->dead is set, so no new one comes
 *
 * Context: process, hnet->mutex held.
 */
void tcp_handoff_peer_stop(struct tcp_handoff_peer *peer)
{
	/* it may have installed a channel that it has not started yet */
	flush_work(&peer->hnet->accept_work);
	cancel_delayed_work_sync(&peer->dial_work);
	tcp_handoff_sender_removed(peer);
	if (!peer->hnet->exiting)
		channel_flush(peer);
	channel_kill_sync(peer, &peer->out, -ESHUTDOWN);
	/* what it answered in its last moments */
	tcp_handoff_sender_removed(peer);
	/* in this order: a new one that takes over finds the peer dead */
	channel_kill_sync(peer, &peer->in, -ESHUTDOWN);
	channel_kill_sync(peer, &peer->in_new, -ESHUTDOWN);
	/* the end of a channel may have dialled once more */
	cancel_delayed_work_sync(&peer->dial_work);
	cancel_delayed_work_sync(&peer->lost_work);
	tcp_handoff_pool_stop(peer);
	tcp_handoff_receiver_removed(peer);
}

static struct tcp_handoff_peer *accept_peer(struct tcp_handoff_net *hnet,
					    struct socket *sock)
{
	struct tcp_handoff_peer *peer;
	struct sockaddr_in sin = {};

	if (kernel_getpeername(sock, (struct sockaddr *)&sin) < 0)
		return NULL;
	peer = tcp_handoff_peer_find(hnet, sin.sin_addr.s_addr);
	if (peer && (peer->flags & TCP_HANDOFF_PEER_F_FRONT_END) &&
	    (tcp_handoff_auth_wanted(peer) || port_is_reserved(sin.sin_port)))
		return peer;
	if (peer)
		tcp_handoff_peer_put(peer);
	TCP_HANDOFF_INC(hnet, CHANNEL_STRANGER);
	net_warn_ratelimited("TCP handoff: port %u of %pI4 is no front end of this host\n",
			     ntohs(sin.sin_port), &sin.sin_addr.s_addr);
	return NULL;
}

static void accept_one(struct tcp_handoff_net *hnet, struct socket *sock)
{
	struct tcp_handoff_peer *peer = accept_peer(hnet, sock);
	struct tcp_handoff_channel *ch;

	if (!peer) {
		drop_sock(sock);
		return;
	}
	/* one that has not greeted gives way to the next one */
	channel_kill_sync(peer, &peer->in_new, -ESTALE);
	ch = channel_alloc(peer, sock, false);
	if (ch && channel_install(ch)) {
		channel_setup_sock(ch);
		if (!tcp_handoff_auth_accepted(ch))
			tcp_handoff_channel_kill(ch, -EKEYREJECTED);
		channel_start(ch);
	} else {
		drop_sock(sock);
	}
	if (ch)
		tcp_handoff_channel_put(ch);
	tcp_handoff_peer_put(peer);
}

/**
 * tcp_handoff_accept_work() - accept what dialled us
 * @work: hnet->accept_work
 */
void tcp_handoff_accept_work(struct work_struct *work)
{
	struct tcp_handoff_net *hnet = container_of(work,
						    struct tcp_handoff_net,
						    accept_work);
	struct socket *lsock = READ_ONCE(hnet->lsock);
	struct socket *sock;

	/* it runs only while one listens, or is about to */
	while (lsock && !READ_ONCE(hnet->exiting) &&
	       !kernel_accept(lsock, &sock, O_NONBLOCK))
		accept_one(hnet, sock);
}

static void listen_data_ready(struct sock *sk)
{
	struct tcp_handoff_net *hnet;

	trace_sk_data_ready(sk);
	read_lock_bh(&sk->sk_callback_lock);
	/* a child is born with this callback, too */
	hnet = sk->sk_state == TCP_LISTEN ? sk->sk_user_data : NULL;
	if (hnet)
		queue_work(hnet->wq, &hnet->accept_work);
	read_unlock_bh(&sk->sk_callback_lock);
}

/**
 * tcp_handoff_listen() - wait for front ends
 * @hnet: namespace
 * @port: where; one that is listened on already is given up
 *
 * Context: process, hnet->mutex held.
 * Return: 0; or what bind and listen say, and nothing has changed
 */
int tcp_handoff_listen(struct tcp_handoff_net *hnet, __be16 port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = port,
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(hnet->net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &sock);
	if (err)
		return err;
	sock->sk->sk_reuse = SK_CAN_REUSE;
	write_lock_bh(&sock->sk->sk_callback_lock);
	sock->sk->sk_user_data = hnet;
	sock->sk->sk_data_ready = listen_data_ready;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	err = tcp_handoff_auth_listener(hnet, sock->sk);
	if (!err)
		err = kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
	if (!err)
		err = kernel_listen(sock, 64);
	if (err) {
		sock_release(sock);
		return err;
	}
	if (hnet->lsock)
		tcp_handoff_listen_stop(hnet);
	hnet->lsock = sock;
	hnet->port = port;
	memset(&hnet->auth_seen, 0, sizeof(hnet->auth_seen));
	queue_delayed_work(hnet->wq, &hnet->watch_work, 0);
	/* who came before it was known here */
	queue_work(hnet->wq, &hnet->accept_work);
	return 0;
}

/**
 * tcp_handoff_listen_stop() - wait for front ends no longer
 * @hnet: namespace that listens
 *
 * Context: process, hnet->mutex held.
 */
void tcp_handoff_listen_stop(struct tcp_handoff_net *hnet)
{
	struct socket *lsock = hnet->lsock;
	struct sock *sk = lsock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	cancel_delayed_work_sync(&hnet->watch_work);
	/* a new listener may have work queued again at any time */
	WRITE_ONCE(hnet->lsock, NULL);
	cancel_work_sync(&hnet->accept_work);
	sock_release(lsock);
}
