// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff stat: the counters of this namespace. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

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

static struct tcp_handoff_stat_get_rsp_list *read_all(struct ynl_sock *ys)
{
	struct tcp_handoff_stat_get_rsp_list *list;

	list = tcp_handoff_stat_get_dump(ys);
	if (!list)
		fail_ynl(ys);
	return list;
}

static __u64 value_of(struct tcp_handoff_stat_get_rsp_list *list,
		      const char *name)
{
	ynl_dump_foreach(list, stat) {
		if (!strcmp(stat->name, name))
			return stat->value;
	}
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* JSON: one object, as nstat prints it.  Text: a counter a line. */
static void print(struct args *a, struct tcp_handoff_stat_get_rsp_list *list,
		  struct tcp_handoff_stat_get_rsp_list *before, double secs)
{
	bool first = true;
	__u64 value;

	out_begin();
	ynl_dump_foreach(list, stat) {
		if (!wanted(a, stat->name))
			continue;
		if (!first)
			out_line();
		value = stat->value;
		if (before)
			value = (value - value_of(before, stat->name)) / secs +
				0.5;
		out_num(stat->name, value);
		first = false;
	}
	out_end();
}

/* What was counted meanwhile, a second */
static void rate(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_stat_get_rsp_list *list, *before;
	unsigned int secs = 1;
	double start;

	if (a->argc && **a->argv >= '0' && **a->argv <= '9')
		secs = arg_number(a, "seconds", 3600);
	if (!secs)
		usage_error("seconds: 0 is too few");
	before = read_all(ys);
	check_names(a, before);
	start = now();
	sleep(secs);
	list = read_all(ys);
	print(a, list, before, now() - start);
	tcp_handoff_stat_get_rsp_list_free(before);
	tcp_handoff_stat_get_rsp_list_free(list);
}

void cmd_stat(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_stat_get_rsp_list *list;

	if (arg_is(a, "rate")) {
		rate(ys, a);
		return;
	}
	list = read_all(ys);
	check_names(a, list);
	print(a, list, NULL, 1);
	tcp_handoff_stat_get_rsp_list_free(list);
}
