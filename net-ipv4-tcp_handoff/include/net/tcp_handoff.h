/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff: the hooks that existing networking code calls.
 *
 * Every hook is named after the function it sits in.  With
 * CONFIG_TCP_HANDOFF=n all of them fold away; built in but unconfigured they
 * cost a static branch, or nothing where they only run for a minisock.
 */
#ifndef _NET_TCP_HANDOFF_H
#define _NET_TCP_HANDOFF_H

#include <linux/jump_label.h>
#include <linux/tcp.h>
#include <net/inet_timewait_sock.h>
#include <net/request_sock.h>
#include <net/tcp.h>

struct seq_file;

/* Answers of tcp_handoff_v4_rcv(): not ours, taken, or look up again. */
#define TCP_HANDOFF_PASS	0
#define TCP_HANDOFF_TAKEN	1
#define TCP_HANDOFF_AGAIN	2

#if IS_ENABLED(CONFIG_TCP_HANDOFF)

/* Attribute with struct tcp_handoff_diag. */
#define TCP_HANDOFF_DIAG_SIZE	nla_total_size_64bit(24)

/* True while any namespace lives that has, or had, a peer or a VIP. */
DECLARE_STATIC_KEY_FALSE(tcp_handoff_key);

void __init tcp_handoff_init(void);
int __tcp_handoff_setsockopt(struct sock *sk, sockptr_t optval,
			     unsigned int optlen);
int tcp_handoff_getsockopt(struct sock *sk, sockptr_t optval,
			   sockptr_t optlen);
int __tcp_handoff_v4_rcv(struct sock *sk, struct sk_buff *skb);
bool __tcp_handoff_v4_moved(struct sock *sk, struct sk_buff *skb,
			    bool refcounted);
void __tcp_handoff_v4_err(struct sock *sk, struct sk_buff *skb);
bool __tcp_handoff_ip_rcv_finish(struct sk_buff *skb);
void __tcp_handoff_time_wait(struct sock *sk, struct inet_timewait_sock *tw);
void __tcp_handoff_tw_closed(struct inet_timewait_sock *tw);
void __tcp_handoff_twsk_destructor(struct tcp_timewait_sock *tcptw);
void __tcp_handoff_set_state_close(struct sock *sk);
void __tcp_handoff_destroy_sock(struct sock *sk);
int __tcp_handoff_diag_fill(struct sock *sk, struct sk_buff *skb);
void tcp_handoff_seq_show(struct seq_file *seq);

static inline bool tcp_handoff_enabled(void)
{
	return static_branch_unlikely(&tcp_handoff_key);
}

static inline bool tcp_handoff_optname(int optname)
{
	return optname == TCP_HANDOFF;
}

static inline int tcp_handoff_setsockopt(struct sock *sk, sockptr_t optval,
					 unsigned int optlen)
{
	return __tcp_handoff_setsockopt(sk, optval, optlen);
}

/* tcp_v4_rcv(), a TIME_WAIT class socket was found. */
static inline int tcp_handoff_v4_rcv(struct sock *sk, struct sk_buff *skb)
{
	/* one that is not ours any more is what host_time_wait() made it */
	if (tcp_handoff_enabled() &&
	    /* pairs with the release there */
	    smp_load_acquire(&tcp_twsk(sk)->tw_handoff))
		return __tcp_handoff_v4_rcv(sk, skb);
	return TCP_HANDOFF_PASS;
}

/*
 * tcp_v4_rcv(), socket spinlock held: the socket was looked up before capture
 * took its connection away.  True: lock and reference are dropped, @skb is as
 * it was before the lookup, look up again.
 */
static inline bool tcp_handoff_v4_moved(struct sock *sk, struct sk_buff *skb,
					bool refcounted)
{
	if (tcp_handoff_enabled() && sk->sk_state == TCP_CLOSE &&
	    rcu_access_pointer(tcp_sk(sk)->handoff))
		return __tcp_handoff_v4_moved(sk, skb, refcounted);
	return false;
}

