// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: the front end's side of the protocol.
 *
 * A captured flow leaves for a back end, and until that one has said what
 * became of it, nobody may touch the connection.  The rule that keeps a
 * connection from having two owners: it is adopted at home only if the back
 * end refused it, or cannot have got all of the message, or says, in the boot
 * that was sent the message, that it never saw it.
 */
#include "handoff.h"
#include "trace.h"

/*
 * Wait between attempts to come home, when memory or a listener is missing:
 * 20 ms at first, then longer, up to 1.28 s.
 */
#define HOME_RETRY		max(msecs_to_jiffies(20), 1UL)
#define HOME_RETRY_SHIFT	6
/* What the channel had no room for is asked within this time. */
#define ASK_AGAIN		(2U * HZ)
/* After a cut of the channel both hosts compare what they have. */
#define RECONCILE_WITHIN	(60UL * HZ)

static bool past_deadline(const struct tcp_handoff_flow *flow)
{
	return time_after_eq64(get_jiffies_64(), flow->deadline);
}

/*
 * Whoever ends a flow does so alone, and only out of the BIT()s of states in
 * which it may: another worker may be at home adoption with the image.  The
 * end of the minisock, which is part of it, must not look to others as if
 * somebody had killed that.
 */
static bool claim_end(struct tcp_handoff_flow *flow, u32 from, u8 result)
{
	bool claimed;

	spin_lock_bh(&flow->lock);
	claimed = BIT(flow->state) & from;
	if (claimed) {
		/* before the state: who looks at both does not take the lock */
		WRITE_ONCE(flow->result, result);
		tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_ENDED);
	}
	spin_unlock_bh(&flow->lock);
	return claimed;
}

static bool end_by_reset(struct tcp_handoff_flow *flow, u32 from, u8 result)
{
	if (!claim_end(flow, from, result))
		return false;
	TCP_HANDOFF_INC(flow->hnet, RESET);
	tcp_handoff_notify(flow, TCP_HANDOFF_EVENT_RESET);
	tcp_handoff_flow_kill_tw(flow);
	tcp_handoff_reset_client(flow);
	tcp_handoff_router_answered(flow);
	return true;
}

/* Nobody else has the connection: end it. */
static void reset_flow(struct tcp_handoff_flow *flow, u32 from)
{
	if (end_by_reset(flow, from, 0))
		tcp_handoff_flow_end(flow);
}

static bool is_forgotten(const struct tcp_handoff_flow *flow)
{
	/* with the release in flow_set_state(): result was set before */
	return smp_load_acquire(&flow->state) == TCP_HANDOFF_ST_ENDED &&
	       READ_ONCE(flow->result) == TCP_HANDOFF_MSG_FORGET;
}

/**
 * tcp_handoff_flow_orphaned() - the minisock of a flow is gone
 * @flow: flow of a front end, in any state
 *
 * Somebody killed it (ss -K), or the flow itself did at its end.  Without it
 * no packet finds the flow, so there is nothing to wait for.
 *
 * Context: any.
 */
void tcp_handoff_flow_orphaned(struct tcp_handoff_flow *flow)
{
	if (READ_ONCE(flow->state) != TCP_HANDOFF_ST_ENDED)
		tcp_handoff_flow_queue_work(flow);
}

static void adopt_home(struct tcp_handoff_flow *flow)
{
	struct inet_timewait_sock *tw = tcp_handoff_flow_get_tw(flow);
	enum tcp_handoff_reason reason;

	if (!tw) {
		/* somebody killed the minisock: nothing to come back to */
		reset_flow(flow, BIT(TCP_HANDOFF_ST_HOMING));
		return;
	}
	reason = tcp_handoff_adopt(flow, flow->img, tw);
	if (!reason) {
		local_bh_disable();
		inet_twsk_deschedule_put(tw);
		local_bh_enable();
		TCP_HANDOFF_INC(flow->hnet, RETURNED);
		tcp_handoff_notify(flow, TCP_HANDOFF_EVENT_RETURNED);
		tcp_handoff_flow_end(flow);
		return;
	}
	inet_twsk_put(tw);
	if (reason == TCP_HANDOFF_REASON_EXISTS || past_deadline(flow)) {
		tcp_handoff_refuse(flow->hnet, reason);
		reset_flow(flow, BIT(TCP_HANDOFF_ST_HOMING));
		return;
	}
	TCP_HANDOFF_INC(flow->hnet, HOME_RETRIES);
	tcp_handoff_flow_arm(flow, HOME_RETRY << flow->home_tries);
	if (flow->home_tries < HOME_RETRY_SHIFT)
		flow->home_tries++;
}

/**
 * tcp_handoff_home() - no back end takes the connection: adopt it here
 * @flow:   flow that is certainly nobody else's
 * @from:   BIT()s of the states in which that is certain
 * @reason: why, for the program that accepts it again
 *
 * Context: any; the adoption itself is the flow's sock_work.
 */
