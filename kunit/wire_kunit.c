// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of wire.c: a connection between image and message.
 *
 * What stands where is written down once more here, from the tables of
 * Documentation/networking/tcp_handoff-protocol.rst: wire.c packs and parses
 * by one table, so a round trip alone would not notice two swapped fields.
 */
#include <kunit/test.h>
#include <linux/unaligned.h>

#include "../handoff.h"
#include "mutant.h"

/* Sequence numbers of the fixtures; others are varied by the wrap tests. */
#define RCV	0x10203040U
#define SND	0x50607080U

struct wire_test {
	struct tcp_handoff_image out;	/* is packed */
	struct tcp_handoff_image in;	/* was parsed */
	struct tcp_handoff_image twin;	/* ... packed and parsed again */
	u8 *msg;
	size_t len;
};

/* Payload that tells where in the stream it belongs. */
static u8 pattern(u32 seq)
{
	return seq * 31 + (seq >> 8) * 7;
}

static void put_skb(struct kunit *test, struct sk_buff_head *q, u32 seq,
		    u32 len, u8 flags, u8 sacked)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);
	struct tcp_skb_cb *cb;
	u32 i;
	u8 *p;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	p = skb_put(skb, len);
	for (i = 0; i < len; i++)
		p[i] = pattern(seq + i);
	cb = TCP_SKB_CB(skb);
	memset(cb, 0, sizeof(*cb));
	cb->seq = seq;
	cb->end_seq = seq + len + !!(flags & TCPHDR_FIN);
	cb->tcp_flags = flags;
	cb->sacked = sacked;
	skb->skb_mstamp_ns = ktime_get_ns() - 5 * NSEC_PER_MSEC;
	__skb_queue_tail(q, skb);
}

/* An idle connection with every option, nothing in its queues. */
static void idle_state(struct tcp_handoff_state *st, u32 rcv, u32 snd)
{
	st->taken = ktime_get_ns();
	st->caddr = htonl(0xc0a80105);
	st->vaddr = htonl(0x0a630001);
	st->cport = htons(40001);
	st->vport = htons(80);
	st->tcp_state = TCP_ESTABLISHED;
	st->rcv_nxt = rcv;
	st->copied_seq = rcv;
	st->rcv_wup = rcv;
	st->snd_una = snd;
	st->snd_nxt = snd;
	st->write_seq = snd;
	st->snd_up = snd;
	st->snd_wl1 = rcv;
	st->rcv_wnd = 65536;
	st->snd_wnd = 64256;
	st->max_window = 64256;
	st->window_clamp = 65536;
	st->rcv_ssthresh = 65536;
	st->scaling_ratio = 128;
	st->mss_clamp = 1460;
	st->advmss = 1460;
	st->snd_wscale = 7;
	st->rcv_wscale = 7;
	st->wscale_ok = 1;
	st->tstamp_ok = 1;
	st->sack_ok = TCP_SACK_SEEN | TCP_DSACK_SEEN;
	strscpy(st->cc_name, "cubic", sizeof(st->cc_name));
}

/*
 * A connection in the middle of everything: a head of the receive queue that
 * is partly read and overlaps its successor, two ranges out of order that
 * overlap, a partly acknowledged, a SACKed and a retransmitted segment, and
 * unsent data.
 */
static void busy_image(struct kunit *test, u32 rcv, u32 snd)
{
	struct wire_test *w = test->priv;
	struct tcp_handoff_state *st = &w->out.st;

	idle_state(st, rcv, snd);
	st->copied_seq = rcv - 900;
	st->rcv_wup = rcv - 300;
	st->snd_nxt = snd + 3500;
	st->write_seq = snd + 5000;
	st->num_sacks = 1;
	st->sacks[0].start_seq = rcv + 1000;
	st->sacks[0].end_seq = rcv + 2500;

	put_skb(test, &w->out.rx, rcv - 1000, 600, TCPHDR_ACK, 0);
	put_skb(test, &w->out.rx, rcv - 500, 500, TCPHDR_ACK | TCPHDR_PSH, 0);
	put_skb(test, &w->out.ofo, rcv + 1000, 1000, TCPHDR_ACK, 0);
	put_skb(test, &w->out.ofo, rcv + 1500, 1000, TCPHDR_ACK, 0);
	put_skb(test, &w->out.rtx, snd - 500, 1500, TCPHDR_ACK, 0);
	put_skb(test, &w->out.rtx, snd + 1000, 1000, TCPHDR_ACK,
		TCPCB_SACKED_ACKED);
	put_skb(test, &w->out.rtx, snd + 2000, 1500, TCPHDR_ACK | TCPHDR_PSH,
		TCPCB_EVER_RETRANS | TCPCB_LOST);
	TCP_SKB_CB(skb_peek_tail(&w->out.rtx))->eor = 1;
	put_skb(test, &w->out.tx, snd + 3500, 1000, TCPHDR_ACK, 0);
	put_skb(test, &w->out.tx, snd + 4500, 500, TCPHDR_ACK | TCPHDR_PSH, 0);
}

static void pack(struct kunit *test)
{
	struct wire_test *w = test->priv;
	void *body;

	kvfree(w->msg);
	w->msg = NULL;
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_pack(&w->out, &body, &w->len));
	w->msg = body;
}

static enum tcp_handoff_reason parse(struct kunit *test, const void *msg,
				     size_t len)
{
	struct wire_test *w = test->priv;

	tcp_handoff_image_purge(&w->in);
	tcp_handoff_image_init(&w->in);
	return tcp_handoff_parse(msg, len, &w->in);
}

static enum tcp_handoff_reason pack_and_parse(struct kunit *test)
{
	struct wire_test *w = test->priv;

	pack(test);
	return parse(test, w->msg, w->len);
}

static size_t truesize(const struct sk_buff_head *q)
{
	const struct sk_buff *skb;
	size_t sum = 0;

	skb_queue_walk(q, skb)
		sum += skb->truesize;
	return sum;
}

static size_t image_truesize(const struct tcp_handoff_image *img)
{
	return truesize(&img->rx) + truesize(&img->ofo) +
	       truesize(&img->rtx) + truesize(&img->tx);
}

static bool queues_are_empty(const struct tcp_handoff_image *img)
{
	return skb_queue_empty(&img->rx) && skb_queue_empty(&img->ofo) &&
	       skb_queue_empty(&img->rtx) && skb_queue_empty(&img->tx);
}

/* What was refused must not have left anything behind. */
static bool nothing_kept(const struct tcp_handoff_image *img)
{
	return !img->bytes && queues_are_empty(img);
}

/* A queue is the stream from @from to @to: no gap, no overlap, right bytes. */
static void expect_stream(struct kunit *test, const struct sk_buff_head *q,
			  u32 from, u32 to)
{
	const struct sk_buff *skb;
	u32 seq = from, i;
	u8 byte;

	skb_queue_walk(q, skb) {
		KUNIT_ASSERT_EQ(test, seq, TCP_SKB_CB(skb)->seq);
		for (i = 0; i < skb->len; i++) {
			skb_copy_bits(skb, i, &byte, 1);
			if (byte != pattern(seq + i))
				break;
		}
		KUNIT_ASSERT_EQ_MSG(test, skb->len, i, "byte at seq %u",
				    seq + i);
		seq += skb->len;
	}
	KUNIT_EXPECT_EQ(test, to, seq);
}

/* Without what is not on the wire; padding included, which is compared. */
static void wire_part(struct tcp_handoff_state *copy,
		      const struct tcp_handoff_state *st)
{
	memcpy(copy, st, sizeof(*copy));
	copy->taken = 0;
	copy->present = 0;
	copy->ts_rest = 0;
	if (!st->probing)	/* then its age grows, but is not told */
		copy->probes_age_ms = 0;
}

static void expect_same_state(struct kunit *test)
{
	struct wire_test *w = test->priv;
	struct tcp_handoff_state out, in;

	wire_part(&out, &w->out.st);
	wire_part(&in, &w->in.st);
	KUNIT_EXPECT_MEMEQ(test, &out, &in, sizeof(out));
}

/* The TLV of a type in a message, or NULL. */
static u8 *find_tlv(u8 *msg, size_t len, u16 type)
{
	u8 *p = msg;

	while (p < msg + len) {
		if (get_unaligned_be16(p) == type)
			return p;
		p += sizeof(struct tcp_handoff_tlv) +
		     ALIGN(get_unaligned_be32(p + 4), 4);
	}
	return NULL;
}

static size_t tlv_size(const u8 *tlv)
{
	return sizeof(struct tcp_handoff_tlv) +
	       ALIGN(get_unaligned_be32(tlv + 4), 4);
}

static void cut_tlv(struct kunit *test, u16 type)
{
	struct wire_test *w = test->priv;
	u8 *p = find_tlv(w->msg, w->len, type);
	size_t size;

	KUNIT_ASSERT_NOT_NULL_MSG(test, p, "no TLV %#x", type);
	size = tlv_size(p);
	memmove(p, p + size, w->msg + w->len - p - size);
	w->len -= size;
}

