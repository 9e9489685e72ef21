// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: take a live connection out of its socket.
 *
 * Nothing may be processed after the snapshot: this host would acknowledge
 * bytes that the back end never gets.  So the snapshot, the swap of the
 * socket for a minisock in ehash, the silent close and the end of ownership
 * are one section under the socket's spinlock, entered with an empty backlog.
 * A packet that was looked up before it and waits for the spinlock finds a
 * captured socket in state CLOSE and is looked up again
 * (tcp_handoff_v4_moved()).
 *
 * Everything that can fail comes before the snapshot.
 */
#include <linux/skmsg.h>
#include <net/inet_hashtables.h>

#include "handoff.h"

static bool sk_is_v4(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return ipv6_addr_v4mapped(&sk->sk_v6_daddr);
#endif
	return sk->sk_family == AF_INET;
}

static bool sk_has_psock(const struct sock *sk)
{
	bool has;

	rcu_read_lock();
	has = IS_ENABLED(CONFIG_NET_SOCK_MSG) && sk_psock(sk);
	rcu_read_unlock();
	return has;
}

/**
 * tcp_handoff_is_signed() - does this socket sign, for whomever?
 * @sk: connection or listener
 *
 * Keys stay where they are: they are secrets of the two hosts, and a segment
 * may be signed for an address that this host alone has.
 *
 * Context: the socket is owned.
 */
bool tcp_handoff_is_signed(const struct sock *sk)
{
#ifdef CONFIG_TCP_MD5SIG
	if (rcu_access_pointer(tcp_sk(sk)->md5sig_info))
		return true;
#endif
#ifdef CONFIG_TCP_AO
	if (rcu_access_pointer(tcp_sk(sk)->ao_info))
		return true;
#endif
	return false;
}

static bool sk_is_smc(const struct tcp_sock *tp)
{
#if IS_ENABLED(CONFIG_SMC)
	return tp->syn_smc;
#else
	return false;
#endif
}

/* Packets of an adopted connection pass its front end: that one moves it. */
static bool sk_is_owned(const struct sock *sk)
{
	struct tcp_handoff_info_blk *blk;

	blk = rcu_dereference_protected(tcp_sk(sk)->handoff,
					lockdep_sock_is_held(sk));
	return blk && blk->flow;
}

static bool queues_are_readable(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	struct rb_node *p;

	skb_queue_walk(&sk->sk_receive_queue, skb)
		if (!skb_frags_readable(skb) || skb_is_decrypted(skb))
			return false;
	for (p = rb_first(&tp->out_of_order_queue); p; p = rb_next(p))
		if (!skb_frags_readable(rb_to_skb(p)))
			return false;
	skb_queue_walk(&sk->sk_write_queue, skb)
		if (skb_is_decrypted(skb))
			return false;
	return true;
}

/*
 * Has the program read anything since the connection began, or since it came
 * here?  TCP cannot know where a request begins; the program has to say.
 */
static bool sk_was_read(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_handoff_info_blk *blk;
	u32 unread = tp->rcv_nxt - tp->copied_seq;

	blk = rcu_dereference_protected(tp->handoff, lockdep_sock_is_held(sk));
	if (blk && !blk->captured)	/* else of an earlier connection */
		return tp->copied_seq != blk->adopted_copied_seq;
	/* both count a FIN as a byte */
	return tp->bytes_received != unread;
}

/**
 * tcp_handoff_check_sock() - can the connection of a socket be moved?
 * @sk: TCP socket in any state
 *
 * What cannot be moved, each with a reason of its own.
 *
 * Context: the socket is owned.
 * Return: NONE if so
 */
enum tcp_handoff_reason tcp_handoff_check_sock(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	if (!sk_is_v4(sk))
		return TCP_HANDOFF_REASON_FAMILY;
	if (sk->sk_state == TCP_ESTABLISHED || sk->sk_state == TCP_CLOSE_WAIT) {
		if (sk->sk_shutdown & SEND_SHUTDOWN)
			return TCP_HANDOFF_REASON_FIN_SENT;
	} else if ((1 << sk->sk_state) & (TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 |
					  TCPF_CLOSING | TCPF_LAST_ACK)) {
		return TCP_HANDOFF_REASON_FIN_SENT;
	} else {
		return TCP_HANDOFF_REASON_STATE;
	}
	if (sk->sk_err)
		return TCP_HANDOFF_REASON_SOCK_ERR;
	if (tp->repair)
		return TCP_HANDOFF_REASON_REPAIR;
	if (tcp_handoff_is_signed(sk))
		return TCP_HANDOFF_REASON_SIGNED;
	if (icsk->icsk_ulp_ops)
		return TCP_HANDOFF_REASON_ULP;
	if (sk_is_mptcp(sk))
		return TCP_HANDOFF_REASON_MPTCP;
	if (sk_has_psock(sk))
		return TCP_HANDOFF_REASON_SOCKMAP;
	if (sk_is_smc(tp))
		return TCP_HANDOFF_REASON_SMC;
	if (rcu_access_pointer(inet_sk(sk)->inet_opt))
		return TCP_HANDOFF_REASON_IP_OPTIONS;
	if (rcu_access_pointer(tp->fastopen_rsk))
		return TCP_HANDOFF_REASON_FASTOPEN;
	if (sk->sk_write_pending)
		return TCP_HANDOFF_REASON_WRITER;
	if (tp->urg_data == TCP_URG_NOTYET)
		return TCP_HANDOFF_REASON_URGENT;
	if (sk_is_owned(sk))
		return TCP_HANDOFF_REASON_OWNED;
	if (!queues_are_readable(sk))
		return TCP_HANDOFF_REASON_UNREADABLE;
	return TCP_HANDOFF_REASON_NONE;
}