void tcp_handoff_home(struct tcp_handoff_flow *flow, u32 from,
		      enum tcp_handoff_reason reason)
{
	bool ours;

	spin_lock_bh(&flow->lock);
	ours = (BIT(flow->state) & from) && flow->img;
	if (ours) {
		flow->reason = reason;
		tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_HOMING);
	}
	spin_unlock_bh(&flow->lock);
	if (ours)
		tcp_handoff_flow_queue_sock_work(flow);
}

static struct tcp_handoff_channel *sender_channel(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_channel *ch = NULL;
	struct tcp_handoff_peer *peer;

	rcu_read_lock();
	peer = rcu_dereference(flow->peer);
	if (peer)
		ch = tcp_handoff_channel_get(peer, true);
	rcu_read_unlock();
	return ch;
}

/*
 * A question or a request about a flow; lost, the next session repeats it.
 *
 * Return: false if it has to wait
 */
static bool ask(struct tcp_handoff_channel *ch, struct tcp_handoff_flow *flow,
		u8 type)
{
	struct tcp_handoff_hdr name = tcp_handoff_flow_hdr(flow);

	if (tcp_handoff_channel_is_busy(ch))
		return false;
	if (tcp_handoff_channel_send(ch, &name, type, 0, NULL, 0, GFP_KERNEL))
		tcp_handoff_channel_kill(ch, -ENOMEM);
	return true;
}

/* Now, if there is a session with the boot that was sent the flow. */
static bool ask_if_up(struct tcp_handoff_flow *flow, u8 type)
{
	struct tcp_handoff_channel *ch = sender_channel(flow);
	bool asked = true;

	if (!ch)
		return true;
	if (ch->peer_boot_id == flow->peer_boot_id)
		asked = ask(ch, flow, type);
	tcp_handoff_channel_put(ch);
	return asked;
}

/* Not all at once again. */
static void ask_later(struct tcp_handoff_flow *flow)
{
	WRITE_ONCE(flow->reconcile, true);
	tcp_handoff_flow_arm(flow, get_random_u32_below(ASK_AGAIN));
}

/* Sent, without an answer: leave it, or at least tell. */
static u8 question(const struct tcp_handoff_flow *flow)
{
	return READ_ONCE(flow->cancel) ? TCP_HANDOFF_MSG_CANCEL :
					 TCP_HANDOFF_MSG_QUERY;
}

/*
 * The back end may have the connection, but nobody finds out in time, or the
 * way to it is gone: end it here, and there as soon as that can be said.  The
 * record stays until it has been answered; reap_one() has it said again.
 */
static void give_up(struct tcp_handoff_flow *flow, u32 from)
{
	if (!end_by_reset(flow, from, TCP_HANDOFF_MSG_FORGET))
		return;
	TCP_HANDOFF_INC(flow->hnet, FORGET);
	tcp_handoff_flow_strip(flow);
	tcp_handoff_flow_entomb(flow, TCP_HANDOFF_MSG_FORGET);
	ask_if_up(flow, TCP_HANDOFF_MSG_FORGET);
}

static enum tcp_handoff_reason send_image(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_channel *ch = sender_channel(flow);
	size_t len;
	void *body;
	int err;

	if (!ch)
		return TCP_HANDOFF_REASON_PEER_DOWN;
	err = tcp_handoff_pack(flow->img, &body, &len);
	if (!err) {
		trace_tcp_handoff_packed(flow, len - flow->img->payload, len);
		err = tcp_handoff_channel_send_image(ch, flow, body, len);
	}
	tcp_handoff_channel_put(ch);
	if (err == -EMSGSIZE)
		return TCP_HANDOFF_REASON_TOO_BIG;
	if (err == -ENOMEM)
		return TCP_HANDOFF_REASON_MEMORY;
	if (err == -ENOBUFS)
		return TCP_HANDOFF_REASON_BYTES;
	return err ? TCP_HANDOFF_REASON_LOST : TCP_HANDOFF_REASON_NONE;
}

/* Nobody reads the image any more: what happened meanwhile had to wait. */
static void end_packing(struct tcp_handoff_flow *flow, unsigned long wait)
{
	spin_lock_bh(&flow->lock);
	flow->packing = false;
	/* the answer may have come already, and armed its own */
	if (flow->state <= TCP_HANDOFF_ST_DOUBT)
		__tcp_handoff_flow_arm(flow, wait / 2);
	spin_unlock_bh(&flow->lock);
	if (READ_ONCE(flow->state) == TCP_HANDOFF_ST_HOMING)
		tcp_handoff_flow_queue_sock_work(flow);
	else if (!READ_ONCE(flow->tw))
		tcp_handoff_flow_queue_work(flow);
}

