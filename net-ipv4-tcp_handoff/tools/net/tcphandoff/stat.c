// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff stat: the counters of this namespace. */
#include <stdio.h>

#include "tcphandoff.h"

static bool wanted(const struct args *a, const char *name)
{
	int i;

	for (i = 0; i < a->argc; i++) {
		if (!strcmp(a->argv[i], name))
			return true;
	}
	return !a->argc;
}

static void check_names(const struct args *a,
			struct tcp_handoff_stat_get_rsp_list *list)
{
	bool found;
	int i;

	for (i = 0; i < a->argc; i++) {
		found = false;
		ynl_dump_foreach(list, stat)
			found |= !strcmp(a->argv[i], stat->name);
		if (!found)
			usage_error("there is no counter %s", a->argv[i]);
	}
}

/* JSON: one object, as nstat prints it.  Text: a counter a line. */
void cmd_stat(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_stat_get_rsp_list *list;
	bool first = true;

	list = tcp_handoff_stat_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	check_names(a, list);
	out_begin();
	ynl_dump_foreach(list, stat) {
		if (!wanted(a, stat->name))
			continue;
		if (!first)
			out_line();
		out_num(stat->name, stat->value);
		first = false;
	}
	out_end();
	tcp_handoff_stat_get_rsp_list_free(list);
}
