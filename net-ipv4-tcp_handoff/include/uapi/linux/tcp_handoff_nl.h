/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tcp_handoff.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_TCP_HANDOFF_NL_H
#define _UAPI_LINUX_TCP_HANDOFF_NL_H

#define TCP_HANDOFF_FAMILY_NAME		"tcp_handoff"
#define TCP_HANDOFF_FAMILY_VERSION	1

/**
 * enum tcp_handoff_peer_f - what a peer is to this host
 * @TCP_HANDOFF_PEER_F_BACK_END: connections may be handed to it
 * @TCP_HANDOFF_PEER_F_FRONT_END: it may hand connections to this host
 * @TCP_HANDOFF_PEER_F_UNAUTHENTICATED: talk to it without authentication
 */
enum tcp_handoff_peer_f {
	TCP_HANDOFF_PEER_F_BACK_END = 1,
	TCP_HANDOFF_PEER_F_FRONT_END = 2,
	TCP_HANDOFF_PEER_F_UNAUTHENTICATED = 4,
};

/**
 * enum tcp_handoff_key_f - what a key of a peer is used for
 * @TCP_HANDOFF_KEY_F_USED: new channels are opened with it, and the peer is
 *   asked to sign with it
 * @TCP_HANDOFF_KEY_F_SIGNS: a channel of this host signs with it
 * @TCP_HANDOFF_KEY_F_ASKED: on a channel the peer has been asked to sign with
 *   it
 * @TCP_HANDOFF_KEY_F_HEARD: on a channel the peer has signed with it
 */
enum tcp_handoff_key_f {
	TCP_HANDOFF_KEY_F_USED = 1,
	TCP_HANDOFF_KEY_F_SIGNS = 2,
	TCP_HANDOFF_KEY_F_ASKED = 4,
	TCP_HANDOFF_KEY_F_HEARD = 8,
};

/**
 * enum tcp_handoff_forward - how packets of a flow reach the back end
 * @TCP_HANDOFF_FORWARD_DR: direct routing, the packet unchanged with the back
 *   end as next hop, both on one link
 * @TCP_HANDOFF_FORWARD_IPIP: each packet in an IPv4 tunnel (RFC 2003) to the
 *   back end, which may be anywhere and has an ipip device
 */
enum tcp_handoff_forward {
	TCP_HANDOFF_FORWARD_DR,
	TCP_HANDOFF_FORWARD_IPIP,
};

/**
 * enum tcp_handoff_channel_state - state of one of the two channels to a peer
 * @TCP_HANDOFF_CHANNEL_STATE_NONE: the peer's flags do not ask for this
 *   channel
 * @TCP_HANDOFF_CHANNEL_STATE_DOWN: no TCP connection
 * @TCP_HANDOFF_CHANNEL_STATE_CONNECTING: connected or connecting, greeting not
 *   finished
 * @TCP_HANDOFF_CHANNEL_STATE_UP: in use
 */
enum tcp_handoff_channel_state {
	TCP_HANDOFF_CHANNEL_STATE_NONE,
	TCP_HANDOFF_CHANNEL_STATE_DOWN,
	TCP_HANDOFF_CHANNEL_STATE_CONNECTING,
	TCP_HANDOFF_CHANNEL_STATE_UP,
};

/**
 * enum tcp_handoff_vip_f - what is allowed for a virtual IP address
 * @TCP_HANDOFF_VIP_F_UNPRIVILEGED: its connections may be handed off without
 *   CAP_NET_ADMIN
 */
enum tcp_handoff_vip_f {
	TCP_HANDOFF_VIP_F_UNPRIVILEGED = 1,
};

/**
 * enum tcp_handoff_nl_flow_state - what becomes of a connection, see
 *   tcp_handoff.rst
 * @TCP_HANDOFF_FLOW_STATE_HOLD: captured, not completely sent yet
 * @TCP_HANDOFF_FLOW_STATE_SENT: sent to the back end, not answered yet
 * @TCP_HANDOFF_FLOW_STATE_DOUBT: the channel broke before the answer
 * @TCP_HANDOFF_FLOW_STATE_FORWARD: the back end has it, its packets are
 *   forwarded
 * @TCP_HANDOFF_FLOW_STATE_HOMING: it comes back into the accept queue of this
 *   host
 * @TCP_HANDOFF_FLOW_STATE_ADOPTING: a technique of this host is building the
 *   socket
 * @TCP_HANDOFF_FLOW_STATE_OWNED: a socket of this host has it
 * @TCP_HANDOFF_FLOW_STATE_ENDED: it is over, only its outcome is remembered
 */
