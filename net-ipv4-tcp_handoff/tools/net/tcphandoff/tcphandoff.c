// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcphandoff: configure TCP handoff and look at it.
 *
 * Speaks the generic netlink families tcp_handoff and, for the dispatcher,
 * tcp_handoff_svc, of which ynl generates the code that packs and unpacks
 * messages.
 */
#include <errno.h>
#include <stdio.h>

#include "tcphandoff.h"

static const char usage_text[] =
"Usage: tcphandoff [-j] COMMAND\n"
"\n"
"  peer add ADDR [port PORT] [local ADDR] [back-end] [front-end]\n"
"           [forward dr|ipip] [technique NAME[,NAME]...]\n"
"           { key ID [algorithm ALG] secret-file FILE | unauthenticated }\n"
"  peer set ADDR technique { NAME[,NAME]... | any }\n"
"  peer del ADDR\n"
"  peer show [ADDR]\n"
"        other hosts: back ends to hand connections to, front ends to take\n"
"        connections from; PORT is that of their channel (default 968);\n"
"        forward: how packets get to a back end, or come from a front end;\n"
"        technique: what adopts the connections that it hands here, in order\n"
"        of preference, instead of what config says\n"
"\n"
"  key add ADDR ID [algorithm ALG] secret-file FILE\n"
"  key use ADDR ID\n"
"  key del ADDR ID [force]\n"
"  key show\n"
"        what channels with a peer are signed with (TCP-AO); FILE, or - for\n"
"        standard input, has 16 to 80 bytes, the same on both hosts, ID is 0\n"
"        to 255, ALG hmac(sha256) by default.  A new key: add it on both\n"
"        hosts, use it on both, then del the old one on both.\n"
"\n"
"  vip add ADDR[:PORT] [unprivileged] [dev DEV noarp]\n"
"          [technique NAME[,NAME]...]\n"
"  vip set ADDR[:PORT] technique { NAME[,NAME]... | any }\n"
"  vip del ADDR[:PORT] [dev DEV]\n"
"  vip show\n"
"        virtual IP addresses; unprivileged: their connections may be handed\n"
"        off without CAP_NET_ADMIN; dev DEV noarp: also put ADDR/32 on DEV,\n"
"        unknown to ARP, as back ends need it; technique: what adopts\n"
"        connections to it, whoever hands them here\n"
"\n"
"  flow show [ID]\n"
"        connections on their way, forwarded, or adopted\n"
#ifdef TCPHANDOFF_DISPATCH
"  service add VIP:PORT scheduler S [PARAMETER N]... [LIMIT N]...\n"
"  service set VIP:PORT LIMIT N [LIMIT N]...\n"
"  service del VIP:PORT\n"
"  service show\n"
"        what the kernel itself dispatches; LIMIT: head-size (bytes), head-ms\n"
"        (time to send the head), waiting (connections that wait for theirs).\n"
"        S: wrr, wlc, hash, lard, lardr or elard; PARAMETER: t-low, t-high,\n"
"        k-ms, miss-cost, bound\n"
"  group add VIP:PORT NAME scheduler S [PARAMETER N]...\n"
"  group set VIP:PORT NAME [scheduler S] [PARAMETER N]...\n"
"  group del VIP:PORT NAME\n"
"  group show\n"
"        back ends with a scheduler; \"default\" comes with the service\n"
"  backend add VIP:PORT ADDR [group NAME] [weight N]\n"
"  backend set VIP:PORT ADDR [group NAME] weight N\n"
"  backend del VIP:PORT ADDR [group NAME]\n"
"  backend show\n"
"        back ends of a group; weight 0: nothing new for it\n"
"  rule add VIP:PORT [at N] [host HOST] [prefix PATH | exact PATH] group NAME\n"
"  rule del VIP:PORT N\n"
"  rule show\n"
"        which requests go to another group than \"default\"; the first that\n"
"        matches decides; a HOST that begins with a dot is the end of one\n"
#endif
"  stat [rate [SECONDS]] [NAME]...\n"
"        counters, or those with these names; rate: how many a second\n"
"  config show\n"
"  config set KEY VALUE [KEY VALUE]...\n"
"        limits and times by the names that show prints; technique\n"
"        NAME[,NAME]... or any: what adopts, in order of preference;\n"
"        pool-depth: connections to keep parked, per front end, for\n"
"        technique transfer\n"
"  monitor\n"
"        what happens to flows and peers, as it happens\n"
"  check\n"
"        settings of this host that would have packets of flows dropped\n"
"\n"
"  -j    JSON\n"
"\n"
"Exit status: 0, 1 if the command line is wrong, 2 if the kernel refused,\n"
"3 if check has found something.\n";

static const struct {
	const char *name;
	void (*run)(struct ynl_sock *ys, struct args *a);
	const struct ynl_family *family;
} commands[] = {
	{ "peer",	cmd_peer,	&ynl_tcp_handoff_family },
	{ "key",	cmd_key,	&ynl_tcp_handoff_family },
	{ "vip",	cmd_vip,	&ynl_tcp_handoff_family },
	{ "flow",	cmd_flow,	&ynl_tcp_handoff_family },
	{ "stat",	cmd_stat,	&ynl_tcp_handoff_family },
	{ "config",	cmd_config,	&ynl_tcp_handoff_family },
	{ "monitor",	cmd_monitor,	&ynl_tcp_handoff_family },
	{ "check",	cmd_check,	&ynl_tcp_handoff_family },
#ifdef TCPHANDOFF_DISPATCH
	{ "service",	cmd_service,	&ynl_tcp_handoff_svc_family },
	{ "group",	cmd_group,	&ynl_tcp_handoff_svc_family },
	{ "backend",	cmd_backend,	&ynl_tcp_handoff_svc_family },
	{ "rule",	cmd_rule,	&ynl_tcp_handoff_svc_family },
#endif
	{}
};

static struct ynl_sock *connect_kernel(const struct ynl_family *family)
{
	struct ynl_error err = {};
	struct ynl_sock *ys;

	ys = ynl_sock_create(family, &err);
	if (ys)
		return ys;
	if ((int)err.code == ENOENT && family != &ynl_tcp_handoff_family)
		fail("this kernel has no dispatcher (CONFIG_TCP_HANDOFF_DISPATCH)");
	if ((int)err.code == ENOENT)
		fail("this kernel has no TCP handoff (CONFIG_TCP_HANDOFF)");
	fail("%s", err.msg[0] ? err.msg : "out of memory");
}

static void run(struct args *a)
{
	const char *name = arg_next(a, "command");
	struct ynl_sock *ys;
	unsigned int i;

	for (i = 0; commands[i].name; i++) {
		if (strcmp(name, commands[i].name))
			continue;
		ys = connect_kernel(commands[i].family);
		commands[i].run(ys, a);
		ynl_sock_destroy(ys);
		return;
	}
	usage_error("unknown command \"%s\"", name);
}

int main(int argc, char **argv)
{
	struct args a = { argc - 1, argv + 1 };

	while (arg_is(&a, "-j") || arg_is(&a, "--json"))
		out_json();
	if (arg_is(&a, "help") || arg_is(&a, "-h") || arg_is(&a, "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	if (!a.argc) {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	run(&a);
	if (fflush(stdout) || ferror(stdout))
		fail("output: %s", strerror(errno));
	return 0;
}
