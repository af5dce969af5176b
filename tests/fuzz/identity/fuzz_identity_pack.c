/* An identity as a ticket carries it. What is taken says the same when it is packed again.
 * Covers: src/identity/pack.c */
#include <stdint.h>

#include "postern/base/assert.h"
#include "postern/identity/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice fields, bytes = slice_of((const char *)data, size);
    struct identity *identity = identity_unpack(bytes, &fields);
    if (identity == NULL)
        return 0;
    struct buffer again;
    buffer_init(&again, size);
    ASSERT(!identity_has_certificate(identity));
    ASSERT(identity_common_name(identity).length + identity_subject(identity).length +
               identity_issuer(identity).length + identity_serial(identity).length + fields.length <
           size);
    ASSERT(identity_pack(identity, fields, &again) && slice_equal(buffer_view(&again), bytes));
    buffer_clear(&again);
    identity_free(identity);
    return 0;
}
