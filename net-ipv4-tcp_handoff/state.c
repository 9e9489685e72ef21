// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: a connection between socket and image.
 *
 * tcp_handoff_snapshot() and tcp_handoff_splice() take a connection out of a
 * socket, tcp_handoff_apply() puts it into another one, on the same host or
 * on a different one.  What is copied as it is, what is converted, and what
 * begins anew follows one rule: whatever the client can see goes on, whatever
 * the congestion control has learnt goes on, and what only makes sense with
 * this host's clocks, pointers or timers is derived again.
 *
 * A sender caught in recovery is collapsed to the Open state: SACK and
 * retransmission marks stay on the segments, loss marks go, cwnd becomes
 * ssthresh, and a plain RTO is armed.  The next (S)ACK rebuilds the rest.
 */
#include <linux/inet.h>
#include <net/inet_ecn.h>

#include "handoff.h"

/* No pacing rate that makes sense is further ahead. */
#define TS_AHEAD_MOST	(10U * USEC_PER_SEC)

/* Ages saturate: after 71 minutes "long ago" is all that matters. */
static u32 age_us(u32 since)
{
	u32 delta = tcp_jiffies32 - since;
	u64 us = div_u64(jiffies64_to_nsecs(delta), NSEC_PER_USEC);

	if ((s32)delta < 0)
		return 0;
	return min_t(u64, us, U32_MAX);
}

/* Not usecs_to_jiffies(), which rounds up: nothing grows older than it is. */
static u32 stamp_of(u32 age)
{
	return tcp_jiffies32 - (u32)div_u64((u64)age * HZ, USEC_PER_SEC);
}

static u32 sat_add(u32 a, u64 b)
{
	return min_t(u64, a + b, U32_MAX);
}

/**
 * tcp_handoff_state_age() - let a state grow older without a socket
 * @st:  state, taken on this host at @st->taken
 * @now: ktime_get_ns() of this host
 *
 * Adds the time since @st->taken to every age and to the timestamp clock.
 * Rounds down, so the clock the client sees may lag but never runs ahead:
 * RFC 7323 section 5.2 lets it drop whatever goes back, and a jump forward
 * would inflate the round trip times of what is in flight.
 */
void tcp_handoff_state_age(struct tcp_handoff_state *st, u64 now)
{
	u64 us;

	if (now <= st->taken)
		return;
	us = div_u64(now - st->taken, NSEC_PER_USEC);
	st->taken += us * NSEC_PER_USEC;

	if (st->tstamp_ok) {
		/* keep what is less than a tick for the next time */
		u64 ticks = st->usec_ts ? us : div_u64(us + st->ts_rest,
						       USEC_PER_MSEC);

		if (!st->usec_ts)
			st->ts_rest = us + st->ts_rest - ticks * USEC_PER_MSEC;
		st->ts_now += ticks;
		st->ts_ahead -= min_t(u64, st->ts_ahead, us);
		st->ts_recent_age = sat_add(st->ts_recent_age,
					    div_u64(us, USEC_PER_SEC));
	}
	st->rtt_min_age = sat_add(st->rtt_min_age, us);
	st->cwnd_age = sat_add(st->cwnd_age, us);
	st->lsnd_age = sat_add(st->lsnd_age, us);
	st->rcv_age = sat_add(st->rcv_age, us);
	st->lrcv_age = sat_add(st->lrcv_age, us);
	st->probes_age_ms = sat_add(st->probes_age_ms,
				    div_u64(us, USEC_PER_MSEC));
}

/* Identity, sequence numbers, windows: what both ends agree on. */
static void snapshot_conn(const struct sock *sk, struct tcp_handoff_state *st)
{
	const struct inet_sock *inet = inet_sk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	st->caddr = inet->inet_daddr;
	st->vaddr = inet->inet_rcv_saddr;
	st->cport = inet->inet_dport;
	st->vport = inet->inet_sport;
	st->tcp_state = sk->sk_state;
	st->fin_read = sk->sk_state == TCP_CLOSE_WAIT &&
		       tp->copied_seq == tp->rcv_nxt;
	st->ack_owed = inet_csk_ack_scheduled(sk) || tp->compressed_ack ||
		       tp->rcv_nxt != tp->rcv_wup;
	st->ecn_flags = tp->ecn_flags;

	st->rcv_nxt = tp->rcv_nxt;
	st->copied_seq = tp->copied_seq;
	st->rcv_wup = tp->rcv_wup;
	st->snd_una = tp->snd_una;
	st->snd_nxt = tp->snd_nxt;
	st->write_seq = tp->write_seq;
	st->snd_wl1 = tp->snd_wl1;
	st->snd_sml = tp->snd_sml;
	st->pushed_seq = tp->pushed_seq;
	st->snd_up = tp->snd_up;

	st->rcv_wnd = tp->rcv_wnd;
	st->snd_wnd = tp->snd_wnd;
	st->max_window = tp->max_window;
	st->window_clamp = tp->window_clamp;
	st->rcv_ssthresh = tp->rcv_ssthresh;
	st->rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	st->sndbuf = READ_ONCE(sk->sk_sndbuf);
	st->scaling_ratio = tp->scaling_ratio;
}