static void append_tlv(struct kunit *test, u16 type, const void *value,
		       size_t len)
{
	struct wire_test *w = test->priv;
	size_t size = sizeof(struct tcp_handoff_tlv) + ALIGN(len, 4);
	u8 *msg = kvzalloc(w->len + size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	memcpy(msg, w->msg, w->len);
	put_unaligned_be16(type, msg + w->len);
	put_unaligned_be32(len, msg + w->len + 4);
	memcpy(msg + w->len + 8, value, len);
	kvfree(w->msg);
	w->msg = msg;
	w->len += size;
}

/* Give a TLV another length, its value cut or filled with 0xee. */
static void resize_tlv(struct kunit *test, u16 type, size_t len)
{
	struct wire_test *w = test->priv;
	u8 *p = find_tlv(w->msg, w->len, type);
	u8 value[128];
	size_t old;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_LE(test, len, sizeof(value));
	old = get_unaligned_be32(p + 4);
	memset(value, 0xee, sizeof(value));
	memcpy(value, p + 8, min(old, len));
	cut_tlv(test, type);
	append_tlv(test, type, value, len);
}

/* Section 1.4 of the protocol: which field stands where in which TLV. */
struct layout {
	u16 type;
	u16 at;
	u16 offset;
	u16 size;
};

#define L(tlv, pos, field) {						\
	TCP_HANDOFF_TLV_##tlv, pos,					\
	offsetof(struct tcp_handoff_state, field),			\
	sizeof_field(struct tcp_handoff_state, field) }

static const struct layout layout[] = {
	L(CONN, 0, caddr), L(CONN, 4, vaddr), L(CONN, 8, cport),
	L(CONN, 10, vport), L(CONN, 12, tcp_state), L(CONN, 13, fin_read),
	L(CONN, 14, ack_owed), L(CONN, 15, ecn_flags),
	L(SEQ, 0, rcv_nxt), L(SEQ, 4, copied_seq), L(SEQ, 8, rcv_wup),
	L(SEQ, 12, snd_una), L(SEQ, 16, snd_nxt), L(SEQ, 20, write_seq),
	L(SEQ, 24, snd_wl1), L(SEQ, 28, snd_sml), L(SEQ, 32, pushed_seq),
	L(SEQ, 36, snd_up),
	L(WIN, 0, rcv_wnd), L(WIN, 4, snd_wnd), L(WIN, 8, max_window),
	L(WIN, 12, window_clamp), L(WIN, 16, rcv_ssthresh), L(WIN, 20, rcvbuf),
	L(WIN, 24, sndbuf), L(WIN, 28, scaling_ratio),
	L(OPT, 0, mss_clamp), L(OPT, 2, user_mss), L(OPT, 4, advmss),
	L(OPT, 6, snd_wscale), L(OPT, 7, rcv_wscale), L(OPT, 8, wscale_ok),
	L(OPT, 9, tstamp_ok), L(OPT, 10, sack_ok), L(OPT, 11, usec_ts),
	L(OPT, 12, pmtu),
	L(TS, 0, ts_now), L(TS, 4, ts_recent), L(TS, 8, ts_recent_age),
	L(TS, 12, ts_ahead),
	L(RTT, 0, srtt_us), L(RTT, 4, mdev_us), L(RTT, 8, mdev_max_us),
	L(RTT, 12, rttvar_us), L(RTT, 16, rtt_min_us), L(RTT, 20, rtt_min_age),
	L(RTT, 24, rto_us), L(RTT, 28, rto_min_us), L(RTT, 32, delack_max_us),
	L(CWND, 0, snd_cwnd), L(CWND, 4, snd_ssthresh),
	L(CWND, 8, snd_cwnd_cnt), L(CWND, 12, snd_cwnd_clamp),
	L(CWND, 16, reordering), L(CWND, 20, cwnd_age), L(CWND, 24, lsnd_age),
	L(CWND, 28, rcv_age), L(CWND, 32, pacing_rate),
	L(CWND, 40, reo_wnd_steps), L(CWND, 41, reo_wnd_persist),
	L(CWND, 42, dsack_seen), L(CWND, 43, is_cwnd_limited),
	L(ACK, 0, rcv_mss), L(ACK, 4, ato_us), L(ACK, 8, lrcv_age),
	L(ACK, 12, rcvq_space), L(ACK, 16, rcv_rtt_us), L(ACK, 20, pingpong),
	L(ACK, 21, quick),
	L(URG, 0, urg_data), L(URG, 2, urg_seq), L(URG, 6, urginline),
	L(SOCKOPT, 0, sockopts), L(SOCKOPT, 1, nodelay), L(SOCKOPT, 2, tos),
	L(SOCKOPT, 3, keepalive), L(SOCKOPT, 4, keepalive_probes),
	L(SOCKOPT, 5, keepalive_time_ms), L(SOCKOPT, 9, keepalive_intvl_ms),
	L(SOCKOPT, 13, user_timeout_ms), L(SOCKOPT, 17, notsent_lowat),
	L(SOCKOPT, 21, mark), L(SOCKOPT, 25, thin_lto), L(SOCKOPT, 26, ttl),
	L(SOCKOPT, 27, linger2_ms),
	L(STATS, 0, bytes_sent), L(STATS, 8, bytes_acked),
	L(STATS, 16, bytes_received), L(STATS, 24, bytes_retrans),
	L(STATS, 32, segs_in), L(STATS, 36, segs_out),
	L(STATS, 40, data_segs_in), L(STATS, 44, data_segs_out),
	L(STATS, 48, total_retrans), L(STATS, 52, delivered),
	L(STATS, 56, delivered_ce), L(STATS, 60, dsack_dups),
	L(STATS, 64, reord_seen), L(STATS, 68, rcv_ooopack),
	L(STATS, 72, lost), L(STATS, 76, total_rto_time),
	L(STATS, 80, total_rto), L(STATS, 82, total_rto_recoveries),
	L(PROBE, 0, probing), L(PROBE, 1, backoff), L(PROBE, 2, probes_out),
	L(PROBE, 3, probes_age_ms),
	L(SACK, 0, num_sacks),
	L(SACK, 4, sacks[0].start_seq), L(SACK, 8, sacks[0].end_seq),
	L(SACK, 12, sacks[1].start_seq), L(SACK, 16, sacks[1].end_seq),
	L(SACK, 20, sacks[2].start_seq), L(SACK, 24, sacks[2].end_seq),
	L(SACK, 28, sacks[3].start_seq), L(SACK, 32, sacks[3].end_seq),
};

static void set_field(struct tcp_handoff_state *st, const struct layout *l,
		      u64 value)
{
	void *p = (u8 *)st + l->offset;

	if (l->size == 1)
		*(u8 *)p = value;
	else if (l->size == 2)
		*(u16 *)p = value;
	else if (l->size == 4)
		*(u32 *)p = value;
	else
		*(u64 *)p = value;
}

static bool field_is_addr(const struct layout *l)
{
	return l->type == TCP_HANDOFF_TLV_CONN && l->at < 12;
}

/* What the wire should show at a field's place. */
static void field_bytes(const struct tcp_handoff_state *st,
			const struct layout *l, u8 *to)
{
	const void *p = (const u8 *)st + l->offset;

	if (field_is_addr(l) || l->size == 1)
		memcpy(to, p, l->size);
	else if (l->size == 2)
		put_unaligned_be16(*(const u16 *)p, to);
	else if (l->size == 4)
		put_unaligned_be32(*(const u32 *)p, to);
	else
		put_unaligned_be64(*(const u64 *)p, to);
}

/*
 * Every field a value of its own, as far as the rules leave a choice: those
 * with a rule are set again afterwards.
 */
static void distinct_state(struct tcp_handoff_state *st)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(layout); i++)
		set_field(st, &layout[i], 0x0102030405060708ULL * (i + 1));
	idle_state(st, RCV, SND);
	st->tcp_state = TCP_CLOSE_WAIT;
	st->fin_read = 1;
	st->ack_owed = 1;
	st->ecn_flags = TCP_ECN_OK | TCP_ECN_SEEN;
	st->rcv_wup = RCV - 77;
	st->snd_wl1 = RCV - 78;
	st->rcv_wnd = 65537;
	st->snd_wnd = 64001;
	st->max_window = 64002;
	st->window_clamp = 65538;
	st->rcv_ssthresh = 65539;
	st->mss_clamp = 1461;
	st->user_mss = 1462;
	st->advmss = 1463;
	st->snd_wscale = 8;
	st->rcv_wscale = 9;
	st->usec_ts = 1;
	st->urg_data = TCP_URG_VALID | 'u';
	st->sockopts = 1;
	st->probing = 1;
	st->num_sacks = 4;
	for (i = 0; i < 4; i++) {
		st->sacks[i].start_seq = RCV + 100 * i + 10;
		st->sacks[i].end_seq = RCV + 100 * i + 60;
	}
}

/* What SACK blocks tell must be in the out-of-order queue. */
static void queue_sacks(struct kunit *test)
{
	struct wire_test *w = test->priv;
	const struct tcp_sack_block *b = w->out.st.sacks;
	int i;

	for (i = 0; i < w->out.st.num_sacks; i++, b++)
		put_skb(test, &w->out.ofo, b->start_seq,
			b->end_seq - b->start_seq, TCPHDR_ACK, 0);
}

