// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: a connection between image and message.
 *
 * The fields of a state are grouped into TLVs.  One table says which field
 * stands where; packing and parsing both walk it, so they cannot disagree.
 * Fields are written big endian, in table order, without padding.  A group
 * that is shorter than the table does not count, which makes a message without
 * a mandatory one no connection; what is longer (a newer peer) is ignored.
 *
 * Parsing trusts nobody: every length is checked before anything is
 * allocated, and the values before any of them reaches a socket.
 */
#include <linux/unaligned.h>

#include "handoff.h"

struct wire_field {
	u16 offset;
	u16 size;
};

struct wire_group {
	u16 type;
	u16 nr;
	const struct wire_field *fields;
	bool (*wanted)(const struct tcp_handoff_state *st);
};

#define F(name) { offsetof(struct tcp_handoff_state, name), \
		  sizeof_field(struct tcp_handoff_state, name) }

static const struct wire_field conn_fields[] = {
	F(caddr), F(vaddr), F(cport), F(vport), F(tcp_state), F(fin_read),
	F(ack_owed), F(ecn_flags),
};

static const struct wire_field seq_fields[] = {
	F(rcv_nxt), F(copied_seq), F(rcv_wup), F(snd_una), F(snd_nxt),
	F(write_seq), F(snd_wl1), F(snd_sml), F(pushed_seq), F(snd_up),
};

static const struct wire_field win_fields[] = {
	F(rcv_wnd), F(snd_wnd), F(max_window), F(window_clamp),
	F(rcv_ssthresh), F(rcvbuf), F(sndbuf), F(scaling_ratio),
};

static const struct wire_field opt_fields[] = {
	F(mss_clamp), F(user_mss), F(advmss), F(snd_wscale), F(rcv_wscale),
	F(wscale_ok), F(tstamp_ok), F(sack_ok), F(usec_ts), F(pmtu),
};

static const struct wire_field ts_fields[] = {
	F(ts_now), F(ts_recent), F(ts_recent_age), F(ts_ahead),
};

static const struct wire_field rtt_fields[] = {
	F(srtt_us), F(mdev_us), F(mdev_max_us), F(rttvar_us), F(rtt_min_us),
	F(rtt_min_age), F(rto_us), F(rto_min_us), F(delack_max_us),
};

static const struct wire_field cwnd_fields[] = {
	F(snd_cwnd), F(snd_ssthresh), F(snd_cwnd_cnt), F(snd_cwnd_clamp),
	F(reordering), F(cwnd_age), F(lsnd_age), F(rcv_age), F(pacing_rate),
	F(reo_wnd_steps), F(reo_wnd_persist), F(dsack_seen),
	F(is_cwnd_limited),
};

static const struct wire_field ack_fields[] = {
	F(rcv_mss), F(ato_us), F(lrcv_age), F(rcvq_space), F(rcv_rtt_us),
	F(pingpong), F(quick),
};

static const struct wire_field urg_fields[] = {
	F(urg_data), F(urg_seq), F(urginline),
};

static const struct wire_field sockopt_fields[] = {
	F(sockopts), F(nodelay), F(tos), F(keepalive), F(keepalive_probes),
	F(keepalive_time_ms), F(keepalive_intvl_ms), F(user_timeout_ms),
	F(notsent_lowat), F(mark), F(thin_lto), F(ttl), F(linger2_ms),
};

static const struct wire_field stats_fields[] = {
	F(bytes_sent), F(bytes_acked), F(bytes_received), F(bytes_retrans),
	F(segs_in), F(segs_out), F(data_segs_in), F(data_segs_out),
	F(total_retrans), F(delivered), F(delivered_ce), F(dsack_dups),
	F(reord_seen), F(rcv_ooopack), F(lost), F(total_rto_time),
	F(total_rto), F(total_rto_recoveries),
};

static const struct wire_field probe_fields[] = {
	F(probing), F(backoff), F(probes_out), F(probes_age_ms),
};

static const struct wire_field sack_fields[] = {
	F(num_sacks),
	F(sacks[0].start_seq), F(sacks[0].end_seq),
	F(sacks[1].start_seq), F(sacks[1].end_seq),
	F(sacks[2].start_seq), F(sacks[2].end_seq),
	F(sacks[3].start_seq), F(sacks[3].end_seq),
};

static bool want_ts(const struct tcp_handoff_state *st)
{
	return st->tstamp_ok;
}

static bool want_urg(const struct tcp_handoff_state *st)
{
	return st->urg_data;
}

static bool want_sockopt(const struct tcp_handoff_state *st)
{
	return st->sockopts;
}

static bool want_probe(const struct tcp_handoff_state *st)
{
	return st->probing;
}

static bool want_sack(const struct tcp_handoff_state *st)
{
	return st->num_sacks;
}

