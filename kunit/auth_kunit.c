// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff: keys of peers, as they are configured. */
#include <net/genetlink.h>

#include "../netlink_gen.h"
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

/* A connection that waits to be accepted, with the keys of when it began */
static struct tcp_handoff_channel *
waiting(struct kunit *test, struct world *w, struct tcp_handoff_peer *peer,
	const struct tcp_handoff_key *key)
{
	struct tcp_handoff_channel *ch;
	struct tcp_ao_add add = {
		.prefix = 32,
		.sndid = key->id,
		.rcvid = key->id,
		.keylen = key->len,
	};
	struct sockaddr_in *sin = (struct sockaddr_in *)&add.addr;

	ch = kunit_kzalloc(test, sizeof(*ch), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ch);
	ch->peer = peer;
	ch->sock = world_socket(test, w->be);
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = peer->addr;
	strscpy(add.alg_name, key->alg, sizeof(add.alg_name));
	memcpy(add.key, key->secret, key->len);
	KUNIT_ASSERT_EQ(test, 0, tcp_setsockopt(ch->sock->sk, SOL_TCP,
						TCP_AO_ADD_KEY,
						KERNEL_SOCKPTR(&add),
						sizeof(add)));
	return ch;
}

static const struct reused_case {
	const char *name;
	const char *alg;
	u8 len, fill;
	bool same;
} reused_cases[] = {
	{ "the same key", "hmac(sha256)", 16, 'k', true },
	{ "another secret", "hmac(sha256)", 16, 'x' },
	{ "a longer secret", "hmac(sha256)", 17, 'k' },
	{ "another algorithm", "hmac(sha1)", 16, 'k' },
};

KUNIT_ARRAY_PARAM_DESC(reused, reused_cases, name);

/* An id may be given again; who has the old key may not come in with it. */
static void auth_reused_id_is_another_key(struct kunit *test)
{
	const struct reused_case *c = test->param_value;
	struct tcp_handoff_key key = make_key(1, 16, 'k');
	struct tcp_handoff_key old = make_key(1, c->len, c->fill);
	struct world *w = world_new(test);
	struct tcp_handoff_peer *peer;

	strscpy(old.alg, c->alg);
	KUNIT_ASSERT_EQ(test, 0,
			add_peer(w, TCP_HANDOFF_PEER_F_FRONT_END, &key));
	peer = tcp_handoff_peer_find(w->hbe, htonl(WORLD_FE));
	KUNIT_ASSERT_NOT_NULL(test, peer);

	KUNIT_EXPECT_EQ(test, c->same,
			tcp_handoff_auth_accepted(waiting(test, w, peer,
							  &old)));
	tcp_handoff_peer_put(peer);
}

#define SECRET	"0123456789abcdef0123456789abcdef"

/* Requests that have a secret, by what is wrong with them. */
static const struct wiped_case {
	const char *name;
	bool addr, id, peer_add;
	u8 len;
	int err;
} wiped_cases[] = {
	{ "key-add", true, true, false, 32, -ENOENT },
	{ "key-add without address", false, true, false, 32, -EINVAL },
	{ "key-add without id", true, false, false, 32, -EINVAL },
	{ "key-add, too short", true, true, false, 8, -EINVAL },
	{ "peer-add without address", false, true, true, 32, -EINVAL },
	{ "peer-add without id", true, false, true, 32, -EINVAL },
	{ "peer-add without role", true, true, true, 32, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(wiped, wiped_cases, name);

static void put_request(struct kunit *test, struct sk_buff *skb,
			const struct wiped_case *c)
{
	struct nlattr *nest;

	if (c->addr)
		KUNIT_ASSERT_EQ(test, 0,
				nla_put_in_addr(skb, TCP_HANDOFF_A_PEER_ADDR,
						htonl(WORLD_FE)));
	nest = nla_nest_start(skb, TCP_HANDOFF_A_PEER_KEY);
	KUNIT_ASSERT_NOT_NULL(test, nest);
	if (c->id)
		KUNIT_ASSERT_EQ(test, 0,
				nla_put_u8(skb, TCP_HANDOFF_A_KEY_ID, 1));
	KUNIT_ASSERT_EQ(test, 0, nla_put(skb, TCP_HANDOFF_A_KEY_SECRET, c->len,
					 SECRET));
	nla_nest_end(skb, nest);
}

static bool has_secret(const struct sk_buff *skb)
{
	unsigned int i;

	for (i = 0; i + 8 <= skb->len; i++) {
		if (!memcmp(skb->data + i, SECRET, 8))
			return true;
	}
	return false;
}

static void auth_secrets_are_wiped(struct kunit *test)
{
	struct nlattr *tb[TCP_HANDOFF_A_PEER_MAX + 1] = {};
	const struct wiped_case *c = test->param_value;
	struct genl_info info = { .attrs = tb };
	struct sk_buff *skb;
	int err;

	skb = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	info.nlhdr = nlmsg_put(skb, 0, 0, 0, GENL_HDRLEN, 0);
	info.genlhdr = nlmsg_data(info.nlhdr);
	genl_info_net_set(&info, world_net(test));
	put_request(test, skb, c);
	nlmsg_end(skb, (struct nlmsghdr *)info.nlhdr);
	KUNIT_ASSERT_EQ(test, 0, nla_parse(tb, TCP_HANDOFF_A_PEER_MAX,
					   genlmsg_data(info.genlhdr),
					   genlmsg_len(info.genlhdr), NULL,
					   NULL));
	KUNIT_ASSERT_TRUE(test, has_secret(skb));

	err = c->peer_add ? tcp_handoff_nl_peer_add_doit(skb, &info) :
			    tcp_handoff_nl_key_add_doit(skb, &info);

	KUNIT_EXPECT_EQ(test, c->err, err);
	KUNIT_EXPECT_FALSE(test, has_secret(skb));
	kfree_skb(skb);
}

static struct kunit_case auth_cases[] = {
	KUNIT_CASE_PARAM(auth_keys_are_checked, key_gen_params),
	KUNIT_CASE(auth_either_key_or_word),
	KUNIT_CASE(auth_listener_has_the_keys),
	KUNIT_CASE_PARAM(auth_reused_id_is_another_key, reused_gen_params),
	KUNIT_CASE_PARAM(auth_secrets_are_wiped, wiped_gen_params),
	{}
};

static struct kunit_suite auth_suite = {
	.name = "tcp_handoff_auth",
	.test_cases = auth_cases,
};

kunit_test_suite(auth_suite);
