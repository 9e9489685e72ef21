// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz net/ipv4/tcp_handoff/wire.c: what a peer sends, and what becomes of it.
 *
 *	input	     header (40 bytes) | body
 *	header	     tcp_handoff_check_hdr() in every role
 *	body	     tcp_handoff_find_tlv() and tcp_handoff_parse()
 *	image	     is what the protocol allows, holds the message's bytes
 *	pack, parse  gives the same image again
 *
 * The input is a message as it travels on the channel.  A body is looked at
 * whatever its header says, so these fields can steer what happens around it:
 *
 *	reserved     that allocation fails, counted from 1
 *	code	     limit of bytes that may be charged, 0: the default
 *	epoch	     not 1: the clock shows seq nanoseconds
 *
 * What must hold of memory:
 *
 *  - whatever is refused for what it says (TLV, MALFORMED, STATE, FAMILY) or
 *    for the byte limit (BYTES) has allocated nothing;
 *  - one charge comes before the first allocation, and packets never take more
 *    than was charged;
 *  - a message of n bytes is charged at most n, and one skb and one page for
 *    each 16 of them and one more: the smallest thing that makes an skb is the
 *    record of a segment;
 *  - a failed allocation is MEMORY and leaves nothing, at whatever place;
 *  - in the end all is freed, and nothing is charged.
 */
#include "handoff.h"
#include "fuzz.h"

#define BODY_MOST	(TCP_HANDOFF_MSG_MAX - sizeof(struct tcp_handoff_hdr))
/* 2^30: no distance of sequence numbers reaches it. */
#define SPAN		BIT(30)
#define WINDOW_MOST	(65535U << 14)
#define CLOCK		10000000000000ULL

const char *__asan_default_options(void)
{
	return "detect_leaks=0:quarantine_size_mb=8:malloc_context_size=4";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1";
}

static bool name_is_empty(const struct tcp_handoff_hdr *hdr)
{
	return !hdr->boot_id && !hdr->seq && !hdr->epoch && !hdr->conn_magic;
}

/* Section 1.1 of the protocol, once more: may this header pass? */
static bool hdr_may_pass(const struct tcp_handoff_hdr *hdr, bool out, bool up)
{
	u32 length = be32_to_cpu(hdr->length), most = 1024;
	/* the answer to a greeting, in a version that need not be ours */
	bool refused = hdr->type == 18 && out && !up;
	bool flow = hdr->type >= 16 && !refused;

	if (hdr->type == 16 && up && !out)
		most = 32 << 20;
	if (be32_to_cpu(hdr->magic) != 0x12968b9 || length < 40 ||
	    length > most)
		return false;
	if (hdr->version != 1 && !refused &&
	    !(hdr->version > 1 && hdr->type == 1 && !out && !up))
		return false;
	return flow ? hdr->boot_id && hdr->seq && hdr->epoch :
		      name_is_empty(hdr);
}

static void try_hdr(const struct tcp_handoff_hdr *hdr)
{
	enum tcp_handoff_reason reason;
	const char *what = NULL;
	int role;

	for (role = 0; role < 4; role++) {
		what = NULL;
		reason = tcp_handoff_check_hdr(hdr, role & 1, role & 2, &what);
		SHIM_ASSERT(!reason == hdr_may_pass(hdr, role & 1, role & 2));
		SHIM_ASSERT(!reason == !what);
		SHIM_ASSERT(!reason || reason == TCP_HANDOFF_REASON_MALFORMED ||
			    reason == TCP_HANDOFF_REASON_VERSION);
	}
	SHIM_ASSERT(!shim.allocs);
}

/*
 * The first TLV of a type, without the cleverness of wire.c.  NULL if it is
 * not there, or if something before it does not fit in.
 */
static const u8 *first_tlv(const u8 *body, size_t len, u16 type, u32 *size)
{
	size_t at = 0;

	while (len - at >= 8) {
		u64 vlen = get_unaligned_be32(body + at + 4);
		u64 room = len - at - 8;

		if ((vlen + 3) / 4 * 4 > room)
			return NULL;
		if (get_unaligned_be16(body + at) == type) {
			*size = vlen;
			return body + at + 8;
		}
		at += 8 + (vlen + 3) / 4 * 4;
	}
	return NULL;
}