static void wire_field_stands_where_documented(struct kunit *test)
{
	struct wire_test *w = test->priv;
	const struct layout *l;
	u8 want[8], *tlv;

	distinct_state(&w->out.st);

	pack(test);

	for (l = layout; l < layout + ARRAY_SIZE(layout); l++) {
		tlv = find_tlv(w->msg, w->len, l->type);
		KUNIT_ASSERT_NOT_NULL_MSG(test, tlv, "TLV %#x", l->type);
		KUNIT_ASSERT_LE(test, l->at + l->size,
				get_unaligned_be32(tlv + 4));
		field_bytes(&w->out.st, l, want);
		if (memcmp(tlv + 8 + l->at, want, l->size))
			KUNIT_FAIL(test, "TLV %#x offset %u", l->type, l->at);
	}
}

static void wire_round_trip_keeps_every_field(struct kunit *test)
{
	struct wire_test *w = test->priv;

	distinct_state(&w->out.st);
	queue_sacks(test);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	expect_same_state(test);
	KUNIT_EXPECT_STREQ(test, "cubic", w->in.st.cc_name);
	KUNIT_EXPECT_EQ(test, 4, skb_queue_len(&w->in.ofo));
	__skb_queue_purge(&w->in.ofo);
	KUNIT_EXPECT_TRUE(test, queues_are_empty(&w->in));
}

/* TLVs that are only there if there is something to say. */
static void wire_optional_groups_come_and_go(struct kunit *test)
{
	static const u16 types[] = {
		TCP_HANDOFF_TLV_TS, TCP_HANDOFF_TLV_URG,
		TCP_HANDOFF_TLV_SOCKOPT, TCP_HANDOFF_TLV_PROBE,
		TCP_HANDOFF_TLV_SACK,
	};
	struct wire_test *w = test->priv;
	int mask, i;

	for (mask = 0; mask < BIT(ARRAY_SIZE(types)); mask++) {
		tcp_handoff_image_init(&w->out);
		idle_state(&w->out.st, RCV, SND);
		w->out.st.tstamp_ok = !!(mask & 1);
		w->out.st.urg_data = mask & 2 ? TCP_URG_READ : 0;
		w->out.st.sockopts = !!(mask & 4);
		w->out.st.probing = !!(mask & 8);
		w->out.st.num_sacks = !!(mask & 16);
		if (mask & 16) {
			w->out.st.sacks[0].start_seq = RCV + 1;
			w->out.st.sacks[0].end_seq = RCV + 2;
		}
		queue_sacks(test);

		KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
				pack_and_parse(test));

		expect_same_state(test);
		for (i = 0; i < ARRAY_SIZE(types); i++)
			KUNIT_EXPECT_EQ(test, !!(mask & BIT(i)),
					!!find_tlv(w->msg, w->len, types[i]));
		tcp_handoff_image_purge(&w->out);
	}
}

static void wire_idle_connection_takes_436_bytes(struct kunit *test)
{
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);

	pack(test);

	KUNIT_EXPECT_EQ(test, 436, w->len + sizeof(struct tcp_handoff_hdr));
}

/* What a message may lack, and what a repetition of it means. */
static const struct presence_case {
	const char *name;
	u16 type;
	enum tcp_handoff_reason missing;
} presence_cases[] = {
	{ "CONN", TCP_HANDOFF_TLV_CONN, TCP_HANDOFF_REASON_TLV },
	{ "SEQ", TCP_HANDOFF_TLV_SEQ, TCP_HANDOFF_REASON_TLV },
	{ "WIN", TCP_HANDOFF_TLV_WIN, TCP_HANDOFF_REASON_TLV },
	{ "OPT", TCP_HANDOFF_TLV_OPT, TCP_HANDOFF_REASON_TLV },
	{ "TS", TCP_HANDOFF_TLV_TS, TCP_HANDOFF_REASON_TLV },
	{ "RTT", TCP_HANDOFF_TLV_RTT, TCP_HANDOFF_REASON_NONE },
	{ "CWND", TCP_HANDOFF_TLV_CWND, TCP_HANDOFF_REASON_NONE },
	{ "CC", TCP_HANDOFF_TLV_CC, TCP_HANDOFF_REASON_NONE },
	{ "ACK", TCP_HANDOFF_TLV_ACK, TCP_HANDOFF_REASON_NONE },
	{ "STATS", TCP_HANDOFF_TLV_STATS, TCP_HANDOFF_REASON_NONE },
	{ "RXDATA", TCP_HANDOFF_TLV_RXDATA, TCP_HANDOFF_REASON_MALFORMED },
	{ "OFOSEG", TCP_HANDOFF_TLV_OFOSEG, TCP_HANDOFF_REASON_MALFORMED },
	{ "OFODATA", TCP_HANDOFF_TLV_OFODATA, TCP_HANDOFF_REASON_MALFORMED },
	{ "TXSEG", TCP_HANDOFF_TLV_TXSEG, TCP_HANDOFF_REASON_MALFORMED },
	{ "TXDATA", TCP_HANDOFF_TLV_TXDATA, TCP_HANDOFF_REASON_MALFORMED },
};

KUNIT_ARRAY_PARAM_DESC(presence, presence_cases, name);

static void wire_missing_tlv(struct kunit *test)
{
	const struct presence_case *c = test->param_value;
	struct wire_test *w = test->priv;

	busy_image(test, RCV, SND);
	pack(test);

	cut_tlv(test, c->type);

	KUNIT_EXPECT_EQ(test, c->missing, parse(test, w->msg, w->len));
	if (c->missing)
		KUNIT_EXPECT_TRUE(test, nothing_kept(&w->in));
}

static void wire_duplicated_tlv_is_malformed(struct kunit *test)
{
	const struct presence_case *c = test->param_value;
	struct wire_test *w = test->priv;
	u8 *tlv;

	busy_image(test, RCV, SND);
	pack(test);
	tlv = find_tlv(w->msg, w->len, c->type);
	KUNIT_ASSERT_NOT_NULL(test, tlv);

	append_tlv(test, c->type, tlv + 8, get_unaligned_be32(tlv + 4));

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_MALFORMED,
			parse(test, w->msg, w->len));
	KUNIT_EXPECT_TRUE(test, nothing_kept(&w->in));
}

/* Bit 15 of a type is about understanding, and part of the type. */
static const struct unknown_case {
	const char *name;
	u16 type;
	enum tcp_handoff_reason reason;
} unknown_cases[] = {
	{ "optional of later version", 0x0030, TCP_HANDOFF_REASON_NONE },
	{ "optional, largest", 0x7fff, TCP_HANDOFF_REASON_NONE },
	{ "reserved SAVED_SYN", TCP_HANDOFF_TLV_SAVED_SYN,
	  TCP_HANDOFF_REASON_NONE },
	{ "optional with the number of SEQ", 0x0003, TCP_HANDOFF_REASON_NONE },
	{ "optional with the number of PROBE + 32", 0x002e,
	  TCP_HANDOFF_REASON_NONE },
	{ "mandatory of later version", 0x8030, TCP_HANDOFF_REASON_TLV },
	{ "mandatory with the number of STATS", 0x800d,
	  TCP_HANDOFF_REASON_TLV },
	{ "mandatory, largest", 0xffff, TCP_HANDOFF_REASON_TLV },
	{ "HELLO in a connection", TCP_HANDOFF_TLV_HELLO,
	  TCP_HANDOFF_REASON_TLV },
	{ "BOUNDARY in a connection", TCP_HANDOFF_TLV_BOUNDARY,
	  TCP_HANDOFF_REASON_TLV },
};

KUNIT_ARRAY_PARAM_DESC(unknown, unknown_cases, name);

static void wire_unknown_tlv(struct kunit *test)
{
	const struct unknown_case *c = test->param_value;
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);
	pack(test);
	if (c->type == 0x800d)	/* it is not there twice */
		cut_tlv(test, TCP_HANDOFF_TLV_STATS);

	append_tlv(test, c->type, "abcdef", 6);

	KUNIT_EXPECT_EQ(test, c->reason, parse(test, w->msg, w->len));
	if (!c->reason)
		expect_same_state(test);
}

/* An optional TLV is no stand-in for the mandatory one of its number. */
static void wire_optional_type_does_not_fill_in(struct kunit *test)
{
	struct wire_test *w = test->priv;
	u8 zero[64] = {};

	idle_state(&w->out.st, RCV, SND);
	pack(test);
	cut_tlv(test, TCP_HANDOFF_TLV_SEQ);

	append_tlv(test, TCP_HANDOFF_TLV_SEQ & ~TCP_HANDOFF_TLV_MANDATORY,
		   zero, 40);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_TLV,
			parse(test, w->msg, w->len));
}

