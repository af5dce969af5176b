#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "postern/base/text.h"
#include "postern/trust/deny.h"
#include "world.h"

#define FINGERPRINT "5f0c0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"
#define NOW         CERTS_NOW /* 2026-03-01T12:00:00Z */

/* What a line means, as it is written again; NULL: it is refused. */
static const struct {
    const char *line, *again, *complaint;
} lines[] = {
    {"serial=0A1B2C", "serial=0A1B2C\n", NULL},
    {"serial=0a1b2c", "serial=0A1B2C\n", NULL},
    {"serial=0a:1b:2c", "serial=0A1B2C\n", NULL},
    {"serial=00000a1b2c", "serial=0A1B2C\n", NULL},
    {"serial=a1b2c", "serial=0A1B2C\n", NULL},
    {"serial=0", "serial=00\n", NULL},
    {"  serial=01\t# a comment", "serial=01\n", NULL},
    {"serial=01 issuer=\"CN=A B,O=C\"", "serial=01 issuer=\"CN=A B,O=C\"\n", NULL},
    {"reason=\"left \\\"home\\\" \\\\ #1; gone\" serial=01",
     "serial=01 reason=\"left \\\"home\\\" \\\\ #1; gone\"\n", NULL},
    {"fingerprint=" FINGERPRINT, "fingerprint=" FINGERPRINT "\n", NULL},
    {"cn=alice", "cn=\"alice\"\n", NULL},
    {"cn=M\xc3\xbcller", "cn=\"M\xc3\xbcller\"\n", NULL},
    {"cn=\"Alice B\" until=2026-03-01", "cn=\"Alice B\" until=2026-03-01T00:00:00Z\n", NULL},
    {"cn=a added=2026-03-01T12:00:00Z until=2026-03-02T00:00:01Z",
     "cn=\"a\" until=2026-03-02T00:00:01Z added=2026-03-01T12:00:00Z\n", NULL},
    {"", "", NULL},
    {" \t ", "", NULL},
    {"# serial=01", "", NULL},
    {"; serial=01", "", NULL},
    {"alice", NULL, "no '='"},
    {"name=alice", NULL, "unknown key"},
    {"CN=alice", NULL, "unknown key"},
    {"serial =01", NULL, "unknown key"},
    {"serial=", NULL, "empty value"},
    {"cn=\"\"", NULL, "empty value"},
    {"serial=0x01", NULL, "no serial number"},
    {"serial=01:2", NULL, "no serial number"},
    {"serial=0:12", NULL, "no serial number"},
    {"serial=01:", NULL, "no serial number"},
    {"serial=01:0203", NULL, "no serial number"},
    {"serial=-1", NULL, "no serial number"},
    {"serial=010203040506070809101112131415161718192021", NULL, "no serial number"},
    {"serial=01 serial=02", NULL, "twice"},
    {"serial=01 cn=a", NULL, "more than one way"},
    {"reason=x", NULL, "nobody"},
    {"cn=a issuer=CN=b", NULL, "issuer goes with serial"},
    {"fingerprint=00", NULL, "no fingerprint"},
    {"fingerprint=" FINGERPRINT "00", NULL, "no fingerprint"},
    {"cn=\"alice", NULL, "not closed"},
    {"cn=\"alice\"x", NULL, "right behind"},
    {"cn=a\"b", NULL, "stands bare"},
    {"cn=a#b", NULL, "stands bare"},
    {"cn=\"a\\n\"", NULL, "escapes neither"},
    {"cn=a\x01", NULL, "control byte"},
    {"cn=a until=tomorrow", NULL, "no date"},
    {"cn=a until=2026-02-30", NULL, "no date"},
    {"cn=a until=2026-03-01T24:00:00Z", NULL, "no date"},
    {"cn=a until=2026-03-01T12:00:00", NULL, "no date"},
    {"cn=a until=2026-03-01T12:00:00+01:00", NULL, "no date"},
};

