/* Cases for ours.c and stock.c: one client with its CAs and their CRLs. The same seeds give the same cases,
 * but for signatures, which ECDSA makes anew. */
#ifndef POSTERN_TESTS_ORACLE_GENERATE_H
#define POSTERN_TESTS_ORACLE_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "certs.h"

enum { CRLS_MAX = 5, POOL = 12 };

struct random {
    uint64_t state;
};

uint64_t random_below(struct random *random, uint64_t end);
/* True once in so many times. */
bool random_once_in(struct random *random, unsigned times);

/* Keys are the slow part, so that all cases share a few; and most of them one good root, intermediate and
 * client.
 */
struct pool {
    struct cert *holders[POOL];
    struct cert *root, *intermediate, *client;
};

void pool_init(struct pool *pool);
void pool_clear(struct pool *pool);

struct subject {
    char name[64];
    const struct cert *root, *intermediate, *client;
    struct buffer crls[CRLS_MAX]; /* DER */
    size_t crl_count;
    bool sends_intermediate; /* the client does; it is not in the bundle, and its CRL is pending */
    bool is_legacy;          /* crl_profile */
};

/* With the pool's certificates. */
void subject_init(struct subject *subject, const struct pool *pool);
/* Frees its CRLs alone. */
void subject_clear(struct subject *subject);
void subject_add_crl(struct subject *subject, const struct crl_factory_options *options,
                     const struct cert *issuer);
/* Print it, and have it judged. */
void subject_write(const struct subject *subject);

/* The kinds of cases. */
void write_worlds(const struct pool *pool, unsigned count); /* anything that CAs and operators do */
void write_rules(const struct pool *pool);                  /* one departure from the rules each */
void write_mutants(const struct pool *pool,
                   unsigned count);        /* bytes changed, and signed by the CA all the same */
void write_edits(const struct pool *pool); /* the same, by hand */
void write_damaged(const struct pool *pool, unsigned count); /* bytes changed after it was signed */

#endif