static void try_find(const u8 *body, size_t len, u16 type, size_t least)
{
	const void *found = tcp_handoff_find_tlv(body, len, type, least);
	volatile u8 last;
	const u8 *want;
	u32 size = 0;

	want = first_tlv(body, len, type, &size);
	if (want && size < least)
		want = NULL;
	SHIM_ASSERT(found == want);
	if (found && least)	/* all of it may be read */
		last = ((const u8 *)found)[least - 1];
	(void)last;
}

static const u16 found_types[] = {
	TCP_HANDOFF_TLV_HELLO, TCP_HANDOFF_TLV_TIMEWAIT, TCP_HANDOFF_TLV_CC,
	TCP_HANDOFF_TLV_TXDATA,
};

static void try_finds(const u8 *body, size_t len)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(found_types); i++) {
		try_find(body, len, found_types[i], 0);
		try_find(body, len, found_types[i], 16);
		try_find(body, len, found_types[i], 28);
		try_find(body, len, found_types[i], len);
	}
	/* and whatever is there */
	if (len >= 8)
		try_find(body, len, get_unaligned_be16(body), 4);
	SHIM_ASSERT(!shim.allocs);
}

/* Section 1.7: sequence numbers. */
static void check_seqs(const struct tcp_handoff_state *st)
{
	SHIM_ASSERT(st->rcv_nxt - st->copied_seq < SPAN);
	SHIM_ASSERT(st->rcv_nxt - st->rcv_wup < SPAN);
	SHIM_ASSERT(st->snd_nxt - st->snd_una < SPAN);
	SHIM_ASSERT(st->write_seq - st->snd_nxt < SPAN);
	SHIM_ASSERT(st->snd_up - st->snd_una < SPAN);
	SHIM_ASSERT(st->snd_up - st->snd_una <= st->write_seq - st->snd_una);
	SHIM_ASSERT((s32)(st->rcv_nxt + st->rcv_wnd - st->snd_wl1) >= 0);
}

/* ... and the rest of a state. */
static void check_state(const struct tcp_handoff_state *st)
{
	u8 class = be32_to_cpu(st->caddr) >> 24;
	int i;

	SHIM_ASSERT(st->tcp_state == 1 || st->tcp_state == 8);
	SHIM_ASSERT(st->fin_read <= 1 && st->ack_owed <= 1);
	SHIM_ASSERT(!st->fin_read || (st->tcp_state == 8 &&
				      st->copied_seq == st->rcv_nxt));
	SHIM_ASSERT(st->cport && st->vport);
	SHIM_ASSERT(class && (class < 224 || class >= 240));
	class = be32_to_cpu(st->vaddr) >> 24;
	SHIM_ASSERT(class && (class < 224 || class >= 240));
	SHIM_ASSERT(~st->caddr && ~st->vaddr);

	check_seqs(st);
	SHIM_ASSERT(st->snd_wnd <= st->max_window);
	SHIM_ASSERT(st->max_window <= WINDOW_MOST);
	SHIM_ASSERT(st->rcv_wnd <= WINDOW_MOST);
	SHIM_ASSERT(st->rcv_ssthresh <= WINDOW_MOST);
	SHIM_ASSERT(st->window_clamp && st->window_clamp < SPAN);
	SHIM_ASSERT(st->scaling_ratio && st->scaling_ratio < 256);

	SHIM_ASSERT(st->wscale_ok <= 1 && st->tstamp_ok <= 1 &&
		    st->usec_ts <= 1);
	SHIM_ASSERT(st->snd_wscale <= 14 && st->rcv_wscale <= 14);
	SHIM_ASSERT(st->wscale_ok || (!st->snd_wscale && !st->rcv_wscale));
	SHIM_ASSERT(st->mss_clamp >= 88);
	SHIM_ASSERT(!st->user_mss || st->user_mss >= 88);
	SHIM_ASSERT(!st->advmss || st->advmss >= 88);
	SHIM_ASSERT(!(st->sack_ok & ~5) && st->ecn_flags < 16);
	SHIM_ASSERT(!st->urg_data || (st->urg_data & 0xff00) == 0x0100 ||
		    (st->urg_data & 0xff00) == 0x0400);

	SHIM_ASSERT(st->num_sacks <= 4 && (!st->num_sacks || st->sack_ok));
	for (i = 0; i < st->num_sacks; i++) {
		u32 start = st->sacks[i].start_seq - st->rcv_nxt;
		u32 end = st->sacks[i].end_seq - st->rcv_nxt;

		SHIM_ASSERT(start && start < end && end < SPAN);
	}
	/* a string, for those who look it up */
	SHIM_ASSERT(memchr(st->cc_name, 0, sizeof(st->cc_name)));
}

