// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff: schedulers, rules, and events of the dispatcher. */
#include <kunit/test.h>
#include <linux/jiffies.h>

#include "../dispatch.h"
#include <uapi/linux/tcp_handoff_svc_nl.h>

static void group_end(void *group)
{
	tcp_handoff_sched_destroy(group);
}

/* A group of @nr back ends that may be chosen, are idle, and weigh 1 */
static struct tcp_handoff_sched_group *
group_new(struct kunit *test, const char *name, unsigned int nr)
{
	const struct tcp_handoff_sched *sched = tcp_handoff_sched_find(name);
	struct tcp_handoff_sched_group *g;
	unsigned int i;

	g = kunit_kzalloc(test, sizeof(*g), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, g);
	tcp_handoff_sched_defaults(&g->params);
	KUNIT_ASSERT_NOT_NULL(test, sched);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_sched_init(g, sched));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, group_end, g));
	g->nr = nr;
	for (i = 0; i < nr; i++) {
		g->be[i].weight = 1;
		g->be[i].id = 0x0a000001 + i;
		g->be[i].usable = true;
	}
	return g;
}

static int pick_at(struct tcp_handoff_sched_group *g, u64 target,
		   unsigned long now, int at)
{
	struct tcp_handoff_sched_req req = {
		.target = target,
		.now = now,
		.at = at,
	};

	return tcp_handoff_sched_pick(g, &req);
}

static int pick(struct tcp_handoff_sched_group *g, u64 target)
{
	return pick_at(g, target, jiffies, -1);
}

static const char * const names[] = {
	"wrr", "wlc", "hash", "lard", "lardr", "elard",
};

static void name_desc(const char * const *name, char *desc)
{
	strscpy(desc, *name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(name, names, name_desc);

/* Whatever is remembered: only what is usable is chosen. */
static void sched_chooses_usable_ones(struct kunit *test)
{
	const char *name = *(const char * const *)test->param_value;
	struct tcp_handoff_sched_group *g = group_new(test, name, 5);
	u32 random = 1;
	int i, j, slot;

	for (i = 0; i < 2000; i++) {
		for (j = 0; j < 5; j++) {
			random = random * 1664525 + 1013904223;
			g->be[j].weight = random >> 30;
			g->be[j].usable = g->be[j].weight && (random >> 29 & 1);
			g->be[j].load = random >> 20 & 0xff;
		}
		slot = pick_at(g, i % 7, jiffies + i * HZ, i % 3 - 1);
		if (!tcp_handoff_sched_usable(g)) {
			KUNIT_EXPECT_EQ(test, -1, slot);
			continue;
		}
		KUNIT_ASSERT_GE(test, slot, 0);
		KUNIT_ASSERT_LT(test, slot, 5);
		KUNIT_EXPECT_TRUE(test, g->be[slot].usable);
	}
}

static void sched_unknown_name(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, tcp_handoff_sched_find("rr"));
	KUNIT_EXPECT_NULL(test, tcp_handoff_sched_find(""));
}

static void sched_wrr_spreads_turns(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "wrr", 3);
	static const int turns[] = { 0, 0, 1, 0, 2, 0, 0 };
	int i;

	g->be[0].weight = 5;
	for (i = 0; i < 3 * ARRAY_SIZE(turns); i++)
		KUNIT_EXPECT_EQ(test, turns[i % ARRAY_SIZE(turns)], pick(g, i));
}

static void sched_wlc_weighs_loads(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "wlc", 3);

	g->be[0].weight = 2;
	KUNIT_EXPECT_EQ(test, 0, pick(g, 1));
	g->be[0].load = 4;
	g->be[1].load = 3;
	g->be[2].load = 2;
	KUNIT_EXPECT_EQ(test, 0, pick(g, 1));
	g->be[0].load = 6;
	KUNIT_EXPECT_EQ(test, 2, pick(g, 1));
	g->be[2].usable = false;
	KUNIT_EXPECT_EQ(test, 0, pick(g, 1));
}

#define TARGETS	4000

static void hash_all(struct tcp_handoff_sched_group *g, int *to)
{
	int i;

	for (i = 0; i < TARGETS; i++)
		to[i] = pick(g, i * 0x9e3779b97f4a7c15ULL);
}

/* One back end less moves what it had, and nothing else. */
static void sched_hash_is_consistent(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "hash", 8);
	int *before, *after, i, moved = 0;

	g->params.bound = 10000;
	before = kunit_kcalloc(test, 2 * TARGETS, sizeof(*before), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, before);
	after = before + TARGETS;
	for (i = 0; i < 8; i++)
		g->be[i].load = 100;
	hash_all(g, before);
	g->be[3].usable = false;
	hash_all(g, after);
	for (i = 0; i < TARGETS; i++) {
		if (before[i] == 3)
			moved++;
		else
			KUNIT_EXPECT_EQ(test, before[i], after[i]);
	}
	/* an eighth, more or less */
	KUNIT_EXPECT_GT(test, moved, TARGETS / 10);
	KUNIT_EXPECT_LT(test, moved, TARGETS / 6);
}

