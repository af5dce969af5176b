#include "postern/trust/trust.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"
#include "postern/trust/certificate.h"
#include "postern/trust/path.h"
#include "postern/trust/reason.h"
#include "revocation.h"
#include "trust_state.h"

static void copy_policy(struct trust *trust, const struct trust_policy *policy)
{
    char **names = xcalloc(policy->publishes_none_count + 1, sizeof(*names));
    for (size_t i = 0; i < policy->publishes_none_count; i++)
        names[i] = xstrdup(policy->publishes_none[i]);
    trust->policy = *policy;
    trust->policy.publishes_none = (const char *const *)names;
}

static void clear_policy(struct trust_policy *policy)
{
    union {
        const char *const *kept;
        char **ours;
    } names = {policy->publishes_none};
    for (size_t i = 0; names.ours && i < policy->publishes_none_count; i++)
        free(names.ours[i]);
    free(names.ours);
}

void trust_free(struct trust *trust)
{
    if (!trust)
        return;
    X509_STORE_free(trust->store);
    sk_X509_NAME_pop_free(trust->names, X509_NAME_free);
    issuers_free(trust->issuers);
    verified_free(trust->verified);
    clear_policy(&trust->policy);
    free(trust->anchors);
    free(trust);
}

/* Of several certificates of one CA the one that lasts longest speaks for it. */
static int add_anchor(struct trust *trust, const X509 *ca, const struct trust_id *id)
{
    struct trust_anchor anchor = {.id = *id};
    if (!certificate_dates(ca, &anchor.not_before, &anchor.not_after))
        return -1;
    for (size_t i = 0; i < trust->anchor_count; i++) {
        if (!trust_id_equal(&trust->anchors[i].id, id))
            continue;
        if (trust->anchors[i].not_after < anchor.not_after)
            trust->anchors[i] = anchor;
        return 0;
    }
    trust->anchors[trust->anchor_count++] = anchor;
    return 0;
}

static bool holds_name(const struct trust *trust, const X509_NAME *name)
{
    for (int i = 0; i < sk_X509_NAME_num(trust->names); i++)
        if (X509_NAME_cmp(sk_X509_NAME_value(trust->names, i), name) == 0)
            return true;
    return false;
}

static int add_name(struct trust *trust, const X509 *ca)
{
    X509_NAME *name;
    if (holds_name(trust, X509_get_subject_name(ca)))
        return 0;
    name = X509_NAME_dup(X509_get_subject_name(ca));
    if (name && sk_X509_NAME_push(trust->names, name))
        return 0;
    X509_NAME_free(name);
    return -1;
}

static int add_ca(struct trust *trust, X509 *ca, bool is_root)
{
    struct trust_id id;
    if (trust_id_of_issuer(ca, &id) != 0 || issuers_add(trust->issuers, ca, &id) != 0 ||
        X509_STORE_add_cert(trust->store, ca) != 1 || add_name(trust, ca) != 0)
        return -1;
    return is_root || trust->partial_chain ? add_anchor(trust, ca, &id) : 0;
}

static bool has_issuer(const struct trust_bundle *bundle, X509 *ca)
{
    for (size_t i = 0; i < trust_bundle_count(bundle); i++)
        if (X509_check_issued(trust_bundle_certificate(bundle, i), ca) == X509_V_OK)
            return true;
    return false;
}

/* OpenSSL ends a partial chain at the first CA that it knows. Where every intermediate has its issuer in the
 * bundle that would gain nothing, and lose the issuer's CRL for the intermediate. */
static bool needs_partial_chain(const struct trust_bundle *bundle)
{
    for (size_t i = 0; i < trust_bundle_count(bundle); i++)
        if (!trust_bundle_is_root(bundle, i) && !has_issuer(bundle, trust_bundle_certificate(bundle, i)))
            return true;
    return false;
}