/* Older and newer peers: fields at the end are missing or too many. */
static const struct length_case {
	const char *name;
	u16 type;
	u16 len;
	enum tcp_handoff_reason reason;
	bool counts;
} length_cases[] = {
	{ "CONN one byte short", TCP_HANDOFF_TLV_CONN, 15,
	  TCP_HANDOFF_REASON_TLV },
	{ "SEQ one field short", TCP_HANDOFF_TLV_SEQ, 36,
	  TCP_HANDOFF_REASON_TLV },
	{ "WIN empty", TCP_HANDOFF_TLV_WIN, 0, TCP_HANDOFF_REASON_TLV },
	{ "OPT without pmtu", TCP_HANDOFF_TLV_OPT, 12, TCP_HANDOFF_REASON_TLV },
	{ "TS cut in a field", TCP_HANDOFF_TLV_TS, 10, TCP_HANDOFF_REASON_TLV },
	{ "CONN longer", TCP_HANDOFF_TLV_CONN, 23, TCP_HANDOFF_REASON_NONE,
	  true },
	{ "OPT longer", TCP_HANDOFF_TLV_OPT, 17, TCP_HANDOFF_REASON_NONE,
	  true },
	{ "RTT one field short", TCP_HANDOFF_TLV_RTT, 32,
	  TCP_HANDOFF_REASON_NONE },
	{ "RTT cut in a field", TCP_HANDOFF_TLV_RTT, 33,
	  TCP_HANDOFF_REASON_NONE },
	{ "CWND empty", TCP_HANDOFF_TLV_CWND, 0, TCP_HANDOFF_REASON_NONE },
	{ "STATS longer", TCP_HANDOFF_TLV_STATS, 99, TCP_HANDOFF_REASON_NONE,
	  true },
	{ "CC longer than a name", TCP_HANDOFF_TLV_CC, 16,
	  TCP_HANDOFF_REASON_NONE },
};

KUNIT_ARRAY_PARAM_DESC(length, length_cases, name);

/* An optional TLV that is shorter than in version 1 counts as not there. */
static void zero_missing(struct tcp_handoff_state *st, u16 type, u16 len)
{
	const struct layout *l;
	u16 whole = 0;

	for (l = layout; l < layout + ARRAY_SIZE(layout); l++)
		if (l->type == type)
			whole = max_t(u16, whole, l->at + l->size);
	for (l = layout; l < layout + ARRAY_SIZE(layout); l++)
		if (l->type == type && len < whole)
			set_field(st, l, 0);
}

static void wire_tlv_of_another_length(struct kunit *test)
{
	const struct length_case *c = test->param_value;
	struct wire_test *w = test->priv;

	distinct_state(&w->out.st);
	queue_sacks(test);
	pack(test);

	resize_tlv(test, c->type, c->len);

	KUNIT_EXPECT_EQ(test, c->reason, parse(test, w->msg, w->len));
	if (c->reason)
		return;
	zero_missing(&w->out.st, c->type, c->len);
	KUNIT_EXPECT_EQ(test, c->counts,
			!!(w->in.st.present & BIT(c->type & 31)));
	if (c->type == TCP_HANDOFF_TLV_CC)
		memset(w->out.st.cc_name, 0, sizeof(w->out.st.cc_name));
	expect_same_state(test);
}

/*
 * Parse the first @len bytes out of memory that ends there, so that KASAN or
 * the red zone of the slab sees a read behind them.
 */
static enum tcp_handoff_reason parse_exact(struct kunit *test, size_t len)
{
	struct wire_test *w = test->priv;
	enum tcp_handoff_reason reason;
	u8 *copy = kmemdup(w->msg, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	reason = parse(test, copy, len);
	kfree(copy);
	return reason;
}

static void wire_truncated_busy_message_is_refused(struct kunit *test)
{
	struct wire_test *w = test->priv;
	size_t len;

	busy_image(test, RCV, SND);
	pack(test);

	for (len = 0; len < w->len; len++) {
		KUNIT_EXPECT_NE_MSG(test, TCP_HANDOFF_REASON_NONE,
				    parse_exact(test, len), "cut at %zu", len);
		KUNIT_EXPECT_TRUE(test, nothing_kept(&w->in));
	}
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			parse_exact(test, w->len));
}

/* Is @len the end of a TLV, with every required one before it? */
static bool cut_is_legal(struct wire_test *w, size_t len)
{
	u8 *p = w->msg, *last = find_tlv(w->msg, w->len, TCP_HANDOFF_TLV_TS);

	while (p < w->msg + len)
		p += tlv_size(p);
	return p == w->msg + len && p >= last + tlv_size(last);
}

static void wire_truncated_idle_message(struct kunit *test)
{
	struct wire_test *w = test->priv;
	size_t len, legal = 0;

	idle_state(&w->out.st, RCV, SND);
	pack(test);

	for (len = 0; len <= w->len; len++) {
		bool ok = cut_is_legal(w, len);

		KUNIT_EXPECT_EQ_MSG(test, ok, !parse_exact(test, len),
				    "cut at %zu", len);
		KUNIT_EXPECT_TRUE(test, queues_are_empty(&w->in));
		KUNIT_EXPECT_EQ(test, ok, !!w->in.bytes);
		legal += ok;
	}
	/* behind TS, RTT, CWND, ACK, STATS, CC */
	KUNIT_EXPECT_EQ(test, 6, legal);
}

/* Out of order, but in order of sequence numbers, and all behind rcv_nxt. */
static bool ofo_is_sound(const struct tcp_handoff_image *img)
{
	u32 prev = img->st.rcv_nxt + 1;
	const struct sk_buff *skb;

	skb_queue_walk(&img->ofo, skb) {
		const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
		u8 fin = cb->tcp_flags & TCPHDR_FIN;

		if (before(cb->seq, prev) || !(skb->len + fin) ||
		    cb->end_seq != cb->seq + skb->len + fin)
			return false;
		prev = cb->seq;
	}
	return true;
}

/* A receiver drops what it has told by SACK once rcv_nxt is there. */
static bool sacks_are_sound(const struct tcp_handoff_image *img)
{
	const struct tcp_sack_block *b = img->st.sacks;
	const struct sk_buff *skb;
	int i;

	for (i = 0; i < img->st.num_sacks; i++, b++) {
		u32 at = b->start_seq;

		skb_queue_walk(&img->ofo, skb)
			if (!after(TCP_SKB_CB(skb)->seq, at) &&
			    after(TCP_SKB_CB(skb)->end_seq, at))
				at = TCP_SKB_CB(skb)->end_seq;
		if (before(at, b->end_seq))
			return false;
	}
	return true;
}

/* What was accepted has to be something that TCP can go on with. */
static bool image_is_sound(const struct tcp_handoff_image *img)
{
	const struct tcp_handoff_state *st = &img->st;
	const struct sk_buff *skb;
	u32 seq = st->copied_seq;

	if (tcp_handoff_check(st) || img->bytes < image_truesize(img))
		return false;
	skb_queue_walk(&img->rx, skb) {
		if (TCP_SKB_CB(skb)->seq != seq)
			return false;
		seq = TCP_SKB_CB(skb)->end_seq;
	}
	if (seq != st->rcv_nxt && !st->fin_read)
		return false;
	seq = st->snd_una;
	skb_queue_walk(&img->rtx, skb) {
		if (TCP_SKB_CB(skb)->seq != seq)
			return false;
		seq = TCP_SKB_CB(skb)->end_seq;
	}
	if (seq != st->snd_nxt)
		return false;
	skb_queue_walk(&img->tx, skb) {
		if (TCP_SKB_CB(skb)->seq != seq)
			return false;
		seq = TCP_SKB_CB(skb)->end_seq;
	}
	return seq == st->write_seq && ofo_is_sound(img) &&
	       sacks_are_sound(img);
}

/* One skb and one page for each record of a segment, at most. */
static size_t most_bytes(size_t len)
{
	return len + (1 + len / sizeof(struct tcp_handoff_wire_seg)) *
		     (SKB_TRUESIZE(MAX_TCP_HEADER) + PAGE_SIZE);
}

/* What fuzzing starts from. */
static void mutate_idle(struct kunit *test)
{
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);
}

static void mutate_busy(struct kunit *test)
{
	busy_image(test, RCV, SND);
}

static void mutate_wrapping(struct kunit *test)
{
	busy_image(test, -1200, -1000);
}

static void mutate_every_group(struct kunit *test)
{
	struct wire_test *w = test->priv;

	distinct_state(&w->out.st);
	queue_sacks(test);
}

static void mutate_fin_unread(struct kunit *test)
{
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);
	w->out.st.tcp_state = TCP_CLOSE_WAIT;
	w->out.st.copied_seq = RCV - 301;
	put_skb(test, &w->out.rx, RCV - 301, 300, TCPHDR_ACK | TCPHDR_FIN, 0);
}

static const struct mutate_case {
	const char *name;
	void (*make)(struct kunit *test);
	u32 some;	/* must be accepted, or nothing is tested */
} mutate_cases[] = {
	{ "idle", mutate_idle, 500 },
	{ "busy", mutate_busy, 100 },
	{ "wrapping", mutate_wrapping, 100 },
	{ "every group", mutate_every_group, 500 },
	{ "FIN unread", mutate_fin_unread, 500 },
};

