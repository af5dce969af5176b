/* A worker's OpenSSL offers less than the whole, and must decide the same. One program for it, since it is
 * for the whole process: certificates are made by a child, with the whole of OpenSSL. */
#include "peers.h"

#include <openssl/provider.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/tls/init.h"

/* Keys and signatures of clients; CONTRACT "Strength". */
static const struct {
    struct cert_options options;
    enum trust_reason expected;
} clients[] = {
    {{.cn = "P-256"}, TRUST_ADMITTED},
    {{.cn = "P-384", .key = "P-384"}, TRUST_ADMITTED},
    {{.cn = "P-521", .key = "P-521", .digest = "SHA512"}, TRUST_ADMITTED},
    {{.cn = "RSA", .key = "RSA-2048"}, TRUST_ADMITTED},
    {{.cn = "Ed25519", .key = "ED25519"}, TRUST_ADMITTED},
    {{.cn = "Ed448", .key = "ED448"}, TRUST_WEAK_KEY},
    {{.cn = "P-224", .key = "P-224"}, TRUST_WEAK_KEY},
    {{.cn = "secp256k1", .key = "secp256k1"}, TRUST_WEAK_KEY},
    {{.cn = "RSA-1024", .key = "RSA-1024"}, TRUST_WEAK_KEY},
    {{.cn = "SHA-1", .digest = "SHA1"}, TRUST_WEAK_SIGNATURE},
    {{.cn = "SHA-224", .digest = "SHA224"}, TRUST_WEAK_SIGNATURE},
    {{.cn = "SHA3-256", .digest = "SHA3-256"}, TRUST_ADMITTED},
    {{.cn = "SHA3-384", .digest = "SHA3-384"}, TRUST_ADMITTED},
    {{.cn = "SHA3-512", .digest = "SHA3-512"}, TRUST_ADMITTED},
};

/* The CAs whose clients these are, each below one root. */
static const struct cert_options cas[] = {
    {.cn = "EC", .is_ca = true},
    {.cn = "RSA", .is_ca = true, .key = "RSA-2048"},
    {.cn = "RSA-PSS", .is_ca = true, .key = "RSA-2048"},
};

/* What OpenSSL 3.0 signs and verifies with PKCS #1 v1.5 alone, whatever is on offer. */
static bool is_made(const struct cert_options *client, const struct cert_options *ca)
{
    bool has_family = client->digest != NULL && strchr(client->digest, '-') != NULL;
    return !has_family || strcmp(ca->cn, "RSA") == 0;
}

static void write_der(int fd, const struct cert *cert)
{
    unsigned char *der = NULL;
    int length = i2d_X509(cert->x509, &der);
    assert_true(length > 0);
    assert_int_equal(fd_write_all(fd, &length, sizeof(length)), 0);
    assert_int_equal(fd_write_all(fd, der, (size_t)length), 0);
    OPENSSL_free(der);
}

static void make_all(int fd)
{
    struct cert *root = cert_root("Root");
    write_der(fd, root);
    for (size_t i = 0; i < LENGTH_OF(cas); i++) {
        struct cert *ca = cert_new(&cas[i], root);
        write_der(fd, ca);
        for (size_t k = 0; k < LENGTH_OF(clients); k++) {
            struct cert_options options = clients[k].options;
            if (!is_made(&clients[k].options, &cas[i]))
                continue;
            options.pss = i == 2;
            struct cert *client = cert_new(&options, ca);
            write_der(fd, client);
            cert_free(client);
        }
        cert_free(ca);
    }
    cert_free(root);
}

static X509 *read_der(FILE *file)
{
    unsigned char der[8192];
    const unsigned char *at = der;
    int length = 0;
    assert_int_equal(fread(&length, sizeof(length), 1, file), 1);
    assert_in_range(length, 1, sizeof(der));
    assert_int_equal(fread(der, 1, (size_t)length, file), (size_t)length);
    X509 *certificate = d2i_X509(NULL, &at, length);
    assert_non_null(certificate);
    return certificate;
}

