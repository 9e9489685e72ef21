// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: the back end's side of the protocol.
 *
 * Every HANDOFF gets exactly one terminal answer, ADOPTED or REFUSED, and
 * what was answered is remembered: a front end whose channel broke asks again
 * (QUERY) and must hear the same.  A connection that ended is reported with
 * CLOSED until the front end has acknowledged that.
 */
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <net/inet_hashtables.h>

#include "handoff.h"

/* Until a socket that its program did not let go of is tried again. */
#define FORGET_RETRY	HZ

/*
 * The channel on which to speak about a flow: that of the front end's boot
 * which named it, or none.  A later boot knows nothing of it.
 */
static struct tcp_handoff_channel *
receiver_channel(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_channel *ch = NULL;
	struct tcp_handoff_peer *peer;

	rcu_read_lock();
	peer = rcu_dereference(flow->peer);
	if (peer)
		ch = tcp_handoff_channel_get(peer, false);
	rcu_read_unlock();
	if (ch && ch->peer_boot_id != flow->id.boot_id) {
		tcp_handoff_channel_put(ch);
		ch = NULL;
	}
	return ch;
}

/* The clock goes on while the message waits; RFC 7323: never back. */
static struct tcp_handoff_wire_timewait
timewait_aged(const struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_wire_timewait tw = flow->timewait;
	u64 us = div_u64(ktime_get_ns() - flow->timewait_taken, NSEC_PER_USEC);
	u64 ticks = tw.usec_ts ? us : div_u64(us, USEC_PER_MSEC);

	tw.ts_now = cpu_to_be32(be32_to_cpu(tw.ts_now) + (u32)ticks);
	tw.ts_recent_age = cpu_to_be32(be32_to_cpu(tw.ts_recent_age) +
				       (u32)div_u64(us, USEC_PER_SEC));
	return tw;
}

static void send_closed(struct tcp_handoff_channel *ch,
			struct tcp_handoff_flow *flow)
{
	struct {
		struct tcp_handoff_tlv tlv;
		struct tcp_handoff_wire_timewait tw;
	} __packed body = {
		.tlv.type = cpu_to_be16(TCP_HANDOFF_TLV_TIMEWAIT),
		.tlv.len = cpu_to_be32(sizeof(body.tw)),
	};
	struct tcp_handoff_hdr name = tcp_handoff_flow_hdr(flow);
	bool tw = flow->closed == TCP_HANDOFF_CLOSED_TIME_WAIT;

	if (tw)
		body.tw = timewait_aged(flow);
	/* lost for want of memory: the tombstone's next round repeats it */
	tcp_handoff_channel_send(ch, &name, TCP_HANDOFF_MSG_CLOSED,
				 flow->closed, &body, tw ? sizeof(body) : 0,
				 GFP_ATOMIC);
}

/*
 * A terminal answer.  If it cannot be queued the front end would wait for it
 * until the deadline; the next session asks again.
 */
static void send_answer(struct tcp_handoff_channel *ch,
			const struct tcp_handoff_hdr *name, u8 type, u32 code)
{
	int err = tcp_handoff_channel_send(ch, name, type, code, NULL, 0,
					   GFP_KERNEL);

	if (err)
		tcp_handoff_channel_kill(ch, err);
}

/* Say (again) what has become of a flow; nothing while that is open. */
static void answer(struct tcp_handoff_channel *ch,
		   struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_hdr name = tcp_handoff_flow_hdr(flow);

	/* with the release in flow_set_state(): how it ended was set before */
	switch (smp_load_acquire(&flow->state)) {
	case TCP_HANDOFF_ST_OWNED:
		send_answer(ch, &name, TCP_HANDOFF_MSG_ADOPTED, 0);
		break;
	case TCP_HANDOFF_ST_ENDED:
		if (flow->result == TCP_HANDOFF_MSG_REFUSED)
			send_answer(ch, &name, TCP_HANDOFF_MSG_REFUSED,
				    flow->reason);
		else
			send_closed(ch, flow);
		break;
	}
}

/**
 * tcp_handoff_receiver_work() - repeat a CLOSED that was not acknowledged
 * @flow: tombstone
 *
 * Context: process.
 */