KUNIT_ARRAY_PARAM_DESC(mutate, mutate_cases, name);

#define MUTATIONS	12000
#define MUTATE_SEED	0x12968b9

/* Packed again it is the same connection; its second image is freed here. */
static bool same_again(struct kunit *test)
{
	struct wire_test *w = test->priv;
	struct tcp_handoff_image *twin = &w->twin;
	bool same = false;
	void *body;
	size_t len;

	if (tcp_handoff_pack(&w->in, &body, &len))
		return false;
	tcp_handoff_image_init(twin);
	if (!tcp_handoff_parse(body, len, twin))
		same = w->in.st.rcv_nxt == twin->st.rcv_nxt &&
		       w->in.st.snd_una == twin->st.snd_una &&
		       w->in.st.write_seq == twin->st.write_seq &&
		       w->in.st.num_sacks == twin->st.num_sacks &&
		       w->in.rx.qlen == twin->rx.qlen &&
		       w->in.ofo.qlen == twin->ofo.qlen &&
		       w->in.rtx.qlen == twin->rtx.qlen &&
		       w->in.tx.qlen == twin->tx.qlen;
	tcp_handoff_image_purge(twin);
	kvfree(body);
	return same;
}

/* Parsed out of memory that ends with it, see parse_exact(). */
static enum tcp_handoff_reason parse_mutant(struct kunit *test,
					    const struct mutant *m,
					    struct tcp_handoff_net *hnet)
{
	struct wire_test *w = test->priv;
	enum tcp_handoff_reason reason;
	u8 *copy = kmemdup(m->msg, m->len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	tcp_handoff_image_init(&w->in);
	w->in.hnet = hnet;
	reason = tcp_handoff_parse(copy, m->len, &w->in);
	kfree(copy);
	return reason;
}

/*
 * Whatever is done to a message, it is refused and nothing is left of it, or
 * accepted and a connection that TCP can go on with.  The seed is fixed, and
 * told with the number of the mutation: so it can be done again.
 */
static void wire_mutated_message_is_refused_or_sound(struct kunit *test)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(&init_net);
	const struct mutate_case *c = test->param_value;
	struct wire_test *w = test->priv;
	u32 accepted = 0, refused = 0;
	struct mutant m;
	int i;

	c->make(test);
	pack(test);
	mutant_init(test, &m, w->msg, w->len, MUTATE_SEED);
	kunit_info(test, "seed %#x, %d mutations", MUTATE_SEED, MUTATIONS);

	for (i = 0; i < MUTATIONS; i++) {
		mutant_next(&m, 1 + i % 3);
		if (parse_mutant(test, &m, hnet)) {
			refused++;
			KUNIT_ASSERT_TRUE_MSG(test, nothing_kept(&w->in),
					      "mutation %d", i);
		} else {
			accepted++;
			KUNIT_ASSERT_EQ(test, w->in.bytes,
					atomic_long_read(&hnet->bytes));
			KUNIT_ASSERT_LE(test, w->in.bytes, most_bytes(m.len));
			KUNIT_ASSERT_TRUE_MSG(test, image_is_sound(&w->in),
					      "mutation %d", i);
			KUNIT_ASSERT_TRUE_MSG(test, same_again(test),
					      "mutation %d", i);
		}
		tcp_handoff_image_purge(&w->in);
		tcp_handoff_uncharge(hnet, w->in.bytes);
		w->in.bytes = 0;
		KUNIT_ASSERT_EQ_MSG(test, 0, atomic_long_read(&hnet->bytes),
				    "mutation %d", i);
		if (!(i % 256))
			cond_resched();
	}
	KUNIT_EXPECT_GT(test, accepted, c->some);
	KUNIT_EXPECT_GT(test, refused, MUTATIONS / 20);
}

/*
 * One row for each rule of section 1.7.  @set writes @value into a field of
 * an otherwise good connection; @also breaks what a single field cannot.
 */
struct rule_case {
	const char *name;
	enum tcp_handoff_reason reason;
	u16 offset;
	u16 size;
	u64 value;
	void (*also)(struct tcp_handoff_state *st);
};

static void in_established(struct tcp_handoff_state *st)
{
	st->tcp_state = TCP_ESTABLISHED;
}

static void in_close_wait(struct tcp_handoff_state *st)
{
	st->tcp_state = TCP_CLOSE_WAIT;
}

static void one_sack(struct tcp_handoff_state *st)
{
	st->num_sacks = 1;
}

static void fin_read_with_unread(struct tcp_handoff_state *st)
{
	st->tcp_state = TCP_CLOSE_WAIT;
	st->fin_read = 1;
}

static void without_sack(struct tcp_handoff_state *st)
{
	st->sack_ok = 0;
	st->num_sacks = 1;
	st->sacks[0].start_seq = RCV + 1;
}

#define R(why, field, val, what, more) {				\
	what, TCP_HANDOFF_REASON_##why,					\
	offsetof(struct tcp_handoff_state, field),			\
	sizeof_field(struct tcp_handoff_state, field), (__force u64)(val), \
	more }

#define WINDOW_MOST	(65535U << 14)

static const struct rule_case rule_cases[] = {
	R(STATE, tcp_state, TCP_FIN_WAIT1, "FIN_WAIT1", NULL),
	R(STATE, tcp_state, TCP_SYN_RECV, "SYN_RECV", NULL),
	R(STATE, tcp_state, TCP_LISTEN, "LISTEN", NULL),
	R(STATE, tcp_state, 0, "no state", NULL),
	R(FAMILY, caddr, 0, "client 0.0.0.0", NULL),
	R(FAMILY, caddr, htonl(0xe0000001), "client multicast", NULL),
	R(FAMILY, caddr, htonl(0xffffffff), "client broadcast", NULL),
	R(FAMILY, vaddr, 0, "VIP 0.0.0.0", NULL),
	R(FAMILY, vaddr, htonl(0xe0000001), "VIP multicast", NULL),
	R(FAMILY, vaddr, htonl(0xffffffff), "VIP broadcast", NULL),
	R(FAMILY, cport, 0, "client port 0", NULL),
	R(FAMILY, vport, 0, "VIP port 0", NULL),
	R(MALFORMED, fin_read, 2, "fin_read 2", in_close_wait),
	R(MALFORMED, fin_read, 1, "FIN read, but ESTABLISHED", in_established),
	R(MALFORMED, copied_seq, RCV - 9, "FIN read before data",
	  fin_read_with_unread),
	R(MALFORMED, ack_owed, 2, "ack_owed 2", NULL),
	R(MALFORMED, ecn_flags, 0x10, "unknown ECN flag", NULL),
	R(MALFORMED, copied_seq, RCV + 1, "copied_seq behind rcv_nxt", NULL),
	R(MALFORMED, copied_seq, RCV - BIT(30), "2^30 unread", NULL),
	R(MALFORMED, rcv_wup, RCV + 1, "rcv_wup behind rcv_nxt", NULL),
	R(MALFORMED, rcv_wup, RCV - BIT(30), "2^30 not acknowledged", NULL),
	R(MALFORMED, snd_una, SND + 1, "snd_una behind snd_nxt", NULL),
	R(MALFORMED, snd_una, SND - BIT(30), "2^30 in flight", NULL),
	R(MALFORMED, write_seq, SND - 1, "snd_nxt behind write_seq", NULL),
	R(MALFORMED, write_seq, SND + BIT(30), "2^30 unsent", NULL),
	R(MALFORMED, snd_up, SND - 1, "urgent before snd_una", NULL),
	R(MALFORMED, snd_up, SND + 1, "urgent behind write_seq", NULL),
	R(MALFORMED, snd_wl1, RCV + 65537, "window update of the future",
	  NULL),
	R(MALFORMED, snd_wnd, 64257, "snd_wnd over max_window", NULL),
	R(MALFORMED, max_window, WINDOW_MOST + 1, "max_window too large",
	  NULL),
	R(MALFORMED, rcv_wnd, WINDOW_MOST + 1, "rcv_wnd too large", NULL),
	R(MALFORMED, window_clamp, INT_MAX / 2 + 1, "window_clamp too large",
	  NULL),
	R(MALFORMED, window_clamp, 0, "window_clamp 0", NULL),
	R(MALFORMED, rcv_ssthresh, WINDOW_MOST + 1, "rcv_ssthresh too large",
	  NULL),
	R(MALFORMED, scaling_ratio, 0, "scaling_ratio 0", NULL),
	R(MALFORMED, scaling_ratio, 256, "scaling_ratio 256", NULL),
	R(MALFORMED, snd_wscale, 15, "snd_wscale 15", NULL),
	R(MALFORMED, rcv_wscale, 15, "rcv_wscale 15", NULL),
	R(MALFORMED, wscale_ok, 0, "shifts without window scaling", NULL),
	R(MALFORMED, wscale_ok, 2, "wscale_ok 2", NULL),
	R(MALFORMED, mss_clamp, TCP_MIN_MSS - 1, "mss_clamp 87", NULL),
	R(MALFORMED, user_mss, TCP_MIN_MSS - 1, "user_mss 87", NULL),
	R(MALFORMED, advmss, TCP_MIN_MSS - 1, "advmss 87", NULL),
	R(MALFORMED, tstamp_ok, 2, "tstamp_ok 2", NULL),
	R(MALFORMED, usec_ts, 2, "usec_ts 2", NULL),
	R(MALFORMED, sack_ok, 2, "unknown SACK flag", NULL),
	R(MALFORMED, urg_data, TCP_URG_NOTYET, "urgent byte not here", NULL),
	R(MALFORMED, urg_data, 0x8000, "unknown urgent flag", NULL),
	R(MALFORMED, num_sacks, 5, "five SACK blocks", NULL),
	R(MALFORMED, sacks[0].end_seq, RCV + 2, "SACK blocks without SACK",
	  without_sack),
	R(MALFORMED, sacks[0].start_seq, RCV + 9, "empty SACK block",
	  one_sack),
	R(MALFORMED, sacks[0].end_seq, RCV, "SACK block not behind rcv_nxt",
	  one_sack),
	R(MALFORMED, sacks[0].end_seq, RCV + BIT(30), "SACK block far away",
	  one_sack),
};

