// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff tests: namespaces, links and sockets, see world.h. */
#include <kunit/test-bug.h>
#include <linux/delay.h>
#include <linux/inetdevice.h>
#include <linux/if_link.h>
#include <linux/proc_ns.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/netlink.h>
#include <net/route.h>
#include <net/tcp.h>

#include "world.h"

/* What a test started with, and must leave behind. */
struct world_base {
	int sockets;
	int orphans;
};

static int count_sockets(void)
{
	return percpu_counter_sum_positive(&tcp_sockets_allocated);
}

static void check_leaks(void *ctx)
{
	struct world_base *base = ctx;
	struct kunit *test = kunit_get_current_test();

	/* TIME_WAIT and RCU take their time, nothing else may */
	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(count_sockets() <= base->sockets));
	KUNIT_EXPECT_TRUE(test,
			  world_wait_for(tcp_orphan_count_sum() <=
					 base->orphans));
}

/* The namespace must really go, not hang on a forgotten reference. */
static void net_end(void *ctx)
{
	struct kunit *test = kunit_get_current_test();
	struct net *net = ctx;

	refcount_inc(&net->passive);
	put_net(net);
	KUNIT_EXPECT_TRUE_MSG(test,
			      world_wait_for(refcount_read(&net->passive) == 1),
			      "namespace does not end");
	net_passive_dec(net);
}

static struct net_device *dev_of(struct net *net, const char *name)
{
	ASSERT_RTNL();
	return __dev_get_by_name(net, name);
}

static void dev_up(struct kunit *test, struct net *net, const char *name)
{
	struct net_device *dev;

	rtnl_lock();
	dev = dev_of(net, name);
	if (dev)
		dev_change_flags(dev, dev->flags | IFF_UP, NULL);
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, dev);
}

/**
 * world_net() - a namespace with a loopback device that is up
 * @test: whose end it shares
 * Return: never NULL
 */
struct net *world_net(struct kunit *test)
{
	struct net *net;

	net = copy_net_ns(CLONE_NEWNET, &init_user_ns, &init_net);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, net);
	/* no timer may fire between two looks at a socket, on a slow machine */
	net->ipv4.sysctl_tcp_early_retrans = 0;
	net->ipv4.sysctl_tcp_rto_min_us = USEC_PER_SEC;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, net_end, net));
	dev_up(test, net, "lo");
	return net;
}

/* Masks are those of the address classes: 192.168.x.y/24, 10.x.y.z/8. */
static void add_addr(struct kunit *test, struct net *net, const char *dev,
		     u32 addr)
{
	struct sockaddr_in *sin;
	struct ifreq ifr = {};

	strscpy(ifr.ifr_name, dev, sizeof(ifr.ifr_name));
	sin = (struct sockaddr_in *)&ifr.ifr_addr;
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(addr);
	KUNIT_ASSERT_EQ(test, 0, devinet_ioctl(net, SIOCSIFADDR, &ifr));
}

static int change_route(struct net *net, unsigned int cmd, u32 dst, u32 mask,
			u32 gateway)
{
	struct sockaddr_in *sin;
	struct rtentry rt = {
		.rt_flags = RTF_UP | RTF_GATEWAY,
	};

	sin = (struct sockaddr_in *)&rt.rt_dst;
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(dst);
	sin = (struct sockaddr_in *)&rt.rt_genmask;
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(mask);
	sin = (struct sockaddr_in *)&rt.rt_gateway;
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(gateway);
	return ip_rt_ioctl(net, cmd, &rt);
}

/* ip link add NAME type veth peer name PEER */
static struct sk_buff *veth_request(const char *name, const char *peer)
{
	struct sk_buff *skb = nlmsg_new(512, GFP_KERNEL);
	struct nlattr *info, *data, *other;
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh;

