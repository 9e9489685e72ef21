// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff, torture mode: connections are handed on though nobody asked.
 *
 * The sysctl net.ipv4.tcp_handoff_torture of a namespace is a sum of
 *
 *   1  every connection that accept() is about to return is captured and comes
 *	home, through the same listener's accept queue
 *   2  every net.ipv4.tcp_handoff_torture_every-th call in the namespace that
 *	sends or receives has the connection packed into a message, the socket
 *	reset, and the message applied to it
 *
 * What a handoff refuses is left alone and counted as skipped.
 *
 * Level 2 resets a socket by inverting every bit of what the message carries,
 * and making 0 what is 0 in a fresh child.  So whatever is not carried over is
 * certainly wrong afterwards.  What stays belongs to this host or the program.
 * What a handoff may change once, but not thousands of times in a second, is
 * set right: undo_transit(), keep_timers(), keep_unchanged().
 */
#include <linux/sysctl.h>
#include <net/inet_connection_sock.h>
#include <net/netns/generic.h>
#include <net/tcp_handoff_torture.h>

#include "handoff.h"

#define TORTURE_ACCEPT	1
#define TORTURE_IN_PLACE 2

struct torture_net {
	struct net *net;
	struct ctl_table *table;
	struct ctl_table_header *header;
	atomic_t calls;
	int level;			/* changes under hnet->mutex */
	int every;
};

/* One connection, torn out and put back. */
struct torture {
	struct tcp_handoff_image from, to;
};

struct field {
	u16 offset;
	u16 size;
};

#define F(name)		{ offsetof(struct tcp_sock, name), \
			  sizeof_field(struct tcp_sock, name) }
#define FI(name)	F(inet_conn.name)

DEFINE_STATIC_KEY_FALSE(tcp_handoff_torture_key);

static unsigned int torture_net_id __read_mostly;

/* What the message has, always or with the socket options. */
static const struct field carried[] = {
	FI(icsk_rto), FI(icsk_rto_min), FI(icsk_delack_max),
	FI(icsk_ack.quick), FI(icsk_ack.pingpong), FI(icsk_ack.lrcvtime),
	FI(icsk_ack.rcv_mss), FI(icsk_user_timeout),
	F(max_window), F(rcv_ssthresh), F(reordering), F(notsent_lowat),
	F(snd_wnd), F(snd_cwnd), F(tcp_header_len), F(scaling_ratio),
	F(copied_seq), F(rcv_tstamp), F(snd_wl1), F(rttvar_us), F(lost),
	F(rtt_min), F(snd_ssthresh), F(segs_out), F(data_segs_out),
	F(bytes_sent), F(snd_sml), F(write_seq), F(pushed_seq), F(lsndtime),
	F(mdev_us), F(rtt_seq), F(ecn_flags), F(rcv_nxt), F(snd_nxt),
	F(snd_una), F(window_clamp), F(srtt_us), F(snd_up), F(delivered),
	F(delivered_ce), F(rcv_wnd), F(rx_opt.num_sacks), F(rx_opt.user_mss),
	F(rx_opt.mss_clamp), F(bytes_received), F(segs_in), F(data_segs_in),
	F(rcv_wup), F(first_tx_mstamp), F(delivered_mstamp), F(bytes_acked),
	F(rcv_rtt_est), F(rcvq_space), F(dsack_dups),
	F(compressed_ack_rcv_nxt), F(rack.reo_wnd_steps),
	F(keepalive_probes), F(mdev_max_us), F(reord_seen), F(snd_cwnd_cnt),
	F(snd_cwnd_clamp), F(snd_cwnd_stamp), F(selective_acks), F(high_seq),
	F(bytes_retrans), F(total_retrans), F(total_rto),
	F(total_rto_recoveries), F(total_rto_time), F(keepalive_time),
	F(keepalive_intvl), F(linger2), F(rcv_ooopack),
};

/* ... if there are timestamps. */
static const struct field carried_ts[] = {
	F(tsoffset), F(rx_opt.ts_recent), F(rx_opt.ts_recent_stamp),
};

