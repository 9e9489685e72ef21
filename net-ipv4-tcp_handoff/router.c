// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: what becomes of a client's packet.
 *
 * A packet of a flow finds the flow's minisock where it would have found the
 * socket, so it costs nothing to tell it from others.  While nobody is known
 * to have the connection it is held; when a back end has it, forwarded.  It
 * never reaches tcp_timewait_state_process(): two stacks must not answer.
 *
 * A swap in ehash does not reach a packet that has looked up already.  One
 * that holds a captured socket, or a minisock that home adoption replaced,
 * looks up again; it then finds what took the place.
 */
#include <linux/netfilter.h>
#include <net/inet_hashtables.h>
#include <net/route.h>
#include <net/rstreason.h>
#include <net/xfrm.h>

#include "handoff.h"

/* Fewer than this many bytes of ICMP error do not name a connection. */
#define ICMP_MIN_QUOTE	8

static struct tcp_handoff_flow *tw_flow(const struct sock *sk)
{
	return rcu_dereference(tcp_twsk(sk)->tw_handoff);
}

/*
 * What a packet that waits must not keep: routes and conntrack entries pin
 * devices and namespaces, and IPCB stays as IP input left it.
 */
static void strip_skb(struct sk_buff *skb)
{
	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	secpath_reset(skb);
	skb_clear_tstamp(skb);
	skb->dev = NULL;
}

/* Return: false if the flow holds no longer. */
static bool hold_skb(struct tcp_handoff_flow *flow, struct sk_buff *skb)
{
	struct tcp_handoff_net *hnet = flow->hnet;
	bool room;

	spin_lock(&flow->lock);
	if (flow->state > TCP_HANDOFF_ST_DOUBT &&
	    flow->state != TCP_HANDOFF_ST_HOMING) {
		spin_unlock(&flow->lock);
		return false;
	}
	room = flow->hold_bytes + skb->truesize <=
	       READ_ONCE(hnet->hold_bytes) &&
	       tcp_handoff_charge(hnet, skb->truesize);
	if (room) {
		strip_skb(skb);
		flow->hold_bytes += skb->truesize;
		flow->hold_cpu = smp_processor_id();
		__skb_queue_tail(&flow->hold, skb);
		TCP_HANDOFF_INC(hnet, HELD);
	}
	spin_unlock(&flow->lock);
	if (!room) {
		/* silently: the client retransmits, nobody has answered */
		TCP_HANDOFF_INC(hnet, HOLD_DROPS);
		kfree_skb(skb);
	}
	return true;
}

/*
 * The number that a reset must have to be taken (RFC 5961 section 3.2), in
 * case nobody else is left to send one; and a sign that the back end lives.
 */
static void watch_client(struct tcp_handoff_flow *flow,
			 const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	u32 ack = ntohl(th->ack_seq), seq = ntohl(th->seq);
	u32 last = READ_ONCE(flow->client_ack);
	bool more = after(seq, READ_ONCE(flow->client_seq));

	if (!th->ack || th->syn || th->rst)
		return;
	/* who only sends goes on only as long as somebody acknowledges that */
	if (more || after(ack, last))
		WRITE_ONCE(flow->progress_at, tcp_jiffies32);
	if (more)
		WRITE_ONCE(flow->client_seq, seq);
	/* the last one, not the highest: a forged one does not stay */
	if (ack != last)
		WRITE_ONCE(flow->client_ack, ack);
}

static void forward_skb(struct tcp_handoff_flow *flow, struct sk_buff *skb)
{
	watch_client(flow, skb);
	WRITE_ONCE(flow->last_used, tcp_jiffies32);
	tcp_handoff_xmit(flow, skb);
}

/*
 * A packet that came all the way has passed source validation (rp_filter) and
 * routing rules; as long as routing does not change, others of the connection
 * from the same device would.  Early demux trusts a cached route likewise.
 */
static void remember_input(struct tcp_handoff_flow *flow,
			   const struct sk_buff *skb)
{
	int genid = rt_genid_ipv4(flow->hnet->net);

	if (READ_ONCE(flow->genid) != genid)
		WRITE_ONCE(flow->genid, genid);
	if (READ_ONCE(flow->in_ifindex) != skb->skb_iif)
		WRITE_ONCE(flow->in_ifindex, skb->skb_iif);
}

