// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: one connection in the dispatcher, from accept() until it has
 * been handed off, or answered here and closed.
 *
 * The request is looked at where it lies, in the receive queue, and leaves
 * with the connection.  What no back end takes comes out of the listener's
 * accept queue again; the cookie that it carried says who has been asked, and
 * the next one is, with the client none the wiser.
 *
 * An answer of our own (400, 408, 431, 503, 505) must reach the client although
 * its request was not read: a close would send a reset, which destroys it.  So
 * our side is shut, and what comes is thrown away until the client closes,
 * within limits of time and bytes.
 */
#include <linux/ctype.h>
#include <linux/jhash.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <net/inet_common.h>
#include <trace/events/sock.h>

#include "dispatch.h"
#include "trace.h"

#define LINGER		(2 * HZ)
#define LINGER_BYTES	BIT(20)
#define DRAIN		(64U << 10)

/* Bits of conn->flags */
#define CONN_LATE	0		/* its time is over */
#define CONN_STOP	1		/* the service ends */

/*
 * struct conn: a connection that waits for its head, or for its end
 *
 * Only the thread of @ev's CPU works on it, and that frees it.  On svc->conns;
 * callbacks of the socket, the timer and the end of the service queue @ev.
 */
struct conn {
	struct tcp_handoff_ev ev;
	struct list_head list;
	struct tcp_handoff_service *svc;
	struct socket *sock;
	struct timer_list timer;
	struct tcp_handoff_http http;
	struct tcp_handoff_choice choice;
	unsigned long flags;
	bool answered;
	u32 drained;
};

static void conn_event(struct tcp_handoff_ev *ev);

static struct tcp_handoff_net *conn_hnet(const struct conn *conn)
{
	return conn->svc->dn->hnet;
}

static void conn_data_ready(struct sock *sk)
{
	struct conn *conn;

	trace_sk_data_ready(sk);
	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn)
		tcp_handoff_event_queue(&conn->ev);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void conn_state_change(struct sock *sk)
{
	conn_data_ready(sk);
}

static void conn_timer(struct timer_list *t)
{
	struct conn *conn = from_timer(conn, t, timer);

	set_bit(CONN_LATE, &conn->flags);
	tcp_handoff_event_queue(&conn->ev);
}

static void conn_set_callbacks(struct conn *conn)
{
	struct sock *sk = conn->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = conn;
	sk->sk_data_ready = conn_data_ready;
	sk->sk_state_change = conn_state_change;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* A reset, for a client whom no answer reaches */
static void drop_sock(struct socket *sock)
{
	sock_no_linger(sock->sk);
	sock_release(sock);
}

static void conn_uncount(struct conn *conn)
{
	struct tcp_handoff_service *svc = conn->svc;

	spin_lock_bh(&svc->lock);
	list_del(&conn->list);
	if (conn->answered)
		svc->answering--;
	else
		svc->waiting--;
	/* under the lock: who waits frees it */
	if (!svc->answering && !svc->waiting)
		wake_up(&svc->empty);
	spin_unlock_bh(&svc->lock);
}

static void conn_free(struct conn *conn, bool reset)
{
	struct sock *sk = conn->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	timer_shutdown_sync(&conn->timer);
	if (reset)
		drop_sock(conn->sock);
	else
		sock_release(conn->sock);
	conn_uncount(conn);
	/* nobody else knows it any more */
	tcp_handoff_event_dequeue(&conn->ev);
	kfree(conn);
}

/*
 * Answers
 */

/*
 * A socket of the kernel that is closed has no timers: it is closed when TCP
 * is through with it, and reset if that takes too long.
 */
static void drain(struct conn *conn)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_TRUNC };
	struct kvec vec = { .iov_len = DRAIN };
	int n;

	do {
		n = kernel_recvmsg(conn->sock, &msg, &vec, 1, DRAIN,
				   MSG_DONTWAIT | MSG_TRUNC);
		if (n > 0)
			conn->drained += n;
	} while (n > 0 && conn->drained < LINGER_BYTES);

	if (inet_sk_state_load(conn->sock->sk) == TCP_CLOSE)
		conn_free(conn, false);
	else if (conn->drained >= LINGER_BYTES ||
		 test_bit(CONN_LATE, &conn->flags))
		conn_free(conn, true);
}

static const char *status_text(unsigned int status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 408:
		return "Request Timeout";
	case 431:
		return "Request Header Fields Too Large";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Service Unavailable";
	}
}