static bool home_exists(struct net *net, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct sock *lsk;
	bool exists;

	rcu_read_lock();
	lsk = inet_lookup_listener(net, net->ipv4.tcp_death_row.hashinfo, NULL,
				   0, inet->inet_daddr, inet->inet_dport,
				   inet->inet_rcv_saddr, inet->inet_sport,
				   sk->sk_bound_dev_if, 0);
	exists = lsk && tcp_handoff_listener_fits(lsk);
	rcu_read_unlock();
	return exists;
}

static enum tcp_handoff_reason
check_capture(struct sock *sk, const struct tcp_handoff_capture_opts *opts)
{
	enum tcp_handoff_reason reason = tcp_handoff_check_sock(sk);
	struct net *net = sock_net(sk);

	if (reason)
		return reason;
	/* again: the socket was not locked when the caller looked */
	if (!opts->privileged && !opts->home &&
	    !tcp_handoff_vip_unprivileged(tcp_handoff_pernet(net),
					  inet_sk(sk)->inet_rcv_saddr,
					  inet_sk(sk)->inet_sport))
		return TCP_HANDOFF_REASON_PERM;
	if (!(opts->flags & TCP_HANDOFF_F_CONSUMED) && sk_was_read(sk))
		return TCP_HANDOFF_REASON_CONSUMED;
	if (!opts->home &&
	    (ipv4_is_loopback(inet_sk(sk)->inet_daddr) ||
	     inet_addr_type(net, inet_sk(sk)->inet_daddr) == RTN_LOCAL))
		return TCP_HANDOFF_REASON_LOCAL;
	if (inet_addr_type(net, inet_sk(sk)->inet_rcv_saddr) != RTN_LOCAL)
		return TCP_HANDOFF_REASON_NOT_LOCAL;
	if (!home_exists(net, sk))
		return TCP_HANDOFF_REASON_NO_HOME;
	if (tcp_handoff_wire_size(sk) > TCP_HANDOFF_MSG_MAX / 2)
		return TCP_HANDOFF_REASON_TOO_BIG;
	return TCP_HANDOFF_REASON_NONE;
}

/* What tcp_time_wait() fills in, for a minisock that is none. */
static void fill_tw(const struct sock *sk, struct inet_timewait_sock *tw)
{
	struct tcp_timewait_sock *tcptw = tcp_twsk((struct sock *)tw);
	const struct tcp_sock *tp = tcp_sk(sk);

	tw->tw_mark = sk->sk_mark;
	tw->tw_priority = READ_ONCE(sk->sk_priority);
	tw->tw_rcv_wscale = tp->rx_opt.rcv_wscale;
	tw->tw_usec_ts = tp->tcp_usec_ts;
	tw->tw_txhash = sk->sk_txhash;
	tcptw->tw_rcv_nxt = tp->rcv_nxt;
	tcptw->tw_snd_nxt = tp->snd_nxt;
	tcptw->tw_rcv_wnd = tcp_receive_window(tp);
	tcptw->tw_ts_recent = tp->rx_opt.ts_recent;
	tcptw->tw_ts_recent_stamp = tp->rx_opt.ts_recent_stamp;
	tcptw->tw_ts_offset = tp->tsoffset;
	tcptw->tw_last_oow_ack_time = 0;
	tcptw->tw_tx_delay = tp->tcp_tx_delay;
	RCU_INIT_POINTER(tcptw->tw_handoff, NULL);
#ifdef CONFIG_TCP_MD5SIG
	tcptw->tw_md5_key = NULL;
#endif
#ifdef CONFIG_TCP_AO
	RCU_INIT_POINTER(tcptw->ao_info, NULL);
#endif
#if IS_ENABLED(CONFIG_IPV6)
	if (tw->tw_family == PF_INET6) {
		tw->tw_v6_daddr = sk->sk_v6_daddr;
		tw->tw_v6_rcv_saddr = sk->sk_v6_rcv_saddr;
		tw->tw_tclass = inet6_sk(sk)->tclass;
		tw->tw_flowlabel = 0;
		tw->tw_ipv6only = 0;
	}
#endif
}

