// SPDX-License-Identifier: GPL-2.0-only
/* tcphandoff key: what channels are signed with. */
#include <errno.h>
#include <stdio.h>

#include "tcphandoff.h"

/*
 * A secret is the content of a file, without the end of its last line: on a
 * command line everybody could read it.  "-": standard input.
 */
static void read_secret(struct args *a, struct secret *s)
{
	const char *name = arg_next(a, "file of the secret");
	FILE *file = strcmp(name, "-") ? fopen(name, "r") : stdin;
	char buf[sizeof(s->bytes) + 2];
	size_t len;

	if (!file)
		fail("%s: %s", name, strerror(errno));
	len = fread(buf, 1, sizeof(buf), file);
	if (ferror(file))
		fail("%s: %s", name, strerror(errno));
	if (file != stdin)
		fclose(file);
	if (len && buf[len - 1] == '\n')
		len--;
	if (len < SECRET_LEAST || len > sizeof(s->bytes))
		fail("%s: a secret has %u to %zu bytes", name, SECRET_LEAST,
		     sizeof(s->bytes));
	memcpy(s->bytes, buf, len);
	s->len = len;
}

/* ID [algorithm NAME] secret-file FILE */
void arg_key(struct args *a, struct key_args *key)
{
	memset(key, 0, sizeof(*key));
	key->id = arg_number(a, "id of the key", 255);
	if (arg_is(a, "algorithm"))
		key->algorithm = arg_next(a, "algorithm");
	if (!arg_is(a, "secret-file"))
		usage_error("secret-file FILE is missing");
	read_secret(a, &key->secret);
}

static void key_add(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_key_add_req req = {};
	struct key_args key;

	tcp_handoff_key_add_req_set_addr(&req, arg_addr(a, "address"));
	arg_key(a, &key);
	arg_end(a);
	tcp_handoff_key_add_req_set_key_id(&req, key.id);
	tcp_handoff_key_add_req_set_key_secret(&req, key.secret.bytes,
					       key.secret.len);
	if (key.algorithm)
		tcp_handoff_key_add_req_set_key_algorithm(&req, key.algorithm);
	if (tcp_handoff_key_add(ys, &req))
		fail_ynl(ys);
}

static void key_del(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_key_del_req req = {};

	tcp_handoff_key_del_req_set_addr(&req, arg_addr(a, "address"));
	tcp_handoff_key_del_req_set_key_id(&req,
					   arg_number(a, "id of the key", 255));
	if (arg_is(a, "force"))
		tcp_handoff_key_del_req_set_key_force(&req);
	arg_end(a);
	if (tcp_handoff_key_del(ys, &req))
		fail_ynl(ys);
}

static void key_use(struct ynl_sock *ys, struct args *a)
{
	struct tcp_handoff_key_use_req req = {};

	tcp_handoff_key_use_req_set_addr(&req, arg_addr(a, "address"));
	tcp_handoff_key_use_req_set_key_id(&req,
					   arg_number(a, "id of the key", 255));
	arg_end(a);
	if (tcp_handoff_key_use(ys, &req))
		fail_ynl(ys);
}

static const char *flag_name(__u32 flag)
{
	return tcp_handoff_key_f_str(flag);
}

static void key_show(struct ynl_sock *ys)
{
	struct tcp_handoff_key_get_rsp_list *list = tcp_handoff_key_get_dump(ys);

	if (!list)
		fail_ynl(ys);
	out_list_begin();
	ynl_dump_foreach(list, key) {
		out_begin();
		out_addr("peer", key->addr);
		out_num("id", key->key.id);
		out_str("algorithm", "%s", key->key.algorithm);
		out_flags("flags", key->key.flags, flag_name);
		out_end();
	}
	out_list_end();
	tcp_handoff_key_get_rsp_list_free(list);
}

void cmd_key(struct ynl_sock *ys, struct args *a)
{
	if (arg_is(a, "add")) {
		key_add(ys, a);
	} else if (arg_is(a, "del")) {
		key_del(ys, a);
	} else if (arg_is(a, "use")) {
		key_use(ys, a);
	} else {
		arg_is(a, "show");
		arg_end(a);
		key_show(ys);
	}
}