#define G(name, tbl, want) \
	{ TCP_HANDOFF_TLV_##name, ARRAY_SIZE(tbl), tbl, want }

static const struct wire_group groups[] = {
	G(CONN,		conn_fields,	NULL),
	G(SEQ,		seq_fields,	NULL),
	G(WIN,		win_fields,	NULL),
	G(OPT,		opt_fields,	NULL),
	G(TS,		ts_fields,	want_ts),
	G(RTT,		rtt_fields,	NULL),
	G(CWND,		cwnd_fields,	NULL),
	G(ACK,		ack_fields,	NULL),
	G(URG,		urg_fields,	want_urg),
	G(SOCKOPT,	sockopt_fields,	want_sockopt),
	G(STATS,	stats_fields,	NULL),
	G(PROBE,	probe_fields,	want_probe),
	G(SACK,		sack_fields,	want_sack),
};

#define TLV_BIT(type)	BIT((type) & 31)

/* A message without one of these is no connection. */
#define TLV_REQUIRED	(TLV_BIT(TCP_HANDOFF_TLV_CONN) | \
			 TLV_BIT(TCP_HANDOFF_TLV_SEQ) | \
			 TLV_BIT(TCP_HANDOFF_TLV_WIN) | \
			 TLV_BIT(TCP_HANDOFF_TLV_OPT))

static size_t group_size(const struct wire_group *g)
{
	size_t size = 0;
	int i;

	for (i = 0; i < g->nr; i++)
		size += g->fields[i].size;
	return size;
}

/* Addresses and ports are big endian in the state as well. */
static bool field_is_raw(const struct wire_field *f)
{
	return f->offset < offsetof(struct tcp_handoff_state, tcp_state);
}

static u8 *put_field(u8 *p, const struct wire_field *f,
		     const struct tcp_handoff_state *st)
{
	const void *v = (const u8 *)st + f->offset;

	if (field_is_raw(f) || f->size == 1)
		memcpy(p, v, f->size);
	else if (f->size == 2)
		put_unaligned_be16(*(const u16 *)v, p);
	else if (f->size == 4)
		put_unaligned_be32(*(const u32 *)v, p);
	else
		put_unaligned_be64(*(const u64 *)v, p);
	return p + f->size;
}

static void get_field(const u8 *p, const struct wire_field *f,
		      struct tcp_handoff_state *st)
{
	void *v = (u8 *)st + f->offset;

	if (field_is_raw(f) || f->size == 1)
		memcpy(v, p, f->size);
	else if (f->size == 2)
		*(u16 *)v = get_unaligned_be16(p);
	else if (f->size == 4)
		*(u32 *)v = get_unaligned_be32(p);
	else
		*(u64 *)v = get_unaligned_be64(p);
}

static u8 *put_tlv(u8 *p, u16 type, u32 len)
{
	struct tcp_handoff_tlv tlv = {
		.type = cpu_to_be16(type),
		.len = cpu_to_be32(len),
	};

	memcpy(p, &tlv, sizeof(tlv));
	return p + sizeof(tlv);
}

static u8 *pad4(u8 *p, size_t len)
{
	while (len++ & 3)
		*p++ = 0;
	return p;
}

static size_t tlv_space(size_t len)
{
	return sizeof(struct tcp_handoff_tlv) + ALIGN(len, 4);
}

static size_t state_space(const struct tcp_handoff_state *st)
{
	size_t size = tlv_space(strlen(st->cc_name));
	int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (!groups[i].wanted || groups[i].wanted(st))
			size += tlv_space(group_size(&groups[i]));
	return size;
}

static u8 *put_state(u8 *p, const struct tcp_handoff_state *st)
{
	size_t len = strlen(st->cc_name);
	int i, k;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		const struct wire_group *g = &groups[i];

		if (g->wanted && !g->wanted(st))
			continue;
		p = put_tlv(p, g->type, group_size(g));
		for (k = 0; k < g->nr; k++)
			p = put_field(p, &g->fields[k], st);
		p = pad4(p, group_size(g));
	}
	p = put_tlv(p, TCP_HANDOFF_TLV_CC, len);
	memcpy(p, st->cc_name, len);
	return pad4(p + len, len);
}

static u32 later_seq(u32 a, u32 b)
{
	return after(a, b) ? a : b;
}

/*
 * What of a queued skb goes on the wire: the receive queue from copied_seq,
 * the send queue from snd_una, both without what an earlier skb covers.
 */
static u32 skb_skip(const struct sk_buff *skb, u32 from)
{
	u32 seq = TCP_SKB_CB(skb)->seq;

	return before(seq, from) ? min(from - seq, skb->len) : 0;
}

static size_t queue_bytes(const struct sk_buff_head *q, u32 from, u32 *nr)
{
	const struct sk_buff *skb;
	size_t bytes = 0;

	*nr = 0;
	skb_queue_walk(q, skb) {
		u32 skip = skb_skip(skb, from);

		bytes += skb->len - skip;
		from = later_seq(from, TCP_SKB_CB(skb)->seq + skb->len);
		(*nr)++;
	}
	return bytes;
}

static u32 skb_age(const struct sk_buff *skb, u64 now, bool sent)
{
	u64 age;

	if (!sent)
		return TCP_HANDOFF_SEG_UNSENT;
	if (skb->skb_mstamp_ns > now)
		return 0;
	age = div_u64(now - skb->skb_mstamp_ns, NSEC_PER_USEC);
	return min_t(u64, age, TCP_HANDOFF_SEG_UNSENT - 1);
}

static u8 *put_seg(u8 *p, const struct sk_buff *skb, u32 skip, u32 age)
{
	struct tcp_handoff_wire_seg seg = {
		.seq = cpu_to_be32(TCP_SKB_CB(skb)->seq + skip),
		.len = cpu_to_be32(skb->len - skip),
		.age = cpu_to_be32(age),
		.tcp_flags = TCP_SKB_CB(skb)->tcp_flags,
		.sacked = TCP_SKB_CB(skb)->sacked &
			  (TCPCB_SACKED_ACKED | TCPCB_EVER_RETRANS),
		.eor = TCP_SKB_CB(skb)->eor,
	};

	memcpy(p, &seg, sizeof(seg));
	return p + sizeof(seg);
}