enum tcp_handoff_nl_flow_state {
	TCP_HANDOFF_FLOW_STATE_HOLD,
	TCP_HANDOFF_FLOW_STATE_SENT,
	TCP_HANDOFF_FLOW_STATE_DOUBT,
	TCP_HANDOFF_FLOW_STATE_FORWARD,
	TCP_HANDOFF_FLOW_STATE_HOMING,
	TCP_HANDOFF_FLOW_STATE_ADOPTING,
	TCP_HANDOFF_FLOW_STATE_OWNED,
	TCP_HANDOFF_FLOW_STATE_ENDED,
};

/**
 * enum tcp_handoff_event - what happened to a flow
 * @TCP_HANDOFF_EVENT_CAPTURED: front end, taken from its socket
 * @TCP_HANDOFF_EVENT_ADOPTED: front end, the back end has it; back end, a
 *   socket has it
 * @TCP_HANDOFF_EVENT_REFUSED: either, the back end did not take it
 * @TCP_HANDOFF_EVENT_RETURNED: front end, it is in the accept queue here again
 * @TCP_HANDOFF_EVENT_CLOSED: either, the connection ended
 * @TCP_HANDOFF_EVENT_RESET: front end, given up and reset
 */
enum tcp_handoff_event {
	TCP_HANDOFF_EVENT_CAPTURED,
	TCP_HANDOFF_EVENT_ADOPTED,
	TCP_HANDOFF_EVENT_REFUSED,
	TCP_HANDOFF_EVENT_RETURNED,
	TCP_HANDOFF_EVENT_CLOSED,
	TCP_HANDOFF_EVENT_RESET,
};

/**
 * enum tcp_handoff_peer_event - what happened to a peer
 * @TCP_HANDOFF_PEER_EVENT_ADD: it was configured
 * @TCP_HANDOFF_PEER_EVENT_DEL: it was removed from the configuration
 * @TCP_HANDOFF_PEER_EVENT_UP: a channel to it came up
 * @TCP_HANDOFF_PEER_EVENT_DOWN: a channel to it broke
 */
enum tcp_handoff_peer_event {
	TCP_HANDOFF_PEER_EVENT_ADD,
	TCP_HANDOFF_PEER_EVENT_DEL,
	TCP_HANDOFF_PEER_EVENT_UP,
	TCP_HANDOFF_PEER_EVENT_DOWN,
};

enum {
	TCP_HANDOFF_A_PEER_ADDR = 1,
	TCP_HANDOFF_A_PEER_PORT,
	TCP_HANDOFF_A_PEER_LOCAL,
	TCP_HANDOFF_A_PEER_FLAGS,
	TCP_HANDOFF_A_PEER_FORWARD,
	TCP_HANDOFF_A_PEER_OUT_STATE,
	TCP_HANDOFF_A_PEER_IN_STATE,
	TCP_HANDOFF_A_PEER_BOOT_ID,
	TCP_HANDOFF_A_PEER_FLOWS,
	TCP_HANDOFF_A_PEER_SENT,
	TCP_HANDOFF_A_PEER_ADOPTED,
	TCP_HANDOFF_A_PEER_REFUSED,
	TCP_HANDOFF_A_PEER_RECEIVED,
	TCP_HANDOFF_A_PEER_DIAL_FAILURES,
	TCP_HANDOFF_A_PEER_LAST_ERROR,
	TCP_HANDOFF_A_PEER_EVENT,
	TCP_HANDOFF_A_PEER_KEY,
	TCP_HANDOFF_A_PEER_KEYS,
	TCP_HANDOFF_A_PEER_TECH,
	TCP_HANDOFF_A_PEER_PARKED,

	__TCP_HANDOFF_A_PEER_MAX,
	TCP_HANDOFF_A_PEER_MAX = (__TCP_HANDOFF_A_PEER_MAX - 1)
};

enum {
	TCP_HANDOFF_A_KEY_ID = 1,
	TCP_HANDOFF_A_KEY_ALGORITHM,
	TCP_HANDOFF_A_KEY_SECRET,
	TCP_HANDOFF_A_KEY_FLAGS,
	TCP_HANDOFF_A_KEY_FORCE,

	__TCP_HANDOFF_A_KEY_MAX,
	TCP_HANDOFF_A_KEY_MAX = (__TCP_HANDOFF_A_KEY_MAX - 1)
};

enum {
	TCP_HANDOFF_A_VIP_ADDR = 1,
	TCP_HANDOFF_A_VIP_PORT,
	TCP_HANDOFF_A_VIP_FLAGS,
	TCP_HANDOFF_A_VIP_TECH,

	__TCP_HANDOFF_A_VIP_MAX,
	TCP_HANDOFF_A_VIP_MAX = (__TCP_HANDOFF_A_VIP_MAX - 1)
};

