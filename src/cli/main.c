/* postern: one table of subcommands. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "nearest.h"
#include "options.h"
#include "postern/tls/init.h"

struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary; /* NULL: not for people */
};

static const struct subcommand subcommands[] = {
    {"serve", cli_serve, "run the gateway in the foreground"},
    {"check", cli_check, "check a configuration and all that it names, and show what was found"},
    {"status", cli_status, "show what a running gateway does"},
    {"explain", cli_explain, "say why a client is admitted or refused, and what to do about it"},
    {"trial", cli_trial, "say who would be refused by a new CRL, trust bundle or configuration"},
    {"reload", cli_reload, "have a running gateway load its files again, and wait for the outcome"},
    {"deny", cli_deny, "refuse a client at once, without a CA; list and undo it"},
    {"pki", cli_pki, "authorities, certificates, PKCS#12, revocation, CRLs"},
    {"demo", cli_demo, "a gateway with a throw-away PKI and a backend, to try it all"},
    {"internal-loader", cli_internal_loader, NULL},
    {"internal-worker", cli_internal_worker, NULL},
    {"internal-pki-front", cli_internal_pki_front, NULL},
    {"internal-demo-gateway", cli_internal_demo_gateway, NULL},
    {"internal-demo-backend", cli_internal_demo_backend, NULL},
};

static void print_help(FILE *out)
{
    fputs("usage: postern COMMAND [OPTION...]\n\n"
          "An mTLS gateway: admits clients by certificate, and tells the backend who they are.\n\n",
          out);
    for (size_t i = 0; i < LENGTH_OF(subcommands); i++)
        if (subcommands[i].summary != NULL)
            fprintf(out, "  %-10s %s\n", subcommands[i].name, subcommands[i].summary);
    fputs("\n  --version  print the version\n  --help     this text; also behind each command\n\n"
          "Begin with: postern demo\n",
          out);
}

static int refuse(const char *name)
{
    const char *names[LENGTH_OF(subcommands)];
    size_t count = 0;
    for (size_t i = 0; i < LENGTH_OF(subcommands); i++)
        if (subcommands[i].summary != NULL)
            names[count++] = subcommands[i].name;
    const char *nearest = nearest_text(name, names, count);
    fprintf(stderr, "postern: unknown command \"%s\"", name);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean \"%s\"?", nearest);
    fputs("\nsee \"postern --help\"\n", stderr);
    return STATUS_USAGE;
}

/* What is opened next must not become standard output. */
static int need_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
    return fd < 0 ? -1 : close(fd);
}

/* A library must not be talked by its environment into weaker TLS, other code, or writing keys to a file. */
static void forget_environment(void)
{
    static const char *const names[] = {"OPENSSL_CONF",         "OPENSSL_MODULES",  "OPENSSL_ENGINES",
                                        "OPENSSL_CONF_INCLUDE", "SSL_CERT_FILE",    "SSL_CERT_DIR",
                                        "SSLKEYLOGFILE",        "OPENSSL_ia32cap",  "RANDFILE",
                                        "CARES_HOSTS",          "LOCALDOMAIN",      "RES_OPTIONS",
                                        "EVENT_NOEPOLL",        "EVENT_SHOW_METHOD"};
    for (size_t i = 0; i < LENGTH_OF(names); i++)
        unsetenv(names[i]);
}

int main(int argc, char **argv)
{
    forget_environment();
    tls_init();
    if (need_standard_descriptors() != 0)
        return STATUS_FAILED;
    if (argc < 2) {
        print_help(stderr);
        return STATUS_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("postern " POSTERN_VERSION);
        return STATUS_DONE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return STATUS_DONE;
    }
    for (size_t i = 0; i < LENGTH_OF(subcommands); i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(argc - 1, argv + 1);
    return refuse(argv[1]);
}