/**
 * tcp_handoff_send() - send a captured connection to its back end
 * @flow: fresh from tcp_handoff_capture(); the caller's reference is taken
 *
 * From here on the connection takes care of itself: it arrives, or it comes
 * home, or it is reset at the deadline.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_send(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_net *hnet = flow->hnet;
	unsigned long wait = msecs_to_jiffies(READ_ONCE(hnet->deadline_ms));
	enum tcp_handoff_reason reason;

	flow->deadline = get_jiffies_64() + wait;
	reason = send_image(flow);
	if (reason) {
		tcp_handoff_refuse(hnet, reason);
		tcp_handoff_home(flow, BIT(TCP_HANDOFF_ST_HOLD), reason);
	}
	end_packing(flow, wait);
	tcp_handoff_flow_put(flow);
}

#if IS_ENABLED(CONFIG_TCP_HANDOFF_TORTURE)

/**
 * tcp_handoff_send_home() - a captured connection goes nowhere else
 * @flow: fresh from tcp_handoff_capture(); the caller's reference is taken
 *
 * Unless memory is short, it is in the accept queue on return.
 *
 * Context: process, may sleep; the listener is not locked.
 */
void tcp_handoff_send_home(struct tcp_handoff_flow *flow)
{
	unsigned long wait;

	wait = msecs_to_jiffies(READ_ONCE(flow->hnet->deadline_ms));
	flow->deadline = get_jiffies_64() + wait;
	tcp_handoff_home(flow, BIT(TCP_HANDOFF_ST_HOLD),
			 TCP_HANDOFF_REASON_NONE);
	end_packing(flow, wait);
	flush_work(&flow->sock_work);
	tcp_handoff_flow_put(flow);
}

#endif /* CONFIG_TCP_HANDOFF_TORTURE */

/**
 * tcp_handoff_sending() - the first byte of a HANDOFF is about to leave
 * @flow:    flow whose message it is
 * @boot_id: boot of the back end that will get it
 *
 * Context: process, the channel's tx_work.
 * Return: false if the flow is not to be sent any more
 */
bool tcp_handoff_sending(struct tcp_handoff_flow *flow, u64 boot_id)
{
	bool go;

	spin_lock_bh(&flow->lock);
	go = flow->state == TCP_HANDOFF_ST_HOLD;
	if (go) {
		flow->peer_boot_id = boot_id;
		tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_SENT);
	}
	spin_unlock_bh(&flow->lock);
	if (go)
		TCP_HANDOFF_INC(flow->hnet, SENT);
	return go;
}

/* Is this answer about what we asked, and do we still wait for it? */
static bool answer_fits(struct tcp_handoff_channel *ch,
			struct tcp_handoff_flow *flow,
			const struct tcp_handoff_hdr *hdr)
{
	return rcu_access_pointer(flow->peer) == ch->peer &&
	       flow->epoch == be32_to_cpu(hdr->epoch) &&
	       flow->conn_magic == be32_to_cpu(hdr->conn_magic);
}

static void rcv_adopted(struct tcp_handoff_channel *ch,
			struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_net *hnet = flow->hnet;
	struct tcp_handoff_image *img = NULL;
	bool waited, bad;

	spin_lock_bh(&flow->lock);
	bad = flow->state == TCP_HANDOFF_ST_HOLD ||
	      flow->state == TCP_HANDOFF_ST_HOMING;
	/* without an image it has been adopted, and what was held leaves */
	waited = (flow->state == TCP_HANDOFF_ST_SENT ||
		  flow->state == TCP_HANDOFF_ST_DOUBT) && flow->img;
	if (waited) {
		img = flow->img;
		flow->img = NULL;
		flow->client_ack = img->st.snd_nxt;
		flow->client_seq = img->st.rcv_nxt;
		flow->progress_at = tcp_jiffies32;
		flow->client_known = true;
	}
	spin_unlock_bh(&flow->lock);
	if (bad)
		tcp_handoff_channel_bad(ch, "adoption of what was not sent");
	if (!waited) {
		/* said twice, after a QUERY */
		tcp_handoff_router_answered(flow);
		return;
	}

	flow->handoff_us = div_u64(ktime_get_ns() - flow->t_capture,
				   NSEC_PER_USEC);
	TCP_HANDOFF_INC(hnet, ADOPTED_THERE);
	atomic64_inc(&ch->peer->adopted);
	tcp_handoff_router_open(flow);
	tcp_handoff_flow_arm(flow,
			     msecs_to_jiffies(READ_ONCE(hnet->idle_ms)));
	tcp_handoff_notify(flow, TCP_HANDOFF_EVENT_ADOPTED);
	tcp_handoff_image_free(hnet, img);
	/* somebody has killed it meanwhile */
	if (!READ_ONCE(flow->tw))
		tcp_handoff_flow_queue_work(flow);
}