/* What routers have told; the MTU of our own device concerns nobody else. */
static u32 learnt_pmtu(const struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	unsigned long expires;

	if (!dst)
		return 0;
	expires = READ_ONCE(dst->expires);
	if (!expires || time_after(jiffies, expires))
		return 0;
	return dst_rtable(dst)->rt_pmtu;
}

static void snapshot_options(const struct sock *sk,
			     struct tcp_handoff_state *st)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	st->mss_clamp = tp->rx_opt.mss_clamp;
	st->user_mss = tp->rx_opt.user_mss;
	st->advmss = tp->advmss;
	st->snd_wscale = tp->rx_opt.snd_wscale;
	st->rcv_wscale = tp->rx_opt.rcv_wscale;
	st->wscale_ok = tp->rx_opt.wscale_ok;
	st->tstamp_ok = tp->rx_opt.tstamp_ok;
	st->sack_ok = tp->rx_opt.sack_ok;
	st->usec_ts = tp->tcp_usec_ts;
	st->pmtu = learnt_pmtu(sk);

	if (!st->tstamp_ok)
		return;
	st->ts_now = div_u64(st->taken, st->usec_ts ? NSEC_PER_USEC :
						      NSEC_PER_MSEC);
	st->ts_now += tp->tsoffset;
	if (!st->usec_ts)
		st->ts_rest = div_u64(st->taken, NSEC_PER_USEC) -
			      div_u64(st->taken, NSEC_PER_MSEC) * USEC_PER_MSEC;
	/*
	 * The client has seen timestamps of departures still to come.  Three
	 * ticks more: clocks are rounded down here, when packed and there.
	 */
	if (tp->tcp_wstamp_ns > st->taken)
		st->ts_ahead = sat_add(st->usec_ts ? 3 : 3 * USEC_PER_MSEC,
				       div_u64(tp->tcp_wstamp_ns - st->taken,
					       NSEC_PER_USEC));
	st->ts_recent = tp->rx_opt.ts_recent;
	if (tp->rx_opt.ts_recent_stamp)
		st->ts_recent_age = ktime_get_seconds() -
				    tp->rx_opt.ts_recent_stamp;
}

static void snapshot_rtt(const struct sock *sk, struct tcp_handoff_state *st)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	st->srtt_us = tp->srtt_us;
	st->mdev_us = tp->mdev_us;
	st->mdev_max_us = tp->mdev_max_us;
	st->rttvar_us = tp->rttvar_us;
	st->rtt_min_us = tcp_min_rtt(tp);
	st->rtt_min_age = age_us(tp->rtt_min.s[0].t);
	st->rto_us = jiffies_to_usecs(icsk->icsk_rto);
	st->rto_min_us = jiffies_to_usecs(icsk->icsk_rto_min);
	st->delack_max_us = jiffies_to_usecs(icsk->icsk_delack_max);
}

static void snapshot_cwnd(const struct sock *sk, struct tcp_handoff_state *st)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	st->snd_cwnd = tcp_snd_cwnd(tp);
	st->snd_ssthresh = tp->snd_ssthresh;
	/* after a timeout it slow-starts (RFC 5681), which goes on there */
	if (icsk->icsk_ca_state == TCP_CA_Loss)
		st->snd_cwnd = max(min(st->snd_cwnd, tp->snd_ssthresh), 1U);
	else if (icsk->icsk_ca_state >= TCP_CA_CWR &&
		 tp->snd_ssthresh < TCP_INFINITE_SSTHRESH)
		st->snd_cwnd = max(tp->snd_ssthresh, 2U);
	st->snd_cwnd_cnt = tp->snd_cwnd_cnt;
	st->snd_cwnd_clamp = tp->snd_cwnd_clamp;
	st->reordering = tp->reordering;
	st->cwnd_age = age_us(tp->snd_cwnd_stamp);
	st->lsnd_age = age_us(tp->lsndtime);
	st->rcv_age = age_us(tp->rcv_tstamp);
	st->pacing_rate = READ_ONCE(sk->sk_pacing_rate);
	st->reo_wnd_steps = tp->rack.reo_wnd_steps;
	st->reo_wnd_persist = tp->rack.reo_wnd_persist;
	st->dsack_seen = tp->rack.dsack_seen;
	st->is_cwnd_limited = tp->is_cwnd_limited;
	strscpy(st->cc_name, icsk->icsk_ca_ops->name, sizeof(st->cc_name));
}

