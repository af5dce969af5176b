/* What is known of one CRL, in the shape in which it lies in the sealed index that all workers map: fixed
 * sizes, no pointers, made and read on one machine. */
#ifndef POSTERN_TRUST_CRL_RECORD_H
#define POSTERN_TRUST_CRL_RECORD_H

#include <stdint.h>

#include "postern/trust/id.h"

#define CRL_SIGNATURE_MAX 1024 /* bytes: RSA 8192 */
#define CRL_DIGEST_MAX    64
#define CRL_KEY_ID_MAX    64

/* flags */
#define CRL_ONLY_USER  1u /* IDP onlyContainsUserCerts */
#define CRL_ONLY_CA    2u /* IDP onlyContainsCACerts */
#define CRL_HAS_POINTS 4u /* IDP distributionPoint: covers only certificates that name one of points */
#define CRL_PENDING    8u /* its CA was not in the bundle; issuer is zero */
#define CRL_HAS_NUMBER 16u
#define CRL_HAS_KEY_ID 32u

struct crl_record {
    struct trust_id issuer;           /* name and key of the CA that signed it */
    struct trust_id issuer_name;      /* name alone */
    int64_t this_update, next_update; /* wall seconds */
    uint64_t entry_count;
    uint64_t entries_offset; /* into the index, bytes */
    uint64_t issuer_offset, source_offset, signature_offset;
    uint32_t issuer_length, source_length, signature_length;
    uint32_t flags;
    uint32_t line;              /* in its source file, 0 for DER */
    int32_t digest_nid;         /* of a pending one: what digest holds; OpenSSL's number */
    struct trust_serial number; /* crlNumber */
    unsigned char key_id_length, point_count, digest_length;
    unsigned char key_id[CRL_KEY_ID_MAX]; /* authority key identifier */
    unsigned char points[TRUST_POINTS_MAX][TRUST_POINT_SIZE];
    unsigned char digest[CRL_DIGEST_MAX]; /* of the TBSCertList */
};

/* One revoked certificate. Sorted by its first 21 bytes: shorter serials first, then by value. */
struct crl_entry {
    struct trust_serial serial;
    unsigned char reason; /* CRLReason, RFC 5280 §5.3.1; 0 if none was given */
    unsigned char day[2]; /* of revocationDate, counted from 1970, big-endian; 0: before, or after 2149 */
};

_Static_assert(sizeof(struct crl_entry) == 24, "an entry is 24 bytes");

/* The day of the revocation in wall seconds; 0 if it is not known. An entry has no room for the hour. */
int64_t crl_entry_day(const struct crl_entry *entry);
/* "keyCompromise" */
const char *crl_entry_reason_text(unsigned char reason);

#endif
