/* What each byte may be in HTTP, as one table: a parser pays one load for a byte. */
#ifndef POSTERN_SRC_HTTP_BYTES_H
#define POSTERN_SRC_HTTP_BYTES_H

#include <stdbool.h>

enum {
    BYTE_TOKEN = 1 << 0,      /* tchar, RFC 9110 §5.6.2 */
    BYTE_VALUE = 1 << 1,      /* in field values: HTAB, SP, VCHAR, obs-text, RFC 9110 §5.5 */
    BYTE_VISIBLE = 1 << 2,    /* VCHAR, 0x21 to 0x7E */
    BYTE_UNRESERVED = 1 << 3, /* RFC 3986 §2.3 */
    BYTE_QUOTED = 1 << 4,     /* qdtext, RFC 9110 §5.6.4 */
};

extern const unsigned char http_bytes[256];

static inline bool byte_is(char byte, int kind)
{
    return (http_bytes[(unsigned char)byte] & kind) != 0;
}

#endif
