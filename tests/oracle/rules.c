#include <openssl/x509.h>
#include <stdio.h>

#include "generate.h"

#define EXTENSIONS(rows) .extensions = rows, .extension_count = sizeof(rows) / sizeof((rows)[0])
#define ENTRIES(rows)    .entries = rows, .entry_count = sizeof(rows) / sizeof((rows)[0])

static const struct cert_extension scope_broken[] = {{"2.5.29.28", true, "30058101FF"}};
static const struct cert_extension scope_not_der[] = {{"2.5.29.28", true, "FFFF"}};
static const struct cert_extension scope_order[] = {{"2.5.29.28", true, "30068201008101FF"}};
static const struct cert_extension scope_empty[] = {{"2.5.29.28", true, "3000"}};
static const struct cert_extension scope_both[] = {{"2.5.29.28", true, "30068101FF8201FF"}};
static const struct cert_extension scope_reasons[] = {{"2.5.29.28", true, "300483020640"}};
static const struct cert_extension scope_indirect[] = {{"2.5.29.28", true, "30038401FF"}};
static const struct cert_extension scope_attribute[] = {{"2.5.29.28", true, "30038501FF"}};
static const struct cert_extension scope_user[] = {{"2.5.29.28", true, "30038101FF"}};
static const struct cert_extension scope_ca[] = {{"2.5.29.28", true, "30038201FF"}};
static const struct cert_extension scope_point[] = {{"2.5.29.28", true, "300BA009A0078605683A2F2F61"}};
static const struct cert_extension scope_other_point[] = {{"2.5.29.28", true, "300BA009A0078605683A2F2F62"}};
static const struct cert_extension scope_relative[] = {{"2.5.29.28", true, "3009A007A1053003060141"}};
static const struct cert_extension delta[] = {{"2.5.29.27", true, "020101"}};
static const struct cert_extension delta_plain[] = {{"2.5.29.27", false, "020101"}};
static const struct cert_extension unknown_critical[] = {{"1.2.3.4", true, "0500"}};
static const struct cert_extension unknown_twice[] = {{"1.2.3.4", false, "0500"}, {"1.2.3.4", false, "0500"}};
static const struct cert_extension number_twice[] = {{"2.5.29.20", false, "020102"}};
static const struct cert_extension number_broken[] = {{"2.5.29.20", false, "0C0141"}};
static const struct cert_extension number_negative[] = {{"2.5.29.20", false, "0201FF"}};
static const struct cert_extension number_long[] = {
    {"2.5.29.20", false, "021501FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}};
static const struct cert_extension key_id_broken[] = {{"2.5.29.35", false, "30028005"}};
static const struct cert_extension freshest[] = {{"2.5.29.46", true, "3000"}};

static const struct cert_extension entry_critical[] = {{"1.2.3.4", true, "0500"}};
static const struct cert_extension entry_issuer[] = {{"2.5.29.29", true, "3000"}};
static const struct cert_extension entry_reason_text[] = {{"2.5.29.21", false, "0C0141"}};
static const struct cert_extension entry_reason_7[] = {{"2.5.29.21", false, "0A0107"}};
static const struct cert_extension entry_reasons[] = {{"2.5.29.21", false, "0A0101"},
                                                      {"2.5.29.21", false, "0A0102"}};

static const struct crl_entry_options with_critical[] = {{.serial = "0A", EXTENSIONS(entry_critical)}};
static const struct crl_entry_options with_issuer[] = {{.serial = "0A", EXTENSIONS(entry_issuer)}};
static const struct crl_entry_options with_reason_text[] = {{.serial = "0A", EXTENSIONS(entry_reason_text)}};
static const struct crl_entry_options with_reason_7[] = {{.serial = "0A", EXTENSIONS(entry_reason_7)}};
static const struct crl_entry_options with_reasons[] = {{.serial = "0A", EXTENSIONS(entry_reasons)}};
static const struct crl_entry_options with_removal[] = {{.serial = "0A", .reason = 9}};
static const struct crl_entry_options with_negative[] = {{.serial = "-0A"}};
static const struct crl_entry_options with_long[] = {
    {.serial = "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}};
static const struct crl_entry_options with_same_twice[] = {{.serial = "0A"}, {.serial = "0A", .reason = 2}};

/* The intermediate's CRL has one thing that is out of the ordinary; the client is not on it. */
static const struct {
    const char *name;
    struct crl_factory_options options;
} rows[] = {
    {"plain", {.number = NULL}},
    {"no-next-update", {.no_next_update = true}},
    {"no-number", {.number = ""}},
    {"no-key-id", {.no_key_id = true}},
    {"version-1", {.version_1 = true}},
    {"next-before-this", {.this_update = CERTS_NOW - 60, .next_update = CERTS_NOW - 120}},
    {"future", {.this_update = CERTS_NOW + CERTS_DAY}},
    {"expired", {.next_update = CERTS_NOW - 1}},
    {"ends-now", {.next_update = CERTS_NOW}},
    {"sha1", {.digest = "SHA1"}},
    {"sha224", {.digest = "SHA224"}},
    {"scope-broken", {EXTENSIONS(scope_broken)}},
    {"scope-not-der", {EXTENSIONS(scope_not_der)}},
    {"scope-order", {EXTENSIONS(scope_order)}},
    {"scope-empty", {EXTENSIONS(scope_empty)}},
    {"scope-both", {EXTENSIONS(scope_both)}},
    {"scope-reasons", {EXTENSIONS(scope_reasons)}},
    {"scope-indirect", {EXTENSIONS(scope_indirect)}},
    {"scope-attribute", {EXTENSIONS(scope_attribute)}},
    {"scope-user", {EXTENSIONS(scope_user)}},
    {"scope-ca", {EXTENSIONS(scope_ca)}},
    {"scope-point", {EXTENSIONS(scope_point)}},
    {"scope-other-point", {EXTENSIONS(scope_other_point)}},
    {"scope-relative", {EXTENSIONS(scope_relative)}},
    {"delta", {EXTENSIONS(delta)}},
    {"delta-not-critical", {EXTENSIONS(delta_plain)}},
    {"unknown-critical", {EXTENSIONS(unknown_critical)}},
    {"unknown-twice", {EXTENSIONS(unknown_twice)}},
    {"number-twice", {EXTENSIONS(number_twice)}},
    {"number-broken", {.number = "", EXTENSIONS(number_broken)}},
    {"number-negative", {.number = "", EXTENSIONS(number_negative)}},
    {"number-long", {.number = "", EXTENSIONS(number_long)}},
    {"key-id-broken", {.no_key_id = true, EXTENSIONS(key_id_broken)}},
    {"freshest-critical", {EXTENSIONS(freshest)}},
    {"entry-critical", {ENTRIES(with_critical)}},
    {"entry-issuer", {ENTRIES(with_issuer)}},
    {"entry-reason-text", {ENTRIES(with_reason_text)}},
    {"entry-reason-7", {ENTRIES(with_reason_7)}},
    {"entry-reason-twice", {ENTRIES(with_reasons)}},
    {"entry-removed", {ENTRIES(with_removal)}},
    {"entry-negative", {ENTRIES(with_negative)}},
    {"entry-long", {ENTRIES(with_long)}},
    {"entry-twice", {ENTRIES(with_same_twice)}},
};

static void begin(struct subject *subject, const struct pool *pool, const char *name)
{
    *subject = (struct subject){.crl_count = 0};
    snprintf(subject->name, sizeof(subject->name), "rule-%s", name);
    subject_init(subject, pool);
    subject_add_crl(subject, NULL, subject->root);
}

static void finish(struct subject *subject)
{
    subject_write(subject);
    subject_clear(subject);
}

/* Two complete CRLs of one issuer: the client is on the one, or on the other. */
static void write_pair(const struct pool *pool, const char *name, const char *number,
                       const char *revoking_number, int64_t age_s, int64_t revoking_age_s)
{
    struct subject subject;
    begin(&subject, pool, name);
    const struct crl_entry_options entries[] = {{.cert = subject.client}};
    subject_add_crl(&subject,
                    &(struct crl_factory_options){.number = number, .this_update = CERTS_NOW - age_s},
                    subject.intermediate);
    subject_add_crl(&subject,
                    &(struct crl_factory_options){.number = revoking_number,
                                                  .this_update = CERTS_NOW - revoking_age_s,
                                                  ENTRIES(entries)},
                    subject.intermediate);
    finish(&subject);
}

static void write_pairs(const struct pool *pool)
{
    write_pair(pool, "pair-later-revokes", "01", "02", 2 * CERTS_DAY, CERTS_DAY);
    write_pair(pool, "pair-earlier-revoked", "02", "01", CERTS_DAY, 2 * CERTS_DAY);
    write_pair(pool, "pair-number-beats-date", "01", "02", CERTS_DAY, 2 * CERTS_DAY);
    write_pair(pool, "pair-date-beaten-by-number", "02", "01", 2 * CERTS_DAY, CERTS_DAY);
    write_pair(pool, "pair-same-date", "01", "02", CERTS_DAY, CERTS_DAY);
    write_pair(pool, "pair-tie", "01", "01", CERTS_DAY, CERTS_DAY);
}

/* The client is on a CRL whose end has come; the CRL of a CA that may not sign any; of another key. */
static void write_others(const struct pool *pool)
{
    struct subject subject;
    begin(&subject, pool, "revoked-and-expired");
    const struct crl_entry_options entries[] = {{.cert = subject.client}};
    subject_add_crl(&subject, &(struct crl_factory_options){.next_update = CERTS_NOW - 1, ENTRIES(entries)},
                    subject.intermediate);
    finish(&subject);

    begin(&subject, pool, "other-key");
    subject_add_crl(&subject, &(struct crl_factory_options){.signer = pool->holders[7]},
                    subject.intermediate);
    finish(&subject);

    begin(&subject, pool, "anchor-without-crl");
    buffer_clear(&subject.crls[0]);
    subject.crl_count = 0;
    subject_add_crl(&subject, NULL, subject.intermediate);
    subject_add_crl(&subject, &(struct crl_factory_options){EXTENSIONS(scope_ca)}, subject.root);
    finish(&subject);

    begin(&subject, pool, "two-parts");
    subject_add_crl(&subject, &(struct crl_factory_options){EXTENSIONS(scope_other_point)},
                    subject.intermediate);
    subject_add_crl(&subject, &(struct crl_factory_options){EXTENSIONS(scope_point)}, subject.intermediate);
    finish(&subject);
}

static void write_without_crl_sign(const struct pool *pool)
{
    struct subject subject = {.name = "rule-no-crl-sign", .root = pool->root};
    struct cert *intermediate = cert_new(
        &(struct cert_options){
            .cn = "O Intermediate", .is_ca = true, .key_usage = "keyCertSign", .same_key = pool->holders[1]},
        pool->root);
    struct cert *client = cert_leaf("client", intermediate);
    subject.intermediate = intermediate;
    subject.client = client;
    subject_add_crl(&subject, NULL, subject.root);
    subject_add_crl(&subject, NULL, subject.intermediate);
    finish(&subject);
    cert_free(client);
    cert_free(intermediate);
}

void write_rules(const struct pool *pool)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int legacy = 0; legacy < 2; legacy++) {
            struct subject subject;
            char name[48];
            snprintf(name, sizeof(name), "%s%s", rows[i].name, legacy ? "-legacy" : "");
            begin(&subject, pool, name);
            subject.is_legacy = legacy;
            subject_add_crl(&subject, &rows[i].options, subject.intermediate);
            finish(&subject);
        }
    write_pairs(pool);
    write_others(pool);
    write_without_crl_sign(pool);
}