static bool input_is_known(const struct tcp_handoff_flow *flow,
			   const struct sk_buff *skb)
{
	return READ_ONCE(flow->in_ifindex) == skb->skb_iif &&
	       READ_ONCE(flow->genid) == rt_genid_ipv4(flow->hnet->net);
}

static bool is_syn(const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);

	return th->syn && !th->ack && !th->rst;
}

/*
 * Somebody opens a new connection with the addresses of one that is forwarded.
 * If that has just ended and its back end's word is still under way, the SYN
 * would meet the listener there.  So it waits until the back end has said; the
 * last one does, if there are several.
 *
 * Return: false if the flow forwards no longer.
 */
static bool hold_syn(struct tcp_handoff_flow *flow, struct sk_buff *skb)
{
	struct tcp_handoff_net *hnet = flow->hnet;
	struct sk_buff *old = NULL;
	bool room;

	spin_lock(&flow->lock);
	if (flow->state != TCP_HANDOFF_ST_FORWARD) {
		spin_unlock(&flow->lock);
		return false;
	}
	room = tcp_handoff_charge(hnet, skb->truesize);
	if (room) {
		strip_skb(skb);
		old = flow->syn;
		flow->syn = skb;
	}
	spin_unlock(&flow->lock);
	if (room && !old) {
		TCP_HANDOFF_INC(hnet, SYN_HELD);
		WRITE_ONCE(flow->reconcile, true);
		tcp_handoff_flow_queue_work(flow);
		return true;
	}
	TCP_HANDOFF_INC(hnet, HOLD_DROPS);
	if (old)
		tcp_handoff_uncharge(hnet, old->truesize);
	kfree_skb(room ? old : skb);
	return true;
}

/* Return: false if the flow forwards no longer. */
static bool pass_on(struct tcp_handoff_flow *flow, struct sk_buff *skb)
{
	if (is_syn(skb))
		return hold_syn(flow, skb);
	forward_skb(flow, skb);
	return true;
}

/* TCP gets to see it once more; what comes before TCP has let it pass. */
static void deliver_again(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	skb->dev = dev_get_by_index_rcu(net, skb->skb_iif);
	if (skb->dev && !ip_route_input_noref(skb, iph->daddr, iph->saddr,
					      iph->tos, skb->dev) &&
	    skb_rtable(skb)->rt_type == RTN_LOCAL)
		ip_protocol_deliver_rcu(net, skb, IPPROTO_TCP);
	else
		kfree_skb(skb);
}

/**
 * tcp_handoff_router_answered() - what becomes of a SYN that waited?
 * @flow: FORWARD: it lives, its socket answers the SYN (challenge ACK); or
 *        its minisock is not in its place any more: the SYN finds what is
 *
 * Context: process.
 */
void tcp_handoff_router_answered(struct tcp_handoff_flow *flow)
{
	struct sk_buff *syn;
	bool alive;

	spin_lock_bh(&flow->lock);
	syn = flow->syn;
	flow->syn = NULL;
	alive = flow->state == TCP_HANDOFF_ST_FORWARD;
	spin_unlock_bh(&flow->lock);
	if (!syn)
		return;
	tcp_handoff_uncharge(flow->hnet, syn->truesize);
	local_bh_disable();
	rcu_read_lock();
	if (alive)
		forward_skb(flow, syn);
	else
		deliver_again(flow->hnet->net, syn);
	rcu_read_unlock();
	local_bh_enable();
}

/**
 * __tcp_handoff_v4_rcv() - tcp_v4_rcv() found the minisock of a flow
 * @sk:  minisock, with a reference
 * @skb: packet, data at the TCP header, IPCB() as IP input left it
 *
 * Context: softirq, RCU.
 * Return: TCP_HANDOFF_PASS: treat as any TIME_WAIT socket; TCP_HANDOFF_TAKEN:
 * reference and packet are gone; TCP_HANDOFF_AGAIN: the reference is gone,
 * look up again
 */
