// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel around wire.c: packets, memory and a clock.
 *
 * Each page and each skb is an allocation of its own, so that the address
 * sanitizer sees its ends.  Every allocation is counted and may be told to
 * fail; what is allocated while parsing has to have been charged before.
 */
#include "handoff.h"

struct shim shim;

void shim_reset(void)
{
	SHIM_ASSERT(!shim.live && !shim.bytes && !shim.charged);
	memset(&shim, 0, sizeof(shim));
	shim.limit = TCP_HANDOFF_MAX_BYTES;
}

static void *shim_alloc(size_t size)
{
	void *p;

	SHIM_ASSERT(!shim.parsing || !shim.charging || shim.charges == 1);
	if (++shim.allocs == shim.fail_at) {
		shim.failed = true;
		return NULL;
	}
	p = malloc(size);
	if (!p)
		abort();
	/* nothing may rely on what was in it */
	memset(p, 0xa5, size);
	shim.live++;
	return p;
}

static void shim_free(void *p)
{
	SHIM_ASSERT(shim.live);
	shim.live--;
	free(p);
}

static void shim_truesize(size_t more)
{
	shim.bytes += more;
	SHIM_ASSERT(!shim.parsing || !shim.charging ||
		    shim.bytes <= shim.charged);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	SHIM_ASSERT(!shim.parsing);
	return shim_alloc(size);
}

void kvfree(const void *p)
{
	if (p)
		shim_free((void *)p);
}

u64 ktime_get_ns(void)
{
	return shim.now;
}

struct page *alloc_page(gfp_t gfp)
{
	struct page *page = shim_alloc(sizeof(*page));

	if (!page)
		return NULL;
	page->data = malloc(PAGE_SIZE);
	if (!page->data)
		abort();
	memset(page->data, 0xa5, PAGE_SIZE);
	return page;
}

void *page_address(const struct page *page)
{
	return page->data;
}

static void free_page(struct page *page)
{
	free(page->data);
	shim_free(page);
}

/* As in the kernel, a small head is not smaller than MAX_TCP_HEADER. */
static struct sk_buff *skb_new(unsigned int size, bool fclone)
{
	struct sk_buff *skb = shim_alloc(sizeof(*skb));

	if (!skb)
		return NULL;
	memset(skb, 0, offsetof(struct sk_buff, frags));
	/* not zeroed in the kernel either */
	memset(skb->cb, 0xa5, sizeof(skb->cb));
	skb->fclone = fclone;
	skb->room = size;
	skb->linear = malloc(size ?: 1);
	if (!skb->linear)
		abort();
	if (size < MAX_TCP_HEADER)
		size = MAX_TCP_HEADER;
	skb->truesize = SKB_TRUESIZE(size);
	shim_truesize(skb->truesize);
	return skb;
}

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp)
{
	return skb_new(size, false);
}

struct sk_buff *alloc_skb_fclone(unsigned int size, gfp_t gfp)
{
	return skb_new(size, true);
}

void kfree_skb(struct sk_buff *skb)
{
	int i;

	if (!skb)
		return;
	SHIM_ASSERT(!skb->next);
	for (i = 0; i < skb->nr_frags; i++)
		free_page(skb->frags[i].page);
	SHIM_ASSERT(shim.bytes >= skb->truesize);
	shim.bytes -= skb->truesize;
	free(skb->linear);
	shim_free(skb);
}

void skb_reserve(struct sk_buff *skb, int len)
{
	SHIM_ASSERT(!skb->len && len >= 0 && skb->headroom + len <= skb->room);
	skb->headroom += len;
}

void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len)
{
	unsigned int tail = skb->headroom + skb->len;

	SHIM_ASSERT(!skb->nr_frags && len <= skb->room - tail);
	if (len)
		memcpy(skb->linear + tail, data, len);
	skb->len += len;
	return skb->linear + tail;
}

void __skb_header_release(struct sk_buff *skb)
{
	skb->nohdr = true;
}

void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, int off,
		     int size, unsigned int truesize)
{
	SHIM_ASSERT(i == skb->nr_frags && i < MAX_SKB_FRAGS);
	SHIM_ASSERT(!off && size > 0 && size <= PAGE_SIZE &&
		    truesize == PAGE_SIZE);
	skb->frags[i].page = page;
	skb->frags[i].size = size;
	skb->nr_frags++;
	skb->len += size;
	skb->data_len += size;
	skb->truesize += truesize;
	shim_truesize(truesize);
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	int linear = skb->len - skb->data_len, part, i;

	SHIM_ASSERT(offset >= 0 && len >= 0 &&
		    (u64)offset + len <= skb->len);
	if (offset < linear) {
		part = min(linear - offset, len);
		memcpy(to, skb->linear + skb->headroom + offset, part);
		to = (u8 *)to + part;
		len -= part;
		offset = linear;
	}
	offset -= linear;
	for (i = 0; i < skb->nr_frags && len; i++) {
		int size = skb->frags[i].size;

		if (offset >= size) {
			offset -= size;
			continue;
		}
		part = min(size - offset, len);
		memcpy(to, skb->frags[i].page->data + offset, part);
		to = (u8 *)to + part;
		len -= part;
		offset = 0;
	}
	SHIM_ASSERT(!len);
	return 0;
}

void __skb_queue_head_init(struct sk_buff_head *q)
{
	q->next = (struct sk_buff *)q;
	q->prev = (struct sk_buff *)q;
	q->qlen = 0;
}

/* The head of a queue begins like an skb. */
void __skb_queue_after(struct sk_buff_head *q, struct sk_buff *prev,
		       struct sk_buff *skb)
{
	SHIM_ASSERT(!skb->next);
	skb->next = prev->next;
	skb->prev = prev;
	prev->next->prev = skb;
	prev->next = skb;
	q->qlen++;
}

void __skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb)
{
	__skb_queue_after(q, q->prev, skb);
}

void __skb_queue_purge(struct sk_buff_head *q)
{
	struct sk_buff *skb, *next;

	for (skb = q->next; skb != (struct sk_buff *)q; skb = next) {
		next = skb->next;
		skb->next = NULL;
		kfree_skb(skb);
	}
	__skb_queue_head_init(q);
}

/* main.c */
bool tcp_handoff_charge(struct tcp_handoff_net *hnet, size_t bytes)
{
	/* all of it at once, and first */
	SHIM_ASSERT(shim.parsing && shim.charging && !shim.charges &&
		    !shim.allocs);
	shim.charges++;
	if (bytes > shim.limit)
		return false;
	shim.charged += bytes;
	return true;
}

void tcp_handoff_uncharge(struct tcp_handoff_net *hnet, size_t bytes)
{
	SHIM_ASSERT(bytes <= shim.charged);
	shim.charged -= bytes;
}

/* state.c */
void tcp_handoff_image_init(struct tcp_handoff_image *img)
{
	memset(img, 0, sizeof(*img));
	__skb_queue_head_init(&img->rx);
	__skb_queue_head_init(&img->ofo);
	__skb_queue_head_init(&img->rtx);
	__skb_queue_head_init(&img->tx);
}

void tcp_handoff_image_purge(struct tcp_handoff_image *img)
{
	__skb_queue_purge(&img->rx);
	__skb_queue_purge(&img->ofo);
	__skb_queue_purge(&img->rtx);
	__skb_queue_purge(&img->tx);
}

/* The clock stands still between parsing and packing: nothing ages. */
void tcp_handoff_state_age(struct tcp_handoff_state *st, u64 now)
{
	SHIM_ASSERT(now == st->taken);
}