struct wire_sizes {
	size_t rx, ofo, tx;
	u32 rx_nr, ofo_nr, rtx_nr, tx_nr;
};

/* rx carries bytes only; a FIN is told by the TCP state. */
static void measure(const struct tcp_handoff_image *img, struct wire_sizes *s)
{
	const struct tcp_handoff_state *st = &img->st;
	const struct sk_buff *skb;

	memset(s, 0, sizeof(*s));
	s->rx = queue_bytes(&img->rx, st->copied_seq, &s->rx_nr);
	s->tx = queue_bytes(&img->rtx, st->snd_una, &s->rtx_nr);
	s->tx += queue_bytes(&img->tx, st->snd_nxt, &s->tx_nr);
	/* these may overlap, every one is sent whole */
	skb_queue_walk(&img->ofo, skb) {
		s->ofo += skb->len;
		s->ofo_nr++;
	}
}

/* Segments that were sent have an age, and may begin before snd_una. */
static u8 *put_segs(u8 *p, const struct sk_buff_head *q, u64 now,
		    const struct tcp_handoff_state *sent)
{
	const struct sk_buff *skb;

	skb_queue_walk(q, skb) {
		u32 skip = sent ? skb_skip(skb, sent->snd_una) : 0;

		p = put_seg(p, skb, skip, skb_age(skb, now, sent));
	}
	return p;
}

/* Copy the payload of a queue, what lies before @from left out. */
static u8 *put_payload(u8 *p, const struct sk_buff_head *q, u32 from,
		       bool overlap)
{
	const struct sk_buff *skb;

	skb_queue_walk(q, skb) {
		u32 skip = overlap ? 0 : skb_skip(skb, from);

		/* cannot fail: offset and length are the skb's own */
		skb_copy_bits(skb, skip, p, skb->len - skip);
		p += skb->len - skip;
		if (!overlap)
			from = later_seq(from, TCP_SKB_CB(skb)->seq + skb->len);
	}
	return p;
}

static u8 *put_queues(u8 *p, struct tcp_handoff_image *img,
		      const struct wire_sizes *s, u64 now)
{
	const struct tcp_handoff_state *st = &img->st;
	size_t seg = sizeof(struct tcp_handoff_wire_seg);

	if (s->rx) {
		p = put_tlv(p, TCP_HANDOFF_TLV_RXDATA, s->rx);
		p = put_payload(p, &img->rx, st->copied_seq, false);
		p = pad4(p, s->rx);
	}
	if (s->ofo_nr) {
		p = put_tlv(p, TCP_HANDOFF_TLV_OFOSEG, s->ofo_nr * seg);
		p = put_segs(p, &img->ofo, now, NULL);
		p = put_tlv(p, TCP_HANDOFF_TLV_OFODATA, s->ofo);
		p = put_payload(p, &img->ofo, 0, true);
		p = pad4(p, s->ofo);
	}
	if (s->rtx_nr + s->tx_nr) {
		p = put_tlv(p, TCP_HANDOFF_TLV_TXSEG,
			    (s->rtx_nr + s->tx_nr) * seg);
		p = put_segs(p, &img->rtx, now, st);
		p = put_segs(p, &img->tx, now, NULL);
		p = put_tlv(p, TCP_HANDOFF_TLV_TXDATA, s->tx);
		p = put_payload(p, &img->rtx, st->snd_una, false);
		p = put_payload(p, &img->tx, st->snd_nxt, false);
		p = pad4(p, s->tx);
	}
	return p;
}

/**
 * tcp_handoff_pack() - serialise a connection
 * @img: image; ages to now, is otherwise not changed
 * @out: body of the message (after struct tcp_handoff_hdr), to be freed with
 *       kvfree(), NULL on error
 * @len: bytes of it
 *
 * The queues stay in the image: whoever cannot deliver the message still has
 * the connection.
 *
 * Context: process, may sleep.
 * Return: 0, -ENOMEM, or -EMSGSIZE if it exceeds TCP_HANDOFF_MSG_MAX
 */
int tcp_handoff_pack(struct tcp_handoff_image *img, void **out, size_t *len)
{
	size_t seg = sizeof(struct tcp_handoff_wire_seg);
	u64 now = ktime_get_ns();
	struct wire_sizes s;
	size_t size;
	u8 *p;

	*out = NULL;
	tcp_handoff_state_age(&img->st, now);
	measure(img, &s);

	size = state_space(&img->st);
	if (s.rx)
		size += tlv_space(s.rx);
	if (s.ofo_nr)
		size += tlv_space(s.ofo_nr * seg) + tlv_space(s.ofo);
	if (s.rtx_nr + s.tx_nr)
		size += tlv_space((s.rtx_nr + s.tx_nr) * seg) +
			tlv_space(s.tx);
	if (size + sizeof(struct tcp_handoff_hdr) > TCP_HANDOFF_MSG_MAX)
		return -EMSGSIZE;

	img->payload = s.rx + s.ofo + s.tx;
	p = kvmalloc(size, GFP_KERNEL | __GFP_NOWARN);
	if (!p)
		return -ENOMEM;
	*out = p;
	*len = size;
	p = put_state(p, &img->st);
	p = put_queues(p, img, &s, now);
	WARN_ON_ONCE(p != (u8 *)*out + size);
	return 0;
}

