// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: build a socket from an image, into a listener's accept queue.
 *
 * There is one way to do it, used by a back end's techniques and by a front
 * end that takes a connection back home.  It follows what the kernel does for
 * a valid SYN cookie (a request that is in no table, made of one packet) and
 * for TCP Fast Open (a child that has data before it is accepted).  The packet
 * is made up; nothing but the functions between here and the child's birth
 * ever sees it.
 *
 * The child's memory is new, or that of a parked socket which thereby gets
 * another identity (tech_transfer.c).
 *
 * The listener is owned throughout (as by lock_sock()).  Otherwise it could
 * close between the birth of the child and the accept queue, and the connection
 * would be gone with its place in ehash.  From the child's birth on BH is off
 * and the child's spinlock held: a packet that finds it, or a server that
 * accepts it, waits until it is complete.
 */
#include <linux/ip.h>
#include <linux/lockdep.h>
#include <linux/security.h>
#include <linux/wait.h>
#include <net/inet_common.h>
#include <net/mptcp.h>
#include <net/proto_memory.h>
#include <net/route.h>

#include "handoff.h"

/* A program that keeps its socket's lock for longer is up to something. */
#define LOCK_WAIT	HZ

struct adopt {
	struct tcp_handoff_net *hnet;
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_image *img;
	struct tcp_handoff_info_blk *blk;
	struct inet_timewait_sock *osk;	/* minisock whose place it takes */
	struct tcp_handoff_parked *parked; /* socket to be used, or NULL */
	struct sk_buff *skb;		/* the packet that never was */
	struct sock *lsk;
	int dif;			/* where the client's packets come in */
	bool home;
};

static bool try_lock_sock(struct sock *sk)
{
	bool ours;

	spin_lock_bh(&sk->sk_lock.slock);
	ours = !sk->sk_lock.owned;
	if (ours) {
		sk->sk_lock.owned = 1;
		mutex_acquire(&sk->sk_lock.dep_map, 0, 1, _RET_IP_);
	}
	spin_unlock_bh(&sk->sk_lock.slock);
	return ours;
}

/**
 * tcp_handoff_lock_sock() - own a program's socket, unless that takes long
 * @sk: socket, to be given back by release_sock()
 *
 * What a program copies to and from its memory it copies with the lock held,
 * and memory can be made that is not there until the program wants it to.
 *
 * Context: process, may sleep.
 * Return: false if the lock was not to be had
 */
bool tcp_handoff_lock_sock(struct sock *sk)
{
	long left = LOCK_WAIT;
	DEFINE_WAIT(wait);
	bool ours;

	if (try_lock_sock(sk))
		return true;
	/* as __lock_sock(): one is woken each time, not all of a burst */
	for (;;) {
		prepare_to_wait_exclusive(&sk->sk_lock.wq, &wait,
					  TASK_UNINTERRUPTIBLE);
		ours = try_lock_sock(sk);
		if (ours || !left)
			break;
		left = schedule_timeout(left);
	}
	finish_wait(&sk->sk_lock.wq, &wait);
	/* it may have been us whom the owner woke */
	if (!ours)
		wake_up(&sk->sk_lock.wq);
	return ours;
}

/**
 * tcp_handoff_make_ack() - a bare ACK from the client that never was
 * @st:  the connection
 * @seq: its sequence number
 * @ack: its acknowledgment number
 *
 * Context: process, may sleep.
 * Return: skb as it reaches TCP, data at the TCP header; no route; or NULL
 */
struct sk_buff *tcp_handoff_make_ack(const struct tcp_handoff_state *st,
				     u32 seq, u32 ack)
{
	const int len = sizeof(struct iphdr) + sizeof(struct tcphdr);
	struct sk_buff *skb = alloc_skb(MAX_HEADER + len, GFP_KERNEL);
	struct tcphdr *th;
	struct iphdr *iph;

	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_HEADER);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = 5;
	iph->ttl = 64;
	iph->protocol = IPPROTO_TCP;
	iph->tot_len = htons(len);
	iph->saddr = st->caddr;
	iph->daddr = st->vaddr;
	iph->check = ip_fast_csum(iph, iph->ihl);

	skb_set_transport_header(skb, sizeof(*iph));
	th = skb_put_zero(skb, sizeof(*th));
	th->source = st->cport;
	th->dest = st->vport;
	th->seq = htonl(seq);
	th->ack_seq = htonl(ack);
	th->doff = sizeof(*th) / 4;
	th->ack = 1;
	th->window = htons(min_t(u32, st->snd_wnd >> st->snd_wscale, 65535));

	skb_pull(skb, sizeof(*iph));
	skb->protocol = htons(ETH_P_IP);
	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	memset(skb->cb, 0, sizeof(skb->cb));
	return skb;
}