int __tcp_handoff_v4_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_handoff_flow *flow = tw_flow(sk);
	int ret = TCP_HANDOFF_TAKEN;

	if (!flow) {
		/* with the release in host_time_wait() */
		smp_acquire__after_ctrl_dep();
		return TCP_HANDOFF_PASS;
	}
	/* with the release in flow_set_state(): peer and image are final */
	switch (smp_load_acquire(&flow->state)) {
	case TCP_HANDOFF_ST_FORWARD:
		remember_input(flow, skb);
		if (!pass_on(flow, skb))
			ret = TCP_HANDOFF_AGAIN;
		break;
	case TCP_HANDOFF_ST_OWNED:
	case TCP_HANDOFF_ST_ADOPTING:
		/* a back end's own, in FIN_WAIT2 */
		return TCP_HANDOFF_PASS;
	case TCP_HANDOFF_ST_ENDED:
		ret = TCP_HANDOFF_AGAIN;
		break;
	default:
		if (hold_skb(flow, skb))
			break;
		/* it moved on while we waited for the lock */
		if (READ_ONCE(flow->state) != TCP_HANDOFF_ST_FORWARD ||
		    !pass_on(flow, skb))
			ret = TCP_HANDOFF_AGAIN;
	}
	if (ret == TCP_HANDOFF_AGAIN) {
		/* one that is still found would be found for ever */
		if (sk_hashed(sk) && tw_flow(sk) == flow) {
			TCP_HANDOFF_INC(flow->hnet, FORWARD_DROPS);
			kfree_skb(skb);
			ret = TCP_HANDOFF_TAKEN;
		} else {
			TCP_HANDOFF_INC(flow->hnet, LOOKUP_AGAIN);
		}
	}
	inet_twsk_put(inet_twsk(sk));
	return ret;
}

/**
 * __tcp_handoff_v4_moved() - was the connection of this socket taken away?
 * @sk:         full socket in state CLOSE, its spinlock held
 * @skb:        packet that was looked up for it
 * @refcounted: the lookup took a reference
 *
 * Context: softirq, RCU.
 * Return: true: captured; spinlock and reference are released and @skb is as
 * it was before the lookup, but for what a socket filter has cut off
 */
bool __tcp_handoff_v4_moved(struct sock *sk, struct sk_buff *skb,
			    bool refcounted)
{
	struct tcp_handoff_info_blk *blk;

	blk = rcu_dereference(tcp_sk(sk)->handoff);
	if (!blk || !blk->captured)
		return false;
	TCP_HANDOFF_INC(tcp_handoff_pernet(sock_net(sk)), LOOKUP_AGAIN);
	__acquire(sk->sk_lock.slock);	/* by the caller, who looks again */
	bh_unlock_sock(sk);
	if (refcounted)
		sock_put(sk);
	/* as tcp_v4_restore_cb() does */
	memmove(IPCB(skb), &TCP_SKB_CB(skb)->header.h4,
		sizeof(struct inet_skb_parm));
	/* cleared on the way to the socket; its namespace is still asked for */
	skb->dev = dev_get_by_index_rcu(sock_net(sk), skb->skb_iif) ?:
		   skb_dst(skb)->dev;
	return true;
}

/*
 * Is everything that INPUT would do to the packet nothing?  The shortcut must
 * not go around a firewall, IPsec, or a packet that needs an answer.
 */
static bool input_is_empty(const struct net *net, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

#ifdef CONFIG_NETFILTER
	if (rcu_access_pointer(net->nf.hooks_ipv4[NF_INET_LOCAL_IN]))
		return false;
#endif
#ifdef CONFIG_XFRM
	if (READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_IN]) ||
	    READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_IN]) !=
	    XFRM_USERPOLICY_ACCEPT || secpath_exists(skb))
		return false;
#endif
	return iph->ihl == 5 && skb->pkt_type == PACKET_HOST;
}

/**
 * __tcp_handoff_ip_rcv_finish() - forward before the route is looked up
 * @skb: packet, data at the IP header, skb->sk a minisock of any kind
 *
 * Context: softirq, RCU.
 * Return: true if it was taken
 */
bool __tcp_handoff_ip_rcv_finish(struct sk_buff *skb)
{
	struct tcp_handoff_flow *flow;
	u8 state;

	flow = tw_flow(skb->sk);
	if (!flow)
		return false;
	/* as in __tcp_handoff_v4_rcv() */
	state = smp_load_acquire(&flow->state);
	if (state != TCP_HANDOFF_ST_FORWARD || !input_is_known(flow, skb) ||
	    !input_is_empty(flow->hnet->net, skb) || is_syn(skb) ||
	    !tcp_handoff_xmit_is_plain(flow, skb))
		return false;

	skb_orphan(skb);	/* drops the reference early demux took */
	TCP_HANDOFF_INC(flow->hnet, FORWARD_SHORT);
	forward_skb(flow, skb);
	return true;
}