static void rcv_refused(struct tcp_handoff_channel *ch,
			struct tcp_handoff_flow *flow,
			const struct tcp_handoff_hdr *hdr)
{
	u8 code = min_t(u32, be32_to_cpu(hdr->code), U8_MAX);
	u8 state = READ_ONCE(flow->state);

	if (!code || state == TCP_HANDOFF_ST_HOLD ||
	    state == TCP_HANDOFF_ST_FORWARD) {
		tcp_handoff_channel_bad(ch, "refusal of what was not asked");
		return;
	}
	if (state != TCP_HANDOFF_ST_SENT && state != TCP_HANDOFF_ST_DOUBT)
		return;		/* said twice */
	TCP_HANDOFF_INC(flow->hnet, REFUSED_THERE);
	atomic64_inc(&ch->peer->refused);
	tcp_handoff_notify(flow, TCP_HANDOFF_EVENT_REFUSED);
	tcp_handoff_home(flow, BIT(TCP_HANDOFF_ST_SENT) |
			 BIT(TCP_HANDOFF_ST_DOUBT), code);
}

/* As tcp_max_tw_buckets for the host's own; flows must not suffer from it. */
static bool time_wait_has_room(const struct tcp_handoff_net *hnet)
{
	u32 minisocks = refcount_read(&hnet->death_row.tw_refcount) - 1;
	u32 flows = READ_ONCE(hnet->nr_flows);

	return minisocks < flows + READ_ONCE(hnet->max_flows);
}

/*
 * The back end has entered TIME_WAIT: it ends here, where all packets of the
 * 4-tuple pass and where a new SYN for it has to be judged.
 */
static void host_time_wait(struct tcp_handoff_flow *flow,
			   const struct tcp_handoff_wire_timewait *w)
{
	struct inet_timewait_sock *tw = tcp_handoff_flow_get_tw(flow);
	struct tcp_timewait_sock *tcptw;
	u32 now;

	if (!tw)
		return;
	if (!time_wait_has_room(flow->hnet)) {
		TCP_HANDOFF_INC(flow->hnet, TIME_WAIT_OVERFLOW);
		inet_twsk_put(tw);
		tcp_handoff_flow_kill_tw(flow);
		return;
	}
	tcptw = tcp_twsk((struct sock *)tw);
	spin_lock_bh(&flow->lock);
	tw->tw_rcv_wscale = min_t(u8, w->rcv_wscale, TCP_MAX_WSCALE);
	tw->tw_usec_ts = !!w->usec_ts;
	WRITE_ONCE(tcptw->tw_rcv_nxt, be32_to_cpu(w->rcv_nxt));
	WRITE_ONCE(tcptw->tw_snd_nxt, be32_to_cpu(w->snd_nxt));
	tcptw->tw_rcv_wnd = be32_to_cpu(w->rcv_wnd);
	now = tcp_clock_ts(tw->tw_usec_ts);
	tcptw->tw_ts_offset = be32_to_cpu(w->ts_now) - now;
	WRITE_ONCE(tcptw->tw_ts_recent, be32_to_cpu(w->ts_recent));
	WRITE_ONCE(tcptw->tw_ts_recent_stamp, !w->tstamp_ok ? 0 :
		   max_t(long, 1, ktime_get_seconds() -
				  be32_to_cpu(w->ts_recent_age)));
	flow->tw = NULL;
	/* what is above comes first, for who sees it in tcp_handoff_v4_rcv() */
	smp_store_release(&tcptw->tw_handoff, NULL);
	spin_unlock_bh(&flow->lock);

	inet_twsk_reschedule(tw, TCP_TIMEWAIT_LEN);
	inet_twsk_put(tw);
	TCP_HANDOFF_INC(flow->hnet, TIME_WAIT);
	tcp_handoff_flow_put(flow);	/* the minisock's reference */
}

/* Return: NULL if there is no TIME_WAIT, an error if that makes no sense. */
static const struct tcp_handoff_wire_timewait *
closed_params(const struct tcp_handoff_hdr *hdr, const void *body, size_t len)
{
	size_t size = sizeof(struct tcp_handoff_wire_timewait);
	u32 code = be32_to_cpu(hdr->code);
	const void *w;

	if (!code || code > TCP_HANDOFF_CLOSED_UNKNOWN)
		return ERR_PTR(-EPROTO);
	if (code != TCP_HANDOFF_CLOSED_TIME_WAIT)
		return NULL;
	w = tcp_handoff_find_tlv(body, len, TCP_HANDOFF_TLV_TIMEWAIT, size);
	return w ?: ERR_PTR(-EPROTO);
}

