#include "fixture.h"

#include <openssl/ocsp.h>

#include "ocsp_cache.h"
#include "ocsp_status.h"
#include "postern/base/memory.h"
#include "postern/pki/audit.h"
#include "postern/pki/ocsp.h"
#include "postern/pki/ocsp_signer.h"
#include "publication.h"

/* A profile with alice (good), bob (revoked, with a reason), carol (on hold), and a responder for it. */
struct desk {
    struct fixture fixture;
    struct publication *publication;
    struct ocsp_responder *responder;
    X509 *issuer;
};

static struct slice signer_of(const struct fixture *fixture, const char *role)
{
    char name[64];
    snprintf(name, sizeof name, "ocsp/%s.pem", role);
    const char *path = fixture_path(fixture, name);
    return slice_text(access(path, R_OK) == 0 ? fixture_read(path) : "");
}

static void renew(struct fixture *fixture, bool expected)
{
    struct err err = {0};
    struct pki_profile *profile;
    bool renewed = !expected;
    fixture_must(pki_profile_open(fixture->directory, PKI_WRITE, &fixture->clock, &profile, &err), &err);
    fixture_must(pki_authority_unlock(&profile->intermediate, NULL, &err), &err);
    fixture_must(pki_authority_need_database(&profile->intermediate, &err), &err);
    fixture_must(pki_ocsp_signer_renew(profile, &profile->intermediate, &renewed, &err), &err);
    assert_int_equal(renewed, expected);
    pki_profile_close(profile);
}

static void take_back(struct desk *desk, const char *name, enum pki_reason reason)
{
    struct err err = {0};
    struct pki_revoked revoked;
    struct pki_revoke_options options = {
        .directory = desk->fixture.directory, .name = name, .reason = reason, .clock = &desk->fixture.clock};
    fixture_must(pki_revoke(&options, &revoked, &err), &err);
    pki_revoked_clear(&revoked);
}

static void load(struct desk *desk)
{
    struct err err = {0};
    struct ocsp_authority authorities[PUBLICATION_AUTHORITIES];
    int fd = publication_pack(desk->fixture.directory, true, &err);
    if (fd < 0)
        fail_msg("%s", err.text);
    struct publication *publication = publication_open(fd);
    assert_non_null(publication);
    for (size_t i = 0; i < PUBLICATION_AUTHORITIES; i++)
        authorities[i] = (struct ocsp_authority){publication->authorities[i].certificate,
                                                 publication->authorities[i].statuses,
                                                 signer_of(&desk->fixture, i == 0 ? "root" : "intermediate")};
    fixture_must(ocsp_responder_set(desk->responder, authorities, PUBLICATION_AUTHORITIES, &err), &err);
    publication_unref(desk->publication);
    desk->publication = publication;
}

static void begin(struct desk *desk)
{
    struct pki_issued issued;
    *desk = (struct desk){.responder = ocsp_responder_new()};
    fixture_init(&desk->fixture, NULL);
    static const char *const names[] = {"alice", "bob", "carol"};
    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        fixture_client(&desk->fixture, names[i], &issued);
        pki_issued_clear(&issued);
    }
    take_back(desk, "bob", PKI_REASON_KEY_COMPROMISE);
    take_back(desk, "carol", PKI_REASON_CERTIFICATE_HOLD);
    renew(&desk->fixture, true);
    desk->issuer = fixture_certificate(fixture_path(&desk->fixture, "intermediate/ca.pem"));
    load(desk);
}

static void finish(struct desk *desk)
{
    ocsp_responder_free(desk->responder);
    publication_unref(desk->publication);
    X509_free(desk->issuer);
    fixture_end(&desk->fixture);
}

static OCSP_CERTID *id_of(struct desk *desk, const char *name, const EVP_MD *digest)
{
    char path[64];
    snprintf(path, sizeof path, "client/%s/cert.pem", name);
    X509 *certificate = fixture_certificate(fixture_path(&desk->fixture, path));
    OCSP_CERTID *id = OCSP_cert_id_new(digest, X509_get_subject_name(desk->issuer),
                                       X509_get0_pubkey_bitstr(desk->issuer),
                                       X509_get0_serialNumber(certificate));
    X509_free(certificate);
    return id;
}

static OCSP_REQUEST *ask_for(struct desk *desk, const char *name)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    assert_non_null(OCSP_request_add0_id(request, id_of(desk, name, EVP_sha1())));
    return request;
}

/* Frees the request. */
static OCSP_RESPONSE *answer(struct desk *desk, OCSP_REQUEST *request, struct ocsp_answer *out)
{
    unsigned char *der = NULL;
    int length = i2d_OCSP_REQUEST(request, &der);
    assert_true(length > 0);
    ocsp_responder_answer(desk->responder, slice_of((const char *)der, (size_t)length), desk->fixture.now_s,
                          out);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    const unsigned char *bytes = (const unsigned char *)out->der.data;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &bytes, (long)out->der.length);
    assert_non_null(response);
    return response;
}

