/* Writes heads and chunk framing into a buffer. Nothing goes out that the parser here would refuse: each
 * write fails for a name that is no token and for a value with CR, LF, NUL or another control byte, and then,
 * as when it does not fit, the buffer is as before. RFC 9112 §3, §4, §5, §7.1. */
#ifndef POSTERN_HTTP_SERIALISE_H
#define POSTERN_HTTP_SERIALISE_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"

#define HTTP_CHUNK_HEAD_MAX 18 /* "ffffffffffffffff\r\n" */

/* "GET /path HTTP/1.1\r\n". The target must be visible ASCII. */
NODISCARD bool http_write_request_line(struct buffer *buffer, struct slice method, struct slice target);
/* "HTTP/1.1 200 OK\r\n". An empty phrase stands for the usual one. Status 100 to 599. */
NODISCARD bool http_write_status_line(struct buffer *buffer, int status, struct slice phrase);
/* "Name: value\r\n". */
NODISCARD bool http_write_field(struct buffer *buffer, struct slice name, struct slice value);
NODISCARD bool http_write_field_text(struct buffer *buffer, const char *name, const char *value);
NODISCARD bool http_write_field_uint(struct buffer *buffer, const char *name, uint64_t value);
/* "\r\n", which ends the head. */
NODISCARD bool http_write_head_end(struct buffer *buffer);
/* "1a2b\r\n", before size bytes of data; size is not 0, since that would end the message. */
NODISCARD bool http_write_chunk_head(struct buffer *buffer, uint64_t size);
/* "\r\n", behind the data. */
NODISCARD bool http_write_chunk_end(struct buffer *buffer);
/* "0\r\n\r\n": the last chunk and an empty trailer section. */
NODISCARD bool http_write_last_chunk(struct buffer *buffer);

#endif
