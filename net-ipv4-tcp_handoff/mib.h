/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP handoff: counters of a namespace, "TcpHandoff:" in /proc/net/netstat. */
#ifndef _TCP_HANDOFF_MIB_H
#define _TCP_HANDOFF_MIB_H

#include <net/snmp.h>

#include "reason.h"

#if IS_ENABLED(CONFIG_TCP_HANDOFF_TORTURE)
#define TCP_HANDOFF_MIBS_TORTURE(X)					\
	X(TORTURE,	"Torture")	/* connections handed on */	\
	X(TORTURE_SKIPPED, "TortureSkipped") /* ... left alone */
#else
#define TCP_HANDOFF_MIBS_TORTURE(X)
#endif

#if IS_ENABLED(CONFIG_TCP_HANDOFF_TRANSFER)
#define TCP_HANDOFF_MIBS_TRANSFER(X)					\
	X(ADOPTED_TRANSFER, "AdoptedTransfer") /* changed identity */	\
	X(FELL_BACK_TRANSFER, "FellBackTransfer") /* left to the next */ \
	X(POOL_EMPTY,	"PoolEmpty")	/* ... as none was parked */	\
	X(POOL_PARKED,	"PoolParked")	/* ready to be used */		\
	X(POOL_REFUSED,	"PoolRefused")	/* one too many, or unfit */	\
	X(POOL_DIALLED,	"PoolDialled")	/* front end: for a back end */
#else
#define TCP_HANDOFF_MIBS_TRANSFER(X)
#endif

#if IS_ENABLED(CONFIG_TCP_HANDOFF_DISPATCH)
#define TCP_HANDOFF_MIBS_DISPATCH(X)					\
	X(DISPATCH_ACCEPTED, "DispatchAccepted") /* clients */		\
	X(DISPATCHED,	"Dispatched")	/* handed to a back end */	\
	X(DISPATCH_AGAIN, "DispatchAgain") /* back end did not take it */ \
	X(DISPATCH_LOST, "DispatchLost") /* client left, no request */	\
	X(DISPATCH_400,	"Dispatch400")	/* answered: no request */	\
	X(DISPATCH_408,	"Dispatch408")	/* ... head too late */		\
	X(DISPATCH_431,	"Dispatch431")	/* ... head too large */	\
	X(DISPATCH_503,	"Dispatch503")	/* ... no back end, too many */	\
	X(DISPATCH_505,	"Dispatch505")	/* ... not HTTP/1 */		\
	X(DISPATCH_DROPPED, "DispatchDropped") /* too many even for that */
#else
#define TCP_HANDOFF_MIBS_DISPATCH(X)
#endif

/* X(NAME, "Counter"): everything but the refusals, which reason.h lists. */
#define TCP_HANDOFF_MIBS(X)						\
	/* front end */							\
	X(CAPTURED,	"Captured")	/* connections taken */		\
	X(SENT,		"Sent")		/* HANDOFF messages sent */	\
	X(ADOPTED_THERE, "AdoptedThere") /* answered ADOPTED */		\
	X(REFUSED_THERE, "RefusedThere") /* answered REFUSED */		\
	X(RETURNED,	"Returned")	/* adopted at home */		\
	X(HOME_RETRIES,	"HomeRetries")	/* home adoption put off */	\
	X(DOUBT,	"InDoubt")	/* channel broke unanswered */	\
	X(RESET,	"Reset")	/* given up, client is reset */	\
	X(FORGET,	"Forget")	/* ... there may be a socket */	\
	X(CANCEL,	"Cancel")	/* asked not to adopt any more */ \
	X(CLOSED,	"Closed")	/* end reported by back end */	\
	X(TIME_WAIT,	"TimeWait")	/* ... and TIME_WAIT kept here */ \
	X(TIME_WAIT_OVERFLOW, "TimeWaitOverflow") /* no room for it */	\
	X(IDLE,		"Idle")		/* asked after, for idleness */	\
	/* packets */							\
	X(HELD,		"Held")		/* packets kept on HOLD */	\
	X(HOLD_DROPS,	"HoldDrops")	/* no room to keep them */	\
	X(SYN_HELD,	"SynHeld")	/* does the old one live? */	\
	X(FORWARDED,	"Forwarded")					\
	X(FORWARD_SHORT, "ForwardShortcut") /* from ip_rcv_finish */	\
	X(FORWARD_TUNNEL, "ForwardTunnel") /* in a tunnel */		\
	X(TUNNEL_MTU,	"TunnelMtu")	/* a router says it is narrow */ \
	X(FORWARD_DROPS, "ForwardDrops")				\
	X(FORWARD_TTL,	"ForwardTtl")	/* time to live exceeded */	\
	X(FORWARD_MTU,	"ForwardMtu")	/* too big, sender was told */	\
	X(FORWARD_LRO,	"ForwardLro")	/* LRO has spoilt them */	\
	X(FORWARD_ICMP,	"ForwardIcmp")	/* ICMP errors passed on */	\
	X(LOOKUP_AGAIN,	"LookupAgain")	/* raced with a swap */		\
	/* back end */							\
	X(RECEIVED,	"Received")	/* HANDOFF messages */		\
	X(DUPLICATE,	"Duplicate")	/* ... answered from memory */	\
	X(ADOPTED,	"Adopted")	/* sockets built */		\
	X(ADOPTED_RECONSTRUCT, "AdoptedReconstruct") /* ... anew */	\
	X(STALE_TW,	"StaleTimeWait") /* TIME_WAIT replaced */	\
	X(FORGOTTEN,	"Forgotten")	/* aborted for the front end */	\
	/* channel */							\
	X(CHANNEL_UP,	"ChannelUp")					\
	X(CHANNEL_DOWN,	"ChannelDown")					\
	X(CHANNEL_BAD,	"ChannelBad")	/* protocol violations */	\
	X(CHANNEL_STRANGER, "ChannelStranger") /* not on the list */	\
	X(CHANNEL_UNSIGNED, "ChannelUnsigned") /* segments, TCP-AO missing */ \
	X(CHANNEL_BAD_MAC, "ChannelBadMac") /* ... wrong key, or altered */ \
	TCP_HANDOFF_MIBS_TRANSFER(X)					\
	TCP_HANDOFF_MIBS_TORTURE(X)					\
	TCP_HANDOFF_MIBS_DISPATCH(X)

enum tcp_handoff_mib_item {
#define X(name, counter) TCP_HANDOFF_MIB_##name,
	TCP_HANDOFF_MIBS(X)
#undef X
	TCP_HANDOFF_MIB_REFUSED,	/* + enum tcp_handoff_reason - 1 */
	__TCP_HANDOFF_MIB_MAX = TCP_HANDOFF_MIB_REFUSED +
				__TCP_HANDOFF_REASON_MAX - 1
};

struct tcp_handoff_mib {
	unsigned long mibs[__TCP_HANDOFF_MIB_MAX];
};

#define TCP_HANDOFF_INC(hnet, name) \
	SNMP_INC_STATS((hnet)->mib, TCP_HANDOFF_MIB_##name)

const char *tcp_handoff_mib_name(int item);
u64 tcp_handoff_mib_read(struct tcp_handoff_mib __percpu *mib, int item);

#endif /* _TCP_HANDOFF_MIB_H */