void tcp_handoff_receiver_work(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_channel *ch = receiver_channel(flow);

	if (!ch)
		return;
	if (!tcp_handoff_channel_is_busy(ch))
		answer(ch, flow);
	tcp_handoff_channel_put(ch);
}

/* Of all who see that the connection has ended one reports it. */
static bool take_end(struct tcp_handoff_flow *flow, u8 kind)
{
	bool ours;

	spin_lock_bh(&flow->lock);
	flow->child = NULL;
	/* before ADOPTED was said: adoption_adopted() says both */
	ours = flow->state == TCP_HANDOFF_ST_OWNED && !flow->closed;
	if (!flow->closed)
		flow->closed = kind;
	spin_unlock_bh(&flow->lock);
	return ours;
}

/*
 * B21: nobody will ask for this tombstone.  Looked at once it is one, or
 * receiver_up_flow() would miss it, too.
 */
static bool end_unasked(struct tcp_handoff_flow *flow)
{
	if (!READ_ONCE(flow->unasked))
		return false;
	tcp_handoff_flow_end(flow);
	return true;
}

static void tell_closed(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_channel *ch;

	tcp_handoff_flow_entomb(flow, TCP_HANDOFF_MSG_CLOSED);
	tcp_handoff_notify(flow, TCP_HANDOFF_EVENT_CLOSED);
	if (end_unasked(flow))
		return;
	ch = receiver_channel(flow);
	if (!ch)
		return;
	send_closed(ch, flow);
	tcp_handoff_channel_put(ch);
}

/**
 * tcp_handoff_report_closed() - a connection that was adopted here has ended
 * @flow: its record, ADOPTING or OWNED; flow->timewait is filled if @kind is
 *        TCP_HANDOFF_CLOSED_TIME_WAIT
 * @kind: enum tcp_handoff_closed
 *
 * Context: any, usually with the socket's spinlock held.
 */
void tcp_handoff_report_closed(struct tcp_handoff_flow *flow, u8 kind)
{
	if (take_end(flow, kind))
		tell_closed(flow);
}

static void adoption_put(struct tcp_handoff_adoption *a)
{
	if (!refcount_dec_and_test(&a->ref))
		return;
	tcp_handoff_flow_put(a->flow);
	kfree(a);
}

static bool sk_has_flow(const struct sock *sk,
			const struct tcp_handoff_flow *flow)
{
	const struct tcp_handoff_info_blk *blk;

	blk = rcu_dereference_protected(tcp_sk(sk)->handoff,
					lockdep_sock_is_held(sk));
	return blk && blk->flow == flow;
}

/*
 * The socket of a flow, full or a minisock in FIN_WAIT2, wherever a program
 * has bound it to.  Its end clears the pointer, under the lock, before its
 * memory can go.
 *
 * Return: with a reference; NULL: there is none; or an error: not now
 */
static struct sock *get_child(struct tcp_handoff_flow *flow)
{
	struct sock *sk;

	spin_lock_bh(&flow->lock);
	sk = flow->child;
	/* a minisock that is not hashed yet, or a socket that is going */
	if (sk && !refcount_inc_not_zero(&sk->sk_refcnt))
		sk = ERR_PTR(-EAGAIN);
	spin_unlock_bh(&flow->lock);
	return sk;
}

