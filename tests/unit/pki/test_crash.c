/* A process is killed before each of its system calls that change a name, one after the other; what it leaves
 * must be a directory that works. And several at once must not lose each other's work. */
#include "fixture.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "postern/pki/database.h"

static int act_issue(struct fixture *fixture)
{
    struct err err = {0};
    struct pki_issued issued;
    struct pki_issue_options options = fixture_issue_options(fixture, "alice");
    int result = pki_issue_client(&options, &issued, &err);
    pki_issued_clear(&issued);
    return result;
}

static int act_revoke(struct fixture *fixture)
{
    struct err err = {0};
    struct pki_revoked revoked;
    struct pki_revoke_options options = {
        .directory = fixture->directory, .name = "alice", .clock = &fixture->clock};
    int result = pki_revoke(&options, &revoked, &err);
    pki_revoked_clear(&revoked);
    return result;
}

/* Calls after which a reader of the directory sees something else. What is written to a file before its
 * rename is seen by nobody, so that a death there is the same as one before the rename. */
static bool changes_a_name(const struct __ptrace_syscall_info *info)
{
    switch (info->entry.nr) {
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_mkdirat:
    case SYS_unlinkat:
#ifdef SYS_rename
    case SYS_rename:
    case SYS_mkdir:
    case SYS_unlink:
    case SYS_rmdir:
#endif
        return true;
    default:
        return false;
    }
}

/* Run an act in a child and kill it before change number `at`. True if it was killed, false if it had ended.
 */
static bool killed_at(struct fixture *fixture, int (*act)(struct fixture *), int at)
{
    int status = 0;
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
            _exit(99);
        raise(SIGSTOP);
        _exit(act(fixture) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(
        ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)), 0);
    for (int changes = 0;;) {
        struct __ptrace_syscall_info info;
        assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return false;
        }
        assert_true(WIFSTOPPED(status));
        assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof info, &info) > 0);
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !changes_a_name(&info) || changes++ < at)
            continue;
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        return true;
    }
}

static void must_serve_a_gateway(struct fixture *fixture, const char *bystander)
{
    X509_STORE *store = X509_STORE_new();
    assert_int_equal(fixture_load(store, fixture_path(fixture, "client-ca-bundle.pem")), 2);
    assert_int_equal(fixture_load(store, fixture_path(fixture, "crl-bundle.pem")), 2);
    X509_STORE_free(store);
    assert_int_equal(fixture_verify(fixture, bystander, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
}

static void must_hold_a_pair(struct fixture *fixture)
{
    X509 *certificate = fixture_certificate(fixture_path(fixture, "client/alice/cert.pem"));
    FILE *file = fopen(fixture_path(fixture, "client/alice/key.pem"), "re");
    assert_non_null(file);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    assert_int_equal(X509_check_private_key(certificate, key), 1);
    EVP_PKEY_free(key);
    X509_free(certificate);
}

/* However far the revocation came, the next try either does it or says that it is done; and then it is. */
static void a_revocation_killed_anywhere_can_be_repeated(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued bob, alice;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "bob", &bob);
    int at = 0;
    for (bool killed = true; killed; at++) {
        fixture_client(&fixture, "alice", &alice);
        killed = killed_at(&fixture, act_revoke, at);
        must_serve_a_gateway(&fixture, bob.certificate);
        (void)act_revoke(&fixture);
        assert_int_equal(fixture_verify(&fixture, alice.certificate, X509_PURPOSE_SSL_CLIENT),
                         X509_V_ERR_CERT_REVOKED);
        must_serve_a_gateway(&fixture, bob.certificate);
        pki_issued_clear(&alice);
    }
    assert_true(at > 4); /* it was killed at all */
    pki_issued_clear(&bob);
    fixture_end(&fixture);
}

/* Whoever holds the folder's files can go on with them, until the next one is there. */
static void an_issue_killed_anywhere_leaves_a_client_that_works(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued bob, alice;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "bob", &bob);
    int at = 0;
    for (bool killed = true; killed; at++) {
        fixture_client(&fixture, "alice", &alice);
        pki_issued_clear(&alice);
        killed = killed_at(&fixture, act_issue, at);
        must_serve_a_gateway(&fixture, bob.certificate);
        must_hold_a_pair(&fixture);
        assert_int_equal(fixture_verify(&fixture, fixture_path(&fixture, "client/alice/cert.pem"),
                                        X509_PURPOSE_SSL_CLIENT),
                         X509_V_OK);
    }
    assert_true(at > 12);
    pki_issued_clear(&bob);
    fixture_end(&fixture);
}

#define PROCESSES 4
#define EACH      6

static void work(struct fixture *fixture, int number)
{
    for (int i = 0; i < EACH; i++) {
        struct err err = {0};
        char name[32];
        struct pki_issued issued;
        snprintf(name, sizeof name, "client-%d-%d", number, i);
        struct pki_issue_options options = fixture_issue_options(fixture, name);
        if (pki_issue_client(&options, &issued, &err) < 0)
            _exit(1);
        struct pki_revoked revoked;
        struct pki_revoke_options revoke = {
            .directory = fixture->directory, .name = name, .clock = &fixture->clock};
        if (i % 2 == 0 && pki_revoke(&revoke, &revoked, &err) < 0)
            _exit(2);
    }
    _exit(0);
}

static void processes_at_once_lose_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture fixture;
    pid_t children[PROCESSES];
    fixture_init(&fixture, NULL);
    for (int i = 0; i < PROCESSES; i++)
        if ((children[i] = fork()) == 0)
            work(&fixture, i);
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    struct pki_database database;
    fixture_must(pki_database_load(&database, fixture_path(&fixture, "intermediate"), &err), &err);
    assert_int_equal(database.count, PROCESSES * EACH);
    size_t revoked = 0;
    for (size_t i = 0; i < database.count; i++) {
        revoked += database.entries[i].state == 'R';
        for (size_t j = 0; j < i; j++)
            assert_false(slice_equal(database.entries[i].serial, database.entries[j].serial));
    }
    assert_int_equal(revoked, PROCESSES * EACH / 2);
    struct pki_profile *profile;
    struct pki_crl_facts facts;
    fixture_must(pki_profile_open(fixture.directory, PKI_READ, &fixture.clock, &profile, &err), &err);
    fixture_must(pki_crl_facts(&profile->intermediate, &facts, &err), &err);
    assert_int_equal(facts.count, revoked);
    pki_profile_close(profile);
    pki_database_clear(&database);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revocation_killed_anywhere_can_be_repeated),
        cmocka_unit_test(an_issue_killed_anywhere_leaves_a_client_that_works),
        cmocka_unit_test(processes_at_once_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
