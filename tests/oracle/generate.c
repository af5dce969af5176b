#include "generate.h"

#include <inttypes.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/text.h"

enum { WORLDS = 1100, MUTANTS = 850, DAMAGED = 200 };

uint64_t random_below(struct random *random, uint64_t end)
{
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (random->state >> 33) % end;
}

bool random_once_in(struct random *random, unsigned times)
{
    return random_below(random, times) == 0;
}

void pool_init(struct pool *pool)
{
    for (size_t i = 0; i < POOL; i++)
        pool->holders[i] = cert_root("Pool");
    pool->root = cert_new(&(struct cert_options){.cn = "O Root", .is_ca = true, .same_key = pool->holders[0]},
                          NULL);
    pool->intermediate = cert_new(
        &(struct cert_options){
            .cn = "O Intermediate", .is_ca = true, .path_length = 1, .same_key = pool->holders[1]},
        pool->root);
    pool->client = cert_new(
        &(struct cert_options){.cn = "client", .crl_points = "URI:h://a", .same_key = pool->holders[2]},
        pool->intermediate);
}

void pool_clear(struct pool *pool)
{
    for (size_t i = 0; i < POOL; i++)
        cert_free(pool->holders[i]);
    cert_free(pool->client);
    cert_free(pool->intermediate);
    cert_free(pool->root);
}

void subject_init(struct subject *subject, const struct pool *pool)
{
    subject->root = pool->root;
    subject->intermediate = pool->intermediate;
    subject->client = pool->client;
}

void subject_clear(struct subject *subject)
{
    for (size_t i = 0; i < subject->crl_count; i++)
        buffer_clear(&subject->crls[i]);
    *subject = (struct subject){.crl_count = 0};
}

void subject_add_crl(struct subject *subject, const struct crl_factory_options *options,
                     const struct cert *issuer)
{
    X509_CRL *crl = crl_new(options, issuer);
    crl_append_der(&subject->crls[subject->crl_count++], crl);
    X509_CRL_free(crl);
}

static void write_der(const char *word, struct slice der)
{
    char *hex = malloc(2 * der.length + 1);
    if (hex == NULL)
        abort();
    printf("%s %s\n", word, text_hex(hex, (const unsigned char *)der.data, der.length, false));
    free(hex);
}

static void write_certificate(const char *word, const struct cert *cert)
{
    struct buffer der = {0};
    cert_append_der(&der, cert);
    write_der(word, buffer_view(&der));
    buffer_clear(&der);
}

void subject_write(const struct subject *subject)
{
    printf("case %s\nnow %" PRId64 "\nprofile %s\n", subject->name, CERTS_NOW,
           subject->is_legacy ? "legacy" : "strict");
    write_certificate("trusted", subject->root);
    if (!subject->sends_intermediate)
        write_certificate("trusted", subject->intermediate);
    write_certificate("sent", subject->intermediate);
    write_certificate("leaf", subject->client);
    for (size_t i = 0; i < subject->crl_count; i++)
        write_der("crl", buffer_view(&subject->crls[i]));
    puts("judge");
}

int main(void)
{
    struct pool pool;
    pool_init(&pool);
    write_worlds(&pool, WORLDS);
    write_rules(&pool);
    write_mutants(&pool, MUTANTS);
    write_edits(&pool);
    write_damaged(&pool, DAMAGED);
    pool_clear(&pool);
    return fflush(stdout) == 0 ? 0 : 1;
}
