/* Our verdict beside stock OpenSSL's, with the full CRLs in its store, on generated clients. They must agree;
 * where a CRL was damaged, we may only be the stricter. Departures by intent have their own tests
 * (test_crl.c, test_revocation.c): here the anchor is not judged by CRLs, and strengths are those that both
 * accept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "world.h"

#define CASES 300u

struct random {
    uint64_t state;
    unsigned calm; /* how much rarer than usual faults are */
};

/* True once in so many times. */
static bool once_in(struct random *random, unsigned times)
{
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (random->state >> 33) % (times * random->calm) == 0;
}

/* One client with its CAs and their CRLs. */
struct subject {
    struct cert *root, *intermediate, *client;
    struct buffer crls[4]; /* DER */
    size_t crl_count;
    bool is_damaged;
    bool sends_intermediate; /* it is not in the bundle, and its CRL is pending */
};

static int64_t end_of(struct random *random)
{
    return once_in(random, 12) ? CERTS_NOW - 5 : once_in(random, 12) ? CERTS_NOW : CERTS_NOW + CERTS_YEAR;
}

static void make_certificates(struct random *random, struct subject *out)
{
    static const char *const purposes[] = {"clientAuth", "", "serverAuth", "anyExtendedKeyUsage",
                                           "serverAuth,clientAuth"};
    const char *eku = once_in(random, 6) ? purposes[(random->state >> 40) % LENGTH_OF(purposes)]
                                         : "clientAuth";
    out->root = cert_new(
        &(struct cert_options){
            .cn = "D Root", .is_ca = true, .not_after = end_of(random), .path_length = once_in(random, 20)},
        NULL);
    out->intermediate = cert_new(&(struct cert_options){.cn = "D Intermediate",
                                                        .is_ca = !once_in(random, 20),
                                                        .path_length = 1,
                                                        .eku = once_in(random, 15) ? "serverAuth" : "",
                                                        .not_after = end_of(random)},
                                 out->root);
    out->client = cert_new(
        &(struct cert_options){.cn = "client",
                               .eku = eku,
                               .not_after = end_of(random),
                               .not_before = once_in(random, 20) ? CERTS_NOW + 5 : 0,
                               .crl_points = (random->state >> 50) % 2 ? "URI:h://a" : NULL,
                               .key_usage = once_in(random, 15) ? "keyEncipherment" : NULL},
        out->intermediate);
    out->sends_intermediate = (random->state >> 50) % 3 == 0;
}

static void add_crl(struct random *random, struct subject *out, const struct cert *issuer,
                    const struct cert *revoked, const char *number)
{
    static const struct cert_extension scopes[] = {{"2.5.29.28", true, "30038101FF"},
                                                   {"2.5.29.28", true, "30038201FF"},
                                                   {"2.5.29.28", true, "300BA009A0078605683A2F2F61"},
                                                   {"2.5.29.28", true, "300BA009A0078605683A2F2F62"}};
    struct crl_entry_options entries[3] = {{.serial = "01"}, {.serial = "7FFF", .reason = 2}};
    size_t count = 2;
    if (once_in(random, 4))
        entries[count++] = (struct crl_entry_options){.cert = revoked, .reason = once_in(random, 2) ? 5 : 0};
    bool is_scoped = once_in(random, 4);
    const struct crl_factory_options options = {
        .number = number,
        .this_update = CERTS_NOW - (number[1] == '2' ? 1 : 2) * CERTS_DAY,
        .next_update = once_in(random, 8)    ? CERTS_NOW - 5
                       : once_in(random, 12) ? CERTS_NOW
                                             : 0,
        .entries = entries,
        .entry_count = count,
        .extensions = &scopes[(random->state >> 40) % LENGTH_OF(scopes)],
        .extension_count = is_scoped,
        .digest = once_in(random, 3) ? "SHA384" : NULL};
    X509_CRL *crl = crl_new(&options, issuer);
    crl_append_der(&out->crls[out->crl_count++], crl);
    X509_CRL_free(crl);
}

