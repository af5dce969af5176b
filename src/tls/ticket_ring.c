#include "ticket_ring.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"
#include "postern/base/secret.h"
#include "postern/tls/server.h"

enum { PERIODS = 3, PERIOD_BYTES = 8 };

/* What lies in locked memory. */
struct vault {
    size_t secret_length;
    unsigned char secret[TLS_TICKET_SECRET_MAX];
    bool is_derived[PERIODS];
    struct ticket_key keys[PERIODS]; /* a period's key is at period % PERIODS */
};

struct ticket_ring {
    struct secret memory;
    int64_t period_s;
    unsigned char context[TICKET_CONTEXT_SIZE];
    EVP_KDF *kdf;
};

static struct vault *vault_of(const struct ticket_ring *ring)
{
    return (struct vault *)(void *)ring->memory.data;
}

struct ticket_ring *ticket_ring_new(struct slice secret, const unsigned char *context, int64_t period_s)
{
    ASSERT(period_s >= 1 && secret.length <= TLS_TICKET_SECRET_MAX);
    struct ticket_ring *ring = xcalloc(1, sizeof(*ring));
    ring->period_s = period_s;
    memcpy(ring->context, context, sizeof(ring->context));
    ring->kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    if (ring->kdf == NULL || secret_init(&ring->memory, sizeof(struct vault)) != 0) {
        ERR_clear_error();
        ticket_ring_free(ring);
        return NULL;
    }
    memcpy(vault_of(ring)->secret, secret.data, secret.length);
    vault_of(ring)->secret_length = secret.length;
    return ring;
}

void ticket_ring_free(struct ticket_ring *ring)
{
    if (ring == NULL)
        return;
    secret_clear(&ring->memory);
    EVP_KDF_free(ring->kdf);
    free(ring);
}

static bool derive(struct ticket_ring *ring, int64_t period, unsigned char *out, size_t size)
{
    char salt[] = "postern session tickets 1", digest[] = "SHA256";
    unsigned char info[TICKET_CONTEXT_SIZE + PERIOD_BYTES];
    struct vault *vault = vault_of(ring);
    memcpy(info, ring->context, TICKET_CONTEXT_SIZE);
    for (size_t i = 0; i < PERIOD_BYTES; i++)
        info[TICKET_CONTEXT_SIZE + i] = (unsigned char)((uint64_t)period >> (56 - 8 * i));
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, vault->secret, vault->secret_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof(salt) - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof(info)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(ring->kdf);
    bool done = context != NULL && EVP_KDF_derive(context, out, size, params) == 1;
    EVP_KDF_CTX_free(context);
    ERR_clear_error();
    return done;
}

static const struct ticket_key *key_of(struct ticket_ring *ring, int64_t period)
{
    unsigned char bytes[TICKET_NAME_SIZE + 3 * TICKET_KEY_SIZE];
    size_t place = (size_t)(((uint64_t)period) % PERIODS);
    struct ticket_key *key = &vault_of(ring)->keys[place];
    if (vault_of(ring)->is_derived[place] && key->period == period)
        return key;
    if (!derive(ring, period, bytes, sizeof(bytes)))
        return NULL;
    key->period = period;
    memcpy(key->name, bytes, TICKET_NAME_SIZE);
    memcpy(key->cipher, bytes + TICKET_NAME_SIZE, TICKET_KEY_SIZE);
    memcpy(key->mac, bytes + TICKET_NAME_SIZE + TICKET_KEY_SIZE, TICKET_KEY_SIZE);
    memcpy(key->held, bytes + TICKET_NAME_SIZE + 2 * TICKET_KEY_SIZE, TICKET_KEY_SIZE);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    vault_of(ring)->is_derived[place] = true;
    return key;
}

const unsigned char *ticket_ring_context(const struct ticket_ring *ring)
{
    return ring->context;
}

const struct ticket_key *ticket_ring_current(struct ticket_ring *ring, int64_t now_s)
{
    return key_of(ring, now_s / ring->period_s);
}

const struct ticket_key *ticket_ring_find(struct ticket_ring *ring, const unsigned char *name, int64_t now_s)
{
    static const int64_t around[PERIODS] = {0, -1, 1};
    for (size_t i = 0; i < PERIODS; i++) {
        const struct ticket_key *key = key_of(ring, now_s / ring->period_s + around[i]);
        if (key != NULL && memcmp(key->name, name, TICKET_NAME_SIZE) == 0)
            return key;
    }
    return NULL;
}