static void rcv_closed(struct tcp_handoff_channel *ch,
		       struct tcp_handoff_flow *flow,
		       const struct tcp_handoff_hdr *hdr,
		       const void *body, size_t len)
{
	const struct tcp_handoff_wire_timewait *w;
	u8 state = READ_ONCE(flow->state);
	bool unknown;

	w = closed_params(hdr, body, len);
	if (IS_ERR(w)) {
		tcp_handoff_channel_bad(ch, "malformed end");
		return;
	}
	if (be32_to_cpu(hdr->code) == TCP_HANDOFF_CLOSED_UNKNOWN &&
	    state == TCP_HANDOFF_ST_DOUBT) {
		tcp_handoff_refuse(flow->hnet, TCP_HANDOFF_REASON_UNKNOWN);
		tcp_handoff_home(flow, BIT(TCP_HANDOFF_ST_DOUBT),
				 TCP_HANDOFF_REASON_UNKNOWN);
		return;
	}
	unknown = be32_to_cpu(hdr->code) == TCP_HANDOFF_CLOSED_UNKNOWN;
	if (state == TCP_HANDOFF_ST_HOLD ||
	    (state == TCP_HANDOFF_ST_HOMING && !unknown) ||
	    (state == TCP_HANDOFF_ST_SENT && unknown)) {
		tcp_handoff_channel_bad(ch, "end of what was not adopted");
		return;
	}
	/* an ADOPTED that was lost with the channel is implied */
	if (state != TCP_HANDOFF_ST_SENT && state != TCP_HANDOFF_ST_DOUBT &&
	    state != TCP_HANDOFF_ST_FORWARD)
		return;
	if (!claim_end(flow, BIT(TCP_HANDOFF_ST_SENT) |
			     BIT(TCP_HANDOFF_ST_DOUBT) |
			     BIT(TCP_HANDOFF_ST_FORWARD), 0))
		return;
	TCP_HANDOFF_INC(flow->hnet, CLOSED);
	if (w) {
		host_time_wait(flow, w);
	} else {
		tcp_handoff_flow_kill_tw(flow);
		/* who spoke meanwhile spoke to nobody */
		if (!skb_queue_empty(&flow->hold))
			tcp_handoff_reset_client(flow);
	}
	tcp_handoff_router_answered(flow);
	tcp_handoff_notify(flow, TCP_HANDOFF_EVENT_CLOSED);
	tcp_handoff_flow_end(flow);
}

/* F10: what the back end was asked to forget is nowhere any more. */
static void rcv_forgotten(struct tcp_handoff_channel *ch,
			  struct tcp_handoff_flow *flow,
			  const struct tcp_handoff_hdr *hdr,
			  const void *body, size_t len)
{
	bool bad = false;

	if (hdr->type == TCP_HANDOFF_MSG_ADOPTED)
		return;		/* crossed with the request */
	if (hdr->type == TCP_HANDOFF_MSG_CLOSED)
		bad = IS_ERR(closed_params(hdr, body, len));
	else
		bad = !hdr->code;
	if (bad)
		tcp_handoff_channel_bad(ch, "malformed end");
	else
		tcp_handoff_flow_end(flow);
}

static void rcv_for_flow(struct tcp_handoff_channel *ch,
			 struct tcp_handoff_flow *flow,
			 const struct tcp_handoff_hdr *hdr,
			 const void *body, size_t len)
{
	/* an answer that an earlier handoff of the flow is still getting */
	if (be32_to_cpu(hdr->epoch) < flow->epoch)
		return;
	if (!answer_fits(ch, flow, hdr)) {
		tcp_handoff_channel_bad(ch, "answer does not fit its flow");
		return;
	}
	if (is_forgotten(flow))
		rcv_forgotten(ch, flow, hdr, body, len);
	else if (hdr->type == TCP_HANDOFF_MSG_ADOPTED)
		rcv_adopted(ch, flow);
	else if (hdr->type == TCP_HANDOFF_MSG_REFUSED)
		rcv_refused(ch, flow, hdr);
	else
		rcv_closed(ch, flow, hdr, body, len);
}

/* F11: a back end serves a connection of which nobody forwards anything. */
static void rcv_unknown(struct tcp_handoff_channel *ch,
			const struct tcp_handoff_hdr *hdr)
{
	if (be64_to_cpu(hdr->seq) <= atomic64_read(&ch->hnet->next_seq))
		tcp_handoff_channel_send(ch, hdr, TCP_HANDOFF_MSG_FORGET, 0,
					 NULL, 0, GFP_KERNEL);
}

/**
 * tcp_handoff_sender_rcv() - a message from a back end
 * @ch:   the channel we dialled
 * @hdr:  header, sane by itself
 * @body: what follows it
 * @len:  bytes of @body
 *
 * Context: process (the channel's rx_work), may sleep.
 */
