/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff: objects and functions shared by the files of this folder.
 *
 * The path of a connection, file by file:
 *
 *   front end: sockopt.c -> capture.c -> sender.c -> channel.c
 *   back end:  channel.c -> receiver.c -> tech_*.c (pool.c) -> adopt.c
 *   packets:   router.c -> xmit.c -> tunnel.c
 *
 * state.c copies a connection between socket, image and message.
 */
#ifndef _TCP_HANDOFF_HANDOFF_H
#define _TCP_HANDOFF_HANDOFF_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <net/dst_cache.h>
#include <net/inet_timewait_sock.h>
#include <net/tcp.h>
#include <net/tcp_handoff.h>
#include <uapi/linux/tcp_handoff.h>
#include <uapi/linux/tcp_handoff_nl.h>

#include "mib.h"
#include "proto.h"
#include "reason.h"

struct tcp_handoff_channel;
struct tcp_handoff_net;
struct tcp_handoff_peer;

/* Name of a flow, the same on every host. */
struct tcp_handoff_id {
	u64 boot_id;
	u64 seq;
};

/*
 * struct tcp_handoff_state: a TCP connection, without its queues
 *
 * Host byte order but for addresses and ports.  No clock of this host is in
 * it: times are ages (microseconds or seconds, saturated) at the moment
 * @taken, and @ts_now is what the connection's timestamp clock showed then.
 * Whoever uses it later adds the time since @taken, see
 * tcp_handoff_state_age().  Names follow struct tcp_sock.
 */
struct tcp_handoff_state {
	/* not on the wire */
	u64 taken;		/* ktime_get_ns() of this host */
	u32 present;		/* BIT(TLV number) seen while parsing */

	/* CONN */
	__be32 caddr;		/* client */
	__be32 vaddr;		/* VIP */
	__be16 cport;
	__be16 vport;
	u8 tcp_state;		/* TCP_ESTABLISHED or TCP_CLOSE_WAIT */
	u8 fin_read;		/* CLOSE_WAIT: the program has seen the EOF */
	u8 ack_owed;		/* data received but not acknowledged yet */
	u8 ecn_flags;

	/* SEQ */
	u32 rcv_nxt;
	u32 copied_seq;
	u32 rcv_wup;
	u32 snd_una;
	u32 snd_nxt;
	u32 write_seq;
	u32 snd_wl1;
	u32 snd_sml;
	u32 pushed_seq;
	u32 snd_up;

	/* WIN */
	u32 rcv_wnd;
	u32 snd_wnd;
	u32 max_window;
	u32 window_clamp;
	u32 rcv_ssthresh;
	u32 rcvbuf;
	u32 sndbuf;
	u32 scaling_ratio;

	/* OPT */
	u16 mss_clamp;
	u16 user_mss;
	u16 advmss;
	u8 snd_wscale;
	u8 rcv_wscale;
	u8 wscale_ok;
	u8 tstamp_ok;
	u8 sack_ok;		/* with TCP_DSACK_SEEN */
	u8 usec_ts;
	u32 pmtu;

	/* TS (iff tstamp_ok) */
	u32 ts_now;		/* next TSval; ms, or us if usec_ts */
	u32 ts_recent;
	u32 ts_recent_age;	/* seconds */
	u32 ts_ahead;		/* us that pacing had sent ahead of its time */
	u32 ts_rest;		/* not on the wire: us less than a tick */

	/* RTT, all in microseconds */
	u32 srtt_us;		/* << 3 as in tcp_sock */
	u32 mdev_us;
	u32 mdev_max_us;
	u32 rttvar_us;
	u32 rtt_min_us;		/* ~0: none yet */
	u32 rtt_min_age;
	u32 rto_us;
	u32 rto_min_us;
	u32 delack_max_us;

	/* CWND */
	u32 snd_cwnd;
	u32 snd_ssthresh;
	u32 snd_cwnd_cnt;
	u32 snd_cwnd_clamp;
	u32 reordering;
	u32 cwnd_age;		/* us since snd_cwnd_stamp */
	u32 lsnd_age;		/* us since lsndtime */
	u32 rcv_age;		/* us since rcv_tstamp */
	u64 pacing_rate;	/* bytes/s, a hint */
	u8 reo_wnd_steps;
	u8 reo_wnd_persist;
	u8 dsack_seen;
	u8 is_cwnd_limited;

	/* CC */
	char cc_name[TCP_CA_NAME_MAX];

	/* ACK */
	u32 rcv_mss;
	u32 ato_us;
	u32 lrcv_age;		/* us since icsk_ack.lrcvtime */
	u32 rcvq_space;
	u32 rcv_rtt_us;		/* << 3 as in tcp_sock */
	u8 pingpong;
	u8 quick;

	/* URG (iff urg_data) */
	u16 urg_data;
	u32 urg_seq;
	u8 urginline;

	/* SOCKOPT (iff asked for) */
	u8 sockopts;
	u8 nodelay;
	u8 tos;
	u8 keepalive;
	u8 keepalive_probes;
	u32 keepalive_time_ms;	/* 0: namespace default, here and below */
	u32 keepalive_intvl_ms;
	u32 user_timeout_ms;
	u32 notsent_lowat;
	u32 mark;
	u8 thin_lto;
	u8 ttl;			/* 0: default */
	u32 linger2_ms;		/* ~0: none */

