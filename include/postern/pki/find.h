/* Finding certificates in a database: by the text of index.txt first, which is quick, then by the certificate
 * itself, which is exact. */
#ifndef POSTERN_PKI_FIND_H
#define POSTERN_PKI_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/database.h"
#include "postern/pki/issue.h"

/* What to look for; NULL is any. All that is given must hold. Borrowed. */
struct pki_filter {
    const char *name; /* CN, all of it */
    const char *unit; /* OU, all of it */
    enum pki_kind kind;
};

#define PKI_STATE_ANY '\0'

struct pki_found {
    struct pki_entry **entries; /* into the database: until something is added to it */
    size_t count;
    bool has_server, has_client; /* kinds among them; neither if their certificates are not in newcerts/ */
};

/* All entries that are in this state and pass the filter. An entry without a file in newcerts/ is judged by
 * its subject in index.txt.
 *   state  'V' for what is valid and has not ended at now_s, 'R' for what is revoked, PKI_STATE_ANY
 *   out    clear in any case
 * Returns 0, or -1 with err. */
NODISCARD int pki_find(const struct pki_database *database, char state, int64_t now_s,
                       const struct pki_filter *filter, struct pki_found *out, struct err *err);
/* Append what was found elsewhere. */
void pki_found_append(struct pki_found *found, const struct pki_found *more);
void pki_found_clear(struct pki_found *found);

#endif