static void certificates_of_all_kinds_are_judged_as_by_the_whole(void **state)
{
    int ends[2], status;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        tls_init();
        make_all(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    assert_non_null(file);
    tls_init_narrow();
    assert_int_equal(OSSL_PROVIDER_available(NULL, "default"), 0);
    struct cert root = {.x509 = read_der(file)};
    const struct cert *roots[] = {&root};
    struct judge judge;
    judge_init(&judge, NULL, roots, 1, NULL, 0);
    for (size_t i = 0; i < LENGTH_OF(cas); i++) {
        struct cert ca = {.x509 = read_der(file)};
        const struct cert *sent[] = {&ca};
        for (size_t k = 0; k < LENGTH_OF(clients); k++) {
            if (!is_made(&clients[k].options, &cas[i]))
                continue;
            struct cert client = {.x509 = read_der(file)};
            struct trust_verdict verdict;
            enum trust_reason reason = judge_ask(&judge, &client, sent, 1, CERTS_NOW, NULL, &verdict);
            if (reason != clients[k].expected)
                fail_msg("%s by %s: %s: %s", clients[k].options.cn, cas[i].cn, trust_reason_code(reason),
                         verdict.detail);
            X509_free(client.x509);
        }
        X509_free(ca.x509);
    }
    X509_free(root.x509);
    judge_clear(&judge);
    fclose(file);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static const struct {
    const char *name;
    int version;
    const char *ciphers, *groups;
    bool rsa;
} terms[] = {
    {"TLS 1.3", TLS1_3_VERSION, NULL, NULL, false},
    {"TLS 1.3, RSA", TLS1_3_VERSION, NULL, NULL, true},
    {"TLS 1.3, P-256", TLS1_3_VERSION, NULL, "P-256", false},
    {"TLS 1.3, P-384", TLS1_3_VERSION, NULL, "P-384", false},
    {"TLS 1.3, P-521", TLS1_3_VERSION, NULL, "P-521", false},
    {"TLS 1.3, X448", TLS1_3_VERSION, NULL, "X448", false},
    {"AES-128, ECDSA", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL, false},
    {"AES-256, ECDSA", TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", NULL, false},
    {"ChaCha20, ECDSA", TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL, false},
    {"AES-128, RSA", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", NULL, true},
    {"AES-256, RSA", TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", NULL, true},
    {"ChaCha20, RSA", TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", NULL, true},
};

static void all_that_the_configuration_allows_can_be_negotiated(void **state)
{
    struct cast *cast = *state;
    const struct cert *roots[] = {cast->world.root, cast->world.intermediate};
    struct judge judge;
    judge_init(&judge, NULL, roots, 2, NULL, 0);
    for (size_t i = 0; i < LENGTH_OF(terms); i++) {
        struct err err = {.line = 0};
        const struct cert *certs[] = {terms[i].rsa ? cast->server_rsa : cast->server};
        struct tls_server_options options = {.groups = terms[i].groups};
        struct tls_server *server = server_of(cast, options, certs, 1, judge.trust, &err);
        if (server == NULL)
            fail_msg("%s: %s", terms[i].name, err.text);
        struct peers peers;
        peers_init(&peers, cast, server,
                   &(struct client_options){
                       .version = terms[i].version, .cert = cast->world.client, .ciphers = terms[i].ciphers});
        char groups[16] = ""; /* SSL_set1_groups_list() casts const away */
        if (terms[i].groups != NULL) {
            snprintf(groups, sizeof groups, "%s", terms[i].groups);
            assert_int_equal(SSL_ctrl(peers.client, SSL_CTRL_SET_GROUPS_LIST, 0, groups), 1);
        }
        peers_shake_hands(&peers);
        if (peers.status != STREAM_OK)
            fail_msg("%s: %s", terms[i].name, stream_error(peers.stream));
        assert_int_equal(tls_stream_verdict(peers.stream)->reason, TRUST_ADMITTED);
        peers_clear(&peers);
        tls_server_free(server);
    }
    judge_clear(&judge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_of_all_kinds_are_judged_as_by_the_whole), /* narrows: the first */
        cmocka_unit_test_setup_teardown(all_that_the_configuration_allows_can_be_negotiated, cast_set_up,
                                        cast_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