/* What the second pass needs of the payload TLVs; pointers into the message. */
struct wire_payload {
	const u8 *rx, *ofo, *tx;
	const struct tcp_handoff_wire_seg *ofo_seg, *tx_seg;
	u32 rx_len, ofo_len, tx_len, ofo_nr, tx_nr;
};

/*
 * All fields of version 1 or none: half a group would leave zeros where zero
 * means something.
 */
static enum tcp_handoff_reason get_group(const struct wire_group *g,
					 const u8 *p, u32 len,
					 struct tcp_handoff_state *st)
{
	int i;

	if (len < group_size(g))
		return g->type & TCP_HANDOFF_TLV_MANDATORY ?
		       TCP_HANDOFF_REASON_TLV : TCP_HANDOFF_REASON_NONE;
	for (i = 0; i < g->nr; i++) {
		get_field(p, &g->fields[i], st);
		p += g->fields[i].size;
	}
	st->present |= TLV_BIT(g->type);
	return TCP_HANDOFF_REASON_NONE;
}

static enum tcp_handoff_reason get_segs(const u8 *p, u32 len, u32 *nr,
					const struct tcp_handoff_wire_seg **seg)
{
	if (!len || len % sizeof(**seg))
		return TCP_HANDOFF_REASON_MALFORMED;
	*seg = (const struct tcp_handoff_wire_seg *)p;
	*nr = len / sizeof(**seg);
	return TCP_HANDOFF_REASON_NONE;
}

static enum tcp_handoff_reason get_tlv(u16 type, const u8 *p, u32 len,
				       struct tcp_handoff_state *st,
				       struct wire_payload *pl)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i].type == type)
			return get_group(&groups[i], p, len, st);

	switch (type) {
	case TCP_HANDOFF_TLV_CC:
		/* one that is not known by name here is not used */
		if (len < sizeof(st->cc_name))
			memcpy(st->cc_name, p, len);
		break;
	case TCP_HANDOFF_TLV_RXDATA:
		pl->rx = p;
		pl->rx_len = len;
		break;
	case TCP_HANDOFF_TLV_OFOSEG:
		return get_segs(p, len, &pl->ofo_nr, &pl->ofo_seg);
	case TCP_HANDOFF_TLV_OFODATA:
		pl->ofo = p;
		pl->ofo_len = len;
		break;
	case TCP_HANDOFF_TLV_TXSEG:
		return get_segs(p, len, &pl->tx_nr, &pl->tx_seg);
	case TCP_HANDOFF_TLV_TXDATA:
		pl->tx = p;
		pl->tx_len = len;
		break;
	default:
		if (type & TCP_HANDOFF_TLV_MANDATORY)
			return TCP_HANDOFF_REASON_TLV;
	}
	return TCP_HANDOFF_REASON_NONE;
}

/*
 * Bit 15 is part of a type: an optional TLV of a later version that shares
 * its number with a mandatory one must neither stand in for it nor count as
 * its repetition.
 */
static bool tlv_is_known(u16 type)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i].type == type)
			return true;
	return type == TCP_HANDOFF_TLV_CC ||
	       (type >= TCP_HANDOFF_TLV_RXDATA &&
		type <= TCP_HANDOFF_TLV_TXDATA);
}

/* First pass: find every TLV, fill @st, allocate nothing. */
static enum tcp_handoff_reason get_tlvs(const u8 *p, size_t len,
					struct tcp_handoff_state *st,
					struct wire_payload *pl)
{
	enum tcp_handoff_reason reason;
	struct tcp_handoff_tlv tlv;
	u32 vlen, bit, seen = 0;
	u16 type;

	while (len) {
		if (len < sizeof(tlv))
			return TCP_HANDOFF_REASON_MALFORMED;
		memcpy(&tlv, p, sizeof(tlv));
		p += sizeof(tlv);
		len -= sizeof(tlv);
		type = be16_to_cpu(tlv.type);
		vlen = be32_to_cpu(tlv.len);
		if (vlen > len || ALIGN((u64)vlen, 4) > len)
			return TCP_HANDOFF_REASON_MALFORMED;

		bit = tlv_is_known(type) ? TLV_BIT(type) : 0;
		if (seen & bit)	/* twice: which one is meant? */
			return TCP_HANDOFF_REASON_MALFORMED;
		seen |= bit;
		reason = get_tlv(type, p, vlen, st, pl);
		if (reason)
			return reason;
		p += ALIGN(vlen, 4);
		len -= ALIGN(vlen, 4);
	}
	if ((st->present & TLV_REQUIRED) != TLV_REQUIRED ||
	    (st->tstamp_ok && !(st->present & TLV_BIT(TCP_HANDOFF_TLV_TS))))
		return TCP_HANDOFF_REASON_TLV;
	return TCP_HANDOFF_REASON_NONE;
}

/* 2^30: half of what serial arithmetic can tell apart, as tcp_repair does. */
static bool seq_span_ok(u32 from, u32 to)
{
	return to - from < BIT(30);
}

