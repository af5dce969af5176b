/* A field section as it was received: views of names and values, in their order, duplicates kept. The array
 * is the caller's; the views point into the bytes that were parsed and live as long as those. Names compare
 * without regard to ASCII case. RFC 9110 §5, §7.6.1. */
#ifndef POSTERN_HTTP_FIELDS_H
#define POSTERN_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/slice.h"

struct http_field {
    struct slice name;
    struct slice value; /* without the whitespace around it */
};

struct http_fields {
    struct http_field *items; /* keeps: capacity members, the caller's */
    size_t count, capacity;
};

/* The first field of that name, or NULL. Borrowed from fields. */
const struct http_field *http_fields_first(const struct http_fields *fields, struct slice name);
/* The value of the first field of that name, or the empty slice. */
struct slice http_fields_value(const struct http_fields *fields, struct slice name);
size_t http_fields_count_of(const struct http_fields *fields, struct slice name);

/* Walks the elements of a comma-separated list of tokens over all fields of one name, in order; whitespace
 * around elements and empty elements are left out. Not for lists whose elements may be quoted strings.
 * RFC 9110 §5.6.1. */
struct http_list {
    const struct http_fields *fields; /* keeps: while walking */
    struct slice name, rest;
    size_t next; /* index of the field after the one that rest is of */
};

void http_list_init(struct http_list *list, const struct http_fields *fields, struct slice name);
/* The next element, a view into a value; false behind the last. */
bool http_list_next(struct http_list *list, struct slice *element);
/* True if some element of the list is this token, in any case. */
bool http_list_has(const struct http_fields *fields, struct slice name, struct slice token);

/* True if a Connection field names this field, which then must not be forwarded. RFC 9110 §7.6.1. */
bool http_fields_connection_nominates(const struct http_fields *fields, struct slice name);
/* True for the fields that are for one connection only, nominated or not: Connection, Keep-Alive,
 * Proxy-Connection, TE, Trailer, Transfer-Encoding, Upgrade, HTTP2-Settings, Proxy-Authenticate,
 * Proxy-Authorization. Also with '_' for '-', which many backends take for the same name. */
bool http_field_is_hop_by_hop(struct slice name);
/* True for the fields that frame content, which whoever forwards writes himself: Content-Length and
 * Transfer-Encoding, and both with '_' for '-'. */
bool http_field_is_framing(struct slice name);

/* 1*tchar. RFC 9110 §5.6.2. */
bool http_is_token(struct slice text);
/* Only HTAB, 0x20 to 0x7E and 0x80 to 0xFF: no CR, LF, NUL or other control. May be empty. RFC 9110 §5.5. */
bool http_is_field_value(struct slice text);

#endif