static void snapshot_rcv(const struct sock *sk, struct tcp_handoff_state *st)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	st->rcv_mss = icsk->icsk_ack.rcv_mss;
	st->ato_us = jiffies_to_usecs(icsk->icsk_ack.ato);
	st->lrcv_age = age_us(icsk->icsk_ack.lrcvtime);
	st->rcvq_space = tp->rcvq_space.space;
	st->rcv_rtt_us = tp->rcv_rtt_est.rtt_us;
	st->pingpong = icsk->icsk_ack.pingpong;
	st->quick = icsk->icsk_ack.quick;

	st->urg_data = tp->urg_data;
	st->urg_seq = tp->urg_seq;
	st->urginline = sock_flag(sk, SOCK_URGINLINE);

	st->num_sacks = min_t(u32, tp->rx_opt.num_sacks, ARRAY_SIZE(st->sacks));
	memcpy(st->sacks, tp->selective_acks, sizeof(st->sacks));

	if (icsk->icsk_pending == ICSK_TIME_PROBE0 || icsk->icsk_probes_out) {
		st->probing = 1;
		st->backoff = icsk->icsk_backoff;
		st->probes_out = icsk->icsk_probes_out;
		if (icsk->icsk_probes_tstamp)
			st->probes_age_ms = age_us(icsk->icsk_probes_tstamp) /
					    USEC_PER_MSEC;
	}
}

static void snapshot_sockopts(const struct sock *sk,
			      struct tcp_handoff_state *st)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	st->sockopts = 1;
	st->nodelay = !!(tp->nonagle & TCP_NAGLE_OFF);
	st->tos = inet_sk(sk)->tos & ~INET_ECN_MASK;
	st->keepalive = sock_flag(sk, SOCK_KEEPOPEN);
	st->keepalive_probes = tp->keepalive_probes;
	st->keepalive_time_ms = jiffies_to_msecs(tp->keepalive_time);
	st->keepalive_intvl_ms = jiffies_to_msecs(tp->keepalive_intvl);
	st->user_timeout_ms = READ_ONCE(inet_csk(sk)->icsk_user_timeout);
	st->notsent_lowat = tp->notsent_lowat;
	st->mark = READ_ONCE(sk->sk_mark);
	st->thin_lto = tp->thin_lto;
	st->ttl = READ_ONCE(inet_sk(sk)->uc_ttl) < 0 ? 0 :
		  READ_ONCE(inet_sk(sk)->uc_ttl);
	st->linger2_ms = tp->linger2 < 0 ? U32_MAX :
					   jiffies_to_msecs(tp->linger2);
}

static void snapshot_stats(const struct sock *sk, struct tcp_handoff_state *st)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	st->bytes_sent = tp->bytes_sent;
	st->bytes_acked = tp->bytes_acked;
	st->bytes_received = tp->bytes_received;
	st->bytes_retrans = tp->bytes_retrans;
	st->segs_in = tp->segs_in;
	st->segs_out = tp->segs_out;
	st->data_segs_in = tp->data_segs_in;
	st->data_segs_out = tp->data_segs_out;
	st->total_retrans = tp->total_retrans;
	st->delivered = tp->delivered;
	st->delivered_ce = tp->delivered_ce;
	st->dsack_dups = tp->dsack_dups;
	st->reord_seen = tp->reord_seen;
	st->rcv_ooopack = tp->rcv_ooopack;
	st->lost = tp->lost;
	st->total_rto_time = tp->total_rto_time;
	st->total_rto = tp->total_rto;
	st->total_rto_recoveries = tp->total_rto_recoveries;
}

/**
 * tcp_handoff_snapshot() - copy the state of a connection out of its socket
 * @sk:       ESTABLISHED or CLOSE_WAIT, has passed tcp_handoff_capture()'s
 *            checks
 * @st:       zeroed
 * @sockopts: copy the options that TCP_HANDOFF_F_SOCKOPTS names
 *
 * Changes nothing.  Context: socket spinlock held and socket owned, backlog
 * empty.  What happens to the socket afterwards must not be processed.
 */
void tcp_handoff_snapshot(struct sock *sk, struct tcp_handoff_state *st,
			  bool sockopts)
{
	st->taken = ktime_get_ns();
	st->present = U32_MAX;	/* every group */
	snapshot_conn(sk, st);
	snapshot_options(sk, st);
	snapshot_rtt(sk, st);
	snapshot_cwnd(sk, st);
	snapshot_rcv(sk, st);
	snapshot_stats(sk, st);
	if (sockopts)
		snapshot_sockopts(sk, st);
}

/**
 * tcp_handoff_image_init() - make an image an empty one
 * @img: memory of any content
 */
void tcp_handoff_image_init(struct tcp_handoff_image *img)
{
	memset(img, 0, sizeof(*img));
	__skb_queue_head_init(&img->rx);
	__skb_queue_head_init(&img->ofo);
	__skb_queue_head_init(&img->rtx);
	__skb_queue_head_init(&img->tx);
}