void tcp_handoff_sender_rcv(struct tcp_handoff_channel *ch,
			    const struct tcp_handoff_hdr *hdr,
			    const void *body, size_t len)
{
	struct tcp_handoff_flow *flow;

	if (be64_to_cpu(hdr->boot_id) != ch->hnet->boot_id) {
		tcp_handoff_channel_bad(ch, "flow of another boot");
		return;
	}
	switch (hdr->type) {
	case TCP_HANDOFF_MSG_ADOPTED:
	case TCP_HANDOFF_MSG_REFUSED:
	case TCP_HANDOFF_MSG_CLOSED:
		break;
	default:
		tcp_handoff_channel_bad(ch, "message a front end never gets");
		return;
	}
	flow = tcp_handoff_flow_find(ch->hnet, be64_to_cpu(hdr->boot_id),
				     be64_to_cpu(hdr->seq));
	if (flow) {
		rcv_for_flow(ch, flow, hdr, body, len);
		tcp_handoff_flow_put(flow);
	} else if (hdr->type == TCP_HANDOFF_MSG_ADOPTED) {
		rcv_unknown(ch, hdr);
	}
	/* also for a flow that is forgotten here: so that it is there, too */
	if (hdr->type == TCP_HANDOFF_MSG_CLOSED &&
	    be32_to_cpu(hdr->code) != TCP_HANDOFF_CLOSED_UNKNOWN)
		tcp_handoff_channel_send(ch, hdr, TCP_HANDOFF_MSG_CLOSED_ACK, 0,
					 NULL, 0, GFP_KERNEL);
}

/* Of this host, and handed to this peer? */
static bool is_sent_to(const struct tcp_handoff_flow *flow,
		       const struct tcp_handoff_peer *peer)
{
	return rcu_access_pointer(flow->peer) == peer &&
	       flow->id.boot_id == flow->hnet->boot_id;
}

static void sender_down_flow(struct tcp_handoff_flow *flow, void *arg)
{
	struct tcp_handoff_channel *ch = arg;

	if (!is_sent_to(flow, ch->peer))
		return;
	spin_lock_bh(&flow->lock);
	if (flow->state == TCP_HANDOFF_ST_SENT) {
		TCP_HANDOFF_INC(flow->hnet, DOUBT);
		tcp_handoff_flow_set_state(flow, TCP_HANDOFF_ST_DOUBT);
	}
	spin_unlock_bh(&flow->lock);
}

/**
 * tcp_handoff_sender_down() - the channel to a back end broke
 * @ch: the channel; its workers have ended
 *
 * What was sent and not answered is in doubt; what had not been sent completely
 * is adopted at home already.
 *
 * Context: process (the channel's kill_work), may sleep.
 */
void tcp_handoff_sender_down(struct tcp_handoff_channel *ch)
{
	tcp_handoff_flow_for_each(ch->hnet, sender_down_flow, ch);
}

/* Gone with the boot that had it, also what we had it forget. */
static void sender_up_anew(struct tcp_handoff_flow *flow)
{
	if (is_forgotten(flow))
		tcp_handoff_flow_end(flow);
	else
		reset_flow(flow, BIT(TCP_HANDOFF_ST_DOUBT) |
			   BIT(TCP_HANDOFF_ST_FORWARD));
}

static void sender_up_again(struct tcp_handoff_channel *ch,
			    struct tcp_handoff_flow *flow)
{
	unsigned long wait = min_t(unsigned long, RECONCILE_WITHIN,
				   msecs_to_jiffies(flow->hnet->idle_ms));

	switch (READ_ONCE(flow->state)) {
	case TCP_HANDOFF_ST_DOUBT:
		if (!ask(ch, flow, question(flow)))
			ask_later(flow);
		break;
	case TCP_HANDOFF_ST_FORWARD:
		/* one after the other: there may be a million */
		WRITE_ONCE(flow->reconcile, true);
		tcp_handoff_flow_arm(flow, READ_ONCE(flow->syn) ? 0 :
				     get_random_u32_below(wait));
		break;
	case TCP_HANDOFF_ST_ENDED:
		if (is_forgotten(flow))
			ask(ch, flow, TCP_HANDOFF_MSG_FORGET);
		break;
	}
}

static void sender_up_flow(struct tcp_handoff_flow *flow, void *arg)
{
	struct tcp_handoff_channel *ch = arg;

	if (!is_sent_to(flow, ch->peer))
		return;
	/* one that no HANDOFF has left for has no boot yet */
	if (READ_ONCE(flow->state) == TCP_HANDOFF_ST_HOLD ||
	    READ_ONCE(flow->state) == TCP_HANDOFF_ST_HOMING)
		return;
	if (flow->peer_boot_id != ch->peer_boot_id)
		sender_up_anew(flow);
	else
		sender_up_again(ch, flow);
}

/**
 * tcp_handoff_sender_up() - the channel to a back end has come up
 * @ch:          the channel
 * @old_boot_id: of the session before, 0 if there was none
 *
 * Context: process (the channel's rx_work), may sleep.
 */
