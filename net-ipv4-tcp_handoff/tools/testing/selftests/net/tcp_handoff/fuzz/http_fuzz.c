// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz net/ipv4/tcp_handoff/http.c: what a client sends.
 *
 *	input	first byte: size of the pieces | head, and what follows
 *
 * What must hold:
 *
 *  - pieces make no difference;
 *  - a head that was taken is one for a reader that is written in another way,
 *    line by line with the whole text before it: the same end, target, length
 *    and host, and nothing in it that two readers could take for two things;
 *  - what is neither taken nor refused has no end yet.
 */
#include "shim.h"
#include "fuzz.h"
#include "http.h"

const char *__asan_default_options(void)
{
	return "detect_leaks=0:quarantine_size_mb=8:malloc_context_size=4";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1";
}

/* A line without its end, or a word */
struct text {
	const char *p;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct text trim(struct text t)
{
	while (t.len && is_blank(*t.p)) {
		t.p++;
		t.len--;
	}
	while (t.len && is_blank(t.p[t.len - 1]))
		t.len--;
	return t;
}

static bool is(struct text t, const char *word)
{
	return t.len == strlen(word) && !strncasecmp(t.p, word, t.len);
}

/* Return: false if there is no whole line; else *at is behind it */
static bool next_line(const char *p, size_t len, size_t *at, struct text *line)
{
	const char *end = memchr(p + *at, '\n', len - *at);

	if (!end)
		return false;
	line->p = p + *at;
	line->len = end - line->p;
	*at = end + 1 - p;
	if (line->len && line->p[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* Up to @c; what is behind it stays in @t */
static struct text cut(struct text *t, char c)
{
	const char *end = memchr(t->p, c, t->len);
	struct text word = { t->p, end ? (size_t)(end - t->p) : t->len };

	t->p += word.len + !!end;
	t->len -= word.len + !!end;
	return word;
}

static bool same(struct text t, const char *head,
		 const struct tcp_handoff_http_span *span)
{
	return t.len == span->len && !memcmp(t.p, head + span->off, t.len);
}

/* What was found in fields */
struct found {
	unsigned int lengths, codings, hosts;
	struct text host;
	bool chunked;
};

static void check_length(struct text value, const struct tcp_handoff_http *h)
{
	u64 length = 0;
	size_t i;

	SHIM_ASSERT(value.len);
	for (i = 0; i < value.len; i++) {
		SHIM_ASSERT(value.p[i] >= '0' && value.p[i] <= '9');
		SHIM_ASSERT(!__builtin_mul_overflow(length, 10, &length));
		SHIM_ASSERT(!__builtin_add_overflow(length, value.p[i] - '0',
						    &length));
	}
	SHIM_ASSERT(length == h->length && length <= INT64_MAX);
}

static void check_coding(struct text value, struct found *f)
{
	struct text coding;

	do {
		/* nothing comes behind it, in this field or in another */
		SHIM_ASSERT(!f->chunked);
		coding = trim(cut(&value, ','));
		SHIM_ASSERT(coding.len);
		f->chunked = is(coding, "chunked");
	} while (value.len);
}

static void check_field(struct text line, struct found *f,
			const struct tcp_handoff_http *h)
{
	struct text name, value = line;
	size_t i;

	SHIM_ASSERT(!is_blank(*line.p));
	SHIM_ASSERT(memchr(line.p, ':', line.len));
	name = cut(&value, ':');
	SHIM_ASSERT(name.len);
	for (i = 0; i < name.len; i++)
		SHIM_ASSERT(name.p[i] > ' ' && name.p[i] < 0x7f);
	for (i = 0; i < value.len; i++)
		SHIM_ASSERT((u8)value.p[i] >= ' ' || value.p[i] == '\t');
	value = trim(value);
	if (is(name, "content-length")) {
		f->lengths++;
		check_length(value, h);
	} else if (is(name, "transfer-encoding")) {
		f->codings++;
		check_coding(value, f);
	} else if (is(name, "host")) {
		f->hosts++;
		f->host = value;
	}
}

static void check_first(struct text line, const char *head,
			const struct tcp_handoff_http *h)
{
	struct text method, target;

	method = cut(&line, ' ');
	target = cut(&line, ' ');
	SHIM_ASSERT(method.len && target.len);
	SHIM_ASSERT(same(target, head, &h->target));
	SHIM_ASSERT(line.len == 8 && !memcmp(line.p, "HTTP/1.", 7));
	SHIM_ASSERT(line.p[7] == '0' + h->minor);
	SHIM_ASSERT(h->form != TCP_HANDOFF_HTTP_ORIGIN || *target.p == '/');
	/* the path is a part of the target, the host of that or a field */
	SHIM_ASSERT(!h->path.len ||
		    (h->path.off >= h->target.off &&
		     h->path.off + h->path.len <=
		     h->target.off + h->target.len));
}

static void check_fields(const struct found *f, const char *head,
			 const struct tcp_handoff_http *h)
{
	SHIM_ASSERT(f->lengths <= 1 && f->lengths == h->has_length);
	SHIM_ASSERT(f->hosts <= 1 && f->hosts == h->has_host);
	SHIM_ASSERT(!!f->codings == h->has_coding);
	SHIM_ASSERT(!f->lengths || !f->codings);
	SHIM_ASSERT(!f->codings || (f->chunked && h->chunked && h->minor));
	SHIM_ASSERT(f->hosts || !h->minor);
	if (h->form == TCP_HANDOFF_HTTP_ORIGIN ||
	    h->form == TCP_HANDOFF_HTTP_ASTERISK)
		SHIM_ASSERT(f->host.len == h->host.len &&
			    (!f->host.len || same(f->host, head, &h->host)));
}

static void check_done(const char *p, size_t len,
		       const struct tcp_handoff_http *h)
{
	struct found f = {};
	struct text line;
	size_t at = 0, i;

	do {
		SHIM_ASSERT(next_line(p, len, &at, &line));
	} while (!line.len);
	check_first(line, p, h);
	for (;;) {
		SHIM_ASSERT(next_line(p, len, &at, &line));
		if (!line.len)
			break;
		check_field(line, &f, h);
	}
	SHIM_ASSERT(at == h->head_len);
	for (i = 0; i < at; i++)
		SHIM_ASSERT(p[i] && (p[i] != '\r' || p[i + 1] == '\n'));
	check_fields(&f, p, h);
}

static void check_more(const char *p, size_t len)
{
	struct text line;
	size_t at = 0;
	bool begun = false;

	while (next_line(p, len, &at, &line)) {
		SHIM_ASSERT(line.len || !begun);
		begun |= line.len > 0;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct tcp_handoff_http whole = {}, parts = {};
	size_t step, at, n;
	char *head;

	if (!size)
		return 0;
	step = *data++ % 16 + 1;
	size--;
	/* a copy, so that the sanitizer sees its end */
	head = malloc(size ?: 1);
	memcpy(head, data, size);

	n = tcp_handoff_http_feed(&whole, head, size);
	SHIM_ASSERT(n == whole.pos && n <= size);
	for (at = 0; at < size; at += n) {
		n = tcp_handoff_http_feed(&parts, head + at,
					  min(step, size - at));
		if (!n)
			break;
	}
	SHIM_ASSERT(!memcmp(&whole, &parts, sizeof(whole)));
	SHIM_ASSERT(!whole.error == !tcp_handoff_http_status(&whole));
	if (tcp_handoff_http_is_done(&whole))
		check_done(head, size, &whole);
	else if (!whole.error)
		check_more(head, size);
	free(head);
	return 0;
}
