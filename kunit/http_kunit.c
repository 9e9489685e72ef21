// SPDX-License-Identifier: GPL-2.0-only
/* TCP handoff: heads of HTTP requests. */
#include <kunit/test.h>
#include <linux/string.h>

#include "../http.h"

#define E(name) TCP_HANDOFF_HTTP_E_##name
#define OK	TCP_HANDOFF_HTTP_OK

/* Any request that is none but for one thing */
#define GET	"GET / HTTP/1.1\r\nHost: a\r\n"
#define POST	"POST / HTTP/1.1\r\nHost: a\r\n"

struct head_case {
	const char *name;
	const char *head;
	size_t len;			/* 0: up to its NUL */
	enum tcp_handoff_http_error error;
};

static size_t case_len(const struct head_case *c)
{
	return c->len ?: strlen(c->head);
}

static const struct head_case good_cases[] = {
	{ "least", "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n" },
	{ "line feeds alone", "GET / HTTP/1.1\nHost: a\n\n" },
	{ "empty lines before it", "\r\n\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "no blank behind the colon", "GET / HTTP/1.1\r\nHost:a\r\n\r\n" },
	{ "blanks around a value", "GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n" },
	{ "empty value", GET "X:\r\n\r\n" },
	{ "empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
	{ "Host with port", "GET / HTTP/1.1\r\nHost: a:80\r\n\r\n" },
	{ "Host that is IPv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n" },
	{ "bytes of a language", GET "X: \xc3\xa4\r\n\r\n" },
	{ "name of all characters", GET "!#$%&'*+-.^_`|~9zZ: x\r\n\r\n" },
	{ "another method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "long method",
	  "ANAMETHODLONGERTHANANYWORD / HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "later minor version", "GET / HTTP/1.7\r\nHost: a\r\n\r\n" },
	{ "CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "absolute", "GET HTTP://b/ HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "absolute without path", "GET http://b HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "length", POST "Content-Length: 5\r\n\r\n" },
	{ "length with zeros", POST "Content-Length: 005\r\n\r\n" },
	{ "largest length", POST "Content-Length: 9223372036854775807\r\n\r\n" },
	{ "chunked", POST "Transfer-Encoding: chunked\r\n\r\n" },
	{ "chunked in any case", POST "tRANSFER-eNCODING: ChunkeD\r\n\r\n" },
	{ "chunked at last", POST "Transfer-Encoding: gzip , chunked\r\n\r\n" },
	{ "chunked in a second field",
	  POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" },
};

/*
 * Requests that some server or proxy has read in another way than the next:
 * the permutations of the tools that look for it, and of published attacks.
 */
static const struct head_case smuggling_cases[] = {
	{ "length and chunked",
	  POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
	  E(LENGTH_CHUNKED) },
	{ "chunked and length",
	  POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 0,
	  E(LENGTH_CHUNKED) },
	{ "two lengths", POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
	  0, E(LENGTH_TWICE) },
	{ "the same length twice",
	  POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 0,
	  E(LENGTH_TWICE) },
	{ "lengths in a list", POST "Content-Length: 5, 5\r\n\r\n", 0,
	  E(LENGTH_TWICE) },
	{ "length with a plus", POST "Content-Length: +5\r\n\r\n", 0, E(LENGTH) },
	{ "length with a minus", POST "Content-Length: -5\r\n\r\n", 0,
	  E(LENGTH) },
	{ "hexadecimal length", POST "Content-Length: 0x5\r\n\r\n", 0,
	  E(LENGTH) },
	{ "length with a tail", POST "Content-Length: 5a\r\n\r\n", 0, E(LENGTH) },
	{ "length and a blank", POST "Content-Length: 5 5\r\n\r\n", 0,
	  E(LENGTH) },
	{ "quoted length", POST "Content-Length: \"5\"\r\n\r\n", 0, E(LENGTH) },
	{ "comma before the length", POST "Content-Length: ,5\r\n\r\n", 0,
	  E(LENGTH) },
	{ "no length", POST "Content-Length: \r\n\r\n", 0, E(LENGTH) },
	{ "length of 2^63",
	  POST "Content-Length: 9223372036854775808\r\n\r\n", 0, E(LENGTH) },
	{ "length of 2^64 and more",
	  POST "Content-Length: 18446744073709551621\r\n\r\n", 0, E(LENGTH) },
	{ "blank before the colon",
	  POST "Transfer-Encoding : chunked\r\n\r\n", 0, E(NAME_SPACE) },
	{ "tab before the colon",
	  POST "Transfer-Encoding\t: chunked\r\n\r\n", 0, E(NAME_SPACE) },
	{ "blank before the colon of the length",
	  POST "Content-Length : 5\r\n\r\n", 0, E(NAME_SPACE) },
	{ "blank in the name", POST "Content Length: 5\r\n\r\n", 0,
	  E(NAME_SPACE) },
	{ "word behind the name",
	  POST "Transfer-Encoding x: chunked\r\n\r\n", 0, E(NAME_SPACE) },
	{ "blank before the name", POST " Transfer-Encoding: chunked\r\n\r\n", 0,
	  E(FOLD) },
	{ "blank behind the first line",
	  "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 0, E(FOLD) },
	{ "folded value", POST "X: y\r\n Transfer-Encoding: chunked\r\n\r\n", 0,
	  E(FOLD) },
	{ "folded coding", POST "Transfer-Encoding:\r\n chunked\r\n\r\n", 0,
	  E(CODING) },
	{ "folded with a line feed", POST "Transfer-Encoding:\n chunked\r\n\r\n",
	  0, E(CODING) },
	{ "folded with a tab", POST "X: y\r\n\tz\r\n\r\n", 0, E(FOLD) },
	{ "bare return in a value",
	  POST "X: y\rTransfer-Encoding: chunked\r\n\r\n", 0, E(LINE_END) },
	{ "bare return before a name",
	  POST "X: y\r\n\rTransfer-Encoding: chunked\r\n\r\n", 0, E(LINE_END) },
	{ "bare return behind the name",
	  POST "Transfer-Encoding\r: chunked\r\n\r\n", 0, E(NAME) },
	{ "bare return before the coding",
	  POST "Transfer-Encoding:\rchunked\r\n\r\n", 0, E(LINE_END) },
	{ "bare return behind the coding",
	  POST "Transfer-Encoding: chunked\r\r\n\r\n", 0, E(LINE_END) },
	{ "bare return in the first line", "GET /\rHTTP/1.1\r\nHost: a\r\n\r\n",
	  0, E(PROTOCOL) },
	{ "bare return behind the version",
	  "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 0, E(LINE_END) },
	{ "bare return before the request",
	  "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, E(LINE_END) },
	{ "return and line feed swapped", POST "X: y\n\rA: b\r\n\r\n", 0,
	  E(LINE_END) },
	{ "line feed behind the name",
	  POST "Transfer-Encoding\n: chunked\r\n\r\n", 0, E(NAME) },
	{ "colon on a line of its own",
	  POST "Transfer-Encoding\r\n: chunked\r\n\r\n", 0, E(NAME) },
	{ "no name", POST ": chunked\r\n\r\n", 0, E(NAME) },
	{ "line without a colon", POST "Transfer-Encoding\r\n\r\n", 0, E(NAME) },
	{ "vertical tab before the coding",
	  POST "Transfer-Encoding:\013chunked\r\n\r\n", 0, E(VALUE) },
	{ "form feed behind the coding",
	  POST "Transfer-Encoding: chunked\x0c\r\n\r\n", 0, E(VALUE) },
	{ "NUL in a value", POST "X: \0\r\n\r\n", sizeof(POST "X: \0\r\n\r\n") - 1,
	  E(VALUE) },
	{ "NUL in a name", POST "X\0: y\r\n\r\n",
	  sizeof(POST "X\0: y\r\n\r\n") - 1, E(NAME) },
	{ "NUL behind the coding", POST "Transfer-Encoding: chunked\0\r\n\r\n",
	  sizeof(POST "Transfer-Encoding: chunked\0\r\n\r\n") - 1, E(VALUE) },
	{ "DEL in a value", POST "X: \x7f\r\n\r\n", 0, E(VALUE) },
	{ "high byte in a name", POST "X\xff: y\r\n\r\n", 0, E(NAME) },
	{ "no-break blank before the coding",
	  POST "Transfer-Encoding:\240chunked\r\n\r\n", 0, E(CODING) },
	{ "high byte behind the coding",
	  POST "Transfer-Encoding: chunked\xff\r\n\r\n", 0, E(CODING) },
	{ "other coding", POST "Transfer-Encoding: xchunked\r\n\r\n", 0,
	  E(CODING) },
	{ "half a coding", POST "Transfer-Encoding: chunk\r\n\r\n", 0,
	  E(CODING) },
	{ "quoted coding", POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 0,
	  E(CODING) },
	{ "coding in apostrophes", POST "Transfer-Encoding: 'chunked'\r\n\r\n",
	  0, E(CODING) },
	{ "coding in brackets", POST "Transfer-Encoding: [chunked]\r\n\r\n", 0,
	  E(CODING) },
	{ "no coding", POST "Transfer-Encoding: \r\n\r\n", 0, E(CODING) },
	{ "identity", POST "Transfer-Encoding: identity\r\n\r\n", 0, E(CODING) },
	{ "chunked before identity",
	  POST "Transfer-Encoding: chunked, identity\r\n\r\n", 0, E(CODING) },
	{ "chunked, then another field",
	  POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 0,
	  E(CODING) },
	{ "chunked twice", POST "Transfer-Encoding: chunked, chunked\r\n\r\n", 0,
	  E(CODING) },
	{ "chunked in two fields",
	  POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	  0, E(CODING) },
	{ "comma behind the coding", POST "Transfer-Encoding: chunked,\r\n\r\n",
	  0, E(CODING) },
	{ "comma before the coding", POST "Transfer-Encoding: ,chunked\r\n\r\n",
	  0, E(CODING) },
	{ "codings with a blank", POST "Transfer-Encoding: x chunked\r\n\r\n", 0,
	  E(CODING) },
	{ "coding with a parameter", POST "Transfer-Encoding: chunked;a\r\n\r\n",
	  0, E(CODING) },
	{ "chunked in HTTP/1.0",
	  "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
	  E(CODING_VERSION) },
	{ "two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 0,
	  E(HOST_TWICE) },
	{ "the same host twice", GET "Host: a\r\n\r\n", 0, E(HOST_TWICE) },
	{ "no host", "GET / HTTP/1.1\r\n\r\n", 0, E(HOST_MISSING) },
	{ "no host, absolute", "GET http://b/ HTTP/1.1\r\n\r\n", 0,
	  E(HOST_MISSING) },
	{ "hosts with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 0,
	  E(HOST) },
	{ "host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0, E(HOST) },
	{ "host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 0,
	  E(HOST) },
	{ "port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 0, E(HOST) },
	{ "target with a user", "GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(AUTHORITY) },
	{ "target without a host", "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(AUTHORITY) },
	{ "target with a port alone",
	  "GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n", 0, E(AUTHORITY) },
	{ "another scheme", "GET ftp://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(TARGET) },
	{ "scheme with one slash", "GET http:/b HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(TARGET) },
	{ "target without a slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(TARGET) },
	{ "asterisk of GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(TARGET_FORM) },
	{ "path behind an asterisk", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(TARGET_FORM) },
	{ "CONNECT without a port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(AUTHORITY) },
	{ "CONNECT to a path", "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(AUTHORITY) },
	{ "two blanks before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
	  0, E(TARGET) },
	{ "two blanks behind the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
	  0, E(PROTOCOL) },
	{ "tab in the first line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(METHOD) },
	{ "blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 0,
	  E(PROTOCOL) },
	{ "request in the request", "GET /a HTTP/1.1 HTTP/1.0\r\n\r\n", 0,
	  E(PROTOCOL) },
	{ "blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0,
	  E(METHOD) },
	{ "HTTP/0.9", "GET /\r\n", 0, E(PROTOCOL) },
	{ "HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 0, E(TARGET_FORM) },
	{ "major version", "GET / HTTP/2.0\r\n", 0, E(VERSION) },
	{ "major version of two digits", "GET / HTTP/11.1\r\n", 0, E(PROTOCOL) },
	{ "minor version of two digits", "GET / HTTP/1.10\r\n", 0, E(PROTOCOL) },
	{ "no minor version", "GET / HTTP/1\r\n", 0, E(PROTOCOL) },
	{ "version in lower case", "GET / http/1.1\r\n", 0, E(PROTOCOL) },
	{ "another protocol", "GET / ICY/1.1\r\n", 0, E(PROTOCOL) },
	{ "TLS", "\x16\x03\x01\x02", 0, E(METHOD) },
};

KUNIT_ARRAY_PARAM_DESC(good, good_cases, name);
KUNIT_ARRAY_PARAM_DESC(smuggling, smuggling_cases, name);

/* In pieces of @step bytes */
static struct tcp_handoff_http parse_by(const char *head, size_t len,
					size_t step)
{
	struct tcp_handoff_http h = {};
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = tcp_handoff_http_feed(&h, head + at, min(step, len - at));
		if (!n)
			break;
	}
	return h;
}

static struct tcp_handoff_http parse(const char *head)
{
	return parse_by(head, strlen(head), SIZE_MAX);
}

static void http_takes_good_heads(struct kunit *test)
{
	const struct head_case *c = test->param_value;
	struct tcp_handoff_http h = parse(c->head);

	KUNIT_EXPECT_STREQ(test, "", tcp_handoff_http_text(&h));
	KUNIT_EXPECT_TRUE(test, tcp_handoff_http_is_done(&h));
	KUNIT_EXPECT_EQ(test, strlen(c->head), h.head_len);
}

/* A head that is not there completely is neither done nor wrong. */
static void http_waits_for_the_end(struct kunit *test)
{
	const struct head_case *c = test->param_value;
	struct tcp_handoff_http h;
	size_t len;

	for (len = 0; len < strlen(c->head); len++) {
		h = parse_by(c->head, len, SIZE_MAX);
		KUNIT_EXPECT_FALSE(test, tcp_handoff_http_is_done(&h));
		KUNIT_EXPECT_EQ(test, OK, h.error);
	}
}

static void http_refuses_smuggling(struct kunit *test)
{
	const struct head_case *c = test->param_value;
	struct tcp_handoff_http h = parse_by(c->head, case_len(c), SIZE_MAX);

	KUNIT_EXPECT_FALSE(test, tcp_handoff_http_is_done(&h));
	KUNIT_EXPECT_EQ(test, c->error, h.error);
	KUNIT_EXPECT_EQ(test, c->error == E(VERSION) ? 505 : 400,
			tcp_handoff_http_status(&h));
}

static void expect_same(struct kunit *test, const struct head_case *c)
{
	struct tcp_handoff_http whole, parts;
	size_t len = case_len(c), step;

	whole = parse_by(c->head, len, SIZE_MAX);
	for (step = 1; step < 5; step++) {
		parts = parse_by(c->head, len, step);
		KUNIT_EXPECT_MEMEQ(test, &whole, &parts, sizeof(whole));
	}
}

static void http_pieces_make_no_difference(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(good_cases); i++)
		expect_same(test, &good_cases[i]);
	for (i = 0; i < ARRAY_SIZE(smuggling_cases); i++)
		expect_same(test, &smuggling_cases[i]);
}

/* Any byte before and behind the colon of what delimits a body */
static void http_one_byte_more(struct kunit *test)
{
	static const char * const lines[] = {
		POST "Transfer-Encoding?: chunked\r\n\r\n",
		POST "Transfer-Encoding:?chunked\r\n\r\n",
		POST "Transfer-Encoding: chunked?\r\n\r\n",
		POST "?Transfer-Encoding: chunked\r\n\r\n",
	};
	struct tcp_handoff_http h;
	char head[80];
	int i, c;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		for (c = 0; c < 256; c++) {
			strscpy(head, lines[i]);
			*strchr(head, '?') = c;
			h = parse_by(head, strlen(lines[i]), SIZE_MAX);
			if (!tcp_handoff_http_is_done(&h))
				continue;
			/* another name, or nothing but a blank or line feed */
			KUNIT_EXPECT_TRUE_MSG(test, h.chunked || !h.has_coding,
					      "line %d byte %d", i, c);
			if (i == 1 || i == 2)
				KUNIT_EXPECT_TRUE(test, c == ' ' || c == '\t' ||
						  (i == 2 && c == '\n'));
		}
	}
}

static void expect_span(struct kunit *test, const char *head,
			const struct tcp_handoff_http_span *span,
			const char *want)
{
	KUNIT_EXPECT_EQ(test, strlen(want), span->len);
	KUNIT_EXPECT_MEMEQ(test, want, head + span->off, span->len);
}

struct target_case {
	const char *head, *target, *path, *host;
	enum tcp_handoff_http_form form;
};

static const struct target_case target_cases[] = {
	{ "GET /a/b?c=/d HTTP/1.1\r\nHost: h\r\n\r\n",
	  "/a/b?c=/d", "/a/b", "h", TCP_HANDOFF_HTTP_ORIGIN },
	{ "\r\nGET /#x HTTP/1.0\r\n\r\n", "/#x", "/", "",
	  TCP_HANDOFF_HTTP_ORIGIN },
	{ "GET // HTTP/1.1\r\nA: b\r\nHost:\th:8080 \r\n\r\n",
	  "//", "//", "h:8080", TCP_HANDOFF_HTTP_ORIGIN },
	{ "GET https://H:1/p?q HTTP/1.1\r\nHost: other\r\n\r\n",
	  "https://H:1/p?q", "/p", "H:1", TCP_HANDOFF_HTTP_ABSOLUTE },
	{ "GET http://h?q HTTP/1.1\r\nHost: other\r\n\r\n",
	  "http://h?q", "", "h", TCP_HANDOFF_HTTP_ABSOLUTE },
	{ "CONNECT h:443 HTTP/1.1\r\nHost: other\r\n\r\n",
	  "h:443", "", "h:443", TCP_HANDOFF_HTTP_AUTHORITY },
	{ "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
	  "*", "", "h", TCP_HANDOFF_HTTP_ASTERISK },
};

static void http_finds_target_and_host(struct kunit *test)
{
	const struct target_case *c;
	struct tcp_handoff_http h;

	for (c = target_cases; c < target_cases + ARRAY_SIZE(target_cases);
	     c++) {
		h = parse(c->head);
		KUNIT_ASSERT_TRUE(test, tcp_handoff_http_is_done(&h));
		KUNIT_EXPECT_EQ(test, c->form, h.form);
		expect_span(test, c->head, &h.target, c->target);
		expect_span(test, c->head, &h.path, c->path);
		expect_span(test, c->head, &h.host, c->host);
	}
}

static void http_knows_methods(struct kunit *test)
{
	struct tcp_handoff_http h = parse("HEAD / HTTP/1.0\r\n\r\n");

	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_HTTP_HEAD, h.method);
	h = parse("get / HTTP/1.0\r\n\r\n");
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_HTTP_OTHER, h.method);
	h = parse("OPTIONS / HTTP/1.0\r\n\r\n");
	KUNIT_EXPECT_EQ(test, TCP_HANDOFF_HTTP_OPTIONS, h.method);
}

static void http_knows_bodies(struct kunit *test)
{
	struct tcp_handoff_http h;

	h = parse(POST "Content-Length: 9223372036854775807\r\n\r\n");
	KUNIT_EXPECT_TRUE(test, h.has_length);
	KUNIT_EXPECT_EQ(test, (u64)S64_MAX, h.length);
	h = parse(POST "Transfer-Encoding: chunked\r\n\r\n");
	KUNIT_EXPECT_TRUE(test, h.chunked);
	h = parse(GET "Expect: 100-Continue\r\n\r\n");
	KUNIT_EXPECT_TRUE(test, h.expect);
	h = parse(GET "Expect: something\r\n\r\n");
	KUNIT_EXPECT_FALSE(test, h.expect);
	h = parse(GET "Upgrade: websocket\r\n\r\n");
	KUNIT_EXPECT_TRUE(test, h.upgrade);
}

struct persistence_case {
	const char *head;
	bool persistent;
};

static const struct persistence_case persistence_cases[] = {
	{ GET "\r\n", true },
	{ GET "Connection: close\r\n\r\n", false },
	{ GET "Connection: x, CLOSE ,y\r\n\r\n", false },
	{ GET "Connection: closed\r\n\r\n", true },
	{ GET "Connection: a close\r\n\r\n", true },
	{ GET "Connection: keep-alive\r\nConnection: close\r\n\r\n", false },
	{ "GET / HTTP/1.0\r\n\r\n", false },
	{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
};

static void http_knows_persistence(struct kunit *test)
{
	const struct persistence_case *c;
	struct tcp_handoff_http h;
	int i;

	for (i = 0; i < ARRAY_SIZE(persistence_cases); i++) {
		c = &persistence_cases[i];
		h = parse(c->head);
		KUNIT_EXPECT_EQ_MSG(test, c->persistent,
				    tcp_handoff_http_is_persistent(&h),
				    "%s", c->head);
	}
}

/* What follows the head is none of the parser's business. */
static void http_leaves_the_body(struct kunit *test)
{
	static const char head[] = POST "Content-Length: 3\r\n\r\n\0\1\2";
	struct tcp_handoff_http h = {};
	size_t n = tcp_handoff_http_feed(&h, head, sizeof(head));

	KUNIT_EXPECT_TRUE(test, tcp_handoff_http_is_done(&h));
	KUNIT_EXPECT_EQ(test, sizeof(head) - 4, n);
	KUNIT_EXPECT_EQ(test, n, h.head_len);
	KUNIT_EXPECT_EQ(test, 0, tcp_handoff_http_feed(&h, "x", 1));
}

static void http_is_idle_before_a_request(struct kunit *test)
{
	struct tcp_handoff_http h = parse("\r\n\r\n\r");

	KUNIT_EXPECT_TRUE(test, tcp_handoff_http_is_idle(&h));
	h = parse("\r\nG");
	KUNIT_EXPECT_FALSE(test, tcp_handoff_http_is_idle(&h));
}

static void http_has_an_end(struct kunit *test)
{
	struct tcp_handoff_http h = parse(GET "X: ");
	char buf[64];
	int i;

	memset(buf, 'x', sizeof(buf));
	for (i = 0; i < TCP_HANDOFF_HTTP_MOST / sizeof(buf); i++)
		tcp_handoff_http_feed(&h, buf, sizeof(buf));
	KUNIT_EXPECT_EQ(test, E(TOO_LONG), h.error);
	KUNIT_EXPECT_EQ(test, 431, tcp_handoff_http_status(&h));
}

static struct kunit_case http_cases[] = {
	KUNIT_CASE_PARAM(http_takes_good_heads, good_gen_params),
	KUNIT_CASE_PARAM(http_waits_for_the_end, good_gen_params),
	KUNIT_CASE_PARAM(http_refuses_smuggling, smuggling_gen_params),
	KUNIT_CASE(http_pieces_make_no_difference),
	KUNIT_CASE(http_one_byte_more),
	KUNIT_CASE(http_finds_target_and_host),
	KUNIT_CASE(http_knows_methods),
	KUNIT_CASE(http_knows_bodies),
	KUNIT_CASE(http_knows_persistence),
	KUNIT_CASE(http_leaves_the_body),
	KUNIT_CASE(http_is_idle_before_a_request),
	KUNIT_CASE(http_has_an_end),
	{}
};

static struct kunit_suite http_suite = {
	.name = "tcp_handoff_http",
	.test_cases = http_cases,
};

kunit_test_suite(http_suite);