/* Section 1.5: receive queue, from what was read to what was received. */
static void check_rx(const struct tcp_handoff_image *img)
{
	const struct tcp_handoff_state *st = &img->st;
	u32 seq = st->copied_seq, fin = 0;
	const struct sk_buff *skb;

	skb_queue_walk(&img->rx, skb) {
		const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

		SHIM_ASSERT(!fin && cb->seq == seq);
		fin = cb->tcp_flags & TCPHDR_FIN;
		SHIM_ASSERT(skb->len || fin);
		SHIM_ASSERT(cb->end_seq == seq + skb->len + fin);
		SHIM_ASSERT(!cb->sacked && !cb->eor);
		SHIM_ASSERT(skb->ip_summed == CHECKSUM_UNNECESSARY);
		seq = cb->end_seq;
	}
	SHIM_ASSERT(fin == (st->tcp_state == 8 && !st->fin_read));
	SHIM_ASSERT(seq == st->rcv_nxt);
}

static void check_ofo(const struct tcp_handoff_image *img)
{
	const struct tcp_handoff_state *st = &img->st;
	const struct sk_buff *skb;
	u32 prev = 1;

	skb_queue_walk(&img->ofo, skb) {
		const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
		u32 fin = cb->tcp_flags & TCPHDR_FIN;
		u32 at = cb->seq - st->rcv_nxt;

		SHIM_ASSERT(at >= prev && at < SPAN);
		SHIM_ASSERT(at + skb->len + fin < SPAN);
		SHIM_ASSERT(skb->len || fin);
		SHIM_ASSERT(cb->end_seq == cb->seq + skb->len + fin);
		SHIM_ASSERT(!(cb->tcp_flags & ~(TCPHDR_ACK | TCPHDR_FIN)));
		SHIM_ASSERT(skb->ip_summed == CHECKSUM_UNNECESSARY);
		/* the pieces of a cut one go on with the next */
		prev = at;
	}
}

/* TCP drops the queue up to what it has told by SACK: all must be there. */
static void check_sacks(const struct tcp_handoff_image *img)
{
	const struct sk_buff *skb;
	int i;

	for (i = 0; i < img->st.num_sacks; i++) {
		const struct tcp_sack_block *b = &img->st.sacks[i];
		u32 at = b->start_seq;

		skb_queue_walk(&img->ofo, skb) {
			const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

			if ((s32)(cb->seq - at) <= 0 &&
			    (s32)(cb->end_seq - at) > 0)
				at = cb->end_seq;
		}
		SHIM_ASSERT((s32)(at - b->end_seq) >= 0);
	}
}

/* What TCP relies on in an skb of the send queue. */
static void check_tx_skb(const struct tcp_handoff_state *st,
			 const struct sk_buff *skb, u32 seq, bool sent)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	SHIM_ASSERT(cb->seq == seq && skb->len);
	SHIM_ASSERT(cb->end_seq == seq + skb->len);
	SHIM_ASSERT(skb->len == skb->data_len);
	SHIM_ASSERT(skb->fclone && skb->nohdr);
	SHIM_ASSERT(skb->headroom >= MAX_TCP_HEADER);
	SHIM_ASSERT(skb->len + MAX_TCP_HEADER <= 0xffff);
	SHIM_ASSERT(skb->ip_summed == CHECKSUM_PARTIAL);
	SHIM_ASSERT(!(cb->tcp_flags & (TCPHDR_SYN | TCPHDR_RST | TCPHDR_FIN)));
	SHIM_ASSERT(!(cb->sacked & ~(TCPCB_SACKED_ACKED | TCPCB_EVER_RETRANS)));
	SHIM_ASSERT(!(cb->sacked & TCPCB_SACKED_ACKED) || (sent && st->sack_ok));
	/* 0 means that it was never sent */
	SHIM_ASSERT(sent == !!skb->skb_mstamp_ns);
	SHIM_ASSERT(skb->skb_mstamp_ns <= st->taken || st->taken < 2);
}