KUNIT_ARRAY_PARAM_DESC(rule, rule_cases, name);

static void wire_contradiction_is_refused(struct kunit *test)
{
	const struct rule_case *c = test->param_value;
	const struct layout l = { .offset = c->offset, .size = c->size };
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);
	w->out.st.sacks[0].start_seq = RCV + 9;
	w->out.st.sacks[0].end_seq = RCV + 9;
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_check(&w->out.st));
	if (c->also)
		c->also(&w->out.st);
	set_field(&w->out.st, &l, c->value);

	KUNIT_EXPECT_EQ(test, c->reason, tcp_handoff_check(&w->out.st));

	KUNIT_EXPECT_EQ(test, c->reason, pack_and_parse(test));
	KUNIT_EXPECT_TRUE(test, nothing_kept(&w->in));
}

/* What cannot hurt is no reason to refuse; tcp_handoff_apply() clamps it. */
static void wire_harmless_nonsense_passes(struct kunit *test)
{
	struct wire_test *w = test->priv;
	struct tcp_handoff_state *st = &w->out.st;

	idle_state(st, RCV, SND);
	st->snd_cwnd = 0;
	st->snd_cwnd_clamp = 0;
	st->rto_us = U32_MAX;
	st->rto_min_us = U32_MAX;
	st->rcv_mss = 0;
	st->rcvq_space = 0;
	st->cwnd_age = U32_MAX;
	st->reordering = U32_MAX;
	st->rcvbuf = U32_MAX;

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));
	expect_same_state(test);
}

/*
 * One row for each rule of section 1.5: a byte or word of a segment record, or
 * of the state, that no longer fits the queues of busy_image().
 */
static const struct queue_case {
	const char *name;
	u16 type;
	u16 nr;		/* which record */
	u16 at;		/* where in it */
	u8 size;
	u32 value;
} queue_cases[] = {
	{ "unread bytes missing", TCP_HANDOFF_TLV_SEQ, 0, 4, 4, RCV - 901 },
	{ "unread bytes surplus", TCP_HANDOFF_TLV_SEQ, 0, 4, 4, RCV - 899 },
	{ "FIN that was not received", TCP_HANDOFF_TLV_CONN, 0, 12, 1,
	  TCP_CLOSE_WAIT },
	{ "ofo at rcv_nxt", TCP_HANDOFF_TLV_OFOSEG, 0, 0, 4, RCV },
	{ "ofo before rcv_nxt", TCP_HANDOFF_TLV_OFOSEG, 0, 0, 4, RCV - 10 },
	{ "ofo not in order", TCP_HANDOFF_TLV_OFOSEG, 1, 0, 4, RCV + 999 },
	{ "ofo far away", TCP_HANDOFF_TLV_OFOSEG, 1, 0, 4, RCV + BIT(30) },
	{ "ofo beyond the window", TCP_HANDOFF_TLV_OFOSEG, 1, 0, 4,
	  RCV + 65537 },
	{ "ofo segment too long", TCP_HANDOFF_TLV_OFOSEG, 1, 4, 4, 1001 },
	{ "ofo segment too short", TCP_HANDOFF_TLV_OFOSEG, 1, 4, 4, 999 },
	{ "ofo segment huge", TCP_HANDOFF_TLV_OFOSEG, 0, 4, 4, U32_MAX },
	{ "ofo segment empty", TCP_HANDOFF_TLV_OFOSEG, 0, 4, 4, 0 },
	{ "SACK block over a gap", TCP_HANDOFF_TLV_OFOSEG, 1, 0, 4,
	  RCV + 2001 },
	{ "ofo SYN", TCP_HANDOFF_TLV_OFOSEG, 0, 12, 1, TCPHDR_SYN },
	{ "ofo RST", TCP_HANDOFF_TLV_OFOSEG, 0, 12, 1, TCPHDR_RST },
	{ "send queue before snd_una", TCP_HANDOFF_TLV_TXSEG, 0, 0, 4,
	  SND - 1 },
	{ "send queue with a gap", TCP_HANDOFF_TLV_TXSEG, 1, 0, 4, SND + 1001 },
	{ "send queue overlaps", TCP_HANDOFF_TLV_TXSEG, 1, 0, 4, SND + 999 },
	{ "sent segment too long", TCP_HANDOFF_TLV_TXSEG, 0, 4, 4, 1001 },
	{ "sent segment huge", TCP_HANDOFF_TLV_TXSEG, 0, 4, 4, U32_MAX },
	{ "sent segment empty", TCP_HANDOFF_TLV_TXSEG, 0, 4, 4, 0 },
	{ "unsent segment too short", TCP_HANDOFF_TLV_TXSEG, 4, 4, 4, 499 },
	{ "unsent before sent", TCP_HANDOFF_TLV_TXSEG, 0, 8, 4,
	  TCP_HANDOFF_SEG_UNSENT },
	{ "last sent is unsent", TCP_HANDOFF_TLV_TXSEG, 2, 8, 4,
	  TCP_HANDOFF_SEG_UNSENT },
	{ "first unsent is sent", TCP_HANDOFF_TLV_TXSEG, 3, 8, 4, 1 },
	{ "sent behind unsent", TCP_HANDOFF_TLV_TXSEG, 4, 8, 4, 1 },
	{ "sent FIN", TCP_HANDOFF_TLV_TXSEG, 2, 12, 1, TCPHDR_FIN },
	{ "sent SYN", TCP_HANDOFF_TLV_TXSEG, 0, 12, 1, TCPHDR_SYN },
	{ "unsent RST", TCP_HANDOFF_TLV_TXSEG, 4, 12, 1, TCPHDR_RST },
	{ "unknown mark", TCP_HANDOFF_TLV_TXSEG, 0, 13, 1, TCPCB_LOST },
	{ "unsent with SACK mark", TCP_HANDOFF_TLV_TXSEG, 4, 13, 1,
	  TCPCB_SACKED_ACKED },
	{ "SACK block begins before the queue", TCP_HANDOFF_TLV_SACK, 0, 4, 4,
	  RCV + 999 },
	{ "SACK block ends behind the queue", TCP_HANDOFF_TLV_SACK, 0, 8, 4,
	  RCV + 2501 },
	{ "SACK mark without SACK", TCP_HANDOFF_TLV_OPT, 0, 10, 1, 0 },
	{ "write_seq behind the queue", TCP_HANDOFF_TLV_SEQ, 0, 20, 4,
	  SND + 5001 },
	{ "snd_nxt within a segment", TCP_HANDOFF_TLV_SEQ, 0, 16, 4,
	  SND + 3400 },
};

KUNIT_ARRAY_PARAM_DESC(queue, queue_cases, name);

static void wire_queue_that_does_not_fit_is_refused(struct kunit *test)
{
	const struct queue_case *c = test->param_value;
	struct wire_test *w = test->priv;
	u8 *p;

	busy_image(test, RCV, SND);
	if (c->type == TCP_HANDOFF_TLV_OPT)
		w->out.st.num_sacks = 0;
	pack(test);
	p = find_tlv(w->msg, w->len, c->type);
	KUNIT_ASSERT_NOT_NULL(test, p);
	p += 8 + c->nr * sizeof(struct tcp_handoff_wire_seg) + c->at;

	if (c->size == 1)
		*p = c->value;
	else
		put_unaligned_be32(c->value, p);

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_MALFORMED,
			parse(test, w->msg, w->len));
	KUNIT_EXPECT_TRUE(test, nothing_kept(&w->in));
}

/* Where sequence numbers pass 2^32, at every field of busy_image(). */
static const struct wrap_case {
	const char *name;
	u32 rcv, snd;
} wrap_cases[] = {
	{ "no wrap", RCV, SND },
	{ "in unread data", 500, 600 },
	{ "at rcv_nxt and snd_una", 0, 0 },
	{ "one before", U32_MAX, U32_MAX },
	{ "in ofo and sacked data", -1700, -1500 },
	{ "in sack block's end", -2499, -3000 },
	{ "at snd_nxt", 2, -3500 },
	{ "in unsent data", 1, -4200 },
	{ "at write_seq", -1000, -5000 },
	{ "around 2^31", BIT(31) - 100, BIT(31) - 2000 },
};

