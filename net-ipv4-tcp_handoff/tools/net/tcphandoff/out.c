// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcphandoff: printing objects, each a series of fields.
 *
 * As text an object is "key value key value ...", as JSON it is an object.
 * What would lose digits in JSON's floating point numbers is a string there.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#include "tcphandoff.h"

static bool json;
static bool in_list;
static bool first_object = true;
static bool first_field;
static bool flat;

void out_json(void)
{
	json = true;
}

/* As text, an object is one line. */
void out_flat(void)
{
	flat = true;
}

/* Without a list around them, objects are lines of their own in JSON. */
void out_list_begin(void)
{
	in_list = true;
	if (json)
		putchar('[');
}

void out_list_end(void)
{
	in_list = false;
	if (json)
		puts("]");
}

void out_begin(void)
{
	if (json && in_list && !first_object)
		puts(",");
	if (json)
		putchar('{');
	first_object = false;
	first_field = true;
}

void out_end(void)
{
	if (json)
		putchar('}');
	if (!json || !in_list)
		putchar('\n');
}

static void new_line(const char *s)
{
	if (json || flat)
		return;
	fputs(s, stdout);
	first_field = true;
}

/* Continue an object on the next line. */
void out_break(void)
{
	new_line("\n\t");
}

/* The same for an object that is a list of its fields. */
void out_line(void)
{
	new_line("\n");
}

static void json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < ' ')
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void key_print(const char *key)
{
	if (!first_field)
		putchar(json ? ',' : ' ');
	first_field = false;
	if (json)
		printf("\"%s\":", key);
	else if (key)
		printf("%s ", key);
}

static void value_print(const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (json)
		json_string(text);
	else
		fputs(text, stdout);
}

void out_str(const char *key, const char *fmt, ...)
{
	va_list ap;

	key_print(key);
	va_start(ap, fmt);
	value_print(fmt, ap);
	va_end(ap);
}

/* In text, without the key. */
void out_word(const char *key, const char *fmt, ...)
{
	va_list ap;

	key_print(json ? key : NULL);
	va_start(ap, fmt);
	value_print(fmt, ap);
	va_end(ap);
}

void out_num(const char *key, __u64 value)
{
	key_print(key);
	printf("%llu", (unsigned long long)value);
}

/* An array of names; in text the names. */
void out_flags(const char *key, __u32 flags, const char *(*name)(__u32 flag))
{
	const char *s;
	bool any = false;
	__u32 bit;

	if (json) {
		key_print(key);
		putchar('[');
	}
	for (bit = 0; bit < 32; bit++) {
		if (!(flags & 1U << bit))
			continue;
		s = name(1U << bit);
		if (json)
			printf("%s\"%s\"", any ? "," : "", s ? s : "?");
		else
			out_word(NULL, "%s", s ? s : "?");
		any = true;
	}
	if (json)
		putchar(']');
}

void out_addr(const char *key, __u32 addr)
{
	char text[INET_ADDRSTRLEN];

	out_str(key, "%s", inet_ntop(AF_INET, &addr, text, sizeof(text)));
}

void out_endpoint(const char *key, __u32 addr, __u16 port)
{
	char text[INET_ADDRSTRLEN], port_key[32];

	inet_ntop(AF_INET, &addr, text, sizeof(text));
	if (!json) {
		out_str(key, "%s:%u", text, ntohs(port));
		return;
	}
	snprintf(port_key, sizeof(port_key), "%s_port", key);
	out_str(key, "%s", text);
	out_num(port_key, ntohs(port));
}

void out_id(__u64 boot_id, __u64 seq)
{
	out_str("id", "%016llx:%llu", (unsigned long long)boot_id,
		(unsigned long long)seq);
}