static void count_answer(struct tcp_handoff_net *hnet, unsigned int status)
{
	switch (status) {
	case 400:
		TCP_HANDOFF_INC(hnet, DISPATCH_400);
		break;
	case 408:
		TCP_HANDOFF_INC(hnet, DISPATCH_408);
		break;
	case 431:
		TCP_HANDOFF_INC(hnet, DISPATCH_431);
		break;
	case 505:
		TCP_HANDOFF_INC(hnet, DISPATCH_505);
		break;
	default:
		TCP_HANDOFF_INC(hnet, DISPATCH_503);
	}
}

static int send_answer(struct conn *conn, unsigned int status)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec;
	char text[128];
	int n;

	vec.iov_base = text;
	vec.iov_len = scnprintf(text, sizeof(text),
				"HTTP/1.1 %u %s\r\n"
				"Content-Length: 0\r\nConnection: close\r\n\r\n",
				status, status_text(status));
	n = kernel_sendmsg(conn->sock, &msg, &vec, 1, vec.iov_len);
	if (n != vec.iov_len)
		return -EPIPE;
	return kernel_sock_shutdown(conn->sock, SHUT_WR);
}

static void answer(struct conn *conn, unsigned int status, const char *why)
{
	struct tcp_handoff_service *svc = conn->svc;

	trace_tcp_handoff_answer(conn->sock->sk, status, why);
	count_answer(conn_hnet(conn), status);
	atomic64_inc(&svc->answered);
	if (send_answer(conn, status)) {
		conn_free(conn, true);
		return;
	}
	spin_lock_bh(&svc->lock);
	svc->waiting--;
	svc->answering++;
	conn->answered = true;
	spin_unlock_bh(&svc->lock);
	mod_timer(&conn->timer, jiffies + LINGER);
	clear_bit(CONN_LATE, &conn->flags);
	drain(conn);
}

/*
 * The head
 */

/* Of one packet, from @off on.  Return: false if no more is to be looked at */
static bool feed_skb(struct conn *conn, struct sk_buff *skb, u32 off)
{
	u32 most = READ_ONCE(conn->svc->limits.head_size);
	struct tcp_handoff_http *h = &conn->http;
	struct skb_seq_state st;
	unsigned int n, used = 0;
	const u8 *data;

	if (h->pos >= most || !skb_frags_readable(skb))
		return false;
	skb_prepare_seq_read(skb, off, skb->len, &st);
	while ((n = skb_seq_read(used, &data, &st))) {
		n = tcp_handoff_http_feed(h, data, min(n, most - h->pos));
		used += n;
		if (h->pos == most || h->error || tcp_handoff_http_is_done(h)) {
			skb_abort_seq_read(&st);
			return false;
		}
	}
	return true;
}

static void feed(struct conn *conn, struct sock *sk)
{
	u32 begin = tcp_sk(sk)->copied_seq, off;
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		off = begin + conn->http.pos - TCP_SKB_CB(skb)->seq;
		if (off < skb->len && !feed_skb(conn, skb, off))
			return;
	}
}

/* Bytes of the head, which is there */
static void copy_head(const struct sock *sk, u32 from, u32 len, char *to)
{
	u32 at = tcp_sk(sk)->copied_seq + from, off, n;
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		off = at - TCP_SKB_CB(skb)->seq;
		if (off >= skb->len)
			continue;
		n = min(len, skb->len - off);
		if (skb_copy_bits(skb, off, to, n))
			return;
		at += n;
		to += n;
		len -= n;
		if (!len)
			return;
	}
}

static u32 without_port(const char *host, u32 len)
{
	u32 n;

	for (n = len; n && host[n - 1] != ':' && host[n - 1] != ']'; n--)
		;
	return n && host[n - 1] == ':' ? n - 1 : len;
}

static void to_lower(char *text, u32 len)
{
	for (; len; text++, len--)
		*text = tolower(*text);
}

/**
 * tcp_handoff_request_fill() - what rules and schedulers see of a request
 * @req:    to be filled
 * @h:      parser that is done
 * @target: bytes of h->target
 * @host:   bytes of h->host; become lower case
 */
