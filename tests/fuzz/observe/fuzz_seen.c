/* Records of clients seen, from a worker, a file or a socket: whatever is read is written again as the same
 * bytes, and nothing is read beyond the end.
 * Covers: src/observe/seen.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/observe/seen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1); /* so that the end is the end of an allocation */
    struct buffer out;
    struct seen seen;
    ASSERT(copy != NULL);
    memcpy(copy, data, size);
    struct slice rest = slice_of(copy, size);
    buffer_init(&out, size + SEEN_RECORD_MAX);
    while (seen_next(&rest, &seen))
        ASSERT(seen_append(&out, &seen));
    ASSERT(buffer_length(&out) == size - rest.length);
    if (buffer_length(&out) > 0)
        ASSERT(memcmp(buffer_view(&out).data, copy, buffer_length(&out)) == 0);
    buffer_clear(&out);
    free(copy);
    return 0;
}