/* As tcp_abort(), which would wait for the program for as long as it likes. */
static int abort_sock(struct tcp_handoff_flow *flow, struct sock *sk)
{
	const u32 reset = TCPF_ESTABLISHED | TCPF_CLOSE_WAIT |
			  TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2;
	bool ours;

	if (!tcp_handoff_lock_sock(sk))
		return -EAGAIN;
	local_bh_disable();
	bh_lock_sock(sk);
	/* or it has ended while we waited, is a minisock, or in use again */
	ours = sk_has_flow(sk, flow);
	if (ours) {
		TCP_HANDOFF_INC(flow->hnet, FORGOTTEN);
		if (BIT(sk->sk_state) & reset)
			tcp_send_active_reset(sk, SK_RST_REASON_TCP_STATE);
		tcp_done_with_error(sk, ECONNABORTED);
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	release_sock(sk);
	return ours ? 0 : -EAGAIN;
}

/* Nobody forwards anything to it any more: end it, and tell its client. */
static int abort_child(struct tcp_handoff_flow *flow)
{
	struct sock *sk = get_child(flow);
	int err;

	if (!sk)
		return -ENOENT;
	if (IS_ERR(sk))
		return PTR_ERR(sk);
	if (sk_fullsock(sk)) {
		err = abort_sock(flow, sk);
	} else {
		TCP_HANDOFF_INC(flow->hnet, FORGOTTEN);
		err = tcp_abort(sk, ECONNABORTED);
	}
	sock_gen_put(sk);
	return err;
}

/* B9, also if there is no socket that could tell. */
static void forget_child(struct tcp_handoff_flow *flow)
{
	int err = abort_child(flow);

	if (err == -ENOENT)
		tcp_handoff_report_closed(flow, TCP_HANDOFF_CLOSED_GONE);
	else if (err)
		tcp_handoff_flow_arm(flow, FORGET_RETRY);
}

static void adoption_adopted(struct tcp_handoff_adoption *a,
			     struct tcp_handoff_channel *ch)
{
	struct tcp_handoff_hdr name = tcp_handoff_flow_hdr(a->flow);
	struct tcp_handoff_flow *flow = a->flow;
	bool forget;
	u8 closed;

	flow->adopt_us = div_u64(ktime_get_ns() - a->start, NSEC_PER_USEC);
	TCP_HANDOFF_INC(a->hnet, ADOPTED);
	if (a->tech->adopted)
		SNMP_INC_STATS(a->hnet->mib, a->tech->adopted);
	/* before the state: from then on the socket's end is reported */
	if (ch)
		send_answer(ch, &name, TCP_HANDOFF_MSG_ADOPTED, 0);
	spin_lock_bh(&flow->lock);
	tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_OWNED);
	closed = flow->closed;
	forget = flow->forget;
	flow->adoption = NULL;
	spin_unlock_bh(&flow->lock);
	tcp_handoff_notify(flow, TCP_HANDOFF_EVENT_ADOPTED);
	if (closed)
		tell_closed(flow);
	else if (forget)
		tcp_handoff_flow_queue_sock_work(flow);
}

static void adoption_refused(struct tcp_handoff_adoption *a,
			     struct tcp_handoff_channel *ch,
			     enum tcp_handoff_reason reason)
{
	struct tcp_handoff_hdr name = tcp_handoff_flow_hdr(a->flow);
	struct tcp_handoff_flow *flow = a->flow;

	tcp_handoff_refuse(a->hnet, reason);
	flow->reason = reason;
	spin_lock_bh(&flow->lock);
	flow->adoption = NULL;
	spin_unlock_bh(&flow->lock);
	tcp_handoff_flow_entomb(flow, TCP_HANDOFF_MSG_REFUSED);
	tcp_handoff_notify(flow, TCP_HANDOFF_EVENT_REFUSED);
	if (end_unasked(flow))
		return;
	if (ch)
		send_answer(ch, &name, TCP_HANDOFF_MSG_REFUSED, reason);
}

/**
 * tcp_handoff_adoption_done() - the one terminal answer to a HANDOFF
 * @a:      adoption; the technique must not touch it after that
 * @reason: NONE: a socket of this host has the connection; else nothing has
 *
 * Called exactly once for each adoption by the technique that was asked to
 * adopt, at once or later.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_adoption_done(struct tcp_handoff_adoption *a,
			       enum tcp_handoff_reason reason)
{
	struct tcp_handoff_channel *ch = receiver_channel(a->flow), *now;

	if (reason)
		adoption_refused(a, ch, reason);
	else
		adoption_adopted(a, ch);
	/* a new session may have asked while there was no answer yet (R5) */
	now = receiver_channel(a->flow);
	if (now && now != ch)
		answer(now, a->flow);
	if (now)
		tcp_handoff_channel_put(now);
	if (ch)
		tcp_handoff_channel_put(ch);
	tcp_handoff_image_free(a->hnet, a->img);
	a->img = NULL;
	adoption_put(a);
}