/* Everything that is allocated before the socket is locked for good. */
struct capture {
	const struct tcp_handoff_capture_opts *opts;
	struct tcp_handoff_net *hnet;
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_image *img;
	struct tcp_handoff_info_blk *blk;
};

static void fill_flow(struct sock *sk, struct capture *c)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct tcp_handoff_info_blk *old;
	struct tcp_handoff_flow *flow = c->flow;

	flow->caddr = inet->inet_daddr;
	flow->cport = inet->inet_dport;
	flow->vaddr = inet->inet_rcv_saddr;
	flow->vport = inet->inet_sport;
	flow->bound_dev_if = sk->sk_bound_dev_if;
	flow->conn_magic = tcp_sk(sk)->rcv_nxt;
	flow->cookie = c->opts->cookie;
	flow->req_flags = c->opts->flags;
	flow->last_used = tcp_jiffies32;
	flow->attempts = 1;
	flow->epoch = 1;

	old = rcu_dereference_protected(tcp_sk(sk)->handoff,
					lockdep_sock_is_held(sk));
	if (old && !old->captured)
		flow->attempts += old->info.attempts;
}

static void fill_blk(struct capture *c)
{
	struct tcp_handoff_info *info = &c->blk->info;
	struct sockaddr_in *sin = (struct sockaddr_in *)&info->peer;

	c->blk->captured = true;
	info->role = TCP_HANDOFF_ROLE_CAPTURED;
	info->attempts = c->flow->attempts;
	info->epoch = c->flow->epoch;
	info->cookie = c->flow->cookie;
	info->boot_id = c->flow->id.boot_id;
	info->flow_id = c->flow->id.seq;
	if (!c->opts->peer)
		return;
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = c->opts->peer->addr;
	sin->sin_port = c->opts->peer->port;
}

/**
 * tcp_handoff_close_silently() - end a socket, not the connection
 * @sk: its queues are empty, or of no use to anybody
 *
 * Makes it what tcp_done() leaves behind, without the reset that a close of an
 * established connection would count or send.
 *
 * Context: the socket's lock or spinlock is held.
 */
void tcp_handoff_close_silently(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	WRITE_ONCE(tp->urg_data, 0);
	sk_set_peek_off(sk, -1);
	/* from ESTABLISHED to CLOSE would be an EstabReset */
	tcp_set_state(sk, TCP_FIN_WAIT2);
	tcp_done(sk);
}

/* The point of no return: no failure from here, one spinlock section. */
static void swap_sock(struct sock *sk, struct capture *c,
		      struct inet_timewait_sock *tw)
{
	struct tcp_timewait_sock *tcptw = tcp_twsk((struct sock *)tw);
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_handoff_info_blk *old;

	c->flow->t_capture = ktime_get_ns();
	tcp_handoff_snapshot(sk, &c->img->st,
			     c->opts->flags & TCP_HANDOFF_F_SOCKOPTS);
	tcp_handoff_splice(sk, c->img);
	c->flow->img = c->img;

	c->flow->tw = tw;
	tcp_handoff_flow_hold(c->flow);		/* the minisock's */
	RCU_INIT_POINTER(tcptw->tw_handoff, c->flow);
	old = rcu_dereference_protected(tp->handoff, lockdep_sock_is_held(sk));
	rcu_assign_pointer(tp->handoff, c->blk);
	inet_twsk_hashdance_schedule(tw, sk, c->hnet->death_row.hashinfo,
				     TCP_HANDOFF_TW_TIMEO);
	tcp_handoff_close_silently(sk);
	if (old)
		kfree_rcu(old, rcu);
}

static enum tcp_handoff_reason capture_locked(struct sock *sk,
					      struct capture *c)
{
	struct inet_timewait_death_row *row = &c->hnet->death_row;
	enum tcp_handoff_reason reason;
	struct inet_timewait_sock *tw;
	size_t bytes;

	reason = check_capture(sk, c->opts);
	if (reason)
		return reason;
	bytes = tcp_handoff_splice_size(sk);
	if (!tcp_handoff_charge(c->hnet, bytes))
		return TCP_HANDOFF_REASON_BYTES;
	c->img->bytes = bytes;

