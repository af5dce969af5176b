/* Foreign bytes as base64 in a body, between lines of PEM, and in a path. What is taken must be the one text
 * of its bytes.
 * Covers: src/pki/base64.c */
#include <stdint.h>

#include "postern/base/assert.h"
#include "postern/pki/base64.h"

#define LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Text without white space, as the encoder would write it but for line ends. */
static void must_be_canonical(struct slice text, struct slice bytes)
{
    struct buffer again;
    buffer_init(&again, LIMIT);
    ASSERT(pki_base64_encode(bytes, &again));
    struct slice written = buffer_view(&again);
    size_t at = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == ' ' || text.data[i] == '\t' || text.data[i] == '\r' || text.data[i] == '\n')
            continue;
        while (at < written.length && written.data[at] == '\n')
            at++;
        ASSERT(at < written.length && written.data[at++] == text.data[i]);
    }
    while (at < written.length && written.data[at] == '\n')
        at++;
    ASSERT(at == written.length);
    buffer_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const decoders[])(struct slice, struct buffer *) = {
        pki_base64_decode, pki_base64_decode_request, pki_base64_decode_path};
    struct slice text = slice_of((const char *)data, size);
    if (size > LIMIT / 4)
        return 0;
    for (size_t i = 0; i < sizeof decoders / sizeof decoders[0]; i++) {
        struct buffer out;
        buffer_init(&out, LIMIT);
        bool taken = decoders[i](text, &out);
        ASSERT(buffer_length(&out) <= size);
        if (taken && i == 0)
            must_be_canonical(text, buffer_view(&out));
        buffer_clear(&out);
    }
    return 0;
}
