#include "lean.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <stdbool.h>
#include <string.h>

#include "postern/base/attributes.h"
#include "postern/base/memory.h"

#define NAME "lean"

/* What is offered, by the first name in the lender's table. HMAC is what binds a ticket of TLS 1.3. */
static const char *const digests[] = {"SHA1", "SHA2-256", "SHA2-384", "SHA2-512", "MD5-SHA1", NULL};
static const char *const ciphers[] = {
    "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-128-CBC", "AES-256-CBC", "AES-256-CTR", NULL};
static const char *const macs[] = {"HMAC", NULL};
static const char *const kdfs[] = {"HKDF", "TLS13-KDF", "TLS1-PRF", NULL};
static const char *const exchanges[] = {"X25519", "ECDH", NULL};
static const char *const signatures[] = {"RSA", "ECDSA", "ED25519", "HMAC", NULL};
static const char *const keys[] = {"RSA", "RSA-PSS", "EC", "ED25519", "X25519", "HMAC", NULL};
/* All that is on offer is walked for each key, whatever it is for. */
static const struct offer {
    int operation;
    const char *const *names; /* up to NULL; NULL: all */
    const char *property;     /* that it must have; NULL: any */
} offers[] = {
    {OSSL_OP_DIGEST, digests, NULL},
    {OSSL_OP_CIPHER, ciphers, NULL},
    {OSSL_OP_MAC, macs, NULL},
    {OSSL_OP_KDF, kdfs, NULL},
    {OSSL_OP_RAND, NULL, NULL},
    {OSSL_OP_KEYMGMT, keys, NULL},
    {OSSL_OP_KEYEXCH, exchanges, NULL},
    {OSSL_OP_SIGNATURE, signatures, NULL},
    {OSSL_OP_DECODER, keys, "structure=SubjectPublicKeyInfo"},
};

/* OpenSSL calls a provider's functions with that provider's context, which must be the lender's, since its
 * algorithms are called with it too. So there is no other place for what is ours. Written in one thread,
 * before others begin. */
static struct {
    OSSL_PROVIDER *lender; /* of the context that is being made; the first stays for what all have alike */
    OSSL_PROVIDER *first;
    OSSL_ALGORITHM *lent[LENGTH_OF(offers)];
} lean_provider;

static bool is_offered(const struct offer *offer, const OSSL_ALGORITHM *algorithm)
{
    size_t length = strcspn(algorithm->algorithm_names, ":");
    if (offer->property && !strstr(algorithm->property_definition, offer->property))
        return false;
    for (size_t i = 0; offer->names && offer->names[i]; i++) {
        if (strlen(offer->names[i]) == length &&
            memcmp(offer->names[i], algorithm->algorithm_names, length) == 0)
            return true;
    }
    return !offer->names;
}

/* The lender's table with what is offered of it. */
static OSSL_ALGORITHM *lend(const struct offer *offer)
{
    int no_cache = 0;
    size_t count = 0, kept = 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(lean_provider.first, offer->operation,
                                                              &no_cache);
    while (all && all[count].algorithm_names)
        count++;
    OSSL_ALGORITHM *some = xcalloc(count + 1, sizeof(*some));
    for (size_t i = 0; i < count; i++) {
        if (is_offered(offer, &all[i]))
            some[kept++] = all[i];
    }
    return some;
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    (void)context;
    *no_cache = 0;
    for (size_t i = 0; i < LENGTH_OF(offers); i++) {
        if (offers[i].operation == operation)
            return lean_provider.lent[i];
    }
    return NULL;
}

static int get_capabilities(void *context, const char *capability, OSSL_CALLBACK *each, void *argument)
{
    (void)context;
    return OSSL_PROVIDER_get_capabilities(lean_provider.first, capability, each, argument);
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
    *context = OSSL_PROVIDER_get0_provider_ctx(lean_provider.lender);
    return *context != NULL;
}

/* What is the same for all: the tables of a lender that stays until the process ends. */
static bool prepare(void)
{
    if (lean_provider.first)
        return true;
    lean_provider.first = OSSL_PROVIDER_load(NULL, "default");
    if (!lean_provider.first)
        return false;
    for (size_t i = 0; i < LENGTH_OF(offers); i++)
        lean_provider.lent[i] = lend(&offers[i]);
    return true;
}

bool lean_leaves_out(const char *list)
{
    static const char *const unusual[] = {"448",      "ffdhe",  "DHE-RSA", "DHE-DSS", "CCM",
                                          "CAMELLIA", "ARIA",   "pss_pss", "RSA-PSS", "DES",
                                          "SHA224",   "sha224", "NULL",    "PSK",     "SEED"};
    for (size_t i = 0; list && i < LENGTH_OF(unusual); i++) {
        const char *found = strstr(list, unusual[i]);
        /* ECDHE-RSA-... is usual. */
        if (found && !(unusual[i][0] == 'D' && found - list >= 2 && memcmp(found - 2, "EC", 2) == 0))
            return true;
    }
    return false;
}

int lean_init(struct lean *lean, bool wants_all)
{
    bool is_slow = !wants_all && OPENSSL_version_major() == 3 && OPENSSL_version_minor() < 2;
    *lean = (struct lean){.library = OSSL_LIB_CTX_new(), .aside = OSSL_LIB_CTX_new()};
    if (!lean->library || !lean->aside)
        return -1;
    if (!is_slow)
        return 0;
    lean->lender = OSSL_PROVIDER_load(lean->aside, "default");
    if (!lean->lender || !prepare())
        return -1;
    lean_provider.lender = lean->lender;
    /* Loaded by name, it also keeps OpenSSL from loading the default provider by itself. */
    if (OSSL_PROVIDER_add_builtin(lean->library, NAME, start) == 1)
        lean->borrower = OSSL_PROVIDER_load(lean->library, NAME);
    return lean->borrower ? 0 : -1;
}

void lean_clear(struct lean *lean)
{
    if (lean->borrower)
        OSSL_PROVIDER_unload(lean->borrower);
    OSSL_LIB_CTX_free(lean->library);
    if (lean->lender)
        OSSL_PROVIDER_unload(lean->lender);
    OSSL_LIB_CTX_free(lean->aside);
    *lean = (struct lean){0};
}