/* Verified as a client does: the signer must be delegated by the issuer. */
static OCSP_BASICRESP *verified(struct desk *desk, OCSP_RESPONSE *response)
{
    assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_SUCCESSFUL);
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    X509_STORE *store = X509_STORE_new();
    fixture_load(store, fixture_path(&desk->fixture, "root/ca.pem"));
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)desk->fixture.now_s);
    STACK_OF(X509) *others = sk_X509_new_null();
    sk_X509_push(others, desk->issuer);
    assert_int_equal(OCSP_basic_verify(basic, others, store, 0), 1);
    sk_X509_free(others);
    X509_STORE_free(store);
    return basic;
}

static void expect(struct desk *desk, const char *name, const EVP_MD *digest, int expected,
                   int expected_reason)
{
    struct ocsp_answer out;
    ASN1_GENERALIZEDTIME *revoked, *this_update, *next_update;
    int status, reason;
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = id_of(desk, name, digest);
    assert_non_null(OCSP_request_add0_id(request, OCSP_CERTID_dup(id)));
    OCSP_RESPONSE *response = answer(desk, request, &out);
    OCSP_BASICRESP *basic = verified(desk, response);
    assert_int_equal(OCSP_resp_find_status(basic, id, &status, &reason, &revoked, &this_update, &next_update),
                     1);
    assert_int_equal(status, expected);
    if (expected == V_OCSP_CERTSTATUS_REVOKED) {
        assert_int_equal(reason, expected_reason);
        assert_int_equal(ASN1_TIME_cmp_time_t(revoked, (time_t)FIXTURE_NOW), 0);
    }
    assert_int_equal(ASN1_TIME_cmp_time_t(this_update, (time_t)desk->fixture.now_s), 0);
    assert_int_equal(ASN1_TIME_cmp_time_t(next_update, (time_t)(desk->fixture.now_s + PKI_OCSP_LIFE_S)), 0);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
}

static void each_status_is_told_under_each_digest(void **state)
{
    (void)state;
    struct desk desk;
    begin(&desk);
    const EVP_MD *const digests[] = {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
    for (size_t i = 0; i < LENGTH_OF(digests); i++) {
        expect(&desk, "alice", digests[i], V_OCSP_CERTSTATUS_GOOD, 0);
        expect(&desk, "bob", digests[i], V_OCSP_CERTSTATUS_REVOKED, PKI_REASON_KEY_COMPROMISE);
        expect(&desk, "carol", digests[i], V_OCSP_CERTSTATUS_REVOKED, PKI_REASON_CERTIFICATE_HOLD);
    }
    finish(&desk);
}

static void a_revocation_is_told_once_it_is_published(void **state)
{
    (void)state;
    struct desk desk;
    begin(&desk);
    expect(&desk, "alice", EVP_sha1(), V_OCSP_CERTSTATUS_GOOD, 0);
    take_back(&desk, "alice", PKI_REASON_UNSPECIFIED);
    load(&desk);
    expect(&desk, "alice", EVP_sha1(), V_OCSP_CERTSTATUS_REVOKED, OCSP_REVOKED_STATUS_NOSTATUS);
    finish(&desk);
}

static void an_unknown_serial_is_unknown_and_never_good(void **state)
{
    (void)state;
    struct desk desk;
    struct ocsp_answer out;
    static const unsigned char serials[][21] = {{1}, {0x7f, 0xff}, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
    begin(&desk);
    for (size_t i = 0; i < 2 * LENGTH_OF(serials); i++) {
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        ASN1_STRING_set(serial, serials[i / 2], i / 2 == 0 ? 21 : 9);
        if (i % 2 == 1)
            serial->type = V_ASN1_NEG_INTEGER;
        OCSP_CERTID *id = OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(desk.issuer),
                                           X509_get0_pubkey_bitstr(desk.issuer), serial);
        OCSP_REQUEST *request = OCSP_REQUEST_new();
        assert_non_null(OCSP_request_add0_id(request, id));
        OCSP_RESPONSE *response = answer(&desk, request, &out);
        OCSP_BASICRESP *basic = verified(&desk, response);
        int status = OCSP_single_get0_status(OCSP_resp_get0(basic, 0), NULL, NULL, NULL, NULL);
        assert_int_equal(status, V_OCSP_CERTSTATUS_UNKNOWN);
        OCSP_BASICRESP_free(basic);
        OCSP_RESPONSE_free(response);
        ASN1_INTEGER_free(serial);
    }
    finish(&desk);
}

static void an_answer_is_signed_once_and_kept_for_half_its_life(void **state)
{
    (void)state;
    struct desk desk;
    struct ocsp_answer out;
    char first[4096];
    begin(&desk);
    OCSP_RESPONSE_free(answer(&desk, ask_for(&desk, "alice"), &out));
    assert_true(out.may_be_cached);
    size_t length = out.der.length;
    memcpy(first, out.der.data, length);
    desk.fixture.now_s += PKI_OCSP_LIFE_S / 2;
    OCSP_RESPONSE_free(answer(&desk, ask_for(&desk, "alice"), &out));
    assert_true(slice_equal(out.der, slice_of(first, length)));
    desk.fixture.now_s++;
    OCSP_RESPONSE_free(answer(&desk, ask_for(&desk, "alice"), &out));
    assert_false(slice_equal(out.der, slice_of(first, length)));
    assert_true(out.this_update_s == desk.fixture.now_s);
    finish(&desk);
}

static void a_nonce_comes_back_and_is_never_cached(void **state)
{
    (void)state;
    struct desk desk;
    struct ocsp_answer out;
    static const struct {
        int length;
        int expected;
    } rows[] = {
        {1, OCSP_RESPONSE_STATUS_SUCCESSFUL},
        {32, OCSP_RESPONSE_STATUS_SUCCESSFUL},
        {33, OCSP_RESPONSE_STATUS_MALFORMEDREQUEST}, /* RFC 8954 §2.1 */
    };
    begin(&desk);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        unsigned char nonce[64];
        memset(nonce, (int)i + 1, sizeof nonce);
        OCSP_REQUEST *request = ask_for(&desk, "alice"), *copy;
        assert_int_equal(OCSP_request_add1_nonce(request, nonce, rows[i].length), 1);
        copy = OCSP_REQUEST_new();
        OCSP_request_add1_nonce(copy, nonce, rows[i].length);
        OCSP_RESPONSE *response = answer(&desk, request, &out);
        assert_int_equal(OCSP_response_status(response), rows[i].expected);
        assert_false(out.may_be_cached);
        if (rows[i].expected == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
            OCSP_BASICRESP *basic = verified(&desk, response);
            assert_int_equal(OCSP_check_nonce(copy, basic), 1);
            OCSP_BASICRESP_free(basic);
        }
        OCSP_REQUEST_free(copy);
        OCSP_RESPONSE_free(response);
    }
    finish(&desk);
}