static void sched_hash_shares_by_weight(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "hash", 3);
	int *to, i, count[3] = {};

	to = kunit_kcalloc(test, TARGETS, sizeof(*to), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, to);
	g->params.bound = 10000;
	g->be[0].weight = 2;
	for (i = 0; i < 3; i++)
		g->be[i].load = 100;
	hash_all(g, to);
	for (i = 0; i < TARGETS; i++)
		count[to[i]]++;
	KUNIT_EXPECT_GT(test, count[0], TARGETS * 45 / 100);
	KUNIT_EXPECT_LT(test, count[0], TARGETS * 55 / 100);
	KUNIT_EXPECT_GT(test, count[1], TARGETS * 20 / 100);
}

/* A target that everybody wants does not overload the one that has it. */
static void sched_hash_bounds_loads(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "hash", 4);
	int i, slot, total;

	for (total = 0; total < 400; total++) {
		slot = pick(g, 42);
		g->be[slot].load++;
	}
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_LE(test, g->be[i].load, 125 + 1);
	KUNIT_EXPECT_GE(test, g->be[pick(g, 42)].load, 1);
}

static void sched_lard_keeps_targets(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "lard", 3);
	int slot = pick(g, 7);

	/* T_high is not passed, whoever else is idle */
	g->be[slot].load = 65;
	KUNIT_EXPECT_EQ(test, slot, pick(g, 7));
	/* passed, but nobody has less than T_low */
	g->be[slot].load = 66;
	g->be[(slot + 1) % 3].load = 25;
	g->be[(slot + 2) % 3].load = 26;
	KUNIT_EXPECT_EQ(test, slot, pick(g, 7));
	/* somebody has: the target moves, and stays there */
	g->be[(slot + 1) % 3].load = 24;
	KUNIT_EXPECT_EQ(test, (slot + 1) % 3, pick(g, 7));
	g->be[slot].load = 0;
	KUNIT_EXPECT_EQ(test, (slot + 1) % 3, pick(g, 7));
}

static void sched_lard_twice_t_high(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "lard", 2);
	int slot = pick(g, 7);

	g->be[slot].load = 129;
	g->be[!slot].load = 100;
	KUNIT_EXPECT_EQ(test, slot, pick(g, 7));
	g->be[slot].load = 130;
	KUNIT_EXPECT_EQ(test, !slot, pick(g, 7));
}

static void sched_lard_weighs_loads(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "lard", 2);
	int slot = pick(g, 7);

	g->be[slot].weight = 2;
	g->be[slot].load = 130;
	KUNIT_EXPECT_EQ(test, slot, pick(g, 7));
	g->be[slot].load = 131;
	KUNIT_EXPECT_EQ(test, !slot, pick(g, 7));
}

static void sched_lard_leaves_drained_ones(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "lard", 2);
	int slot = pick(g, 7);

	g->be[slot].usable = false;
	KUNIT_EXPECT_EQ(test, !slot, pick(g, 7));
	g->be[slot].usable = true;
	KUNIT_EXPECT_EQ(test, !slot, pick(g, 7));
}

/* Its place in the table is not that of whoever is next in the slot. */
static void sched_lard_forgets_who_left(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "lard", 2);
	int slot = pick(g, 7);

	g->be[slot].load = 10;
	tcp_handoff_sched_gone(g, slot);
	KUNIT_EXPECT_EQ(test, !slot, pick(g, 7));
}

static void sched_lardr_replicates(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "lardr", 3);
	unsigned long now = jiffies, k = 20 * HZ;
	int first, second;

	first = pick_at(g, 7, now, -1);
	g->be[first].load = 66;
	second = pick_at(g, 7, now, -1);
	KUNIT_EXPECT_NE(test, first, second);
	/* both have it now: the one with less to do serves it */
	g->be[second].load = 70;
	g->be[3 - first - second].load = 50;
	KUNIT_EXPECT_EQ(test, first, pick_at(g, 7, now, -1));
	g->be[first].load = 71;
	KUNIT_EXPECT_EQ(test, second, pick_at(g, 7, now, -1));
	/* for as long as K; then the more loaded one loses it */
	KUNIT_EXPECT_EQ(test, second, pick_at(g, 7, now + k, -1));
	g->be[first].load = 30;
	KUNIT_EXPECT_EQ(test, first, pick_at(g, 7, now + k, -1));
	g->be[first].load = 71;
	KUNIT_EXPECT_EQ(test, second, pick_at(g, 7, now + k + 2, -1));
	g->be[first].load = 30;
	KUNIT_EXPECT_EQ(test, second, pick_at(g, 7, now + k + 2, -1));
}

