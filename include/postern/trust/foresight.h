/* What a client that was met before would hear from another trust, for `postern trial`: trust_verdict() on
 * the path that was kept, and whether a handshake might come to another end than the record does. */
#ifndef POSTERN_TRUST_FORESIGHT_H
#define POSTERN_TRUST_FORESIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/trust/path.h"
#include "postern/trust/trust.h"
#include "postern/trust/verdict.h"

/*   older  whose handshake left the path behind; NULL: not known
 *   out    the verdict of trust, with its detail
 * Returns whether it is certain. It is not
 *   - where the anchor has gone, but a CA on the path is still trusted and may lead to another anchor;
 *   - where a CA on the path stood in the older bundle and does not in this: the client may send it, or not;
 *   - where a CRL of a CA that no bundle has (it is verified when a client brings the CA) may be missing or
 *     not; but a serial that such a CRL lists under the CA's name is taken for revoked. */
NODISCARD bool trust_foresee(const struct trust *trust, const struct trust *older,
                             const struct trust_path *path, int64_t now_s, struct trust_verdict *out);

#endif
