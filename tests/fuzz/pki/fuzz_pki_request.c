/* Foreign bytes as a certificate request, and its names against patterns. What is taken has names that a
 * certificate of ours may have, and no alternative name holds a NUL or says two things.
 * Covers: src/pki/request.c src/pki/pattern.c */
#include <openssl/obj_mac.h>
#include <stdint.h>
#include <string.h>

#include "pattern.h"
#include "postern/base/assert.h"
#include "postern/pki/name.h"
#include "postern/pki/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_patterns(struct slice bytes)
{
    size_t middle = slice_find(bytes, '\n');
    struct slice list = slice_before(bytes, middle), text = slice_after(bytes, middle);
    struct err err = {0};
    if (pki_pattern_check(list, "list", &err) < 0)
        return;
    if (text.length > 0 && text.length <= PKI_PATTERN_TEXT_MAX)
        ASSERT(pki_pattern_match(SLICE_LITERAL("**"), text));
    (void)pki_pattern_match(list, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct pki_request *request;
    struct slice bytes = slice_of((const char *)data, size);
    ask_patterns(bytes);
    int result = pki_request_parse(bytes, NULL, &request, &err);
    ASSERT((result == 0) == (request != NULL) && (result == 0) != err_is_set(&err));
    if (result < 0)
        return 0;
    const char *name = pki_request_name(request), *unit = pki_request_unit(request);
    ASSERT(!name || pki_name_check(slice_text(name), PKI_NAME_SERVER, &err) == 0);
    ASSERT(!unit || pki_name_check_attribute(slice_text(unit), "unit", &err) == 0);
    for (size_t i = 0; i < pki_request_san_count(request); i++)
        ASSERT(strchr(pki_request_san(request, i), ':') && !strchr(pki_request_san(request, i), ' '));
    (void)pki_request_wants_only(request, NID_client_auth);
    ASSERT(pki_request_key(request) != NULL);
    pki_request_free(request);
    return 0;
}