/**
 * tcp_handoff_image_purge() - free the queues of an image
 * @img: image whose holder is the caller
 */
void tcp_handoff_image_purge(struct tcp_handoff_image *img)
{
	__skb_queue_purge(&img->rx);
	__skb_queue_purge(&img->ofo);
	__skb_queue_purge(&img->rtx);
	__skb_queue_purge(&img->tx);
}

/**
 * tcp_handoff_image_free() - free an image and what it is charged
 * @hnet: namespace that @img->bytes were charged to
 * @img:  image whose holder is the caller, or NULL
 */
void tcp_handoff_image_free(struct tcp_handoff_net *hnet,
			    struct tcp_handoff_image *img)
{
	if (!img)
		return;
	tcp_handoff_image_purge(img);
	tcp_handoff_uncharge(hnet, img->bytes);
	kfree(img);
}

/**
 * tcp_handoff_splice_size() - memory of a socket's queues
 * @sk: locked
 * Return: sum of truesize in bytes; all that tcp_handoff_splice() would move
 */
size_t tcp_handoff_splice_size(const struct sock *sk)
{
	return sk_rmem_alloc_get(sk) + READ_ONCE(sk->sk_wmem_queued);
}

/**
 * tcp_handoff_wire_size() - payload of a socket's queues
 * @sk: locked
 * Return: about how many bytes of payload its HANDOFF message would carry
 */
size_t tcp_handoff_wire_size(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	size_t size;

	size = tp->rcv_nxt - tp->copied_seq;
	size += tp->write_seq - tp->snd_una;
	if (tp->ooo_last_skb && !RB_EMPTY_ROOT(&tp->out_of_order_queue))
		size += TCP_SKB_CB(tp->ooo_last_skb)->end_seq - tp->rcv_nxt;
	return size;
}

/* Take an skb of the write side off the socket's books, and clean it. */
static void splice_tx_skb(struct sock *sk, struct sk_buff *skb,
			  struct sk_buff_head *to)
{
	u8 keep = TCPCB_SACKED_ACKED | TCPCB_EVER_RETRANS | TCPCB_REPAIRED;

	/* the anchor shares its memory with dst and destructor */
	tcp_skb_tsorted_anchor_cleanup(skb);
	sk_wmem_queued_add(sk, -skb->truesize);
	if (skb_zcopy_pure(skb)) {
		sk_mem_uncharge(sk, SKB_TRUESIZE(skb_end_offset(skb)));
		/* from now on it is charged like any other */
		skb_shinfo(skb)->flags &= ~SKBFL_PURE_ZEROCOPY;
	} else {
		sk_mem_uncharge(sk, skb->truesize);
	}

	TCP_SKB_CB(skb)->sacked &= keep;
	if (!tcp_is_sack(tcp_sk(sk)))
		TCP_SKB_CB(skb)->sacked &= ~TCPCB_SACKED_ACKED;
	/* rate samples refer to counters of the old socket */
	TCP_SKB_CB(skb)->tx.delivered_mstamp = 0;
	skb->dev = NULL;	/* was part of the rbtree node */
	__skb_queue_tail(to, skb);
}

static void splice_rb(struct rb_root *root, struct sk_buff_head *to)
{
	struct rb_node *p = rb_first(root);

	while (p) {
		struct sk_buff *skb = rb_to_skb(p);

		p = rb_next(p);
		rb_erase(&skb->rbnode, root);
		skb->dev = NULL;
		skb_orphan(skb);
		__skb_queue_tail(to, skb);
	}
}

/**
 * tcp_handoff_splice() - move the queues of a socket into an image
 * @sk:  as for tcp_handoff_snapshot(), which went before
 * @img: initialised
 *
 * Moves skbs, copies nothing, allocates nothing, cannot fail.  Afterwards the
 * socket has no queues and is charged for none; what the device still holds
 * are clones that keep their charge until they are sent.
 */
void tcp_handoff_splice(struct sock *sk, struct tcp_handoff_image *img)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb, *next;
	struct rb_node *p;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		skb_orphan(skb);
		__skb_queue_tail(&img->rx, skb);
	}
	splice_rb(&tp->out_of_order_queue, &img->ofo);
	tp->ooo_last_skb = NULL;

	for (p = rb_first(&sk->tcp_rtx_queue); p; ) {
		skb = rb_to_skb(p);
		p = rb_next(p);
		if (!list_empty(&skb->tcp_tsorted_anchor))
			list_del(&skb->tcp_tsorted_anchor);
		rb_erase(&skb->rbnode, &sk->tcp_rtx_queue);
		splice_tx_skb(sk, skb, &img->rtx);
	}
	skb_queue_walk_safe(&sk->sk_write_queue, skb, next) {
		__skb_unlink(skb, &sk->sk_write_queue);
		splice_tx_skb(sk, skb, &img->tx);
	}
	tcp_write_queue_purge(sk);	/* counters, hints, the sorted list */
	tp->retrans_out = 0;
	tp->sacked_out = 0;
	tp->lost_out = 0;
}

