/* PEM to DER. What is taken lies in the struct's own memory, and says the same when it is written down again
 * in another width.
 * Covers: src/trust/pem.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/trust/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *append_base64(char *at, struct slice bytes, size_t width)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)bytes.data;
    size_t column = 0;
    for (size_t i = 0; i < bytes.length; i += 3) {
        uint32_t group = (uint32_t)in[i] << 16;
        size_t left = bytes.length - i;
        group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= left > 2 ? in[i + 2] : 0u;
        for (size_t j = 0; j < 4; j++) {
            *at++ = j > left ? '=' : digits[group >> (18 - 6 * j) & 63u];
            if (++column % width == 0)
                *at++ = '\n';
        }
    }
    return stpcpy(at, "\n");
}

static void check_again(const struct pem_block *block, size_t width)
{
    const char *label = block->label == PEM_CRL ? "X509 CRL" : "CERTIFICATE";
    char *text = malloc(block->der.length * 3 + 128), *at = text;
    struct pem pem;
    ASSERT(text != NULL);
    at = stpcpy(stpcpy(stpcpy(at, "-----BEGIN "), label), "-----\n");
    at = append_base64(at, block->der, width);
    at = stpcpy(stpcpy(stpcpy(at, "-----END "), label), "-----");
    ASSERT(pem_parse(slice_of(text, (size_t)(at - text)), block->label, "again", &pem, NULL) == 0);
    ASSERT(pem.count == 1 && slice_equal(pem.blocks[0].der, block->der));
    pem_clear(&pem);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.line = 0};
    struct pem pem;
    struct slice text = slice_of((const char *)data, size);
    int result = pem_parse(text, PEM_CERTIFICATE | PEM_CRL, "fuzz", &pem, &err);
    ASSERT((result != 0) == err_is_set(&err));
    ASSERT(result != 0 || (pem.count > 0 && pem.count <= PEM_BLOCKS_MAX));
    for (size_t i = 0; result == 0 && i < pem.count; i++) {
        const struct pem_block *block = &pem.blocks[i];
        ASSERT(block->der.length > 0 && block->der.length <= size && block->line > 0);
        ASSERT(i == 0 || block->line > block[-1].line);
        if (block->der.length < 4096)
            check_again(block, 1 + block->der.length % 77);
    }
    pem_clear(&pem);
    return 0;
}
