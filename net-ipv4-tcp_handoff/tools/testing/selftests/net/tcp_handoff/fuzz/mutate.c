// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutations that know what a message is made of.
 *
 * Flipped bytes alone rarely get past the first pass: a TLV that grows makes
 * nonsense of all behind it, and the queues must fit the sequence numbers.  So
 * a message is taken apart into TLVs, changed, and put together again, with
 * lengths that fit or are wrong on purpose.  Some mutations change a queue and
 * the numbers that belong to it together.
 */
#include "handoff.h"
#include "fuzz.h"

#define HDR	sizeof(struct tcp_handoff_hdr)
#define MOST	96		/* TLVs */
#define ROOM	12288		/* bytes of a message, at most */

struct piece {
	u16 type;
	u32 claimed;		/* what its length field says */
	u32 len;		/* what it has */
	const u8 *value;
};

struct message {
	u8 hdr[HDR];
	struct piece tlv[MOST];
	u32 nr;
	const u8 *rest;		/* no TLV */
	u32 rest_len;
};

/* Values that are changed live here, until the message is written. */
static u8 arena[16 * ROOM];
static size_t arena_used;
static u64 state;

static u32 random_u32(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

static u32 below(u32 n)
{
	return n ? random_u32() % n : 0;
}

static u8 *arena_get(size_t len)
{
	u8 *p;

	if (len > sizeof(arena) - arena_used)
		return NULL;
	p = arena + arena_used;
	arena_used += len;
	return p;
}

/* Make a value one that can be written to, of @len bytes, filled up with 0. */
static u8 *own(struct piece *t, u32 len)
{
	u8 *p = arena_get(len);

	if (!p)
		return NULL;
	memset(p, 0, len);
	if (t->len)
		memcpy(p, t->value, min(t->len, len));
	if (t->claimed == t->len)
		t->claimed = len;
	t->value = p;
	t->len = len;
	return p;
}

static void take_apart(struct message *m, const u8 *data, size_t size)
{
	memcpy(m->hdr, data, HDR);
	data += HDR;
	size -= HDR;
	m->nr = 0;
	while (size >= 8 && m->nr < MOST) {
		struct piece *t = &m->tlv[m->nr];
		u64 room;

		t->type = get_unaligned_be16(data);
		t->claimed = get_unaligned_be32(data + 4);
		room = ((u64)t->claimed + 3) / 4 * 4;
		if (room > size - 8)
			break;
		t->len = t->claimed;
		t->value = data + 8;
		data += 8 + room;
		size -= 8 + room;
		m->nr++;
	}
	m->rest = data;
	m->rest_len = size;
}

static size_t put_together(const struct message *m, u8 *out, size_t most)
{
	size_t at = HDR;
	u32 i;

	memcpy(out, m->hdr, HDR);
	for (i = 0; i < m->nr; i++) {
		const struct piece *t = &m->tlv[i];
		u32 room = (t->len + 3) / 4 * 4;

		if (at + 8 + room > most)
			return at;
		put_unaligned_be16(t->type, out + at);
		put_unaligned_be16(0, out + at + 2);
		put_unaligned_be32(t->claimed, out + at + 4);
		memset(out + at + 8, 0, room);
		if (t->len)
			memcpy(out + at + 8, t->value, t->len);
		at += 8 + room;
	}
	if (m->rest_len && at + m->rest_len <= most) {
		memcpy(out + at, m->rest, m->rest_len);
		at += m->rest_len;
	}
	return at;
}

static struct piece *find(struct message *m, u16 type)
{
	u32 i;

	for (i = 0; i < m->nr; i++)
		if (m->tlv[i].type == type)
			return &m->tlv[i];
	return NULL;
}

static struct piece *find_or_add(struct message *m, u16 type)
{
	struct piece *t = find(m, type);

	if (t || m->nr == MOST)
		return t;
	t = &m->tlv[m->nr++];
	memset(t, 0, sizeof(*t));
	t->type = type;
	return t;
}

static struct piece *any(struct message *m)
{
	return m->nr ? &m->tlv[below(m->nr)] : NULL;
}

/* A number that some check is about, or one that is somewhere in @m. */
static u32 interesting(struct message *m)
{
	static const u32 known[] = {
		0, 1, 2, 4, 8, 15, 16, 17, 87, 88, 255, 256, 0x8000, 0xffff,
		1 << 30, (1 << 30) - 1, 0x7fffffff, 0x80000000, 0xfffffffc,
		0xfffffffd, 0xffffffff, 65535U << 14,
	};
	const struct piece *t = any(m);
	u32 v = known[below(ARRAY_SIZE(known))];

	if (t && t->len >= 4 && below(2))
		v = get_unaligned_be32(t->value + below(t->len - 3));
	if (below(2))
		v += below(3) - 1;
	return v;
}

static void change_bytes(struct message *m)
{
	struct piece *t = any(m);
	u32 len;
	u8 *p;

	if (!t)
		return;
	len = t->len;
	p = own(t, len + 64);
	if (!p)
		return;
	t->len = LLVMFuzzerMutate(p, len, len + 64);
	t->claimed = t->len;
}

static void change_number(struct message *m)
{
	struct piece *t = any(m);
	u32 v = interesting(m), at;
	u8 *p;

	if (!t || !t->len)
		return;
	p = own(t, t->len);
	if (!p)
		return;
	at = below(t->len);
	if (t->len - at >= 4 && below(2))
		put_unaligned_be32(v, p + at / 4 * 4);
	else if (t->len - at >= 2 && below(2))
		put_unaligned_be16(v, p + at / 2 * 2);
	else
		p[at] = below(2) ? v : p[at] ^ 1 << below(8);
}

static void change_length(struct message *m)
{
	struct piece *t = any(m);

	if (!t)
		return;
	if (below(2))
		t->claimed += below(9) - 4;
	else if (below(2))
		t->claimed = interesting(m);
	else	/* an honest one */
		own(t, below(2) ? t->len / 16 * 16 : below(t->len + 20));
}

static void change_type(struct message *m)
{
	struct piece *t = any(m);

	if (!t)
		return;
	if (below(2))
		t->type ^= 0x8000;
	else
		t->type = below(25) | (below(2) ? 0x8000 : 0);
}

static void swap(struct message *m)
{
	struct piece *a = any(m), *b = any(m), tmp;

	if (!a)
		return;
	tmp = *a;
	*a = *b;
	*b = tmp;
}

static void duplicate(struct message *m)
{
	const struct piece *t = any(m);

	if (t && m->nr < MOST)
		m->tlv[m->nr++] = *t;
}

static void delete(struct message *m)
{
	struct piece *t = any(m);

	if (t)
		*t = m->tlv[--m->nr];
}

static void add(struct message *m)
{
	find_or_add(m, below(25) | (below(4) ? 0x8000 : 0));
}

/* Fields of SEQ, by their place. */
enum {
	RCV_NXT, COPIED_SEQ, RCV_WUP, SND_UNA, SND_NXT, WRITE_SEQ, SND_WL1,
	SND_SML, PUSHED_SEQ, SND_UP,
};

static u8 *own_seq(struct message *m)
{
	struct piece *t = find(m, TCP_HANDOFF_TLV_SEQ);

	return t && t->len >= 40 ? own(t, t->len) : NULL;
}

static u32 get(const u8 *seq, int field)
{
	return get_unaligned_be32(seq + 4 * field);
}

static void put(u8 *seq, int field, u32 v)
{
	put_unaligned_be32(v, seq + 4 * field);
}

/* Another amount of unread data. */
static void change_unread(struct message *m)
{
	struct piece *rx = find_or_add(m, TCP_HANDOFF_TLV_RXDATA);
	struct piece *conn = find(m, TCP_HANDOFF_TLV_CONN);
	u32 len = below(4) ? below(400) : below(3000), fin = 0;
	u8 *seq = own_seq(m);

	if (!rx || !seq || !own(rx, len))
		return;
	rx->claimed = len;
	if (conn && conn->len >= 16) {
		u8 *p = own(conn, conn->len);

		if (p && !below(4)) {
			p[12] = below(2) ? 8 : 1;
			p[13] = p[12] == 8 && !len && below(2);
		}
		if (p)
			fin = p[12] == 8 && !p[13];
	}
	put(seq, COPIED_SEQ, get(seq, RCV_NXT) - len - fin);
	if (below(2))
		put(seq, RCV_WUP, get(seq, RCV_NXT) - below(len + 1));
}

/* One segment more out of order, behind the last or somewhere. */
static void add_ofo(struct message *m)
{
	struct piece *segs = find_or_add(m, TCP_HANDOFF_TLV_OFOSEG);
	struct piece *data = find_or_add(m, TCP_HANDOFF_TLV_OFODATA);
	struct piece *sack = find(m, TCP_HANDOFF_TLV_SACK);
	u8 *seq = own_seq(m), *p;
	u32 len = below(4) ? below(200) : below(2500);
	u32 last, at, fin = !below(8);

	if (!segs || !data || !seq || segs->len % 16)
		return;
	last = get(seq, RCV_NXT) + 1;
	if (segs->len)
		last = get_unaligned_be32(segs->value + segs->len - 16);
	at = last + below(below(2) ? 4 : 1000);
	p = own(segs, segs->len + 16);
	if (!p || !own(data, data->len + len))
		return;
	p += segs->len - 16;
	put_unaligned_be32(at, p);
	put_unaligned_be32(len, p + 4);
	put_unaligned_be32(0xffffffff, p + 8);
	p[12] = TCPHDR_ACK | (fin ? TCPHDR_FIN : 0);
	/* told by SACK */
	if (sack && sack->len >= 36 && below(2)) {
		p = own(sack, sack->len);
		if (!p)
			return;
		put_unaligned_be32(1 + below(4), p);
		put_unaligned_be32(at, p + 4 + 8 * below(4));
		put_unaligned_be32(at + len + fin, p + 8 + 8 * below(4));
	}
}

/* Data appended to the send queue, sent or not. */
static void add_tx(struct message *m)
{
	struct piece *segs = find_or_add(m, TCP_HANDOFF_TLV_TXSEG);
	struct piece *data = find_or_add(m, TCP_HANDOFF_TLV_TXDATA);
	u32 len = 1 + (below(4) ? below(200) : below(2500)), end;
	u8 *seq = own_seq(m), *p;

	if (!segs || !data || !seq || segs->len % 16)
		return;
	p = own(segs, segs->len + 16);
	if (!p || !own(data, data->len + len))
		return;
	p += segs->len - 16;
	end = get(seq, WRITE_SEQ);
	put_unaligned_be32(end, p);
	put_unaligned_be32(len, p + 4);
	p[12] = TCPHDR_ACK | (below(2) ? TCPHDR_PSH : 0);
	p[14] = below(2);
	put(seq, WRITE_SEQ, end + len);
	if (end == get(seq, SND_NXT) && below(2)) {
		put_unaligned_be32(below(2) ? random_u32() : below(1000),
				   p + 8);
		p[13] = below(2) * 0x80 + below(2);
		put(seq, SND_NXT, end + len);
	} else {
		put_unaligned_be32(0xffffffff, p + 8);
	}
	if (below(2))
		put(seq, SND_UP, get(seq, SND_UNA) +
		    below(get(seq, WRITE_SEQ) - get(seq, SND_UNA) + 1));
}

/* A segment of the send queue as two. */
static void split_tx(struct message *m)
{
	struct piece *segs = find(m, TCP_HANDOFF_TLV_TXSEG);
	u32 nr, at, len, part;
	u8 *p;

	if (!segs || segs->len < 16 || segs->len % 16)
		return;
	nr = segs->len / 16;
	at = below(nr);
	p = own(segs, segs->len + 16);
	if (!p)
		return;
	p += 16 * at;
	memmove(p + 16, p, 16 * (nr - at));
	len = get_unaligned_be32(p + 4);
	part = below(len + 1);
	put_unaligned_be32(part, p + 4);
	put_unaligned_be32(get_unaligned_be32(p) + part, p + 16);
	put_unaligned_be32(len - part, p + 20);
}

static void shift_segs(struct piece *segs, u32 by)
{
	u8 *p;
	u32 i;

	if (!segs || segs->len % 16)
		return;
	p = own(segs, segs->len);
	for (i = 0; p && i < segs->len; i += 16)
		put_unaligned_be32(get_unaligned_be32(p + i) + by, p + i);
}

/* The same connection, elsewhere in sequence space. */
static void shift(struct message *m)
{
	struct piece *sack = find(m, TCP_HANDOFF_TLV_SACK);
	bool rcv = below(2);
	u8 *seq = own_seq(m), *p;
	u32 by, i;

	if (!seq)
		return;
	/* so that something wraps */
	by = below(2) ? random_u32() : -get(seq, below(10)) + below(3000);
	for (i = RCV_NXT; i <= SND_UP; i++)
		if ((i <= RCV_WUP || i == SND_WL1) == rcv)
			put(seq, i, get(seq, i) + by);
	if (!rcv) {
		shift_segs(find(m, TCP_HANDOFF_TLV_TXSEG), by);
		return;
	}
	shift_segs(find(m, TCP_HANDOFF_TLV_OFOSEG), by);
	p = sack && sack->len >= 36 ? own(sack, sack->len) : NULL;
	for (i = 4; p && i < 36; i += 4)
		put_unaligned_be32(get_unaligned_be32(p + i) + by, p + i);
}

/* The header: what steers the harness, or anything. */
static void change_header(struct message *m)
{
	u32 at;

	switch (below(8)) {
	case 0:
		put_unaligned_be16(below(40), m->hdr + 10);
		break;
	case 1:
		put_unaligned_be32(below(2) ? 0 : below(60000), m->hdr + 36);
		break;
	case 2:
		put_unaligned_be32(below(3), m->hdr + 32);
		put_unaligned_be64(random_u32() * (u64)below(10000),
				   m->hdr + 24);
		break;
	case 3:
		m->hdr[9] = below(30);
		break;
	case 4:
		m->hdr[8] = below(4);
		break;
	case 5:	/* of no flow */
		memset(m->hdr + 4, 0, 4);
		memset(m->hdr + 16, 0, 20);
		break;
	default:
		at = below(HDR);
		m->hdr[at] ^= 1 << below(8);
	}
}

static void truncate(struct message *m)
{
	m->nr = below(m->nr + 1);
	m->rest_len = below(m->rest_len + 1);
}

static void (*const mutations[])(struct message *m) = {
	change_bytes, change_bytes, change_number, change_number,
	change_number, change_number, change_length, change_type, swap,
	duplicate, delete, add, change_unread, change_unread, add_ofo, add_ofo,
	add_tx, add_tx, split_tx, shift, change_header, change_header, truncate,
};

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t most,
			       unsigned int seed)
{
	static u8 out[ROOM];
	struct message m;
	u32 n;

	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	if (most > ROOM)
		most = ROOM;
	if (size > most || size < HDR || !below(12))
		return LLVMFuzzerMutate(data, size, most);
	arena_used = 0;
	take_apart(&m, data, size);
	for (n = 1 + below(4); n; n--)
		mutations[below(ARRAY_SIZE(mutations))](&m);
	size = put_together(&m, out, most);
	if (below(8))
		put_unaligned_be32(size, out + 12);
	memcpy(data, out, size);
	return size;
}