/* The next technique that is built in; of no list, the first there is. */
static bool next_tech(struct tcp_handoff_adoption *a)
{
	struct tcp_handoff_tech *tech = NULL;
	const char *name;

	while (!tech && a->techs_done < ARRAY_SIZE(a->techs)) {
		name = a->techs[a->techs_done];
		if (!*name && a->techs_done)
			break;
		a->techs_done++;
		tech = tcp_handoff_tech_find(name);
	}
	if (!tech)
		return false;
	/* who cancels may read it */
	WRITE_ONCE(a->tech, tech);
	strscpy(a->flow->tech, tech->name, sizeof(a->flow->tech));
	return true;
}

/**
 * tcp_handoff_adoption_next() - a technique cannot do it: another one may
 * @a:      adoption; the technique must not touch it after that
 * @reason: why, if nobody else is left to ask
 *
 * Instead of tcp_handoff_adoption_done(), if the image is as it was.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_adoption_next(struct tcp_handoff_adoption *a,
			       enum tcp_handoff_reason reason)
{
	int fell_back = a->tech->fell_back;

	if (!next_tech(a)) {
		tcp_handoff_adoption_done(a, reason);
		return;
	}
	if (fell_back)
		SNMP_INC_STATS(a->hnet->mib, fell_back);
	a->tech->adopt(a);
}

static enum tcp_handoff_reason adoption_parse(struct tcp_handoff_adoption *a,
					      const void *body, size_t len)
{
	struct tcp_handoff_state *st = &a->img->st;
	struct tcp_handoff_flow *flow = a->flow;
	enum tcp_handoff_reason reason;

	a->img->hnet = a->hnet;
	reason = tcp_handoff_parse(body, len, a->img);
	if (reason)
		return reason;
	flow->caddr = st->caddr;
	flow->cport = st->cport;
	flow->vaddr = st->vaddr;
	flow->vport = st->vport;
	tcp_handoff_adoption_techs(a);
	return next_tech(a) ? TCP_HANDOFF_REASON_NONE :
			      TCP_HANDOFF_REASON_NO_TECH;
}

static struct tcp_handoff_adoption *
adoption_alloc(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_adoption *a = kzalloc(sizeof(*a),
						 GFP_KERNEL_ACCOUNT);

	if (!a)
		return NULL;
	a->img = kmalloc(sizeof(*a->img), GFP_KERNEL_ACCOUNT);
	if (!a->img) {
		kfree(a);
		return NULL;
	}
	tcp_handoff_image_init(a->img);
	a->hnet = flow->hnet;
	a->flow = flow;
	a->start = ktime_get_ns();
	refcount_set(&a->ref, 1);
	tcp_handoff_flow_hold(flow);
	spin_lock_bh(&flow->lock);
	flow->adoption = a;
	spin_unlock_bh(&flow->lock);
	return a;
}

/* A record that exists before anything is built: duplicates find it. */
static struct tcp_handoff_flow *
receiver_flow(struct tcp_handoff_channel *ch, const struct tcp_handoff_hdr *hdr,
	      enum tcp_handoff_reason *reason)
{
	struct tcp_handoff_flow *flow = tcp_handoff_flow_alloc(ch->hnet);

	if (!flow) {
		*reason = TCP_HANDOFF_REASON_MEMORY;
		return NULL;
	}
	flow->id.boot_id = be64_to_cpu(hdr->boot_id);
	flow->id.seq = be64_to_cpu(hdr->seq);
	flow->epoch = be32_to_cpu(hdr->epoch);
	flow->conn_magic = be32_to_cpu(hdr->conn_magic);
	flow->state = TCP_HANDOFF_ST_ADOPTING;
	flow->t_capture = ktime_get_ns();
	flow->last_used = tcp_jiffies32;
	flow->attempts = 1;
	tcp_handoff_flow_set_peer(flow, ch->peer);
	*reason = tcp_handoff_flow_insert(flow);
	if (*reason) {
		tcp_handoff_flow_put(flow);
		return NULL;
	}
	return flow;
}

/* There is no record to answer from: the header alone has to do. */
static void refuse_early(struct tcp_handoff_channel *ch,
			 const struct tcp_handoff_hdr *hdr,
			 enum tcp_handoff_reason reason)
{
	tcp_handoff_refuse(ch->hnet, reason);
	send_answer(ch, hdr, TCP_HANDOFF_MSG_REFUSED, reason);
}