	/* STATS */
	u64 bytes_sent;
	u64 bytes_acked;
	u64 bytes_received;
	u64 bytes_retrans;
	u32 segs_in;
	u32 segs_out;
	u32 data_segs_in;
	u32 data_segs_out;
	u32 total_retrans;
	u32 delivered;
	u32 delivered_ce;
	u32 dsack_dups;
	u32 reord_seen;
	u32 rcv_ooopack;
	u32 lost;
	u32 total_rto_time;	/* ms */
	u16 total_rto;
	u16 total_rto_recoveries;

	/* PROBE (iff a zero window is being probed) */
	u8 probing;
	u8 backoff;
	u8 probes_out;
	u32 probes_age_ms;

	/* SACK */
	u32 num_sacks;
	struct tcp_sack_block sacks[4];
};

/*
 * struct tcp_handoff_image: a whole connection as data, owned by one holder
 * @st:		everything but the queues
 * @rx:		unread receive queue in order, a received FIN included
 * @ofo:	out-of-order queue, by sequence number
 * @rtx:	sent and not acknowledged, by sequence number
 * @tx:		not sent yet
 * @bytes:	truesize of all of them, charged to the namespace's limit
 *
 * skbs are orphaned and charged to no socket.  TCP_SKB_CB() is valid in all
 * of them; rtx keeps skb_mstamp_ns in the clock of this host.
 */
struct tcp_handoff_image {
	struct tcp_handoff_state st;
	struct sk_buff_head rx;
	struct sk_buff_head ofo;
	struct sk_buff_head rtx;
	struct sk_buff_head tx;
	struct tcp_handoff_net *hnet;	/* whose limit bytes count against */
	size_t bytes;
	size_t payload;			/* bytes of them in the last message */
};

/*
 * States of a flow.  Front end: HOLD, SENT, DOUBT, FORWARD, HOMING.
 * Back end: ADOPTING, OWNED.  Either: ENDED (on a back end: a tombstone).
 * Written down with every transition in tcp_handoff-protocol.rst.
 */
enum tcp_handoff_flow_state {
	TCP_HANDOFF_ST_HOLD,	 /* captured; HANDOFF not completely sent */
	TCP_HANDOFF_ST_SENT,	 /* HANDOFF sent, no answer yet */
	TCP_HANDOFF_ST_DOUBT,	 /* channel broke in between */
	TCP_HANDOFF_ST_FORWARD,	 /* the back end has it, packets go there */
	TCP_HANDOFF_ST_HOMING,	 /* being adopted here */
	TCP_HANDOFF_ST_ADOPTING, /* a technique is at work */
	TCP_HANDOFF_ST_OWNED,	 /* a socket of this host has it */
	TCP_HANDOFF_ST_ENDED,	 /* no connection, only memory of one */
};

/*
 * struct tcp_handoff_flow: one connection that passes or passed through here
 *
 * References: the namespace's table (until removed), the minisock (tw_handoff),
 * the socket that has it (tcp_handoff_info_blk), an outstanding message, a
 * running worker.  Freed by RCU: packets find it through the minisock.
 *
 * @lock guards @state, @hold and every field that changes with them; it nests
 * inside a socket's spinlock and is taken with BH off.  The image belongs to
 * whoever moved the flow into HOLD, SENT, DOUBT or HOMING: the sender reads
 * it, home adoption takes it, ADOPTED frees it.
 */
struct tcp_handoff_flow {
	struct hlist_node node;		/* hnet->flows, by id; hnet->lock */
	struct tcp_handoff_net *hnet;
	struct tcp_handoff_id id;
	u32 epoch;
	u32 conn_magic;
	refcount_t ref;

	spinlock_t lock;		/* @state and what follows from it */
	u8 state;
	u8 result;			/* tombstone: message type answered */
	u8 closed;			/* enum tcp_handoff_closed, 0: not */
	u8 reason;			/* last enum tcp_handoff_reason */
	bool removed;			/* no longer in the table */
	bool packing;			/* tcp_handoff_send() reads the image */
	bool closed_acked;
	u8 home_tries;			/* by the flow's sock_work only */
	bool cancel;			/* CANCEL wanted; back end: it came */
	bool reconcile;			/* front end: QUERY wanted */
	bool forget;			/* back end: FORGET came */
	bool unasked;			/* back end: who might ask is gone */
	bool client_known;		/* of the three that follow */
	u32 client_ack;			/* what the client waits for */
	u32 client_seq;			/* how far it has sent */
	u32 progress_at;		/* jiffies when that changed */
	u32 attempts;
	u32 last_used;			/* jiffies of the last packet */
	int in_ifindex;			/* where packets come in ... */
	int genid;			/* ... as routing said at this state */

	/* identity, for lookups at home and for dumps */
	__be32 caddr, vaddr;
	__be16 cport, vport;
	int bound_dev_if;

	struct tcp_handoff_peer __rcu *peer;	/* forward there; came from */
	u64 peer_boot_id;		/* boot the HANDOFF was sent to */
	struct inet_timewait_sock *tw;	/* front end; see flow_get_tw() */
	struct sock *child;		/* back end; see get_child() */

	struct sk_buff_head hold;
	u32 hold_bytes;
	int hold_cpu;			/* where the last one came in */
	struct sk_buff *syn;		/* FORWARD: is the old one alive? */

