/* Foreign bytes as content in each framing. However they are cut into pieces, the content, the place where it
 * ends and the answer must be the same; and what was read, written as chunks, must be read back. The first
 * byte chooses the framing, the second how the rest is cut. Covers: src/http/body.c */
#include <stdint.h>
#include <stdlib.h>

#include "postern/base/assert.h"
#include "postern/base/buffer.h"
#include "postern/http/body.h"
#include "postern/http/serialise.h"

#define CONTENT_LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum http_result result, at_end;
    size_t consumed;
    struct buffer content;
};

static size_t next_piece(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return 1 + (*state >> 24) % 13;
}

/* All at once for a seed of 0, otherwise in pieces that follow from it. */
static void read_all(const struct http_framing *framing, struct slice text, uint32_t seed,
                     struct outcome *out)
{
    struct http_body_reader reader;
    http_body_init(&reader, framing);
    buffer_init(&out->content, CONTENT_LIMIT);
    out->result = HTTP_INCOMPLETE;
    out->consumed = 0;
    do {
        struct slice rest = slice_after(text, out->consumed), content;
        size_t piece = seed != 0 ? next_piece(&seed) : rest.length;
        struct slice input = slice_before(rest, piece < rest.length ? piece : rest.length);
        size_t given = input.length;
        while ((out->result = http_body_read(&reader, &input, &content)) == HTTP_OK) {
            ASSERT(content.length != 0);
            ASSERT(content.data >= rest.data && content.data + content.length <= rest.data + given);
            ASSERT(buffer_append_slice(&out->content, content));
        }
        ASSERT(content.length == 0);
        ASSERT(out->result != HTTP_INCOMPLETE || input.length == 0);
        out->consumed += given - input.length;
    } while (out->result == HTTP_INCOMPLETE && out->consumed < text.length);
    ASSERT(http_body_is_done(&reader) == (out->result == HTTP_DONE));
    out->at_end = http_body_at_end(&reader);
}

/* The content as chunks of our own. */
static void check_written(const struct buffer *content)
{
    static const struct http_framing chunked = {.body = HTTP_BODY_CHUNKED};
    struct slice rest = buffer_view(content);
    struct buffer written;
    struct outcome again;
    uint32_t state = (uint32_t)rest.length;
    buffer_init(&written, 64 * CONTENT_LIMIT);
    while (rest.length != 0) {
        size_t piece = next_piece(&state);
        struct slice chunk = slice_before(rest, piece < rest.length ? piece : rest.length);
        ASSERT(http_write_chunk_head(&written, chunk.length));
        ASSERT(buffer_append_slice(&written, chunk));
        ASSERT(http_write_chunk_end(&written));
        rest = slice_after(rest, chunk.length);
    }
    ASSERT(http_write_last_chunk(&written));
    read_all(&chunked, buffer_view(&written), 0, &again);
    ASSERT(again.result == HTTP_DONE && again.consumed == buffer_length(&written));
    ASSERT(slice_equal(buffer_view(&again.content), buffer_view(content)));
    buffer_clear(&again.content);
    buffer_clear(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > CONTENT_LIMIT)
        return 0;
    struct http_framing framing = {.body = HTTP_BODY_CHUNKED};
    if (data[0] >= 0xF0) {
        framing.body = (enum http_body)(data[0] % 4);
        framing.length = framing.body == HTTP_BODY_LENGTH ? 1 + data[1] : 0;
    }
    struct slice text = slice_of((const char *)data + 2, size - 2);
    struct outcome whole, pieces;
    read_all(&framing, text, 0, &whole);
    read_all(&framing, text, 1u + data[1], &pieces);
    ASSERT(whole.result == pieces.result && whole.at_end == pieces.at_end);
    ASSERT(whole.consumed == pieces.consumed);
    ASSERT(slice_equal(buffer_view(&whole.content), buffer_view(&pieces.content)));
    check_written(&whole.content);
    buffer_clear(&whole.content);
    buffer_clear(&pieces.content);
    return 0;
}