/**
 * __tcp_handoff_v4_err() - an ICMP error about what a back end has sent
 * @sk:  minisock of a flow
 * @skb: ICMP packet, data at the quoted IP header, stays the caller's
 *
 * The VIP is answered for here, but it is the back end that has to learn that
 * its packets are too big or do not arrive.
 *
 * Context: softirq, RCU.
 */
void __tcp_handoff_v4_err(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_handoff_flow *flow = tw_flow(sk);
	struct sk_buff *copy;

	if (!flow || READ_ONCE(flow->state) != TCP_HANDOFF_ST_FORWARD ||
	    skb->len < ICMP_MIN_QUOTE)
		return;
	copy = skb_clone(skb, GFP_ATOMIC);
	if (!copy)
		return;
	TCP_HANDOFF_INC(flow->hnet, FORWARD_ICMP);
	tcp_handoff_xmit(flow, copy);
}

/* Return: false if there is more to send, which is in @batch now. */
static bool open_if_empty(struct tcp_handoff_flow *flow,
			  struct sk_buff_head *batch)
{
	bool done = true;

	spin_lock_bh(&flow->lock);
	if (flow->state != TCP_HANDOFF_ST_SENT &&
	    flow->state != TCP_HANDOFF_ST_DOUBT)
		goto out;
	if (skb_queue_empty(&flow->hold)) {
		tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_FORWARD);
		goto out;
	}
	done = false;
	if (!batch)
		goto out;
	skb_queue_splice_init(&flow->hold, batch);
	tcp_handoff_uncharge(flow->hnet, flow->hold_bytes);
	flow->hold_bytes = 0;
out:
	spin_unlock_bh(&flow->lock);
	return done;
}

/**
 * tcp_handoff_router_open_work() - send what was held, then forward
 * @work: flow->open_work, which holds a reference to the flow
 */
void tcp_handoff_router_open_work(struct work_struct *work)
{
	struct tcp_handoff_flow *flow = container_of(work,
						     struct tcp_handoff_flow,
						     open_work);
	struct sk_buff_head batch;
	struct sk_buff *skb;

	__skb_queue_head_init(&batch);
	local_bh_disable();
	rcu_read_lock();
	while (!open_if_empty(flow, &batch)) {
		while ((skb = __skb_dequeue(&batch)))
			forward_skb(flow, skb);
		/* what arrives meanwhile queues behind these */
		rcu_read_unlock();
		local_bh_enable();
		cond_resched();
		local_bh_disable();
		rcu_read_lock();
	}
	rcu_read_unlock();
	local_bh_enable();
	tcp_handoff_flow_put(flow);
}

/**
 * tcp_handoff_router_open() - a back end has the connection: forward
 * @flow: SENT or DOUBT
 *
 * What was held goes first, in order, and from the CPU it came in on: devices
 * without a queue of their own keep the order of one CPU only, and a client
 * takes packets that overtake each other for lost ones.  What arrives
 * meanwhile queues behind.
 *
 * Context: process.
 */
void tcp_handoff_router_open(struct tcp_handoff_flow *flow)
{
	int cpu = READ_ONCE(flow->hold_cpu);

	if (open_if_empty(flow, NULL))
		return;
	if (!cpu_online(cpu))
		cpu = WORK_CPU_UNBOUND;
	tcp_handoff_flow_hold(flow);
	if (!queue_work_on(cpu, flow->hnet->open_wq, &flow->open_work))
		tcp_handoff_flow_put(flow);
}

/* As tcp_v4_fill_cb(): TCP's view of a packet that waited as an IP one. */
static void fill_cb(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	memmove(&cb->header.h4, IPCB(skb), sizeof(struct inet_skb_parm));
	barrier();
	cb->seq = ntohl(th->seq);
	cb->end_seq = cb->seq + th->syn + th->fin + skb->len - th->doff * 4;
	cb->ack_seq = ntohl(th->ack_seq);
	cb->tcp_flags = tcp_flag_byte(th);
	cb->tcp_tw_isn = 0;
	cb->ip_dsfield = ipv4_get_dsfield(iph);
	cb->sacked = 0;
	cb->has_rxtstamp = skb->tstamp || skb_hwtstamps(skb)->hwtstamp;
}

