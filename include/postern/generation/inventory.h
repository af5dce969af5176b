/* What a generation is made of, for machines: its files with digests, certificates and CRLs with their dates,
 * in fixed sizes, so that the supervisor can tell at any later time how long each still lasts, without
 * parsing one. Lies in the pack; written by the loader; told by `postern status` and the log. Where people
 * should do something, inventory_warning() says so: long before it bites. */
#ifndef POSTERN_GENERATION_INVENTORY_H
#define POSTERN_GENERATION_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

enum inventory_kind {
    INVENTORY_END, /* and none behind it */
    INVENTORY_FILE,
    INVENTORY_SERVER,    /* the server's certificate */
    INVENTORY_SERVER_CA, /* sent with it */
    INVENTORY_ROOT,      /* of the trust bundle */
    INVENTORY_INTERMEDIATE,
    INVENTORY_CRL,
    INVENTORY_NO_CRL, /* a CA of the bundle for which there is none */
    INVENTORY_DENY,   /* a deny list */
    INVENTORY_KINDS
};

/* flags */
#define INVENTORY_TOLERATED 1u /* by policy its lack, or its end until deadline_s, refuses nobody */
#define INVENTORY_PENDING   2u /* a CRL whose CA is not in the bundle: clients bring it */
#define INVENTORY_KEPT      4u /* the deny list of `postern deny` */

struct inventory_item {
    uint32_t kind, flags;
    int64_t begin_s, end_s; /* validity of a certificate, thisUpdate and nextUpdate; wall seconds */
    int64_t deadline_s;     /* of a CRL: when it stops to admit, its grace included */
    uint64_t count;         /* entries of a CRL or deny list, bytes of a file */
    char name[256];         /* subject, CRL issuer, path; cut off */
    char detail[64];        /* key, CRL number */
    char source[256];       /* file of a CRL */
    unsigned char digest[32];
};

/* Read an item of a PACK_INVENTORY section. False behind the last. Texts are made to end. */
NODISCARD bool inventory_read(struct slice section, size_t index, struct inventory_item *out);

/* One line for people: what it is and how long it lasts. */
#define INVENTORY_LINE_SIZE 768
const char *inventory_line(const struct inventory_item *item, int64_t now_s, char out[INVENTORY_LINE_SIZE]);
/* Something is to be done about it: ended, about to end, missing. False and an empty text if not.
 *   bites  set if clients are refused for it now, or will be when it ends; not for what the policy lets pass
 */
bool inventory_warning(const struct inventory_item *item, int64_t now_s, char out[INVENTORY_LINE_SIZE],
                       bool *bites);
/* "root", "crl", ... */
const char *inventory_kind_name(uint32_t kind);

#endif