static void check_tx(const struct tcp_handoff_image *img)
{
	const struct tcp_handoff_state *st = &img->st;
	const struct sk_buff *skb;
	u32 seq = st->snd_una;

	skb_queue_walk(&img->rtx, skb) {
		check_tx_skb(st, skb, seq, true);
		seq += skb->len;
	}
	SHIM_ASSERT(seq == st->snd_nxt);
	skb_queue_walk(&img->tx, skb) {
		check_tx_skb(st, skb, seq, false);
		seq += skb->len;
	}
	SHIM_ASSERT(seq == st->write_seq);
}

/* A queue holds @from to @from + the length of its skbs; where it ends. */
static const u8 *check_bytes(const struct sk_buff_head *q, const u8 *from,
			     const u8 *end)
{
	const struct sk_buff *skb;
	u8 buf[MAX_SKB_FRAGS * PAGE_SIZE];

	skb_queue_walk(q, skb) {
		SHIM_ASSERT(skb->len <= end - from && skb->len <= sizeof(buf));
		skb_copy_bits(skb, 0, buf, skb->len);
		SHIM_ASSERT(!skb->len || !memcmp(buf, from, skb->len));
		from += skb->len;
	}
	return from;
}

/* Is an skb a piece of a segment that the message tells? */
static bool ofo_is_told(const struct sk_buff *skb, const u8 *seg, u32 segs,
			const u8 *data)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u8 buf[MAX_SKB_FRAGS * PAGE_SIZE];

	skb_copy_bits(skb, 0, buf, skb->len);
	for (; segs >= 16; segs -= 16, seg += 16) {
		u32 len = get_unaligned_be32(seg + 4);
		u32 at = cb->seq - get_unaligned_be32(seg);
		u32 fin = seg[12] & TCPHDR_FIN;

		if (at <= len && skb->len <= len - at &&
		    (!skb->len || !memcmp(buf, data + at, skb->len)) &&
		    fin * (at + skb->len == len) ==
		    (cb->tcp_flags & TCPHDR_FIN))
			return true;
		data += len;
	}
	return false;
}

/* They may lie in another order than in the message, if they were cut. */
static void check_ofo_bytes(const struct tcp_handoff_image *img,
			    const u8 *body, size_t len)
{
	u32 segs = 0, size = 0, bytes = 0;
	const u8 *seg = first_tlv(body, len, TCP_HANDOFF_TLV_OFOSEG, &segs);
	const u8 *data = first_tlv(body, len, TCP_HANDOFF_TLV_OFODATA, &size);
	const struct sk_buff *skb;

	skb_queue_walk(&img->ofo, skb) {
		SHIM_ASSERT(ofo_is_told(skb, seg, segs, data ?: body));
		bytes += skb->len;
	}
	SHIM_ASSERT(bytes == size);
	SHIM_ASSERT(skb_queue_len(&img->ofo) >= segs / 16);
}

static void check_payload(const struct tcp_handoff_image *img, const u8 *body,
			  size_t len)
{
	const u8 *p, *end;
	u32 size = 0;

	p = first_tlv(body, len, TCP_HANDOFF_TLV_RXDATA, &size) ?: body;
	SHIM_ASSERT(check_bytes(&img->rx, p, p + size) == p + size);

	check_ofo_bytes(img, body, len);

	size = 0;
	p = first_tlv(body, len, TCP_HANDOFF_TLV_TXDATA, &size) ?: body;
	end = check_bytes(&img->rtx, p, p + size);
	SHIM_ASSERT(check_bytes(&img->tx, end, p + size) == p + size);
}

static u32 nr_skbs(const struct tcp_handoff_image *img)
{
	return skb_queue_len(&img->rx) + skb_queue_len(&img->ofo) +
	       skb_queue_len(&img->rtx) + skb_queue_len(&img->tx);
}