static void a_line_is_understood_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(lines); i++) {
        struct deny_entry entry, second;
        struct err err = {.line = 0};
        struct buffer out;
        buffer_init(&out, DENY_LINE_MAX);
        int result = deny_entry_parse(slice_text(lines[i].line), &entry, &err);
        if (lines[i].again == NULL) {
            if (result != -1 || strstr(err.text, lines[i].complaint) == NULL)
                fail_msg("%s: %d, %s", lines[i].line, result, err.text);
            assert_non_null(strstr(err.text, "; ")); /* and what would be right */
        } else if (lines[i].again[0] == '\0') {
            assert_int_equal(result, 0);
        } else {
            if (result != 1)
                fail_msg("%s: %s", lines[i].line, err.text);
            assert_true(deny_entry_write(&entry, &out) && buffer_append(&out, "", 1));
            assert_string_equal(buffer_view(&out).data, lines[i].again);
            assert_int_equal(
                deny_entry_parse(slice_of(lines[i].again, strlen(lines[i].again) - 1), &second, &err), 1);
            assert_true(deny_entry_equal(&entry, &second));
        }
        buffer_clear(&out);
    }
}

static void what_is_too_long_is_refused(void **state)
{
    char line[DENY_LINE_MAX + 1];
    struct deny_entry entry;
    (void)state;
    memset(line, 'a', sizeof(line));
    memcpy(line, "cn=", 3);
    assert_int_equal(deny_entry_parse(slice_of(line, DENY_NAME_MAX + 2), &entry, NULL), 1);
    assert_int_equal(deny_entry_parse(slice_of(line, DENY_NAME_MAX + 3), &entry, NULL), -1);
    assert_int_equal(deny_entry_parse(slice_of(line, sizeof(line)), &entry, NULL), -1);
}

static void a_list_with_one_bad_line_is_no_list(void **state)
{
    static const struct {
        const char *text;
        int expected;
        unsigned line;
    } rows[] = {{"", 0, 0},
                {"cn=a\n", 1, 0},
                {"# x\r\n\r\ncn=a\r\nserial=01\r\n", 2, 0},
                {"cn=a\nserial=0A1", -1, 0}, /* cut off: it was 0A1B2C */
                {"cn=a\n\nalice\ncn=b\n", -1, 3}};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct err err = {.line = 0};
        assert_int_equal(deny_text_each(slice_text(rows[i].text), "deny.txt", NULL, NULL, &err),
                         rows[i].expected);
        assert_int_equal(err.line, rows[i].line);
        assert_int_equal(err_is_set(&err), rows[i].expected < 0);
    }
}

static void change(const char *text, const char *entry, bool take_out, const char *expected,
                   unsigned expected_changed)
{
    struct deny_entry parsed;
    struct buffer out;
    struct err err = {.line = 0};
    unsigned changed = 99;
    buffer_init(&out, DENY_TEXT_MAX);
    assert_int_equal(deny_entry_parse(slice_text(entry), &parsed, &err), 1);
    assert_int_equal(deny_text_change(slice_text(text), "list", &parsed, take_out, NOW, &out, &changed, &err),
                     0);
    assert_true(buffer_append(&out, "", 1));
    assert_string_equal(strchr(buffer_view(&out).data, '\n') + 1, expected);
    assert_int_equal(changed, expected_changed);
    buffer_clear(&out);
}

static void the_kept_list_changes_by_one_entry_and_sheds_what_has_ended(void **state)
{
    (void)state;
    change("", "cn=a", false, "cn=\"a\"\n", 0);
    change("cn=b\n", "cn=a", false, "cn=\"b\"\ncn=\"a\"\n", 0);
    change("cn=A\ncn=b\n", "cn=a until=2027-01-01", false, "cn=\"b\"\ncn=\"a\" until=2027-01-01T00:00:00Z\n",
           1);
    change("cn=a\ncn=b\n", "cn=a", true, "cn=\"b\"\n", 1);
    change("cn=b\n", "cn=a", true, "cn=\"b\"\n", 0);
    change("serial=01\nserial=01 issuer=CN=x\n", "serial=01", true, "serial=01 issuer=\"CN=x\"\n", 1);
    change("cn=b until=2026-03-01T12:00:00Z\ncn=c until=2026-03-01T12:00:01Z\n", "cn=a", true,
           "cn=\"c\" until=2026-03-01T12:00:01Z\n", 0);
}

