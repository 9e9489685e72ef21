/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP handoff: the head of an HTTP/1.x request, as the dispatcher sees it.
 *
 * Nothing of the kernel but types is needed: the same files are a program
 * where they are fuzzed.
 */
#ifndef _TCP_HANDOFF_HTTP_H
#define _TCP_HANDOFF_HTTP_H

#include <linux/bits.h>
#include <linux/types.h>

/*
 * Why a head is none.  X(NAME, status, "text"): the client is answered with
 * the status, the text is for traces and tests.
 */
#define TCP_HANDOFF_HTTP_ERRORS(X)					\
	X(METHOD,	400, "no method")				\
	X(TARGET,	400, "no target")				\
	X(TARGET_FORM,	400, "target does not fit the method")		\
	X(AUTHORITY,	400, "no host in the target, or a user")	\
	X(PROTOCOL,	400, "not HTTP")				\
	X(VERSION,	505, "not HTTP/1")				\
	X(LINE_END,	400, "carriage return without a line feed")	\
	X(FOLD,		400, "a line that begins with a blank")		\
	X(NAME,		400, "no field name")				\
	X(NAME_SPACE,	400, "blank before the colon")			\
	X(VALUE,	400, "control character in a value")		\
	X(HOST_MISSING,	400, "HTTP/1.1 without Host")			\
	X(HOST_TWICE,	400, "several Host fields")			\
	X(HOST,		400, "no host in Host")				\
	X(LENGTH,	400, "Content-Length is no number")		\
	X(LENGTH_TWICE,	400, "several lengths")				\
	X(LENGTH_CHUNKED, 400, "a length, and chunked")			\
	X(CODING,	400, "transfer coding that delimits nothing")	\
	X(CODING_VERSION, 400, "transfer coding in HTTP/1.0")		\
	X(TOO_LONG,	431, "more than the parser counts")

enum tcp_handoff_http_error {
	TCP_HANDOFF_HTTP_OK,
#define X(name, status, text) TCP_HANDOFF_HTTP_E_##name,
	TCP_HANDOFF_HTTP_ERRORS(X)
#undef X
	__TCP_HANDOFF_HTTP_E_MAX
};

/* RFC 9112, section 3.2 */
enum tcp_handoff_http_form {
	TCP_HANDOFF_HTTP_ORIGIN,	/* /path?query */
	TCP_HANDOFF_HTTP_ABSOLUTE,	/* http://host/path?query */
	TCP_HANDOFF_HTTP_AUTHORITY,	/* host:port, of CONNECT */
	TCP_HANDOFF_HTTP_ASTERISK,	/* the *, of OPTIONS */
};

enum tcp_handoff_http_method {
	TCP_HANDOFF_HTTP_OTHER,
	TCP_HANDOFF_HTTP_GET,
	TCP_HANDOFF_HTTP_HEAD,
	TCP_HANDOFF_HTTP_POST,
	TCP_HANDOFF_HTTP_PUT,
	TCP_HANDOFF_HTTP_DELETE,
	TCP_HANDOFF_HTTP_CONNECT,
	TCP_HANDOFF_HTTP_OPTIONS,
};

#define TCP_HANDOFF_HTTP_WORD	20	/* longest word that is compared */
/* Beyond this nothing is parsed, whatever the caller's limit is. */
#define TCP_HANDOFF_HTTP_MOST	BIT(20)

/* A part of the head, counted from its first byte. */
struct tcp_handoff_http_span {
	u32 off;
	u32 len;
};

/*
 * struct tcp_handoff_http: a head, as far as it is here; zero it to begin
 *
 * Positions, never pointers: the bytes lie in several packets, and stay there.
 * The parser looks at each byte once.
 */
struct tcp_handoff_http {
	u8 state;			/* http.c */
	u8 error;			/* enum tcp_handoff_http_error */
	u8 field;			/* which one this line is */
	u8 word_len;			/* of word; longer ones: 255 */
	char word[TCP_HANDOFF_HTTP_WORD]; /* lower case, but a method */
	u8 matched;			/* of a constant string */
	bool word_ended;		/* blank behind it */
	u32 pos;			/* bytes looked at */

	/* what is known at the end */
	u8 method;
	u8 form;
	u8 minor;			/* HTTP/1.minor */
	bool has_host;
	bool has_length;
	bool has_coding;
	bool chunked;
	bool close;			/* Connection: ... */
	bool keep_alive;
	bool upgrade;			/* Upgrade, or Connection: upgrade */
	bool expect;			/* Expect: 100-continue */
	u64 length;			/* Content-Length */
	u32 head_len;			/* with the empty line at the end */
	struct tcp_handoff_http_span target;
	struct tcp_handoff_http_span path; /* of target, without the query */
	struct tcp_handoff_http_span host; /* of target, else of Host */
};

size_t tcp_handoff_http_feed(struct tcp_handoff_http *h, const void *data,
			     size_t len);
bool tcp_handoff_http_is_done(const struct tcp_handoff_http *h);
bool tcp_handoff_http_is_idle(const struct tcp_handoff_http *h);
unsigned int tcp_handoff_http_status(const struct tcp_handoff_http *h);
const char *tcp_handoff_http_text(const struct tcp_handoff_http *h);
bool tcp_handoff_http_is_persistent(const struct tcp_handoff_http *h);

#endif /* _TCP_HANDOFF_HTTP_H */