/* What was accepted, see above for what is asked of it. */
static void check_image(const struct tcp_handoff_image *img, const u8 *body,
			size_t len)
{
	size_t least = SKB_TRUESIZE(MAX_TCP_HEADER) + PAGE_SIZE;

	SHIM_ASSERT(!tcp_handoff_check(&img->st));
	check_state(&img->st);
	check_rx(img);
	check_ofo(img);
	check_sacks(img);
	check_tx(img);
	check_payload(img, body, len);
	SHIM_ASSERT(nr_skbs(img) <= 1 + len / 16);
	SHIM_ASSERT(img->bytes >= shim.bytes);
	SHIM_ASSERT(img->bytes <= len + (1 + len / 16) * least);
}

static void check_empty(const struct tcp_handoff_image *img)
{
	SHIM_ASSERT(!img->bytes && !nr_skbs(img));
	SHIM_ASSERT(!shim.charged && !shim.live && !shim.bytes);
}

static void check_refusal(const struct tcp_handoff_image *img,
			  enum tcp_handoff_reason reason)
{
	check_empty(img);
	switch (reason) {
	case TCP_HANDOFF_REASON_TLV:
	case TCP_HANDOFF_REASON_MALFORMED:
	case TCP_HANDOFF_REASON_STATE:
	case TCP_HANDOFF_REASON_FAMILY:
		SHIM_ASSERT(!shim.allocs && !shim.charges);
		break;
	case TCP_HANDOFF_REASON_BYTES:
		SHIM_ASSERT(!shim.allocs && shim.charges == 1);
		break;
	case TCP_HANDOFF_REASON_MEMORY:
		SHIM_ASSERT(shim.failed && shim.allocs == shim.fail_at);
		break;
	default:
		SHIM_ASSERT(!reason);
	}
}

/* Out of memory that ends where the message ends, and that is gone then. */
static enum tcp_handoff_reason parse(const u8 *body, size_t len,
				     struct tcp_handoff_image *img,
				     struct tcp_handoff_net *hnet)
{
	enum tcp_handoff_reason reason;
	u8 *exact = malloc(len);

	if (!exact)
		abort();
	if (len)
		memcpy(exact, body, len);
	tcp_handoff_image_init(img);
	img->hnet = hnet;
	shim.parsing = true;
	shim.charging = hnet;
	reason = tcp_handoff_parse(exact, len, img);
	shim.parsing = false;
	free(exact);
	return reason;
}

static void release(struct tcp_handoff_image *img)
{
	tcp_handoff_image_purge(img);
	if (img->hnet)
		tcp_handoff_uncharge(img->hnet, img->bytes);
}

/* Groups that are only told if they say something, and their leftovers. */
static void forget_untold(struct tcp_handoff_state *st)
{
	char name[TCP_CA_NAME_MAX] = "";

	st->present = 0;
	if (!st->tstamp_ok) {
		st->ts_now = 0;
		st->ts_recent = 0;
		st->ts_recent_age = 0;
		st->ts_ahead = 0;
	}
	if (!st->urg_data) {
		st->urg_seq = 0;
		st->urginline = 0;
	}
	if (!st->sockopts) {
		st->nodelay = 0;
		st->tos = 0;
		st->keepalive = 0;
		st->keepalive_probes = 0;
		st->keepalive_time_ms = 0;
		st->keepalive_intvl_ms = 0;
		st->user_timeout_ms = 0;
		st->notsent_lowat = 0;
		st->mark = 0;
		st->thin_lto = 0;
		st->ttl = 0;
		st->linger2_ms = 0;
	}
	if (!st->probing) {
		st->backoff = 0;
		st->probes_out = 0;
		st->probes_age_ms = 0;
	}
	if (!st->num_sacks)
		memset(st->sacks, 0, sizeof(st->sacks));
	memcpy(name, st->cc_name, strnlen(st->cc_name, sizeof(name) - 1));
	memcpy(st->cc_name, name, sizeof(name));
}

