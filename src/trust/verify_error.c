#include "verify_error.h"

#include <openssl/x509_vfy.h>
#include <stdio.h>

#include "postern/base/clock.h"
#include "postern/trust/certificate.h"

struct error_row {
    int error;
    enum trust_reason reason;
    const char *text; /* NULL: OpenSSL's own */
};

/* Errors that are not here are TRUST_BAD_CERTIFICATE: refused, and the detail has OpenSSL's text. */
static const struct error_row rows[] = {
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TRUST_UNTRUSTED_CHAIN,
     "its issuer is neither in the trust bundle nor sent by the client"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TRUST_UNTRUSTED_CHAIN,
     "its issuer is neither in the trust bundle nor sent by the client"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TRUST_UNTRUSTED_CHAIN,
     "its issuer is neither in the trust bundle nor sent by the client"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TRUST_UNTRUSTED_CHAIN,
     "it is self-signed and not in the trust bundle"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TRUST_UNTRUSTED_CHAIN,
     "this root is sent by the client but not in the trust bundle"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, TRUST_UNTRUSTED_CHAIN,
     "its signature does not verify with its issuer's key: forged, damaged, or the CA has a new key"},
    {X509_V_ERR_CERT_UNTRUSTED, TRUST_UNTRUSTED_CHAIN, NULL},
    {X509_V_ERR_CERT_REJECTED, TRUST_UNTRUSTED_CHAIN, NULL},
    {X509_V_ERR_SUBJECT_ISSUER_MISMATCH, TRUST_UNTRUSTED_CHAIN, NULL},
    {X509_V_ERR_AKID_SKID_MISMATCH, TRUST_UNTRUSTED_CHAIN, NULL},
    {X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH, TRUST_UNTRUSTED_CHAIN, NULL},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, TRUST_UNTRUSTED_CHAIN, "it may not sign certificates"},
    {X509_V_ERR_INVALID_CA, TRUST_UNTRUSTED_CHAIN, "it is not a CA, but has signed a certificate"},
    {X509_V_ERR_INVALID_NON_CA, TRUST_UNTRUSTED_CHAIN, NULL},
    {X509_V_ERR_PATH_LOOP, TRUST_UNTRUSTED_CHAIN, NULL},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, TRUST_PATH_TOO_LONG, "more CAs on the path than max_depth allows"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, TRUST_PATH_TOO_LONG,
     "more CAs below it than its path length constraint allows"},
    {X509_V_ERR_CERT_NOT_YET_VALID, TRUST_NOT_YET_VALID, NULL},
    {X509_V_ERR_CERT_HAS_EXPIRED, TRUST_EXPIRED, NULL},
    {X509_V_ERR_INVALID_PURPOSE, TRUST_WRONG_PURPOSE,
     "its key usage or extended key usage is not a client's"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, TRUST_WEAK_KEY, "its key is too weak"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, TRUST_WEAK_KEY, "its key is too weak"},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, TRUST_WEAK_KEY, "its key does not name a known curve"},
    {X509_V_ERR_CA_MD_TOO_WEAK, TRUST_WEAK_SIGNATURE, "it is signed with a digest below SHA-256"},
    {X509_V_ERR_PERMITTED_VIOLATION, TRUST_NAME_NOT_ALLOWED,
     "a name that the name constraints of its CA do not permit"},
    {X509_V_ERR_EXCLUDED_VIOLATION, TRUST_NAME_NOT_ALLOWED,
     "a name that the name constraints of its CA exclude"},
    {X509_V_ERR_SUBTREE_MINMAX, TRUST_NAME_NOT_ALLOWED, NULL},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, TRUST_NAME_NOT_ALLOWED, NULL},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, TRUST_NAME_NOT_ALLOWED, NULL},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, TRUST_NAME_NOT_ALLOWED, NULL},
    {X509_V_ERR_OUT_OF_MEM, TRUST_INTERNAL, NULL},
    {X509_V_ERR_INVALID_CALL, TRUST_INTERNAL, NULL},
    {X509_V_ERR_STORE_LOOKUP, TRUST_INTERNAL, NULL},
};

static const struct error_row *row_of(int error)
{
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        if (rows[i].error == error)
            return &rows[i];
    return NULL;
}

enum trust_reason verify_error_reason(int error)
{
    const struct error_row *row = row_of(error);
    return row ? row->reason : TRUST_BAD_CERTIFICATE;
}

void verify_error_text(int error, const X509 *certificate, int64_t now_s, char *out, size_t size)
{
    const struct error_row *row = row_of(error);
    char date[CLOCK_TEXT_SIZE], now[CLOCK_TEXT_SIZE];
    int64_t not_before, not_after;
    bool is_date = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
    if (is_date && certificate && certificate_dates(certificate, &not_before, &not_after)) {
        bool is_past = error == X509_V_ERR_CERT_HAS_EXPIRED;
        snprintf(out, size, "valid %s %s; it is now %s", is_past ? "until" : "from",
                 clock_format(is_past ? not_after : not_before, date), clock_format(now_s, now));
        return;
    }
    snprintf(out, size, "%s", row && row->text ? row->text : X509_verify_cert_error_string(error));
}
