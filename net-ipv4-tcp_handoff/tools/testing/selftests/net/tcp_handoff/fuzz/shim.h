/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What net/ipv4/tcp_handoff/wire.c and handoff.h use of the kernel, for a
 * program.  The Makefile makes every header that they include, but their own,
 * an inclusion of this one.
 *
 * Types that wire.c only names have no content.  What it calls does what the
 * kernel does, and looks more closely: see shim.c.
 */
#ifndef _TCP_HANDOFF_FUZZ_SHIM_H
#define _TCP_HANDOFF_FUZZ_SHIM_H

#include <endian.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;

#define __packed		__attribute__((packed))
#define __percpu
#define __rcu
#define __counted_by(member)
#define __init

#define GFP_KERNEL		0
#define __GFP_NOWARN		0
#define HZ			100
#define ENOMEM			12
#define EMSGSIZE		90

#define U8_MAX			((u8)~0)
#define U32_MAX			((u32)~0)
#define S64_MAX			((s64)(~0ULL >> 1))
#define BIT(n)			(1UL << (n))
#define IS_ENABLED(option)	0
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define sizeof_field(t, f)	sizeof(((t *)0)->f)
#define ALIGN(x, a)		(((x) + (typeof(x))(a) - 1) & ~((typeof(x))(a) - 1))
#define min(a, b) ({						\
	typeof(a) min_a = (a);					\
	typeof(b) min_b = (b);					\
	min_a < min_b ? min_a : min_b; })
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define NSEC_PER_USEC		1000L

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

#define cpu_to_be16		htobe16
#define cpu_to_be32		htobe32
#define cpu_to_be64		htobe64
#define be16_to_cpu		be16toh
#define be32_to_cpu		be32toh
#define be64_to_cpu		be64toh

#define SHIM_UNALIGNED(bits)						\
static inline u##bits get_unaligned_be##bits(const void *p)		\
{									\
	u##bits v;							\
									\
	memcpy(&v, p, sizeof(v));					\
	return be##bits##toh(v);					\
}									\
									\
static inline void put_unaligned_be##bits(u##bits v, void *p)		\
{									\
	v = htobe##bits(v);						\
	memcpy(p, &v, sizeof(v));					\
}

SHIM_UNALIGNED(16)
SHIM_UNALIGNED(32)
SHIM_UNALIGNED(64)

/* handoff.h: fields and parameters of these types, nothing more */
typedef struct { int dummy; } spinlock_t, siphash_key_t, refcount_t;
typedef struct { long counter; } atomic_t, atomic64_t, atomic_long_t;
struct list_head { struct list_head *next, *prev; };
struct hlist_node { void *dummy; };
struct hlist_head { void *dummy; };
struct timer_list { int dummy; };
struct work_struct { int dummy; };
struct delayed_work { int dummy; };
struct rcu_work { int dummy; };
typedef struct { int dummy; } wait_queue_head_t;
struct rcu_head { int dummy; };
struct mutex { int dummy; };
struct dst_cache { int dummy; };
struct inet_timewait_death_row { int dummy; };
struct inet_timewait_sock;
struct mem_cgroup;
struct rtable;
struct netlink_ext_ack;
struct net;
struct sock;
struct socket;
struct workqueue_struct;

static inline void refcount_inc(refcount_t *ref)
{
}

/* TCP */
enum { TCP_ESTABLISHED = 1, TCP_CLOSE_WAIT = 8 };

#define TCPHDR_FIN		0x01
#define TCPHDR_SYN		0x02
#define TCPHDR_RST		0x04
#define TCPHDR_PSH		0x08
#define TCPHDR_ACK		0x10
#define TCPCB_SACKED_ACKED	0x01
#define TCPCB_EVER_RETRANS	0x80
#define TCP_CA_NAME_MAX		16
#define TCP_AO_MAXKEYLEN	80
#define TCP_MIN_MSS		88U
#define TCP_MAX_WSCALE		14U
#define TCP_SACK_SEEN		BIT(0)
#define TCP_DSACK_SEEN		BIT(2)
#define TCP_ECN_OK		1
#define TCP_ECN_QUEUE_CWR	2
#define TCP_ECN_DEMAND_CWR	4
#define TCP_ECN_SEEN		8
#define TCP_URG_VALID		0x0100
#define TCP_URG_READ		0x0400

