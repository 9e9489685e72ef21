// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: pools of parked connections, for technique "transfer".
 *
 * A back end keeps, for each front end, some connections that are to become
 * somebody else's.  It asks for what is missing with a PING; the front end
 * dials the channel's listener, so that keys and the list of who may dial are
 * those of the channel, and greets on the lane of the pool.  When it knows
 * that the greeting was answered, both ends of the connection disappear: no
 * FIN, no RST, no TIME_WAIT, not a segment.  See "The pool" in
 * Documentation/networking/tcp_handoff-protocol.rst.
 *
 * Nothing of a connection may be left when its socket gets another identity.
 * So the back end's is closed as every socket is: timers, queues, congestion
 * control, port and keys go.  All but its memory, which it is found by: who
 * looked it up just before it left ehash would take it for what it is by then.
 * Sockets are looked up under RCU (SLAB_TYPESAFE_BY_RCU) and checked once,
 * hence a grace period must pass, and every reference be dropped, before it
 * counts as parked.
 */
#include <linux/mm.h>
#include <net/inet_connection_sock.h>
#include <net/tcp_handoff_transfer.h>

#include "handoff.h"

/* A step of the handshake on a connection that is to be parked */
#define POOL_TIMEOUT		(2 * HZ)
/* Handoffs come in bursts: ask once for what all of them have used. */
#define POOL_FILL_SOON		(HZ / 100)
/* Ask again, the front end may have had no success. */
#define POOL_FILL_AGAIN		(1 * HZ)
/* Grace periods until a packet that waits somewhere has let go of a socket */
#define POOL_TRIES		200

/*
 * Parking: the back end's side
 */

static void parked_free(struct tcp_handoff_parked *p)
{
	if (p->req)
		__reqsk_free(p->req);
	/* as inet_csk_destroy_sock() ends, which it has been through */
	if (p->sk)
		sock_put(p->sk);
	tcp_handoff_peer_put(p->peer);
	kfree(p);
}

/* What a socket may have that is not its connection's cannot be taken off. */
static bool sock_is_plain(const struct sock *sk)
{
#ifdef CONFIG_BPF_SYSCALL
	if (rcu_access_pointer(sk->sk_bpf_storage))
		return false;
#endif
	return sk->sk_prot == &tcp_prot && sk->sk_prot_creator == &tcp_prot &&
	       !sk->sk_net_refcnt && !rcu_access_pointer(sk->sk_filter) &&
	       !rcu_access_pointer(inet_sk(sk)->inet_opt) &&
	       !inet_csk(sk)->icsk_ulp_ops && !sk->sk_peer_pid &&
	       !sk->sk_peer_cred && !(sk->sk_flags & SK_FLAGS_TIMESTAMP);
}

/* No packet, timer or lookup knows it any more. */
static bool sock_is_alone(const struct sock *sk)
{
	return refcount_read(&sk->sk_refcnt) == 1 &&
	       refcount_read(&sk->sk_wmem_alloc) == 1;
}

static void drop_route(struct sock *sk)
{
	sk_dst_reset(sk);
	dst_release(unrcu_pointer(xchg(&sk->sk_rx_dst, NULL)));
	if (sk->sk_frag.page)
		put_page(sk->sk_frag.page);
	sk->sk_frag.page = NULL;
}

static bool park_close(struct sock *sk)
{
	bool fits;

	lock_sock(sk);
	fits = sk->sk_state == TCP_ESTABLISHED && !sk->sk_shutdown &&
	       skb_queue_empty(&sk->sk_receive_queue) && sock_is_plain(sk);
	if (sk->sk_state == TCP_ESTABLISHED) {
		/* it is what lets the front end's socket go (S7) */
		if (inet_csk_ack_scheduled(sk))
			tcp_send_ack(sk);
		tcp_handoff_close_silently(sk);
	}
	release_sock(sk);
	return fits;
}

/* Reserve a place; the connection may be one too many. */
static bool pool_enter(struct tcp_handoff_pool *pool, u32 depth)
{
	bool ok;

	spin_lock_bh(&pool->lock);
	ok = !pool->stopped && pool->ready + pool->settling < depth;
	if (ok)
		pool->settling++;
	spin_unlock_bh(&pool->lock);
	return ok;
}

static void pool_leave(struct tcp_handoff_pool *pool)
{
	spin_lock_bh(&pool->lock);
	pool->settling--;
	wake_up_var(&pool->settling);
	spin_unlock_bh(&pool->lock);
}