/* 0 in a fresh child, and derived or begun anew, or only carried if not 0. */
static const struct field zeroed[] = {
	FI(icsk_timeout), FI(icsk_retransmits), FI(icsk_pending),
	FI(icsk_backoff), FI(icsk_probes_out), FI(icsk_ack.pending),
	FI(icsk_ack.retry), FI(icsk_ack.timeout), FI(icsk_ack.last_seg_size),
	FI(icsk_mtup), FI(icsk_probes_tstamp), FI(icsk_ca_priv),
	F(gso_segs), F(lost_skb_hint), F(retransmit_skb_hint), F(prr_out),
	F(lost_out), F(sacked_out), F(tlp_high_seq), F(retrans_out),
	F(urg_data), F(urg_seq), F(out_of_order_queue), F(chrono_start),
	F(chrono_stat), F(tcp_wstamp_ns), F(highest_sack), F(pred_flags),
	F(tcp_clock_cache), F(tcp_mstamp), F(packets_out),
	F(rx_opt.rcv_tsval), F(rx_opt.rcv_tsecr), F(max_packets_out),
	F(cwnd_usage_seq), F(rate_delivered), F(rate_interval_us),
	F(rcv_rtt_last_tsecr), F(rack.mstamp), F(rack.rtt_us),
	F(rack.end_seq), F(rack.last_delivered), F(compressed_ack),
	F(snd_cwnd_used), F(prior_cwnd), F(prr_delivered),
	F(last_oow_ack_time), F(ooo_last_skb), F(duplicate_sack),
	F(recv_sack_cache), F(lost_cnt_hint), F(prior_ssthresh),
	F(retrans_stamp), F(undo_marker), F(undo_retrans), F(rto_stamp),
	F(timeout_rehash), F(mtu_probe), F(plb_rehash),
};

static void invert(struct tcp_sock *tp, const struct field *f, int nr)
{
	for (; nr; f++, nr--) {
		u8 *p = (u8 *)tp + f->offset;
		int i;

		for (i = 0; i < f->size; i++)
			p[i] = ~p[i];
	}
}

/* Bit fields have no offset. */
static void invert_bits(struct tcp_sock *tp)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;

	icsk->icsk_ack.ato = ~icsk->icsk_ack.ato;
	tp->tcp_usec_ts = !tp->tcp_usec_ts;
	tp->is_cwnd_limited = !tp->is_cwnd_limited;
	tp->nonagle ^= TCP_NAGLE_OFF;
	tp->rx_opt.tstamp_ok = !tp->rx_opt.tstamp_ok;
	tp->rx_opt.wscale_ok = !tp->rx_opt.wscale_ok;
	tp->rx_opt.sack_ok = ~tp->rx_opt.sack_ok;
	tp->rx_opt.snd_wscale = ~tp->rx_opt.snd_wscale;
	tp->rx_opt.rcv_wscale = ~tp->rx_opt.rcv_wscale;
	tp->rack.reo_wnd_persist = ~tp->rack.reo_wnd_persist;
	tp->rack.dsack_seen = !tp->rack.dsack_seen;
	tp->thin_lto = !tp->thin_lto;
}

static void zero(struct tcp_sock *tp)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;
	int i;

	for (i = 0; i < ARRAY_SIZE(zeroed); i++)
		memset((u8 *)tp + zeroed[i].offset, 0, zeroed[i].size);
	icsk->icsk_ca_state = TCP_CA_Open;
	icsk->icsk_ca_initialized = 0;
	icsk->icsk_ca_setsockopt = 0;
	icsk->icsk_ca_dst_locked = 0;
	tp->chrono_type = 0;
	tp->is_sack_reneg = 0;
	tp->rx_opt.saw_tstamp = 0;
	tp->rx_opt.dsack = 0;
	tp->rack.advanced = 0;
	tp->dup_ack_counter = 0;
	tp->tlp_retrans = 0;
	tp->frto = 0;
}

/* What a fresh child has that is not 0, and of which helpers make use. */
static void reset_values(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	INIT_LIST_HEAD(&tp->tsorted_sent_queue);
	tp->app_limited = ~0U;
	tp->rate_app_limited = 1;
	tp->mss_cache = TCP_MSS_DEFAULT;
	tp->advmss = TCP_MSS_DEFAULT;
	WRITE_ONCE(sk->sk_pacing_rate, ~0UL);
	if (dst)
		tcp_ca_openreq_child(sk, dst);
	else
		tcp_assign_congestion_control(sk);
}

/*
 * Make the socket one that has just been born, and what is not 0 in it wrong.
 * It stays where it is, in ehash and in its state, with its owner's options.
 */
