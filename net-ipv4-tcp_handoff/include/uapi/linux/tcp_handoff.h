/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * TCP_HANDOFF: move a live TCP connection into another host's kernel.
 *
 * See Documentation/networking/tcp_handoff.rst.
 */
#ifndef _UAPI_LINUX_TCP_HANDOFF_H
#define _UAPI_LINUX_TCP_HANDOFF_H

#include <linux/types.h>
#include <linux/socket.h>

/* Default TCP port of the channel between front end and back end. */
#define TCP_HANDOFF_CHANNEL_PORT	968

#define TCP_HANDOFF_TECH_NAME_MAX	16

/*
 * Flags of struct tcp_handoff_req.
 *
 * TCP_HANDOFF_F_CONSUMED: the program has read data from this connection and
 * vouches that it ended on a request boundary.  Without the flag a connection
 * of which anything was read is refused with EILSEQ.
 *
 * TCP_HANDOFF_F_SOCKOPTS: TCP_NODELAY, keepalive settings, TCP_USER_TIMEOUT,
 * TCP_NOTSENT_LOWAT, TCP_THIN_LINEAR_TIMEOUTS, TCP_LINGER2, IP_TOS, IP_TTL and
 * SO_MARK of the socket follow the connection.
 * Without it the back end's listener decides.
 */
#define TCP_HANDOFF_F_CONSUMED		(1 << 0)
#define TCP_HANDOFF_F_SOCKOPTS		(1 << 1)

/**
 * struct tcp_handoff_req - argument of setsockopt(IPPROTO_TCP, TCP_HANDOFF)
 * @flags:	TCP_HANDOFF_F_*
 * @reserved:	must be zero
 * @cookie:	returned by getsockopt() on the socket if the connection comes
 *		back; the kernel does not look at it
 * @peer:	address of a configured back end (AF_INET); the port must be
 *		zero or the channel port of that back end
 *
 * The size passed to setsockopt() may be smaller (down to the end of a struct
 * sockaddr_in in @peer; missing bytes are zero) or larger (surplus bytes must
 * be zero, else E2BIG) than this struct.
 */
struct tcp_handoff_req {
	__u32	flags;
	__u32	reserved;
	__u64	cookie;
	struct __kernel_sockaddr_storage peer;
};

/* tcp_handoff_info.role */
enum tcp_handoff_role {
	TCP_HANDOFF_ROLE_NONE,		/* never handed anywhere */
	TCP_HANDOFF_ROLE_CAPTURED,	/* the connection left this socket */
	TCP_HANDOFF_ROLE_ADOPTED,	/* came from another host */
	TCP_HANDOFF_ROLE_RETURNED,	/* came back home after a refusal */
};

/**
 * struct tcp_handoff_info - result of getsockopt(IPPROTO_TCP, TCP_HANDOFF)
 * @role:	enum tcp_handoff_role
 * @error:	RETURNED: why the handoff failed (positive errno), else 0
 * @attempts:	how often this host has captured this connection; ADOPTED: 1
 * @epoch:	which handoff of the flow this is, from 1
 * @cookie:	the cookie of the request (CAPTURED, RETURNED)
 * @boot_id:	flow id, first half: the boot id of the host that named it
 * @flow_id:	flow id, second half
 * @peer:	CAPTURED, RETURNED: the back end asked; ADOPTED: the front end
 * @technique:	ADOPTED: name of the technique, NUL terminated
 * @usec:	ADOPTED: microseconds spent building the socket;
 *		RETURNED: microseconds from capture to return
 * @reserved:	zero
 */
struct tcp_handoff_info {
	__u32	role;
	__u32	error;
	__u32	attempts;
	__u32	epoch;
	__u64	cookie;
	__u64	boot_id;
	__u64	flow_id;
	struct __kernel_sockaddr_storage peer;
	char	technique[TCP_HANDOFF_TECH_NAME_MAX];
	__u32	usec;
	__u32	reserved;
};

/* Attribute of sock_diag messages about IPv4 TCP sockets and minisocks. */
#define INET_DIAG_TCP_HANDOFF		64

/**
 * struct tcp_handoff_diag - value of INET_DIAG_TCP_HANDOFF
 * @role:	enum tcp_handoff_role; a minisock that holds or forwards is
 *		CAPTURED
 * @reserved:	zero
 * @boot_id:	flow id, first half
 * @flow_id:	flow id, second half
 */
struct tcp_handoff_diag {
	__u32	role;
	__u32	reserved;
	__u64	boot_id;
	__u64	flow_id;
};

#endif /* _UAPI_LINUX_TCP_HANDOFF_H */