static void apply_options(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 clock;

	tp->rx_opt.mss_clamp = st->mss_clamp;
	tp->rx_opt.user_mss = st->user_mss;
	tp->rx_opt.snd_wscale = st->snd_wscale;
	tp->rx_opt.rcv_wscale = st->rcv_wscale;
	tp->rx_opt.wscale_ok = st->wscale_ok;
	tp->rx_opt.tstamp_ok = st->tstamp_ok;
	tp->rx_opt.sack_ok = st->sack_ok;
	tp->rx_opt.saw_tstamp = 0;
	tp->tcp_header_len = sizeof(struct tcphdr);
	tp->tcp_usec_ts = st->usec_ts;
	/* dctcp looks at it when it is initialised */
	tp->ecn_flags = st->ecn_flags;
	if (!st->tstamp_ok)
		return;

	tp->tcp_header_len += TCPOLEN_TSTAMP_ALIGNED;
	clock = div_u64(st->taken, st->usec_ts ? NSEC_PER_USEC : NSEC_PER_MSEC);
	tp->tsoffset = st->ts_now - clock;
	tp->tcp_wstamp_ns = st->taken + min(st->ts_ahead, TS_AHEAD_MOST) *
					NSEC_PER_USEC;
	tp->rx_opt.ts_recent = st->ts_recent;
	/* zero would mean that no timestamp has been seen */
	tp->rx_opt.ts_recent_stamp =
		max_t(long, 1, ktime_get_seconds() - st->ts_recent_age);
}

static void apply_seq(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct tcp_sock *tp = tcp_sk(sk);

	WRITE_ONCE(tp->rcv_nxt, st->rcv_nxt);
	WRITE_ONCE(tp->copied_seq, st->copied_seq);
	tp->rcv_wup = st->rcv_wup;
	tp->snd_una = st->snd_una;
	WRITE_ONCE(tp->snd_nxt, st->snd_nxt);
	WRITE_ONCE(tp->write_seq, st->write_seq);
	tp->snd_wl1 = st->snd_wl1;
	tp->snd_sml = st->snd_sml;
	tp->pushed_seq = st->pushed_seq;
	tp->snd_up = st->snd_up;
	tp->high_seq = st->snd_nxt;
	tp->rtt_seq = st->snd_nxt;
	tp->compressed_ack_rcv_nxt = st->rcv_nxt;
}

/*
 * The client was promised rcv_wnd, so the buffer must hold what is queued and
 * the rest of the window on top, whatever the listener's own setting; the
 * promise must never be taken back (RFC 9293 section 3.8.6).
 */
static void apply_windows(struct sock *sk, const struct tcp_handoff_state *st,
			  size_t queued)
{
	struct net *net = sock_net(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 ratio, need, most, left;

	tp->rcv_wnd = st->rcv_wnd;
	tp->snd_wnd = st->snd_wnd;
	tp->max_window = st->max_window;
	ratio = clamp_t(u32, st->scaling_ratio, 1, U8_MAX);
	tp->scaling_ratio = ratio;
	tp->rcv_ssthresh = st->rcv_ssthresh;
	WRITE_ONCE(tp->window_clamp, st->window_clamp);

	/* what has come since the promise is queued, or has been read */
	left = tcp_receive_window(tp);
	need = min_t(u64, INT_MAX / 2,
		     queued + div_u64((u64)left << 8, ratio));
	/* beyond that, what this host grants to anybody */
	most = READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]);
	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		need = max(need, min(st->rcvbuf, most));
	WRITE_ONCE(sk->sk_rcvbuf, max_t(int, sk->sk_rcvbuf, need));
	most = READ_ONCE(net->ipv4.sysctl_tcp_wmem[2]);
	if (!(sk->sk_userlocks & SOCK_SNDBUF_LOCK))
		WRITE_ONCE(sk->sk_sndbuf, max_t(int, sk->sk_sndbuf,
						min(st->sndbuf, most)));
}

static void apply_rtt(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!(st->present & BIT(TCP_HANDOFF_TLV_RTT & 31)))
		return;
	tp->srtt_us = st->srtt_us;
	tp->mdev_us = st->mdev_us;
	tp->mdev_max_us = st->mdev_max_us;
	tp->rttvar_us = st->rttvar_us;
	minmax_reset(&tp->rtt_min, stamp_of(st->rtt_min_age), st->rtt_min_us);
	icsk->icsk_rto_min = clamp_t(u32, usecs_to_jiffies(st->rto_min_us),
				     TCP_TIMEOUT_MIN, TCP_RTO_MAX);
	icsk->icsk_delack_max = clamp_t(u32,
					usecs_to_jiffies(st->delack_max_us),
					TCP_TIMEOUT_MIN, TCP_DELACK_MAX);
	icsk->icsk_rto = clamp_t(u32, usecs_to_jiffies(st->rto_us),
				 icsk->icsk_rto_min, TCP_RTO_MAX);
}