static void expect_error(struct desk *desk, OCSP_REQUEST *request, int expected)
{
    struct ocsp_answer out;
    OCSP_RESPONSE *response = answer(desk, request, &out);
    assert_int_equal(OCSP_response_status(response), expected);
    assert_false(out.may_be_cached);
    OCSP_RESPONSE_free(response);
}

static void what_cannot_be_answered_has_an_error(void **state)
{
    (void)state;
    struct desk desk;
    begin(&desk);
    expect_error(&desk, OCSP_REQUEST_new(), OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);

    OCSP_REQUEST *many = ask_for(&desk, "alice");
    for (int i = 0; i < 16; i++)
        OCSP_request_add0_id(many, id_of(&desk, "bob", EVP_sha1()));
    expect_error(&desk, many, OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);

    OCSP_REQUEST *critical = ask_for(&desk, "alice");
    ASN1_OBJECT *object = OBJ_txt2obj("1.2.3.4", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
    OCSP_REQUEST_add_ext(critical, extension, -1);
    X509_EXTENSION_free(extension);
    OCSP_REQUEST *copy = critical;
    expect_error(&desk, copy, OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
    ASN1_OBJECT_free(object);
    ASN1_OCTET_STRING_free(value);

    /* The Root has no signer here: its key may be away. */
    X509 *root = fixture_certificate(fixture_path(&desk.fixture, "root/ca.pem"));
    OCSP_REQUEST *of_root = OCSP_REQUEST_new();
    OCSP_request_add0_id(of_root, OCSP_cert_to_id(EVP_sha1(), desk.issuer, root));
    expect_error(&desk, of_root, OCSP_RESPONSE_STATUS_TRYLATER);

    /* Somebody else's authority. */
    OCSP_REQUEST *foreign = OCSP_REQUEST_new();
    OCSP_request_add0_id(foreign, OCSP_cert_to_id(EVP_md5(), desk.issuer, desk.issuer));
    expect_error(&desk, foreign, OCSP_RESPONSE_STATUS_UNAUTHORIZED);
    X509_free(root);

    /* A signer that has ended signs nothing. */
    desk.fixture.now_s += (PKI_OCSP_SIGNER_DAYS + 1) * FIXTURE_DAY;
    expect_error(&desk, ask_for(&desk, "alice"), OCSP_RESPONSE_STATUS_TRYLATER);
    finish(&desk);
}

static void bytes_behind_a_request_are_refused(void **state)
{
    (void)state;
    struct desk desk;
    struct ocsp_answer out;
    unsigned char *der = NULL;
    begin(&desk);
    OCSP_REQUEST *request = ask_for(&desk, "alice");
    int length = i2d_OCSP_REQUEST(request, &der);
    char *longer = xcalloc(1, (size_t)length + 1);
    memcpy(longer, der, (size_t)length);
    for (int cut = 0; cut <= length + 1; cut++) {
        ocsp_responder_answer(desk.responder, slice_of(longer, (size_t)cut), desk.fixture.now_s, &out);
        const unsigned char *bytes = (const unsigned char *)out.der.data;
        OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &bytes, (long)out.der.length);
        assert_non_null(response);
        assert_int_equal(OCSP_response_status(response), cut == length
                                                             ? OCSP_RESPONSE_STATUS_SUCCESSFUL
                                                             : OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
        OCSP_RESPONSE_free(response);
    }
    free(longer);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    finish(&desk);
}

static void a_signer_is_renewed_in_its_last_third_and_for_nothing_but_ocsp(void **state)
{
    (void)state;
    struct desk desk;
    struct pki_ocsp_signer signer;
    struct err err = {0};
    begin(&desk);
    renew(&desk.fixture, false);
    fixture_must(
        pki_ocsp_signer_parse(signer_of(&desk.fixture, "intermediate"), desk.issuer, "it", &signer, &err),
        &err);
    assert_int_equal(X509_get_extended_key_usage(signer.certificate), XKU_OCSP_SIGN);
    assert_true(X509_get_ext_by_NID(signer.certificate, NID_id_pkix_OCSP_noCheck, -1) >= 0);
    assert_int_equal(X509_check_ca(signer.certificate), 0);
    pki_ocsp_signer_clear(&signer);
    desk.fixture.now_s += 21 * FIXTURE_DAY;
    renew(&desk.fixture, true);
    renew(&desk.fixture, false);

    /* A client's certificate with its key is no signer, whoever puts it there. */
    char both[16384];
    snprintf(both, sizeof both, "%.8000s", fixture_read(fixture_path(&desk.fixture, "client/alice/key.pem")));
    size_t used = strlen(both);
    snprintf(both + used, sizeof both - used, "%.8000s",
             fixture_read(fixture_path(&desk.fixture, "client/alice/cert.pem")));
    assert_int_equal(pki_ocsp_signer_parse(slice_text(both), desk.issuer, "it", &signer, &err), -1);
    assert_non_null(strstr(err.text, "not for signing OCSP"));
    pki_ocsp_signer_clear(&signer);
    finish(&desk);
}

static void a_serial_that_stands_twice_is_revoked_if_one_is(void **state)
{
    (void)state;
    struct err err = {0};
    struct pki_database database = {0};
    unsigned char serial[PKI_SERIAL_BYTES_MAX];
    static const char text[] = "V\t301231000000Z\t\t0A\tunknown\t/CN=a\n"
                               "R\t301231000000Z\t260301120000Z,superseded\t0A\tunknown\t/CN=b\n"
                               "V\t301231000000Z\t\t0A\tunknown\t/CN=c\n"
                               "V\t301231000000Z\t\t0B\tunknown\t/CN=d\n";
    fixture_must(pki_database_parse(&database, slice_text(text), "index.txt", &err), &err);
    struct ocsp_status *list = ocsp_status_list(&database);
    struct slice bytes = slice_of((const char *)list, database.count * sizeof *list);
    assert_true(ocsp_serial((const unsigned char *)"\x00\x0a", 2, serial));
    assert_int_equal(ocsp_status_find(bytes, serial)->is_revoked, 1);
    assert_true(ocsp_serial((const unsigned char *)"\x0b", 1, serial));
    assert_int_equal(ocsp_status_find(bytes, serial)->is_revoked, 0);
    assert_true(ocsp_serial((const unsigned char *)"\x0c", 1, serial));
    assert_null(ocsp_status_find(bytes, serial));
    free(list);
    pki_database_clear(&database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_is_told_under_each_digest),
        cmocka_unit_test(a_revocation_is_told_once_it_is_published),
        cmocka_unit_test(an_unknown_serial_is_unknown_and_never_good),
        cmocka_unit_test(an_answer_is_signed_once_and_kept_for_half_its_life),
        cmocka_unit_test(a_nonce_comes_back_and_is_never_cached),
        cmocka_unit_test(what_cannot_be_answered_has_an_error),
        cmocka_unit_test(bytes_behind_a_request_are_refused),
        cmocka_unit_test(a_signer_is_renewed_in_its_last_third_and_for_nothing_but_ocsp),
        cmocka_unit_test(a_serial_that_stands_twice_is_revoked_if_one_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