static void reset(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	/* not the pacing timer: it sends when it is time, whatever there is */
	inet_csk_clear_xmit_timers(sk);
	if (hrtimer_try_to_cancel(&tp->compressed_ack_timer) == 1)
		__sock_put(sk);
	tcp_cleanup_congestion_control(sk);
	if (tp->rx_opt.tstamp_ok)
		invert(tp, carried_ts, ARRAY_SIZE(carried_ts));
	invert(tp, carried, ARRAY_SIZE(carried));
	invert_bits(tp);
	zero(tp);
	reset_values(sk);
	if (sk->sk_state == TCP_CLOSE_WAIT) {
		sock_reset_flag(sk, SOCK_DONE);
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown & ~RCV_SHUTDOWN);
	}
}

/* Timers that were running. */
struct timers {
	unsigned long retrans, delack;
	u8 pending;
	bool ack_pending;
};

static void look_at_timers(const struct sock *sk, struct timers *t)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	t->pending = icsk->icsk_pending;
	t->retrans = icsk->icsk_timeout;
	t->ack_pending = icsk->icsk_ack.pending & ICSK_ACK_TIMER;
	t->delack = icsk->icsk_ack.timeout;
}

static void sooner(struct sock *sk, struct timer_list *timer,
		   unsigned long *timeout, unsigned long than)
{
	if (!time_before(than, *timeout))
		return;
	*timeout = than;
	sk_reset_timer(sk, timer, than);
}

/* One that starts anew whenever the program does something never fires. */
static void keep_timers(struct sock *sk, const struct timers *t)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	s64 us;

	if (icsk->icsk_pending && icsk->icsk_pending == t->pending) {
		sooner(sk, &icsk->icsk_retransmit_timer, &icsk->icsk_timeout,
		       t->retrans);
	} else if (icsk->icsk_pending == ICSK_TIME_RETRANS) {
		/* was that of a probe, as in tcp_rearm_rto() */
		us = tcp_rto_delta_us(sk);
		sooner(sk, &icsk->icsk_retransmit_timer, &icsk->icsk_timeout,
		       jiffies + usecs_to_jiffies(max_t(s64, us, 1)));
	}
	if (icsk->icsk_ack.pending & ICSK_ACK_TIMER && t->ack_pending)
		sooner(sk, &icsk->icsk_delack_timer, &icsk->icsk_ack.timeout,
		       t->delack);
}

/*
 * A transit takes time of which nobody knows how much, and timestamps are
 * rounded so that they never run ahead.  Here it has taken none, and the
 * clock is the same.
 */
static void undo_transit(struct torture *t)
{
	struct tcp_handoff_state *st = &t->to.st;
	u64 late = st->taken - t->from.st.taken;
	struct sk_buff *skb;

	st->taken = t->from.st.taken;
	st->ts_rest = t->from.st.ts_rest;
	skb_queue_walk(&t->to.rtx, skb)
		if (skb->skb_mstamp_ns > late)
			skb->skb_mstamp_ns -= late;
}

static enum tcp_handoff_reason through_the_wire(struct torture *t)
{
	enum tcp_handoff_reason reason;
	size_t len;
	void *body;
	int err;

	err = tcp_handoff_pack(&t->from, &body, &len);
	if (err)
		return err == -ENOMEM ? TCP_HANDOFF_REASON_MEMORY :
					TCP_HANDOFF_REASON_TOO_BIG;
	reason = tcp_handoff_parse(body, len, &t->to);
	kvfree(body);
	/* a connection of this host that no host would take */
	WARN_ONCE(reason && reason != TCP_HANDOFF_REASON_MEMORY,
		  "tcp_handoff: %s\n", tcp_handoff_reason_text(reason));
	return reason;
}

/* Whoever looked without the lock meanwhile may have seen anything. */
static void wake(struct sock *sk)
{
	struct socket_wq *wq;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLIN | EPOLLOUT |
					   EPOLLPRI | EPOLLRDNORM |
					   EPOLLRDBAND | EPOLLWRNORM |
					   EPOLLWRBAND | EPOLLRDHUP);
	rcu_read_unlock();
}

/*
 * As tcp_handoff_apply_start(), but the program is still there: what it holds
 * back with MSG_MORE is its own affair.
 */
static void start(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->pushed_seq == tp->write_seq)
		tcp_handoff_apply_start(sk);
	else if (!tp->packets_out && !tcp_write_queue_empty(sk))
		tcp_check_probe_timer(sk);
}

/*
 * What a handoff may change once, but not a thousand times in a second: the
 * departure time is rounded up, buffers grow if queues take more memory than
 * they did, and measurements of a round trip begin anew.
 */
struct unchanged {
	u64 wstamp_ns, rtt_time, space_time;
	u32 rtt_seq, rtt_tsecr, space_seq;
	int rcvbuf, sndbuf;
};