	struct tcp_handoff_image *img;
	struct tcp_handoff_adoption *adoption; /* back end: unanswered */
	char tech[TCP_HANDOFF_TECH_NAME_MAX];
	u64 cookie;
	u32 req_flags;
	u64 t_capture;			/* ktime_get_ns() */
	u32 handoff_us;			/* capture to ADOPTED */
	u32 adopt_us;			/* back end: HANDOFF to child */
	atomic64_t packets, bytes;	/* forwarded */
	u64 deadline;			/* jiffies64: decide by then */

	struct timer_list timer;
	struct work_struct work;
	struct work_struct sock_work;	/* what takes a program's socket */
	struct work_struct open_work;	/* router.c: on hold_cpu */
	struct list_head tomb;		/* hnet->tombs or ->needed, by ended */
	bool needed;			/* hnet->lock: which of the two */
	u64 ended;			/* jiffies64 */
	u64 serial;			/* order of insertion */
	u64 born;			/* jiffies64, as a tombstone */
	struct rcu_head rcu;

	/* back end: TIME_WAIT parameters, until CLOSED is acknowledged */
	struct tcp_handoff_wire_timewait timewait;
	u64 timewait_taken;		/* ktime_get_ns() of its ts_now */
};

/*
 * struct tcp_handoff_info_blk: what a socket knows of its handoffs
 *
 * Hangs off tcp_sock.handoff, guarded by the socket's spinlock, read under
 * RCU by getsockopt and inet_diag.  @flow is set while the connection is
 * adopted here (OWNED).
 */
struct tcp_handoff_info_blk {
	struct tcp_handoff_info info;
	struct tcp_handoff_flow *flow;
	u32 adopted_copied_seq;		/* copied_seq when it came */
	bool captured;
	struct rcu_head rcu;
};

#define TCP_HANDOFF_KEYS_MOST		4U	/* of a peer */
#define TCP_HANDOFF_SECRET_LEAST	16U
#define TCP_HANDOFF_SECRET_MOST		80U	/* TCP_AO_MAXKEYLEN */

/* A master key tuple of TCP-AO (RFC 5925), for one peer */
struct tcp_handoff_key {
	u8 id;				/* SendID and RecvID alike */
	u8 len;				/* of secret */
	bool force;			/* tcp_handoff_key_del() */
	char alg[64];			/* as TCP_AO_ADD_KEY has it */
	u8 secret[TCP_HANDOFF_SECRET_MOST];
};

/* Techniques that a list of preference may name */
#define TCP_HANDOFF_TECHS_MOST		4

/* What TCP had counted when we looked last */
struct tcp_handoff_auth_seen {
	u64 bad_mac, no_sign;
};

#define TCP_HANDOFF_POOL_MOST		1024U	/* connections from a peer */

/*
 * struct tcp_handoff_pool: connections that wait for an identity, see pool.c
 *
 * On a back end those that one front end has dialled; @ready + @settling is
 * kept at the configured depth.  On a front end what its back end asked for.
 * @lock guards all but the works and @dialling.
 */
struct tcp_handoff_pool {
	spinlock_t lock;		/* all but the works and dialling */
	bool stopped;			/* nothing may begin any more */
	struct list_head parked;	/* of struct tcp_handoff_parked */
	u32 ready;			/* in @parked */
	u32 settling;			/* ... soon */
	struct delayed_work fill_work;	/* back end: ask for what is missing */
	bool fill_soon;			/* it is not only a repetition */
	u32 wanted;			/* front end: to be dialled */
	struct work_struct dial_work;	/* front end: dial them */
	struct mutex dial_lock;
	struct socket *dialling;	/* dial_lock */
};

/*
 * struct tcp_handoff_parked: one of them
 *
 * Owned by its pool, or by the adoption that took it.  @sk has been closed but
 * for its memory, which the last reference holds, ours; it becomes NULL when a
 * connection has moved in.  @req brings it into an accept queue.
 */
struct tcp_handoff_parked {
	struct list_head list;
	struct tcp_handoff_peer *peer;	/* holds a reference */
	struct sock *sk;
	struct request_sock *req;
	struct rcu_work settle;
	u8 tries;
};

/*
 * struct tcp_handoff_peer: another host: a back end, a front end, or both
 *
 * Lives on hnet->peers (RCU), config fields change under hnet->mutex only.
 */
struct tcp_handoff_peer {
	struct list_head list;
	struct tcp_handoff_net *hnet;
	refcount_t ref;
	__be32 addr;
	__be16 port;			/* its channel port */
	__be32 local;			/* bind the channel to; 0: any */
	u32 flags;			/* TCP_HANDOFF_PEER_F_* (netlink) */
	u32 forward;			/* TCP_HANDOFF_FORWARD_* */
	struct dst_cache dst_cache;

	struct mutex key_lock;		/* keys; see auth.c */
	struct tcp_handoff_key *keys;
	u8 nr_keys;
	u8 key_used;			/* id: the peer is to sign with it */

	spinlock_t lock;		/* channels, boot ids, down_since */
	struct tcp_handoff_channel *out; /* we dialled: we hand to it */
	struct tcp_handoff_channel *in;	/* it dialled: it hands to us */
	struct tcp_handoff_channel *in_new; /* ... and has not greeted yet */
	u64 boot_id;			/* seen in its last HELLO */
	u64 out_boot_id, in_boot_id;	/* ... on either channel */
	struct delayed_work dial_work;
	struct delayed_work lost_work;	/* since @out went */
	unsigned int dial_failures;
	u64 down_since;			/* jiffies64: @out went; 0: it is up */
	int last_error;
	bool dead;			/* removed from the configuration */

