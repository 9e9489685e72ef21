/* SPDX-License-Identifier: GPL-2.0-only */
/* tcphandoff: what its files share. */
#ifndef TCPHANDOFF_H
#define TCPHANDOFF_H

#include <linux/compiler.h>	/* tools/include */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <ynl.h>		/* relies on <string.h> */

#include "tcp_handoff-user.h"
#ifdef TCPHANDOFF_DISPATCH
#include "tcp_handoff_svc-user.h"
#endif

/* The exit status: 0, or one of these. */
#define EXIT_USAGE	1	/* the command line is wrong */
#define EXIT_REFUSED	2	/* the kernel said no, or an error */
#define EXIT_FINDING	3	/* check has something to say */

/* Words of the command line that are not used yet. */
struct args {
	int argc;
	char **argv;
};

/* What the kernel takes as a secret, see key.c. */
#define SECRET_LEAST	16U

struct secret {
	char bytes[80];
	size_t len;
};

struct key_args {
	__u8 id;
	const char *algorithm;	/* NULL: the default */
	struct secret secret;
};

/* args.c: these end the program when the word is missing or wrong */
const char *arg_next(struct args *a, const char *what);
bool arg_is(struct args *a, const char *word);
void arg_end(struct args *a);
__u32 arg_addr(struct args *a, const char *what);
__u16 arg_port(struct args *a);
__u64 arg_number(struct args *a, const char *what, __u64 max);
void arg_endpoint(struct args *a, __u32 *addr, __u16 *port);
void arg_flow_id(struct args *a, __u64 *boot_id, __u64 *seq);

/* tech.c: a list, and how many it has */
unsigned int arg_techs(struct args *a, struct tcp_handoff_tech **list);
void out_techs(const char *key, const struct tcp_handoff_tech *techs,
	       unsigned int n);

void arg_key(struct args *a, struct key_args *key); /* key.c */

void __noreturn __printf(1, 2) usage_error(const char *fmt, ...);
void __noreturn __printf(1, 2) fail(const char *fmt, ...);
void __noreturn fail_ynl(struct ynl_sock *ys);

/* out.c: objects with fields, as text or as JSON */
void out_json(void);
void out_flat(void);
void out_list_begin(void);
void out_list_end(void);
void out_begin(void);
void out_end(void);
void out_break(void);
void out_line(void);
void __printf(2, 3) out_str(const char *key, const char *fmt, ...);
void __printf(2, 3) out_word(const char *key, const char *fmt, ...);
void out_num(const char *key, __u64 value);
void out_flags(const char *key, __u32 flags, const char *(*name)(__u32 flag));
void out_addr(const char *key, __u32 addr);
void out_endpoint(const char *key, __u32 addr, __u16 port);
void out_id(__u64 boot_id, __u64 seq);

/* noarp.c: 0, or -1 after a message */
int noarp_add(__u32 addr, const char *dev);
int noarp_del(__u32 addr, const char *dev);

/* commands */
void cmd_peer(struct ynl_sock *ys, struct args *a);
void cmd_vip(struct ynl_sock *ys, struct args *a);
void cmd_key(struct ynl_sock *ys, struct args *a);
void cmd_flow(struct ynl_sock *ys, struct args *a);
void cmd_stat(struct ynl_sock *ys, struct args *a);
void cmd_config(struct ynl_sock *ys, struct args *a);
void cmd_monitor(struct ynl_sock *ys, struct args *a);
void cmd_check(struct ynl_sock *ys, struct args *a);
#ifdef TCPHANDOFF_DISPATCH
void cmd_service(struct ynl_sock *ys, struct args *a);
void cmd_group(struct ynl_sock *ys, struct args *a);
void cmd_backend(struct ynl_sock *ys, struct args *a);
void cmd_rule(struct ynl_sock *ys, struct args *a);
#endif

/* for monitor */
void peer_print(const struct tcp_handoff_peer_get_rsp *peer);
void flow_print(const struct tcp_handoff_flow_get_rsp *flow);

#endif /* TCPHANDOFF_H */
