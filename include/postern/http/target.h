/* What a request asks for: the bytes to forward, and the authority that it named. RFC 9112 §3.2, §7.2 of
 * RFC 9110. Bytes of path and query are never changed, so that nobody downstream reads another path than was
 * judged here. */
#ifndef POSTERN_HTTP_TARGET_H
#define POSTERN_HTTP_TARGET_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "postern/http/head.h"
#include "postern/http/result.h"

struct http_target {
    struct slice forward;   /* path and query, "/a?b=c", or "*": the target of the upstream request */
    struct slice path;      /* what of it stands before the query */
    struct slice authority; /* "host" or "host:port" of Host, as received; of the target if that is in
                               absolute-form; empty in HTTP/1.0 without either */
    struct slice host;      /* of the authority; with its brackets if it is an IPv6 address */
    unsigned port;          /* of the authority; 0 if it has none */
};

/* Take a parsed request's target and Host apart. Pure.
 *   request  borrows; out points into its bytes, or to a literal
 *   out      set only on HTTP_OK
 * Returns HTTP_OK, or the reason:
 * HTTP_METHOD_CONNECT;
 * HTTP_BAD_TARGET: neither origin-form nor absolute-form of http or https, "*" without OPTIONS, a fragment, a
 *   byte that is not visible ASCII, an absolute-form with a query but no path, userinfo;
 * HTTP_HOST_MISSING in HTTP/1.1, HTTP_HOST_REPEATED;
 * HTTP_HOST_BAD: empty, not a registered name of unreserved characters, IPv4 address or bracketed IPv6
 * address, an empty port or one not of 1 to 65535. STRICT: percent-encoding and sub-delims such as ',' are
 * refused; HTTP_HOST_DISAGREES: absolute-form with another host or port than Host. */
NODISCARD enum http_result http_request_target(const struct http_request *request, struct http_target *out);

/* "host" or "host:port", as above. Either result may be NULL. */
NODISCARD bool http_authority_parse(struct slice authority, struct slice *host, unsigned *port);

/* False if software behind us might read this path as another one: it holds a segment "." or "..", plain or
 * encoded, "%2F", "%5C", "%2E" or "%00" in any case, a '%' without two hex digits, a backslash, an empty
 * segment
 * ("//"), or ';' parameters. For use where a policy depends on a prefix of the path. */
bool http_target_path_is_plain(struct slice path);

#endif
