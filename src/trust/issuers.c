#include "issuers.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crl_walk.h"
#include "postern/base/memory.h"

struct issuers {
    const struct trust_policy *policy;
    const struct crl_index *index;
    struct issuer *bundled;
    size_t bundled_count;
    struct issuer *brought; /* a ring once it is full */
    size_t brought_count, oldest;
    struct trust_id *resolved; /* of each pending CRL: who signed it; zero while unknown */
    size_t pending_count;
};

struct issuers *issuers_new(const struct trust_policy *policy, const struct crl_index *index)
{
    struct issuers *issuers = xcalloc(1, sizeof(*issuers));
    struct trust_id none = {0};
    issuers->policy = policy;
    issuers->index = index;
    if (index)
        crl_index_find(index, &none, &issuers->pending_count);
    issuers->resolved = xcalloc(issuers->pending_count + 1, sizeof(*issuers->resolved));
    return issuers;
}

void issuers_free(struct issuers *issuers)
{
    if (!issuers)
        return;
    for (size_t i = 0; i < issuers->bundled_count; i++)
        EVP_PKEY_free(issuers->bundled[i].key);
    for (size_t i = 0; i < issuers->brought_count; i++)
        EVP_PKEY_free(issuers->brought[i].key);
    free(issuers->bundled);
    free(issuers->brought);
    free(issuers->resolved);
    free(issuers);
}

/* Blanks after a comma do not matter, nor does ASCII case: people type these names. */
static bool is_same_text(const char *typed, const char *name)
{
    for (;;) {
        if (ascii_lower(*typed) != ascii_lower(*name))
            return false;
        if (*typed == '\0')
            return true;
        bool is_comma = *typed == ',';
        typed++;
        name++;
        while (is_comma && *typed == ' ')
            typed++;
    }
}

static bool is_listed(const struct issuers *issuers, const struct issuer *issuer)
{
    for (size_t i = 0; i < issuers->policy->publishes_none_count; i++)
        if (is_same_text(issuers->policy->publishes_none[i], issuer->text))
            return true;
    return false;
}

static int describe(const struct issuers *issuers, X509 *ca, const struct trust_id *id, struct issuer *out)
{
    const X509_NAME *name = X509_get_subject_name(ca);
    const ASN1_OCTET_STRING *key_id = X509_get0_subject_key_id(ca);
    *out = (struct issuer){.id = *id};
    out->key = X509_get_pubkey(ca);
    certificate_name_text(name, out->text, sizeof(out->text));
    if (!out->key || trust_id_of_name(name, &out->name) != 0 ||
        trust_name_of_text(slice_text(out->text), out->text_name) != 0) {
        EVP_PKEY_free(out->key);
        return -1;
    }
    if (key_id && ASN1_STRING_length(key_id) <= CRL_KEY_ID_MAX) {
        out->key_id_length = (size_t)ASN1_STRING_length(key_id);
        memcpy(out->key_id, ASN1_STRING_get0_data(key_id), out->key_id_length);
    }
    out->signs_crls = (X509_get_key_usage(ca) & KU_CRL_SIGN) != 0;
    out->publishes_none = is_listed(issuers, out);
    return 0;
}

int issuers_add(struct issuers *issuers, X509 *ca, const struct trust_id *id)
{
    struct issuer issuer;
    if (issuers_find(issuers, id))
        return 0;
    if (describe(issuers, ca, id, &issuer) != 0)
        return -1;
    issuers->bundled = xreallocarray(issuers->bundled, issuers->bundled_count + 1, sizeof(*issuers->bundled));
    issuers->bundled[issuers->bundled_count++] = issuer;
    return 0;
}

static bool is_named_by(const struct issuer *issuer, const struct crl_record *record)
{
    if (!trust_id_equal(&issuer->name, &record->issuer_name))
        return false;
    if (!(record->flags & CRL_HAS_KEY_ID) || issuer->key_id_length == 0)
        return true;
    return issuer->key_id_length == record->key_id_length &&
           memcmp(issuer->key_id, record->key_id, issuer->key_id_length) == 0;
}

/* The one signature that is left to a worker. Its answer is kept, so it is paid once for a CRL and CA. */
static void resolve_pending(struct issuers *issuers, const struct issuer *issuer)
{
    const struct trust_id none = {0};
    for (size_t i = 0; i < issuers->pending_count; i++) {
        const struct crl_record *record = crl_index_record(issuers->index, i);
        if (!trust_id_equal(&issuers->resolved[i], &none) || !issuer->signs_crls ||
            !is_named_by(issuer, record))
            continue;
        if (crl_digest_verifies(issuer->key, record->digest_nid, record->digest, record->digest_length,
                                crl_record_signature(issuers->index, record)))
            issuers->resolved[i] = issuer->id;
    }
}

/*   issuer  takes */
static void keep_brought(struct issuers *issuers, const struct issuer *issuer)
{
    size_t place = issuers->brought_count;
    if (!issuers->brought)
        issuers->brought = xcalloc(ISSUERS_BROUGHT_MAX, sizeof(*issuers->brought));
    if (place == ISSUERS_BROUGHT_MAX) {
        place = issuers->oldest;
        issuers->oldest = (issuers->oldest + 1) % ISSUERS_BROUGHT_MAX;
        EVP_PKEY_free(issuers->brought[place].key);
    } else {
        issuers->brought_count++;
    }
    issuers->brought[place] = *issuer;
    resolve_pending(issuers, issuer);
}

void issuers_meet(struct issuers *issuers, X509 *ca, const struct trust_id *id)
{
    struct issuer issuer;
    if (!issuers_find(issuers, id) && describe(issuers, ca, id, &issuer) == 0)
        keep_brought(issuers, &issuer);
}

void issuers_inherit(struct issuers *issuers, const struct issuers *older)
{
    for (size_t i = 0; i < older->brought_count; i++) {
        struct issuer issuer = older->brought[(older->oldest + i) % older->brought_count];
        if (issuers_find(issuers, &issuer.id) || !EVP_PKEY_up_ref(issuer.key))
            continue;
        /* Another policy may judge it otherwise. */
        issuer.publishes_none = is_listed(issuers, &issuer);
        keep_brought(issuers, &issuer);
    }
}

const struct issuer *issuers_find(const struct issuers *issuers, const struct trust_id *id)
{
    for (size_t i = 0; i < issuers->bundled_count; i++)
        if (trust_id_equal(&issuers->bundled[i].id, id))
            return &issuers->bundled[i];
    for (size_t i = 0; i < issuers->brought_count; i++)
        if (trust_id_equal(&issuers->brought[i].id, id))
            return &issuers->brought[i];
    return NULL;
}

const struct issuer *issuers_bundled(const struct issuers *issuers, size_t i)
{
    return i < issuers->bundled_count ? &issuers->bundled[i] : NULL;
}

size_t issuers_pending(const struct issuers *issuers)
{
    return issuers->pending_count;
}

bool issuers_is_pending_of(const struct issuers *issuers, size_t pending, const struct trust_id *id)
{
    return trust_id_equal(&issuers->resolved[pending], id);
}

bool issuers_has_doubtful(const struct issuers *issuers, const struct issuer *issuer)
{
    const struct trust_id none = {0};
    for (size_t i = 0; i < issuers->pending_count; i++)
        if (issuer == NULL || (trust_id_equal(&issuers->resolved[i], &none) &&
                               is_named_by(issuer, crl_index_record(issuers->index, i))))
            return true;
    return false;
}
