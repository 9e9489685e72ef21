// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff: what each reason for a refusal is called, see reason.h. */
#include "handoff.h"
#include "trace.h"

static const struct {
	int err;
	const char *text;
} reasons[] = {
	[TCP_HANDOFF_REASON_NONE] = { 0, "none" },
#define X(name, errnum, counter, sentence) \
	[TCP_HANDOFF_REASON_##name] = { errnum, sentence },
	TCP_HANDOFF_REASONS(X)
#undef X
};

/**
 * tcp_handoff_reason_errno() - errno of a reason
 * @reason: any value, also one a newer peer has sent
 * Return: positive errno, 0 for NONE, EREMOTEIO for an unknown reason
 */
int tcp_handoff_reason_errno(enum tcp_handoff_reason reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].err : EREMOTEIO;
}

/**
 * tcp_handoff_reason_text() - a reason in words
 * @reason: any value
 * Return: constant string
 */
const char *tcp_handoff_reason_text(enum tcp_handoff_reason reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].text :
					      "unknown reason";
}

/**
 * tcp_handoff_refuse() - count and trace a refusal
 * @hnet:   namespace
 * @reason: why; NONE does nothing
 * Return: negative errno of @reason, 0 for NONE
 */
int tcp_handoff_refuse(struct tcp_handoff_net *hnet,
		       enum tcp_handoff_reason reason)
{
	if (!reason)
		return 0;
	trace_tcp_handoff_refused(hnet->net, reason,
				  tcp_handoff_reason_text(reason));
	if (reason < ARRAY_SIZE(reasons))
		SNMP_INC_STATS(hnet->mib,
			       TCP_HANDOFF_MIB_REFUSED + reason - 1);
	return -tcp_handoff_reason_errno(reason);
}