	fill_flow(sk, c);
	fill_blk(c);
	tw = inet_twsk_alloc(sk, row, TCP_TIME_WAIT);
	if (!tw)
		return refcount_read(&row->tw_refcount) - 1 >=
		       READ_ONCE(row->sysctl_max_tw_buckets) ?
		       TCP_HANDOFF_REASON_FLOWS : TCP_HANDOFF_REASON_MEMORY;
	fill_tw(sk, tw);
	reason = tcp_handoff_flow_insert(c->flow);
	if (reason) {
		inet_twsk_free(tw);
		return reason;
	}
	swap_sock(sk, c, tw);
	return TCP_HANDOFF_REASON_NONE;
}

/*
 * Push what a corked or lazy writer left, so that no partial segment is
 * stranded under a foreign application.
 */
static void settle(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (sk->sk_state == TCP_ESTABLISHED || sk->sk_state == TCP_CLOSE_WAIT) {
		tp->nonagle &= ~TCP_NAGLE_CORK;
		tcp_push_pending_frames(sk);
	}
}

/*
 * As release_sock(), but the socket is still owned and the spinlock held on
 * return, with an empty backlog and no deferred timer.
 */
static void own_and_flush(struct sock *sk)
	__acquires(&sk->sk_lock.slock)
{
	spin_lock_bh(&sk->sk_lock.slock);
	do {
		if (sk->sk_backlog.tail)
			__release_sock(sk);
		tcp_release_cb(sk);
	} while (sk->sk_backlog.tail);
}

static void disown(struct sock *sk)
	__releases(&sk->sk_lock.slock)
{
	sock_release_ownership(sk);
	/* no barrier: a waiter queues itself under the spinlock we hold */
	if (waitqueue_active(&sk->sk_lock.wq))
		wake_up(&sk->sk_lock.wq);
	spin_unlock_bh(&sk->sk_lock.slock);
}

static enum tcp_handoff_reason capture_sock(struct sock *sk, struct capture *c)
{
	enum tcp_handoff_reason reason;
	u8 cork;

	lock_sock(sk);
	reason = check_capture(sk, c->opts);
	if (reason) {
		release_sock(sk);
		return reason;
	}
	cork = tcp_sk(sk)->nonagle & TCP_NAGLE_CORK;
	settle(sk);
	own_and_flush(sk);
	reason = capture_locked(sk, c);
	if (reason)
		tcp_sk(sk)->nonagle |= cork;
	disown(sk);
	return reason;
}

static bool capture_alloc(struct capture *c)
{
	c->flow = tcp_handoff_flow_alloc(c->hnet);
	c->img = kzalloc(sizeof(*c->img), GFP_KERNEL_ACCOUNT);
	c->blk = kzalloc(sizeof(*c->blk), GFP_KERNEL_ACCOUNT);
	if (!c->flow || !c->img || !c->blk)
		return false;
	tcp_handoff_image_init(c->img);
	c->flow->id.boot_id = c->hnet->boot_id;
	c->flow->id.seq = atomic64_inc_return(&c->hnet->next_seq);
	tcp_handoff_flow_set_peer(c->flow, c->opts->peer);
	/* whoever gets the flow reads its image before anybody may free it */
	c->flow->packing = true;
	return true;
}

static void capture_free(struct capture *c)
{
	kfree(c->blk);
	if (c->img)
		tcp_handoff_uncharge(c->hnet, c->img->bytes);
	kfree(c->img);
	tcp_handoff_flow_put(c->flow);
}

/**
 * tcp_handoff_capture() - take the connection out of a socket
 * @sk:     TCP socket; the caller holds a reference, not the lock
 * @opts:   to whom it will go, and the request's flags and cookie
 * @reason: why not, if NULL is returned
 *
 * On success the socket is finished (end of file, EPOLLHUP, no FIN and no RST
 * was or will be sent), a minisock in its place holds what arrives, and the
 * flow, in state HOLD, has the connection.  The caller owns a reference and
 * must pass the flow to tcp_handoff_send() or tcp_handoff_send_home(), or the
 * client waits until the deadline.  On failure nothing has changed.
 *
 * Context: process, may sleep.
 * Return: flow or NULL
 */
struct tcp_handoff_flow *
tcp_handoff_capture(struct sock *sk,
		    const struct tcp_handoff_capture_opts *opts,
		    enum tcp_handoff_reason *reason)
{
	struct capture c = {
		.opts = opts,
		.hnet = tcp_handoff_pernet(sock_net(sk)),
	};

	if (capture_alloc(&c))
		*reason = capture_sock(sk, &c);
	else
		*reason = TCP_HANDOFF_REASON_MEMORY;
	if (*reason) {
		capture_free(&c);
		return NULL;
	}
	tcp_handoff_track(c.flow);
	TCP_HANDOFF_INC(c.hnet, CAPTURED);
	tcp_handoff_notify(c.flow, TCP_HANDOFF_EVENT_CAPTURED);
	return c.flow;
}
