// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of wire.c: a connection between image and message.
 *
 * What stands where is written down once more here, from the tables of
 * Documentation/networking/tcp_handoff-protocol.rst: wire.c packs and parses
 * by one table, so a round trip alone would not notice two swapped fields.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/unaligned.h>

#include "../handoff.h"

/* Sequence numbers of the fixtures; others are varied by the wrap tests. */
#define RCV	0x10203040U
#define SND	0x50607080U

struct wire_test {
	struct tcp_handoff_image out;	/* is packed */
	struct tcp_handoff_image in;	/* was parsed */
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

/* What was refused must not have left anything behind. */
static bool nothing_kept(const struct tcp_handoff_image *img)
{
	return !img->bytes && skb_queue_empty(&img->rx) &&
	       skb_queue_empty(&img->ofo) && skb_queue_empty(&img->rtx) &&
	       skb_queue_empty(&img->tx);
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

/* Without what is not on the wire. */
static struct tcp_handoff_state wire_part(const struct tcp_handoff_state *st)
{
	struct tcp_handoff_state copy;

	memcpy(&copy, st, sizeof(copy));
	copy.taken = 0;
	copy.present = 0;
	copy.ts_rest = 0;
	return copy;
}

static void expect_same_state(struct kunit *test)
{
	struct wire_test *w = test->priv;
	struct tcp_handoff_state out = wire_part(&w->out.st);
	struct tcp_handoff_state in = wire_part(&w->in.st);

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
	L(SOCKOPT, 21, mark),
	L(STATS, 0, bytes_sent), L(STATS, 8, bytes_acked),
	L(STATS, 16, bytes_received), L(STATS, 24, bytes_retrans),
	L(STATS, 32, segs_in), L(STATS, 36, segs_out),
	L(STATS, 40, data_segs_in), L(STATS, 44, data_segs_out),
	L(STATS, 48, total_retrans), L(STATS, 52, delivered),
	L(STATS, 56, delivered_ce), L(STATS, 60, dsack_dups),
	L(STATS, 64, reord_seen), L(STATS, 68, rcv_ooopack),
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

	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE, pack_and_parse(test));

	expect_same_state(test);
	KUNIT_EXPECT_STREQ(test, "cubic", w->in.st.cc_name);
	KUNIT_EXPECT_TRUE(test, nothing_kept(&w->in));
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

		KUNIT_EXPECT_EQ(test, TCP_HANDOFF_REASON_NONE,
				pack_and_parse(test));

		expect_same_state(test);
		for (i = 0; i < ARRAY_SIZE(types); i++)
			KUNIT_EXPECT_EQ(test, !!(mask & BIT(i)),
					!!find_tlv(w->msg, w->len, types[i]));
	}
}

static void wire_idle_connection_takes_420_bytes(struct kunit *test)
{
	struct wire_test *w = test->priv;

	idle_state(&w->out.st, RCV, SND);

	pack(test);

	KUNIT_EXPECT_EQ(test, 420, w->len + sizeof(struct tcp_handoff_hdr));
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
} length_cases[] = {
	{ "CONN one byte short", TCP_HANDOFF_TLV_CONN, 15,
	  TCP_HANDOFF_REASON_TLV },
	{ "SEQ one field short", TCP_HANDOFF_TLV_SEQ, 36,
	  TCP_HANDOFF_REASON_TLV },
	{ "WIN empty", TCP_HANDOFF_TLV_WIN, 0, TCP_HANDOFF_REASON_TLV },
	{ "OPT without pmtu", TCP_HANDOFF_TLV_OPT, 12, TCP_HANDOFF_REASON_TLV },
	{ "TS cut in a field", TCP_HANDOFF_TLV_TS, 10, TCP_HANDOFF_REASON_TLV },
	{ "CONN longer", TCP_HANDOFF_TLV_CONN, 23, TCP_HANDOFF_REASON_NONE },
	{ "OPT longer", TCP_HANDOFF_TLV_OPT, 17, TCP_HANDOFF_REASON_NONE },
	{ "RTT one field short", TCP_HANDOFF_TLV_RTT, 32,
	  TCP_HANDOFF_REASON_NONE },
	{ "RTT cut in a field", TCP_HANDOFF_TLV_RTT, 33,
	  TCP_HANDOFF_REASON_NONE },
	{ "CWND empty", TCP_HANDOFF_TLV_CWND, 0, TCP_HANDOFF_REASON_NONE },
	{ "STATS longer", TCP_HANDOFF_TLV_STATS, 90, TCP_HANDOFF_REASON_NONE },
	{ "CC longer than a name", TCP_HANDOFF_TLV_CC, 16,
	  TCP_HANDOFF_REASON_NONE },
};

KUNIT_ARRAY_PARAM_DESC(length, length_cases, name);

/* Fields that a shorter optional TLV lacks are zero. */
static void zero_missing(struct tcp_handoff_state *st, u16 type, u16 len)
{
	const struct layout *l;

	for (l = layout; l < layout + ARRAY_SIZE(layout); l++)
		if (l->type == type && l->at + l->size > len)
			set_field(st, l, 0);
}

static void wire_tlv_of_another_length(struct kunit *test)
{
	const struct length_case *c = test->param_value;
	struct wire_test *w = test->priv;

	distinct_state(&w->out.st);
	pack(test);

	resize_tlv(test, c->type, c->len);

	KUNIT_EXPECT_EQ(test, c->reason, parse(test, w->msg, w->len));
	if (c->reason)
		return;
	zero_missing(&w->out.st, c->type, c->len);
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
		KUNIT_EXPECT_TRUE(test, nothing_kept(&w->in));
		legal += ok;
	}
	/* behind TS, RTT, CWND, ACK, STATS, CC */
	KUNIT_EXPECT_EQ(test, 6, legal);
}

/* What was accepted has to be something that TCP can go on with. */
static bool image_is_sound(const struct tcp_handoff_image *img)
{
	const struct tcp_handoff_state *st = &img->st;
	const struct sk_buff *skb;
	u32 seq = st->copied_seq;

	if (tcp_handoff_check(st) || img->bytes != image_truesize(img))
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
	return seq == st->write_seq;
}

#define MUTATIONS	20000

/* Up to three bytes of a message changed; a seed, so that it can be redone. */
static void wire_mutated_message_is_refused_or_sound(struct kunit *test)
{
	struct wire_test *w = test->priv;
	u32 accepted = 0, refused = 0;
	struct rnd_state rnd;
	u8 *copy;
	int i, k;

	busy_image(test, RCV, SND);
	pack(test);
	copy = kunit_kmalloc(test, w->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	prandom_seed_state(&rnd, 0x12968b9);

	for (i = 0; i < MUTATIONS; i++) {
		memcpy(copy, w->msg, w->len);
		/* the payload, which may be anything, is most of it */
		for (k = 0; k < 1 + i % 3; k++)
			copy[prandom_u32_state(&rnd) % (k ? w->len : 560)] =
				prandom_u32_state(&rnd);
		if (parse(test, copy, w->len)) {
			refused++;
			KUNIT_ASSERT_TRUE_MSG(test, nothing_kept(&w->in),
					      "mutation %d", i);
		} else {
			accepted++;
			KUNIT_ASSERT_TRUE_MSG(test, image_is_sound(&w->in),
					      "mutation %d", i);
		}
		if (!(i % 256))
			cond_resched();
	}
	/* both must happen, or the test tests nothing */
	KUNIT_EXPECT_GT(test, accepted, MUTATIONS / 20);
	KUNIT_EXPECT_GT(test, refused, MUTATIONS / 20);
}

