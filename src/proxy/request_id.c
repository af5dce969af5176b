#include "request_id.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/random.h>

#include "postern/base/assert.h"
#include "postern/base/text.h"

static void refill(struct request_ids *ids)
{
    size_t have = 0;
    while (have < sizeof(ids->bytes)) {
        ssize_t got = getrandom(ids->bytes + have, sizeof(ids->bytes) - have, 0);
        ASSERT(got > 0 || errno == EINTR);
        have += got > 0 ? (size_t)got : 0;
    }
    ids->left = REQUEST_ID_BATCH;
}

void request_id_next(struct request_ids *ids, char out[REQUEST_ID_SIZE])
{
    if (ids->left == 0)
        refill(ids);
    ids->left--;
    (void)text_hex(out, ids->bytes + (size_t)ids->left * REQUEST_ID_BYTES, REQUEST_ID_BYTES, false);
}