struct tcp_sack_block {
	u32 start_seq;
	u32 end_seq;
};

static inline bool before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

#define after(a, b)		before(b, a)

static inline bool ipv4_is_multicast(__be32 a)
{
	return (be32toh(a) & 0xf0000000) == 0xe0000000;
}

static inline bool ipv4_is_lbcast(__be32 a)
{
	return a == 0xffffffff;
}

static inline bool ipv4_is_zeronet(__be32 a)
{
	return !(be32toh(a) & 0xff000000);
}

/*
 * Packets.  A page is small here, so that a message of some hundred bytes
 * already needs several of them, and several skbs.
 */
#define PAGE_SIZE		64UL
#define MAX_SKB_FRAGS		17
#define MAX_TCP_HEADER		320
#define CHECKSUM_UNNECESSARY	1
#define CHECKSUM_PARTIAL	3
/* of an x86-64 kernel */
#define SKB_TRUESIZE(x)		((x) + 256 + 320)
/* in proportion to a page that is so small */
#define SKB_WITH_OVERHEAD(x)	((x) / 2)

struct page {
	u8 *data;
};

struct sk_buff {
	struct sk_buff *next, *prev;
	u64 skb_mstamp_ns;
	char cb[48] __attribute__((aligned(8)));
	unsigned int len, data_len, truesize, headroom, room;
	u8 *linear;			/* of @room bytes */
	u8 ip_summed;
	bool fclone, nohdr;
	int nr_frags;
	struct {
		struct page *page;
		unsigned int size;
	} frags[MAX_SKB_FRAGS];
};

struct sk_buff_head {
	struct sk_buff *next, *prev;
	u32 qlen;
};

struct tcp_skb_cb {
	u32 seq, end_seq, ack_seq;
	u8 tcp_flags, sacked, eor:1;
};

#define TCP_SKB_CB(skb)		((struct tcp_skb_cb *)&(skb)->cb[0])
#define skb_queue_walk(q, skb)						\
	for (skb = (q)->next; skb != (const struct sk_buff *)(q);	\
	     skb = skb->next)

#define skb_queue_reverse_walk(q, skb)					\
	for (skb = (q)->prev; skb != (const struct sk_buff *)(q);	\
	     skb = skb->prev)

static inline u32 skb_queue_len(const struct sk_buff_head *q)
{
	return q->qlen;
}

void __skb_queue_head_init(struct sk_buff_head *q);
void __skb_queue_after(struct sk_buff_head *q, struct sk_buff *prev,
		       struct sk_buff *skb);
void __skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb);
void __skb_queue_purge(struct sk_buff_head *q);
struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp);
struct sk_buff *alloc_skb_fclone(unsigned int size, gfp_t gfp);
void kfree_skb(struct sk_buff *skb);
void skb_reserve(struct sk_buff *skb, int len);
void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len);
void __skb_header_release(struct sk_buff *skb);
void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, int off,
		     int size, unsigned int truesize);
int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);
struct page *alloc_page(gfp_t gfp);
void *page_address(const struct page *page);
void *kvmalloc(size_t size, gfp_t gfp);
void kvfree(const void *p);
u64 ktime_get_ns(void);

/*
 * What the shims have seen, and what they shall do.
 *
 * While @parsing, memory may only be taken after it was charged, and never
 * more than was; while @charging is false that is asked of nobody.
 */
struct shim {
	u64 now;		/* ktime_get_ns() */
	unsigned int fail_at;	/* this allocation fails, from 1; 0: none */
	size_t limit;		/* most that may be charged */

	unsigned int allocs;	/* allocations since shim_reset() */
	unsigned int live;	/* objects not freed */
	size_t bytes;		/* truesize of packets not freed */
	size_t charged;
	unsigned int charges;
	bool parsing;
	bool charging;
	bool failed;		/* an allocation was made to fail */
};

extern struct shim shim;

void shim_reset(void);

/* A finding: says where and why, and ends in the fuzzer's report. */
#define SHIM_ASSERT(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__,	\
			__LINE__, __func__, #cond);			\
		abort();						\
	}								\
} while (0)

#define WARN_ON_ONCE(cond)	SHIM_ASSERT(!(cond))

#endif /* _TCP_HANDOFF_FUZZ_SHIM_H */
