// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff tests: messages that are no longer what they were.
 *
 * What is done to them is chosen at random, from a seed, so that a test that
 * fails does so again.  Most changes keep the TLVs apart: what comes behind
 * the first pass of the parser would hardly be reached without.
 */
#include <linux/unaligned.h>

#include "../handoff.h"
#include "mutant.h"

static size_t tlv_size(const u8 *tlv)
{
	return sizeof(struct tcp_handoff_tlv) +
	       ALIGN((u64)get_unaligned_be32(tlv + 4), 4);
}

static u32 mutant_below(struct mutant *m, u32 n)
{
	return prandom_u32_state(&m->rnd) % n;
}

/* Any of the TLVs, as far as it still is a sequence of them. */
static u8 *mutant_tlv(struct mutant *m)
{
	u32 which = mutant_below(m, 20);
	u8 *p = m->msg, *end = m->msg + m->len;

	while (end - p >= 8) {
		if (tlv_size(p) > end - p)
			return NULL;
		if (!which--)
			return p;
		p += tlv_size(p);
	}
	return NULL;
}

/* Most of a message is payload, which may be anything: look elsewhere. */
static u8 *mutant_byte(struct mutant *m, u32 size)
{
	u8 *tlv = mutant_tlv(m);
	u32 len;

	if (!tlv)
		return NULL;
	len = min_t(u32, tlv_size(tlv), 100);
	return len < size ? NULL : tlv + mutant_below(m, len - size + 1);
}

static void mutate_bit(struct mutant *m)
{
	u8 *p = mutant_byte(m, 1);

	if (p)
		*p ^= BIT(mutant_below(m, 8));
}

/* A number becomes one that a check is about, or nearly another one. */
static void mutate_number(struct mutant *m)
{
	static const u32 known[] = {
		0, 1, 87, 256, 0xffff, BIT(30), BIT(31) - 1, BIT(31),
		0xfffffffc, U32_MAX,
	};
	u8 *p = mutant_byte(m, 4), *q = mutant_byte(m, 4);
	u32 v = known[mutant_below(m, ARRAY_SIZE(known))];

	if (!p || !q)
		return;
	if (mutant_below(m, 2))
		v = get_unaligned_be32(q);
	put_unaligned_be32(v + mutant_below(m, 3) - 1, p);
}

static void mutate_length(struct mutant *m)
{
	static const u32 known[] = { 0, 3, 4, 16, U32_MAX, U32_MAX - 3 };
	u8 *p = mutant_tlv(m);

	if (!p)
		return;
	if (mutant_below(m, 2))
		put_unaligned_be32(get_unaligned_be32(p + 4) +
				   mutant_below(m, 9) - 4, p + 4);
	else
		put_unaligned_be32(known[mutant_below(m, ARRAY_SIZE(known))],
				   p + 4);
}

static void mutate_type(struct mutant *m)
{
	u8 *p = mutant_tlv(m);

	if (p)
		put_unaligned_be16(mutant_below(m, 25) |
				   (mutant_below(m, 2) ? 0x8000 : 0), p);
}

static void mutate_delete(struct mutant *m)
{
	u8 *p = mutant_tlv(m);
	size_t size;

	if (!p)
		return;
	size = tlv_size(p);
	m->len -= size;
	memmove(p, p + size, m->msg + m->len - p);
}

/* To the end; with mutate_delete() of the first one it has moved. */
static void mutate_duplicate(struct mutant *m)
{
	u8 *p = mutant_tlv(m);

	if (!p || tlv_size(p) > m->room - m->len)
		return;
	memcpy(m->msg + m->len, p, tlv_size(p));
	m->len += tlv_size(p);
}

static void mutate_order(struct mutant *m)
{
	u8 *p = mutant_tlv(m);
	size_t size;

	if (!p || tlv_size(p) > m->room - m->len)
		return;
	size = tlv_size(p);
	memcpy(m->msg + m->len, p, size);
	memmove(p, p + size, m->msg + m->len - p);
}

static void mutate_end(struct mutant *m)
{
	m->len = mutant_below(m, m->len + 1);
}

/* What leaves a message some chance comes more often. */
static void (*const mutate_ops[])(struct mutant *m) = {
	mutate_bit, mutate_bit, mutate_bit, mutate_bit, mutate_number,
	mutate_number, mutate_number, mutate_order, mutate_order,
	mutate_length, mutate_type, mutate_delete, mutate_duplicate,
	mutate_end,
};

/**
 * mutant_init() - begin
 * @test: who cleans up
 * @m:	  to be filled in
 * @from: body of a message, which is to stay
 * @len:  bytes of it
 * @seed: same seed, same mutants
 */
void mutant_init(struct kunit *test, struct mutant *m, const u8 *from,
		 size_t len, u64 seed)
{
	memset(m, 0, sizeof(*m));
	m->from = from;
	m->from_len = len;
	m->room = 2 * len;
	m->msg = kunit_kmalloc(test, m->room, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m->msg);
	prandom_seed_state(&m->rnd, seed);
}

/**
 * mutant_next() - another mutant
 * @m:	     made with mutant_init()
 * @changes: how many, at most: some do nothing
 */
void mutant_next(struct mutant *m, int changes)
{
	memcpy(m->msg, m->from, m->from_len);
	m->len = m->from_len;
	while (changes-- > 0)
		mutate_ops[mutant_below(m, ARRAY_SIZE(mutate_ops))](m);
}

/* A byte of the value of any TLV but one. */
static void mutate_value(struct mutant *m, u16 but)
{
	u8 *p;

	do {
		p = mutant_tlv(m);
	} while (!p || tlv_size(p) == 8 || get_unaligned_be16(p) == but);
	p += 8 + mutant_below(m, min_t(u32, tlv_size(p) - 8, 100));
	*p = prandom_u32_state(&m->rnd);
}

/**
 * mutant_next_values() - another mutant, of which only values differ
 * @m:	     made with mutant_init()
 * @changes: how many bytes
 * @but:     type of the TLV that stays as it is
 */
void mutant_next_values(struct mutant *m, int changes, u16 but)
{
	memcpy(m->msg, m->from, m->from_len);
	m->len = m->from_len;
	while (changes-- > 0)
		mutate_value(m, but);
}