	if (!skb)
		return NULL;
	nlh = nlmsg_put(skb, 0, 0, RTM_NEWLINK, sizeof(struct ifinfomsg),
			NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
	memset(nlmsg_data(nlh), 0, sizeof(struct ifinfomsg));
	nla_put_string(skb, IFLA_IFNAME, name);
	info = nla_nest_start(skb, IFLA_LINKINFO);
	nla_put_string(skb, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(skb, IFLA_INFO_DATA);
	other = nla_nest_start(skb, VETH_INFO_PEER);
	ifi = skb_put_zero(skb, sizeof(*ifi));
	nla_put_string(skb, IFLA_IFNAME, peer);
	nla_nest_end(skb, other);
	nla_nest_end(skb, data);
	nla_nest_end(skb, info);
	nlmsg_end(skb, nlh);
	return skb;
}

static int veth_create(struct net *net, const char *name, const char *peer)
{
	struct sk_buff *skb = veth_request(name, peer);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	/* with an address, or the rights of a file we do not have count */
	struct msghdr msg = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
	};
	struct socket *sock;
	struct kvec vec;
	int ret;

	if (!skb)
		return -ENOMEM;
	ret = sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock);
	if (!ret) {
		vec.iov_base = skb->data;
		vec.iov_len = skb->len;
		ret = kernel_sendmsg(sock, &msg, &vec, 1, skb->len);
		sock_release(sock);
	}
	kfree_skb(skb);
	return ret;
}

static void link_nets(struct kunit *test, struct net *a, u32 addr_a,
		      struct net *b, u32 addr_b, int nr)
{
	char name[IFNAMSIZ], peer[IFNAMSIZ];
	struct net_device *dev;
	int err = -ENODEV;

	snprintf(name, sizeof(name), "left%d", nr);
	snprintf(peer, sizeof(peer), "right%d", nr);
	KUNIT_ASSERT_GT(test, veth_create(a, name, peer), 0);
	rtnl_lock();
	dev = dev_of(a, peer);
	if (dev)
		err = dev_change_net_namespace(dev, b, peer);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, 0, err);
	add_addr(test, a, name, addr_a);
	add_addr(test, b, peer, addr_b);
	dev_up(test, a, name);
	dev_up(test, b, peer);
}

static void peer_end(void *ctx)
{
	tcp_handoff_peer_put(ctx);
}

/**
 * world_peer() - a peer that is in no list and has no channel
 * @test: whose end it shares
 * @hnet: namespace
 * @addr: its address, host byte order
 * Return: never NULL
 */
struct tcp_handoff_peer *world_peer(struct kunit *test,
				    struct tcp_handoff_net *hnet, u32 addr)
{
	struct tcp_handoff_peer *peer = kzalloc(sizeof(*peer), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, peer);
	KUNIT_ASSERT_EQ(test, 0, dst_cache_init(&peer->dst_cache, GFP_KERNEL));
	peer->hnet = hnet;
	peer->addr = htonl(addr);
	peer->port = htons(TCP_HANDOFF_CHANNEL_PORT);
	refcount_set(&peer->ref, 1);
	tcp_handoff_peer_init(peer);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, peer_end, peer));
	return peer;
}

/**
 * world_enable() - turn the hooks on in a namespace, as its first peer does
 * @test: test
 * @hnet: namespace
 */
void world_enable(struct kunit *test, struct tcp_handoff_net *hnet)
{
	int err;

	mutex_lock(&hnet->mutex);
	err = tcp_handoff_net_enable(hnet);
	mutex_unlock(&hnet->mutex);
	KUNIT_ASSERT_EQ(test, 0, err);
}

static void watch_leaks(struct kunit *test)
{
	struct world_base *base = kunit_kzalloc(test, sizeof(*base),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, base);
	base->sockets = count_sockets();
	base->orphans = tcp_orphan_count_sum();
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, check_leaks, base));
}

/* A tombstone would stay for a minute. */
static void end_tombstone(struct tcp_handoff_flow *flow, void *unused)
{
	if (READ_ONCE(flow->state) == TCP_HANDOFF_ST_ENDED)
		tcp_handoff_flow_end(flow);
}

static bool peer_is_free(const struct tcp_handoff_peer *peer)
{
	return !peer || !atomic_read(&peer->flows);
}

/* Every flow counts at its peer until its last reference is dropped. */
static bool flows_are_gone(struct world *w)
{
	tcp_handoff_flow_for_each(w->hfe, end_tombstone, NULL);
	tcp_handoff_flow_for_each(w->hbe, end_tombstone, NULL);
	return peer_is_free(w->peer) && peer_is_free(w->from) &&
	       peer_is_free(w->dialled) && peer_is_free(w->dialling);
}

