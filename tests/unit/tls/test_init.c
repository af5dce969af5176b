/* T31 of the threat model: a configuration of OpenSSL's that somebody puts in the way. One program for it,
 * since the first call of OpenSSL's decides for the whole process. */
#include "postern/tls/init.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "postern/base/file.h"

/* With it, every digest would be looked for in a provider that is not there, and TLS 1.0 allowed. */
static const char hostile[] = "openssl_conf = all\n"
                              "[all]\nalg_section = algorithms\nssl_conf = tls\n"
                              "[algorithms]\ndefault_properties = provider=nowhere\n"
                              "[tls]\nsystem_default = terms\n"
                              "[terms]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n";

enum { READS_FILE = 3, IGNORES_FILE = 4 };

static int look(bool with_init)
{
    if (with_init)
        tls_init();
    else
        (void)OPENSSL_init_ssl(0, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_MD *digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    bool ignored = context != NULL && digest != NULL &&
                   SSL_CTX_get_min_proto_version(context) != TLS1_VERSION &&
                   SSL_CTX_get_security_level(context) > 0;
    EVP_MD_free(digest);
    SSL_CTX_free(context);
    return ignored ? IGNORES_FILE : READS_FILE;
}

static int look_in_child(bool with_init)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(look(with_init));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_hostile_openssl_conf_changes_nothing(void **state)
{
    char path[] = "/tmp/postern-openssl-XXXXXX";
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, hostile, sizeof hostile - 1), 0);
    assert_int_equal(setenv("OPENSSL_CONF", path, 1), 0);
    /* The bait works: without us it is taken. */
    assert_int_equal(look_in_child(false), READS_FILE);
    assert_int_equal(look_in_child(true), IGNORES_FILE);
    unlink(path);
    fd_close(&fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_hostile_openssl_conf_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