static int add_bundle(struct trust *trust, const struct trust_bundle *bundle, struct err *err)
{
    size_t count = trust_bundle_count(bundle);
    trust->store = X509_STORE_new();
    trust->names = sk_X509_NAME_new_null();
    trust->anchors = xcalloc(count, sizeof(*trust->anchors));
    if (!trust->store || !trust->names)
        return err_set(err, "no memory for the trust store");
    /* Roots first: that is the order in which clients are told the names. */
    for (int roots = 1; roots >= 0; roots--) {
        for (size_t i = 0; i < count; i++) {
            bool is_root = trust_bundle_is_root(bundle, i);
            if (is_root == (roots == 1) && add_ca(trust, trust_bundle_certificate(bundle, i), is_root) != 0)
                return err_set(err, "a CA certificate of the trust bundle cannot be used");
        }
    }
    return 0;
}

static int check_policy(const struct trust_policy *policy, const struct crl_index *index, struct err *err)
{
    if (policy->max_depth >= TRUST_PATH_MAX)
        return err_set(err, "max_depth is %u; at most %d intermediates are supported", policy->max_depth,
                       TRUST_PATH_MAX - 1);
    if (policy->crl_grace_s < 0)
        return err_set(err, "the grace of CRLs is negative");
    if (policy->check_revocation && !index)
        return err_set(err, "revocation is to be checked, but there is no index of CRLs");
    return 0;
}

struct trust *trust_new(const struct trust_policy *policy, const struct trust_bundle *bundle,
                        const struct crl_index *index, struct err *err)
{
    if (check_policy(policy, index, err) != 0 ||
        trust_bundle_check(bundle, policy->partial_chain, "", err) != 0)
        return NULL;
    struct trust *trust = xcalloc(1, sizeof(*trust));
    copy_policy(trust, policy);
    trust->partial_chain = policy->partial_chain && needs_partial_chain(bundle);
    trust->index = index;
    trust->issuers = issuers_new(&trust->policy, index);
    trust->verified = verified_new();
    int result = add_bundle(trust, bundle, err);
    ERR_clear_error();
    if (result != 0) {
        trust_free(trust);
        return NULL;
    }
    return trust;
}

void trust_inherit(const struct trust *trust, const struct trust *older)
{
    issuers_inherit(trust->issuers, older->issuers);
}

X509_STORE *trust_store(const struct trust *trust)
{
    return trust->store;
}

const struct stack_st_X509_NAME *trust_ca_names(const struct trust *trust)
{
    return trust->names;
}

size_t trust_ca_name_count(const struct trust *trust)
{
    return (size_t)sk_X509_NAME_num(trust->names);
}

const struct crl_index *trust_crl_index(const struct trust *trust)
{
    return trust->index;
}

const struct trust_policy *trust_get_policy(const struct trust *trust)
{
    return &trust->policy;
}

static void report_records(const struct trust *trust, const struct issuer *issuer, int64_t now_s,
                           void (*each)(void *, const struct trust_issuer_report *), void *context)
{
    size_t count = 0;
    const struct crl_record *records = crl_index_find(trust->index, &issuer->id, &count);
    struct trust_issuer_report report = {.issuer = issuer->text,
                                         .reason = TRUST_CRL_MISSING,
                                         .tolerated = trust->policy.crl_missing_allow ||
                                                      issuer->publishes_none,
                                         .deadline = INT64_MAX};
    if (count == 0)
        each(context, &report);
    for (size_t i = 0; i < count; i++) {
        int64_t grace_s = trust->policy.crl_grace_s;
        bool is_past = crl_standing(&records[i], now_s, 0) != TRUST_ADMITTED;
        report.record = &records[i];
        report.reason = crl_standing(&records[i], now_s, 0);
        report.tolerated = is_past && crl_standing(&records[i], now_s, grace_s) == TRUST_ADMITTED;
        report.deadline = crl_deadline(&records[i], grace_s);
        each(context, &report);
    }
}

void trust_report_issuers(const struct trust *trust, int64_t now_s,
                          void (*each)(void *context, const struct trust_issuer_report *report),
                          void *context)
{
    const struct issuer *issuer;
    if (!trust->policy.check_revocation)
        return;
    for (size_t i = 0; (issuer = issuers_bundled(trust->issuers, i)) != NULL; i++)
        report_records(trust, issuer, now_s, each, context);
}