KUNIT_ARRAY_PARAM_DESC(wrap, wrap_cases, name);

static void expect_seg(struct kunit *test, const struct sk_buff *skb, u32 seq,
		       u32 len, u8 flags, u8 sacked)
{
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, seq, TCP_SKB_CB(skb)->seq);
	KUNIT_EXPECT_EQ(test, seq + len + !!(flags & TCPHDR_FIN),
			TCP_SKB_CB(skb)->end_seq);
	KUNIT_EXPECT_EQ(test, len, skb->len);
	KUNIT_EXPECT_EQ(test, flags, TCP_SKB_CB(skb)->tcp_flags);
	KUNIT_EXPECT_EQ(test, sacked, TCP_SKB_CB(skb)->sacked);
}

static struct sk_buff *nth(const struct sk_buff_head *q, int n)
{
	struct sk_buff *skb;

	skb_queue_walk(q, skb)
		if (!n--)
			return skb;
	return NULL;
}

static void wire_queues_survive_wrap_around(struct kunit *test)
{
	const struct wrap_case *c = test->param_value;
	struct wire_test *w = test->priv;
	u32 rcv = c->rcv, snd = c->snd;

	busy_image(test, rcv, snd);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	expect_same_state(test);
	expect_stream(test, &w->in.rx, rcv - 900, rcv);
	KUNIT_EXPECT_EQ(test, 2, skb_queue_len(&w->in.ofo));
	expect_seg(test, nth(&w->in.ofo, 0), rcv + 1000, 1000, TCPHDR_ACK, 0);
	expect_seg(test, nth(&w->in.ofo, 1), rcv + 1500, 1000, TCPHDR_ACK, 0);
	expect_stream(test, &w->in.rtx, snd, snd + 3500);
	expect_seg(test, nth(&w->in.rtx, 0), snd, 1000, TCPHDR_ACK, 0);
	expect_seg(test, nth(&w->in.rtx, 1), snd + 1000, 1000, TCPHDR_ACK,
		   TCPCB_SACKED_ACKED);
	expect_seg(test, nth(&w->in.rtx, 2), snd + 2000, 1500,
		   TCPHDR_ACK | TCPHDR_PSH, TCPCB_EVER_RETRANS);
	KUNIT_EXPECT_FALSE(test, TCP_SKB_CB(nth(&w->in.rtx, 1))->eor);
	KUNIT_EXPECT_TRUE(test, TCP_SKB_CB(nth(&w->in.rtx, 2))->eor);
	expect_stream(test, &w->in.tx, snd + 3500, snd + 5000);
	expect_seg(test, nth(&w->in.tx, 1), snd + 4500, 500,
		   TCPHDR_ACK | TCPHDR_PSH, 0);
	KUNIT_EXPECT_GE(test, w->in.bytes, image_truesize(&w->in));
}

static void wire_sent_segments_keep_their_age(struct kunit *test)
{
	struct wire_test *w = test->priv;
	struct sk_buff *skb;
	s64 drift;

	busy_image(test, RCV, SND);
	skb = nth(&w->out.rtx, 0);
	/* the host may have booted only now */
	skb->skb_mstamp_ns = ktime_get_ns() / 2;
	nth(&w->out.rtx, 1)->skb_mstamp_ns = 1;	/* as old as the host */

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	/* the same host's clock: it may seem sent later by the transit */
	drift = nth(&w->in.rtx, 0)->skb_mstamp_ns - skb->skb_mstamp_ns;
	KUNIT_EXPECT_GE(test, drift, 0);
	KUNIT_EXPECT_LT(test, drift, ktime_get_ns() / 4);
	KUNIT_EXPECT_GT(test, nth(&w->in.rtx, 1)->skb_mstamp_ns, 0);
	KUNIT_EXPECT_EQ(test, nth(&w->in.tx, 0)->skb_mstamp_ns, 0);
}

/* A FIN counts in rcv_nxt, and in copied_seq once it was read. */
static const struct fin_case {
	const char *name;
	u32 unread;
	bool fin_read;
} fin_cases[] = {
	{ "FIN behind unread data", 700, false },
	{ "FIN alone", 0, false },
	{ "FIN was read", 0, true },
};

KUNIT_ARRAY_PARAM_DESC(fin, fin_cases, name);

static void wire_fin_of_client(struct kunit *test)
{
	const struct fin_case *c = test->param_value;
	struct wire_test *w = test->priv;
	struct tcp_handoff_state *st = &w->out.st;
	struct sk_buff *skb;

	idle_state(st, RCV, SND);
	st->tcp_state = TCP_CLOSE_WAIT;
	st->fin_read = c->fin_read;
	st->rcv_nxt = RCV + c->unread + 1;
	st->copied_seq = c->fin_read ? st->rcv_nxt : RCV;
	if (!c->fin_read)
		put_skb(test, &w->out.rx, RCV, c->unread,
			TCPHDR_ACK | TCPHDR_FIN, 0);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	expect_same_state(test);
	skb = skb_peek_tail(&w->in.rx);
	KUNIT_EXPECT_EQ(test, c->fin_read, !skb);
	if (!skb)
		return;
	expect_stream(test, &w->in.rx, RCV, RCV + c->unread);
	KUNIT_EXPECT_EQ(test, st->rcv_nxt, TCP_SKB_CB(skb)->end_seq);
	KUNIT_EXPECT_TRUE(test, TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN);
}

static void wire_fin_out_of_order(struct kunit *test)
{
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);
	put_skb(test, &w->out.ofo, RCV + 100, 0, TCPHDR_ACK | TCPHDR_FIN, 0);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&w->in.ofo));
	expect_seg(test, nth(&w->in.ofo, 0), RCV + 100, 0,
		   TCPHDR_ACK | TCPHDR_FIN, 0);
}

/* What a receiver finds in its queue when segments were retransmitted. */
static void wire_overlapping_rx_is_sent_once(struct kunit *test)
{
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);
	w->out.st.copied_seq = RCV - 950;
	put_skb(test, &w->out.rx, RCV - 1000, 30, TCPHDR_ACK, 0);
	put_skb(test, &w->out.rx, RCV - 970, 470, TCPHDR_ACK, 0);
	put_skb(test, &w->out.rx, RCV - 800, 200, TCPHDR_ACK, 0);
	put_skb(test, &w->out.rx, RCV - 600, 600, TCPHDR_ACK, 0);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	expect_stream(test, &w->in.rx, RCV - 950, RCV);
	KUNIT_EXPECT_EQ(test, 950, w->out.payload);
}

/* More than one skb can hold, on either side. */
static void wire_large_queues_are_cut_and_complete(struct kunit *test)
{
	struct wire_test *w = test->priv;
	struct sk_buff *skb;
	u32 i;

	idle_state(&w->out.st, RCV, SND);
	w->out.st.copied_seq = RCV - 300000;
	w->out.st.snd_nxt = SND + 150000;
	w->out.st.write_seq = SND + 300000;
	for (i = 0; i < 300000; i += 10000)
		put_skb(test, &w->out.rx, RCV - 300000 + i, 10000, TCPHDR_ACK,
			0);
	put_skb(test, &w->out.ofo, RCV + 10, 100000, TCPHDR_ACK, 0);
	put_skb(test, &w->out.rtx, SND, 150000, TCPHDR_ACK, 0);
	put_skb(test, &w->out.tx, SND + 150000, 150000, TCPHDR_ACK, 0);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	expect_stream(test, &w->in.rx, RCV - 300000, RCV);
	expect_stream(test, &w->in.ofo, RCV + 10, RCV + 100010);
	expect_stream(test, &w->in.rtx, SND, SND + 150000);
	expect_stream(test, &w->in.tx, SND + 150000, SND + 300000);
	/* an skb to send must fit one packet with all its headers */
	skb_queue_walk(&w->in.tx, skb)
		KUNIT_EXPECT_LE(test, skb->len + MAX_TCP_HEADER, 0xffff);
	KUNIT_EXPECT_GE(test, w->in.bytes, image_truesize(&w->in));
}

/*
 * A segment that is cut, and one that begins within it: sorted by sequence
 * number, and still a connection if it is handed on, although most of the
 * pieces begin beyond the window.
 */
static void wire_cut_segment_stays_in_order(struct kunit *test)
{
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);
	put_skb(test, &w->out.ofo, RCV + 10, 200000, TCPHDR_ACK, 0);
	put_skb(test, &w->out.ofo, RCV + 20, 30, TCPHDR_ACK, 0);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	KUNIT_EXPECT_GT(test, skb_queue_len(&w->in.ofo), 3);
	KUNIT_EXPECT_TRUE(test, ofo_is_sound(&w->in));
	expect_seg(test, nth(&w->in.ofo, 1), RCV + 20, 30, TCPHDR_ACK, 0);
	KUNIT_EXPECT_TRUE(test, same_again(test));
}

