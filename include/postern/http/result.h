/* Everything that HTTP/1.1 grammar can say about bytes: one closed list. A reason has a name for logs and
 * metrics, the status with which a request is answered for it, and a text for people. A response from an
 * upstream that fails for any of them is a 502, whatever its row says. */
#ifndef POSTERN_HTTP_RESULT_H
#define POSTERN_HTTP_RESULT_H

/* X(enumerator, name, status, text). Status 0: nothing is wrong. */
#define HTTP_RESULTS(X)                                                                                      \
    X(HTTP_OK, "ok", 0, "understood")                                                                        \
    X(HTTP_INCOMPLETE, "incomplete", 0, "more bytes are needed")                                             \
    X(HTTP_DONE, "done", 0, "the message is complete")                                                       \
    X(HTTP_TRUNCATED, "truncated", 400, "the connection ended within a message")                             \
    X(HTTP_BAD_METHOD, "bad_method", 400, "the method is not a token")                                       \
    X(HTTP_METHOD_CONNECT, "method_connect", 501, "CONNECT is for forward proxies, and this is none")        \
    X(HTTP_BAD_TARGET, "bad_target", 400, "the request target is not a path that can be forwarded")          \
    X(HTTP_TARGET_TOO_LONG, "target_too_long", 414, "the request target is longer than allowed")             \
    X(HTTP_BAD_VERSION, "bad_version", 400, "the first line has no HTTP/1.1 or HTTP/1.0 in its place")       \
    X(HTTP_VERSION_UNSUPPORTED, "version_unsupported", 505, "only HTTP/1.1 and HTTP/1.0 are spoken here")    \
    X(HTTP_BAD_STATUS, "bad_status", 502, "the status line has no status code of 100 to 599")                \
    X(HTTP_BARE_LF, "bare_lf", 400, "a line ends in LF without CR")                                          \
    X(HTTP_FIELD_NAME, "field_name", 400, "a field name is empty, not a token, or has a space behind it")    \
    X(HTTP_FIELD_VALUE, "field_value", 400, "a field value holds a control byte")                            \
    X(HTTP_OBS_FOLD, "obs_fold", 400, "a field is folded over two lines")                                    \
    X(HTTP_HEAD_TOO_LARGE, "head_too_large", 431, "the field section is larger than allowed")                \
    X(HTTP_TOO_MANY_FIELDS, "too_many_fields", 431, "there are more fields than allowed")                    \
    X(HTTP_LENGTH_BAD, "length_bad", 400, "Content-Length is not one decimal number")                        \
    X(HTTP_LENGTH_REPEATED, "length_repeated", 400, "there is more than one Content-Length")                 \
    X(HTTP_LENGTH_WITH_CODING, "length_with_coding", 400, "Content-Length stands beside Transfer-Encoding")  \
    X(HTTP_CODING_REPEATED, "coding_repeated", 400, "there is more than one Transfer-Encoding")              \
    X(HTTP_CODING_UNKNOWN, "coding_unknown", 501, "the only transfer coding understood is chunked")          \
    X(HTTP_CODING_IN_10, "coding_in_10", 400, "HTTP/1.0 has no Transfer-Encoding")                           \
    X(HTTP_CHUNK_SIZE, "chunk_size", 400, "a chunk size is not 1 to 15 hexadecimal digits")                  \
    X(HTTP_CHUNK_EXTENSION, "chunk_extension", 400, "a chunk extension is malformed")                        \
    X(HTTP_CHUNK_EXTENSION_LONG, "chunk_extension_long", 400, "chunk extensions are longer than allowed")    \
    X(HTTP_CHUNK_LINE, "chunk_line", 400, "a chunk, its size or its data, does not end in CR LF")            \
    X(HTTP_TRAILER_BAD, "trailer_bad", 400, "the trailer section is malformed")                              \
    X(HTTP_TRAILER_LONG, "trailer_long", 431, "the trailer section is larger than allowed")                  \
    X(HTTP_HOST_MISSING, "host_missing", 400, "an HTTP/1.1 request has no Host")                             \
    X(HTTP_HOST_REPEATED, "host_repeated", 400, "there is more than one Host")                               \
    X(HTTP_HOST_BAD, "host_bad", 400, "Host is not a name or address with an optional port")                 \
    X(HTTP_HOST_DISAGREES, "host_disagrees", 400, "Host and the request target name different authorities")  \
    X(HTTP_EXPECT_UNKNOWN, "expect_unknown", 417, "the only expectation understood is 100-continue")

enum http_result {
#define HTTP_RESULT_ENUMERATOR(enumerator, name, status, text) enumerator,
    HTTP_RESULTS(HTTP_RESULT_ENUMERATOR)
#undef HTTP_RESULT_ENUMERATOR
        HTTP_RESULT_COUNT
};

/* "bad_method": for a log, a metric's label, the reason of an error answer. Never NULL. */
const char *http_result_name(enum http_result result);
/* 400, 414, 417, 431, 501, 502 or 505; 0 for the first three. */
int http_result_status(enum http_result result);
/* One line for people. Never NULL. */
const char *http_result_text(enum http_result result);

#endif