static bool check_seq(const struct tcp_handoff_state *st)
{
	return seq_span_ok(st->copied_seq, st->rcv_nxt) &&
	       seq_span_ok(st->rcv_wup, st->rcv_nxt) &&
	       seq_span_ok(st->snd_una, st->snd_nxt) &&
	       seq_span_ok(st->snd_nxt, st->write_seq) &&
	       seq_span_ok(st->snd_una, st->snd_up) &&
	       !after(st->snd_up, st->write_seq) &&
	       !after(st->snd_wl1, st->rcv_nxt + st->rcv_wnd);
}

static bool check_win(const struct tcp_handoff_state *st)
{
	u32 most = 65535U << TCP_MAX_WSCALE;

	if (st->snd_wscale > TCP_MAX_WSCALE || st->rcv_wscale > TCP_MAX_WSCALE)
		return false;
	if (!st->wscale_ok && (st->snd_wscale || st->rcv_wscale))
		return false;
	return st->snd_wnd <= st->max_window && st->max_window <= most &&
	       /* without scaling TCP's own may be more than it can tell */
	       st->rcv_wnd <= most &&
	       st->window_clamp && st->window_clamp <= INT_MAX / 2 &&
	       st->rcv_ssthresh <= most && st->scaling_ratio &&
	       st->scaling_ratio <= U8_MAX;
}

static bool check_opt(const struct tcp_handoff_state *st)
{
	return st->mss_clamp >= TCP_MIN_MSS && st->tstamp_ok <= 1 &&
	       st->wscale_ok <= 1 && st->usec_ts <= 1 &&
	       !(st->sack_ok & ~(TCP_SACK_SEEN | TCP_DSACK_SEEN)) &&
	       !(st->user_mss && st->user_mss < TCP_MIN_MSS) &&
	       !(st->advmss && st->advmss < TCP_MIN_MSS) &&
	       !(st->ecn_flags & ~(TCP_ECN_OK | TCP_ECN_QUEUE_CWR |
				   TCP_ECN_DEMAND_CWR | TCP_ECN_SEEN));
}

static bool check_rest(const struct tcp_handoff_state *st)
{
	int i;

	if (st->urg_data &&
	    (st->urg_data & 0xff00) != TCP_URG_VALID &&
	    (st->urg_data & 0xff00) != TCP_URG_READ)
		return false;
	if (st->num_sacks > ARRAY_SIZE(st->sacks) ||
	    (st->num_sacks && !st->sack_ok))
		return false;
	for (i = 0; i < st->num_sacks; i++)
		if (!before(st->sacks[i].start_seq, st->sacks[i].end_seq) ||
		    !after(st->sacks[i].start_seq, st->rcv_nxt) ||
		    !seq_span_ok(st->rcv_nxt, st->sacks[i].end_seq))
			return false;
	return true;
}

/**
 * tcp_handoff_check() - is a state one that a TCP connection can be in?
 * @st: parsed
 *
 * An authenticated peer may still have a bug; nothing that passes here may
 * crash or confuse this host.  The rules are those of tcp_repair, where it
 * has them, and of RFC 9293 and RFC 7323.
 *
 * Return: NONE, STATE, FAMILY or MALFORMED
 */
enum tcp_handoff_reason tcp_handoff_check(const struct tcp_handoff_state *st)
{
	if (st->tcp_state != TCP_ESTABLISHED &&
	    st->tcp_state != TCP_CLOSE_WAIT)
		return TCP_HANDOFF_REASON_STATE;
	if (st->fin_read > 1 || st->ack_owed > 1 ||
	    (st->fin_read && (st->tcp_state != TCP_CLOSE_WAIT ||
			      st->copied_seq != st->rcv_nxt)))
		return TCP_HANDOFF_REASON_MALFORMED;
	if (!st->cport || !st->vport ||
	    ipv4_is_multicast(st->caddr) || ipv4_is_lbcast(st->caddr) ||
	    ipv4_is_zeronet(st->caddr) || ipv4_is_zeronet(st->vaddr) ||
	    ipv4_is_multicast(st->vaddr) || ipv4_is_lbcast(st->vaddr))
		return TCP_HANDOFF_REASON_FAMILY;
	if (!check_seq(st) || !check_win(st) || !check_opt(st) ||
	    !check_rest(st))
		return TCP_HANDOFF_REASON_MALFORMED;
	return TCP_HANDOFF_REASON_NONE;
}

/* How many unread bytes the sequence numbers promise. */
static u32 rx_expected(const struct tcp_handoff_state *st)
{
	u32 len = st->rcv_nxt - st->copied_seq;

	if (st->tcp_state == TCP_CLOSE_WAIT && !st->fin_read)
		len--;
	return len;
}

/*
 * Nothing begins beyond the window, but for the rest of what began within it:
 * a host before this one may have cut a long segment.
 */
static bool check_ofo(const struct tcp_handoff_state *st,
		      const struct wire_payload *pl)
{
	u32 left = pl->ofo_len, prev = st->rcv_nxt;
	u32 most = st->rcv_nxt + st->rcv_wnd;
	int i;

	for (i = 0; i < pl->ofo_nr; i++) {
		u32 seq = be32_to_cpu(pl->ofo_seg[i].seq);
		u32 len = be32_to_cpu(pl->ofo_seg[i].len);
		u8 fin = pl->ofo_seg[i].tcp_flags & TCPHDR_FIN;

		if (len > left || (!len && !fin) || before(seq, prev) ||
		    !after(seq, st->rcv_nxt) || after(seq, most) ||
		    !seq_span_ok(st->rcv_nxt, seq + len + fin) ||
		    (pl->ofo_seg[i].tcp_flags & (TCPHDR_SYN | TCPHDR_RST)))
			return false;
		left -= len;
		prev = seq;
		most = later_seq(most, seq + len);
	}
	return !left;
}