/* When all sockets are closed, nothing is left of their flows. */
static void check_flows(void *ctx)
{
	struct kunit *test = kunit_get_current_test();
	struct world *w = ctx;

	if (!w->flows_left) {
		KUNIT_EXPECT_TRUE(test, world_wait_for(flows_are_gone(w)));
		KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&w->hfe->bytes));
		KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&w->hbe->bytes));
	}
	if (w->dialled)
		tcp_handoff_peer_put(w->dialled);
	if (w->dialling)
		tcp_handoff_peer_put(w->dialling);
}

/**
 * world_new() - three namespaces as drawn in world.h
 * @test: whose end they share; sockets and namespaces are counted then
 * Return: never NULL
 */
struct world *world_new(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	const struct tcp_handoff_vip vip = { .addr = htonl(WORLD_VIP) };

	KUNIT_ASSERT_NOT_NULL(test, w);
	watch_leaks(test);
	w->client = world_net(test);
	w->fe = world_net(test);
	w->be = world_net(test);
	link_nets(test, w->client, WORLD_CLIENT, w->fe, 0xc0a80102, 1);
	link_nets(test, w->client, 0xc0a80201, w->be, 0xc0a80202, 2);
	link_nets(test, w->fe, WORLD_FE, w->be, WORLD_BE, 3);
	add_addr(test, w->fe, "lo:1", WORLD_VIP);
	add_addr(test, w->be, "lo:1", WORLD_VIP);
	KUNIT_ASSERT_EQ(test, 0, change_route(w->be, SIOCADDRT, 0xc0a80100,
					      0xffffff00, 0xc0a80201));
	KUNIT_ASSERT_EQ(test, 0, change_route(w->client, SIOCADDRT, WORLD_VIP,
					      0xffffffff, 0xc0a80102));

	w->hfe = tcp_handoff_pernet(w->fe);
	w->hbe = tcp_handoff_pernet(w->be);
	world_enable(test, w->hfe);
	world_enable(test, w->hbe);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_vip_add(w->hbe, &vip, NULL));
	w->peer = world_peer(test, w->hfe, WORLD_BE);
	w->from = world_peer(test, w->hbe, WORLD_FE);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, check_flows, w));
	return w;
}

/**
 * world_route() - choose the client's way to the VIP
 * @test:  test
 * @w:     world
 * @to_be: straight to the back end; else to the front end
 */
void world_route(struct kunit *test, struct world *w, bool to_be)
{
	u32 from = to_be ? 0xc0a80102 : 0xc0a80202;
	u32 to = to_be ? 0xc0a80202 : 0xc0a80102;

	KUNIT_ASSERT_EQ(test, 0, change_route(w->client, SIOCADDRT, WORLD_VIP,
					      0xffffffff, to));
	KUNIT_ASSERT_EQ(test, 0, change_route(w->client, SIOCDELRT, WORLD_VIP,
					      0xffffffff, from));
}

/**
 * world_channel() - configure both hosts, wait until they talk
 * @test: test
 * @w:    world
 */
void world_channel(struct kunit *test, struct world *w)
{
	u32 unsigned_flag = w->key ? 0 : TCP_HANDOFF_PEER_F_UNAUTHENTICATED;
	struct tcp_handoff_peer conf = {
		.forward = TCP_HANDOFF_FORWARD_DR,
		.flags = TCP_HANDOFF_PEER_F_FRONT_END | unsigned_flag,
		.addr = htonl(WORLD_FE),
		.keys = w->key,
		.nr_keys = !!w->key,
	};

	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_peer_add(w->hbe, &conf, NULL));
	conf.flags = TCP_HANDOFF_PEER_F_BACK_END | unsigned_flag;
	conf.addr = htonl(WORLD_BE);
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_peer_add(w->hfe, &conf, NULL));
	w->dialled = tcp_handoff_peer_find(w->hfe, htonl(WORLD_BE));
	w->dialling = tcp_handoff_peer_find(w->hbe, htonl(WORLD_FE));
	KUNIT_ASSERT_NOT_NULL(test, w->dialled);
	KUNIT_ASSERT_NOT_NULL(test, w->dialling);
	KUNIT_ASSERT_TRUE(test,
			  world_wait_for(tcp_handoff_channel_is_up(w->dialled,
								   true)));
}

