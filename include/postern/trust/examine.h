/* The verdict of a handshake with all that led to it, for `postern explain`: trust_verify_certificates() is
 * asked, so it is the code that clients meet, and then each CRL that was consulted on the way is told. */
#ifndef POSTERN_TRUST_EXAMINE_H
#define POSTERN_TRUST_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/slice.h"
#include "postern/trust/certificate.h"
#include "postern/trust/crl_index.h"
#include "postern/trust/presented.h"
#include "postern/trust/trust.h"
#include "postern/trust/verdict.h"

#define EXAMINED_CRLS_MAX 32u /* of one certificate; more are counted */

/* All pointers here live as long as the trust. */
struct examined_crl {
    const struct crl_record *record;
    const struct crl_entry *entry; /* what revokes the certificate, or NULL */
    bool is_in_scope;              /* else its issuing distribution point leaves the certificate out */
    enum trust_reason standing;    /* TRUST_ADMITTED: it may be used now */
};

struct examined {
    struct certificate_info info;
    bool is_presented;            /* by the client; else it is from the trust bundle */
    bool is_asked;                /* the CRLs were; never of the anchor, nor where no path was found */
    enum trust_reason revocation; /* what they said, by the policy */
    unsigned notes;               /* TRUST_NOTE_* */
    struct examined_crl crls[EXAMINED_CRLS_MAX];
    size_t crl_count;
};

struct examination {
    struct trust_verdict verdict;
    struct trust_path path; /* count 0: none was found, or none that could be described */
    /* Leaf first; the anchor last if the path reached one, else as far as it came. */
    struct examined *certificates;
    size_t count;
    bool reaches_anchor;
    bool has_namesake; /* the bundle has a CA of the name that is missing, but with another key */
};

/*   presented  borrows
 *   now_s      wall seconds
 *   out        gives; examination_clear() */
void trust_examine(const struct trust *trust, const struct presented *presented, int64_t now_s,
                   struct examination *out);
void examination_clear(struct examination *examination);

/* What the CRLs say of a serial number, whoever bears it: calls each for every CRL whose issuer's name holds
 * the text issuer (any case; "" for all).
 *   serial  upper- or lower-case hex, leading zeros allowed
 * Returns how many CRLs there were, or -1 if serial is no serial number. */
int trust_examine_serial(const struct trust *trust, struct slice serial, const char *issuer, int64_t now_s,
                         void (*each)(void *context, const struct examined_crl *crl), void *context);

/* What the deny lists say of it. serial as above; calls each for every entry in force, of any issuer. Returns
 * how many, or -1 if serial is no serial number. */
int trust_examine_denied(const struct trust *trust, struct slice serial, int64_t now_s,
                         void (*each)(void *context, const struct deny_match *match), void *context);

#endif