static void sched_elard_minds_cost(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "elard", 2);
	int slot = pick(g, 7);

	/* a miss costs 50, beyond T_low of 25 load counts */
	g->be[slot].load = 74;
	KUNIT_EXPECT_EQ(test, slot, pick(g, 7));
	g->be[slot].load = 76;
	KUNIT_EXPECT_EQ(test, !slot, pick(g, 7));
}

static void sched_elard_miss_evicts(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "elard", 2);
	int slot = pick(g, 7);

	/* the other one is not idle: its miss costs another one */
	g->be[!slot].load = 26;
	g->be[slot].load = 110;
	KUNIT_EXPECT_EQ(test, slot, pick(g, 7));
	g->be[slot].load = 127;
	KUNIT_EXPECT_EQ(test, !slot, pick(g, 7));
}

/* Where a persistent connection is, it stays, unless there is a queue. */
static void sched_elard_stays(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "elard", 3);
	int slot = pick(g, 7), at = (slot + 1) % 3;

	KUNIT_EXPECT_EQ(test, at, pick_at(g, 7, jiffies, at));
	g->be[at].busy = true;
	KUNIT_EXPECT_EQ(test, slot, pick_at(g, 7, jiffies, at));
	/* only where it is cached, whoever else is idle */
	g->be[slot].load = 60;
	g->be[at].load = 60;
	KUNIT_EXPECT_EQ(test, slot, pick_at(g, 7, jiffies, at));
	/* it cannot stay where it may not */
	g->be[at].usable = false;
	g->be[slot].load = 0;
	KUNIT_EXPECT_EQ(test, slot, pick_at(g, 7, jiffies, at));
}

/* What is used stays in the table, whatever else comes. */
static void sched_table_forgets_the_oldest(struct kunit *test)
{
	struct tcp_handoff_sched_group *g = group_new(test, "lard", 2);
	int slot = pick_at(g, 7, 1000, -1), i;

	g->be[slot].load = 60;
	for (i = 0; i < 100000; i++) {
		pick_at(g, 1000 + i, 1000 + i, -1);
		if (!(i % 100))
			KUNIT_ASSERT_EQ(test, slot,
					pick_at(g, 7, 1000 + i, -1));
	}
	/* unused for as many others, it is new */
	for (; i < 200000; i++)
		pick_at(g, 1000 + i, 1000 + i, -1);
	KUNIT_EXPECT_EQ(test, !slot, pick_at(g, 7, 1000 + i, -1));
}

/*
 * Rules
 */

struct rule_case {
	const char *host, *path;
	u32 match;
	const char *head;
	bool matches;
};

#define ANY	TCP_HANDOFF_SVC_PATH_ANY
#define PREFIX	TCP_HANDOFF_SVC_PATH_PREFIX
#define EXACT	TCP_HANDOFF_SVC_PATH_EXACT

static const struct rule_case rule_cases[] = {
	{ "", "", ANY, "GET / HTTP/1.0\r\n\r\n", true },
	{ "", "/a", PREFIX, "GET /a HTTP/1.0\r\n\r\n", true },
	{ "", "/a", PREFIX, "GET /abc?d HTTP/1.0\r\n\r\n", true },
	{ "", "/a", PREFIX, "GET /A HTTP/1.0\r\n\r\n", false },
	{ "", "/a/", PREFIX, "GET /a HTTP/1.0\r\n\r\n", false },
	{ "", "/a?", PREFIX, "GET /a?b HTTP/1.0\r\n\r\n", false },
	{ "", "/a", EXACT, "GET /a?b HTTP/1.0\r\n\r\n", true },
	{ "", "/a", EXACT, "GET /ab HTTP/1.0\r\n\r\n", false },
	{ "", "/a", EXACT, "GET / HTTP/1.0\r\n\r\n", false },
	{ "", "/", PREFIX, "OPTIONS * HTTP/1.0\r\n\r\n", false },
	{ "", "/", PREFIX, "CONNECT a:1 HTTP/1.0\r\n\r\n", false },
	{ "", "/a", PREFIX, "GET http://h/a HTTP/1.0\r\n\r\n", true },
	{ "h", "", ANY, "GET / HTTP/1.0\r\nHost: H\r\n\r\n", true },
	{ "h", "", ANY, "GET / HTTP/1.0\r\nHost: h:8080\r\n\r\n", true },
	{ "h", "", ANY, "GET / HTTP/1.0\r\nHost: h:\r\n\r\n", true },
	{ "h", "", ANY, "GET / HTTP/1.0\r\nHost: xh\r\n\r\n", false },
	{ "h", "", ANY, "GET / HTTP/1.0\r\nHost: hx\r\n\r\n", false },
	{ "h", "", ANY, "GET / HTTP/1.0\r\n\r\n", false },
	{ "h", "", ANY, "GET http://h/ HTTP/1.0\r\nHost: x\r\n\r\n", true },
	{ "x", "", ANY, "GET http://h/ HTTP/1.0\r\nHost: x\r\n\r\n", false },
	{ "h", "", ANY, "CONNECT h:1 HTTP/1.0\r\n\r\n", true },
	{ "[::1]", "", ANY, "GET / HTTP/1.0\r\nHost: [::1]\r\n\r\n", true },
	{ "[::1]", "", ANY, "GET / HTTP/1.0\r\nHost: [::1]:80\r\n\r\n", true },
	{ ".org", "", ANY, "GET / HTTP/1.0\r\nHost: a.b.ORG\r\n\r\n", true },
	{ ".org", "", ANY, "GET / HTTP/1.0\r\nHost: org\r\n\r\n", false },
	{ "h", "/a", PREFIX, "GET /a HTTP/1.0\r\nHost: h\r\n\r\n", true },
	{ "h", "/a", PREFIX, "GET /a HTTP/1.0\r\nHost: x\r\n\r\n", false },
	{ "h", "/a", PREFIX, "GET /b HTTP/1.0\r\nHost: h\r\n\r\n", false },
};