/*
 * TCP relies on it: what SACK has told the client is in the out-of-order
 * queue, so that rcv_nxt can only pass a whole block.
 */
static bool sack_is_queued(const struct tcp_sack_block *sack,
			   const struct wire_payload *pl)
{
	u32 at = sack->start_seq;
	int i;

	/* sorted, see check_ofo() */
	for (i = 0; i < pl->ofo_nr; i++) {
		u32 seq = be32_to_cpu(pl->ofo_seg[i].seq);
		u32 end = seq + be32_to_cpu(pl->ofo_seg[i].len) +
			  !!(pl->ofo_seg[i].tcp_flags & TCPHDR_FIN);

		if (after(seq, at))
			break;
		if (after(end, at))
			at = end;
	}
	return !before(at, sack->end_seq);
}

static bool check_sacks(const struct tcp_handoff_state *st,
			const struct wire_payload *pl)
{
	int i;

	for (i = 0; i < st->num_sacks; i++)
		if (!sack_is_queued(&st->sacks[i], pl))
			return false;
	return true;
}

/* The send queue has no gap: sent segments, then unsent ones. */
static bool check_tx(const struct tcp_handoff_state *st,
		     const struct wire_payload *pl)
{
	u32 left = pl->tx_len, seq = st->snd_una;
	bool unsent = false;
	int i;

	for (i = 0; i < pl->tx_nr; i++) {
		const struct tcp_handoff_wire_seg *seg = &pl->tx_seg[i];
		u32 len = be32_to_cpu(seg->len);
		bool is_unsent = be32_to_cpu(seg->age) ==
				 TCP_HANDOFF_SEG_UNSENT;

		if (!len || len > left ||
		    be32_to_cpu(seg->seq) != seq ||
		    (seg->tcp_flags & (TCPHDR_SYN | TCPHDR_RST | TCPHDR_FIN)) ||
		    (seg->sacked & ~(TCPCB_SACKED_ACKED | TCPCB_EVER_RETRANS)))
			return false;
		if (is_unsent && !unsent && seq != st->snd_nxt)
			return false;
		if (unsent && !is_unsent)
			return false;
		if (seg->sacked && (is_unsent || !st->sack_ok) &&
		    (seg->sacked & TCPCB_SACKED_ACKED))
			return false;
		unsent = is_unsent;
		left -= len;
		seq += len;
	}
	if (!unsent && seq != st->snd_nxt)
		return false;
	return !left && seq == st->write_seq;
}

static enum tcp_handoff_reason check_payload(const struct tcp_handoff_state *st,
					     const struct wire_payload *pl)
{
	if (pl->rx_len != rx_expected(st) ||
	    (!!pl->ofo != !!pl->ofo_seg && pl->ofo_len) ||
	    !check_ofo(st, pl) || !check_sacks(st, pl) || !check_tx(st, pl))
		return TCP_HANDOFF_REASON_MALFORMED;
	return TCP_HANDOFF_REASON_NONE;
}

/* Fits, with what belongs to every skb, into half a page. */
#define BUILD_MAX_LINEAR SKB_WITH_OVERHEAD(PAGE_SIZE / 2)
/* Most bytes of one skb built here; the write side's must fit one packet. */
#define BUILD_MAX_RX	(MAX_SKB_FRAGS * PAGE_SIZE)
#define BUILD_MAX_TX	min_t(u32, BUILD_MAX_RX, 0xffff - MAX_TCP_HEADER)

/*
 * What the queues will take, known before the first page is: a message of
 * many tiny segments becomes much larger than it was.
 */
static size_t build_size(const struct wire_payload *pl)
{
	size_t nr = 1 + pl->rx_len / BUILD_MAX_RX;

	nr += pl->ofo_nr + pl->ofo_len / BUILD_MAX_RX;
	nr += pl->tx_nr + pl->tx_len / BUILD_MAX_TX;
	return nr * (SKB_TRUESIZE(MAX_TCP_HEADER) + PAGE_SIZE) +
	       pl->rx_len + pl->ofo_len + pl->tx_len;
}

/*
 * What is small takes no page on the read side: the buffer that it is charged
 * to need not grow for it.
 */
static struct sk_buff *build_linear(const u8 *p, u32 len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

	if (skb)
		skb_put_data(skb, p, len);
	return skb;
}

/*
 * Build an skb that holds @len bytes.  The write side needs an empty linear
 * part with headroom for headers (tcp_fragment() and tcp_trim_head() insist)
 * and a clone slot; the read side does not care.
 */
static struct sk_buff *build_skb_from(const u8 *p, u32 len, bool tx)
{
	struct sk_buff *skb;
	struct page *page;
	int i = 0;