	u32 needed;			/* hnet->lock: of hnet->needed */
	/* for what it hands to us; hnet->mutex and hnet->lock */
	char techs[TCP_HANDOFF_TECHS_MOST][TCP_HANDOFF_TECH_NAME_MAX];
	struct tcp_handoff_pool pool;

	atomic_t flows;
	atomic64_t sent, adopted, refused, received;
	struct rcu_head rcu;
};

/* A VIP: a back end adopts for it; who may hand off its connections? */
struct tcp_handoff_vip {
	struct list_head list;
	__be32 addr;
	__be16 port;			/* 0: any */
	u32 flags;			/* TCP_HANDOFF_VIP_F_* (netlink) */
	/* for connections to it; hnet->mutex and hnet->lock */
	char techs[TCP_HANDOFF_TECHS_MOST][TCP_HANDOFF_TECH_NAME_MAX];
	struct rcu_head rcu;
};

/*
 * struct tcp_handoff_flow_table: flows by id
 * @buckets:	number of chains, a power of two
 * @chain:	newest flow first; hnet->lock
 *
 * Made with the namespace's first peer, for as many flows as its limit was
 * then, some a chain; it does not grow.
 */
struct tcp_handoff_flow_table {
	u32 buckets;
	struct hlist_head chain[] __counted_by(buckets);
};

#define TCP_HANDOFF_FLOWS_PER_BUCKET	4
#define TCP_HANDOFF_BUCKETS_LEAST	BIT(8)
#define TCP_HANDOFF_BUCKETS_MOST	BIT(20)

/*
 * Defaults of the limits an administrator can set (netlink); to go beyond
 * those of memory takes privilege on the whole host.
 */
#define TCP_HANDOFF_MAX_FLOWS		BIT(20)
#define TCP_HANDOFF_MAX_BYTES		(256UL << 20)
#define TCP_HANDOFF_HOLD_BYTES		(4U << 20)	/* per flow */
#define TCP_HANDOFF_DEADLINE		(60 * HZ)
#define TCP_HANDOFF_IDLE		(15 * 60 * HZ)
#define TCP_HANDOFF_HEARTBEAT		(1 * HZ)
#define TCP_HANDOFF_HEARTBEAT_LEAST	10U		/* ms */
#define TCP_HANDOFF_HEARTBEAT_MOST	60000U
/* A minisock's own timer: set again whenever idleness is looked at. */
#define TCP_HANDOFF_TW_TIMEO		(16 * 24 * 3600 * HZ)
#define TCP_HANDOFF_DEAD_BEATS		4
#define TCP_HANDOFF_TOMB_MOST		(3660ULL * HZ)	/* > any deadline */
/* What one peer has not acknowledged takes so much of max_flows: a quarter. */
#define TCP_HANDOFF_NEEDED_SHIFT	2

/*
 * struct tcp_handoff_net: everything a network namespace has of this
 *
 * @mutex serialises configuration; @lock guards the flow table (BH off).
 */
struct tcp_handoff_net {
	struct net *net;
	u64 boot_id;
	atomic64_t next_seq;
	struct inet_timewait_death_row death_row;
	struct mutex mutex;		/* configuration */
	spinlock_t lock;		/* flows, tombs; BH off */
	struct list_head peers;
	struct list_head vips;
	struct tcp_handoff_flow_table *flows;	/* NULL until enabled */
	siphash_key_t flow_key;
	u32 nr_flows;			/* tombstones included */
	u64 serial;
	atomic_long_t bytes;		/* images and held packets */
	u32 max_flows;
	unsigned long max_bytes;
	u32 hold_bytes;			/* limit per flow */
	u32 deadline_ms;
	u32 idle_ms;
	u32 heartbeat_ms;
	__be16 port;			/* channel port we listen on */
	u32 pool_depth;			/* parked connections per front end */
	char techs[TCP_HANDOFF_TECHS_MOST][TCP_HANDOFF_TECH_NAME_MAX];
	struct workqueue_struct *wq;	/* everything that may sleep ... */
	struct workqueue_struct *sock_wq; /* ... for as long as programs like */
	struct workqueue_struct *open_wq; /* per CPU, see router.c */
	struct mem_cgroup *memcg;	/* of who configured the first peer */
	struct socket *lsock;		/* channel listener */
	struct work_struct accept_work;
	struct delayed_work watch_work;	/* while lsock is there */
	struct tcp_handoff_auth_seen auth_seen; /* on lsock */
	struct list_head tombs;		/* under lock: nicer answers ... */
	struct list_head needed;	/* ... and what must not be forgotten */
	struct delayed_work reap_work;	/* tombstones */
	struct tcp_handoff_mib __percpu *mib;
	bool enabled;			/* holds a tcp_handoff_key count */
	bool exiting;
};

struct tcp_handoff_net *tcp_handoff_pernet(const struct net *net);
int tcp_handoff_net_enable(struct tcp_handoff_net *hnet);
void tcp_handoff_net_set_row(struct tcp_handoff_net *hnet);

/* Adoption policy of a back end. */
struct tcp_handoff_adoption;

