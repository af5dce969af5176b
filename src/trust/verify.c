#include "postern/trust/verify.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "postern/trust/certificate.h"
#include "trust_state.h"
#include "twin.h"
#include "verify_error.h"
#include "verify_path.h"

#define AUTH_LEVEL 2 /* 112 bits; our own rules come on top */

/* One verification on its way. */
struct verification {
    const struct trust *trust;
    X509_STORE_CTX *context;
    int64_t now_s;
    struct trust_path *path;
    struct trust_verdict *verdict;
};

/* The same terms for all who ask, whatever the caller's context came with. */
static void set_terms(const struct verification *verification)
{
    const struct trust_policy *policy = &verification->trust->policy;
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(verification->context);
    const unsigned long never = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_USE_DELTAS |
                                X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_IGNORE_CRITICAL |
                                X509_V_FLAG_ALLOW_PROXY_CERTS | X509_V_FLAG_NO_CHECK_TIME |
                                X509_V_FLAG_PARTIAL_CHAIN;
    X509_VERIFY_PARAM_clear_flags(param, never);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_TRUSTED_FIRST);
    if (verification->trust->partial_chain)
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
    X509_VERIFY_PARAM_set_trust(param, X509_TRUST_SSL_CLIENT);
    X509_VERIFY_PARAM_set_depth(param, (int)policy->max_depth);
    X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
    X509_VERIFY_PARAM_set_time(param, (time_t)verification->now_s);
}

/* Tell about a certificate at hand, since there may be no path. */
static void refuse(struct verification *verification, enum trust_reason reason, int depth,
                   const X509 *certificate, const char *why)
{
    struct trust_verdict *verdict = verification->verdict;
    char subject[160] = "?", issuer[120] = "?";
    verdict->reason = reason;
    verdict->depth = depth > 0 ? (unsigned)depth : 0;
    if (certificate) {
        certificate_name_text(X509_get_subject_name(certificate), subject, sizeof(subject));
        certificate_name_text(X509_get_issuer_name(certificate), issuer, sizeof(issuer));
    }
    snprintf(verdict->detail, sizeof(verdict->detail), "certificate %s, issued by %s: %s", subject, issuer,
             why);
}

static void refuse_plainly(struct trust_verdict *verdict, enum trust_reason reason, const char *detail)
{
    verdict->reason = reason;
    snprintf(verdict->detail, sizeof(verdict->detail), "%s", detail);
}

/* What X509_verify_cert() found wrong. */
static void refuse_by_error(struct verification *verification)
{
    X509_STORE_CTX *context = verification->context;
    int error = X509_STORE_CTX_get_error(context);
    if (error == X509_V_OK)
        error = X509_V_ERR_UNSPECIFIED;
    verification->verdict->x509_error = error;
    const X509 *certificate = X509_STORE_CTX_get_current_cert(context);
    if (!certificate)
        certificate = X509_STORE_CTX_get0_cert(context);
    char why[160];
    verify_error_text(error, certificate, verification->now_s, why, sizeof(why));
    refuse(verification, verify_error_reason(error), X509_STORE_CTX_get_error_depth(context), certificate,
           why);
}

/* CONTRACT "Strength": every key; every signature but the anchor's own, on which nothing depends. */
static enum trust_reason check_strength(const struct stack_st_X509 *chain, int i)
{
    const X509 *certificate = sk_X509_value(chain, i);
    const X509_ALGOR *algorithm = NULL;
    if (!key_is_strong(X509_get0_pubkey(certificate)))
        return TRUST_WEAK_KEY;
    X509_get0_signature(NULL, &algorithm, certificate);
    return i + 1 == sk_X509_num(chain) || signature_is_strong(algorithm) ? TRUST_ADMITTED
                                                                         : TRUST_WEAK_SIGNATURE;
}