static void look_at_unchanged(const struct sock *sk, struct unchanged *u)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	u->wstamp_ns = tp->tcp_wstamp_ns;
	u->rtt_time = tp->rcv_rtt_est.time;
	u->rtt_seq = tp->rcv_rtt_est.seq;
	u->rtt_tsecr = tp->rcv_rtt_last_tsecr;
	u->space_time = tp->rcvq_space.time;
	u->space_seq = tp->rcvq_space.seq;
	u->rcvbuf = sk->sk_rcvbuf;
	u->sndbuf = sk->sk_sndbuf;
}

static void keep_unchanged(struct sock *sk, const struct unchanged *u)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->tcp_wstamp_ns = u->wstamp_ns;
	tp->rcv_rtt_est.time = u->rtt_time;
	tp->rcv_rtt_est.seq = u->rtt_seq;
	tp->rcv_rtt_last_tsecr = u->rtt_tsecr;
	tp->rcvq_space.time = u->space_time;
	tp->rcvq_space.seq = u->space_seq;
	WRITE_ONCE(sk->sk_rcvbuf, u->rcvbuf);
	WRITE_ONCE(sk->sk_sndbuf, u->sndbuf);
}

static void put_back(struct sock *sk, struct tcp_handoff_image *img)
{
	struct unchanged unchanged;
	struct timers timers;

	spin_lock_bh(&sk->sk_lock.slock);
	look_at_timers(sk, &timers);
	look_at_unchanged(sk, &unchanged);
	reset(sk);
	tcp_handoff_apply(sk, img);
	keep_unchanged(sk, &unchanged);
	start(sk);
	keep_timers(sk, &timers);
	spin_unlock_bh(&sk->sk_lock.slock);
}

/**
 * tcp_handoff_torture_sock() - hand a connection on, from a socket to itself
 * @sk: TCP socket in any state
 *
 * Context: process, may sleep; the socket is owned, and stays so.
 * Return: NONE, or why nothing has been done, or, for MEMORY, not all of it
 */
enum tcp_handoff_reason tcp_handoff_torture_sock(struct sock *sk)
{
	enum tcp_handoff_reason reason = tcp_handoff_check_sock(sk);
	struct torture *t;

	if (reason)
		return reason;
	if (tcp_handoff_wire_size(sk) > TCP_HANDOFF_MSG_MAX / 2)
		return TCP_HANDOFF_REASON_TOO_BIG;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return TCP_HANDOFF_REASON_MEMORY;
	tcp_handoff_image_init(&t->from);
	tcp_handoff_image_init(&t->to);

	tcp_handoff_snapshot(sk, &t->from.st, true);
	tcp_handoff_splice(sk, &t->from);
	reason = through_the_wire(t);
	if (!reason)
		undo_transit(t);
	put_back(sk, reason ? &t->from : &t->to);
	wake(sk);
	tcp_handoff_image_purge(&t->from);
	kfree(t);
	return reason;
}

static struct torture_net *torture_pernet(const struct net *net)
{
	return net_generic(net, torture_net_id);
}

static void count(struct torture_net *tn, enum tcp_handoff_reason reason)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(tn->net);

	if (reason)
		TCP_HANDOFF_INC(hnet, TORTURE_SKIPPED);
	else
		TCP_HANDOFF_INC(hnet, TORTURE);
}

/**
 * __tcp_handoff_sendmsg() - a program sends or receives
 * @sk: its socket, owned
 *
 * Kernel sockets are spared: theirs may be calls that must not allocate.
 *
 * Context: process, may sleep.
 */
void __tcp_handoff_sendmsg(struct sock *sk)
{
	struct torture_net *tn = torture_pernet(sock_net(sk));

	if (!(READ_ONCE(tn->level) & TORTURE_IN_PLACE) || sk->sk_kern_sock ||
	    (u32)atomic_inc_return(&tn->calls) % READ_ONCE(tn->every))
		return;
	count(tn, tcp_handoff_torture_sock(sk));
}