/*
 * struct tcp_handoff_tech: a technique: how a back end adopts
 * @name:	unique, lower case
 * @adopted:	TCP_HANDOFF_MIB_* that counts what it adopted, 0: none
 * @fell_back:	... what it left to another one, 0: it never does
 * @adopt:	start adopting; answers through tcp_handoff_adoption_done(), at
 *		once or later, or passes it on with tcp_handoff_adoption_next().
 *		Process context, may sleep.
 * @cancel:	stop an adoption if that is still possible, or do nothing: the
 *		answer tells.  May come after it, or after the adoption was
 *		passed on.  Process context, may sleep.
 * @export:	fill @img with the connection as the client sees it and end
 *		it here silently (recall); -EBUSY if it cannot now
 * @closed:	the flow ended, drop what the technique keeps for it
 */
struct tcp_handoff_tech {
	char name[TCP_HANDOFF_TECH_NAME_MAX];
	int adopted;
	int fell_back;
	struct list_head list;
	void (*adopt)(struct tcp_handoff_adoption *a);
	void (*cancel)(struct tcp_handoff_adoption *a);
	int (*export)(struct tcp_handoff_flow *flow,
		      struct tcp_handoff_image *img);
	void (*closed)(struct tcp_handoff_flow *flow);
};

/*
 * struct tcp_handoff_adoption: one HANDOFF on its way into this host
 * @hnet:	namespace
 * @flow:	the record of it, in state ADOPTING
 * @img:	the connection; the technique takes what it needs
 * @tech:	who works on it
 * @techs:	who may, in order of preference; nobody named: any
 * @techs_done:	so many of them have been asked
 * @start:	ktime_get_ns() when the message was complete
 * @ref:	of the technique until it answers, and of who cancels
 * @begun:	somebody will answer: the technique, or who cancelled before it
 *		was asked; under the flow's lock
 */
struct tcp_handoff_adoption {
	refcount_t ref;
	bool begun;
	struct tcp_handoff_net *hnet;
	struct tcp_handoff_flow *flow;
	struct tcp_handoff_image *img;
	struct tcp_handoff_tech *tech;
	char techs[TCP_HANDOFF_TECHS_MOST][TCP_HANDOFF_TECH_NAME_MAX];
	unsigned int techs_done;
	u64 start;
};

/* main.c */
void tcp_handoff_tech_register(struct tcp_handoff_tech *tech);
struct tcp_handoff_tech *tcp_handoff_tech_find(const char *name);
int tcp_handoff_tech_names(char *buf, size_t len);
bool tcp_handoff_charge(struct tcp_handoff_net *hnet, size_t bytes);
void tcp_handoff_uncharge(struct tcp_handoff_net *hnet, size_t bytes);

/* reason.c */
int tcp_handoff_reason_errno(enum tcp_handoff_reason reason);
const char *tcp_handoff_reason_text(enum tcp_handoff_reason reason);
int tcp_handoff_refuse(struct tcp_handoff_net *hnet,
		       enum tcp_handoff_reason reason);

/* flow.c */
struct tcp_handoff_flow *tcp_handoff_flow_alloc(struct tcp_handoff_net *hnet);
enum tcp_handoff_reason tcp_handoff_flow_insert(struct tcp_handoff_flow *flow);
struct tcp_handoff_flow *tcp_handoff_flow_find(struct tcp_handoff_net *hnet,
					       u64 boot_id, u64 seq);
void tcp_handoff_flow_put(struct tcp_handoff_flow *flow);
void tcp_handoff_flow_set_state(struct tcp_handoff_flow *flow, u8 state);
void tcp_handoff_flow_work(struct work_struct *work);
void tcp_handoff_flow_sock_work(struct work_struct *work);
const char *tcp_handoff_flow_state_name(u8 state);
struct inet_timewait_sock *tcp_handoff_flow_get_tw(struct tcp_handoff_flow *f);
void tcp_handoff_flow_kill_tw(struct tcp_handoff_flow *flow);
void tcp_handoff_flow_end(struct tcp_handoff_flow *flow);
void tcp_handoff_flow_strip(struct tcp_handoff_flow *flow);
void tcp_handoff_flow_entomb(struct tcp_handoff_flow *flow, u8 result);
void tcp_handoff_flow_acked(struct tcp_handoff_flow *flow);
void tcp_handoff_flow_queue_work(struct tcp_handoff_flow *flow);
void tcp_handoff_flow_queue_sock_work(struct tcp_handoff_flow *flow);
void __tcp_handoff_flow_arm(struct tcp_handoff_flow *flow, unsigned long delay);
void tcp_handoff_flow_arm(struct tcp_handoff_flow *flow, unsigned long delay);
void tcp_handoff_flow_disarm(struct tcp_handoff_flow *flow);
void tcp_handoff_flow_set_peer(struct tcp_handoff_flow *flow,
			       struct tcp_handoff_peer *peer);
void tcp_handoff_flow_for_each(struct tcp_handoff_net *hnet,
			       void (*fn)(struct tcp_handoff_flow *flow,
					  void *arg), void *arg);
void tcp_handoff_peer_inherit(struct tcp_handoff_peer *peer);
void tcp_handoff_flows_exit(struct tcp_handoff_net *hnet);
void tcp_handoff_reap(struct work_struct *work);

/* The fields of a message's header that name a flow. */
static inline struct tcp_handoff_hdr
tcp_handoff_flow_hdr(const struct tcp_handoff_flow *flow)
{
	return (struct tcp_handoff_hdr) {
		.boot_id = cpu_to_be64(flow->id.boot_id),
		.seq = cpu_to_be64(flow->id.seq),
		.epoch = cpu_to_be32(flow->epoch),
		.conn_magic = cpu_to_be32(flow->conn_magic),
	};
}