/*
 * The last packet of a handshake, as it would look had the client opened the
 * connection now, but for the flags in TCP's control block, which
 * tcp_handoff_openreq_home() and tcp_handoff_openreq_moved() know it by.
 */
static struct sk_buff *adopt_skb(const struct adopt *a)
{
	const struct tcp_handoff_state *st = &a->img->st;
	struct sk_buff *skb;

	skb = tcp_handoff_make_ack(st, st->copied_seq, st->snd_una);
	if (!skb)
		return NULL;
	TCP_SKB_CB(skb)->seq = st->copied_seq;
	TCP_SKB_CB(skb)->end_seq = st->copied_seq;
	TCP_SKB_CB(skb)->tcp_flags = a->home ? TCP_HANDOFF_FLAGS_HOME :
					       TCP_HANDOFF_FLAGS_MOVED;
	return skb;
}

/* Where the connection is to live: is it ours, can we answer the client? */
static enum tcp_handoff_reason check_addrs(struct adopt *a)
{
	const struct tcp_handoff_state *st = &a->img->st;
	struct net *net = a->hnet->net;
	struct flowi4 fl4 = {
		.daddr = st->caddr,
		.saddr = st->vaddr,
	};
	struct rtable *rt;

	if (inet_addr_type(net, st->vaddr) != RTN_LOCAL)
		return TCP_HANDOFF_REASON_NOT_LOCAL;
	/* no front end may reach into what is not served for it */
	if (!a->home && !tcp_handoff_vip_is_configured(a->hnet, st->vaddr,
						       st->vport))
		return TCP_HANDOFF_REASON_NO_VIP;
	/* what comes home has been served here before */
	if (!a->home &&
	    (ipv4_is_loopback(st->caddr) ||
	     inet_addr_type(net, st->caddr) == RTN_LOCAL))
		return TCP_HANDOFF_REASON_LOCAL;
	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return TCP_HANDOFF_REASON_NO_ROUTE;
	a->dif = a->flow->bound_dev_if ?: rt->dst.dev->ifindex;
	ip_rt_put(rt);
	return TCP_HANDOFF_REASON_NONE;
}

/**
 * tcp_handoff_listener_fits() - can a moved connection be this one's child?
 * @lsk: listener
 *
 * Not of the kernel's own, our channel's among them: they are for nobody's
 * client, but for the dispatcher's.  Not of one whose children are other
 * objects, or must sign.
 *
 * Context: RCU, or a reference.
 * Return: true if so
 */
bool tcp_handoff_listener_fits(const struct sock *lsk)
{
	return (!lsk->sk_kern_sock || tcp_handoff_is_dispatcher(lsk)) &&
	       !sk_is_mptcp(lsk) && !tcp_handoff_is_signed(lsk);
}

static enum tcp_handoff_reason check_listener(const struct adopt *a)
{
	size_t pages = PFN_UP(a->img->bytes);

	/* while it waited for the lock */
	if (!a->home && READ_ONCE(a->flow->cancel))
		return TCP_HANDOFF_REASON_CANCELLED;
	if (a->lsk->sk_state != TCP_LISTEN)
		return TCP_HANDOFF_REASON_NO_LISTENER;
	/* it is charged by force later; what comes home was here before */
	if (!a->home && sk_memory_allocated(a->lsk) + pages >
			sk_prot_mem_limits(a->lsk, 2))
		return TCP_HANDOFF_REASON_MEMORY;
	/* what comes home has been accepted here once: no limit */
	if (!a->home && sk_acceptq_is_full(a->lsk))
		return TCP_HANDOFF_REASON_QUEUE_FULL;
	if (!tcp_handoff_listener_fits(a->lsk))
		return TCP_HANDOFF_REASON_LISTENER;
	/* its children are of another slab, or have other functions */
	if (a->parked && a->lsk->sk_prot != a->parked->sk->sk_prot)
		return TCP_HANDOFF_REASON_PARKED;
	return TCP_HANDOFF_REASON_NONE;
}