static void fill(struct kunit *test, struct tcp_handoff_request *req,
		 const char *head, char *host)
{
	struct tcp_handoff_http h = {};

	tcp_handoff_http_feed(&h, head, strlen(head));
	KUNIT_ASSERT_TRUE(test, tcp_handoff_http_is_done(&h));
	memcpy(host, head + h.host.off, h.host.len);
	tcp_handoff_request_fill(req, &h, head + h.target.off, host);
}

static void sched_rules_match(struct kunit *test)
{
	struct tcp_handoff_request req;
	struct tcp_handoff_rule *rule;
	const struct rule_case *c;
	char host[64];
	int i;

	for (i = 0; i < ARRAY_SIZE(rule_cases); i++) {
		c = &rule_cases[i];
		fill(test, &req, c->head, host);
		rule = tcp_handoff_rule_new(c->host, c->path, c->match);
		KUNIT_ASSERT_NOT_NULL(test, rule);
		KUNIT_EXPECT_EQ_MSG(test, c->matches,
				    tcp_handoff_rule_matches(rule, &req),
				    "%s %s: %s", c->host, c->path, c->head);
		kfree(rule);
	}
}

/* The same content, however it is asked for; another query is other content */
static void sched_targets_are_content(struct kunit *test)
{
	struct tcp_handoff_request a, b;
	char host_a[64], host_b[64];

	fill(test, &a, "GET /p?q HTTP/1.1\r\nHost: H:80\r\n\r\n", host_a);
	fill(test, &b, "POST http://h/p?q HTTP/1.1\r\nHost: x\r\n\r\n", host_b);
	KUNIT_EXPECT_EQ(test, a.target, b.target);
	fill(test, &b, "GET /p?r HTTP/1.1\r\nHost: h\r\n\r\n", host_b);
	KUNIT_EXPECT_NE(test, a.target, b.target);
	fill(test, &b, "GET /p?q HTTP/1.1\r\nHost: i\r\n\r\n", host_b);
	KUNIT_EXPECT_NE(test, a.target, b.target);
}

static struct kunit_case sched_cases[] = {
	KUNIT_CASE_PARAM(sched_chooses_usable_ones, name_gen_params),
	KUNIT_CASE(sched_unknown_name),
	KUNIT_CASE(sched_wrr_spreads_turns),
	KUNIT_CASE(sched_wlc_weighs_loads),
	KUNIT_CASE(sched_hash_is_consistent),
	KUNIT_CASE(sched_hash_shares_by_weight),
	KUNIT_CASE(sched_hash_bounds_loads),
	KUNIT_CASE(sched_lard_keeps_targets),
	KUNIT_CASE(sched_lard_twice_t_high),
	KUNIT_CASE(sched_lard_weighs_loads),
	KUNIT_CASE(sched_lard_leaves_drained_ones),
	KUNIT_CASE(sched_lard_forgets_who_left),
	KUNIT_CASE(sched_lardr_replicates),
	KUNIT_CASE(sched_elard_minds_cost),
	KUNIT_CASE(sched_elard_miss_evicts),
	KUNIT_CASE(sched_elard_stays),
	KUNIT_CASE(sched_table_forgets_the_oldest),
	KUNIT_CASE(sched_rules_match),
	KUNIT_CASE(sched_targets_are_content),
	{}
};

static struct kunit_suite sched_suite = {
	.name = "tcp_handoff_sched",
	.test_cases = sched_cases,
};

kunit_test_suite(sched_suite);
