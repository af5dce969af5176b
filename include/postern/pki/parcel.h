/* A row of tagged byte strings, for what two processes of ours tell each other, in a message or in shared
 * memory: a header of 16 bytes (tag, length) and the bytes, padded to 8, so that a reader may look at
 * structures in place. Pure functions on bytes. */
#ifndef POSTERN_PKI_PARCEL_H
#define POSTERN_PKI_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"

/* How many bytes an item takes. */
size_t parcel_item_size(size_t length);
/* Write an item to memory of that size. Returns what follows it. */
char *parcel_write(char *to, uint32_t tag, struct slice bytes);
/* Append an item; false if it does not fit. */
NODISCARD bool parcel_put(struct buffer *out, uint32_t tag, struct slice bytes);
NODISCARD bool parcel_put_text(struct buffer *out, uint32_t tag, const char *text);
/* Take the next item off *rest. False at the end, and where it is damaged: then *rest is not empty. The bytes
 * are views. */
bool parcel_next(struct slice *rest, uint32_t *tag, struct slice *bytes);
/* The first item with this tag, or the empty slice. */
struct slice parcel_find(struct slice parcel, uint32_t tag);

#endif