void tcp_handoff_sender_up(struct tcp_handoff_channel *ch, u64 old_boot_id)
{
	if (old_boot_id)
		tcp_handoff_flow_for_each(ch->hnet, sender_up_flow, ch);
}

static void sender_lost_flow(struct tcp_handoff_flow *flow, void *arg)
{
	u32 wait = msecs_to_jiffies(READ_ONCE(flow->hnet->deadline_ms));
	struct tcp_handoff_peer *peer = arg;

	if (!is_sent_to(flow, peer) || !READ_ONCE(peer->down_since))
		return;
	/* with the release in flow_set_state(): progress_at was set before */
	if (smp_load_acquire(&flow->state) == TCP_HANDOFF_ST_FORWARD &&
	    tcp_jiffies32 - READ_ONCE(flow->progress_at) >= wait)
		give_up(flow, BIT(TCP_HANDOFF_ST_FORWARD));
}

/**
 * tcp_handoff_sender_lost() - a back end has been away for a long time
 * @peer: back end without a session for the decision deadline
 *
 * It may be dead, or only the channel may be cut.  A back end that still
 * serves a client sends something that the client acknowledges, and the
 * acknowledgment passes here.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_sender_lost(struct tcp_handoff_peer *peer)
{
	tcp_handoff_flow_for_each(peer->hnet, sender_lost_flow, peer);
}

static void sender_removed_flow(struct tcp_handoff_flow *flow, void *arg)
{
	if (!is_sent_to(flow, arg))
		return;
	give_up(flow, BIT(TCP_HANDOFF_ST_FORWARD));
	/* answered, but what was held is still on its way */
	if (READ_ONCE(flow->client_known))
		tcp_handoff_flow_arm(flow, HOME_RETRY);
}

/**
 * tcp_handoff_sender_removed() - a back end is no longer configured
 * @peer: peer, whose channel may still be up
 *
 * Nothing is forwarded to it any more.  What is not decided yet goes on: the
 * peer may be configured again.
 *
 * Context: process, may sleep.
 */
void tcp_handoff_sender_removed(struct tcp_handoff_peer *peer)
{
	tcp_handoff_flow_for_each(peer->hnet, sender_removed_flow, peer);
}

/* The minisock lives as long as its flow, not as its timer was set for. */
static void keep_tw(struct tcp_handoff_flow *flow)
{
	struct inet_timewait_sock *tw = tcp_handoff_flow_get_tw(flow);

	if (!tw)
		return;
	inet_twsk_reschedule(tw, TCP_HANDOFF_TW_TIMEO);
	inet_twsk_put(tw);
}

static bool peer_is_removed(struct tcp_handoff_flow *flow)
{
	struct tcp_handoff_peer *peer;
	bool removed;

	rcu_read_lock();
	peer = rcu_dereference(flow->peer);
	removed = !peer || READ_ONCE(peer->dead);
	rcu_read_unlock();
	return removed;
}

/* Gone for longer than any doubt lasts, or not configured any more. */
static bool peer_is_lost(struct tcp_handoff_flow *flow)
{
	u64 wait = msecs_to_jiffies(READ_ONCE(flow->hnet->deadline_ms));
	struct tcp_handoff_peer *peer;
	u64 since = 1;

	if (peer_is_removed(flow))
		return true;
	rcu_read_lock();
	peer = rcu_dereference(flow->peer);
	if (peer) {
		spin_lock_bh(&peer->lock);
		since = peer->down_since;
		spin_unlock_bh(&peer->lock);
	}
	rcu_read_unlock();
	return since && time_after64(get_jiffies_64(), since + wait);
}

/* Idle: the back end may have forgotten to tell, or been cut off. */
static void check_idle(struct tcp_handoff_flow *flow)
{
	unsigned long limit = msecs_to_jiffies(READ_ONCE(flow->hnet->idle_ms));
	u32 idle = tcp_jiffies32 - READ_ONCE(flow->last_used);
	struct tcp_handoff_channel *ch;
	bool asked = true;

	keep_tw(flow);
	if (idle >= limit || READ_ONCE(flow->reconcile)) {
		if (idle >= limit)
			TCP_HANDOFF_INC(flow->hnet, IDLE);
		WRITE_ONCE(flow->reconcile, false);
		ch = sender_channel(flow);
		if (!ch && idle >= limit && peer_is_lost(flow)) {
			/* nobody to ask, nobody who misses it */
			give_up(flow, BIT(TCP_HANDOFF_ST_FORWARD));
			return;
		}
		if (ch) {
			asked = ask(ch, flow, TCP_HANDOFF_MSG_QUERY);
			tcp_handoff_channel_put(ch);
		}
		idle = 0;
	}
	if (asked)
		tcp_handoff_flow_arm(flow, limit - idle);
	else
		ask_later(flow);
}

/* Was the minisock killed by others? */
static bool lost_tw(const struct tcp_handoff_flow *flow)
{
	return !READ_ONCE(flow->tw);
}

