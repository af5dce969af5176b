#include "unit.h"

#include "context.h"

static struct generation_context context_with(const char *section, const char *line, const char *bundle)
{
    static const struct {
        const char *section, *lines;
    } least[] = {
        {"listener", "address = 127.0.0.1:8443\n"},
        {"tls", "certificate = c.pem\nprivate_key = k.pem\n"},
        {"client_auth", "trust = t.pem\n"},
        {"identity", ""},
        {"route /", "backend = app\n"},
        {"backend app", "server = 127.0.0.1:1\n"},
        {"log", ""},
    };
    char text[1024];
    size_t length = 0;
    struct err err = {.line = 0};
    struct generation_context context;
    for (size_t i = 0; i < LENGTH_OF(least); i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "[%s]\n%s%s\n", least[i].section,
                                   least[i].lines, strcmp(section, least[i].section) == 0 ? line : "");
    struct config *config = config_parse("p.ini", slice_text(text), &err);
    if (config == NULL)
        fail_msg("%s: %s", line, err.text);
    assert_int_equal(context_of(config, slice_text(bundle), &context), 0);
    config_free(config);
    return context;
}

static void tickets_are_bound_to_trust_policy_and_identity_and_to_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *section, *line, *bundle;
        bool same_rules, same_tickets;
    } table[] = {
        {"log", "level = debug", "CAs", true, true},
        {"tls", "ticket_lifetime = 2h", "CAs", true, true},
        {"client_auth", "on_refusal = page", "CAs", true, true},
        {"client_auth", "on_revoke = finish_exchange", "CAs", true, true},
        {"client_auth", "ca_names = no", "CAs", true, true},
        {"log", "", "CBs", true, false},
        {"log", "", "CAs and more", true, false},
        {"client_auth", "crl = crl.pem", "CAs", true, false},
        {"client_auth", "crl_missing = allow", "CAs", true, false},
        {"client_auth", "crl_expired = grace 1h", "CAs", true, false},
        {"client_auth", "crl_profile = legacy", "CAs", true, false},
        {"client_auth", "max_depth = 3", "CAs", true, false},
        {"client_auth", "require_eku = yes", "CAs", true, false},
        {"client_auth", "partial_chain = yes", "CAs", true, false},
        {"tls", "min_version = 1.3", "CAs", true, false},
        {"tls", "max_version = 1.2", "CAs", true, false},
        {"tls", "ciphers = ECDHE-ECDSA-AES128-GCM-SHA256", "CAs", true, false},
        {"tls", "groups = P-256", "CAs", true, false},
        {"identity", "preset = certwiz", "CAs", false, false},
        {"identity", "X-A = ${cn}", "CAs", false, false},
        {"identity", "preset = xfcc\nxfcc_cert = yes", "CAs", false, false},
    };
    struct generation_context usual = context_with("log", "", "CAs");
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        struct generation_context other = context_with(table[i].section, table[i].line, table[i].bundle);
        bool same_rules = memcmp(usual.identity_rules, other.identity_rules, TRUST_DIGEST_SIZE) == 0;
        bool same_tickets = memcmp(usual.tickets, other.tickets, TRUST_DIGEST_SIZE) == 0;
        if (same_rules != table[i].same_rules || same_tickets != table[i].same_tickets)
            fail_msg("[%s] %s, %s", table[i].section, table[i].line, table[i].bundle);
    }
}

static void fields_that_read_alike_are_told_apart(void **state)
{
    (void)state;
    static const char *const lines[] = {"X-A = ${cn}",       "X-A = ${ou}",          "X-A = cn",
                                        "X-B = ${cn}",       "X-A = ${cn}${ou}",     "X-A = ${ou}${cn}",
                                        "X-A = ${cn}/${ou}", "X-A = ${cn}\nX-B = b", "X-A = b\nX-B = ${cn}"};
    for (size_t i = 0; i < LENGTH_OF(lines); i++)
        for (size_t k = 0; k < i; k++) {
            struct generation_context left = context_with("identity", lines[i], "CAs"),
                                      right = context_with("identity", lines[k], "CAs");
            assert_memory_not_equal(left.identity_rules, right.identity_rules, TRUST_DIGEST_SIZE);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tickets_are_bound_to_trust_policy_and_identity_and_to_nothing_else),
        cmocka_unit_test(fields_that_read_alike_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
