/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff: every reason for which a handoff is refused, once.
 *
 * X(NAME, errno, "counter", "text").  The order is wire format (REFUSED.code):
 * append only.  Each reason has its own errno at its interface, its own
 * counter in the TcpHandoff: line of /proc/net/netstat, and its own word in
 * traces and in the tool.
 */
#ifndef _TCP_HANDOFF_REASON_H
#define _TCP_HANDOFF_REASON_H

#define TCP_HANDOFF_REASONS(X)						\
	/* the connection, at capture */				\
	X(STATE,	ENOTCONN,	"RefusedState",			\
	  "connection is not established")				\
	X(FAMILY,	EAFNOSUPPORT,	"RefusedFamily",		\
	  "not an IPv4 connection or address")				\
	X(FIN_SENT,	ESHUTDOWN,	"RefusedFinSent",		\
	  "sending side is shut down")					\
	X(SOCK_ERR,	EIO,		"RefusedSockError",		\
	  "socket has a pending error")					\
	X(REPAIR,	EUCLEAN,	"RefusedRepair",		\
	  "socket is in repair mode")					\
	X(SIGNED,	EKEYREJECTED,	"RefusedSigned",		\
	  "TCP-MD5 or TCP-AO is in use")				\
	X(ULP,		EPROTOTYPE,	"RefusedUlp",			\
	  "an upper layer protocol (TLS) is attached")			\
	X(MPTCP,	EPROTONOSUPPORT, "RefusedMptcp",		\
	  "subflow of an MPTCP connection")				\
	X(SOCKMAP,	EXDEV,		"RefusedSockmap",		\
	  "socket is in a BPF sockmap")					\
	X(SMC,		ESOCKTNOSUPPORT, "RefusedSmc",			\
	  "SMC has been negotiated")					\
	X(IP_OPTIONS,	EPROTO,		"RefusedIpOptions",		\
	  "connection uses IP options")					\
	X(FASTOPEN,	EINPROGRESS,	"RefusedFastopen",		\
	  "TCP Fast Open handshake is not acknowledged yet")		\
	X(WRITER,	EBUSY,		"RefusedWriter",		\
	  "a writer waits in the middle of a record")			\
	X(URGENT,	ENOMSG,		"RefusedUrgent",		\
	  "urgent byte is announced but not here yet")			\
	X(UNREADABLE,	EMEDIUMTYPE,	"RefusedUnreadable",		\
	  "queued data is device memory or decrypted by hardware")	\
	X(CONSUMED,	EILSEQ,		"RefusedConsumed",		\
	  "program has read from the request")				\
	X(LOCAL,	ELOOP,		"RefusedLocal",			\
	  "client address is local to this host")			\
	X(NO_HOME,	EADDRNOTAVAIL,	"RefusedNoHome",		\
	  "no listener would take the connection back")			\
	X(TOO_BIG,	EMSGSIZE,	"RefusedTooBig",		\
	  "queues exceed the largest message")				\
	X(BYTES,	ENOBUFS,	"RefusedBytes",			\
	  "limit of queued bytes in transit reached")			\
	X(FLOWS,	EUSERS,		"RefusedFlows",			\
	  "limit of flows reached")					\
	X(MEMORY,	ENOMEM,		"RefusedMemory",		\
	  "out of memory")						\
	X(OWNED,	EREMCHG,	"RefusedOwned",			\
	  "connection is adopted, only its front end moves it")		\
	/* the request */						\
	X(PERM,		EPERM,		"RefusedPerm",			\
	  "CAP_NET_ADMIN or an unprivileged VIP is needed")		\
	X(NO_PEER,	ENOENT,		"RefusedNoPeer",		\
	  "no such back end is configured")				\
	X(PEER_DOWN,	EHOSTDOWN,	"RefusedPeerDown",		\
	  "channel to the back end is down")				\
	/* the back end */						\
	X(NO_LISTENER,	ECONNREFUSED,	"RefusedNoListener",		\
	  "nothing listens for the connection there")			\
	X(QUEUE_FULL,	EAGAIN,		"RefusedQueueFull",		\
	  "accept queue is full")					\
	X(EXISTS,	EEXIST,		"RefusedExists",		\
	  "the same connection exists already")				\
	X(NOT_LOCAL,	ENONET,		"RefusedNotLocal",		\
	  "the VIP is not an address of that host")			\
	X(NO_ROUTE,	ENETUNREACH,	"RefusedNoRoute",		\
	  "no route to the client")					\
	X(LISTENER,	EOPNOTSUPP,	"RefusedListener",		\
	  "listener uses MPTCP or signed segments")			\
	X(NO_TECH,	ENOPKG,		"RefusedNoTechnique",		\
	  "no technique is built in or configured")			\
	X(ROLE,		EACCES,		"RefusedRole",			\
	  "peer is not configured as a front end")			\
	X(VERSION,	EPFNOSUPPORT,	"RefusedVersion",		\
	  "protocol version not supported")				\
	X(TLV,		EBADMSG,	"RefusedTlv",			\
	  "unknown mandatory or missing element")			\
	X(MALFORMED,	EINVAL,		"RefusedMalformed",		\
	  "message contradicts itself")					\
	X(SECURITY,	EKEYREVOKED,	"RefusedSecurity",		\
	  "security module said no")					\
	X(CANCELLED,	ECANCELED,	"RefusedCancelled",		\
	  "the front end took it back")					\
	X(LOST,		ENOLINK,	"RefusedLost",			\
	  "channel broke before the back end had the connection")	\
	X(UNKNOWN,	ESTALE,		"RefusedUnknown",		\
	  "the back end never got the connection")			\
	X(NO_VIP,	ENXIO,		"RefusedNoVip",			\
	  "the address is no VIP of that host")				\
	X(HELD,		ETIME,		"RefusedHeld",			\
	  "a program does not let go of the listener")			\
	X(UNSETTLED,	ETOOMANYREFS,	"RefusedUnsettled",		\
	  "peer has not acknowledged the ends of too many connections")	\
	X(PARKED,	ENOSR,		"RefusedParked",		\
	  "no parked connection is left, or fits the listener")

enum tcp_handoff_reason {
	TCP_HANDOFF_REASON_NONE,
#define X(name, err, counter, text) TCP_HANDOFF_REASON_##name,
	TCP_HANDOFF_REASONS(X)
#undef X
	__TCP_HANDOFF_REASON_MAX
};

#endif /* _TCP_HANDOFF_REASON_H */