	if (!tx && len <= BUILD_MAX_LINEAR)
		return build_linear(p, len);
	if (tx) {
		skb = alloc_skb_fclone(MAX_TCP_HEADER, GFP_KERNEL);
		if (skb)
			skb_reserve(skb, MAX_TCP_HEADER);
	} else {
		skb = alloc_skb(0, GFP_KERNEL);
	}
	while (skb && len) {
		u32 part = min_t(u32, len, PAGE_SIZE);

		page = alloc_page(GFP_KERNEL);
		if (!page) {
			kfree_skb(skb);
			return NULL;
		}
		memcpy(page_address(page), p, part);
		skb_add_rx_frag(skb, i++, page, 0, part, PAGE_SIZE);
		p += part;
		len -= part;
	}
	return skb;
}

/*
 * By sequence number: out of order, the pieces of a long segment may lie
 * behind the beginning of the next.
 */
static void queue_built(struct sk_buff_head *q, struct sk_buff *skb, u32 seq,
			u8 flags)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct sk_buff *prev;

	memset(cb, 0, sizeof(*cb));
	cb->seq = seq;
	cb->end_seq = seq + skb->len + !!(flags & TCPHDR_FIN);
	cb->tcp_flags = flags;
	skb_queue_reverse_walk(q, prev)
		if (!before(seq, TCP_SKB_CB(prev)->seq))
			break;
	__skb_queue_after(q, prev, skb);
}

static bool build_rx(struct tcp_handoff_image *img,
		     const struct wire_payload *pl)
{
	const struct tcp_handoff_state *st = &img->st;
	u32 done = 0, seq = st->copied_seq;
	bool fin = st->tcp_state == TCP_CLOSE_WAIT && !st->fin_read;
	struct sk_buff *skb;

	while (done < pl->rx_len || fin) {
		u32 len = min_t(u32, pl->rx_len - done, BUILD_MAX_RX);
		u8 flags = TCPHDR_ACK;

		skb = build_skb_from(pl->rx + done, len, false);
		if (!skb)
			return false;
		done += len;
		if (fin && done == pl->rx_len) {
			flags |= TCPHDR_FIN;
			fin = false;
		}
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		queue_built(&img->rx, skb, seq, flags);
		TCP_SKB_CB(skb)->ack_seq = st->snd_una;
		seq += len;
	}
	return true;
}

static bool build_ofo(struct tcp_handoff_image *img,
		      const struct wire_payload *pl)
{
	const u8 *p = pl->ofo;
	struct sk_buff *skb;
	int i;

	for (i = 0; i < pl->ofo_nr; i++) {
		u32 len = be32_to_cpu(pl->ofo_seg[i].len);
		u32 seq = be32_to_cpu(pl->ofo_seg[i].seq);
		u32 part;

		/* one that GRO made larger than an skb here can hold */
		do {
			u8 flags = TCPHDR_ACK;

			part = min_t(u32, len, BUILD_MAX_RX);
			if (part == len)
				flags |= pl->ofo_seg[i].tcp_flags & TCPHDR_FIN;
			skb = build_skb_from(p, part, false);
			if (!skb)
				return false;
			skb->ip_summed = CHECKSUM_UNNECESSARY;
			queue_built(&img->ofo, skb, seq, flags);
			p += part;
			seq += part;
			len -= part;
		} while (len);
	}
	return true;
}

static bool build_tx_seg(struct tcp_handoff_image *img, const u8 *p, u32 seq,
			 u32 len, const struct tcp_handoff_wire_seg *seg,
			 bool last)
{
	u32 age = be32_to_cpu(seg->age);
	bool unsent = age == TCP_HANDOFF_SEG_UNSENT;
	u64 age_ns = (u64)age * NSEC_PER_USEC;
	struct sk_buff *skb;

	skb = build_skb_from(p, len, true);
	if (!skb)
		return false;
	skb->ip_summed = CHECKSUM_PARTIAL;
	__skb_header_release(skb);
	queue_built(unsent ? &img->tx : &img->rtx, skb, seq,
		    last ? seg->tcp_flags : seg->tcp_flags & ~TCPHDR_PSH);
	TCP_SKB_CB(skb)->sacked = seg->sacked;
	TCP_SKB_CB(skb)->eor = last && (seg->eor & 1);
	/* 0 would mean "never sent" to some of TCP */
	if (!unsent)
		skb->skb_mstamp_ns = img->st.taken > age_ns ?
				     img->st.taken - age_ns : 1;
	return true;
}

static bool build_tx(struct tcp_handoff_image *img,
		     const struct wire_payload *pl)
{
	const u8 *p = pl->tx;
	u32 i;

	for (i = 0; i < pl->tx_nr; i++) {
		u32 len = be32_to_cpu(pl->tx_seg[i].len);
		u32 seq = be32_to_cpu(pl->tx_seg[i].seq);

		while (len) {
			u32 part = min_t(u32, len, BUILD_MAX_TX);

			if (!build_tx_seg(img, p, seq, part, &pl->tx_seg[i],
					  part == len))
				return false;
			p += part;
			seq += part;
			len -= part;
		}
	}
	return true;
}

/**
 * tcp_handoff_refuses_hello() - is a greeting refused by this message?
 * @hdr: header
 * @out: the message came by a channel that this host has dialled
 * @up:  ... on which both sides have greeted
 *
 * The one message of its type that is about the session, not about a flow.
 *
 * Context: any.
 * Return: true if so
 */
bool tcp_handoff_refuses_hello(const struct tcp_handoff_hdr *hdr, bool out,
			       bool up)
{
	return out && !up && hdr->type == TCP_HANDOFF_MSG_REFUSED;
}

