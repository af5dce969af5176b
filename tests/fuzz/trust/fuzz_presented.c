/* Files that people hand to `postern explain`: read or refused, and what was read is judged without harm.
 * PKCS#12 is only told apart: opening it may take as long as its writer wished.
 * Covers: src/trust/presented.c
 */
#include <stdint.h>

#include "postern/base/assert.h"
#include "postern/trust/certificate.h"
#include "postern/trust/presented.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_of((const char *)data, size);
    struct presented presented;
    struct err err = {.line = 0};
    if (presented_is_pkcs12(bytes))
        return 0;
    if (presented_parse(bytes, NULL, "file", &presented, &err) == 0) {
        struct certificate_info info;
        ASSERT(presented.leaf != NULL);
        certificate_describe(presented.leaf, &info);
    } else {
        ASSERT(err_is_set(&err));
    }
    presented_clear(&presented);
    return 0;
}
