// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff: lists of techniques, in order of preference, or "any". */
#include <stdio.h>

#include "tcphandoff.h"

#define TECHS_MAX	4

/* One word, NAME[,NAME]...; there is one list in a command. */
unsigned int arg_techs(struct args *a, struct tcp_handoff_tech **list)
{
	static struct tcp_handoff_tech techs[TECHS_MAX];
	static char words[128];
	char *name, *rest = words;
	unsigned int n = 0;

	snprintf(words, sizeof(words), "%s", arg_next(a, "technique"));
	if (!strcmp(words, "any"))
		*words = '\0';
	while ((name = strsep(&rest, ","))) {
		if (n == TECHS_MAX)
			usage_error("technique: at most %u", TECHS_MAX);
		techs[n].name = name;
		techs[n]._present.name_len = strlen(name);
		n++;
	}
	*list = techs;
	return n;
}

void out_techs(const char *key, const struct tcp_handoff_tech *techs,
	       unsigned int n)
{
	char text[128] = "";
	unsigned int i;
	size_t at = 0;

	for (i = 0; i < n && at < sizeof(text); i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%s",
			       i ? "," : "", techs[i].name);
	out_str(key, "%s", *text ? text : "any");
}
