/* Which backend a request goes to: by the longest [route PATH] that is a prefix of the request's path on
 * whole segments. `/api` takes /api, /api/ and /api/x, not /apix; `/` takes all. Paths are compared byte by
 * byte, as they are forwarded: nothing is decoded, so a route is an address and not a lock (RFC 9110 §4.2.3).
 * Rules that protect a path must refuse encodings and dot segments before they ask. Immutable; any thread. */
#ifndef POSTERN_CONFIG_ROUTE_H
#define POSTERN_CONFIG_ROUTE_H

#include "postern/base/slice.h"
#include "postern/config/config.h"

/*   path  of the request target, without query; begins with '/', or is "*" (then only `/` matches); borrows
 * Returns the route, borrowed as long as config; NULL if none matches (404). */
const struct config_route *config_route_find(const struct config *config, struct slice path);

#endif