static void sock_end(void *ctx)
{
	sock_release(ctx);
}

/* No test may hang: whatever does not come within 5 s does not come. */
static struct socket *sock_of_test(struct kunit *test, struct socket *sock)
{
	sock->sk->sk_rcvtimeo = 5 * HZ;
	sock->sk->sk_sndtimeo = 5 * HZ;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, sock_end, sock));
	return sock;
}

/* As a program's socket: it holds its namespace. */
static struct socket *new_socket(struct kunit *test, struct net *net,
				 int family)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0, __sock_create(net, family, SOCK_STREAM,
					       IPPROTO_TCP, &sock, 0));
	return sock_of_test(test, sock);
}

/**
 * world_socket() - a TCP socket
 * @test: whose end it shares
 * @net:  namespace
 * Return: never NULL
 */
struct socket *world_socket(struct kunit *test, struct net *net)
{
	return new_socket(test, net, PF_INET);
}

/**
 * world_listen() - a server on the VIP
 * @test:    whose end it shares
 * @net:     namespace
 * @family:  PF_INET, or PF_INET6 for one that listens on both
 * @backlog: of its accept queue
 * Return: never NULL
 */
struct socket *world_listen(struct kunit *test, struct net *net, int family,
			    int backlog)
{
	struct socket *sock = new_socket(test, net, family);
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(WORLD_PORT),
	};
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(WORLD_PORT),
		.sin_addr.s_addr = htonl(WORLD_VIP),
	};
	int err;

	sock->sk->sk_reuse = SK_CAN_REUSE;
	if (family == PF_INET)
		err = kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
	else
		err = kernel_bind(sock, (struct sockaddr *)&sin6, sizeof(sin6));
	KUNIT_ASSERT_EQ(test, 0, err);
	KUNIT_ASSERT_EQ(test, 0, kernel_listen(sock, backlog));
	return sock;
}

/**
 * world_connect_from() - the client connects to the VIP from a certain port
 * @test: whose end the socket shares
 * @w:    world
 * @port: of WORLD_CLIENT, host byte order; 0: any port, and any address
 * Return: never NULL
 */
struct socket *world_connect_from(struct kunit *test, struct world *w, u16 port)
{
	struct socket *sock = world_socket(test, w->client);
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(WORLD_CLIENT),
	};

	sock->sk->sk_reuse = SK_CAN_REUSE;
	if (port)
		KUNIT_ASSERT_EQ(test, 0,
				kernel_bind(sock, (struct sockaddr *)&sin,
					    sizeof(sin)));
	sin.sin_port = htons(WORLD_PORT);
	sin.sin_addr.s_addr = htonl(WORLD_VIP);
	KUNIT_ASSERT_EQ(test, 0, kernel_connect(sock, (struct sockaddr *)&sin,
						sizeof(sin), 0));
	return sock;
}

/**
 * world_connect() - the client connects to the VIP
 * @test: whose end the socket shares
 * @w:    world
 * Return: never NULL
 */
struct socket *world_connect(struct kunit *test, struct world *w)
{
	return world_connect_from(test, w, 0);
}

/**
 * world_accept() - take a connection out of an accept queue
 * @test:  whose end the socket shares
 * @lsock: listener
 * Return: never NULL
 */
struct socket *world_accept(struct kunit *test, struct socket *lsock)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0, kernel_accept(lsock, &sock, 0));
	return sock_of_test(test, sock);
}

/**
 * world_close() - close a socket before its test ends
 * @test: test
 * @sock: one of the above
 */
void world_close(struct kunit *test, struct socket *sock)
{
	kunit_release_action(test, sock_end, sock);
}

/**
 * world_set() - an integer TCP option
 * @test:  test
 * @sock:  socket
 * @opt:   TCP_*
 * @value: what to set it to
 */