static inline void tcp_handoff_flow_hold(struct tcp_handoff_flow *flow)
{
	refcount_inc(&flow->ref);
}

/* capture.c */
struct tcp_handoff_capture_opts {
	struct tcp_handoff_peer *peer;	/* NULL: @home */
	u32 flags;			/* TCP_HANDOFF_F_* */
	u64 cookie;
	bool privileged;		/* CAP_NET_ADMIN: any VIP */
	bool home;			/* it will be adopted here at once */
};

struct tcp_handoff_flow *
tcp_handoff_capture(struct sock *sk,
		    const struct tcp_handoff_capture_opts *opts,
		    enum tcp_handoff_reason *reason);
enum tcp_handoff_reason tcp_handoff_check_sock(const struct sock *sk);
void tcp_handoff_close_silently(struct sock *sk);
bool tcp_handoff_is_signed(const struct sock *sk);

/* state.c: between socket and image */
void tcp_handoff_image_init(struct tcp_handoff_image *img);
void tcp_handoff_image_purge(struct tcp_handoff_image *img);
void tcp_handoff_image_free(struct tcp_handoff_net *hnet,
			    struct tcp_handoff_image *img);
void tcp_handoff_snapshot(struct sock *sk, struct tcp_handoff_state *st,
			  bool sockopts);
size_t tcp_handoff_splice_size(const struct sock *sk);
size_t tcp_handoff_wire_size(const struct sock *sk);
void tcp_handoff_splice(struct sock *sk, struct tcp_handoff_image *img);
void tcp_handoff_apply(struct sock *child, struct tcp_handoff_image *img);
void tcp_handoff_apply_timers(struct sock *child,
			      const struct tcp_handoff_state *st);
void tcp_handoff_apply_start(struct sock *child);
void tcp_handoff_state_age(struct tcp_handoff_state *st, u64 now);

/* wire.c: between image and message */
int tcp_handoff_pack(struct tcp_handoff_image *img, void **out, size_t *len);
enum tcp_handoff_reason tcp_handoff_parse(const void *body, size_t len,
					  struct tcp_handoff_image *img);
enum tcp_handoff_reason tcp_handoff_check_hdr(const struct tcp_handoff_hdr *hdr,
					      bool out, bool up,
					      const char **what);
bool tcp_handoff_refuses_hello(const struct tcp_handoff_hdr *hdr, bool out,
			       bool up);
const void *tcp_handoff_find_tlv(const void *body, size_t len, u16 want,
				 size_t size);
enum tcp_handoff_reason tcp_handoff_check(const struct tcp_handoff_state *st);

/* adopt.c */
bool tcp_handoff_lock_sock(struct sock *sk);
bool tcp_handoff_listener_fits(const struct sock *lsk);
enum tcp_handoff_reason tcp_handoff_adopt(struct tcp_handoff_flow *flow,
					  struct tcp_handoff_image *img,
					  struct inet_timewait_sock *osk);
enum tcp_handoff_reason
tcp_handoff_adopt_parked(struct tcp_handoff_flow *flow,
			 struct tcp_handoff_image *img,
			 struct tcp_handoff_parked *parked);
struct sk_buff *tcp_handoff_make_ack(const struct tcp_handoff_state *st,
				     u32 seq, u32 ack);

/* sender.c: the front end's side of the protocol */
void tcp_handoff_flow_orphaned(struct tcp_handoff_flow *flow);
void tcp_handoff_send(struct tcp_handoff_flow *flow);
void tcp_handoff_send_home(struct tcp_handoff_flow *flow); /* torture.c */
bool tcp_handoff_sending(struct tcp_handoff_flow *flow, u64 boot_id);
void tcp_handoff_home(struct tcp_handoff_flow *flow, u32 from,
		      enum tcp_handoff_reason reason);
void tcp_handoff_sender_rcv(struct tcp_handoff_channel *ch,
			    const struct tcp_handoff_hdr *hdr,
			    const void *body, size_t len);
void tcp_handoff_sender_up(struct tcp_handoff_channel *ch, u64 old_boot_id);
void tcp_handoff_sender_down(struct tcp_handoff_channel *ch);
void tcp_handoff_sender_lost(struct tcp_handoff_peer *peer);
void tcp_handoff_sender_removed(struct tcp_handoff_peer *peer);

/* receiver.c: the back end's side of the protocol */
void tcp_handoff_receiver_rcv(struct tcp_handoff_channel *ch,
			      const struct tcp_handoff_hdr *hdr,
			      const void *body, size_t len);
void tcp_handoff_receiver_skipped(struct tcp_handoff_channel *ch,
				  const struct tcp_handoff_hdr *hdr,
				  enum tcp_handoff_reason reason);
void tcp_handoff_receiver_up(struct tcp_handoff_channel *ch, u64 old_boot_id);
void tcp_handoff_receiver_removed(struct tcp_handoff_peer *peer);
void tcp_handoff_receiver_work(struct tcp_handoff_flow *flow);
void tcp_handoff_receiver_sock_work(struct tcp_handoff_flow *flow);
bool tcp_handoff_receiver_cancel(struct tcp_handoff_flow *flow, bool forget);
void tcp_handoff_adoption_done(struct tcp_handoff_adoption *a,
			       enum tcp_handoff_reason reason);