/*
 * Sent, but without an answer.  Half of the time it may take; then the back
 * end is asked to leave it, so that it can come home; at the deadline it is
 * given up.  One whose minisock was killed is asked for at once.
 */
static void check_answer(struct tcp_handoff_flow *flow)
{
	const u32 unanswered = BIT(TCP_HANDOFF_ST_SENT) |
			       BIT(TCP_HANDOFF_ST_DOUBT);
	u64 half = msecs_to_jiffies(READ_ONCE(flow->hnet->deadline_ms)) / 2;
	u64 left = flow->deadline - get_jiffies_64();
	bool late = lost_tw(flow) || left <= half;

	/* it was answered, what was held leaves: look at it again as FORWARD */
	if (READ_ONCE(flow->client_known)) {
		tcp_handoff_flow_arm(flow, HOME_RETRY);
		return;
	}
	if (past_deadline(flow)) {
		give_up(flow, unanswered);
		return;
	}
	tcp_handoff_flow_arm(flow, (late ? left : left - half) + 1);
	if (late && !READ_ONCE(flow->cancel)) {
		WRITE_ONCE(flow->cancel, true);
		TCP_HANDOFF_INC(flow->hnet, CANCEL);
		/* one in doubt is asked by the next session */
		if (READ_ONCE(flow->state) == TCP_HANDOFF_ST_SENT)
			WRITE_ONCE(flow->reconcile, true);
	}
	if (!READ_ONCE(flow->reconcile))
		return;
	WRITE_ONCE(flow->reconcile, false);
	if (!ask_if_up(flow, question(flow)))
		ask_later(flow);
}

static void check_hold(struct tcp_handoff_flow *flow)
{
	u64 half = msecs_to_jiffies(READ_ONCE(flow->hnet->deadline_ms)) / 2;
	u64 now = get_jiffies_64();

	/* not a whole message has left: nobody else can have it */
	if (lost_tw(flow)) {
		reset_flow(flow, BIT(TCP_HANDOFF_ST_HOLD));
	} else if (time_after_eq64(now + half, flow->deadline)) {
		tcp_handoff_refuse(flow->hnet, TCP_HANDOFF_REASON_LOST);
		tcp_handoff_home(flow, BIT(TCP_HANDOFF_ST_HOLD),
				 TCP_HANDOFF_REASON_LOST);
	} else {
		tcp_handoff_flow_arm(flow, flow->deadline - half - now + 1);
	}
}

/**
 * tcp_handoff_flow_work() - what a flow does when its timer or an event says
 * @work: flow->work, which holds a reference to the flow
 */
void tcp_handoff_flow_work(struct work_struct *work)
{
	struct tcp_handoff_flow *flow = container_of(work,
						     struct tcp_handoff_flow,
						     work);

	if (READ_ONCE(flow->packing))
		goto put;	/* tcp_handoff_send() has us called again */
	switch (READ_ONCE(flow->state)) {
	case TCP_HANDOFF_ST_HOLD:
		check_hold(flow);
		break;
	case TCP_HANDOFF_ST_SENT:
	case TCP_HANDOFF_ST_DOUBT:
		check_answer(flow);
		break;
	case TCP_HANDOFF_ST_HOMING:
		tcp_handoff_flow_queue_sock_work(flow);
		break;
	case TCP_HANDOFF_ST_OWNED:
		if (READ_ONCE(flow->forget))
			tcp_handoff_flow_queue_sock_work(flow);
		break;
	case TCP_HANDOFF_ST_FORWARD:
		if (lost_tw(flow) || peer_is_removed(flow))
			give_up(flow, BIT(TCP_HANDOFF_ST_FORWARD));
		else
			check_idle(flow);
		break;
	case TCP_HANDOFF_ST_ENDED:
		if (flow->result == TCP_HANDOFF_MSG_CLOSED)
			tcp_handoff_receiver_work(flow);
		else if (flow->result == TCP_HANDOFF_MSG_FORGET)
			ask_if_up(flow, TCP_HANDOFF_MSG_FORGET);
		break;
	}
put:
	tcp_handoff_flow_put(flow);
}

/**
 * tcp_handoff_flow_sock_work() - what a flow does with a program's socket
 * @work: flow->sock_work, which holds a reference to the flow
 */
void tcp_handoff_flow_sock_work(struct work_struct *work)
{
	struct tcp_handoff_flow *flow = container_of(work,
						     struct tcp_handoff_flow,
						     sock_work);

	if (READ_ONCE(flow->packing))
		goto put;	/* as in tcp_handoff_flow_work() */
	if (READ_ONCE(flow->state) == TCP_HANDOFF_ST_HOMING)
		adopt_home(flow);
	else
		tcp_handoff_receiver_sock_work(flow);
put:
	tcp_handoff_flow_put(flow);
}
