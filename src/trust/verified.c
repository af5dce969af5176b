#include "verified.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"

#define WAYS          2
#define PRESENTED_MAX 16 /* certificates; who sends more is verified each time */
#define CAS_MAX       64 /* that are kept once, whoever brought them */

struct entry {
    unsigned char digest[TRUST_DIGEST_SIZE];
    struct verified_path kept; /* path is NULL: empty */
};

struct verified {
    struct entry *entries; /* VERIFIED_SETS * WAYS, the newest of a set first; made when the first is kept */
    X509 *cas[CAS_MAX];    /* a reference each, or NULL; the oldest makes room */
    size_t next_ca;
};

bool verified_digest(const unsigned char leaf_digest[TRUST_DIGEST_SIZE], const STACK_OF(X509) * presented,
                     unsigned char out[TRUST_DIGEST_SIZE])
{
    unsigned char digests[1 + PRESENTED_MAX][TRUST_DIGEST_SIZE];
    struct slice parts[1 + PRESENTED_MAX];
    int count = presented != NULL ? sk_X509_num(presented) : 0;
    if (count > PRESENTED_MAX)
        return false;
    memcpy(digests[0], leaf_digest, TRUST_DIGEST_SIZE);
    for (int i = 0; i < count; i++)
        if (X509_digest(sk_X509_value(presented, i), EVP_sha256(), digests[i + 1], NULL) != 1)
            return false;
    for (int i = 0; i <= count; i++)
        parts[i] = slice_of((const char *)digests[i], TRUST_DIGEST_SIZE);
    return trust_digest(parts, (size_t)count + 1, out) == 0;
}

struct verified *verified_new(void)
{
    return xcalloc(1, sizeof(struct verified));
}

static void clear(struct entry *entry)
{
    sk_X509_pop_free(entry->kept.issuers, X509_free);
    free(entry->kept.path);
    entry->kept = (struct verified_path){.path = NULL};
}

void verified_free(struct verified *verified)
{
    if (verified == NULL)
        return;
    for (size_t i = 0; verified->entries != NULL && i < (size_t)VERIFIED_SETS * WAYS; i++)
        clear(&verified->entries[i]);
    for (size_t i = 0; i < CAS_MAX; i++)
        X509_free(verified->cas[i]);
    free(verified->entries);
    free(verified);
}

/* A digest is as good as chance. */
static struct entry *set_of(const struct verified *verified, const unsigned char *digest)
{
    unsigned number;
    memcpy(&number, digest, sizeof(number));
    return &verified->entries[(size_t)(number % VERIFIED_SETS) * WAYS];
}

const struct verified_path *verified_find(const struct verified *verified,
                                          const unsigned char digest[TRUST_DIGEST_SIZE])
{
    if (verified->entries == NULL)
        return NULL;
    const struct entry *set = set_of(verified, digest);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].kept.path != NULL && memcmp(set[i].digest, digest, TRUST_DIGEST_SIZE) == 0)
            return &set[i].kept;
    return NULL;
}

/* Each client brings a copy of its own, of some kilobytes: the first of the same bytes stands for all. */
static X509 *shared_ca(struct verified *verified, X509 *ca)
{
    for (size_t i = 0; i < CAS_MAX && verified->cas[i] != NULL; i++)
        if (X509_cmp(verified->cas[i], ca) == 0)
            return verified->cas[i];
    X509 **place = &verified->cas[verified->next_ca];
    if (X509_up_ref(ca) != 1)
        return ca;
    X509_free(*place);
    *place = ca;
    verified->next_ca = (verified->next_ca + 1) % CAS_MAX;
    return ca;
}

static STACK_OF(X509) * issuers_of(struct verified *verified, const STACK_OF(X509) * chain)
{
    STACK_OF(X509) *issuers = sk_X509_new_reserve(NULL, sk_X509_num(chain));
    for (int i = 1; issuers != NULL && i < sk_X509_num(chain); i++) {
        X509 *issuer = shared_ca(verified, sk_X509_value(chain, i));
        if (X509_up_ref(issuer) == 1)
            (void)sk_X509_push(issuers, issuer);
    }
    return issuers;
}

void verified_keep(struct verified *verified, const unsigned char digest[TRUST_DIGEST_SIZE],
                   const STACK_OF(X509) * chain, const struct trust_path *path)
{
    size_t size = trust_path_size(path);
    STACK_OF(X509) *issuers = issuers_of(verified, chain);
    if (issuers == NULL)
        return;
    if (verified->entries == NULL)
        verified->entries = xcalloc((size_t)VERIFIED_SETS * WAYS, sizeof(*verified->entries));
    struct entry *set = set_of(verified, digest);
    clear(&set[WAYS - 1]);
    memmove(&set[1], &set[0], (WAYS - 1) * sizeof(*set));
    memcpy(set[0].digest, digest, TRUST_DIGEST_SIZE);
    set[0].kept = (struct verified_path){.issuers = issuers, .path = xcalloc(1, size)};
    memcpy(set[0].kept.path, path, size);
}