void world_set(struct kunit *test, struct socket *sock, int opt, int value)
{
	KUNIT_ASSERT_EQ(test, 0,
			tcp_setsockopt(sock->sk, SOL_TCP, opt,
				       KERNEL_SOCKPTR(&value), sizeof(value)));
}

/* A byte of the stream by its position. */
static u8 stream_byte(u32 at)
{
	return at * 13 + (at >> 8) * 5 + (at >> 16);
}

/**
 * world_write() - write a piece of the stream
 * @test: test
 * @sock: socket
 * @at:   position, moved
 * @len:  bytes, all of which must be taken
 */
void world_write(struct kunit *test, struct socket *sock, u32 *at, size_t len)
{
	u8 *buf = kvmalloc(len, GFP_KERNEL);
	struct msghdr msg = {};
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	size_t i;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; i < len; i++)
		buf[i] = stream_byte(*at + i);
	ret = kernel_sendmsg(sock, &msg, &vec, 1, len);
	kvfree(buf);
	KUNIT_ASSERT_EQ(test, (int)len, ret);
	*at += len;
}

/**
 * world_read() - read a piece of the stream and compare every byte
 * @test: test
 * @sock: socket
 * @at:   position, moved
 * @len:  bytes, all of which must come
 */
void world_read(struct kunit *test, struct socket *sock, u32 *at, size_t len)
{
	size_t i, done = 0, wrong = 0;
	struct msghdr msg = {};
	struct kvec vec;
	int ret = 1;
	u8 *buf;

	buf = kvmalloc(len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	/* an urgent byte ends a read early */
	while (done < len && ret > 0) {
		vec.iov_base = buf;
		vec.iov_len = len - done;
		ret = kernel_recvmsg(sock, &msg, &vec, 1, len - done, 0);
		for (i = 0; ret > 0 && i < ret; i++)
			wrong += buf[i] != stream_byte(*at + done + i);
		done += max(ret, 0);
	}
	kvfree(buf);
	KUNIT_ASSERT_EQ_MSG(test, len, done, "last read: %d", ret);
	KUNIT_ASSERT_EQ_MSG(test, 0, wrong, "wrong bytes from %u", *at);
	*at += len;
}

/**
 * world_read_end() - is there nothing more to read?
 * @sock: socket
 * Return: 0 at the end of file; else bytes (1) or a negative errno
 */
int world_read_end(struct socket *sock)
{
	struct msghdr msg = {};
	u8 byte;
	struct kvec vec = { .iov_base = &byte, .iov_len = 1 };

	return kernel_recvmsg(sock, &msg, &vec, 1, 1, 0);
}

/**
 * world_count() - a counter of the TcpHandoff line
 * @hnet: namespace
 * @item: TCP_HANDOFF_MIB_*
 * Return: its value
 */
u64 world_count(struct tcp_handoff_net *hnet, int item)
{
	return tcp_handoff_mib_read(hnet->mib, item);
}

/**
 * world_tcp_count() - a counter of the Tcp line
 * @net:  namespace
 * @item: TCP_MIB_*
 * Return: its value
 */
u64 world_tcp_count(struct net *net, int item)
{
	return snmp_fold_field(net->mib.tcp_statistics, item);
}

/**
 * world_pack_idle() - what a front end packs for an idle connection
 * @test: test
 * @len:  set to the bytes of it
 * Return: body of a HANDOFF, for kvfree(); never NULL
 */
void *world_pack_idle(struct kunit *test, size_t *len)
{
	struct tcp_handoff_image *img = kunit_kzalloc(test, sizeof(*img),
						      GFP_KERNEL);
	struct tcp_handoff_state *st;
	void *body;

	KUNIT_ASSERT_NOT_NULL(test, img);
	tcp_handoff_image_init(img);
	st = &img->st;
	st->caddr = htonl(WORLD_CLIENT);
	st->vaddr = htonl(WORLD_VIP);
	st->cport = htons(1234);
	st->vport = htons(WORLD_PORT);
	st->tcp_state = TCP_ESTABLISHED;
	st->window_clamp = 65535;
	st->scaling_ratio = 128;
	st->mss_clamp = 1460;
	KUNIT_ASSERT_EQ(test, 0, tcp_handoff_pack(img, &body, len));
	return body;
}