static void make_crls(struct random *random, struct subject *out)
{
    if (!once_in(random, 10))
        add_crl(random, out, out->root, out->intermediate, "01");
    if (!once_in(random, 10))
        add_crl(random, out, out->intermediate, out->client, "01");
    if (out->crl_count > 0 && once_in(random, 4)) {
        struct buffer *der = &out->crls[(random->state >> 40) % out->crl_count];
        size_t at = (size_t)(random->state >> 36) % buffer_length(der);
        der->data[der->begin + at] ^= (char)(1u << (random->state >> 60 & 7u));
        out->is_damaged = true;
    }
}

static void subject_clear(struct subject *subject)
{
    cert_free(subject->client);
    cert_free(subject->intermediate);
    cert_free(subject->root);
    for (size_t i = 0; i < subject->crl_count; i++)
        buffer_clear(&subject->crls[i]);
}

static enum trust_reason ask_ours_of(const struct subject *subject, const struct trust_bundle *bundle,
                                     struct crl_set *set)
{
    const struct trust_policy policy = {.max_depth = 4, .check_revocation = true};
    const struct cert *sent[] = {subject->intermediate};
    struct err err = {0};
    struct judge judge = {0};
    judge.memory = malloc(crl_set_size(set));
    crl_set_write(set, judge.memory);
    judge.index = crl_index_open(judge.memory, crl_set_size(set), &err);
    judge.trust = trust_new(&policy, bundle, judge.index, &err);
    assert_non_null(judge.trust);
    enum trust_reason reason = judge_ask(&judge, subject->client, sent, subject->sends_intermediate,
                                         CERTS_NOW, NULL, NULL);
    judge_clear(&judge);
    return reason;
}

/* TRUST_INTERNAL stands for: the loader refuses, nothing changes, nobody is admitted by this. */
static enum trust_reason ask_ours(const struct subject *subject)
{
    const struct cert *cas[] = {subject->root, subject->intermediate};
    const struct crl_options options = {.profile = CRL_STRICT, .now_s = CERTS_NOW};
    struct trust_bundle *bundle = trust_bundle_new();
    struct buffer pem = certs_pem(cas, subject->sends_intermediate ? 1 : 2);
    struct crl_set *set = crl_set_new();
    struct err err = {0};
    bool is_loaded = trust_bundle_add(bundle, buffer_view(&pem), TRUST_PEM, "b", &err) == 0;
    for (size_t i = 0; is_loaded && i < subject->crl_count; i++)
        is_loaded = crl_set_add(set, buffer_view(&subject->crls[i]), TRUST_DER, bundle, &options, "c",
                                &err) == 0;
    enum trust_reason reason = is_loaded ? ask_ours_of(subject, bundle, set) : TRUST_INTERNAL;
    crl_set_free(set);
    buffer_clear(&pem);
    trust_bundle_free(bundle);
    return reason;
}

/* All that stock OpenSSL finds wrong, since it looks in another order than we do. */
struct findings {
    bool is_found[128]; /* by X509_V_ERR_* */
    bool is_any;
};

/* The anchor's own CRL errors are none (RFC 5280 §6.1). */
static bool is_of_anchor(X509_STORE_CTX *context, int error)
{
    int last = sk_X509_num(X509_STORE_CTX_get0_chain(context)) - 1;
    bool is_crl = error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_CRL_HAS_EXPIRED ||
                  error == X509_V_ERR_DIFFERENT_CRL_SCOPE || error == X509_V_ERR_CRL_SIGNATURE_FAILURE;
    return is_crl && X509_STORE_CTX_get_error_depth(context) == last;
}

static int note_and_go_on(int good, X509_STORE_CTX *context)
{
    struct findings *findings = X509_STORE_CTX_get_app_data(context);
    int error = X509_STORE_CTX_get_error(context);
    if (!good && !is_of_anchor(context, error)) {
        assert_in_range(error, 1, LENGTH_OF(findings->is_found) - 1);
        findings->is_found[error] = true;
        findings->is_any = true;
    }
    return 1;
}