void tcp_handoff_adoption_next(struct tcp_handoff_adoption *a,
			       enum tcp_handoff_reason reason);
void tcp_handoff_report_closed(struct tcp_handoff_flow *flow, u8 kind);

/* channel.c */

/*
 * struct tcp_handoff_channel: one TCP connection between two hosts
 *
 * Created by dialling or accepting, installed in its peer, killed once.  The
 * namespace's workqueue runs all of it: @rx_work parses, @tx_work writes (and
 * may block in the socket), @beat_work watches, @kill_work ends it after the
 * others.  References: the peer, every work that is queued, whoever got it
 * from tcp_handoff_channel_get().
 */
struct tcp_handoff_channel {
	struct tcp_handoff_net *hnet;
	struct tcp_handoff_peer *peer;	/* holds a reference */
	struct socket *sock;		/* NULL under key_lock: released */
	refcount_t ref;
	bool out;			/* we dialled: we are the front end */
	bool up;			/* both HELLOs are through */
	bool proven;			/* back end: something came after */
	bool pool;			/* no session: for the pool ... */
	bool park;			/* ... which gets its socket */
	bool greeted;			/* our HELLO is queued */
	int err;
	u64 peer_boot_id;
	u32 peer_heartbeat_ms;
	u32 heartbeat_ms;		/* that our HELLO has promised */
	unsigned long born;		/* jiffies */
	struct tcp_handoff_auth_seen auth_seen;	/* beat_work */

	spinlock_t lock;		/* dead, txq */
	bool started;			/* its works may run */
	bool dead;			/* kill_work is queued, or will be */
	struct list_head txq;
	size_t tx_bytes;		/* of messages in txq */
	size_t ask_most;		/* as much of it may be questions */
	bool drained;			/* nothing may be queued any more */
	bool sending;			/* tx_work has one in hand */
	bool corked;			/* tx_work: more was promised */
	wait_queue_head_t flushed;	/* channel_flush() */
	unsigned long last_rx, last_tx;	/* jiffies */

	struct work_struct rx_work, tx_work, kill_work;
	struct delayed_work beat_work;

	/* receiving: rx_work only */
	struct tcp_handoff_hdr hdr;
	u8 *body;
	size_t have;			/* bytes of this message so far */
	size_t cap;			/* allocated for body, charged */
	enum tcp_handoff_reason skip;	/* why this body is not kept */
	struct rcu_head rcu;
};

void tcp_handoff_accept_work(struct work_struct *work);
int tcp_handoff_listen(struct tcp_handoff_net *hnet, __be16 port);
int tcp_handoff_peer_bind(struct tcp_handoff_peer *peer, struct socket *sock);
void tcp_handoff_listen_stop(struct tcp_handoff_net *hnet);
void tcp_handoff_peer_init(struct tcp_handoff_peer *peer);
int tcp_handoff_peer_start(struct tcp_handoff_peer *peer);
void tcp_handoff_peer_stop(struct tcp_handoff_peer *peer);
bool tcp_handoff_channel_is_up(struct tcp_handoff_peer *peer, bool out);
bool tcp_handoff_channel_is_busy(const struct tcp_handoff_channel *ch);
struct tcp_handoff_channel *tcp_handoff_channel_get(struct tcp_handoff_peer *p,
						    bool out);
struct tcp_handoff_channel *
tcp_handoff_channel_at(struct tcp_handoff_peer *peer,
		       struct tcp_handoff_channel **slot);
void tcp_handoff_channel_put(struct tcp_handoff_channel *ch);
int tcp_handoff_channel_send(struct tcp_handoff_channel *ch,
			     const struct tcp_handoff_hdr *name, u8 type,
			     u32 code, const void *body, size_t len, gfp_t gfp);
int tcp_handoff_channel_send_image(struct tcp_handoff_channel *ch,
				   struct tcp_handoff_flow *flow, void *body,
				   size_t len);
void tcp_handoff_channel_kill(struct tcp_handoff_channel *ch, int err);
void tcp_handoff_channel_bad(struct tcp_handoff_channel *ch, const char *what);

/* auth.c */
bool tcp_handoff_auth_wanted(const struct tcp_handoff_peer *peer);
int tcp_handoff_auth_dial(struct tcp_handoff_peer *peer, struct sock *sk);
bool tcp_handoff_auth_accepted(struct tcp_handoff_channel *ch);
void tcp_handoff_auth_up(struct tcp_handoff_channel *ch);
void tcp_handoff_auth_watch(struct tcp_handoff_channel *ch);
int tcp_handoff_auth_listener(struct tcp_handoff_net *hnet, struct sock *sk);
void tcp_handoff_auth_watch_work(struct work_struct *work);
int tcp_handoff_key_check(struct net *net, __be32 addr,
			  const struct tcp_handoff_key *key,
			  struct netlink_ext_ack *extack);
int tcp_handoff_key_add(struct tcp_handoff_net *hnet, __be32 addr,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack);
int tcp_handoff_key_del(struct tcp_handoff_net *hnet, __be32 addr,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack);
int tcp_handoff_key_use(struct tcp_handoff_net *hnet, __be32 addr,
			const struct tcp_handoff_key *key,
			struct netlink_ext_ack *extack);
u32 tcp_handoff_key_flags(struct tcp_handoff_peer *peer, u8 id);

/* peer.c */
struct tcp_handoff_peer *tcp_handoff_peer_find(struct tcp_handoff_net *hnet,
					       __be32 addr);