/* Everybody who can be named, each alone on the list: {FP} and the like stand for what the certificates say.
 */
struct named {
    char serial[64], ca_serial[64], fingerprint[65], other[64];
};

static void fill(const struct named *named, const char *pattern, char *out, size_t size)
{
    const struct {
        const char *mark, *value;
    } marks[] = {{"{S}", named->serial}, {"{CA}", named->ca_serial}, {"{FP}", named->fingerprint}};
    snprintf(out, size, "%s", pattern);
    for (size_t i = 0; i < LENGTH_OF(marks); i++) {
        char copy[1024], *at = strstr(out, marks[i].mark);
        if (at == NULL)
            continue;
        snprintf(copy, sizeof(copy), "%.*s%s%s", (int)(at - out), out, marks[i].value,
                 at + strlen(marks[i].mark));
        snprintf(out, size, "%s", copy);
    }
}

static const struct {
    const char *list;
    bool is_denied;
    unsigned depth;
} asked[] = {
    {"serial={S}\n", true, 0},
    {"serial={CA}\n", true, 1},
    {"serial={S} issuer=\"CN=Test Intermediate\"\n", true, 0},
    {"serial={S} issuer=\"cn=test  INTERMEDIATE\"\n", true, 0},
    {"serial={S} issuer=\"CN=Test Root\"\n", false, 0},
    {"serial={CA} issuer=\"CN=Test Root\"\n", true, 1},
    {"serial={CA} issuer=\"CN=Test Intermediate\"\n", false, 0},
    {"fingerprint={FP}\n", true, 0},
    {"cn=\"client\"\n", true, 0},
    {"cn=\"CLIENT\"\n", true, 0},
    {"cn=\"clien\"\n", false, 0},
    {"cn=\"Test Intermediate\"\n", false, 0}, /* of the leaf only */
    {"cn=\"client\" until=2026-03-01T12:00:01Z\n", true, 0},
    {"cn=\"client\" until=2026-03-01T12:00:00Z\n", false, 0},
    {"cn=\"client\" until=2026-03-01T12:00:00Z\ncn=\"client\" until=2026-04-01\n", true, 0},
    {"cn=b\nserial=77\nserial={S}\ncn=c\nfingerprint=" FINGERPRINT "\n", true, 0},
    {"# nobody\n", false, 0},
    {"", false, 0},
};

static void whoever_is_named_is_denied_in_the_handshake_and_on_the_path_alike(void **state)
{
    struct world world;
    struct judge judge;
    struct named named;
    struct trust_serial serial, ca_serial;
    struct trust_path path;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root, world.intermediate};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    assert_int_equal(judge_ask(&judge, world.client, NULL, 0, NOW, &path, NULL), TRUST_ADMITTED);
    judge_clear(&judge);
    assert_int_equal(trust_serial_of(world.client->x509, &serial), 0);
    assert_int_equal(trust_serial_of(world.intermediate->x509, &ca_serial), 0);
    text_hex(named.serial, serial.bytes, serial.length, true);
    text_hex(named.ca_serial, ca_serial.bytes, ca_serial.length, true);
    text_hex(named.fingerprint, path.fingerprint, sizeof(path.fingerprint), false);
    for (size_t i = 0; i < LENGTH_OF(asked); i++) {
        char text[1024];
        struct err err = {.line = 0};
        struct deny *deny = deny_new();
        fill(&named, asked[i].list, text, sizeof(text));
        assert_int_equal(deny_add(deny, slice_text(text), "deny.txt", &err), 0);
        deny_seal(deny);
        const struct trust_policy policy = {.max_depth = 4, .deny = deny};
        judge_init(&judge, &policy, cas, 2, NULL, 0);
        enum trust_reason expected = asked[i].is_denied ? TRUST_DENIED : TRUST_ADMITTED;
        if (trust_verdict(judge.trust, &path, NOW, &verdict) != expected)
            fail_msg("%s: %s", text, trust_reason_code(verdict.reason));
        assert_int_equal(verdict.depth, asked[i].depth);
        assert_int_equal(judge_ask(&judge, world.client, NULL, 0, NOW, NULL, &verdict), expected);
        assert_int_equal(strstr(verdict.detail, "of deny.txt") != NULL, asked[i].is_denied);
        judge_clear(&judge);
        deny_free(deny);
    }
    world_clear(&world);
}