#define MISFIT	"message does not fit its flow"

/*
 * One of another peer, epoch or connection under this id means that somebody
 * lies or is confused.
 */
static bool record_fits(const struct tcp_handoff_channel *ch,
			const struct tcp_handoff_flow *flow,
			const struct tcp_handoff_hdr *hdr)
{
	return rcu_access_pointer(flow->peer) == ch->peer &&
	       flow->epoch == be32_to_cpu(hdr->epoch) &&
	       flow->conn_magic == be32_to_cpu(hdr->conn_magic);
}

/* The record a message is about. */
static struct tcp_handoff_flow *find_record(struct tcp_handoff_channel *ch,
					    const struct tcp_handoff_hdr *hdr)
{
	struct tcp_handoff_flow *flow;

	flow = tcp_handoff_flow_find(ch->hnet, be64_to_cpu(hdr->boot_id),
				     be64_to_cpu(hdr->seq));
	if (!flow || record_fits(ch, flow, hdr))
		return flow;
	tcp_handoff_flow_put(flow);
	tcp_handoff_channel_bad(ch, MISFIT);
	return ERR_PTR(-EPROTO);
}

/* Return: true if there is nothing to adopt. */
static bool handoff_is_known(struct tcp_handoff_channel *ch,
			     const struct tcp_handoff_hdr *hdr)
{
	struct tcp_handoff_flow *flow;

	TCP_HANDOFF_INC(ch->hnet, RECEIVED);
	atomic64_inc(&ch->peer->received);
	flow = find_record(ch, hdr);
	if (!flow)
		return false;
	if (!IS_ERR(flow)) {
		TCP_HANDOFF_INC(ch->hnet, DUPLICATE);
		answer(ch, flow);
		tcp_handoff_flow_put(flow);
	}
	return true;
}

static void rcv_handoff(struct tcp_handoff_channel *ch,
			const struct tcp_handoff_hdr *hdr,
			const void *body, size_t len)
{
	enum tcp_handoff_reason reason;
	struct tcp_handoff_adoption *a;
	struct tcp_handoff_flow *flow;

	if (handoff_is_known(ch, hdr))
		return;
	flow = receiver_flow(ch, hdr, &reason);
	if (!flow) {
		refuse_early(ch, hdr, reason);
		return;
	}
	a = adoption_alloc(flow);
	if (!a) {
		tcp_handoff_flow_end(flow);
		refuse_early(ch, hdr, TCP_HANDOFF_REASON_MEMORY);
	} else {
		reason = adoption_parse(a, body, len);
		if (reason)
			tcp_handoff_adoption_done(a, reason);
		else
			tcp_handoff_flow_queue_sock_work(flow);
	}
	tcp_handoff_flow_put(flow);
}

/* Return: the adoption, to be answered by the caller; or NULL */
static struct tcp_handoff_adoption *
adoption_begin(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_adoption *a = NULL;

	spin_lock_bh(&flow->lock);
	if (flow->state == TCP_HANDOFF_ST_ADOPTING && flow->adoption &&
	    !flow->adoption->begun) {
		a = flow->adoption;
		a->begun = true;
	}
	spin_unlock_bh(&flow->lock);
	return a;
}

/**
 * tcp_handoff_receiver_sock_work() - adopt a connection, or abort its socket
 * @flow: record of a back end
 *
 * Context: process (the flow's sock_work), may sleep.
 */
void tcp_handoff_receiver_sock_work(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_adoption *a = adoption_begin(flow);
	struct mem_cgroup *memcg;

	if (a) {
		memcg = set_active_memcg(flow->hnet->memcg);
		a->tech->adopt(a);
		set_active_memcg(memcg);
	} else if (READ_ONCE(flow->state) == TCP_HANDOFF_ST_OWNED &&
		   READ_ONCE(flow->forget)) {
		forget_child(flow);
	}
}

/**
 * tcp_handoff_receiver_cancel() - a connection is not to be adopted any more
 * @flow:   record of a back end, or of a front end, which is left alone
 * @forget: nor is it to stay if it is adopted
 *
 * If the technique has not been asked yet it never is.  If it is at work it is
 * asked to stop, and its answer will tell whether it has.
 *
 * Context: process, may sleep.
 * Return: true if the adoption has been answered by this
 */