void tcp_handoff_peer_put(struct tcp_handoff_peer *peer);
int tcp_handoff_peer_add(struct tcp_handoff_net *hnet,
			 const struct tcp_handoff_peer *conf,
			 struct netlink_ext_ack *extack);
int tcp_handoff_peer_del(struct tcp_handoff_net *hnet, __be32 addr,
			 struct netlink_ext_ack *extack);
void tcp_handoff_peer_no_dial(struct tcp_handoff_net *hnet);
void tcp_handoff_peer_exit(struct tcp_handoff_net *hnet);
int tcp_handoff_vip_add(struct tcp_handoff_net *hnet,
			const struct tcp_handoff_vip *conf,
			struct netlink_ext_ack *extack);
int tcp_handoff_vip_del(struct tcp_handoff_net *hnet, __be32 addr,
			__be16 port, struct netlink_ext_ack *extack);
bool tcp_handoff_vip_is_configured(struct tcp_handoff_net *hnet, __be32 addr,
				   __be16 port);
bool tcp_handoff_vip_unprivileged(struct tcp_handoff_net *hnet, __be32 addr,
				  __be16 port);

int tcp_handoff_peer_set(struct tcp_handoff_net *hnet,
			 const struct tcp_handoff_peer *conf,
			 struct netlink_ext_ack *extack);
int tcp_handoff_vip_set(struct tcp_handoff_net *hnet,
			const struct tcp_handoff_vip *conf,
			struct netlink_ext_ack *extack);
void tcp_handoff_adoption_techs(struct tcp_handoff_adoption *a);

/* pool.c, tech_transfer.c */
#if IS_ENABLED(CONFIG_TCP_HANDOFF_TRANSFER)
void tcp_handoff_pool_init(struct tcp_handoff_peer *peer);
void tcp_handoff_pool_stop(struct tcp_handoff_peer *peer);
void tcp_handoff_pool_fill(struct tcp_handoff_peer *peer);
void tcp_handoff_pool_asked(struct tcp_handoff_channel *ch, const void *body,
			    size_t len);
bool tcp_handoff_pool_wants(struct tcp_handoff_peer *peer);
void tcp_handoff_pool_park(struct tcp_handoff_peer *peer, struct socket *sock);
struct tcp_handoff_parked *tcp_handoff_pool_take(struct tcp_handoff_peer *peer);
void tcp_handoff_pool_give(struct tcp_handoff_parked *parked);
void tcp_handoff_offer(const struct sock *lsk, struct tcp_handoff_parked *p);
void tcp_handoff_offer_end(struct tcp_handoff_parked *parked);
#else
static inline void tcp_handoff_pool_init(struct tcp_handoff_peer *peer) { }
static inline void tcp_handoff_pool_stop(struct tcp_handoff_peer *peer) { }
static inline void tcp_handoff_pool_fill(struct tcp_handoff_peer *peer) { }

static inline void tcp_handoff_pool_asked(struct tcp_handoff_channel *ch,
					  const void *body, size_t len) { }

static inline bool tcp_handoff_pool_wants(struct tcp_handoff_peer *peer)
{
	return false;
}

static inline void tcp_handoff_pool_park(struct tcp_handoff_peer *peer,
					 struct socket *sock) { }
static inline void tcp_handoff_offer(const struct sock *lsk,
				     struct tcp_handoff_parked *p) { }
static inline void tcp_handoff_offer_end(struct tcp_handoff_parked *p) { }
#endif

/* router.c, xmit.c */
void tcp_handoff_router_open(struct tcp_handoff_flow *flow);
void tcp_handoff_router_open_work(struct work_struct *work);
void tcp_handoff_reset_client(struct tcp_handoff_flow *flow);
void tcp_handoff_router_replay(struct tcp_handoff_flow *flow,
			       struct sock *child);
void tcp_handoff_router_answered(struct tcp_handoff_flow *flow);
void tcp_handoff_xmit(struct tcp_handoff_flow *flow, struct sk_buff *skb);
bool tcp_handoff_xmit_is_plain(const struct tcp_handoff_flow *flow,
			       const struct sk_buff *skb);

/* track.c */
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
void tcp_handoff_track(const struct tcp_handoff_flow *flow);
#else
static inline void tcp_handoff_track(const struct tcp_handoff_flow *flow) { }
#endif

/* tunnel.c */
bool tcp_handoff_tunnel_push(const struct tcp_handoff_peer *peer,
			     struct sk_buff *skb, const struct rtable *rt,
			     __be32 saddr);
void tcp_handoff_tunnel_init(void);

/* torture.c */
enum tcp_handoff_reason tcp_handoff_torture_sock(struct sock *sk);
int tcp_handoff_torture_set(struct net *net, int level);

/* service.c: the dispatcher, which the core does without */
#if IS_ENABLED(CONFIG_TCP_HANDOFF_DISPATCH)
bool tcp_handoff_is_dispatcher(const struct sock *lsk);
#else
static inline bool tcp_handoff_is_dispatcher(const struct sock *lsk)
{
	return false;
}
#endif

/* netlink.c */
int __init tcp_handoff_netlink_init(void);
void tcp_handoff_notify(struct tcp_handoff_flow *flow, u32 event);
void tcp_handoff_notify_peer(struct tcp_handoff_peer *peer, u32 event);

#endif /* _TCP_HANDOFF_HANDOFF_H */
