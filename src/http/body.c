#include "postern/http/body.h"

#include "bytes.h"

#define CHUNK_SIZE_DIGITS 15

/* Where in chunked content the next byte stands. RFC 9112 §7.1. */
enum state {
    STATE_SIZE,          /* chunk-size, first digit or a later one */
    STATE_BEFORE_SEMI,   /* BWS, then ';' */
    STATE_BEFORE_NAME,   /* BWS, then the first byte of an extension's name */
    STATE_NAME,          /* in the name */
    STATE_BEFORE_EQUALS, /* BWS behind the name, then '=' or ';' */
    STATE_BEFORE_VALUE,  /* BWS behind '=', then a token or a quoted string */
    STATE_VALUE,         /* in a token */
    STATE_QUOTED,        /* in a quoted string */
    STATE_QUOTED_PAIR,   /* behind its backslash */
    STATE_BEHIND_VALUE,  /* behind its closing quote */
    STATE_SIZE_LF,       /* LF of the chunk head */
    STATE_DATA,          /* chunk-data */
    STATE_DATA_CR,       /* CR LF behind it */
    STATE_DATA_LF,
    STATE_TRAILER_BEGIN, /* a trailer's first byte, or the CR of the empty line */
    STATE_TRAILER_NAME,
    STATE_TRAILER_VALUE,
    STATE_TRAILER_LF, /* LF behind a trailer */
    STATE_LAST_LF,    /* LF of the empty line */
    STATE_DONE
};

