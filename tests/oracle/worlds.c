#include <stdio.h>

#include "generate.h"
#include "postern/base/attributes.h"

/* A third of the cases have few faults, so that some are admitted. */
struct dice {
    struct random random;
    unsigned calm;
};

static bool once_in(struct dice *dice, unsigned times)
{
    return random_once_in(&dice->random, times * dice->calm);
}

/* Around now: what counts is the second at which it ends. */
static int64_t end_of(struct dice *dice)
{
    return once_in(dice, 12) ? CERTS_NOW - 5 + (int64_t)random_below(&dice->random, 8)
                             : CERTS_NOW + CERTS_YEAR;
}

static struct cert *make_root(struct dice *dice, const struct cert *key)
{
    const struct cert_options options = {.cn = "O Root",
                                         .is_ca = true,
                                         .not_after = end_of(dice),
                                         .path_length = once_in(dice, 20),
                                         .same_key = key};
    return cert_new(&options, NULL);
}

static const char *any_points(struct dice *dice)
{
    static const char *const points[] = {NULL, "URI:h://a", "URI:h://b", "URI:h://b,URI:h://a"};
    return points[random_below(&dice->random, LENGTH_OF(points))];
}

static struct cert *make_intermediate(struct dice *dice, const struct cert *key, const struct cert *root)
{
    const struct cert_options options = {.cn = "O Intermediate",
                                         .is_ca = !once_in(dice, 20),
                                         .path_length = 1,
                                         .eku = once_in(dice, 15) ? "serverAuth" : "",
                                         .crl_points = any_points(dice),
                                         .not_after = end_of(dice),
                                         .same_key = key};
    return cert_new(&options, root);
}

static struct cert *make_client(struct dice *dice, const struct cert *key, const struct cert *intermediate)
{
    static const char *const purposes[] = {"", "serverAuth", "anyExtendedKeyUsage", "serverAuth,clientAuth"};
    const struct cert_options options = {
        .cn = "client",
        .eku = once_in(dice, 8) ? purposes[random_below(&dice->random, LENGTH_OF(purposes))] : NULL,
        .not_after = end_of(dice),
        .not_before = once_in(dice, 20) ? CERTS_NOW + 5 : 0,
        .crl_points = any_points(dice),
        .key_usage = once_in(dice, 15) ? "keyEncipherment" : NULL,
        .same_key = key};
    return cert_new(&options, intermediate);
}

/* order: 0 for the first CRL of an issuer, higher for what follows it in number and date. */
static void add_crl(struct dice *dice, struct subject *out, const struct cert *issuer,
                    const struct cert *revoked, unsigned order, const struct cert_extension *scope)
{
    static const char *const numbers[] = {"01", "02", "03"};
    struct crl_entry_options entries[3] = {{.serial = "01"}, {.serial = "7FFF", .reason = 2}};
    size_t count = random_below(&dice->random, 3);
    if (once_in(dice, 5))
        entries[count++] = (struct crl_entry_options){.cert = revoked, .reason = once_in(dice, 2) ? 5 : 0};
    const struct crl_factory_options options = {
        .number = numbers[order],
        .this_update = CERTS_NOW - (3 - (int64_t)order) * CERTS_DAY,
        .next_update = once_in(dice, 8) ? CERTS_NOW - 4 + (int64_t)random_below(&dice->random, 8) : 0,
        .entries = entries,
        .entry_count = count,
        .extensions = scope,
        .extension_count = scope != NULL,
        .digest = random_once_in(&dice->random, 3) ? "SHA384" : NULL};
    subject_add_crl(out, &options, issuer);
}

/* None, one, or several: a later one, and parts with scopes. */
static void add_crls(struct dice *dice, struct subject *out, const struct cert *issuer,
                     const struct cert *revoked)
{
    static const struct cert_extension scopes[] = {{"2.5.29.28", true, "30038101FF"},
                                                   {"2.5.29.28", true, "30038201FF"},
                                                   {"2.5.29.28", true, "300BA009A0078605683A2F2F61"},
                                                   {"2.5.29.28", true, "300BA009A0078605683A2F2F62"}};
    if (once_in(dice, 10))
        return;
    const struct cert_extension *scope = once_in(dice, 4) ? &scopes[random_below(&dice->random, 4)] : NULL;
    add_crl(dice, out, issuer, revoked, 0, scope);
    if (once_in(dice, 4))
        add_crl(dice, out, issuer, revoked, 1, scope);
}

static void write_world(const struct pool *pool, unsigned number)
{
    struct dice dice = {{UINT64_C(0x9e3779b97f4a7c15) * (number + 1)}, number % 4 + 1};
    struct subject subject = {.crl_count = 0};
    struct cert *root = make_root(&dice, pool->holders[number % POOL]);
    struct cert *intermediate = make_intermediate(&dice, pool->holders[(number + 1) % POOL], root);
    struct cert *client = make_client(&dice, pool->holders[(number + 2) % POOL], intermediate);
    snprintf(subject.name, sizeof(subject.name), "world-%u", number);
    subject.root = root;
    subject.intermediate = intermediate;
    subject.client = client;
    subject.sends_intermediate = random_once_in(&dice.random, 3);
    add_crls(&dice, &subject, root, intermediate);
    add_crls(&dice, &subject, intermediate, client);
    subject_write(&subject);
    subject_clear(&subject);
    cert_free(client);
    cert_free(intermediate);
    cert_free(root);
}

void write_worlds(const struct pool *pool, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        write_world(pool, i);
}
