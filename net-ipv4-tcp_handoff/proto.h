/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff: what travels on the channel between two hosts.
 *
 * The normative text is Documentation/networking/tcp_handoff-protocol.rst;
 * this file is its transcription.  Everything is in network byte order.
 */
#ifndef _TCP_HANDOFF_PROTO_H
#define _TCP_HANDOFF_PROTO_H

#include <linux/types.h>

#define TCP_HANDOFF_MAGIC	0x12968b9
#define TCP_HANDOFF_VERSION	1

/* Largest message a host accepts: state plus every queue of a connection. */
#define TCP_HANDOFF_MSG_MAX	(32U << 20)
/* Largest message that carries no connection. */
#define TCP_HANDOFF_MSG_SMALL	1024U

/**
 * struct tcp_handoff_hdr - starts every message
 * @magic:	TCP_HANDOFF_MAGIC
 * @conn_magic:	a sequence number of the client: rcv_nxt when the flow was
 *		captured; 0 in messages that concern no flow
 * @version:	TCP_HANDOFF_VERSION
 * @type:	enum tcp_handoff_msg_type
 * @reserved:	zero, ignored
 * @length:	bytes of the whole message, this header included
 * @boot_id:	flow id, first half: boot id of the host that named the flow
 * @seq:	flow id, second half: counter of that host, from 1
 * @epoch:	counts the handoffs of the flow, from 1
 * @code:	REFUSED: enum tcp_handoff_reason; CLOSED: enum
 *		tcp_handoff_closed; PING, PONG: opaque; else zero
 *
 * Flow id, epoch and conn_magic are zero in HELLO, HELLO_ACK, PING, PONG.
 */
struct tcp_handoff_hdr {
	__be32	magic;
	__be32	conn_magic;
	__u8	version;
	__u8	type;
	__be16	reserved;
	__be32	length;
	__be64	boot_id;
	__be64	seq;
	__be32	epoch;
	__be32	code;
} __packed;

enum tcp_handoff_msg_type {
	TCP_HANDOFF_MSG_HELLO		= 1,
	TCP_HANDOFF_MSG_HELLO_ACK	= 2,
	TCP_HANDOFF_MSG_PING		= 3,
	TCP_HANDOFF_MSG_PONG		= 4,
	TCP_HANDOFF_MSG_HANDOFF		= 16,	/* FE -> BE: state, queues */
	TCP_HANDOFF_MSG_ADOPTED		= 17,	/* BE -> FE: terminal answer */
	TCP_HANDOFF_MSG_REFUSED		= 18,	/* BE -> FE: terminal answer */
	TCP_HANDOFF_MSG_CLOSED		= 19,	/* BE -> FE: flow ended */
	TCP_HANDOFF_MSG_CLOSED_ACK	= 20,	/* FE -> BE */
	TCP_HANDOFF_MSG_QUERY		= 21,	/* FE -> BE: in doubt */
	TCP_HANDOFF_MSG_CANCEL		= 22,	/* FE -> BE: take it back */
	TCP_HANDOFF_MSG_FORGET		= 23,	/* FE -> BE: past deadline */
	TCP_HANDOFF_MSG_RECALL		= 24,	/* FE -> BE: with boundary */
	TCP_HANDOFF_MSG_RETURNED	= 25,	/* BE -> FE: state, queues */
	TCP_HANDOFF_MSG_RETURNED_ACK	= 26,	/* FE -> BE */
	TCP_HANDOFF_MSG_BUSY		= 27,	/* BE -> FE: cannot now */
	TCP_HANDOFF_MSG_IDLE		= 28,	/* BE -> FE: now it could */
};

/* Why a flow ended on the back end (CLOSED). */
enum tcp_handoff_closed {
	TCP_HANDOFF_CLOSED_GONE		= 1,	/* nothing left of it */
	TCP_HANDOFF_CLOSED_TIME_WAIT	= 2,	/* FE hosts TIME_WAIT (TLV) */
	TCP_HANDOFF_CLOSED_RESET	= 3,	/* aborted, client was told */
	TCP_HANDOFF_CLOSED_UNKNOWN	= 4,	/* QUERY: never heard of it */
};

/**
 * struct tcp_handoff_tlv - starts every element of a message's body
 * @type:	enum tcp_handoff_tlv_type; bit 15 set: mandatory
 * @reserved:	zero, ignored
 * @len:	bytes of the value; the next TLV starts at the next multiple
 *		of 4, padding is zero
 *
 * An unknown optional TLV is skipped, an unknown mandatory one refuses the
 * handoff (REFUSED, TCP_HANDOFF_REASON_TLV).
 */