static bool refuse_weakness(struct verification *verification, const struct stack_st_X509 *chain)
{
    char key[32], why[96];
    for (int i = 0; i < sk_X509_num(chain); i++) {
        const X509 *certificate = sk_X509_value(chain, i);
        enum trust_reason reason = check_strength(chain, i);
        if (reason == TRUST_ADMITTED)
            continue;
        if (reason == TRUST_WEAK_KEY)
            snprintf(why, sizeof(why), "its key is %s",
                     key_describe(X509_get0_pubkey(certificate), key, sizeof(key)));
        else
            snprintf(why, sizeof(why), "it is signed with %s",
                     OBJ_nid2ln(X509_get_signature_nid(certificate)));
        refuse(verification, reason, i, certificate, why);
        return true;
    }
    return false;
}

/* The anchor itself is no client: nothing could revoke it. */
static bool refuse_shape(struct verification *verification, const struct stack_st_X509 *chain)
{
    int count = sk_X509_num(chain);
    if (count < 2) {
        refuse(verification, TRUST_WRONG_PURPOSE, 0, sk_X509_value(chain, 0),
               "a trusted CA's own certificate is not a client's");
        return true;
    }
    if (count - 1 > TRUST_PATH_MAX) {
        refuse(verification, TRUST_PATH_TOO_LONG, count - 1, sk_X509_value(chain, 0),
               "more CAs on its path than are supported");
        return true;
    }
    for (int i = 0; i < count; i++) {
        if (!(X509_get_extension_flags(sk_X509_value(chain, i)) & EXFLAG_INVALID))
            continue;
        refuse(verification, TRUST_BAD_CERTIFICATE, i, sk_X509_value(chain, i), "malformed extension");
        return true;
    }
    return false;
}

/* The issuer's name as people write it comes from where it was rendered once. */
static bool meet_issuer(struct issuers *issuers, X509 *ca, struct trust_link *link)
{
    issuers_meet(issuers, ca, &link->issuer);
    const struct issuer *issuer = issuers_find(issuers, &link->issuer);
    if (issuer)
        memcpy(link->issuer_name, issuer->text_name, sizeof(link->issuer_name));
    return issuer != NULL;
}

/* CAs that clients bring are remembered only here, where their path has been verified. */
static bool describe_path(struct verification *verification, const struct stack_st_X509 *chain)
{
    struct trust_path *path = verification->path;
    int bad = trust_path_of_chain(chain, path);
    if (bad >= 0) {
        refuse(verification, TRUST_BAD_CERTIFICATE, bad, sk_X509_value(chain, bad),
               "a date, name or serial number that RFC 5280 does not allow");
        return false;
    }
    if (X509_digest(sk_X509_value(chain, 0), EVP_sha256(), path->fingerprint, NULL) != 1 ||
        !twin_fingerprint(sk_X509_value(chain, 0), sk_X509_value(chain, 1), path->fingerprint, path->twin)) {
        refuse_plainly(verification->verdict, TRUST_INTERNAL, "the digest of the certificate cannot be made");
        return false;
    }
    for (unsigned i = 0; i < path->count; i++)
        if (!meet_issuer(verification->trust->issuers, sk_X509_value(chain, (int)i + 1), &path->links[i])) {
            refuse_plainly(verification->verdict, TRUST_INTERNAL, "no memory to describe its path");
            return false;
        }
    return true;
}

static void judge(struct verification *verification)
{
    if (trust_verdict(verification->trust, verification->path, verification->now_s, verification->verdict) !=
        TRUST_ADMITTED)
        trust_verdict_tell(verification->trust, verification->path, verification->now_s,
                           verification->verdict);
}

/* Put the path that was found before where OpenSSL's callers look for it, with this connection's own leaf. */
static bool restore_chain(struct verification *verification, const struct verified_path *known)
{
    X509 *leaf = X509_STORE_CTX_get0_cert(verification->context);
    STACK_OF(X509) *chain = X509_chain_up_ref(known->issuers);
    if (chain == NULL || X509_up_ref(leaf) != 1) {
        sk_X509_pop_free(chain, X509_free);
        return false;
    }
    if (sk_X509_unshift(chain, leaf) <= 0) {
        X509_free(leaf);
        sk_X509_pop_free(chain, X509_free);
        return false;
    }
    X509_STORE_CTX_set0_verified_chain(verification->context, chain);
    return true;
}