void tcp_handoff_request_fill(struct tcp_handoff_request *req,
			      const struct tcp_handoff_http *h,
			      const char *target, char *host)
{
	u32 path = h->path.len ? h->path.off - h->target.off : 0;

	to_lower(host, h->host.len);
	req->host = host;
	req->host_len = without_port(host, h->host.len);
	req->path = target + path;
	req->path_len = h->path.len;
	/* the same, whether the host is in the target or not */
	req->target = jhash(host, req->host_len, 0) |
		      (u64)jhash(target + path, h->target.len - path, 1) << 32;
}

/*
 * Dispatch
 */

static void handed_off(struct conn *conn)
{
	TCP_HANDOFF_INC(conn_hnet(conn), DISPATCHED);
	atomic64_inc(&conn->svc->dispatched);
	conn_free(conn, false);
}

static u64 choice_cookie(const struct tcp_handoff_choice *choice)
{
	BUILD_BUG_ON(TCP_HANDOFF_BACKENDS_MOST > 48);
	return (u64)choice->group << 48 | choice->tried;
}

static void choice_from_cookie(struct tcp_handoff_choice *choice, u64 cookie)
{
	choice->group = cookie >> 48;
	choice->tried = cookie & GENMASK_ULL(47, 0);
}

static void hand_off(struct conn *conn, const struct tcp_handoff_request *req)
{
	struct tcp_handoff_capture_opts opts = { .privileged = true };
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;

	if (!tcp_handoff_choose(conn->svc, req, &conn->choice)) {
		answer(conn, 503, "no back end is left");
		return;
	}
	opts.peer = conn->choice.peer;
	opts.cookie = choice_cookie(&conn->choice);
	flow = tcp_handoff_capture(conn->sock->sk, &opts, &reason);
	tcp_handoff_peer_put(opts.peer);
	if (!flow) {
		/* about this connection, whoever the back end is */
		tcp_handoff_refuse(conn_hnet(conn), reason);
		answer(conn, 503, tcp_handoff_reason_text(reason));
		return;
	}
	/* before the service may end, and with it the namespace */
	tcp_handoff_send(flow);
	handed_off(conn);
}

static void dispatch(struct conn *conn)
{
	const struct tcp_handoff_http *h = &conn->http;
	struct tcp_handoff_request req;
	struct sock *sk = conn->sock->sk;
	char *text;

	text = kmalloc(h->target.len + h->host.len, GFP_KERNEL);
	if (!text) {
		answer(conn, 503, "no memory");
		return;
	}
	lock_sock(sk);
	copy_head(sk, h->target.off, h->target.len, text);
	copy_head(sk, h->host.off, h->host.len, text + h->target.len);
	release_sock(sk);
	tcp_handoff_request_fill(&req, h, text, text + h->target.len);
	hand_off(conn, &req);
	kfree(text);
}

static void client_left(struct conn *conn)
{
	TCP_HANDOFF_INC(conn_hnet(conn), DISPATCH_LOST);
	conn_free(conn, true);
}

/* The head is not complete, and no more of it is waited for. */
static void give_up(struct conn *conn, bool closed)
{
	struct tcp_handoff_http *h = &conn->http;

	if (h->error)
		answer(conn, tcp_handoff_http_status(h),
		       tcp_handoff_http_text(h));
	else if (h->pos >= READ_ONCE(conn->svc->limits.head_size))
		answer(conn, 431, "the head is too large");
	else if (closed && tcp_handoff_http_is_idle(h))
		client_left(conn);
	else if (closed)
		answer(conn, 400, "the head has no end");
	else if (test_bit(CONN_LATE, &conn->flags))
		answer(conn, 408, "the head is late");
	else if (test_bit(CONN_STOP, &conn->flags))
		answer(conn, 503, "the service ends");
}

static void read_head(struct conn *conn)
{
	struct sock *sk = conn->sock->sk;
	bool closed, dead;

	lock_sock(sk);
	feed(conn, sk);
	closed = sk->sk_shutdown & RCV_SHUTDOWN;
	dead = sk->sk_state == TCP_CLOSE;
	release_sock(sk);
	if (dead)
		client_left(conn);
	else if (tcp_handoff_http_is_done(&conn->http))
		dispatch(conn);
	else
		give_up(conn, closed);
}

static void conn_event(struct tcp_handoff_ev *ev)
{
	struct conn *conn = container_of(ev, struct conn, ev);
	struct mem_cgroup *old;

	old = set_active_memcg(conn_hnet(conn)->memcg);
	if (READ_ONCE(conn->svc->aborting))
		conn_free(conn, true);
	else if (conn->answered)
		drain(conn);
	else
		read_head(conn);
	set_active_memcg(old);
}