struct tcp_handoff_tlv {
	__be16	type;
	__be16	reserved;
	__be32	len;
} __packed;

#define TCP_HANDOFF_TLV_MANDATORY	0x8000

enum tcp_handoff_tlv_type {
	TCP_HANDOFF_TLV_HELLO		= 1 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_CONN		= 2 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_SEQ		= 3 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_WIN		= 4 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_OPT		= 5 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_TS		= 6 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_RTT		= 7,
	TCP_HANDOFF_TLV_CWND		= 8,
	TCP_HANDOFF_TLV_CC		= 9,	/* name, not terminated */
	TCP_HANDOFF_TLV_ACK		= 10,
	TCP_HANDOFF_TLV_URG		= 11 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_SOCKOPT		= 12,
	TCP_HANDOFF_TLV_STATS		= 13,
	TCP_HANDOFF_TLV_PROBE		= 14,
	TCP_HANDOFF_TLV_SACK		= 15 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_RXDATA		= 16 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_OFOSEG		= 17 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_OFODATA		= 18 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_TXSEG		= 19 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_TXDATA		= 20 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_TIMEWAIT	= 21 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_BOUNDARY	= 22 | TCP_HANDOFF_TLV_MANDATORY,
	TCP_HANDOFF_TLV_SAVED_SYN	= 23,
	TCP_HANDOFF_TLV_POOL		= 24,	/* in PING, BE -> FE */
};

/**
 * struct tcp_handoff_wire_hello - value of TCP_HANDOFF_TLV_HELLO
 * @boot_id:	random, never 0, new with each namespace instance
 * @lane:	number of this TCP connection between the two hosts, from 0;
 *		TCP_HANDOFF_LANE_POOL: it is to be parked
 * @reserved:	zero
 * @heartbeat:	milliseconds between heartbeats when nothing else is sent
 */
struct tcp_handoff_wire_hello {
	__be64	boot_id;
	__be16	lane;
	__be16	reserved;
	__be32	heartbeat;
} __packed;

#define TCP_HANDOFF_LANE_POOL	0xffff

/**
 * struct tcp_handoff_wire_pool - value of TCP_HANDOFF_TLV_POOL
 * @missing:	connections the back end would like to have parked, beyond
 *		those it has; replaces what was asked before
 */
struct tcp_handoff_wire_pool {
	__be32	missing;
} __packed;

/**
 * struct tcp_handoff_wire_seg - a segment of the out-of-order or send queue
 * @seq:	sequence number of its first byte
 * @len:	payload bytes
 * @age:	microseconds since it was last sent, saturated; 0xffffffff: not
 *		sent yet
 * @tcp_flags:	TCPHDR_* bits (FIN, PSH, CWR, ...)
 * @sacked:	TCPCB_SACKED_ACKED and TCPCB_EVER_RETRANS only
 * @eor:	MSG_EOR boundary behind it
 * @reserved:	zero
 */
struct tcp_handoff_wire_seg {
	__be32	seq;
	__be32	len;
	__be32	age;
	__u8	tcp_flags;
	__u8	sacked;
	__u8	eor;
	__u8	reserved;
} __packed;

#define TCP_HANDOFF_SEG_UNSENT	0xffffffffU

/**
 * struct tcp_handoff_wire_timewait - value of TCP_HANDOFF_TLV_TIMEWAIT
 * @rcv_nxt:	  next sequence number expected from the client, behind its FIN
 * @snd_nxt:	  next sequence number to the client, behind our FIN
 * @rcv_wnd:	  bytes, unscaled
 * @ts_now:	  the connection's timestamp clock when the message was packed
 * @ts_recent:	  last timestamp of the client
 * @ts_recent_age: seconds since it came
 * @rcv_wscale:	  shift of the window field we send
 * @tstamp_ok:	  timestamps are in use
 * @usec_ts:	  ... and count microseconds, else milliseconds
 * @reserved:	  zero
 */
struct tcp_handoff_wire_timewait {
	__be32	rcv_nxt;
	__be32	snd_nxt;
	__be32	rcv_wnd;
	__be32	ts_now;
	__be32	ts_recent;
	__be32	ts_recent_age;
	__u8	rcv_wscale;
	__u8	tstamp_ok;
	__u8	usec_ts;
	__u8	reserved;
} __packed;

#endif /* _TCP_HANDOFF_PROTO_H */
