/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP handoff: tracepoints, on every change of state and every refusal. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tcp_handoff

#if !defined(_TCP_HANDOFF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TCP_HANDOFF_TRACE_H

#include <linux/tracepoint.h>

#include "handoff.h"

TRACE_EVENT(tcp_handoff_state,
	TP_PROTO(const struct tcp_handoff_flow *flow, u8 from, u8 to),
	TP_ARGS(flow, from, to),
	TP_STRUCT__entry(
		__field(u64, boot_id)
		__field(u64, seq)
		__field(u32, epoch)
		__field(u8, from)
		__field(u8, to)
		__array(__u8, caddr, 4)
		__array(__u8, vaddr, 4)
		__field(u16, cport)
		__field(u16, vport)
	),
	TP_fast_assign(
		__entry->boot_id = flow->id.boot_id;
		__entry->seq = flow->id.seq;
		__entry->epoch = flow->epoch;
		__entry->from = from;
		__entry->to = to;
		memcpy(__entry->caddr, &flow->caddr, 4);
		memcpy(__entry->vaddr, &flow->vaddr, 4);
		__entry->cport = be16_to_cpu(flow->cport);
		__entry->vport = be16_to_cpu(flow->vport);
	),
	TP_printk("flow=%016llx:%llu epoch=%u %s -> %s client=%pI4:%u vip=%pI4:%u",
		  __entry->boot_id, __entry->seq, __entry->epoch,
		  tcp_handoff_flow_state_name(__entry->from),
		  tcp_handoff_flow_state_name(__entry->to),
		  __entry->caddr, __entry->cport,
		  __entry->vaddr, __entry->vport)
);

TRACE_EVENT(tcp_handoff_refused,
	TP_PROTO(const struct net *net, u32 reason, const char *text),
	TP_ARGS(net, reason, text),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u32, reason)
		__string(text, text)
	),
	TP_fast_assign(
		__entry->netns = net->ns.inum;
		__entry->reason = reason;
		__assign_str(text);
	),
	TP_printk("netns=%u reason=%u (%s)", __entry->netns, __entry->reason,
		  __get_str(text))
);

TRACE_EVENT(tcp_handoff_packed,
	TP_PROTO(const struct tcp_handoff_flow *flow, size_t state,
		 size_t size),
	TP_ARGS(flow, state, size),
	TP_STRUCT__entry(
		__field(u64, boot_id)
		__field(u64, seq)
		__field(size_t, state)
		__field(size_t, size)
	),
	TP_fast_assign(
		__entry->boot_id = flow->id.boot_id;
		__entry->seq = flow->id.seq;
		__entry->state = state;
		__entry->size = size;
	),
	TP_printk("flow=%016llx:%llu state=%zu message=%zu", __entry->boot_id,
		  __entry->seq, __entry->state, __entry->size)
);

TRACE_EVENT(tcp_handoff_channel,
	TP_PROTO(__be32 addr, bool out, const char *what, int err),
	TP_ARGS(addr, out, what, err),
	TP_STRUCT__entry(
		__array(__u8, addr, 4)
		__field(bool, out)
		__field(int, err)
		__string(what, what)
	),
	TP_fast_assign(
		memcpy(__entry->addr, &addr, 4);
		__entry->out = out;
		__entry->err = err;
		__assign_str(what);
	),
	TP_printk("peer=%pI4 %s %s err=%d", __entry->addr,
		  __entry->out ? "out" : "in", __get_str(what), __entry->err)
);

#if IS_ENABLED(CONFIG_TCP_HANDOFF_DISPATCH)
TRACE_EVENT(tcp_handoff_answer,
	TP_PROTO(const struct sock *sk, unsigned int status, const char *why),
	TP_ARGS(sk, status, why),
	TP_STRUCT__entry(
		__field(unsigned int, status)
		__array(__u8, caddr, 4)
		__array(__u8, vaddr, 4)
		__field(u16, cport)
		__field(u16, vport)
		__string(why, why)
	),
	TP_fast_assign(
		__entry->status = status;
		memcpy(__entry->caddr, &inet_sk(sk)->inet_daddr, 4);
		memcpy(__entry->vaddr, &inet_sk(sk)->inet_rcv_saddr, 4);
		__entry->cport = be16_to_cpu(inet_sk(sk)->inet_dport);
		__entry->vport = be16_to_cpu(inet_sk(sk)->inet_sport);
		__assign_str(why);
	),
	TP_printk("client=%pI4:%u vip=%pI4:%u status=%u (%s)",
		  __entry->caddr, __entry->cport, __entry->vaddr,
		  __entry->vport, __entry->status, __get_str(why))
);
#endif

#endif /* _TCP_HANDOFF_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