/*
 * The beginning and the end
 */

/* A back end has refused it. */
static void conn_returned(struct conn *conn)
{
	struct tcp_handoff_info_blk *blk;
	bool returned;

	rcu_read_lock();
	blk = rcu_dereference(tcp_sk(conn->sock->sk)->handoff);
	returned = blk && blk->info.role == TCP_HANDOFF_ROLE_RETURNED;
	if (returned)
		choice_from_cookie(&conn->choice, blk->info.cookie);
	rcu_read_unlock();
	if (returned) {
		TCP_HANDOFF_INC(conn_hnet(conn), DISPATCH_AGAIN);
		atomic64_inc(&conn->svc->again);
	} else {
		TCP_HANDOFF_INC(conn_hnet(conn), DISPATCH_ACCEPTED);
		atomic64_inc(&conn->svc->accepted);
	}
}

/*
 * One more: it waits, or there are too many and it is told so, or there are
 * too many that were told.
 */
static bool conn_count(struct conn *conn)
{
	struct tcp_handoff_service *svc = conn->svc;
	u32 most = READ_ONCE(svc->limits.waiting);
	bool ok;

	spin_lock_bh(&svc->lock);
	/* one that came back has its head */
	if ((svc->waiting >= most && !conn->choice.tried) || svc->stopping)
		set_bit(CONN_STOP, &conn->flags);
	ok = svc->waiting + svc->answering < 2 * most;
	if (ok) {
		list_add_tail(&conn->list, &svc->conns);
		svc->waiting++;
	}
	spin_unlock_bh(&svc->lock);
	return ok;
}

static struct conn *conn_alloc(struct tcp_handoff_service *svc,
			       struct socket *sock)
{
	struct conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL_ACCOUNT);

	if (!conn)
		return NULL;
	conn->svc = svc;
	conn->sock = sock;
	timer_setup(&conn->timer, conn_timer, 0);
	tcp_handoff_event_init(&conn->ev, raw_smp_processor_id(), conn_event);
	return conn;
}

static void conn_start(struct tcp_handoff_service *svc, struct socket *sock)
{
	struct conn *conn = conn_alloc(svc, sock);

	if (conn)
		conn_returned(conn);
	if (!conn || !conn_count(conn)) {
		TCP_HANDOFF_INC(svc->dn->hnet, DISPATCH_DROPPED);
		kfree(conn);
		drop_sock(sock);
		return;
	}
	mod_timer(&conn->timer, jiffies +
		  msecs_to_jiffies(READ_ONCE(svc->limits.head_ms)));
	conn_set_callbacks(conn);
	/* what came before is there already */
	tcp_handoff_event_queue(&conn->ev);
}

/**
 * tcp_handoff_dispatch_accept() - take connections of a service
 * @svc:    service that listens
 * @budget: so many
 *
 * Context: process, may sleep.
 * Return: true if there may be more
 */
bool tcp_handoff_dispatch_accept(struct tcp_handoff_service *svc, int budget)
{
	struct mem_cgroup *old;
	struct socket *sock;
	int i, err = 0;

	old = set_active_memcg(svc->dn->hnet->memcg);
	for (i = 0; i < budget && !err; i++) {
		err = kernel_accept(svc->lsock, &sock, O_NONBLOCK);
		if (!err)
			conn_start(svc, sock);
	}
	set_active_memcg(old);
	return !err;
}

static bool has_no_conns(struct tcp_handoff_service *svc)
{
	bool none;

	spin_lock_bh(&svc->lock);
	none = list_empty(&svc->conns);
	spin_unlock_bh(&svc->lock);
	return none;
}

/**
 * tcp_handoff_dispatch_stop() - end the connections of a service
 * @svc: service that accepts nothing any more
 *
 * They are answered, and have the usual time to close; with svc->aborting they
 * are reset.
 *
 * Context: process, may sleep; waits until the last one has gone.
 */
void tcp_handoff_dispatch_stop(struct tcp_handoff_service *svc)
{
	struct conn *conn;

	spin_lock_bh(&svc->lock);
	list_for_each_entry(conn, &svc->conns, list) {
		set_bit(CONN_STOP, &conn->flags);
		tcp_handoff_event_queue(&conn->ev);
	}
	spin_unlock_bh(&svc->lock);
	wait_event(svc->empty, has_no_conns(svc));
}