static void apply_cwnd(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!(st->present & BIT(TCP_HANDOFF_TLV_CWND & 31)))
		return;
	tp->snd_cwnd_clamp = max(st->snd_cwnd_clamp, 1U);
	tcp_snd_cwnd_set(tp, clamp_t(u32, st->snd_cwnd, 1,
				     min_t(u32, tp->snd_cwnd_clamp, INT_MAX)));
	tp->snd_ssthresh = max(st->snd_ssthresh, 2U);
	tp->snd_cwnd_cnt = st->snd_cwnd_cnt;
	tp->reordering = clamp_t(u32, st->reordering, 3, 300);
	tp->snd_cwnd_stamp = stamp_of(st->cwnd_age);
	tp->lsndtime = stamp_of(st->lsnd_age);
	tp->rcv_tstamp = stamp_of(st->rcv_age);
	tp->rack.reo_wnd_steps = max_t(u8, st->reo_wnd_steps, 1);
	tp->rack.reo_wnd_persist = st->reo_wnd_persist;
	tp->rack.dsack_seen = !!st->dsack_seen;
	tp->is_cwnd_limited = !!st->is_cwnd_limited;
	if (st->pacing_rate)
		WRITE_ONCE(sk->sk_pacing_rate,
			   min_t(u64, st->pacing_rate,
				 READ_ONCE(sk->sk_max_pacing_rate)));
}

static void apply_rcv(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (st->present & BIT(TCP_HANDOFF_TLV_ACK & 31)) {
		icsk->icsk_ack.rcv_mss = clamp_t(u32, st->rcv_mss, TCP_MIN_MSS,
						 U16_MAX);
		icsk->icsk_ack.ato = clamp_t(u32, usecs_to_jiffies(st->ato_us),
					     st->ato_us ? 1 : 0,
					     BIT(ATO_BITS) - 1);
		icsk->icsk_ack.lrcvtime = stamp_of(st->lrcv_age);
		icsk->icsk_ack.pingpong = st->pingpong;
		icsk->icsk_ack.quick = st->quick;
		tp->rcvq_space.space = clamp_t(u32, st->rcvq_space, TCP_MIN_MSS,
					       INT_MAX / 2);
		tp->rcv_rtt_est.rtt_us = st->rcv_rtt_us;
	}
	tp->rcvq_space.seq = st->copied_seq;
	tp->rcvq_space.time = tp->tcp_mstamp;
	/* measure a whole window, as tcp_rcv_rtt_measure() does */
	tp->rcv_rtt_est.seq = st->rcv_nxt + st->rcv_wnd;
	tp->rcv_rtt_est.time = tp->tcp_mstamp;

	if (st->urg_data) {
		WRITE_ONCE(tp->urg_data, st->urg_data);
		WRITE_ONCE(tp->urg_seq, st->urg_seq);
		if (st->urginline)
			sock_set_flag(sk, SOCK_URGINLINE);
	}
	tp->rx_opt.num_sacks = st->num_sacks;
	memcpy(tp->selective_acks, st->sacks, sizeof(tp->selective_acks));
}

static void apply_sockopts(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u8 tos;

	if (!st->sockopts)
		return;
	if (st->nodelay)
		tp->nonagle |= TCP_NAGLE_OFF;
	else
		tp->nonagle &= ~TCP_NAGLE_OFF;
	tos = st->tos | (inet_sk(sk)->tos & INET_ECN_MASK);
	if (inet_sk(sk)->tos != tos) {
		/* as IP_TOS does; else SO_PRIORITY may have been set */
		inet_sk(sk)->tos = tos;
		WRITE_ONCE(sk->sk_priority, rt_tos2priority(tos));
	}
	tp->keepalive_probes = st->keepalive_probes;
	tp->keepalive_time = msecs_to_jiffies(st->keepalive_time_ms);
	tp->keepalive_intvl = msecs_to_jiffies(st->keepalive_intvl_ms);
	sock_valbool_flag(sk, SOCK_KEEPOPEN, st->keepalive);
	WRITE_ONCE(inet_csk(sk)->icsk_user_timeout, st->user_timeout_ms);
	WRITE_ONCE(tp->notsent_lowat, st->notsent_lowat);
	WRITE_ONCE(sk->sk_mark, st->mark);
	tp->thin_lto = !!st->thin_lto;
	WRITE_ONCE(inet_sk(sk)->uc_ttl, st->ttl ?: -1);
	WRITE_ONCE(tp->linger2, st->linger2_ms == U32_MAX ? -1 :
		   (int)min_t(u32, msecs_to_jiffies(st->linger2_ms),
			      TCP_FIN_TIMEOUT_MAX));
}