/* Return: false: it is in the pool no more and nobody's */
static bool pool_settled(struct tcp_handoff_parked *p)
{
	struct tcp_handoff_pool *pool = &p->peer->pool;
	bool ok;

	spin_lock_bh(&pool->lock);
	ok = !pool->stopped;
	if (ok) {
		list_add_tail(&p->list, &pool->parked);
		pool->ready++;
		pool->settling--;
		wake_up_var(&pool->settling);
	}
	spin_unlock_bh(&pool->lock);
	return ok;
}

static void parked_settle(struct work_struct *work)
{
	struct tcp_handoff_parked *p = container_of(to_rcu_work(work),
						    struct tcp_handoff_parked,
						    settle);
	struct tcp_handoff_net *hnet = p->peer->hnet;
	struct tcp_handoff_pool *pool = &p->peer->pool;

	if (!sock_is_alone(p->sk) && p->tries++ < POOL_TRIES &&
	    !READ_ONCE(pool->stopped)) {
		queue_rcu_work(hnet->wq, &p->settle);
		return;
	}
	if (sock_is_alone(p->sk))
		p->req = inet_reqsk_alloc(&tcp_request_sock_ops, p->sk, false);
	if (p->req && pool_settled(p)) {
		TCP_HANDOFF_INC(hnet, POOL_PARKED);
		return;
	}
	TCP_HANDOFF_INC(hnet, POOL_REFUSED);
	pool_leave(pool);
	parked_free(p);
}

static struct tcp_handoff_parked *parked_alloc(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_parked *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	refcount_inc(&peer->ref);
	p->peer = peer;
	INIT_RCU_WORK(&p->settle, parked_settle);
	return p;
}

/**
 * tcp_handoff_pool_wants() - is there room in the pool?
 * @peer: front end
 *
 * Context: any.
 * Return: true if one more connection would be taken
 */
bool tcp_handoff_pool_wants(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_pool *pool = &peer->pool;
	u32 depth = READ_ONCE(peer->hnet->pool_depth);
	bool wants;

	spin_lock_bh(&pool->lock);
	wants = !pool->stopped && pool->ready + pool->settling < depth;
	spin_unlock_bh(&pool->lock);
	if (!wants)
		TCP_HANDOFF_INC(peer->hnet, POOL_REFUSED);
	return wants;
}

/**
 * tcp_handoff_pool_park() - take a connection into the pool, or end it
 * @peer: front end that has dialled it
 * @sock: socket, of which nobody else knows; is released
 *
 * In either case the other end hears nothing.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_pool_park(struct tcp_handoff_peer *peer, struct socket *sock)
{
	struct tcp_handoff_pool *pool = &peer->pool;
	struct tcp_handoff_parked *p = parked_alloc(peer);
	struct sock *sk = sock->sk;
	bool fits;

	sock_hold(sk);
	fits = park_close(sk) && p;
	sock_no_linger(sk);
	sock_release(sock);
	if (fits && pool_enter(pool, READ_ONCE(peer->hnet->pool_depth))) {
		drop_route(sk);
		p->sk = sk;
		queue_rcu_work(peer->hnet->wq, &p->settle);
		return;
	}
	TCP_HANDOFF_INC(peer->hnet, POOL_REFUSED);
	sock_put(sk);
	if (p)
		parked_free(p);
}

/**
 * tcp_handoff_pool_take() - get a connection that is nobody's
 * @peer: front end for which it is wanted
 *
 * The place it leaves is filled again in the background.
 *
 * Context: any.
 * Return: the caller's, until tcp_handoff_pool_give(); or NULL
 */
struct tcp_handoff_parked *tcp_handoff_pool_take(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_pool *pool = &peer->pool;
	struct tcp_handoff_parked *p;

	spin_lock_bh(&pool->lock);
	p = list_first_entry_or_null(&pool->parked, struct tcp_handoff_parked,
				     list);
	if (p) {
		list_del(&p->list);
		pool->ready--;
	}
	spin_unlock_bh(&pool->lock);
	tcp_handoff_pool_fill(peer);
	return p;
}

/**
 * tcp_handoff_pool_give() - give back what was taken
 * @parked: used or unused
 *
 * Context: any.
 */
void tcp_handoff_pool_give(struct tcp_handoff_parked *parked)
{
	struct tcp_handoff_pool *pool = &parked->peer->pool;
	bool back = false;

	spin_lock_bh(&pool->lock);
	if (parked->sk && parked->req && !pool->stopped) {
		list_add(&parked->list, &pool->parked);
		pool->ready++;
		back = true;
	}
	spin_unlock_bh(&pool->lock);
	if (!back)
		parked_free(parked);
}

