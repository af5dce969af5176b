/* An identity and its fields as bytes, and back: what a session ticket carries so that a resumed connection
 * says the very same of its client. */
#include <string.h>

#include "private.h"

#include "postern/base/memory.h"
#include "postern/base/text.h"

/* version, notAfter, fingerprint, where each part of the text ends, the text, the field lines; big-endian. */
enum { VERSION = 1, FINGERPRINT_SIZE = 32, ENDS = 4 };

struct reader {
    struct slice rest;
    bool failed;
};

static bool put_number(struct buffer *out, uint64_t value, unsigned size)
{
    unsigned char bytes[8];
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> (8 * (size - 1 - i)));
    return buffer_append(out, bytes, size);
}

static struct slice take(struct reader *reader, size_t length)
{
    if (reader->failed || reader->rest.length < length) {
        reader->failed = true;
        return slice_of("", 0);
    }
    struct slice taken = slice_before(reader->rest, length);
    reader->rest = slice_after(reader->rest, length);
    return taken;
}

static uint64_t take_number(struct reader *reader, unsigned size)
{
    struct slice bytes = take(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.length; i++)
        value = value << 8 | (unsigned char)bytes.data[i];
    return value;
}

bool identity_pack(const struct identity *identity, struct slice fields, struct buffer *out)
{
    unsigned char fingerprint[FINGERPRINT_SIZE];
    size_t before = buffer_length(out);
    bool fitted = text_unhex(fingerprint, sizeof(fingerprint), slice_text(identity->fingerprint)) ==
                      FINGERPRINT_SIZE &&
                  put_number(out, VERSION, 1) && put_number(out, (uint64_t)identity->not_after, 8) &&
                  buffer_append(out, fingerprint, sizeof(fingerprint));
    for (unsigned i = 0; fitted && i < ENDS; i++)
        fitted = put_number(out, identity->ends[i], 2);
    fitted = fitted && buffer_append_slice(out, buffer_view(&identity->text)) &&
             buffer_append_slice(out, fields);
    if (!fitted)
        buffer_drop_tail(out, buffer_length(out) - before);
    return fitted;
}

static void read_text(struct reader *reader, struct identity *identity)
{
    size_t before = 0;
    for (unsigned i = 0; i < ENDS; i++) {
        identity->ends[i] = (size_t)take_number(reader, 2);
        reader->failed = reader->failed || identity->ends[i] < before;
        before = identity->ends[i];
    }
    struct slice text = take(reader, before);
    if (!buffer_append_slice(&identity->text, text))
        reader->failed = true;
}

struct identity *identity_unpack(struct slice bytes, struct slice *fields)
{
    struct reader reader = {.rest = bytes};
    struct identity *identity = xcalloc(1, sizeof *identity);
    buffer_init(&identity->text, IDENTITY_TEXT_MAX);
    reader.failed = take_number(&reader, 1) != VERSION;
    identity->not_after = (int64_t)take_number(&reader, 8);
    struct slice fingerprint = take(&reader, FINGERPRINT_SIZE);
    text_hex(identity->fingerprint, (const unsigned char *)fingerprint.data, fingerprint.length, false);
    read_text(&reader, identity);
    *fields = reader.rest;
    if (!reader.failed)
        return identity;
    identity_free(identity);
    return NULL;
}

bool identity_has_certificate(const struct identity *identity)
{
    return identity->leaf != NULL;
}

bool identity_needs_chain(const struct config *config)
{
    return config->identity.xfcc_chain || config->identity.client_cert_chain;
}
