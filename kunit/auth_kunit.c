// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff: keys of peers, as they are configured. */
#include "world.h"

/* @len bytes, all of them @fill */
static struct tcp_handoff_key make_key(u8 id, u8 len, u8 fill)
{
	struct tcp_handoff_key key = { .id = id, .len = len };

	strscpy(key.alg, "hmac(sha256)");
	memset(key.secret, fill, sizeof(key.secret));
	return key;
}

struct key_case {
	const char *name;
	u8 len;
	const char *alg;
	int err;
};

static const struct key_case key_cases[] = {
	{ "shortest", 16, "hmac(sha256)", 0 },
	{ "too short", 15, "hmac(sha256)", -EINVAL },
	{ "longest", 80, "hmac(sha256)", 0 },
	{ "too long", 81, "hmac(sha256)", -EINVAL },
	{ "empty", 0, "hmac(sha256)", -EINVAL },
	{ "another algorithm", 20, "hmac(sha1)", 0 },
	{ "third algorithm of TCP-AO", 16, "cmac(aes128)", 0 },
	{ "no algorithm", 20, "", -ENOENT },
	{ "unknown algorithm", 20, "rot13", -ENOENT },
};

KUNIT_ARRAY_PARAM_DESC(key, key_cases, name);

static void auth_keys_are_checked(struct kunit *test)
{
	const struct key_case *c = test->param_value;
	struct tcp_handoff_key key = make_key(1, c->len, 'k');
	struct net *net = world_net(test);

	strscpy(key.alg, c->alg);
	KUNIT_EXPECT_EQ(test, c->err,
			tcp_handoff_key_check(net, htonl(WORLD_BE), &key,
					      NULL));
}

static int add_peer(struct world *w, u32 flags, struct tcp_handoff_key *key)
{
	struct tcp_handoff_peer conf = {
		.addr = htonl(WORLD_FE),
		.flags = flags,
		.keys = key,
		.nr_keys = key ? 1 : 0,
	};

	return tcp_handoff_peer_add(w->hbe, &conf, NULL);
}

static void auth_either_key_or_word(struct kunit *test)
{
	struct tcp_handoff_key key = make_key(1, 16, 'k');
	struct world *w = world_new(test);

	KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
			add_peer(w, TCP_HANDOFF_PEER_F_FRONT_END, NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			add_peer(w, TCP_HANDOFF_PEER_F_FRONT_END |
				 TCP_HANDOFF_PEER_F_UNAUTHENTICATED, &key));
	KUNIT_EXPECT_PTR_EQ(test, NULL, w->hbe->lsock);
	KUNIT_EXPECT_EQ(test, 0,
			add_peer(w, TCP_HANDOFF_PEER_F_FRONT_END, &key));
	KUNIT_EXPECT_NOT_NULL(test, w->hbe->lsock);
}

static const struct tcp_ao_info *listener_ao(struct world *w)
{
	struct sock *sk = w->hbe->lsock->sk;

	/* nobody else configures this namespace */
	return rcu_dereference_protected(tcp_sk(sk)->ao_info, true);
}

static unsigned int listener_keys(struct world *w)
{
	const struct tcp_ao_info *ao = listener_ao(w);
	const struct tcp_ao_key *key;
	unsigned int n = 0;

	if (!ao)
		return 0;
	rcu_read_lock();
	hlist_for_each_entry_rcu(key, &ao->head, node)
		n++;
	rcu_read_unlock();
	return n;
}

static void auth_listener_has_the_keys(struct kunit *test)
{
	struct tcp_handoff_key key = make_key(1, 16, 'k');
	struct world *w = world_new(test);
	struct tcp_handoff_peer other = {
		.addr = htonl(WORLD_FE + 7),
		.flags = TCP_HANDOFF_PEER_F_FRONT_END |
			 TCP_HANDOFF_PEER_F_UNAUTHENTICATED,
	};
	__be32 fe = htonl(WORLD_FE);
	u8 id;

	KUNIT_ASSERT_EQ(test, 0,
			add_peer(w, TCP_HANDOFF_PEER_F_FRONT_END, &key));
	KUNIT_EXPECT_EQ(test, 1, listener_keys(w));
	KUNIT_EXPECT_TRUE(test, listener_ao(w)->ao_required);
	for (id = 2; id <= TCP_HANDOFF_KEYS_MOST; id++) {
		key.id = id;
		KUNIT_EXPECT_EQ(test, 0, tcp_handoff_key_add(w->hbe, fe, &key,
							     NULL));
	}
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_KEYS_MOST, listener_keys(w));
	KUNIT_EXPECT_EQ(test, -EEXIST, tcp_handoff_key_add(w->hbe, fe, &key,
							   NULL));
	key.id = 77;
	KUNIT_EXPECT_EQ(test, -ENOSPC, tcp_handoff_key_add(w->hbe, fe, &key,
							   NULL));
	KUNIT_EXPECT_EQ(test, -ENOENT, tcp_handoff_key_use(w->hbe, fe, &key,
							   NULL));
	KUNIT_EXPECT_EQ(test, -ENOENT, tcp_handoff_key_del(w->hbe, fe, &key,
							   NULL));
	key.id = 1;
	KUNIT_EXPECT_EQ(test, -EBUSY, tcp_handoff_key_del(w->hbe, fe, &key,
							  NULL));
	key.id = 2;
	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_key_use(w->hbe, fe, &key, NULL));
	key.id = 1;
	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_key_del(w->hbe, fe, &key, NULL));
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_KEYS_MOST - 1, listener_keys(w));

	/* what is not signed is let in as long as somebody needs that */
	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_peer_add(w->hbe, &other, NULL));
	KUNIT_EXPECT_FALSE(test, listener_ao(w)->ao_required);
	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_peer_del(w->hbe, other.addr,
						      NULL));
	KUNIT_EXPECT_TRUE(test, listener_ao(w)->ao_required);
	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_peer_add(w->hbe, &other, NULL));
	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_peer_del(w->hbe, fe, NULL));
	KUNIT_EXPECT_EQ(test, 0, listener_keys(w));
}

static struct kunit_case auth_cases[] = {
	KUNIT_CASE_PARAM(auth_keys_are_checked, key_gen_params),
	KUNIT_CASE(auth_either_key_or_word),
	KUNIT_CASE(auth_listener_has_the_keys),
	{}
};

static struct kunit_suite auth_suite = {
	.name = "tcp_handoff_auth",
	.test_cases = auth_cases,
};

kunit_test_suite(auth_suite);
