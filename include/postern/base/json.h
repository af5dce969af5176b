/* Writes JSON (RFC 8259) into a buffer, commas and quotes included: log lines, status, error answers. It does
 * not read JSON. Overflow is remembered and told once, at the end. Embedded; nothing to clear. */
#ifndef POSTERN_BASE_JSON_H
#define POSTERN_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"

struct json {
    struct buffer *buffer; /* keeps: until the end */
    bool comma;            /* something stands before, on this level */
    bool overflow;
};

void json_init(struct json *json, struct buffer *buffer);
/* Begin and end of values. A name is for a member of an object; NULL for an element of an array or the top.
 */
void json_object_begin(struct json *json, const char *name);
void json_object_end(struct json *json);
void json_array_begin(struct json *json, const char *name);
void json_array_end(struct json *json);
void json_slice(struct json *json, const char *name, struct slice value);
/* NULL is written as null. */
void json_text(struct json *json, const char *name, const char *value);
void json_int(struct json *json, const char *name, int64_t value);
void json_uint(struct json *json, const char *name, uint64_t value);
/* 1234 as 1.234: exact, and quicker than a double. */
void json_thousandths(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);
/* With a fixed number of decimals, 0 to 9. NaN and infinities are null. */
void json_double(struct json *json, const char *name, double value, int decimals);
/* True if all of it fitted. */
NODISCARD bool json_end(const struct json *json);

#endif