/* tcp_v4_err(), an ICMP error met a TIME_WAIT class socket. */
static inline void tcp_handoff_v4_err(struct sock *sk, struct sk_buff *skb)
{
	if (tcp_handoff_enabled() &&
	    rcu_access_pointer(tcp_twsk(sk)->tw_handoff))
		__tcp_handoff_v4_err(sk, skb);
}

/* tcp_twsk_unique(): a flow's 4-tuple is in use, never recycle it. */
static inline bool tcp_handoff_twsk_unique(const struct tcp_timewait_sock *tw)
{
	return tcp_handoff_enabled() && rcu_access_pointer(tw->tw_handoff);
}

/* nf_tproxy_handle_time_wait4(): ... nor end it because somebody sent a SYN. */
static inline bool tcp_handoff_tproxy_time_wait(const struct sock *sk)
{
	return tcp_handoff_twsk_unique(tcp_twsk(sk));
}

/* ip_rcv_finish_core(), after early demux.  True: the packet was taken. */
static inline bool tcp_handoff_ip_rcv_finish(struct sk_buff *skb)
{
	if (tcp_handoff_enabled() && skb->sk &&
	    skb->sk->sk_state == TCP_TIME_WAIT)
		return __tcp_handoff_ip_rcv_finish(skb);
	return false;
}

/* tcp_time_wait(): a fresh minisock, from a slab that is not zeroed. */
static inline void tcp_handoff_time_wait(struct sock *sk,
					 struct inet_timewait_sock *tw)
{
	RCU_INIT_POINTER(tcp_twsk((struct sock *)tw)->tw_handoff, NULL);
	if (tcp_handoff_enabled() && rcu_access_pointer(tcp_sk(sk)->handoff))
		__tcp_handoff_time_wait(sk, tw);
}

/* tcp_timewait_state_process(): FIN_WAIT2 became TIME_WAIT. */
static inline void tcp_handoff_tw_closed(struct inet_timewait_sock *tw)
{
	if (tcp_handoff_enabled() &&
	    rcu_access_pointer(tcp_twsk((struct sock *)tw)->tw_handoff))
		__tcp_handoff_tw_closed(tw);
}

static inline void tcp_handoff_twsk_destructor(struct sock *sk)
{
	if (tcp_handoff_enabled() &&
	    rcu_access_pointer(tcp_twsk(sk)->tw_handoff))
		__tcp_handoff_twsk_destructor(tcp_twsk(sk));
}

/* tcp_set_state() to TCP_CLOSE: the end of a connection, however it came. */
static inline void tcp_handoff_set_state(struct sock *sk, int state)
{
	if (tcp_handoff_enabled() && state == TCP_CLOSE &&
	    rcu_access_pointer(tcp_sk(sk)->handoff))
		__tcp_handoff_set_state_close(sk);
}

static inline void tcp_handoff_v4_destroy_sock(struct sock *sk)
{
	if (tcp_handoff_enabled() && rcu_access_pointer(tcp_sk(sk)->handoff))
		__tcp_handoff_destroy_sock(sk);
}

/*
 * tcp_v4_syn_recv_sock(): a connection that comes home takes the place of its
 * minisock and is not bound by the accept queue's limit: it has been accepted
 * once already.  Only adoption passes a TIME_WAIT class socket here; where a
 * back end's takes the place of an old TIME_WAIT, the limit was looked at just
 * before (check_listener() in adopt.c).
 */
static inline bool tcp_handoff_syn_recv_sock(const struct request_sock *unhash)
{
	return unhash && ((struct sock *)unhash)->sk_state == TCP_TIME_WAIT;
}

/*
 * tcp_create_openreq_child(): the packet that makes a moved connection a child
 * is made up.  Its control block has what no packet that ends a handshake has:
 * RST if the connection comes home, no flag if it comes from another host.
 */
#define TCP_HANDOFF_FLAGS_HOME	TCPHDR_RST
#define TCP_HANDOFF_FLAGS_MOVED	0

/* It was counted when it was opened. */
static inline bool tcp_handoff_openreq_home(const struct sk_buff *skb)
{
	return tcp_handoff_enabled() &&
	       TCP_SKB_CB(skb)->tcp_flags == TCP_HANDOFF_FLAGS_HOME;
}