/* (r, n - s) is as good a signature as (r, s): the same certificate for all who verify it, another for who
 * looks at its bytes. */
static void turn_signature(X509 *x509, const EVP_PKEY *signer)
{
    const ASN1_BIT_STRING *signature;
    unsigned char *der = NULL;
    BIGNUM *order = NULL, *s = BN_new();
    X509_get0_signature(&signature, NULL, x509);
    const unsigned char *at = ASN1_STRING_get0_data(signature);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, ASN1_STRING_length(signature));
    assert_int_equal(EVP_PKEY_get_bn_param(signer, OSSL_PKEY_PARAM_EC_ORDER, &order), 1);
    assert_int_equal(BN_sub(s, order, ECDSA_SIG_get0_s(pair)), 1);
    assert_int_equal(ECDSA_SIG_set0(pair, BN_dup(ECDSA_SIG_get0_r(pair)), s), 1);
    int length = i2d_ECDSA_SIG(pair, &der);
    assert_int_equal(ASN1_STRING_set((ASN1_BIT_STRING *)(uintptr_t)signature, der, length), 1);
    OPENSSL_free(der);
    BN_free(order);
    ECDSA_SIG_free(pair);
}

static void a_denied_fingerprint_holds_for_the_certificate_with_its_signature_turned(void **state)
{
    static const char *const keys[] = {"P-256", "P-384", "P-521", "RSA-2048", "Ed25519"};
    struct world world;
    (void)state;
    world_init(&world);
    for (size_t i = 0; i < LENGTH_OF(keys); i++) {
        const struct cert_options options = {.cn = keys[i], .key = keys[i], .is_ca = true};
        bool has_twin = keys[i][0] == 'P';
        unsigned char digest[TRUST_FINGERPRINT_SIZE];
        char hex[2 * TRUST_FINGERPRINT_SIZE + 1], text[128];
        struct trust_path path;
        struct judge judge;
        struct cert *ca = cert_new(&options, world.root), *client = cert_leaf("client", ca);
        struct deny *deny = deny_new();
        assert_int_equal(X509_digest(client->x509, EVP_sha256(), digest, NULL), 1);
        snprintf(text, sizeof(text), "fingerprint=%s\n", text_hex(hex, digest, sizeof(digest), false));
        assert_int_equal(deny_add(deny, slice_text(text), "deny.txt", NULL), 0);
        deny_seal(deny);
        const struct cert *cas[] = {world.root, ca};
        judge_init(&judge, NULL, cas, 2, NULL, 0);
        assert_int_equal(judge_ask(&judge, client, NULL, 0, NOW, &path, NULL), TRUST_ADMITTED);
        assert_int_equal(memcmp(path.twin, path.fingerprint, sizeof(path.twin)) != 0, has_twin);
        if (has_twin)
            turn_signature(client->x509, ca->key);
        /* It verifies all the same, and what was its twin is it now. */
        unsigned char twin[TRUST_FINGERPRINT_SIZE];
        memcpy(twin, path.twin, sizeof(twin));
        assert_int_equal(judge_ask(&judge, client, NULL, 0, NOW, &path, NULL), TRUST_ADMITTED);
        assert_memory_equal(path.fingerprint, twin, sizeof(twin));
        assert_memory_equal(path.twin, digest, sizeof(digest));
        judge_clear(&judge);
        judge_init(&judge, &(struct trust_policy){.max_depth = 4, .deny = deny}, cas, 2, NULL, 0);
        assert_int_equal(judge_ask(&judge, client, NULL, 0, NOW, NULL, NULL), TRUST_DENIED);
        judge_clear(&judge);
        deny_free(deny);
        cert_free(client);
        cert_free(ca);
    }
    world_clear(&world);
}