static void check_same_queue(const struct sk_buff_head *qa,
			     const struct sk_buff_head *qb)
{
	const struct sk_buff *b = qb->next, *a;
	u8 bytes[2][MAX_SKB_FRAGS * PAGE_SIZE];

	SHIM_ASSERT(skb_queue_len(qa) == skb_queue_len(qb));
	skb_queue_walk(qa, a) {
		const struct tcp_skb_cb *ca = TCP_SKB_CB(a);
		const struct tcp_skb_cb *cb = TCP_SKB_CB(b);
		s64 later = b->skb_mstamp_ns - a->skb_mstamp_ns;

		SHIM_ASSERT(ca->seq == cb->seq && ca->end_seq == cb->end_seq);
		SHIM_ASSERT(ca->tcp_flags == cb->tcp_flags);
		SHIM_ASSERT(ca->sacked == cb->sacked && ca->eor == cb->eor);
		SHIM_ASSERT(a->len == b->len);
		skb_copy_bits(a, 0, bytes[0], a->len);
		skb_copy_bits(b, 0, bytes[1], b->len);
		SHIM_ASSERT(!memcmp(bytes[0], bytes[1], a->len));
		/* ages are told in microseconds, and have a most */
		SHIM_ASSERT((later >= 0 && later < NSEC_PER_USEC) ||
			    a->skb_mstamp_ns + (u64)U32_MAX * NSEC_PER_USEC <
			    shim.now + NSEC_PER_USEC);
		b = b->next;
	}
}

static void check_same(const struct tcp_handoff_image *a,
		       const struct tcp_handoff_image *b)
{
	struct tcp_handoff_state sa, sb;

	/* with the padding, which image_init() has zeroed */
	memcpy(&sa, &a->st, sizeof(sa));
	memcpy(&sb, &b->st, sizeof(sb));
	forget_untold(&sa);
	forget_untold(&sb);
	SHIM_ASSERT(!memcmp(&sa, &sb, sizeof(sa)));
	check_same_queue(&a->rx, &b->rx);
	check_same_queue(&a->ofo, &b->ofo);
	check_same_queue(&a->rtx, &b->rtx);
	check_same_queue(&a->tx, &b->tx);
}

/* The image of an accepted message: pack it, with or without luck. */
static void try_again(struct tcp_handoff_image *img)
{
	unsigned int live = shim.live;
	struct tcp_handoff_image twin;
	void *out;
	size_t size;

	shim.fail_at = shim.allocs + 1;
	SHIM_ASSERT(tcp_handoff_pack(img, &out, &size) == -ENOMEM);
	SHIM_ASSERT(!out && shim.live == live);

	shim.fail_at = 0;
	SHIM_ASSERT(!tcp_handoff_pack(img, &out, &size));
	SHIM_ASSERT(!parse(out, size, &twin, NULL));
	check_same(img, &twin);
	release(&twin);
	kvfree(out);
	SHIM_ASSERT(shim.live == live);
}

static void try_parse(const struct tcp_handoff_hdr *hdr, const u8 *body,
		      size_t len)
{
	enum tcp_handoff_reason reason, first;
	struct tcp_handoff_net hnet;
	struct tcp_handoff_image img;
	u32 limit = be32_to_cpu(hdr->code);

	shim.fail_at = be16_to_cpu(hdr->reserved);
	if (limit)
		shim.limit = limit;
	first = parse(body, len, &img, &hnet);
	if (first) {
		check_refusal(&img, first);
	} else {
		check_image(&img, body, len);
		release(&img);
	}

	/* once more, in a world that has memory */
	shim_reset();
	shim.now = be32_to_cpu(hdr->epoch) == 1 ? CLOCK : be64_to_cpu(hdr->seq);
	reason = parse(body, len, &img, &hnet);
	if (first == TCP_HANDOFF_REASON_MEMORY)
		SHIM_ASSERT(!reason);
	else if (first != TCP_HANDOFF_REASON_BYTES)
		SHIM_ASSERT(reason == first);
	if (reason) {
		check_refusal(&img, reason);
		return;
	}
	check_image(&img, body, len);
	try_again(&img);
	release(&img);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct tcp_handoff_hdr hdr;

	if (size < sizeof(hdr) || size - sizeof(hdr) > BODY_MOST)
		return 0;
	memcpy(&hdr, data, sizeof(hdr));
	data += sizeof(hdr);
	size -= sizeof(hdr);

	shim_reset();
	shim.now = CLOCK;
	try_hdr(&hdr);
	try_finds(data, size);
	try_parse(&hdr, data, size);
	shim_reset();
	return 0;
}