enum {
	TCP_HANDOFF_A_FLOW_BOOT_ID = 1,
	TCP_HANDOFF_A_FLOW_SEQ,
	TCP_HANDOFF_A_FLOW_EPOCH,
	TCP_HANDOFF_A_FLOW_STATE,
	TCP_HANDOFF_A_FLOW_CLIENT_ADDR,
	TCP_HANDOFF_A_FLOW_CLIENT_PORT,
	TCP_HANDOFF_A_FLOW_VIP_ADDR,
	TCP_HANDOFF_A_FLOW_VIP_PORT,
	TCP_HANDOFF_A_FLOW_PEER,
	TCP_HANDOFF_A_FLOW_TECHNIQUE,
	TCP_HANDOFF_A_FLOW_HANDOFF_US,
	TCP_HANDOFF_A_FLOW_ADOPT_US,
	TCP_HANDOFF_A_FLOW_PACKETS,
	TCP_HANDOFF_A_FLOW_BYTES,
	TCP_HANDOFF_A_FLOW_HELD_BYTES,
	TCP_HANDOFF_A_FLOW_AGE_MS,
	TCP_HANDOFF_A_FLOW_IDLE_MS,
	TCP_HANDOFF_A_FLOW_REASON,
	TCP_HANDOFF_A_FLOW_REASON_TEXT,
	TCP_HANDOFF_A_FLOW_COOKIE,
	TCP_HANDOFF_A_FLOW_ATTEMPTS,
	TCP_HANDOFF_A_FLOW_EVENT,

	__TCP_HANDOFF_A_FLOW_MAX,
	TCP_HANDOFF_A_FLOW_MAX = (__TCP_HANDOFF_A_FLOW_MAX - 1)
};

enum {
	TCP_HANDOFF_A_STAT_NAME = 1,
	TCP_HANDOFF_A_STAT_VALUE,

	__TCP_HANDOFF_A_STAT_MAX,
	TCP_HANDOFF_A_STAT_MAX = (__TCP_HANDOFF_A_STAT_MAX - 1)
};

enum {
	TCP_HANDOFF_A_TECH_NAME = 1,

	__TCP_HANDOFF_A_TECH_MAX,
	TCP_HANDOFF_A_TECH_MAX = (__TCP_HANDOFF_A_TECH_MAX - 1)
};

enum {
	TCP_HANDOFF_A_CONFIG_MAX_FLOWS = 1,
	TCP_HANDOFF_A_CONFIG_MAX_BYTES,
	TCP_HANDOFF_A_CONFIG_HOLD_BYTES,
	TCP_HANDOFF_A_CONFIG_DEADLINE_MS,
	TCP_HANDOFF_A_CONFIG_IDLE_MS,
	TCP_HANDOFF_A_CONFIG_HEARTBEAT_MS,
	TCP_HANDOFF_A_CONFIG_PORT,
	TCP_HANDOFF_A_CONFIG_TECH,
	TCP_HANDOFF_A_CONFIG_TECH_AVAILABLE,
	TCP_HANDOFF_A_CONFIG_BOOT_ID,
	TCP_HANDOFF_A_CONFIG_FLOWS,
	TCP_HANDOFF_A_CONFIG_BYTES,
	TCP_HANDOFF_A_CONFIG_POOL_DEPTH,

	__TCP_HANDOFF_A_CONFIG_MAX,
	TCP_HANDOFF_A_CONFIG_MAX = (__TCP_HANDOFF_A_CONFIG_MAX - 1)
};

enum {
	TCP_HANDOFF_CMD_PEER_ADD = 1,
	TCP_HANDOFF_CMD_PEER_DEL,
	TCP_HANDOFF_CMD_PEER_GET,
	TCP_HANDOFF_CMD_VIP_ADD,
	TCP_HANDOFF_CMD_VIP_DEL,
	TCP_HANDOFF_CMD_VIP_GET,
	TCP_HANDOFF_CMD_FLOW_GET,
	TCP_HANDOFF_CMD_STAT_GET,
	TCP_HANDOFF_CMD_CONFIG_GET,
	TCP_HANDOFF_CMD_CONFIG_SET,
	TCP_HANDOFF_CMD_FLOW_NTF,
	TCP_HANDOFF_CMD_PEER_NTF,
	TCP_HANDOFF_CMD_KEY_ADD,
	TCP_HANDOFF_CMD_KEY_DEL,
	TCP_HANDOFF_CMD_KEY_USE,
	TCP_HANDOFF_CMD_KEY_GET,
	TCP_HANDOFF_CMD_PEER_SET,
	TCP_HANDOFF_CMD_VIP_SET,

	__TCP_HANDOFF_CMD_MAX,
	TCP_HANDOFF_CMD_MAX = (__TCP_HANDOFF_CMD_MAX - 1)
};

#define TCP_HANDOFF_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_TCP_HANDOFF_NL_H */