/* A page for each would make the buffer of a moved connection larger. */
static void wire_small_data_takes_no_page(struct kunit *test)
{
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);
	w->out.st.copied_seq = RCV - 300;
	put_skb(test, &w->out.rx, RCV - 300, 300, TCPHDR_ACK, 0);
	put_skb(test, &w->out.ofo, RCV + 10, 1448, TCPHDR_ACK, 0);

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	expect_stream(test, &w->in.rx, RCV - 300, RCV);
	expect_stream(test, &w->in.ofo, RCV + 10, RCV + 1458);
	KUNIT_EXPECT_LE(test, skb_peek(&w->in.rx)->truesize, 1024);
	KUNIT_EXPECT_LE(test, skb_peek(&w->in.ofo)->truesize, 2304);
}

static void wire_message_limit_holds(struct kunit *test)
{
	struct wire_test *w = test->priv;
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);
	void *body = w;
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	idle_state(&w->out.st, RCV, SND);
	/* the length is all that is looked at before it is refused */
	__skb_queue_tail(&w->out.tx, skb);
	skb->len = TCP_HANDOFF_MSG_MAX;
	TCP_SKB_CB(skb)->seq = SND;

	KUNIT_EXPECT_EQ(test, -EMSGSIZE,
			tcp_handoff_pack(&w->out, &body, &len));

	KUNIT_EXPECT_NULL(test, body);
	skb->len = 0;
}

/* The limit is looked at before a page is taken, and left as it was. */
static void wire_byte_limit_holds(struct kunit *test)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(&init_net);
	unsigned long most = hnet->max_bytes;
	struct wire_test *w = test->priv;

	busy_image(test, RCV, SND);
	pack(test);
	tcp_handoff_image_init(&w->in);
	w->in.hnet = hnet;
	hnet->max_bytes = 1000;

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_BYTES,
			tcp_handoff_parse(w->msg, w->len, &w->in));

	KUNIT_EXPECT_TRUE(test, nothing_kept(&w->in));
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&hnet->bytes));
	hnet->max_bytes = most;
	tcp_handoff_image_init(&w->in);
	w->in.hnet = hnet;
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_parse(w->msg, w->len, &w->in));
	KUNIT_EXPECT_EQ(test, w->in.bytes, atomic_long_read(&hnet->bytes));
	tcp_handoff_uncharge(hnet, w->in.bytes);
}

/* Section 1.1: a header that is good, but for one thing. */
static const struct header_case {
	const char *name;
	u8 type, version;
	u32 length;
	bool named, out, up;
	enum tcp_handoff_reason reason;
} header_cases[] = {
	{ "HELLO", TCP_HANDOFF_MSG_HELLO, 1, 64 },
	{ "HELLO of a later version", TCP_HANDOFF_MSG_HELLO, 2, 64 },
	{ "HELLO of version 0", TCP_HANDOFF_MSG_HELLO, 0, 64, .reason =
	  TCP_HANDOFF_REASON_VERSION },
	{ "HELLO_ACK of a later version", TCP_HANDOFF_MSG_HELLO_ACK, 2, 64,
	  .out = true, .reason = TCP_HANDOFF_REASON_VERSION },
	{ "PING of a later version", TCP_HANDOFF_MSG_PING, 2, 40, .up = true,
	  .reason = TCP_HANDOFF_REASON_VERSION },
	{ "PING", TCP_HANDOFF_MSG_PING, 1, 40, .up = true },
	{ "PING about a flow", TCP_HANDOFF_MSG_PING, 1, 40, true, false, true,
	  TCP_HANDOFF_REASON_MALFORMED },
	{ "no body, not even a header", TCP_HANDOFF_MSG_PING, 1, 39,
	  .up = true, .reason = TCP_HANDOFF_REASON_MALFORMED },
	{ "largest without a connection", TCP_HANDOFF_MSG_PING, 1, 1024,
	  .up = true },
	{ "too large without a connection", TCP_HANDOFF_MSG_PING, 1, 1025,
	  .up = true, .reason = TCP_HANDOFF_REASON_MALFORMED },
	{ "largest HANDOFF", TCP_HANDOFF_MSG_HANDOFF, 1, 32 << 20, true, false,
	  true },
	{ "HANDOFF too large", TCP_HANDOFF_MSG_HANDOFF, 1, (32 << 20) + 1,
	  true, false, true, TCP_HANDOFF_REASON_MALFORMED },
	{ "HANDOFF before the greeting", TCP_HANDOFF_MSG_HANDOFF, 1, 1025,
	  true, false, false, TCP_HANDOFF_REASON_MALFORMED },
	{ "HANDOFF to a front end", TCP_HANDOFF_MSG_HANDOFF, 1, 1025, true,
	  true, true, TCP_HANDOFF_REASON_MALFORMED },
	{ "ADOPTED", TCP_HANDOFF_MSG_ADOPTED, 1, 40, true, true, true },
	{ "ADOPTED of no flow", TCP_HANDOFF_MSG_ADOPTED, 1, 40, false, true,
	  true, TCP_HANDOFF_REASON_MALFORMED },
	{ "REFUSED instead of HELLO_ACK", TCP_HANDOFF_MSG_REFUSED, 1, 40,
	  .out = true },
	{ "REFUSED of no flow", TCP_HANDOFF_MSG_REFUSED, 1, 40, false, true,
	  true, TCP_HANDOFF_REASON_MALFORMED },
};

KUNIT_ARRAY_PARAM_DESC(header, header_cases, name);

static void wire_header(struct kunit *test)
{
	const struct header_case *c = test->param_value;
	struct tcp_handoff_hdr hdr = {
		.magic = cpu_to_be32(TCP_HANDOFF_MAGIC),
		.version = c->version,
		.type = c->type,
		.length = cpu_to_be32(c->length),
	};
	const char *what = NULL;

	if (c->named) {
		hdr.boot_id = cpu_to_be64(1);
		hdr.seq = cpu_to_be64(2);
		hdr.epoch = cpu_to_be32(3);
	}

	KUNIT_EXPECT_EQ(test, c->reason,
			tcp_handoff_check_hdr(&hdr, c->out, c->up, &what));

	KUNIT_EXPECT_EQ(test, !c->reason, !what);
	/* half a flow is none, and without the magic nothing is */
	hdr.epoch = c->named ? 0 : cpu_to_be32(3);
	if (!c->reason && (c->up || c->type != TCP_HANDOFF_MSG_REFUSED))
		KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_MALFORMED,
				tcp_handoff_check_hdr(&hdr, c->out, c->up,
						      &what));
	hdr.magic = 0;
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_MALFORMED,
			tcp_handoff_check_hdr(&hdr, c->out, c->up, &what));
}

static int wire_init(struct kunit *test)
{
	struct wire_test *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	tcp_handoff_image_init(&w->out);
	tcp_handoff_image_init(&w->in);
	test->priv = w;
	return 0;
}

static void wire_exit(struct kunit *test)
{
	struct wire_test *w = test->priv;

	if (!w)
		return;
	tcp_handoff_image_purge(&w->out);
	tcp_handoff_image_purge(&w->in);
	kvfree(w->msg);
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE(wire_field_stands_where_documented),
	KUNIT_CASE(wire_round_trip_keeps_every_field),
	KUNIT_CASE(wire_optional_groups_come_and_go),
	KUNIT_CASE(wire_idle_connection_takes_436_bytes),
	KUNIT_CASE_PARAM(wire_missing_tlv, presence_gen_params),
	KUNIT_CASE_PARAM(wire_duplicated_tlv_is_malformed,
			 presence_gen_params),
	KUNIT_CASE_PARAM(wire_unknown_tlv, unknown_gen_params),
	KUNIT_CASE(wire_optional_type_does_not_fill_in),
	KUNIT_CASE_PARAM(wire_tlv_of_another_length, length_gen_params),
	KUNIT_CASE(wire_truncated_busy_message_is_refused),
	KUNIT_CASE(wire_truncated_idle_message),
	KUNIT_CASE_PARAM(wire_mutated_message_is_refused_or_sound,
			 mutate_gen_params),
	KUNIT_CASE_PARAM(wire_contradiction_is_refused, rule_gen_params),
	KUNIT_CASE(wire_harmless_nonsense_passes),
	KUNIT_CASE_PARAM(wire_queue_that_does_not_fit_is_refused,
			 queue_gen_params),
	KUNIT_CASE_PARAM(wire_queues_survive_wrap_around, wrap_gen_params),
	KUNIT_CASE(wire_sent_segments_keep_their_age),
	KUNIT_CASE_PARAM(wire_fin_of_client, fin_gen_params),
	KUNIT_CASE(wire_fin_out_of_order),
	KUNIT_CASE(wire_overlapping_rx_is_sent_once),
	KUNIT_CASE(wire_large_queues_are_cut_and_complete),
	KUNIT_CASE(wire_cut_segment_stays_in_order),
	KUNIT_CASE(wire_small_data_takes_no_page),
	KUNIT_CASE(wire_message_limit_holds),
	KUNIT_CASE(wire_byte_limit_holds),
	KUNIT_CASE_PARAM(wire_header, header_gen_params),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "tcp_handoff_wire",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);