/* SO_REUSEPORT groups and BPF choose as they would for a SYN. */
static struct sock *find_listener(const struct adopt *a)
{
	const struct tcp_handoff_state *st = &a->img->st;
	struct net *net = a->hnet->net;
	struct sock *lsk;

	/* programs of a reuseport group must not migrate */
	local_bh_disable();
	rcu_read_lock();
	lsk = inet_lookup_listener(net, net->ipv4.tcp_death_row.hashinfo,
				   a->skb, sizeof(struct tcphdr), st->caddr,
				   st->cport, st->vaddr, st->vport, a->dif, 0);
	if (lsk && !refcount_inc_not_zero(&lsk->sk_refcnt))
		lsk = NULL;
	rcu_read_unlock();
	local_bh_enable();
	return lsk;
}

/*
 * On a back end the 4-tuple may still be in TIME_WAIT from an earlier
 * connection, one that this host keeps for a back end of its own included.  The
 * front end, which all packets pass, has accepted a new one: it takes the old
 * one's place.  Anything else with this name is in use.
 */
static enum tcp_handoff_reason find_old(struct adopt *a)
{
	const struct tcp_handoff_state *st = &a->img->st;
	struct net *net = a->hnet->net;
	struct sock *sk;

	if (a->home)
		return TCP_HANDOFF_REASON_NONE;
	sk = __inet_lookup_established(net, net->ipv4.tcp_death_row.hashinfo,
				       st->caddr, st->cport, st->vaddr,
				       ntohs(st->vport), a->dif, 0);
	if (!sk)
		return TCP_HANDOFF_REASON_NONE;
	if (sk->sk_state == TCP_TIME_WAIT &&
	    (inet_twsk(sk)->tw_dr != &a->hnet->death_row ||
	     !rcu_access_pointer(tcp_twsk(sk)->tw_handoff))) {
		a->osk = inet_twsk(sk);
		TCP_HANDOFF_INC(a->hnet, STALE_TW);
		return TCP_HANDOFF_REASON_NONE;
	}
	sock_gen_put(sk);
	return TCP_HANDOFF_REASON_EXISTS;
}

/* The slab does not zero requests: every field that is read must be set. */
static void fill_req(const struct adopt *a, struct request_sock *req)
{
	const struct tcp_handoff_state *st = &a->img->st;
	struct inet_request_sock *ireq = inet_rsk(req);
	struct tcp_request_sock *treq = tcp_rsk(req);

	req->mss = st->mss_clamp;
	WRITE_ONCE(req->ts_recent, st->ts_recent);
	req->rsk_window_clamp = st->window_clamp;
	req->rsk_rcv_wnd = st->rcv_wnd;

	ireq->ir_num = ntohs(st->vport);
	ireq->ir_rmt_port = st->cport;
	ireq->ir_iif = a->flow->bound_dev_if ?: a->lsk->sk_bound_dev_if;
	/* before the route is chosen */
	ireq->ir_mark = st->sockopts ? st->mark : READ_ONCE(a->lsk->sk_mark);
	sk_rcv_saddr_set(req_to_sk(req), st->vaddr);
	sk_daddr_set(req_to_sk(req), st->caddr);
	ireq->snd_wscale = st->snd_wscale;
	ireq->rcv_wscale = st->rcv_wscale;
	ireq->wscale_ok = st->wscale_ok;
	ireq->tstamp_ok = st->tstamp_ok;
	ireq->sack_ok = !!st->sack_ok;
	ireq->ecn_ok = !!(st->ecn_flags & TCP_ECN_OK);
	ireq->smc_ok = 0;
	ireq->acked = 0;
	ireq->no_srccheck = 0;

	treq->af_specific = &tcp_request_sock_ipv4_ops;
	treq->snt_synack = 0;
	treq->tfo_listener = false;
	treq->is_mptcp = false;
	treq->req_usec_ts = st->usec_ts;
#if IS_ENABLED(CONFIG_MPTCP)
	treq->drop_req = false;
#endif
	treq->txhash = net_tx_rndhash();
	treq->rcv_isn = st->copied_seq - 1;
	treq->snt_isn = st->snd_una - 1;
	treq->ts_off = 0;
	treq->last_oow_ack_time = 0;
	treq->rcv_nxt = st->copied_seq;
	treq->syn_tos = 0;
#ifdef CONFIG_TCP_AO
	treq->ao_keyid = 0;
	treq->ao_rcv_next = 0;
	treq->used_tcp_ao = false;
#endif
}