static void a_denial_ends_by_itself_and_says_who_said_so(void **state)
{
    static const char file[] = "\ncn=x\n",
                      kept[] = "cn=\"client\" until=2026-03-01T13:00:00Z reason=\"lost\"\n";
    struct world world;
    struct judge judge;
    struct trust_path path;
    struct trust_verdict verdict;
    struct deny *deny = deny_new();
    (void)state;
    world_init(&world);
    assert_int_equal(deny_add(deny, slice_text(file), "deny.txt", NULL), 0);
    assert_int_equal(deny_add(deny, slice_text(kept), "postern deny", NULL), 0);
    deny_seal(deny);
    assert_int_equal(deny_count(deny), 2);
    const struct cert *cas[] = {world.root, world.intermediate};
    const struct trust_policy policy = {.max_depth = 4, .deny = deny};
    judge_init(&judge, &policy, cas, 2, NULL, 0);
    assert_int_equal(judge_ask(&judge, world.client, NULL, 0, NOW + 3599, &path, &verdict), TRUST_DENIED);
    assert_non_null(
        strstr(verdict.detail, "denied until 2026-03-01T13:00:00Z by line 1 of postern deny: lost"));
    assert_int_equal(trust_verdict(judge.trust, &path, NOW + 3600, &verdict), TRUST_ADMITTED);
    assert_int_equal(judge_ask(&judge, world.client, NULL, 0, NOW + 3600, NULL, &verdict), TRUST_ADMITTED);
    judge_clear(&judge);
    deny_free(deny);
    world_clear(&world);
}

/* The cost of asking does not grow with the list. */
static void a_long_list_is_searched_and_not_scanned(void **state)
{
    struct buffer text;
    struct deny_match match;
    struct deny *deny = deny_new();
    (void)state;
    buffer_init(&text, DENY_TEXT_MAX);
    unsigned count = 0;
    while (buffer_room(&text) > 64) {
        assert_true(buffer_printf(&text, "serial=%08X%04X\n", count * 2654435761u, count + 1));
        count++;
    }
    assert_true(count > 20000);
    assert_int_equal(deny_add(deny, buffer_view(&text), "list", NULL), 0);
    deny_seal(deny);
    assert_int_equal(deny_count(deny), count);
    struct trust_path path = {.count = 1};
    for (unsigned i = 0; i < count; i += 97) {
        struct deny_entry entry;
        char line[64];
        snprintf(line, sizeof(line), "serial=%08X%04X", i * 2654435761u, i + 1);
        assert_int_equal(deny_entry_parse(slice_text(line), &entry, NULL), 1);
        path.links[0].serial = entry.serial;
        assert_true(deny_find(deny, &path, NOW, &match));
        assert_int_equal(match.number, i + 1);
    }
    memset(path.links[0].serial.bytes, 0x11, sizeof(path.links[0].serial.bytes));
    assert_false(deny_find(deny, &path, NOW, &match));
    deny_free(deny);
    buffer_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_understood_or_refused),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(a_list_with_one_bad_line_is_no_list),
        cmocka_unit_test(the_kept_list_changes_by_one_entry_and_sheds_what_has_ended),
        cmocka_unit_test(whoever_is_named_is_denied_in_the_handshake_and_on_the_path_alike),
        cmocka_unit_test(a_denied_fingerprint_holds_for_the_certificate_with_its_signature_turned),
        cmocka_unit_test(a_denial_ends_by_itself_and_says_who_said_so),
        cmocka_unit_test(a_long_list_is_searched_and_not_scanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