bool tcp_handoff_receiver_cancel(struct tcp_handoff_flow *flow, bool forget)
{
	struct tcp_handoff_adoption *a = adoption_begin(flow);
	struct tcp_handoff_tech *tech;

	if (a) {
		tcp_handoff_adoption_done(a, TCP_HANDOFF_REASON_CANCELLED);
		return true;
	}
	spin_lock_bh(&flow->lock);
	if (flow->state == TCP_HANDOFF_ST_ADOPTING) {
		WRITE_ONCE(flow->cancel, true);
		a = flow->adoption;
	}
	if (a)
		refcount_inc(&a->ref);
	if (forget && (flow->state == TCP_HANDOFF_ST_ADOPTING ||
		       flow->state == TCP_HANDOFF_ST_OWNED))
		WRITE_ONCE(flow->forget, true);
	spin_unlock_bh(&flow->lock);
	if (!a)
		return false;
	tech = READ_ONCE(a->tech);
	if (tech && tech->cancel)
		tech->cancel(a);
	adoption_put(a);
	return false;
}

/* Its adoption or its socket ends, as soon as that can be. */
static bool end_child(struct tcp_handoff_flow *flow)
{
	if (tcp_handoff_receiver_cancel(flow, true))
		return true;
	if (READ_ONCE(flow->state) != TCP_HANDOFF_ST_OWNED)
		return false;
	tcp_handoff_flow_queue_sock_work(flow);
	return true;
}

/* QUERY, CANCEL, FORGET: what has become of the flow, and perhaps end it. */
static void rcv_query(struct tcp_handoff_channel *ch,
		      const struct tcp_handoff_hdr *hdr)
{
	bool forget = hdr->type == TCP_HANDOFF_MSG_FORGET;
	struct tcp_handoff_flow *flow;

	flow = find_record(ch, hdr);
	if (IS_ERR(flow))
		return;
	if (!flow) {
		send_answer(ch, hdr, TCP_HANDOFF_MSG_CLOSED,
			    TCP_HANDOFF_CLOSED_UNKNOWN);
		return;
	}
	if (hdr->type == TCP_HANDOFF_MSG_QUERY)
		answer(ch, flow);
	else if (forget ? !end_child(flow) :
			  !tcp_handoff_receiver_cancel(flow, false))
		answer(ch, flow);	/* else its end is the answer */
	tcp_handoff_flow_put(flow);
}

static void rcv_closed_ack(struct tcp_handoff_channel *ch,
			   const struct tcp_handoff_hdr *hdr)
{
	struct tcp_handoff_flow *flow;
	bool acked = false;

	flow = tcp_handoff_flow_find(ch->hnet, be64_to_cpu(hdr->boot_id),
				     be64_to_cpu(hdr->seq));
	if (!flow)
		return;
	if (be32_to_cpu(hdr->epoch) < flow->epoch)
		goto put;	/* of an earlier handoff of the flow */
	if (!record_fits(ch, flow, hdr)) {
		tcp_handoff_channel_bad(ch, MISFIT);
		goto put;
	}
	spin_lock_bh(&flow->lock);
	acked = flow->state == TCP_HANDOFF_ST_ENDED &&
		flow->result == TCP_HANDOFF_MSG_CLOSED;
	spin_unlock_bh(&flow->lock);
	/* the tombstone's time begins (B13) */
	if (acked)
		tcp_handoff_flow_acked(flow);
	else
		tcp_handoff_channel_bad(ch, "acknowledges what was not said");
put:
	tcp_handoff_flow_put(flow);
}

/**
 * tcp_handoff_receiver_rcv() - a message from a front end
 * @ch:   the channel it dialled
 * @hdr:  header, sane by itself
 * @body: what follows it
 * @len:  bytes of @body
 *
 * Context: process (the channel's rx_work), may sleep.
 */