static void unlock_child(struct sock *child)
{
	__acquire(child->sk_lock.slock);	/* by syn_recv_sock() */
	bh_unlock_sock(child);
	sock_put(child);
}

/*
 * Return: the child, hashed, its spinlock held; or NULL and why.  On failure
 * the child, if there ever was one, is gone.
 */
static struct sock *make_child(struct adopt *a, struct request_sock *req,
			       enum tcp_handoff_reason *reason)
{
	struct request_sock *unhash = (struct request_sock *)a->osk;
	struct sock *child;
	bool own_req;

	if (security_inet_conn_request(a->lsk, a->skb, req)) {
		*reason = TCP_HANDOFF_REASON_SECURITY;
		return NULL;
	}
	tcp_handoff_offer(a->lsk, a->parked);
	child = inet_csk(a->lsk)->icsk_af_ops->syn_recv_sock(a->lsk, a->skb,
							     req, NULL, unhash,
							     &own_req, NULL);
	tcp_handoff_offer_end(a->parked);
	if (!child) {
		/* nobody had this name a moment ago, see find_old() */
		*reason = TCP_HANDOFF_REASON_MEMORY;
		return NULL;
	}
	if (!own_req) {
		/* the minisock was killed meanwhile; the child is dead */
		unlock_child(child);
		*reason = TCP_HANDOFF_REASON_EXISTS;
		return NULL;
	}
	return child;
}

static void attach_blk(struct adopt *a, struct sock *child)
{
	struct tcp_handoff_info_blk *blk = a->blk;

	a->blk = NULL;
	blk->adopted_copied_seq = a->img->st.copied_seq;
	if (!a->home) {
		blk->info.usec = div_u64(ktime_get_ns() - a->flow->t_capture,
					 NSEC_PER_USEC);
		a->flow->bound_dev_if = child->sk_bound_dev_if;
		tcp_handoff_flow_hold(a->flow);
		blk->flow = a->flow;
		spin_lock(&a->flow->lock);
		a->flow->child = child;
		spin_unlock(&a->flow->lock);
	}
	rcu_assign_pointer(tcp_sk(child)->handoff, blk);
}

/* A request becomes a child in the accept queue, or nothing. */
static enum tcp_handoff_reason adopt_req(struct adopt *a,
					 struct request_sock *req)
{
	void (*data_ready)(struct sock *sk);
	enum tcp_handoff_reason reason;
	struct sock *child;

	fill_req(a, req);
	child = make_child(a, req, &reason);
	if (!child) {
		__reqsk_free(req);
		return reason;
	}
	/* cannot fail: the listener is ours and listens */
	refcount_set(&req->rsk_refcnt, 1);
	WARN_ON_ONCE(!inet_csk_reqsk_queue_add(a->lsk, req, child));
	tcp_handoff_apply(child, a->img);
	attach_blk(a, child);
	tcp_handoff_apply_start(child);
	if (a->home)
		tcp_handoff_router_replay(a->flow, child);
	unlock_child(child);
	data_ready = READ_ONCE(a->lsk->sk_data_ready);
	data_ready(a->lsk);
	return TCP_HANDOFF_REASON_NONE;
}

/* Return: the caller's, of nobody yet (refcount 0), or NULL */
static struct request_sock *adopt_alloc_req(struct adopt *a)
{
	struct request_sock *req;

	if (!a->parked)
		return inet_reqsk_alloc(&tcp_request_sock_ops, a->lsk, false);
	req = a->parked->req;
	a->parked->req = NULL;
	return req;
}

static enum tcp_handoff_reason adopt_locked(struct adopt *a)
{
	enum tcp_handoff_reason reason;
	struct request_sock *req;

	reason = check_listener(a);
	if (reason)
		return reason;
	reason = find_old(a);
	if (reason)
		return reason;
	req = adopt_alloc_req(a);
	if (req)
		reason = adopt_req(a, req);
	else
		reason = TCP_HANDOFF_REASON_MEMORY;
	if (!a->home && a->osk) {
		/* replaced, or still there and none of our business */
		if (reason)
			inet_twsk_put(a->osk);
		else
			inet_twsk_deschedule_put(a->osk);
	}
	return reason;
}

static enum tcp_handoff_reason adopt_owned(struct adopt *a)
{
	enum tcp_handoff_reason reason;

