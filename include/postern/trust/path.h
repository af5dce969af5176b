/* A certification path, as much of it as is needed to ask again: fixed size, no pointers, no certificates. It
 * is made once, when signatures have been verified, and is kept with the connection and in its tickets. */
#ifndef POSTERN_TRUST_PATH_H
#define POSTERN_TRUST_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/trust/id.h"

#define TRUST_PATH_MAX         8 /* certificates, the anchor not counted */
#define TRUST_FINGERPRINT_SIZE 32
#define TRUST_NAMES_MAX        4 /* common names of the leaf; more than fit are left out */

/* trust_link.flags */
#define TRUST_LINK_IS_CA       1u
#define TRUST_LINK_HAS_EKU     2u
#define TRUST_LINK_CLIENT_AUTH 4u /* its extended key usage names clientAuth */

struct trust_link {
    struct trust_id issuer;                     /* name and key of the CA that signed this certificate */
    unsigned char issuer_name[TRUST_NAME_SIZE]; /* its RFC 2253 text: trust_name_of_text() */
    struct trust_serial serial;
    unsigned char flags;
    unsigned char point_count; /* CRL distribution points that it names, hashed; more than fit are left out */
    unsigned char points[TRUST_POINTS_MAX][TRUST_POINT_SIZE];
    int64_t not_before, not_after; /* wall seconds */
};

struct trust_path {
    unsigned count;                                    /* links; 0: no path was built */
    struct trust_id anchor;                            /* name and key of the trust anchor */
    unsigned char fingerprint[TRUST_FINGERPRINT_SIZE]; /* SHA-256 of the leaf */
    unsigned char twin[TRUST_FINGERPRINT_SIZE];        /* of what it can be made with ECDSA; else the same */
    unsigned char name_count;                          /* common names of the leaf: trust_name_of_text() */
    unsigned char names[TRUST_NAMES_MAX][TRUST_NAME_SIZE];
    struct trust_link links[TRUST_PATH_MAX]; /* leaf first */
};

/* Bytes of a path up to its last link. A copy of so many, on the heap, serves wherever a path is read. */
size_t trust_path_size(const struct trust_path *path);

/* Bytes that any packed path fits in. */
#define TRUST_PATH_PACKED_MAX                                                                                \
    (104 + TRUST_NAMES_MAX * TRUST_NAME_SIZE +                                                               \
     TRUST_PATH_MAX * (32 + TRUST_NAME_SIZE + 21 + 2 + 16 + TRUST_POINTS_MAX * TRUST_POINT_SIZE))

/* As bytes with a version, for a ticket's application data. Returns how many were written, 0 if size is too
 * small. */
NODISCARD size_t trust_path_pack(const struct trust_path *path, void *out, size_t size);
/* False if it is of another version or malformed: decline the ticket. */
NODISCARD bool trust_path_unpack(const void *bytes, size_t length, struct trust_path *out);

#endif
