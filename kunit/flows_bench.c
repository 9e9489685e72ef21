// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: what a flow costs when there are many: a benchmark in the shape
 * of a KUnit suite, see scripts/handoff bench flows.  No name of a test begins
 * as this one does, so that nothing runs it with the tests.
 *
 * The flows are real: in the table of a namespace, and, as a front end has
 * them, each with a minisock in the hash table of connections and in the list
 * of its port.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <net/inet_hashtables.h>

#include "world.h"

#define LOOKUPS		200000
#define CLIENTS		0x0b000000	/* 11.0.0.0 and up, one port of each */
#define CLIENT_PORT	1025

struct bench {
	struct tcp_handoff_net *hnet;
	struct tcp_handoff_flow **flows;
	struct socket *sock;		/* what a minisock is made of */
	struct rnd_state rnd;
	u32 nr, with_tw;
	u64 first_id_ns, first_packet_ns;
};

static unsigned long pages_used(void)
{
	return totalram_pages() - global_zone_page_state(NR_FREE_PAGES);
}

static void add_flow(struct kunit *test, struct bench *b)
{
	struct tcp_handoff_flow *flow = tcp_handoff_flow_alloc(b->hnet);

	KUNIT_ASSERT_NOT_NULL(test, flow);
	flow->id.boot_id = b->hnet->boot_id;
	flow->id.seq = b->nr;
	flow->state = TCP_HANDOFF_ST_FORWARD;
	KUNIT_ASSERT_EQ(test, TCP_HANDOFF_REASON_NONE,
			tcp_handoff_flow_insert(flow));
	b->flows[b->nr++] = flow;
}

/* As capture.c does it: the socket is in its slot, and then the minisock is. */
static void add_minisock(struct kunit *test, struct bench *b)
{
	struct tcp_handoff_flow *flow = b->flows[b->with_tw];
	struct inet_timewait_sock *tw;
	struct sock *sk = b->sock->sk;
	struct tcp_timewait_sock *tcptw;

	inet_sk(sk)->inet_daddr = htonl(CLIENTS + b->with_tw++);
	inet_sk(sk)->inet_dport = htons(CLIENT_PORT);
	KUNIT_ASSERT_TRUE(test, inet_ehash_nolisten(sk, NULL, NULL));
	tw = inet_twsk_alloc(sk, &b->hnet->death_row, TCP_TIME_WAIT);
	KUNIT_ASSERT_NOT_NULL(test, tw);
	tcptw = tcp_twsk((struct sock *)tw);
	tcptw->tw_md5_key = NULL;
	RCU_INIT_POINTER(tcptw->ao_info, NULL);
	flow->tw = tw;
	tcp_handoff_flow_hold(flow);
	RCU_INIT_POINTER(tcptw->tw_handoff, flow);
	inet_twsk_hashdance_schedule(tw, sk, b->hnet->death_row.hashinfo,
				     TCP_HANDOFF_TW_TIMEO);
}

/* Return: ns a lookup */
static u64 time_ids(struct kunit *test, struct bench *b)
{
	struct tcp_handoff_flow *flow;
	u64 from = ktime_get_ns();
	int i, found = 0;

	for (i = 0; i < LOOKUPS; i++) {
		flow = tcp_handoff_flow_find(b->hnet, b->hnet->boot_id,
					     prandom_u32_state(&b->rnd) %
					     b->nr);
		found += !!flow;
		tcp_handoff_flow_put(flow);
	}
	from = ktime_get_ns() - from;
	KUNIT_EXPECT_EQ(test, LOOKUPS, found);
	return div_u64(from, LOOKUPS);
}

/* As tcp_v4_rcv() does it for a client's packet, up to the state of its flow */
static u64 time_packets(struct kunit *test, struct bench *b)
{
	struct inet_hashinfo *hashinfo = b->hnet->death_row.hashinfo;
	struct tcp_handoff_flow *flow;
	__be32 vip = inet_sk(b->sock->sk)->inet_rcv_saddr;
	u64 from = ktime_get_ns();
	struct sock *sk;
	int i, found = 0;

	rcu_read_lock();
	for (i = 0; i < LOOKUPS; i++) {
		u32 nr = prandom_u32_state(&b->rnd) % b->with_tw;

		sk = __inet_lookup_established(b->hnet->net, hashinfo,
					       htonl(CLIENTS + nr),
					       htons(CLIENT_PORT), vip,
					       WORLD_PORT, 0, 0);
		if (!sk)
			continue;
		flow = rcu_dereference(tcp_twsk(sk)->tw_handoff);
		found += READ_ONCE(flow->state) == TCP_HANDOFF_ST_FORWARD;
		sock_gen_put(sk);
	}
	rcu_read_unlock();
	from = ktime_get_ns() - from;
	KUNIT_EXPECT_EQ(test, LOOKUPS, found);
	return div_u64(from, LOOKUPS);
}

