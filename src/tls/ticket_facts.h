/* What a session's ticket carries for us, as its application data: who the client is, as far as a verdict
 * needs it, and since when. Pure bytes; OpenSSL encrypts and authenticates them. Private to room tls. */
#ifndef POSTERN_SRC_TLS_TICKET_FACTS_H
#define POSTERN_SRC_TLS_TICKET_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "postern/tls/server.h"
#include "postern/trust/path.h"

#define TICKET_FACTS_MAX (1 + 8 + 2 + TRUST_PATH_PACKED_MAX + TLS_TICKET_RECORD_MAX)

struct ticket_facts {
    int64_t authenticated_s; /* wall: when the certificate and its key were last seen, in a full handshake */
    struct trust_path path;
    struct slice record; /* the owner's, see tls_stream_offer_ticket(); may be empty */
};

/* Returns the length, 0 if size is too small. */
NODISCARD size_t ticket_facts_write(int64_t authenticated_s, const struct trust_path *path,
                                    struct slice record, void *out, size_t size);
/* False if the bytes are of another version or malformed. record points into bytes. */
NODISCARD bool ticket_facts_read(const void *bytes, size_t length, struct ticket_facts *out);

#endif