static void apply_stats(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->bytes_sent = st->bytes_sent;
	tp->bytes_acked = st->bytes_acked;
	tp->bytes_received = st->bytes_received;
	tp->bytes_retrans = st->bytes_retrans;
	tp->segs_in = st->segs_in;
	tp->segs_out = st->segs_out;
	tp->data_segs_in = st->data_segs_in;
	tp->data_segs_out = st->data_segs_out;
	tp->total_retrans = st->total_retrans;
	tp->delivered = st->delivered;
	tp->delivered_ce = st->delivered_ce;
	tp->dsack_dups = st->dsack_dups;
	tp->reord_seen = st->reord_seen;
	tp->rcv_ooopack = st->rcv_ooopack;
	tp->lost = st->lost;
	tp->total_rto_time = st->total_rto_time;
	tp->total_rto = st->total_rto;
	tp->total_rto_recoveries = st->total_rto_recoveries;
	tp->first_tx_mstamp = tp->tcp_mstamp;
	tp->delivered_mstamp = tp->tcp_mstamp;
}

/*
 * The data is acknowledged or advertised already: it is charged by force.
 * Whether there is room was decided before, see check_listener().
 */
static void apply_rx_queues(struct sock *sk, struct tcp_handoff_image *img)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&img->rx))) {
		sk_forced_mem_schedule(sk, skb->truesize);
		tcp_add_receive_queue(sk, skb);
		skb_set_owner_r(skb, sk);
	}
	while ((skb = __skb_dequeue(&img->ofo))) {
		sk_forced_mem_schedule(sk, skb->truesize);
		tcp_rbtree_insert(&tp->out_of_order_queue, skb);
		skb_set_owner_r(skb, sk);
	}
	if (!RB_EMPTY_ROOT(&tp->out_of_order_queue))
		tp->ooo_last_skb = rb_to_skb(rb_last(&tp->out_of_order_queue));
}

static void charge_tx_skb(struct sock *sk, struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, skb->truesize);
	sk_forced_mem_schedule(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	INIT_LIST_HEAD(&skb->tcp_tsorted_anchor);
}

/*
 * tsorted_sent_queue is ordered by time of sending, oldest first.  Nearly all
 * segments are in order already; RACK can live with one that is not, this CPU
 * not with a peer that sends thousands of them upside down.
 */
static void insert_by_time(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct sk_buff *pos;
	int steps = 0;

	list_for_each_entry_reverse(pos, &tp->tsorted_sent_queue,
				    tcp_tsorted_anchor) {
		if (pos->skb_mstamp_ns <= skb->skb_mstamp_ns || steps++ > 256)
			break;
	}
	list_add(&skb->tcp_tsorted_anchor, &pos->tcp_tsorted_anchor);
}

static void apply_tx_queues(struct sock *sk, struct tcp_handoff_image *img)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb, *sacked = NULL;

	while ((skb = __skb_dequeue(&img->rtx))) {
		/* an skb made here has no segment count yet */
		if (!tcp_skb_pcount(skb)) {
			tcp_skb_pcount_set(skb, DIV_ROUND_UP(max(skb->len, 1U),
							     tp->mss_cache));
			TCP_SKB_CB(skb)->tcp_gso_size = tp->mss_cache;
		}
		charge_tx_skb(sk, skb);
		tcp_rbtree_insert(&sk->tcp_rtx_queue, skb);
		tp->packets_out += tcp_skb_pcount(skb);
		if (TCP_SKB_CB(skb)->sacked & TCPCB_SACKED_ACKED) {
			tp->sacked_out += tcp_skb_pcount(skb);
			sacked = skb;
		} else {
			insert_by_time(tp, skb);
		}
	}
	if (sacked)
		tp->highest_sack = skb_rb_next(sacked);
	while ((skb = __skb_dequeue(&img->tx))) {
		charge_tx_skb(sk, skb);
		tcp_add_write_queue_tail(sk, skb);
	}
	if (tp->packets_out)
		tcp_chrono_start(sk, TCP_CHRONO_BUSY);
}

/*
 * What the path has taught the connection belongs to the route of this host,
 * or the next segment would learn it anew.
 */
static void apply_pmtu(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct dst_entry *dst = __sk_dst_get(sk);

	if (dst && st->pmtu >= IPV4_MIN_MTU && st->pmtu < dst_mtu(dst))
		dst = inet_csk_update_pmtu(sk, st->pmtu);
	tcp_sync_mss(sk, dst ? dst_mtu(dst) : inet_csk(sk)->icsk_pmtu_cookie);
}