/**
 * tcp_handoff_router_replay() - a flow is at home: give it what was held
 * @flow:  HOMING, its minisock replaced by @child
 * @child: the new socket, its spinlock held, BH off, not owned
 *
 * Before anything that arrives now, which waits for the spinlock.
 */
void tcp_handoff_router_replay(struct tcp_handoff_flow *flow,
			       struct sock *child)
{
	struct sk_buff_head batch;
	struct sk_buff *skb;

	__skb_queue_head_init(&batch);
	spin_lock(&flow->lock);
	skb_queue_splice_init(&flow->hold, &batch);
	tcp_handoff_uncharge(flow->hnet, flow->hold_bytes);
	flow->hold_bytes = 0;
	/* who waits for this lock looks up again, and finds the child */
	tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_ENDED);
	spin_unlock(&flow->lock);

	while ((skb = __skb_dequeue(&batch))) {
		if (tcp_filter(child, skb)) {
			kfree_skb(skb);
			continue;
		}
		fill_cb(skb);
		tcp_segs_in(tcp_sk(child), skb);
		sk_backlog_rcv(child, skb);
	}
}

/* Prefer a packet of the client's own: it names the number it waits for. */
static struct sk_buff *reset_cause(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_state st = {
		.caddr = flow->caddr,
		.vaddr = flow->vaddr,
		.cport = flow->cport,
		.vport = flow->vport,
	};
	struct sk_buff *skb;
	bool known;

	spin_lock_bh(&flow->lock);
	do {
		/* still counted in hold_bytes, which ends with the flow */
		skb = __skb_dequeue_tail(&flow->hold);
		if (skb && tcp_hdr(skb)->rst) {
			kfree_skb(skb);
			skb = NULL;
		}
	} while (!skb && !skb_queue_empty(&flow->hold));
	known = flow->img || flow->client_known;
	if (flow->img)
		st = flow->img->st;
	else
		st.snd_nxt = READ_ONCE(flow->client_ack);
	spin_unlock_bh(&flow->lock);
	if (skb || !known)
		return skb;
	return tcp_handoff_make_ack(&st, st.rcv_nxt, st.snd_nxt);
}

/**
 * tcp_handoff_reset_client() - tell the client that the connection is gone
 * @flow: flow nobody has the connection of any more, out of ehash
 *
 * Sends the reset that a packet of the client would get that met no socket.
 * Its number is the one that a held packet, the image, or the last packet that
 * was forwarded says the client waits for.  If the back end has sent more by
 * then, the client asks back (RFC 5961 section 3.2) and meets no socket.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_reset_client(struct tcp_handoff_flow *flow)
{
	struct net *net = flow->hnet->net;
	struct flowi4 fl4 = {
		.daddr = flow->caddr,
		.saddr = flow->vaddr,
	};
	struct sk_buff *skb = reset_cause(flow);
	struct rtable *rt;

	if (!skb)
		return;
	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt)) {
		kfree_skb(skb);
		return;
	}
	rcu_read_lock();
	local_bh_disable();
	skb->dev = rt->dst.dev;
	if (!ip_route_input_noref(skb, flow->vaddr, flow->caddr, 0, skb->dev)) {
		fill_cb(skb);
		tcp_request_sock_ops.send_reset(NULL, skb,
						SK_RST_REASON_TCP_STATE);
	}
	kfree_skb(skb);
	local_bh_enable();
	rcu_read_unlock();
	ip_rt_put(rt);
}

/**
 * __tcp_handoff_time_wait() - tcp_time_wait() of a connection adopted here
 * @sk: full socket, its lock held
 * @tw: its minisock, filled in, not hashed yet
 *
 * In TIME_WAIT the front end takes over.  An orphan in FIN_WAIT2 still needs
 * the client's packets: the minisock takes the flow over.
 */
void __tcp_handoff_time_wait(struct sock *sk, struct inet_timewait_sock *tw)
{
	struct tcp_timewait_sock *tcptw = tcp_twsk((struct sock *)tw);
	struct tcp_handoff_info_blk *blk;
	struct tcp_handoff_flow *flow;

	blk = rcu_dereference_protected(tcp_sk(sk)->handoff,
					lockdep_sock_is_held(sk));
	flow = blk->flow;
	if (!flow)
		return;
	blk->flow = NULL;
	spin_lock_bh(&flow->lock);
	flow->child = (struct sock *)tw;
	spin_unlock_bh(&flow->lock);
	RCU_INIT_POINTER(tcptw->tw_handoff, flow);
	if (tw->tw_substate == TCP_TIME_WAIT)
		__tcp_handoff_tw_closed(tw);
}

