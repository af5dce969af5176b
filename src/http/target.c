#include "postern/http/target.h"

#include <arpa/inet.h>
#include <string.h>

#include "bytes.h"

#define NAME_MAX_LENGTH 255 /* of a registered name, RFC 3986 §3.2.2 on DNS */

/* "[" IPv6address "]". STRICT: no zone identifier, no future version of address. */
static bool is_bracketed_ipv6(struct slice host)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[16];
    size_t length = host.length - 2;
    if (host.length < 4 || length >= sizeof(text))
        return false;
    memcpy(text, host.data + 1, length);
    text[length] = '\0';
    return memchr(text, '\0', length) == NULL && inet_pton(AF_INET6, text, address) == 1;
}

static bool is_registered_name(struct slice host)
{
    if (host.length == 0 || host.length > NAME_MAX_LENGTH)
        return false;
    for (size_t i = 0; i < host.length; i++)
        if (!byte_is(host.data[i], BYTE_UNRESERVED))
            return false;
    return true;
}

/* Behind the host: nothing, or ":" and a port. */
static bool parse_port(struct slice rest, unsigned *port)
{
    uint64_t value = 0;
    if (rest.length != 0) {
        if (rest.data[0] != ':' || rest.length > sizeof(":65535") - 1 ||
            !slice_to_u64(slice_after(rest, 1), 65535, &value) || value == 0)
            return false;
    }
    *port = (unsigned)value;
    return true;
}

bool http_authority_parse(struct slice authority, struct slice *host, unsigned *port)
{
    bool bracketed = authority.length != 0 && authority.data[0] == '[';
    size_t length = slice_find(authority, bracketed ? ']' : ':');
    unsigned found_port;
    if (bracketed && length < authority.length)
        length++;
    struct slice found = slice_before(authority, length);
    if (bracketed ? found.data[length - 1] != ']' || !is_bracketed_ipv6(found) : !is_registered_name(found))
        return false;
    if (!parse_port(slice_after(authority, length), &found_port))
        return false;
    if (host != NULL)
        *host = found;
    if (port != NULL)
        *port = found_port;
    return true;
}

/* Read Host into the target's authority. RFC 9112 §3.2. */
static enum http_result read_host(const struct http_request *request, struct http_target *out)
{
    static const struct slice name = SLICE_CONSTANT("host");
    size_t count = http_fields_count_of(&request->fields, name);
    if (count > 1)
        return HTTP_HOST_REPEATED;
    if (count == 0) {
        out->authority = out->host = slice_text("");
        out->port = 0;
        return request->minor >= 1 ? HTTP_HOST_MISSING : HTTP_OK;
    }
    out->authority = http_fields_value(&request->fields, name);
    return http_authority_parse(out->authority, &out->host, &out->port) ? HTTP_OK : HTTP_HOST_BAD;
}

static void set_forward(struct http_target *out, struct slice forward)
{
    out->forward = forward;
    out->path = slice_before(forward, slice_find(forward, '?'));
}

static bool strip_prefix_nocase(struct slice *text, struct slice prefix)
{
    if (text->length < prefix.length || !slice_equal_nocase(slice_before(*text, prefix.length), prefix))
        return false;
    *text = slice_after(*text, prefix.length);
    return true;
}

/* Where path, query or fragment begin. */
static size_t authority_length(struct slice text)
{
    size_t length = 0;
    while (length < text.length && strchr("/?#", text.data[length]) == NULL)
        length++;
    return length;
}

/* Take "scheme://authority/path?query" apart; Host was read before. RFC 9112 §3.2.2 would let the target win;
 * STRICT: two names for the authority must agree. */
static enum http_result parse_absolute(const struct http_request *request, struct http_target *out)
{
    struct slice rest = request->target, host;
    unsigned default_port = 80, port;
    if (strip_prefix_nocase(&rest, SLICE_LITERAL("https://")))
        default_port = 443;
    else if (!strip_prefix_nocase(&rest, SLICE_LITERAL("http://")))
        return HTTP_BAD_TARGET;
    struct slice authority = slice_before(rest, authority_length(rest));
    struct slice forward = slice_after(rest, authority.length);
    if (!http_authority_parse(authority, &host, &port) || (forward.length != 0 && forward.data[0] != '/'))
        return HTTP_BAD_TARGET;
    if (out->authority.length != 0) {
        if (!slice_equal_nocase(host, out->host) ||
            (port != 0 ? port : default_port) != (out->port != 0 ? out->port : default_port))
            return HTTP_HOST_DISAGREES;
    } else {
        out->authority = authority;
        out->host = host;
        out->port = port;
    }
    if (forward.length == 0) /* RFC 9112 §3.2.4 */
        forward = slice_equal_text(request->method, "OPTIONS") ? SLICE_LITERAL("*") : SLICE_LITERAL("/");
    set_forward(out, forward);
    return HTTP_OK;
}

enum http_result http_request_target(const struct http_request *request, struct http_target *out)
{
    struct http_target target;
    struct slice text = request->target;
    if (slice_equal_text(request->method, "CONNECT"))
        return HTTP_METHOD_CONNECT;
    for (size_t i = 0; i < text.length; i++)
        if (!byte_is(text.data[i], BYTE_VISIBLE) || text.data[i] == '#')
            return HTTP_BAD_TARGET;
    enum http_result result = read_host(request, &target);
    if (result != HTTP_OK)
        return result;
    if (text.length != 0 && text.data[0] == '/')
        set_forward(&target, text);
    else if (!slice_equal_text(text, "*"))
        result = parse_absolute(request, &target);
    else if (slice_equal_text(request->method, "OPTIONS"))
        set_forward(&target, text);
    else
        result = HTTP_BAD_TARGET;
    if (result == HTTP_OK)
        *out = target;
    return result;
}

/* A '%' that no two decoders should be asked about: of '.', '/', '\\' or NUL, or malformed. */
static bool is_plain_escape(struct slice at)
{
    int high = at.length >= 3 ? ascii_hex_value(at.data[1]) : -1;
    int low = at.length >= 3 ? ascii_hex_value(at.data[2]) : -1;
    if (high < 0 || low < 0)
        return false;
    int byte = high * 16 + low;
    return byte != '.' && byte != '/' && byte != '\\' && byte != '\0';
}

bool http_target_path_is_plain(struct slice path)
{
    struct slice rest, segment;
    if (path.length == 0 || path.data[0] != '/')
        return slice_equal_text(path, "*");
    for (size_t i = 0; i < path.length; i++) {
        struct slice at = slice_after(path, i);
        if (at.data[0] == '\\' || at.data[0] == ';' || slice_starts_with(at, SLICE_LITERAL("//")) ||
            (at.data[0] == '%' && !is_plain_escape(at)))
            return false;
    }
    rest = path;
    while (slice_split(&rest, '/', &segment))
        if (slice_equal_text(segment, ".") || slice_equal_text(segment, ".."))
            return false;
    return true;
}