/* Is our reason one of what stock OpenSSL found? */
static bool is_among(const struct findings *findings, enum trust_reason reason)
{
    static const struct {
        enum trust_reason reason;
        int error;
    } rows[] = {{TRUST_REVOKED, X509_V_ERR_CERT_REVOKED},
                {TRUST_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
                {TRUST_NOT_YET_VALID, X509_V_ERR_CERT_NOT_YET_VALID},
                {TRUST_CRL_EXPIRED, X509_V_ERR_CRL_HAS_EXPIRED},
                {TRUST_CRL_MISSING, X509_V_ERR_UNABLE_TO_GET_CRL},
                {TRUST_CRL_MISSING, X509_V_ERR_DIFFERENT_CRL_SCOPE},
                {TRUST_WRONG_PURPOSE, X509_V_ERR_INVALID_PURPOSE},
                {TRUST_PATH_TOO_LONG, X509_V_ERR_PATH_LENGTH_EXCEEDED},
                {TRUST_UNTRUSTED_CHAIN, X509_V_ERR_INVALID_CA}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        if (rows[i].reason == reason && findings->is_found[rows[i].error])
            return true;
    return false;
}

static X509_STORE *stock_store(const struct subject *subject)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, subject->root->x509);
    if (!subject->sends_intermediate)
        X509_STORE_add_cert(store, subject->intermediate->x509);
    for (size_t i = 0; i < subject->crl_count; i++) {
        const unsigned char *der = (const unsigned char *)buffer_view(&subject->crls[i]).data;
        X509_CRL *crl = d2i_X509_CRL(NULL, &der, (long)buffer_length(&subject->crls[i]));
        if (crl)
            X509_STORE_add_crl(store, crl);
        X509_CRL_free(crl);
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return store;
}

static void ask_stock(const struct subject *subject, struct findings *out)
{
    X509_STORE *store = stock_store(subject);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *untrusted = sk_X509_new_null();
    *out = (struct findings){0};
    sk_X509_push(untrusted, subject->intermediate->x509);
    assert_int_equal(X509_STORE_CTX_init(context, store, subject->client->x509, untrusted), 1);
    X509_STORE_CTX_set_default(context, "ssl_client");
    X509_STORE_CTX_set_time(context, 0, (time_t)CERTS_NOW);
    X509_STORE_CTX_set_verify_cb(context, note_and_go_on);
    X509_STORE_CTX_set_app_data(context, out);
    out->is_any |= X509_verify_cert(context) != 1;
    X509_STORE_CTX_free(context);
    sk_X509_free(untrusted);
    X509_STORE_free(store);
    ERR_clear_error();
}

static void check_case(unsigned number, const struct subject *subject, enum trust_reason ours)
{
    struct findings stock;
    bool is_admitted = ours == TRUST_ADMITTED;
    ask_stock(subject, &stock);
    /* We are never laxer. Where nothing is damaged we are not stricter, and for a reason that stock has too;
     * but what our loader refuses is refused without one. */
    bool is_equal = is_admitted ? !stock.is_any : subject->is_damaged || is_among(&stock, ours);
    if (ours == TRUST_INTERNAL)
        is_equal = subject->is_damaged || stock.is_any;
    if (is_equal)
        return;
    print_message("case %u (%zu CRLs%s%s): ours %s, stock:", number, subject->crl_count,
                  subject->is_damaged ? ", damaged" : "", subject->sends_intermediate ? ", sends its CA" : "",
                  trust_reason_code(ours));
    for (size_t i = 0; i < LENGTH_OF(stock.is_found); i++)
        if (stock.is_found[i])
            print_message(" %zu (%s)", i, X509_verify_cert_error_string((long)i));
    fail_msg("they differ");
}

static void our_verdict_is_that_of_stock_openssl(void **state)
{
    unsigned admitted = 0, revoked = 0, refused = 0;
    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        struct random random = {.state = UINT64_C(0x9e3779b97f4a7c15) * (i + 1), .calm = i % 4 + 1};
        struct subject subject = {0};
        make_certificates(&random, &subject);
        make_crls(&random, &subject);
        enum trust_reason ours = ask_ours(&subject);
        check_case(i, &subject, ours);
        admitted += ours == TRUST_ADMITTED;
        revoked += ours == TRUST_REVOKED;
        refused += ours != TRUST_ADMITTED;
        subject_clear(&subject);
    }
    /* The cases must be worth something. */
    print_message("%u admitted, %u refused, of them %u revoked\n", admitted, refused, revoked);
    assert_true(admitted > CASES / 20 && revoked > CASES / 20 && refused > CASES / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(our_verdict_is_that_of_stock_openssl)};
    return cmocka_run_group_tests_name("differential", tests, NULL, NULL);
}