void http_body_init(struct http_body_reader *reader, const struct http_framing *framing)
{
    *reader = (struct http_body_reader){.body = framing->body, .failed = HTTP_OK, .state = STATE_SIZE};
    if (framing->body == HTTP_BODY_LENGTH)
        reader->remaining = framing->length;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static enum http_result become(struct http_body_reader *reader, enum state state)
{
    reader->state = (unsigned char)state;
    return HTTP_OK;
}

static enum http_result step_size(struct http_body_reader *reader, char byte)
{
    int digit = ascii_hex_value(byte);
    if (digit >= 0) {
        if (reader->digits == CHUNK_SIZE_DIGITS)
            return HTTP_CHUNK_SIZE;
        reader->digits++;
        reader->remaining = reader->remaining * 16 + (uint64_t)digit;
        return HTTP_OK;
    }
    if (reader->digits == 0)
        return HTTP_CHUNK_SIZE;
    if (byte == '\r')
        return become(reader, STATE_SIZE_LF);
    if (byte == ';')
        return become(reader, STATE_BEFORE_NAME);
    return is_blank(byte) ? become(reader, STATE_BEFORE_SEMI)
           : byte == '\n' ? HTTP_CHUNK_LINE
                          : HTTP_CHUNK_SIZE;
}

/* What may follow a whole extension. BWS must be followed by another one: STRICT: a space before CR LF, which
 * some parsers skip and others count to the size, is refused. */
static enum http_result step_behind_extension(struct http_body_reader *reader, char byte)
{
    if (byte == '\r')
        return become(reader, STATE_SIZE_LF);
    if (byte == ';')
        return become(reader, STATE_BEFORE_NAME);
    return is_blank(byte) ? become(reader, STATE_BEFORE_SEMI) : HTTP_CHUNK_EXTENSION;
}

static enum http_result step_extension_name(struct http_body_reader *reader, char byte)
{
    switch ((enum state)reader->state) {
    case STATE_BEFORE_SEMI:
        if (byte == ';')
            return become(reader, STATE_BEFORE_NAME);
        return is_blank(byte) ? HTTP_OK : HTTP_CHUNK_EXTENSION;
    case STATE_BEFORE_NAME:
        if (byte_is(byte, BYTE_TOKEN))
            return become(reader, STATE_NAME);
        return is_blank(byte) ? HTTP_OK : HTTP_CHUNK_EXTENSION;
    case STATE_NAME:
        if (byte_is(byte, BYTE_TOKEN))
            return HTTP_OK;
        if (byte == '=')
            return become(reader, STATE_BEFORE_VALUE);
        return is_blank(byte) ? become(reader, STATE_BEFORE_EQUALS) : step_behind_extension(reader, byte);
    default: /* STATE_BEFORE_EQUALS */
        if (byte == '=')
            return become(reader, STATE_BEFORE_VALUE);
        if (byte == ';')
            return become(reader, STATE_BEFORE_NAME);
        return is_blank(byte) ? HTTP_OK : HTTP_CHUNK_EXTENSION;
    }
}

static enum http_result step_extension_value(struct http_body_reader *reader, char byte)
{
    switch ((enum state)reader->state) {
    case STATE_BEFORE_VALUE:
        if (byte == '"')
            return become(reader, STATE_QUOTED);
        if (byte_is(byte, BYTE_TOKEN))
            return become(reader, STATE_VALUE);
        return is_blank(byte) ? HTTP_OK : HTTP_CHUNK_EXTENSION;
    case STATE_VALUE:
        return byte_is(byte, BYTE_TOKEN) ? HTTP_OK : step_behind_extension(reader, byte);
    case STATE_QUOTED:
        if (byte == '"')
            return become(reader, STATE_BEHIND_VALUE);
        if (byte == '\\')
            return become(reader, STATE_QUOTED_PAIR);
        return byte_is(byte, BYTE_QUOTED) ? HTTP_OK : HTTP_CHUNK_EXTENSION;
    case STATE_QUOTED_PAIR:
        return byte_is(byte, BYTE_VALUE) ? become(reader, STATE_QUOTED) : HTTP_CHUNK_EXTENSION;
    default: /* STATE_BEHIND_VALUE */
        return step_behind_extension(reader, byte);
    }
}

static enum http_result step_extension(struct http_body_reader *reader, char byte)
{
    if (++reader->extension_size > HTTP_CHUNK_EXTENSION_LIMIT)
        return HTTP_CHUNK_EXTENSION_LONG;
    return reader->state <= STATE_BEFORE_EQUALS ? step_extension_name(reader, byte)
                                                : step_extension_value(reader, byte);
}

static enum http_result step_trailer(struct http_body_reader *reader, char byte)
{
    if (++reader->trailer_size > HTTP_TRAILER_LIMIT)
        return HTTP_TRAILER_LONG;
    switch ((enum state)reader->state) {
    case STATE_TRAILER_BEGIN:
        if (byte == '\r')
            return become(reader, STATE_LAST_LF);
        return byte_is(byte, BYTE_TOKEN) ? become(reader, STATE_TRAILER_NAME) : HTTP_TRAILER_BAD;
    case STATE_TRAILER_NAME:
        if (byte == ':')
            return become(reader, STATE_TRAILER_VALUE);
        return byte_is(byte, BYTE_TOKEN) ? HTTP_OK : HTTP_TRAILER_BAD;
    case STATE_TRAILER_VALUE:
        if (byte == '\r')
            return become(reader, STATE_TRAILER_LF);
        return byte_is(byte, BYTE_VALUE) ? HTTP_OK : HTTP_TRAILER_BAD;
    case STATE_TRAILER_LF:
        return byte == '\n' ? become(reader, STATE_TRAILER_BEGIN) : HTTP_TRAILER_BAD;
    default: /* STATE_LAST_LF */
        return byte == '\n' ? become(reader, STATE_DONE) : HTTP_TRAILER_BAD;
    }
}

static enum http_result begin_chunk(struct http_body_reader *reader)
{
    reader->digits = 0;
    return become(reader, reader->remaining != 0 ? STATE_DATA : STATE_TRAILER_BEGIN);
}

/* One byte of framing. */
static enum http_result step(struct http_body_reader *reader, char byte)
{
    switch ((enum state)reader->state) {
    case STATE_SIZE:
        return step_size(reader, byte);
    case STATE_SIZE_LF:
        return byte == '\n' ? begin_chunk(reader) : HTTP_CHUNK_LINE;
    case STATE_DATA_CR:
        return byte == '\r' ? become(reader, STATE_DATA_LF) : HTTP_CHUNK_LINE;
    case STATE_DATA_LF:
        return byte == '\n' ? become(reader, STATE_SIZE) : HTTP_CHUNK_LINE;
    default:
        return reader->state < STATE_SIZE_LF ? step_extension(reader, byte) : step_trailer(reader, byte);
    }
}

/* As much content as there is and belongs to the message or chunk. */
static enum http_result take_content(struct http_body_reader *reader, struct slice *input,
                                     struct slice *content)
{
    size_t count = input->length;
    if (reader->body != HTTP_BODY_UNTIL_CLOSE) {
        if (count > reader->remaining)
            count = (size_t)reader->remaining;
        reader->remaining -= count;
    }
    *content = slice_before(*input, count);
    *input = slice_after(*input, count);
    return HTTP_OK;
}

static enum http_result read_chunked(struct http_body_reader *reader, struct slice *input,
                                     struct slice *content)
{
    while (reader->state != STATE_DONE) {
        if (input->length == 0)
            return HTTP_INCOMPLETE;
        if (reader->state == STATE_DATA) {
            enum http_result taken = take_content(reader, input, content);
            if (reader->remaining == 0)
                reader->state = STATE_DATA_CR;
            return taken;
        }
        enum http_result result = step(reader, input->data[0]);
        if (result != HTTP_OK)
            return reader->failed = result;
        *input = slice_after(*input, 1);
    }
    return HTTP_DONE;
}

enum http_result http_body_read(struct http_body_reader *reader, struct slice *input, struct slice *content)
{
    *content = slice_text("");
    if (reader->failed != HTTP_OK)
        return reader->failed;
    if (http_body_is_done(reader))
        return HTTP_DONE;
    if (reader->body == HTTP_BODY_CHUNKED)
        return read_chunked(reader, input, content);
    return input->length == 0 ? HTTP_INCOMPLETE : take_content(reader, input, content);
}

bool http_body_is_done(const struct http_body_reader *reader)
{
    if (reader->failed != HTTP_OK)
        return false;
    switch (reader->body) {
    case HTTP_BODY_NONE:
        return true;
    case HTTP_BODY_LENGTH:
        return reader->remaining == 0;
    case HTTP_BODY_CHUNKED:
        return reader->state == STATE_DONE;
    default: /* HTTP_BODY_UNTIL_CLOSE */
        return false;
    }
}

enum http_result http_body_at_end(const struct http_body_reader *reader)
{
    if (reader->failed != HTTP_OK)
        return reader->failed;
    if (reader->body == HTTP_BODY_UNTIL_CLOSE)
        return HTTP_DONE;
    return http_body_is_done(reader) ? HTTP_DONE : HTTP_TRUNCATED;
}