/*
 * Filling: the back end asks ...
 */

/* Return: how many are missing; if there are too many, one of them in @p. */
static u32 pool_missing(struct tcp_handoff_peer *peer,
			struct tcp_handoff_parked **p)
{
	struct tcp_handoff_pool *pool = &peer->pool;
	u32 depth = READ_ONCE(peer->hnet->pool_depth), have;

	*p = NULL;
	spin_lock_bh(&pool->lock);
	have = pool->ready + pool->settling;
	if (have > depth && pool->ready) {
		*p = list_first_entry(&pool->parked, struct tcp_handoff_parked,
				      list);
		list_del(&(*p)->list);
		pool->ready--;
	}
	spin_unlock_bh(&pool->lock);
	return have < depth ? depth - have : 0;
}

static bool pool_ask(struct tcp_handoff_peer *peer, u32 missing)
{
	struct tcp_handoff_channel *ch = tcp_handoff_channel_get(peer, false);
	struct {
		struct tcp_handoff_tlv tlv;
		struct tcp_handoff_wire_pool pool;
	} __packed body = {
		.tlv.type = cpu_to_be16(TCP_HANDOFF_TLV_POOL),
		.tlv.len = cpu_to_be32(sizeof(body.pool)),
		.pool.missing = cpu_to_be32(missing),
	};

	if (!ch)
		return false;
	tcp_handoff_channel_send(ch, NULL, TCP_HANDOFF_MSG_PING, 0, &body,
				 sizeof(body), GFP_KERNEL);
	tcp_handoff_channel_put(ch);
	return true;
}

static void fill_again(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_pool *pool = &peer->pool;

	spin_lock_bh(&pool->lock);
	if (!pool->stopped)
		queue_delayed_work(peer->hnet->wq, &pool->fill_work,
				   POOL_FILL_AGAIN);
	spin_unlock_bh(&pool->lock);
}

static void pool_fill_work(struct work_struct *work)
{
	struct tcp_handoff_peer *peer = container_of(to_delayed_work(work),
						     struct tcp_handoff_peer,
						     pool.fill_work);
	struct tcp_handoff_parked *p;
	u32 missing;

	WRITE_ONCE(peer->pool.fill_soon, false);
	while (missing = pool_missing(peer, &p), p)
		parked_free(p);
	/* the next session begins with this anyway */
	if (missing && pool_ask(peer, missing))
		fill_again(peer);
}

/**
 * tcp_handoff_pool_fill() - see to it that the pool has what it should
 * @peer: front end; anything else has no pool
 *
 * Context: any.
 */
void tcp_handoff_pool_fill(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_pool *pool = &peer->pool;

	spin_lock_bh(&pool->lock);
	if (!pool->stopped && !pool->fill_soon &&
	    (READ_ONCE(peer->hnet->pool_depth) || pool->ready)) {
		/* what waits for a front end without success comes sooner */
		WRITE_ONCE(pool->fill_soon, true);
		mod_delayed_work(peer->hnet->wq, &pool->fill_work,
				 POOL_FILL_SOON);
	}
	spin_unlock_bh(&pool->lock);
}

/*
 * ... and the front end dials
 */

struct pool_call {
	struct tcp_handoff_hdr hdr;
	struct {
		struct tcp_handoff_tlv tlv;
		struct tcp_handoff_wire_hello hello;
	} __packed out;
	u8 in[TCP_HANDOFF_MSG_SMALL];
};

static int call_send(struct socket *sock, struct pool_call *call, u8 type,
		     size_t len)
{
	struct msghdr mh = { .msg_flags = MSG_NOSIGNAL };
	struct kvec vec[2] = {
		{ .iov_base = &call->hdr, .iov_len = sizeof(call->hdr) },
		{ .iov_base = &call->out, .iov_len = len },
	};
	size_t total = sizeof(call->hdr) + len;
	int ret;

	memset(&call->hdr, 0, sizeof(call->hdr));
	call->hdr.magic = cpu_to_be32(TCP_HANDOFF_MAGIC);
	call->hdr.version = TCP_HANDOFF_VERSION;
	call->hdr.type = type;
	call->hdr.length = cpu_to_be32(total);
	ret = kernel_sendmsg(sock, &mh, vec, len ? 2 : 1, total);
	return ret < 0 ? ret : ret == total ? 0 : -EPIPE;
}