/* As a listener that closes does with what nobody has accepted. */
static void destroy(struct sock *sk)
{
	local_bh_disable();
	bh_lock_sock(sk);
	sock_hold(sk);
	inet_csk_prepare_for_destroy_sock(sk);
	inet_csk_destroy_sock(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	sock_put(sk);
}

/**
 * __tcp_handoff_csk_accept() - a connection is about to be accepted
 * @newsk: its socket, out of the accept queue, in nobody's file yet
 *
 * One that comes home has a history, and passes.
 *
 * Context: process, may sleep, no lock held.
 * Return: true if @newsk is gone and its connection will be in the queue again
 */
bool __tcp_handoff_csk_accept(struct sock *newsk)
{
	struct torture_net *tn = torture_pernet(sock_net(newsk));
	struct tcp_handoff_capture_opts opts = {
		.flags = TCP_HANDOFF_F_CONSUMED | TCP_HANDOFF_F_SOCKOPTS,
		.home = true,
	};
	enum tcp_handoff_reason reason;
	struct tcp_handoff_flow *flow;

	if (!(READ_ONCE(tn->level) & TORTURE_ACCEPT) || newsk->sk_kern_sock ||
	    newsk->sk_protocol != IPPROTO_TCP ||
	    rcu_access_pointer(tcp_sk(newsk)->handoff))
		return false;
	flow = tcp_handoff_capture(newsk, &opts, &reason);
	count(tn, reason);
	if (!flow)
		return false;
	destroy(newsk);
	tcp_handoff_send_home(flow);
	return true;
}

static int set_level(struct torture_net *tn, int level)
{
	int err = 0;

	if (level)
		err = tcp_handoff_net_enable(tcp_handoff_pernet(tn->net));
	if (err)
		return err;
	if (level && !tn->level)
		static_branch_inc(&tcp_handoff_torture_key);
	if (!level && tn->level)
		static_branch_dec(&tcp_handoff_torture_key);
	WRITE_ONCE(tn->level, level);
	return 0;
}

/**
 * tcp_handoff_torture_set() - as the sysctl, for tests in the kernel
 * @net:   namespace
 * @level: sum of levels, 0 for none
 *
 * Context: process, takes hnet->mutex.
 * Return: 0 or -ENOMEM
 */
int tcp_handoff_torture_set(struct net *net, int level)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(net);
	int err;

	mutex_lock(&hnet->mutex);
	err = set_level(torture_pernet(net), level);
	mutex_unlock(&hnet->mutex);
	return err;
}

static int do_level(const struct ctl_table *ctl, int write, void *buffer,
		    size_t *lenp, loff_t *ppos)
{
	struct torture_net *tn = container_of(ctl->data, struct torture_net,
					      level);
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(tn->net);
	struct ctl_table tmp = *ctl;
	int level, err;

	tmp.data = &level;
	mutex_lock(&hnet->mutex);
	level = tn->level;
	err = proc_dointvec_minmax(&tmp, write, buffer, lenp, ppos);
	if (!err && write)
		err = set_level(tn, level);
	mutex_unlock(&hnet->mutex);
	return err;
}

static const struct ctl_table torture_table[] = {
	{
		.procname	= "tcp_handoff_torture",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= do_level,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_THREE,
	},
	{
		.procname	= "tcp_handoff_torture_every",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
	},
};

/* Tests make namespaces of their own: these begin as the initial one is. */
static int inherit(struct torture_net *tn)
{
	const struct torture_net *init = torture_pernet(&init_net);

	if (net_eq(tn->net, &init_net))
		return 0;
	tn->every = READ_ONCE(init->every);
	return tcp_handoff_torture_set(tn->net, READ_ONCE(init->level));
}

static int __net_init torture_net_init(struct net *net)
{
	struct torture_net *tn = torture_pernet(net);
	int err = -ENOMEM;

	tn->net = net;
	tn->every = 1;
	tn->table = kmemdup(torture_table, sizeof(torture_table), GFP_KERNEL);
	if (!tn->table)
		return -ENOMEM;
	tn->table[0].data = &tn->level;
	tn->table[1].data = &tn->every;
	tn->header = register_net_sysctl_sz(net, "net/ipv4", tn->table,
					    ARRAY_SIZE(torture_table));
	if (tn->header)
		err = inherit(tn);
	if (!err)
		return 0;
	if (tn->header)
		unregister_net_sysctl_table(tn->header);
	kfree(tn->table);
	return err;
}

static void __net_exit torture_net_exit(struct net *net)
{
	struct torture_net *tn = torture_pernet(net);

	unregister_net_sysctl_table(tn->header);
	kfree(tn->table);
	if (tn->level)
		static_branch_dec(&tcp_handoff_torture_key);
}

static struct pernet_operations torture_net_ops = {
	.init	= torture_net_init,
	.exit	= torture_net_exit,
	.id	= &torture_net_id,
	.size	= sizeof(struct torture_net),
};

static int __init torture_init(void)
{
	return register_pernet_subsys(&torture_net_ops);
}
fs_initcall_sync(torture_init);
