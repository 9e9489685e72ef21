// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff: counters, as a line of their own in /proc/net/netstat. */
#include <linux/seq_file.h>

#include "handoff.h"

static const char * const mib_names[__TCP_HANDOFF_MIB_MAX] = {
#define X(name, counter)	[TCP_HANDOFF_MIB_##name] = counter,
	TCP_HANDOFF_MIBS(X)
#undef X
#define X(name, err, counter, text) \
	[TCP_HANDOFF_MIB_REFUSED + TCP_HANDOFF_REASON_##name - 1] = counter,
	TCP_HANDOFF_REASONS(X)
#undef X
};

/**
 * tcp_handoff_mib_name() - name of a counter
 * @item: 0 to __TCP_HANDOFF_MIB_MAX - 1
 * Return: constant string without the "TcpHandoff" prefix
 */
const char *tcp_handoff_mib_name(int item)
{
	return mib_names[item];
}

/**
 * tcp_handoff_mib_read() - value of a counter
 * @mib:  counters of a namespace
 * @item: 0 to __TCP_HANDOFF_MIB_MAX - 1
 * Return: sum over all CPUs
 */
u64 tcp_handoff_mib_read(struct tcp_handoff_mib __percpu *mib, int item)
{
	return snmp_fold_field((void __percpu *)mib, item);
}

/**
 * tcp_handoff_seq_show() - print the counters the way netstat and nstat want
 * @seq: /proc/net/netstat of a namespace
 */
void tcp_handoff_seq_show(struct seq_file *seq)
{
	struct tcp_handoff_net *hnet = tcp_handoff_pernet(seq->private);
	int i;

	seq_puts(seq, "TcpHandoff:");
	for (i = 0; i < __TCP_HANDOFF_MIB_MAX; i++)
		seq_printf(seq, " %s", mib_names[i]);
	seq_puts(seq, "\nTcpHandoff:");
	for (i = 0; i < __TCP_HANDOFF_MIB_MAX; i++)
		seq_printf(seq, " %llu", tcp_handoff_mib_read(hnet->mib, i));
	seq_putc(seq, '\n');
}
