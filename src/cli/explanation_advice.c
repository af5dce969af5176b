#include <stdio.h>

#include "explanation.h"

static const char *const rules[TRUST_REASON_COUNT] = {
    [TRUST_ADMITTED] = "RFC 5280 §6.1 and §6.3: the path leads to a trusted CA, each certificate on it is in "
                       "date and fit for its use, and none is revoked",
    [TRUST_NO_CERTIFICATE] = "the gateway admits nobody without a certificate",
    [TRUST_UNTRUSTED_CHAIN] =
        "RFC 5280 §6.1: a path has to lead to a CA of [client_auth] trust; the system's "
        "CAs do not count",
    [TRUST_EXPIRED] = "RFC 5280 §6.1.3 (a)(2): each certificate on the path has to be before its notAfter",
    [TRUST_NOT_YET_VALID] = "RFC 5280 §6.1.3 (a)(2): each certificate on the path has to be past its "
                            "notBefore",
    [TRUST_REVOKED] = "RFC 5280 §6.3: who stands in a CRL of its issuer is revoked, even if that CRL is past "
                      "its nextUpdate",
    [TRUST_CRL_MISSING] = "crl_missing = refuse: without a CRL of the issuer nobody knows whether the "
                          "certificate is revoked",
    [TRUST_CRL_EXPIRED] = "crl_expired: a CRL past its nextUpdate (and its grace) does not admit anybody",
    [TRUST_CRL_NOT_YET_VALID] = "RFC 5280 §6.3: a CRL counts from its thisUpdate on",
    [TRUST_WRONG_PURPOSE] = "RFC 5280 §4.2.1.12: an extended key usage that is there has to name clientAuth; "
                            "with require_eku = yes it has to be there",
    [TRUST_WEAK_KEY] = "keys are RSA of 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519",
    [TRUST_WEAK_SIGNATURE] = "signatures on the path use SHA-256 or better",
    [TRUST_PATH_TOO_LONG] = "[client_auth] max_depth, and the path length that each CA certificate allows "
                            "(RFC 5280 §4.2.1.9)",
    [TRUST_NAME_NOT_ALLOWED] = "RFC 5280 §4.2.1.10: the names that a CA may vouch for",
    [TRUST_DENIED] = "the deny list of this gateway, which outweighs every CA",
    [TRUST_BAD_CERTIFICATE] = "RFC 5280 §4: a certificate that breaks its own format is not relied on",
    [TRUST_INTERNAL] = "what could not be checked is refused",
};

const char *explanation_rule(enum trust_reason reason)
{
    return rules[reason] != NULL ? rules[reason] : trust_reason_text(reason);
}

/* The certificate that decided. */
static const struct certificate_info *culprit(const struct examination *examination)
{
    size_t depth = examination->verdict.depth;
    if (examination->count == 0)
        return NULL;
    return &examination->certificates[depth < examination->count ? depth : examination->count - 1].info;
}

static const char *or_unset(const char *path)
{
    return path != NULL ? path : "(not set)";
}

static void advise_revoked(const struct explanation *explanation, const struct certificate_info *bad,
                           char *out, size_t size)
{
    const struct trust_verdict *verdict = &explanation->examination.verdict;
    if (verdict->depth > 0)
        snprintf(out, size,
                 "the CA %s itself is revoked, and with it all its clients: issue them new certificates from "
                 "another CA, and take this one out of the trust bundle",
                 bad->subject);
    else if (verdict->revocation_reason == 6)
        snprintf(
            out, size,
            "it is on hold: take serial %s off at the CA %s, publish the CRL, or issue a new certificate",
            bad->serial, bad->issuer);
    else
        snprintf(out, size,
                 "a revocation is final: if this client should be let in, issue it a new certificate for %s "
                 "(postern pki client)",
                 bad->subject);
}

static void advise_crl(const struct explanation *explanation, const struct certificate_info *bad, char *out,
                       size_t size)
{
    const struct config_client_auth *auth = &generation_config(explanation->judging->generation)->client_auth;
    const struct trust_verdict *verdict = &explanation->examination.verdict;
    const struct crl_index *index = trust_crl_index(generation_trust(explanation->judging->generation));
    if (verdict->crl == NULL || index == NULL) {
        snprintf(
            out, size,
            "add the CRL of %s to %s (postern pki crl, or openssl ca -gencrl, makes one); if that CA has "
            "none: crl_publishes_none = %s",
            bad->issuer, or_unset(auth->crl.path), bad->issuer);
        return;
    }
    struct slice source = crl_record_source(index, verdict->crl);
    snprintf(out, size,
             "have %s issue its next CRL (postern pki crl, or openssl ca -gencrl) and put it in place of "
             "the old one in %.*s; crl_expired = grace 24h would bridge the time",
             bad->issuer, SLICE_ARG(source));
}

static void advise_untrusted(const struct explanation *explanation, char *out, size_t size)
{
    const struct examination *examination = &explanation->examination;
    const struct config_client_auth *auth = &generation_config(explanation->judging->generation)->client_auth;
    if (examination->count == 0) {
        snprintf(out, size, "give the client a certificate of a CA in %s", auth->trust.path);
        return;
    }
    const struct certificate_info *last = &examination->certificates[examination->count - 1].info;
    if (examination->has_namesake)
        snprintf(out, size,
                 "%s has a CA named %s, but another key signed here: is it an older or a renewed CA of that "
                 "name? Add the right one to %s",
                 auth->trust.path, last->issuer, auth->trust.path);
    else
        snprintf(
            out, size,
            "nobody knows the CA %s, which signed %s: if it is to be trusted, add its certificate to %s; "
            "if it is an intermediate, the client may send it instead",
            last->issuer, last->subject, auth->trust.path);
}

const char *explanation_advice(const struct explanation *explanation, char *out, size_t size)
{
    const struct examination *examination = &explanation->examination;
    const struct certificate_info *bad = culprit(examination);
    enum trust_reason reason = examination->verdict.reason;
    char time[EXPLANATION_TIME_SIZE], span[CLOCK_TEXT_SIZE];
    snprintf(out, size, "%s", trust_reason_advice(reason));
    if (reason == TRUST_UNTRUSTED_CHAIN)
        advise_untrusted(explanation, out, size);
    else if (bad != NULL && reason == TRUST_REVOKED)
        advise_revoked(explanation, bad, out, size);
    else if (bad != NULL && (reason == TRUST_CRL_MISSING || reason == TRUST_CRL_EXPIRED))
        advise_crl(explanation, bad, out, size);
    else if (bad != NULL && reason == TRUST_EXPIRED)
        snprintf(
            out, size,
            "%s ended at %s: issue it anew (postern pki client); if it should still be good, look at the "
            "gateway's clock",
            bad->subject, explanation_time(bad->not_after, explanation->now_s, time));
    else if (bad != NULL && reason == TRUST_NOT_YET_VALID)
        snprintf(out, size, "%s begins at %s, in %s: compare the clocks of the gateway and of the CA",
                 bad->subject, clock_format(bad->not_before, time),
                 clock_span(bad->not_before - explanation->now_s, span));
    else if (bad != NULL && reason == TRUST_WRONG_PURPOSE)
        snprintf(out, size, "%s is for %s: %s", bad->subject, bad->purposes, trust_reason_advice(reason));
    return out;
}