static int call_recv(struct socket *sock, void *to, size_t len)
{
	struct msghdr mh = { .msg_flags = MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = to, .iov_len = len };
	int ret;

	ret = kernel_recvmsg(sock, &mh, &vec, 1, len, MSG_WAITALL);
	return ret < 0 ? ret : ret == len ? 0 : -EPIPE;
}

static int call_hello(struct tcp_handoff_peer *peer, struct socket *sock,
		      struct pool_call *call)
{
	u32 beat = READ_ONCE(peer->hnet->heartbeat_ms);

	call->out.tlv.type = cpu_to_be16(TCP_HANDOFF_TLV_HELLO);
	call->out.tlv.len = cpu_to_be32(sizeof(call->out.hello));
	call->out.hello.boot_id = cpu_to_be64(peer->hnet->boot_id);
	call->out.hello.lane = cpu_to_be16(TCP_HANDOFF_LANE_POOL);
	call->out.hello.heartbeat = cpu_to_be32(beat);
	return call_send(sock, call, TCP_HANDOFF_MSG_HELLO, sizeof(call->out));
}

/* It must be the host, and the boot of it, that has asked. */
static int call_answer(struct tcp_handoff_peer *peer, struct socket *sock,
		       struct pool_call *call)
{
	const struct tcp_handoff_wire_hello *hello;
	const char *what;
	size_t len;
	int err;

	err = call_recv(sock, &call->hdr, sizeof(call->hdr));
	if (err)
		return err;
	if (tcp_handoff_check_hdr(&call->hdr, true, false, &what) ||
	    call->hdr.type != TCP_HANDOFF_MSG_HELLO_ACK)
		return -EPROTO;
	len = be32_to_cpu(call->hdr.length) - sizeof(call->hdr);
	err = call_recv(sock, call->in, len);
	if (err)
		return err;
	hello = tcp_handoff_find_tlv(call->in, len, TCP_HANDOFF_TLV_HELLO,
				     sizeof(*hello));
	if (!hello || hello->lane != cpu_to_be16(TCP_HANDOFF_LANE_POOL) ||
	    be64_to_cpu(hello->boot_id) != READ_ONCE(peer->out_boot_id))
		return -EPROTO;
	return 0;
}

/*
 * Until TCP there has acknowledged the last message.  The socket's callback for
 * room in its buffer is what an acknowledgment wakes.
 */
static bool is_flushed(struct sock *sk)
{
	return tcp_rtx_and_write_queues_empty(sk) ||
	       sk->sk_state != TCP_ESTABLISHED;
}

static int call_flush(struct socket *sock)
{
	struct sock *sk = sock->sk;
	long left;

	set_bit(SOCK_NOSPACE, &sock->flags);
	left = wait_event_interruptible_timeout(*sk_sleep(sk), is_flushed(sk),
						POOL_TIMEOUT);
	if (left <= 0)
		return -ETIMEDOUT;
	return sk->sk_state == TCP_ESTABLISHED ? 0 : -ECONNRESET;
}

static int pool_talk(struct tcp_handoff_peer *peer, struct socket *sock)
{
	struct pool_call *call = kzalloc(sizeof(*call), GFP_KERNEL);
	int err;

	if (!call)
		return -ENOMEM;
	err = call_hello(peer, sock, call) ?:
	      call_answer(peer, sock, call) ?:
	      call_send(sock, call, TCP_HANDOFF_MSG_PING, 0) ?:
	      call_flush(sock);
	kfree(call);
	return err;
}

static int pool_connect(struct tcp_handoff_peer *peer, struct socket *sock)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = peer->addr,
		.sin_port = peer->port,
	};

	tcp_sock_set_nodelay(sock->sk);
	sock->sk->sk_sndtimeo = POOL_TIMEOUT;
	sock->sk->sk_rcvtimeo = POOL_TIMEOUT;
	return (tcp_handoff_auth_wanted(peer) ?
		tcp_handoff_auth_dial(peer, sock->sk) : 0) ?:
	       tcp_handoff_peer_bind(peer, sock) ?:
	       kernel_connect(sock, (struct sockaddr *)&sin, sizeof(sin), 0);
}

/* tcp_handoff_pool_stop() may want to wake us. */
static bool pool_set_dialling(struct tcp_handoff_pool *pool,
			      struct socket *sock)
{
	bool ok;

	mutex_lock(&pool->dial_lock);
	ok = !READ_ONCE(pool->stopped);
	pool->dialling = ok ? sock : NULL;
	mutex_unlock(&pool->dial_lock);
	return ok;
}

