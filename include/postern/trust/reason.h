/* Why a client is refused: one closed list, one table. A reason has the same code name in the page, the log,
 * the metric, the status and `postern explain`, and the nearest alert that TLS has for it. Numbers are for
 * tables in memory only: they may change from one release to the next, code names may not. */
#ifndef POSTERN_TRUST_REASON_H
#define POSTERN_TRUST_REASON_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

/* REASON(enumerator, code name, text, alert, HTTP status, X.509 error, advice)
 *   alert       RFC 8446 §6.2; what OpenSSL sends for the X.509 error (in TLS 1.2 a missing certificate is
 *               handshake_failure, 40: 116 came with 1.3)
 *   X.509 error the X509_V_ERR_* to set on a X509_STORE_CTX so that OpenSSL sends that alert: it has a fixed
 *               table, so that where it has nothing better we take a number that it sends as alert 46 */
/* clang-format off */
#define TRUST_REASONS(REASON)                                                                                \
    REASON(TRUST_ADMITTED, "admitted",                                                                       \
           "admitted", 0, 200, 0,                                                                            \
           "nothing to do")                                                                                  \
    REASON(TRUST_NO_CERTIFICATE, "no_certificate",                                                           \
           "no client certificate was presented", 116, 400, 0,                                               \
           "give the client its certificate and key; a client that has several picks by the CA names "       \
           "that the gateway sends")                                                                         \
    REASON(TRUST_UNTRUSTED_CHAIN, "untrusted_chain",                                                         \
           "no path from the certificate to a trusted CA", 48, 400, 20,                                      \
           "compare the certificate's issuer with the CAs in [client_auth] trust; add the missing "          \
           "intermediate there or let the client send it")                                                   \
    REASON(TRUST_EXPIRED, "expired",                                                                         \
           "a certificate on the path is past its notAfter", 45, 400, 10,                                    \
           "issue a new certificate; if this one should still be good, check the gateway's clock")           \
    REASON(TRUST_NOT_YET_VALID, "not_yet_valid",                                                             \
           "a certificate on the path is before its notBefore", 42, 400, 9,                                  \
           "check the clocks of the gateway and of the machine that issued the certificate")                 \
    REASON(TRUST_REVOKED, "revoked",                                                                         \
           "a certificate on the path is revoked", 44, 400, 23,                                              \
           "issue a new certificate; a revocation for another cause than certificateHold is final")          \
    REASON(TRUST_CRL_MISSING, "crl_missing",                                                                 \
           "no CRL covers a certificate on the path", 46, 400, 54,                                           \
           "add the issuer's CRL to [client_auth] crl, or name the issuer in crl_publishes_none if it "      \
           "has none")                                                                                       \
    REASON(TRUST_CRL_EXPIRED, "crl_expired",                                                                 \
           "the CRL for a certificate on the path is past its nextUpdate", 46, 400, 54,                      \
           "publish a fresh CRL for the issuer and put it in [client_auth] crl")                             \
    REASON(TRUST_CRL_NOT_YET_VALID, "crl_not_yet_valid",                                                     \
           "the CRL for a certificate on the path is from the future", 46, 400, 54,                          \
           "check the gateway's clock: it is before the CRL's thisUpdate")                                   \
    REASON(TRUST_WRONG_PURPOSE, "wrong_purpose",                                                             \
           "a certificate is not for this use", 43, 400, 26,                                                 \
           "issue a certificate with extended key usage clientAuth and key usage digitalSignature")          \
    REASON(TRUST_WEAK_KEY, "weak_key",                                                                       \
           "a key on the path is of a kind or size that is not accepted", 42, 400, 66,                       \
           "use RSA of 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519")                                   \
    REASON(TRUST_WEAK_SIGNATURE, "weak_signature",                                                           \
           "a signature on the path uses a digest below SHA-256", 42, 400, 68,                               \
           "issue the certificate again, signed with SHA-256 or better")                                     \
    REASON(TRUST_PATH_TOO_LONG, "path_too_long",                                                             \
           "more CAs on the path than are allowed", 48, 400, 22,                                             \
           "raise [client_auth] max_depth, or the path length that a CA certificate on the path sets")       \
    REASON(TRUST_NAME_NOT_ALLOWED, "name_not_allowed",                                                       \
           "a name in the certificate is not allowed", 46, 403, 47,                                          \
           "issue the certificate with a name that its CA and the gateway's rules allow")                    \
    REASON(TRUST_DENIED, "denied",                                                                           \
           "the client is on the deny list", 46, 403, 48,                                                    \
           "take it off with `postern deny --remove` if it is there by mistake")                               \
    REASON(TRUST_BAD_CERTIFICATE, "bad_certificate",                                                         \
           "a certificate on the path is malformed or inconsistent", 42, 400, 28,                            \
           "issue the certificate again; `openssl x509 -text` shows what it holds")                          \
    REASON(TRUST_INTERNAL, "internal",                                                                       \
           "the certificate could not be checked", 80, 500, 1,                                               \
           "this is the gateway's fault: look into its log")
/* clang-format on */

enum trust_reason {
#define TRUST_REASON_ENUMERATOR(name, code, text, alert, status, error, advice) name,
    TRUST_REASONS(TRUST_REASON_ENUMERATOR)
#undef TRUST_REASON_ENUMERATOR
};

#define TRUST_REASON_COUNT ((int)TRUST_INTERNAL + 1)

/* "crl_missing": for logs, metrics and programs. All here give literals and take any listed reason. */
const char *trust_reason_code(enum trust_reason reason);
/* A clause for people, without a full stop. */
const char *trust_reason_text(enum trust_reason reason);
/* What the operator can do about it. */
const char *trust_reason_advice(enum trust_reason reason);
/* AlertDescription of TLS 1.3; 0 when admitted. */
int trust_reason_alert(enum trust_reason reason);
/* Of the answer with on_refusal = page. */
int trust_reason_http_status(enum trust_reason reason);
/* X509_V_ERR_* for X509_STORE_CTX_set_error(); X509_V_OK when admitted, and for no_certificate, which OpenSSL
 * itself finds. */
int trust_reason_x509_error(enum trust_reason reason);
/* From its code name; false if there is no such reason. */
NODISCARD bool trust_reason_parse(struct slice code, enum trust_reason *out);

#endif