/* The same bytes were verified before: only what may have changed since is asked. */
static bool recall(struct verification *verification, const unsigned char digest[TRUST_DIGEST_SIZE])
{
    const struct verified_path *known = verified_find(verification->trust->verified, digest);
    if (known == NULL || !restore_chain(verification, known))
        return false;
    memcpy(verification->path, known->path, trust_path_size(known->path));
    for (unsigned i = 0; i < verification->path->count; i++)
        issuers_meet(verification->trust->issuers, sk_X509_value(known->issuers, (int)i),
                     &verification->path->links[i].issuer);
    judge(verification);
    return true;
}

static void verify(struct verification *verification)
{
    X509_STORE_CTX *context = verification->context;
    set_terms(verification);
    if (X509_verify_cert(context) != 1 || X509_STORE_CTX_get_error(context) != X509_V_OK) {
        refuse_by_error(verification);
        return;
    }
    const struct stack_st_X509 *chain = X509_STORE_CTX_get0_chain(context);
    if (refuse_shape(verification, chain) || refuse_weakness(verification, chain) ||
        !describe_path(verification, chain))
        return;
    judge(verification);
}

/* Of the leaf whose digest is already in the path. */
static void verify_or_recall(struct verification *verification)
{
    struct verified *verified = verification->trust->verified;
    unsigned char leaf_digest[TRUST_DIGEST_SIZE], digest[TRUST_DIGEST_SIZE];
    memcpy(leaf_digest, verification->path->fingerprint, sizeof(leaf_digest));
    bool has_digest = verified_digest(leaf_digest, X509_STORE_CTX_get0_untrusted(verification->context),
                                      digest);
    if (has_digest && recall(verification, digest))
        return;
    verify(verification);
    memcpy(verification->path->fingerprint, leaf_digest, sizeof(leaf_digest));
    if (has_digest && verification->verdict->reason == TRUST_ADMITTED)
        verified_keep(verified, digest, X509_STORE_CTX_get0_chain(verification->context), verification->path);
}

enum trust_reason trust_verify(const struct trust *trust, X509_STORE_CTX *context, int64_t now_s,
                               struct trust_path *path, struct trust_verdict *verdict)
{
    struct verification verification = {
        .trust = trust, .context = context, .now_s = now_s, .path = path, .verdict = verdict};
    const X509 *leaf = X509_STORE_CTX_get0_cert(context);
    *path = (struct trust_path){0};
    /* Refused until the end says otherwise. */
    *verdict = (struct trust_verdict){.reason = TRUST_INTERNAL, .recheck_at = TRUST_NEVER};
    if (!leaf)
        refuse_plainly(verdict, TRUST_NO_CERTIFICATE, trust_reason_text(TRUST_NO_CERTIFICATE));
    else if (X509_digest(leaf, EVP_sha256(), path->fingerprint, NULL) != 1)
        refuse_plainly(verdict, TRUST_INTERNAL, "the digest of the certificate cannot be made");
    else if (X509_STORE_CTX_get0_store(context) != trust->store)
        refuse_plainly(verdict, TRUST_INTERNAL, "verified against another trust store than the one in force");
    else
        verify_or_recall(&verification);
    X509_STORE_CTX_set_error(context, trust_reason_x509_error(verdict->reason));
    X509_STORE_CTX_set_error_depth(context, (int)verdict->depth);
    ERR_clear_error();
    return verdict->reason;
}

enum trust_reason trust_verify_certificates(const struct trust *trust, X509 *leaf,
                                            struct stack_st_X509 *untrusted, int64_t now_s,
                                            struct trust_path *path, struct trust_verdict *verdict,
                                            STACK_OF(X509) * *chain)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    *path = (struct trust_path){0};
    *verdict = (struct trust_verdict){.reason = TRUST_INTERNAL, .recheck_at = TRUST_NEVER};
    if (chain)
        *chain = NULL;
    if (!leaf) {
        refuse_plainly(verdict, TRUST_NO_CERTIFICATE, trust_reason_text(TRUST_NO_CERTIFICATE));
    } else if (context && X509_STORE_CTX_init(context, trust->store, leaf, untrusted) &&
               X509_STORE_CTX_set_default(context, "ssl_client")) {
        trust_verify(trust, context, now_s, path, verdict);
        if (chain)
            *chain = X509_STORE_CTX_get1_chain(context);
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return verdict->reason;
}