	if (!tcp_handoff_lock_sock(a->lsk))
		return TCP_HANDOFF_REASON_HELD;
	rcu_read_lock();
	local_bh_disable();
	reason = adopt_locked(a);
	local_bh_enable();
	rcu_read_unlock();
	release_sock(a->lsk);
	return reason;
}

static struct tcp_handoff_info_blk *adopt_blk(const struct adopt *a)
{
	struct tcp_handoff_flow *flow = a->flow;
	struct tcp_handoff_info_blk *blk;
	struct tcp_handoff_peer *peer;
	struct sockaddr_in *sin;

	blk = kzalloc(sizeof(*blk), GFP_KERNEL_ACCOUNT);
	if (!blk)
		return NULL;
	blk->info.role = a->home ? TCP_HANDOFF_ROLE_RETURNED :
				   TCP_HANDOFF_ROLE_ADOPTED;
	blk->info.attempts = flow->attempts;
	blk->info.epoch = flow->epoch;
	blk->info.cookie = flow->cookie;
	blk->info.boot_id = flow->id.boot_id;
	blk->info.flow_id = flow->id.seq;
	if (a->home) {
		blk->info.error = tcp_handoff_reason_errno(flow->reason);
		blk->info.usec = div_u64(ktime_get_ns() - flow->t_capture,
					 NSEC_PER_USEC);
	}
	strscpy(blk->info.technique, flow->tech, sizeof(blk->info.technique));

	sin = (struct sockaddr_in *)&blk->info.peer;
	rcu_read_lock();
	peer = rcu_dereference(flow->peer);
	if (peer) {
		sin->sin_family = AF_INET;
		sin->sin_addr.s_addr = peer->addr;
		sin->sin_port = peer->port;
	}
	rcu_read_unlock();
	return blk;
}

static enum tcp_handoff_reason adopt_prepared(struct adopt *a)
{
	enum tcp_handoff_reason reason;

	a->lsk = find_listener(a);
	if (!a->lsk)
		return TCP_HANDOFF_REASON_NO_LISTENER;
	reason = adopt_owned(a);
	sock_put(a->lsk);
	return reason;
}

static enum tcp_handoff_reason adopt(struct adopt *a)
{
	enum tcp_handoff_reason reason;

	reason = check_addrs(a);
	if (reason)
		return reason;
	a->blk = adopt_blk(a);
	a->skb = adopt_skb(a);
	if (a->blk && a->skb)
		reason = adopt_prepared(a);
	else
		reason = TCP_HANDOFF_REASON_MEMORY;
	kfree(a->blk);
	kfree_skb(a->skb);
	return reason;
}

/**
 * tcp_handoff_adopt() - build a socket and give it to who listens
 * @flow: names the connection; its lock is not held
 * @img:  checked; on success its queues are empty, else it is as before
 * @osk:  the flow's minisock whose place the socket takes (adoption at home),
 *        with a reference of the caller's; NULL on a back end
 *
 * On success the socket is in the accept queue, ESTABLISHED or CLOSE_WAIT,
 * with everything in its queues and its timers running.
 *
 * Context: process, may sleep.
 * Return: NONE, NO_LISTENER, QUEUE_FULL, LISTENER, NOT_LOCAL, NO_VIP, LOCAL,
 * NO_ROUTE, EXISTS, SECURITY, MEMORY, HELD or CANCELLED
 */
enum tcp_handoff_reason tcp_handoff_adopt(struct tcp_handoff_flow *flow,
					  struct tcp_handoff_image *img,
					  struct inet_timewait_sock *osk)
{
	struct adopt a = {
		.hnet = flow->hnet,
		.flow = flow,
		.img = img,
		.osk = osk,
		.home = osk,
	};

	return adopt(&a);
}

/**
 * tcp_handoff_adopt_parked() - as tcp_handoff_adopt(), into a socket that waits
 * @flow:   names the connection; its lock is not held
 * @img:    checked; on success its queues are empty, else it is as before
 * @parked: the socket and its request; what has been used of it is NULL then
 *
 * Context: process, may sleep.
 * Return: as tcp_handoff_adopt(), or PARKED: not for this listener
 */
enum tcp_handoff_reason
tcp_handoff_adopt_parked(struct tcp_handoff_flow *flow,
			 struct tcp_handoff_image *img,
			 struct tcp_handoff_parked *parked)
{
	struct adopt a = {
		.hnet = flow->hnet,
		.flow = flow,
		.img = img,
		.parked = parked,
	};

	return adopt(&a);
}
