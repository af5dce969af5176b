#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <string.h>

#include "postern/trust/reason.h"
#include "world.h"

static void every_row_is_filled_and_its_code_is_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < TRUST_REASON_COUNT; i++) {
        enum trust_reason reason = (enum trust_reason)i, found;
        const char *code = trust_reason_code(reason);
        assert_true(trust_reason_parse(slice_text(code), &found));
        assert_int_equal(found, reason);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz_"), strlen(code));
        assert_true(strlen(trust_reason_text(reason)) > 4);
        assert_true(strlen(trust_reason_advice(reason)) > 4);
        assert_in_range(trust_reason_http_status(reason), 200, 500);
        assert_int_equal(trust_reason_alert(reason) == 0, reason == TRUST_ADMITTED);
    }
    enum trust_reason found;
    assert_false(trust_reason_parse(SLICE_LITERAL("crl_missin"), &found));
    assert_false(trust_reason_parse(SLICE_LITERAL(""), &found));
}

/* CONTRACT.md, "Refused with alert". */
static void alerts_are_those_of_the_contract(void **state)
{
    static const struct {
        enum trust_reason reason;
        int alert;
    } rows[] = {{TRUST_REVOKED, 44},         {TRUST_EXPIRED, 45},       {TRUST_NOT_YET_VALID, 42},
                {TRUST_UNTRUSTED_CHAIN, 48}, {TRUST_WRONG_PURPOSE, 43}, {TRUST_NO_CERTIFICATE, 116},
                {TRUST_CRL_MISSING, 46},     {TRUST_CRL_EXPIRED, 46}};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        assert_int_equal(trust_reason_alert(rows[i].reason), rows[i].alert);
}

/* Two ends of TLS in memory; the server's callback refuses with the X.509 error of a reason. */
struct handshake {
    enum trust_reason reason; /* to refuse with */
    int alert;                /* that the client got */
};

static int refuse(X509_STORE_CTX *context, void *argument)
{
    const struct handshake *handshake = argument;
    X509_STORE_CTX_set_error(context, trust_reason_x509_error(handshake->reason));
    return 0;
}

static void note_alert(const SSL *ssl, int where, int value)
{
    struct handshake *handshake = SSL_get_app_data(ssl);
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
        handshake->alert = value & 0xff;
}

static SSL *end_of(SSL_CTX *context, BIO *bio, bool is_server, struct handshake *handshake)
{
    SSL *ssl = SSL_new(context);
    assert_non_null(ssl);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, handshake);
    if (is_server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

static SSL_CTX *context_of(const SSL_METHOD *method, const struct cert *cert, int version)
{
    SSL_CTX *context = SSL_CTX_new(method);
    assert_non_null(context);
    assert_true(SSL_CTX_set_min_proto_version(context, version));
    assert_true(SSL_CTX_set_max_proto_version(context, version));
    if (cert) {
        assert_int_equal(SSL_CTX_use_certificate(context, cert->x509), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(context, cert->key), 1);
    }
    return context;
}

static int alert_of(const struct cert *cert, enum trust_reason reason, int version)
{
    struct handshake handshake = {.reason = reason};
    bool has_certificate = reason != TRUST_NO_CERTIFICATE;
    SSL_CTX *server = context_of(TLS_server_method(), cert, version);
    SSL_CTX *client = context_of(TLS_client_method(), has_certificate ? cert : NULL, version);
    BIO *left, *right;
    char byte;
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(server, refuse, &handshake);
    SSL_CTX_set_info_callback(client, note_alert);
    assert_true(BIO_new_bio_pair(&left, 0, &right, 0));
    SSL *near = end_of(server, left, true, &handshake), *far = end_of(client, right, false, &handshake);
    for (int i = 0; i < 8; i++) {
        SSL_do_handshake(far);
        SSL_do_handshake(near);
    }
    SSL_read(far, &byte, 1);
    SSL_free(near);
    SSL_free(far);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    return handshake.alert;
}

/* OpenSSL chooses the alert by the error that we set: for each reason it must be the one in our table. */
static void openssl_sends_the_alert_of_the_table(void **state)
{
    struct cert *cert = cert_new(&(struct cert_options){.cn = "either", .eku = ""}, NULL);
    (void)state;
    for (int i = 1; i < TRUST_REASON_COUNT; i++) {
        enum trust_reason reason = (enum trust_reason)i;
        int expected = trust_reason_alert(reason);
        assert_int_equal(alert_of(cert, reason, TLS1_3_VERSION), expected);
        /* certificate_required came with 1.3. */
        assert_int_equal(alert_of(cert, reason, TLS1_2_VERSION),
                         reason == TRUST_NO_CERTIFICATE ? SSL_AD_HANDSHAKE_FAILURE : expected);
    }
    cert_free(cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_filled_and_its_code_is_its_own),
        cmocka_unit_test(alerts_are_those_of_the_contract),
        cmocka_unit_test(openssl_sends_the_alert_of_the_table),
    };
    return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