static void print_memory(struct kunit *test, struct bench *b, u32 from,
			 const unsigned long pages[3])
{
	u32 n = b->nr - from;

	/* what is counted are pages, of which few hold many */
	if (n < 50000)
		return;
	kunit_info(test, "bench: %u flows: back end %lu bytes each, front end %lu\n",
		   b->nr, ((pages[1] - pages[0]) << PAGE_SHIFT) / n,
		   ((pages[2] - pages[0]) << PAGE_SHIFT) / n);
}

static void print_lookups(struct kunit *test, struct bench *b)
{
	u64 id, packet;

	/* the first round warms up */
	time_ids(test, b);
	id = time_ids(test, b);
	time_packets(test, b);
	packet = time_packets(test, b);
	if (!b->first_id_ns) {
		b->first_id_ns = max(id, 1ULL);
		b->first_packet_ns = max(packet, 1ULL);
	}
	kunit_info(test, "bench: %u flows: by id %llu ns (x%llu.%02llu), by packet %llu ns (x%llu.%02llu)\n",
		   b->nr, id, div64_u64(id, b->first_id_ns),
		   div64_u64(id * 100, b->first_id_ns) % 100,
		   packet, div64_u64(packet, b->first_packet_ns),
		   div64_u64(packet * 100, b->first_packet_ns) % 100);
}

/* @limit: of flows, when the namespace gets its table */
static struct bench *bench_new(struct kunit *test, u32 most, u32 limit)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(WORLD_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct net *net = world_net(test);

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->hnet = tcp_handoff_pernet(net);
	b->hnet->max_flows = limit;
	world_enable(test, b->hnet);
	b->hnet->max_flows = TCP_HANDOFF_MAX_FLOWS;
	tcp_handoff_net_set_row(b->hnet);
	b->flows = kvmalloc_array(most, sizeof(*b->flows), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b->flows);
	b->sock = world_socket(test, net);
	KUNIT_ASSERT_EQ(test, 0, kernel_bind(b->sock, (struct sockaddr *)&sin,
					     sizeof(sin)));
	prandom_seed_state(&b->rnd, 1);
	return b;
}

/* Not left to the end of the namespace, for which a test does not wait long */
static void bench_end(struct bench *b)
{
	u32 i;

	for (i = 0; i < b->nr; i++) {
		tcp_handoff_flow_kill_tw(b->flows[i]);
		tcp_handoff_flow_end(b->flows[i]);
		tcp_handoff_flow_put(b->flows[i]);
		cond_resched();
	}
	kvfree(b->flows);
}

static void bench_rounds(struct kunit *test, u32 limit, bool memory)
{
	static const u32 rounds[] = { 1000, 10000, 100000, 1000000 };
	struct bench *b = bench_new(test, rounds[ARRAY_SIZE(rounds) - 1],
				    limit);
	unsigned long pages[3];
	u32 i, from;

	kunit_info(test, "bench: a flow %zu bytes, a minisock %zu; %u buckets of flows, %u of connections\n",
		   sizeof(struct tcp_handoff_flow),
		   sizeof(struct tcp_timewait_sock), b->hnet->flows->buckets,
		   b->hnet->death_row.hashinfo->ehash_mask + 1);
	for (i = 0; i < ARRAY_SIZE(rounds); i++) {
		from = b->nr;
		pages[0] = pages_used();
		while (b->nr < rounds[i])
			add_flow(test, b);
		pages[1] = pages_used();
		while (b->with_tw < b->nr)
			add_minisock(test, b);
		pages[2] = pages_used();
		if (memory)
			print_memory(test, b, from, pages);
		print_lookups(test, b);
	}
	bench_end(b);
}

static void bench_flows(struct kunit *test)
{
	bench_rounds(test, TCP_HANDOFF_MAX_FLOWS, true);
}

/*
 * A limit that was raised later leaves the table as it was.  Memory is not
 * shown: what the flows before have freed is used again.
 */
static void bench_flows_small_table(struct kunit *test)
{
	bench_rounds(test, TCP_HANDOFF_MAX_FLOWS / 16, false);
}

static struct kunit_case bench_cases[] = {
	KUNIT_CASE_SLOW(bench_flows),
	KUNIT_CASE_SLOW(bench_flows_small_table),
	{}
};

static struct kunit_suite bench_suite = {
	.name = "bench_tcp_handoff",
	.test_cases = bench_cases,
};

kunit_test_suite(bench_suite);