/* It was opened elsewhere. */
static inline bool tcp_handoff_openreq_moved(const struct sk_buff *skb)
{
	return tcp_handoff_enabled() &&
	       TCP_SKB_CB(skb)->tcp_flags == TCP_HANDOFF_FLAGS_MOVED;
}

/* tcp_create_openreq_child(): a listener's history is not its children's. */
static inline void tcp_handoff_openreq_child(struct tcp_sock *newtp)
{
	RCU_INIT_POINTER(newtp->handoff, NULL);
}

/*
 * inet_csk_accept(): an adopted connection has a write queue before it is
 * accepted; its memory must be charged with the rest.  Bytes.
 */
static inline int tcp_handoff_accept_wmem(const struct sock *sk)
{
	return sk->sk_wmem_queued;
}

/*
 * inet_diag: flow attribute of a full socket or a minisock, for those who may
 * see flows elsewhere as well.
 */
static inline int tcp_handoff_diag_fill(struct sock *sk, struct sk_buff *skb,
					bool net_admin)
{
	return tcp_handoff_enabled() && net_admin ?
	       __tcp_handoff_diag_fill(sk, skb) : 0;
}

/* tcp_diag_get_aux_size(): room for what tcp_handoff_diag_fill() adds. */
static inline size_t tcp_handoff_diag_size(void)
{
	return tcp_handoff_enabled() ? TCP_HANDOFF_DIAG_SIZE : 0;
}

#else /* !CONFIG_TCP_HANDOFF */

static inline void tcp_handoff_init(void) { }

static inline bool tcp_handoff_optname(int optname)
{
	return false;
}

static inline int tcp_handoff_setsockopt(struct sock *sk, sockptr_t optval,
					 unsigned int optlen)
{
	return -ENOPROTOOPT;
}

static inline int tcp_handoff_getsockopt(struct sock *sk, sockptr_t optval,
					 sockptr_t optlen)
{
	return -ENOPROTOOPT;
}

static inline int tcp_handoff_v4_rcv(struct sock *sk, struct sk_buff *skb)
{
	return TCP_HANDOFF_PASS;
}

static inline bool tcp_handoff_v4_moved(struct sock *sk, struct sk_buff *skb,
					bool refcounted)
{
	return false;
}

static inline void tcp_handoff_v4_err(struct sock *sk, struct sk_buff *skb) { }

static inline bool tcp_handoff_twsk_unique(const struct tcp_timewait_sock *tw)
{
	return false;
}

static inline bool tcp_handoff_tproxy_time_wait(const struct sock *sk)
{
	return false;
}

static inline bool tcp_handoff_ip_rcv_finish(struct sk_buff *skb)
{
	return false;
}

static inline void tcp_handoff_time_wait(struct sock *sk,
					 struct inet_timewait_sock *tw) { }
static inline void tcp_handoff_tw_closed(struct inet_timewait_sock *tw) { }
static inline void tcp_handoff_twsk_destructor(struct sock *sk) { }
static inline void tcp_handoff_set_state(struct sock *sk, int state) { }
static inline void tcp_handoff_v4_destroy_sock(struct sock *sk) { }

static inline bool tcp_handoff_syn_recv_sock(const struct request_sock *unhash)
{
	return false;
}

static inline bool tcp_handoff_openreq_home(const struct sk_buff *skb)
{
	return false;
}

static inline bool tcp_handoff_openreq_moved(const struct sk_buff *skb)
{
	return false;
}

static inline void tcp_handoff_openreq_child(struct tcp_sock *newtp) { }

static inline int tcp_handoff_accept_wmem(const struct sock *sk)
{
	return 0;
}

/* no function: a use of net_admin, however vain, changes tcp_diag.o */
#define tcp_handoff_diag_fill(...)	0

static inline size_t tcp_handoff_diag_size(void)
{
	return 0;
}

static inline void tcp_handoff_seq_show(struct seq_file *seq) { }

#endif /* CONFIG_TCP_HANDOFF */

#endif /* _NET_TCP_HANDOFF_H */