/*
 * A newer front end speaks ours as well; HELLO_ACK tells it to.  A back end
 * that does not speak ours says so in the highest version it does speak.
 */
static bool hdr_version_fits(const struct tcp_handoff_hdr *hdr, bool out,
			     bool up)
{
	return hdr->version == TCP_HANDOFF_VERSION ||
	       (hdr->version > TCP_HANDOFF_VERSION && !out && !up &&
		hdr->type == TCP_HANDOFF_MSG_HELLO) ||
	       tcp_handoff_refuses_hello(hdr, out, up);
}

/* Either a message names a flow completely, or none at all. */
static bool hdr_name_fits(const struct tcp_handoff_hdr *hdr, bool out, bool up)
{
	if (hdr->type >= TCP_HANDOFF_MSG_HANDOFF &&
	    !tcp_handoff_refuses_hello(hdr, out, up))
		return hdr->boot_id && hdr->seq && hdr->epoch;
	return !hdr->boot_id && !hdr->seq && !hdr->epoch && !hdr->conn_magic;
}

/**
 * tcp_handoff_check_hdr() - the first look at what a peer sends
 * @hdr:  header, complete; nothing of the body needs to be here yet
 * @out:  the message came by a channel that this host has dialled
 * @up:   ... on which both sides have greeted
 * @what: set to what is wrong, for the log, if anything is
 *
 * Comes before anything is allocated for the message.  Whether a type may
 * come from this side is not asked here: its handler says so.
 *
 * Return: NONE, VERSION or MALFORMED
 */
enum tcp_handoff_reason tcp_handoff_check_hdr(const struct tcp_handoff_hdr *hdr,
					      bool out, bool up,
					      const char **what)
{
	u32 most = TCP_HANDOFF_MSG_SMALL, length = be32_to_cpu(hdr->length);

	if (hdr->magic != cpu_to_be32(TCP_HANDOFF_MAGIC)) {
		*what = "not a handoff message";
		return TCP_HANDOFF_REASON_MALFORMED;
	}
	if (!hdr_version_fits(hdr, out, up)) {
		*what = "protocol version not supported";
		return TCP_HANDOFF_REASON_VERSION;
	}
	if (hdr->type == TCP_HANDOFF_MSG_HANDOFF && up && !out)
		most = TCP_HANDOFF_MSG_MAX;
	if (length < sizeof(*hdr) || length > most) {
		*what = "impossible length";
		return TCP_HANDOFF_REASON_MALFORMED;
	}
	if (!hdr_name_fits(hdr, out, up)) {
		*what = "half a flow";
		return TCP_HANDOFF_REASON_MALFORMED;
	}
	return TCP_HANDOFF_REASON_NONE;
}

/**
 * tcp_handoff_find_tlv() - the value of one TLV
 * @body: body of a message
 * @len:  bytes of it
 * @want: type, with its mandatory bit
 * @size: bytes the value must have at least
 *
 * Return: pointer into @body, or NULL: not there, too short, or malformed
 */
const void *tcp_handoff_find_tlv(const void *body, size_t len, u16 want,
				 size_t size)
{
	const u8 *p = body;

	while (len >= sizeof(struct tcp_handoff_tlv)) {
		const struct tcp_handoff_tlv *tlv = (const void *)p;
		u64 vlen = be32_to_cpu(tlv->len);

		p += sizeof(*tlv);
		len -= sizeof(*tlv);
		if (ALIGN(vlen, 4) > len)
			return NULL;
		if (be16_to_cpu(tlv->type) == want)
			return vlen >= size ? p : NULL;
		p += ALIGN(vlen, 4);
		len -= ALIGN(vlen, 4);
	}
	return NULL;
}

/**
 * tcp_handoff_parse() - turn the body of a message into an image
 * @body: received bytes, behind struct tcp_handoff_hdr
 * @len:  number of them
 * @img:  initialised; @img->hnet, if set, is charged @img->bytes; on failure
 *        its queues are empty and nothing is charged
 *
 * Nothing is allocated before everything has been checked and charged.
 *
 * Context: process, may sleep.
 * Return: NONE, TLV, MALFORMED, STATE, FAMILY, BYTES or MEMORY
 */
enum tcp_handoff_reason tcp_handoff_parse(const void *body, size_t len,
					  struct tcp_handoff_image *img)
{
	enum tcp_handoff_reason reason;
	struct wire_payload pl = {};

	img->st.taken = ktime_get_ns();
	reason = get_tlvs(body, len, &img->st, &pl);
	if (!reason)
		reason = tcp_handoff_check(&img->st);
	if (!reason)
		reason = check_payload(&img->st, &pl);
	if (reason)
		return reason;

	img->bytes = build_size(&pl);
	if (img->hnet && !tcp_handoff_charge(img->hnet, img->bytes)) {
		img->bytes = 0;
		return TCP_HANDOFF_REASON_BYTES;
	}
	if (build_rx(img, &pl) && build_ofo(img, &pl) && build_tx(img, &pl))
		return TCP_HANDOFF_REASON_NONE;
	tcp_handoff_image_purge(img);
	if (img->hnet)
		tcp_handoff_uncharge(img->hnet, img->bytes);
	img->bytes = 0;
	return TCP_HANDOFF_REASON_MEMORY;
}