static void end_silently(struct socket *sock)
{
	lock_sock(sock->sk);
	if (sock->sk->sk_state == TCP_ESTABLISHED)
		tcp_handoff_close_silently(sock->sk);
	release_sock(sock->sk);
}

static int pool_dial(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_pool *pool = &peer->pool;
	struct socket *sock;
	int err;

	err = sock_create_kern(peer->hnet->net, AF_INET, SOCK_STREAM,
			       IPPROTO_TCP, &sock);
	if (err)
		return err;
	err = pool_set_dialling(pool, sock) ? 0 : -ESHUTDOWN;
	err = err ?: pool_connect(peer, sock) ?: pool_talk(peer, sock);
	pool_set_dialling(pool, NULL);
	if (!err)
		end_silently(sock);
	/* what was not agreed upon is reset: no timer would end it */
	sock_no_linger(sock->sk);
	sock_release(sock);
	return err;
}

/* Return: true if one is wanted; it is counted as done. */
static bool pool_wanted(struct tcp_handoff_pool *pool)
{
	bool wanted;

	spin_lock_bh(&pool->lock);
	wanted = pool->wanted && !pool->stopped;
	if (wanted)
		pool->wanted--;
	spin_unlock_bh(&pool->lock);
	return wanted;
}

static void pool_dial_work(struct work_struct *work)
{
	struct tcp_handoff_peer *peer = container_of(work,
						     struct tcp_handoff_peer,
						     pool.dial_work);
	struct tcp_handoff_pool *pool = &peer->pool;

	while (pool_wanted(pool)) {
		if (!pool_dial(peer)) {
			TCP_HANDOFF_INC(peer->hnet, POOL_DIALLED);
			continue;
		}
		/* it asks again if it is still interested */
		spin_lock_bh(&pool->lock);
		pool->wanted = 0;
		spin_unlock_bh(&pool->lock);
	}
}

/**
 * tcp_handoff_pool_asked() - a back end's PING, with a wish perhaps
 * @ch:   the channel that we dialled
 * @body: of the message
 * @len:  bytes of @body
 *
 * Context: process (the channel's rx_work).
 */
void tcp_handoff_pool_asked(struct tcp_handoff_channel *ch, const void *body,
			    size_t len)
{
	struct tcp_handoff_pool *pool = &ch->peer->pool;
	const struct tcp_handoff_wire_pool *wish;

	wish = tcp_handoff_find_tlv(body, len, TCP_HANDOFF_TLV_POOL,
				    sizeof(*wish));
	if (!wish)
		return;
	spin_lock_bh(&pool->lock);
	pool->wanted = min(be32_to_cpu(wish->missing), TCP_HANDOFF_POOL_MOST);
	if (!pool->stopped)
		queue_work(ch->hnet->wq, &pool->dial_work);
	spin_unlock_bh(&pool->lock);
}

/**
 * tcp_handoff_pool_init() - the part of a new peer that is its pool
 * @peer: zeroed, known to nobody
 */
void tcp_handoff_pool_init(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_pool *pool = &peer->pool;

	spin_lock_init(&pool->lock);
	mutex_init(&pool->dial_lock);
	INIT_LIST_HEAD(&pool->parked);
	INIT_DELAYED_WORK(&pool->fill_work, pool_fill_work);
	INIT_WORK(&pool->dial_work, pool_dial_work);
}

/**
 * tcp_handoff_pool_stop() - end the pool of a peer and wait for that
 * @peer: peer, whose channels have ended
 *
 * Context: process, hnet->mutex held.
 */
void tcp_handoff_pool_stop(struct tcp_handoff_peer *peer)
{
	struct tcp_handoff_pool *pool = &peer->pool;
	struct tcp_handoff_parked *p, *next;
	LIST_HEAD(parked);

	spin_lock_bh(&pool->lock);
	WRITE_ONCE(pool->stopped, true);
	list_splice_init(&pool->parked, &parked);
	pool->ready = 0;
	spin_unlock_bh(&pool->lock);

	mutex_lock(&pool->dial_lock);
	if (pool->dialling)
		kernel_sock_shutdown(pool->dialling, SHUT_RDWR);
	mutex_unlock(&pool->dial_lock);
	cancel_work_sync(&pool->dial_work);
	cancel_delayed_work_sync(&pool->fill_work);
	wait_var_event(&pool->settling, !READ_ONCE(pool->settling));
	list_for_each_entry_safe(p, next, &parked, list)
		parked_free(p);
}