static size_t rx_bytes(const struct tcp_handoff_image *img)
{
	const struct sk_buff *skb;
	size_t size = 0;

	skb_queue_walk(&img->rx, skb)
		size += skb->truesize;
	skb_queue_walk(&img->ofo, skb)
		size += skb->truesize;
	return size;
}

/**
 * tcp_handoff_apply() - make a fresh child continue a connection
 * @sk:  child of icsk_af_ops->syn_recv_sock(), SYN_RECV, in ehash, in no
 *       accept queue; its spinlock is held, BH off
 * @img: passed tcp_handoff_check(); its queues are empty afterwards
 *
 * The order matters (kernel helpers read what was set before): options,
 * sequence numbers, windows, RTT, then congestion control and
 * tcp_init_transfer(), which resets some of it, so cwnd and windows once
 * more, then what needs the MSS.  Sends nothing, arms no timer:
 * tcp_handoff_apply_start() does.  Cannot fail.
 */
void tcp_handoff_apply(struct sock *sk, struct tcp_handoff_image *img)
{
	struct tcp_handoff_state *st = &img->st;
	struct tcp_sock *tp = tcp_sk(sk);
	size_t queued = rx_bytes(img);

	tcp_handoff_state_age(st, ktime_get_ns());
	tcp_mstamp_refresh(tp);
	apply_options(sk, st);
	apply_seq(sk, st);
	apply_windows(sk, st, queued);
	apply_rtt(sk, st);
	apply_cwnd(sk, st);
	if (st->cc_name[0])
		tcp_set_congestion_control(sk, st->cc_name, false, true);
	tcp_init_transfer(sk, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, NULL);
	apply_windows(sk, st, queued);
	apply_rtt(sk, st);
	apply_cwnd(sk, st);

	if (st->advmss)
		tp->advmss = st->advmss;
	apply_pmtu(sk, st);
	apply_rcv(sk, st);
	apply_sockopts(sk, st);
	apply_stats(sk, st);
	apply_rx_queues(sk, img);
	apply_tx_queues(sk, img);
	if (tp->ecn_flags & TCP_ECN_OK)
		INET_ECN_xmit(sk);

	tcp_fast_path_check(sk);
	if (st->tcp_state == TCP_CLOSE_WAIT) {
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
		sock_set_flag(sk, SOCK_DONE);
	}
	/* in torture mode it is the same socket */
	if (sk->sk_state != st->tcp_state)
		tcp_set_state(sk, st->tcp_state);
	tcp_handoff_apply_timers(sk, st);
}

/* TCP_USER_TIMEOUT counts from the first probe, wherever that was sent. */
static void apply_probe(struct sock *sk, const struct tcp_handoff_state *st)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	icsk->icsk_backoff = min_t(u8, st->backoff, 10);
	icsk->icsk_probes_out = st->probes_out;
	if (!st->probes_out)
		return;
	icsk->icsk_probes_tstamp = tcp_jiffies32 -
				   msecs_to_jiffies(st->probes_age_ms);
	if (!icsk->icsk_probes_tstamp)	/* would mean none */
		icsk->icsk_probes_tstamp = 1;
}

/**
 * tcp_handoff_apply_timers() - arm the timers an adopted connection needs
 * @sk: child, after its queues are in place; spinlock held
 * @st: its state
 *
 * Without them a lost tail or a closed window would hang for ever.
 */
void tcp_handoff_apply_timers(struct sock *sk,
			      const struct tcp_handoff_state *st)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->packets_out)
		inet_csk_reset_xmit_timer(sk, ICSK_TIME_RETRANS,
					  icsk->icsk_rto, TCP_RTO_MAX);
	else if (st->probing && !tcp_write_queue_empty(sk))
		apply_probe(sk, st);

	if (sock_flag(sk, SOCK_KEEPOPEN)) {
		long when = keepalive_time_when(tp);

		when -= usecs_to_jiffies(min(st->rcv_age, st->lrcv_age));
		inet_csk_reset_keepalive_timer(sk, max_t(long, when, 1));
	}
	if (st->ack_owed) {
		inet_csk_schedule_ack(sk);
		inet_csk_reset_xmit_timer(sk, ICSK_TIME_DACK, TCP_DELACK_MIN,
					  TCP_RTO_MAX);
	}
}

/**
 * tcp_handoff_apply_start() - let an adopted connection send
 * @sk: child that is in an accept queue; spinlock held, BH off
 *
 * Whatever the window and cwnd allow of the unsent data goes out at once; a
 * closed window is probed.
 */
void tcp_handoff_apply_start(struct sock *sk)
{
	if (tcp_write_queue_empty(sk))
		return;
	tcp_push_pending_frames(sk);
	if (!tcp_sk(sk)->packets_out)
		tcp_check_probe_timer(sk);
}