void tcp_handoff_receiver_rcv(struct tcp_handoff_channel *ch,
			      const struct tcp_handoff_hdr *hdr,
			      const void *body, size_t len)
{
	/* a flow is named by who captured it, and that is the front end */
	if (be64_to_cpu(hdr->boot_id) != ch->peer_boot_id) {
		tcp_handoff_channel_bad(ch, "flow of another boot");
		return;
	}
	switch (hdr->type) {
	case TCP_HANDOFF_MSG_HANDOFF:
		rcv_handoff(ch, hdr, body, len);
		break;
	case TCP_HANDOFF_MSG_QUERY:
	case TCP_HANDOFF_MSG_CANCEL:
	case TCP_HANDOFF_MSG_FORGET:
		rcv_query(ch, hdr);
		break;
	case TCP_HANDOFF_MSG_CLOSED_ACK:
		rcv_closed_ack(ch, hdr);
		break;
	default:
		tcp_handoff_channel_bad(ch, "message a back end never gets");
	}
}

/**
 * tcp_handoff_receiver_skipped() - a HANDOFF came that could not be kept
 * @ch:     the channel a front end dialled
 * @hdr:    header, sane by itself
 * @reason: BYTES or MEMORY
 *
 * Context: process (the channel's rx_work), may sleep.
 */
void tcp_handoff_receiver_skipped(struct tcp_handoff_channel *ch,
				  const struct tcp_handoff_hdr *hdr,
				  enum tcp_handoff_reason reason)
{
	if (be64_to_cpu(hdr->boot_id) != ch->peer_boot_id)
		tcp_handoff_channel_bad(ch, "flow of another boot");
	else if (!handoff_is_known(ch, hdr))
		refuse_early(ch, hdr, reason);
}

static void receiver_removed_flow(struct tcp_handoff_flow *flow, void *arg)
{
	if (rcu_access_pointer(flow->peer) == arg &&
	    flow->id.boot_id != flow->hnet->boot_id)
		end_child(flow);	/* what is remembered stays (B23) */
}

/**
 * tcp_handoff_receiver_removed() - a front end is no longer configured
 * @peer: peer, its channels ended
 *
 * What it handed here cannot be spoken about any more, nor will its packets
 * come much longer.  The records stay: it may be configured again, be in doubt
 * about a flow, and take one that is unknown here for its own.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_receiver_removed(struct tcp_handoff_peer *peer)
{
	tcp_handoff_flow_for_each(peer->hnet, receiver_removed_flow, peer);
}

/*
 * Its front end is born again, forwards nothing for its old flows, and will not
 * ask (B21, B22).
 */
static void end_of_boot(struct tcp_handoff_flow *flow)
{
	spin_lock_bh(&flow->lock);
	WRITE_ONCE(flow->unasked, true);
	spin_unlock_bh(&flow->lock);
	end_child(flow);
	/*
	 * With the release in flow_set_state(): end_unasked() looks after that,
	 * so one of the two sees what the other has done.
	 */
	if (smp_load_acquire(&flow->state) == TCP_HANDOFF_ST_ENDED)
		tcp_handoff_flow_end(flow);
}

static bool is_not_acked(const struct tcp_handoff_flow *flow)
{
	/* as in answer(): how it ended was set before */
	return smp_load_acquire(&flow->state) == TCP_HANDOFF_ST_ENDED &&
	       flow->result == TCP_HANDOFF_MSG_CLOSED &&
	       !READ_ONCE(flow->closed_acked);
}

static void receiver_up_flow(struct tcp_handoff_flow *flow, void *arg)
{
	struct tcp_handoff_channel *ch = arg;

	if (rcu_access_pointer(flow->peer) != ch->peer)
		return;
	if (flow->id.boot_id == flow->hnet->boot_id)
		return;		/* one that we handed to it */
	if (flow->id.boot_id != ch->peer_boot_id)
		end_of_boot(flow);
	else if (is_not_acked(flow) && !tcp_handoff_channel_is_busy(ch))
		send_closed(ch, flow);	/* or its next round does */
}

/**
 * tcp_handoff_receiver_up() - a front end's channel has come up
 * @ch:          the channel; the one before it is gone with its workers
 * @old_boot_id: of the session before, 0 if there was none
 *
 * Context: process (the channel's rx_work), may sleep.
 */
void tcp_handoff_receiver_up(struct tcp_handoff_channel *ch, u64 old_boot_id)
{
	if (old_boot_id)
		tcp_handoff_flow_for_each(ch->hnet, receiver_up_flow, ch);
}