static void fill_timewait(struct tcp_handoff_flow *flow,
			  const struct inet_timewait_sock *tw)
{
	const struct tcp_timewait_sock *tcptw = tcp_twsk((struct sock *)tw);
	struct tcp_handoff_wire_timewait *w = &flow->timewait;
	int stamp = READ_ONCE(tcptw->tw_ts_recent_stamp);

	flow->timewait_taken = ktime_get_ns();
	w->rcv_nxt = cpu_to_be32(tcptw->tw_rcv_nxt);
	w->snd_nxt = cpu_to_be32(tcptw->tw_snd_nxt);
	w->rcv_wnd = cpu_to_be32(tcptw->tw_rcv_wnd);
	w->rcv_wscale = tw->tw_rcv_wscale;
	w->usec_ts = tw->tw_usec_ts;
	w->tstamp_ok = !!stamp;
	w->ts_now = cpu_to_be32(tcp_tw_tsval(tcptw));
	w->ts_recent = cpu_to_be32(tcptw->tw_ts_recent);
	w->ts_recent_age = cpu_to_be32(stamp ? ktime_get_seconds() - stamp : 0);
}

/**
 * __tcp_handoff_tw_closed() - a minisock of an adopted flow is in TIME_WAIT
 * @tw: minisock
 */
void __tcp_handoff_tw_closed(struct inet_timewait_sock *tw)
{
	struct tcp_timewait_sock *tcptw = tcp_twsk((struct sock *)tw);
	struct tcp_handoff_flow *flow;

	/* two packets may see the same transition */
	flow = unrcu_pointer(xchg(&tcptw->tw_handoff, NULL));
	if (!flow)
		return;
	fill_timewait(flow, tw);
	tcp_handoff_report_closed(flow, TCP_HANDOFF_CLOSED_TIME_WAIT);
	tcp_handoff_flow_put(flow);
}

/**
 * __tcp_handoff_twsk_destructor() - a minisock that still has a flow goes
 * @tcptw: minisock, its last reference dropped
 *
 * On a front end somebody killed it (ss -K, namespace exit, or the state
 * machine itself); on a back end FIN_WAIT2 timed out.
 */
void __tcp_handoff_twsk_destructor(struct tcp_timewait_sock *tcptw)
{
	struct tcp_handoff_flow *flow;
	bool owned;

	flow = rcu_dereference_protected(tcptw->tw_handoff, true);
	spin_lock_bh(&flow->lock);
	flow->tw = NULL;
	owned = flow->state == TCP_HANDOFF_ST_OWNED ||
		flow->state == TCP_HANDOFF_ST_ADOPTING;
	spin_unlock_bh(&flow->lock);
	if (owned)
		tcp_handoff_report_closed(flow, TCP_HANDOFF_CLOSED_GONE);
	else
		tcp_handoff_flow_orphaned(flow);
	tcp_handoff_flow_put(flow);
}

/**
 * __tcp_handoff_set_state_close() - a connection adopted here has ended
 * @sk: its socket, entering TCP_CLOSE, lock held
 */
void __tcp_handoff_set_state_close(struct sock *sk)
{
	struct tcp_handoff_info_blk *blk;
	struct tcp_handoff_flow *flow;

	blk = rcu_dereference_protected(tcp_sk(sk)->handoff, true);
	flow = blk->flow;
	if (!flow)
		return;
	blk->flow = NULL;
	tcp_handoff_report_closed(flow, sk->sk_err == ECONNRESET ||
				  sk->sk_err == ECONNABORTED ?
				  TCP_HANDOFF_CLOSED_RESET :
				  TCP_HANDOFF_CLOSED_GONE);
	tcp_handoff_flow_put(flow);
}

/**
 * __tcp_handoff_destroy_sock() - a socket that has a history is destroyed
 * @sk: socket nobody uses any more
 */
void __tcp_handoff_destroy_sock(struct sock *sk)
{
	struct tcp_handoff_info_blk *blk;

	__tcp_handoff_set_state_close(sk);
	blk = rcu_dereference_protected(tcp_sk(sk)->handoff, true);
	RCU_INIT_POINTER(tcp_sk(sk)->handoff, NULL);
	kfree_rcu(blk, rcu);
}
