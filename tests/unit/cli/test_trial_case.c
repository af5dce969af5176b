#include "unit.h"

#include <openssl/x509.h>

#include "postern/base/memory.h"
#include "trial_case.h"
#include "world.h"

enum { CLIENTS = 6 };

struct stage {
    struct world world;
    struct cert *clients[CLIENTS];
    struct judge running, candidate;
    struct buffer history;
};

/* Each client is revoked in these CRLs. */
static void judge_revoking(struct stage *stage, const size_t *revoked, size_t count, struct judge *out)
{
    struct crl_entry_options entries[CLIENTS] = {{.cert = NULL}};
    const struct cert *cas[] = {stage->world.root, stage->world.intermediate};
    const struct trust_policy policy = {.max_depth = 4, .check_revocation = true};
    for (size_t i = 0; i < count; i++)
        entries[i].cert = stage->clients[revoked[i]];
    X509_CRL *crls[] = {crl_new(NULL, stage->world.root),
                        crl_new(&(struct crl_factory_options){.entries = entries, .entry_count = count},
                                stage->world.intermediate)};
    judge_init(out, &policy, cas, 2, crls, 2);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
}

static void note(struct stage *stage, size_t i, const char *name, int64_t ago_s, uint32_t open)
{
    struct trust_path path;
    char packed[TRUST_PATH_PACKED_MAX];
    judge_ask(&stage->running, stage->clients[i], NULL, 0, CERTS_NOW, &path, NULL);
    struct seen seen = {.last_s = CERTS_NOW - ago_s, .open = open, .name = slice_text(name)};
    memcpy(seen.fingerprint, path.fingerprint, sizeof(seen.fingerprint));
    seen.path = slice_of(packed, trust_path_pack(&path, packed, sizeof(packed)));
    assert_true(seen_append(&stage->history, &seen));
}

static void stage_init(struct stage *stage)
{
    static const char *const names[CLIENTS] = {"a", "b", "c", "d", "e", "f"};
    static const size_t already[] = {4}, next[] = {1, 2, 3, 4, 5};
    world_init(&stage->world);
    for (size_t i = 0; i < CLIENTS; i++)
        stage->clients[i] = cert_leaf(names[i], stage->world.intermediate);
    judge_revoking(stage, already, 1, &stage->running);
    judge_revoking(stage, next, 5, &stage->candidate);
    buffer_init(&stage->history, 65536);
    assert_true(buffer_append_text(&stage->history, SEEN_MAGIC));
}

static void stage_clear(struct stage *stage)
{
    buffer_clear(&stage->history);
    judge_clear(&stage->running);
    judge_clear(&stage->candidate);
    for (size_t i = 0; i < CLIENTS; i++)
        cert_free(stage->clients[i]);
    world_clear(&stage->world);
}

static int run(struct stage *stage, struct trial *trial)
{
    return trial_run(trial, buffer_view(&stage->history), stage->candidate.trust, stage->running.trust,
                     CERTS_NOW);
}

static void each_client_of_the_day_is_asked_about(void **state)
{
    struct stage stage;
    struct trial trial;
    (void)state;
    stage_init(&stage);
    note(&stage, 0, "a", 60, 0);
    note(&stage, 1, "b", 60, 0);
    note(&stage, 2, "c", 3600, 0);
    note(&stage, 3, "d", 7200, 2);
    note(&stage, 4, "e", 10, 0);            /* revoked today already */
    note(&stage, 5, "f", CERTS_DAY + 1, 0); /* too long ago */
    note(&stage, 5, "f", 3 * CERTS_DAY, 1); /* but still here */
    assert_true(seen_append(&stage.history, &(struct seen){.last_s = CERTS_NOW,
                                                           .name = SLICE_CONSTANT("x"),
                                                           .path = SLICE_CONSTANT("another version")}));
    assert_int_equal(run(&stage, &trial), 0);
    assert_int_equal(trial.clients, 7);
    assert_int_equal(trial.counts[TRIAL_ADMITTED], 1);
    assert_int_equal(trial.counts[TRIAL_REFUSED], 4);
    assert_int_equal(trial.counts[TRIAL_ALREADY], 1);
    assert_int_equal(trial.counts[TRIAL_UNSURE], 1);
    assert_int_equal(trial.connected, 2);
    /* Refused first, those connected before the others, the last seen before. */
    static const char *const order[] = {"d", "f", "b", "c", "e", "x"};
    assert_int_equal(trial.count, LENGTH_OF(order));
    for (size_t i = 0; i < LENGTH_OF(order); i++)
        assert_true(slice_equal_text(trial.cases[i].seen.name, order[i]));
    assert_int_equal(trial.cases[0].reason, TRUST_REVOKED);
    assert_true(trial.cases[0].detail[0] != '\0' && trial.cases[0].serial.length > 0);
    trial_clear(&trial);
    stage_clear(&stage);
}

static void what_is_no_history_is_not_taken_for_an_empty_one(void **state)
{
    struct stage stage;
    struct trial trial;
    (void)state;
    stage_init(&stage);
    assert_int_equal(run(&stage, &trial), 0);
    assert_int_equal(trial.clients, 0);
    trial_clear(&trial);
    assert_true(buffer_append_text(&stage.history, "cut off"));
    assert_int_equal(run(&stage, &trial), -1);
    trial_clear(&trial);
    buffer_consume(&stage.history, 1);
    assert_int_equal(run(&stage, &trial), -1);
    trial_clear(&trial);
    stage_clear(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_client_of_the_day_is_asked_about),
        cmocka_unit_test(what_is_no_history_is_not_taken_for_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
