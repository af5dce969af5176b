/* JSON that comes over the control socket.
 * Covers: src/supervisor/control_member.c
 */
#include <stdint.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/json.h"
#include "postern/supervisor/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice object = slice_of((const char *)data, size);
    struct buffer first, second, again;
    struct json json;
    buffer_init(&first, 4096);
    buffer_init(&second, 4096);
    buffer_init(&again, 65536);
    int found = control_member(object, "a", &first);
    ASSERT(found >= -1 && found <= 1);
    /* Whether an object is well-formed does not depend on what is asked of it, if that is not there: only the
     * text of the member that is asked for is looked into. A name may be written with escapes, too. */
    int absent = control_member(object, "no such member", &second);
    bool may_be_there = memmem(data, size, "no such member", 14) != NULL || memchr(data, '\\', size) != NULL;
    ASSERT(may_be_there || (found == -1) >= (absent == -1));
    if (found == 1) {
        /* What we write of a value is read as the same value, if it is text. */
        json_init(&json, &again);
        json_object_begin(&json, NULL);
        json_slice(&json, "a", buffer_view(&first));
        json_object_end(&json);
        buffer_clear(&second);
        buffer_init(&second, 65536);
        if (json_end(&json))
            ASSERT(control_member(buffer_view(&again), "a", &second) == 1);
    }
    buffer_clear(&first);
    buffer_clear(&second);
    buffer_clear(&again);
    return 0;
}
