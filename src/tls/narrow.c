/* OpenSSL 3.0 looks through every decoder and key manager on offer for each public key that it parses: a
 * third of a handshake. Less on offer, less to look through. The provider here has no algorithms of its own:
 * it lends those of the default provider, which is loaded aside, in a library context that nobody else uses.
 */
#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

#include "narrow.h"
#include "postern/base/assert.h"
#include "postern/base/attributes.h"
#include "postern/base/memory.h"
#include "postern/tls/init.h"

#define NAME "postern"

/* What a TLS server needs, by the first name in the lender's table. Where all names are allowed OpenSSL asks
 * for few by itself. */
struct offer {
    int operation;
    const char *const *names; /* up to NULL; NULL: all */
    const char *property;     /* that it must have; NULL: any */
};

static const char *const digests[] = {"SHA1",     "SHA2-224", "SHA2-256", "SHA2-384",
                                      "SHA2-512", "MD5-SHA1", NULL}; /* SHA-1 hashes names in the store */
static const char *const ciphers[] = {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305",
                                      "AES-256-CBC", "AES-256-CTR", NULL};
static const char *const macs[] = {"HMAC", NULL};
static const char *const kdfs[] = {"HKDF", "TLS13-KDF", "TLS1-PRF", NULL};
static const char *const exchanges[] = {"X25519", "X448", "ECDH", NULL};
static const char *const signatures[] = {"RSA", "ECDSA", "ED25519", "HMAC", NULL}; /* see below */
/* Keys of certificates, and of the key exchange; HMAC is what binds a ticket of TLS 1.3 to the handshake that
 * uses it. Others make no certificate that we admit. */
static const char *const keys[] = {"RSA", "RSA-PSS", "EC", "ED25519", "X25519", "X448", "HMAC", NULL};
/* Private keys are parsed aside, see tls_library_aside(). */
static const struct offer offers[] = {
    {OSSL_OP_DIGEST, digests, NULL},
    {OSSL_OP_CIPHER, ciphers, NULL},
    {OSSL_OP_MAC, macs, NULL},
    {OSSL_OP_KDF, kdfs, NULL},
    {OSSL_OP_RAND, NULL, NULL},
    {OSSL_OP_KEYMGMT, keys, NULL},
    {OSSL_OP_KEYEXCH, exchanges, NULL},
    {OSSL_OP_SIGNATURE, signatures, NULL},
    {OSSL_OP_DECODER, keys, "structure=SubjectPublicKeyInfo"},
    {OSSL_OP_ENCODER, NULL, NULL},
};

/* OpenSSL gives the functions of a provider that provider's own context, which must be the lender's, since
 * its algorithms are given it too. So there is no other place for what belongs to ours, and a process has but
 * one. */
static struct {
    OSSL_LIB_CTX *aside;
    OSSL_PROVIDER *lender;
    OSSL_ALGORITHM *lent[LENGTH_OF(offers)];
} narrow;

static bool is_offered(const struct offer *offer, const OSSL_ALGORITHM *algorithm)
{
    size_t length = strcspn(algorithm->algorithm_names, ":");
    bool found = offer->names == NULL;
    if (offer->property != NULL && strstr(algorithm->property_definition, offer->property) == NULL)
        return false;
    for (size_t i = 0; !found && offer->names[i] != NULL; i++)
        found = strlen(offer->names[i]) == length &&
                memcmp(offer->names[i], algorithm->algorithm_names, length) == 0;
    return found;
}

/* A table of the lender's with what is offered of it, as long-lived as the process. */
static OSSL_ALGORITHM *lend(const struct offer *offer)
{
    int no_cache = 0;
    size_t count = 0, kept = 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(narrow.lender, offer->operation, &no_cache);
    ASSERT(all != NULL && no_cache == 0);
    while (all[count].algorithm_names != NULL)
        count++;
    OSSL_ALGORITHM *some = xcalloc(count + 1, sizeof(*some));
    for (size_t i = 0; i < count; i++)
        if (is_offered(offer, &all[i]))
            some[kept++] = all[i];
    ASSERT(kept > 0);
    return some;
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    (void)context;
    *no_cache = 0;
    for (size_t i = 0; i < LENGTH_OF(offers); i++)
        if (offers[i].operation == operation)
            return narrow.lent[i];
    return NULL;
}

static int get_capabilities(void *context, const char *capability, OSSL_CALLBACK *each, void *argument)
{
    (void)context;
    return OSSL_PROVIDER_get_capabilities(narrow.lender, capability, each, argument);
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **out,
                 void **context)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
        {0, NULL},
    };
    (void)handle;
    (void)core;
    *out = functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(narrow.lender);
    return *context != NULL;
}

OSSL_LIB_CTX *tls_library_aside(void)
{
    return narrow.aside;
}

void tls_init_narrow(void)
{
    tls_init();
    if (narrow.lender != NULL)
        return;
    narrow.aside = OSSL_LIB_CTX_new();
    ASSERT(narrow.aside != NULL);
    narrow.lender = OSSL_PROVIDER_load(narrow.aside, "default");
    ASSERT(narrow.lender != NULL);
    for (size_t i = 0; i < LENGTH_OF(offers); i++)
        narrow.lent[i] = lend(&offers[i]);
    /* Loaded by name, it also keeps OpenSSL from loading the default provider by itself. */
    ASSERT(OSSL_PROVIDER_add_builtin(NULL, NAME, start) == 1);
    ASSERT(OSSL_PROVIDER_load(NULL, NAME) != NULL);
    ASSERT(!OSSL_PROVIDER_available(NULL, "default"));
}
