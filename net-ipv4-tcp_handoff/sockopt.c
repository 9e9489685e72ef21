// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: setsockopt(TCP_HANDOFF) and getsockopt(TCP_HANDOFF).
 */
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/sockptr.h>

#include "handoff.h"
#include "trace.h"

/*
 * The peer of a request: configured as a back end, and reachable now.  A
 * channel that breaks later brings the connection home again.
 */
static enum tcp_handoff_reason
request_peer(struct tcp_handoff_net *hnet, const struct tcp_handoff_req *req,
	     struct tcp_handoff_peer **peer)
{
	const struct sockaddr_in *sin = (const void *)&req->peer;

	if (sin->sin_family != AF_INET)
		return TCP_HANDOFF_REASON_FAMILY;
	*peer = tcp_handoff_peer_find(hnet, sin->sin_addr.s_addr);
	if (!*peer)
		return TCP_HANDOFF_REASON_NO_PEER;
	if (!((*peer)->flags & TCP_HANDOFF_PEER_F_BACK_END) ||
	    (sin->sin_port && sin->sin_port != (*peer)->port))
		return TCP_HANDOFF_REASON_NO_PEER;
	if (!tcp_handoff_channel_is_up(*peer, true))
		return TCP_HANDOFF_REASON_PEER_DOWN;
	return TCP_HANDOFF_REASON_NONE;
}

/*
 * As copy_struct_from_user().  copy_struct_from_sockptr() of 6.12 does not do:
 * it never looks at what a program's larger struct has at its end.
 */
static int copy_extensible(void *dst, size_t size, sockptr_t src, size_t len)
{
	if (!sockptr_is_kernel(src))
		return copy_struct_from_user(dst, size, src.user, len);
	if (len > size && memchr_inv(src.kernel + size, 0, len - size))
		return -E2BIG;
	memset(dst, 0, size);
	memcpy(dst, src.kernel, min(size, len));
	return 0;
}

static int copy_req(struct tcp_handoff_req *req, sockptr_t optval,
		    unsigned int optlen)
{
	const u32 known = TCP_HANDOFF_F_CONSUMED | TCP_HANDOFF_F_SOCKOPTS;
	int err;

	/* up to the address family, or it means nothing */
	if (optlen < offsetofend(struct tcp_handoff_req, cookie) +
		     sizeof(struct sockaddr_in))
		return -EINVAL;
	if (optlen > PAGE_SIZE)
		return -E2BIG;
	err = copy_extensible(req, sizeof(*req), optval, optlen);
	if (err)
		return err;
	if (req->flags & ~known || req->reserved)
		return -EINVAL;
	return 0;
}

/**
 * __tcp_handoff_setsockopt() - hand the connection of a socket to a back end
 * @sk:     TCP socket, not locked
 * @optval: struct tcp_handoff_req
 * @optlen: its size in the program
 *
 * Context: process; refused from BPF, which may hold the lock already.
 * Return: 0: the connection has left @sk; else nothing has changed: -EINVAL,
 * -E2BIG, -EFAULT about the request, -EOPNOTSUPP from BPF, or the errno of a
 * reason in reason.h
 */
int __tcp_handoff_setsockopt(struct sock *sk, sockptr_t optval,
			     unsigned int optlen)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(sock_net(sk));
	struct tcp_handoff_capture_opts opts = {};
	struct tcp_handoff_flow *flow = NULL;
	enum tcp_handoff_reason reason;
	struct tcp_handoff_req req;
	int err;

	if (has_current_bpf_ctx())
		return -EOPNOTSUPP;
	err = copy_req(&req, optval, optlen);
	if (err)
		return err;
	opts.privileged = ns_capable(hnet->net->user_ns, CAP_NET_ADMIN);
	if (!opts.privileged &&
	    !tcp_handoff_vip_unprivileged(hnet, inet_sk(sk)->inet_rcv_saddr,
					  inet_sk(sk)->inet_sport))
		return tcp_handoff_refuse(hnet, TCP_HANDOFF_REASON_PERM);

	opts.flags = req.flags;
	opts.cookie = req.cookie;
	reason = request_peer(hnet, &req, &opts.peer);
	if (!reason)
		flow = tcp_handoff_capture(sk, &opts, &reason);
	if (flow)
		tcp_handoff_send(flow);
	if (opts.peer)
		tcp_handoff_peer_put(opts.peer);
	return tcp_handoff_refuse(hnet, reason);
}

/* One that was captured and is connected again has no history. */
static struct tcp_handoff_info_blk *sk_blk(const struct sock *sk)
{
	struct tcp_handoff_info_blk *blk = rcu_dereference(tcp_sk(sk)->handoff);

	if (blk && blk->captured && inet_sk_state_load(sk) != TCP_CLOSE)
		return NULL;
	return blk;
}

/**
 * tcp_handoff_getsockopt() - what a socket knows of its handoffs
 * @sk:     TCP socket
 * @optval: struct tcp_handoff_info
 * @optlen: size of it in the program; on return the bytes that were written
 *
 * Works on every TCP socket; one that was never handed on has role NONE.
 *
 * Context: process.
 * Return: 0, -EINVAL or -EFAULT
 */
int tcp_handoff_getsockopt(struct sock *sk, sockptr_t optval, sockptr_t optlen)
{
	struct tcp_handoff_info_blk *blk;
	struct tcp_handoff_info info = {};
	int len;

	if (copy_from_sockptr(&len, optlen, sizeof(len)))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min_t(unsigned int, len, sizeof(info));

	rcu_read_lock();
	blk = sk_blk(sk);
	if (blk)
		info = blk->info;
	rcu_read_unlock();

	if (copy_to_sockptr(optlen, &len, sizeof(len)) ||
	    copy_to_sockptr(optval, &info, len))
		return -EFAULT;
	return 0;
}

/**
 * __tcp_handoff_diag_fill() - flow attribute for ss
 * @sk:  full socket or minisock that inet_diag shows
 * @skb: netlink message
 *
 * Return: 0 (also if there is nothing to say) or -EMSGSIZE
 */
int __tcp_handoff_diag_fill(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_handoff_diag diag = {};
	struct tcp_handoff_info_blk *blk;
	struct tcp_handoff_flow *flow;
	bool found = false;

	BUILD_BUG_ON(nla_total_size_64bit(sizeof(diag)) !=
		     TCP_HANDOFF_DIAG_SIZE);
	rcu_read_lock();
	if (sk_fullsock(sk)) {
		blk = sk_blk(sk);
		if (blk) {
			diag.role = blk->info.role;
			diag.boot_id = blk->info.boot_id;
			diag.flow_id = blk->info.flow_id;
			found = true;
		}
	} else if (inet_twsk(sk)->tw_dr ==
		   &tcp_handoff_pernet(sock_net(sk))->death_row) {
		flow = rcu_dereference(tcp_twsk(sk)->tw_handoff);
		if (flow) {
			diag.role = TCP_HANDOFF_ROLE_CAPTURED;
			diag.boot_id = flow->id.boot_id;
			diag.flow_id = flow->id.seq;
			found = true;
		}
	}
	rcu_read_unlock();
	return found ? nla_put_64bit(skb, INET_DIAG_TCP_HANDOFF, sizeof(diag),
				     &diag, INET_DIAG_PAD) : 0;
}
EXPORT_SYMBOL_GPL(__tcp_handoff_diag_fill);
