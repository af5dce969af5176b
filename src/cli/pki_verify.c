/* postern pki verify */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki_order.h"
#include "pki_serve.h"
#include "postern/base/memory.h"
#include "postern/pki/verify.h"

#define STATUS_UNKNOWN 3
#define WITHIN_S       10

static void print(void *context, const struct pki_finding *finding)
{
    static const char *const words[] = {"ok", "FAIL", "?"};
    const bool *quiet = context;
    if (*quiet && finding->outcome == PKI_VERIFY_GOOD)
        return;
    printf("%-5s %-24s %s\n", words[finding->outcome], finding->name, finding->detail);
    if (*finding->advice)
        printf("%-5s %-24s -> %s\n", "", "", finding->advice);
}

/* "https://host:port" or "https://[v6]:port", with or without a slash behind. Gives host and port. */
static int take_gateway(const char *url, char **host, char **port)
{
    struct slice text = slice_text(url);
    static const struct slice scheme = SLICE_CONSTANT("https://");
    if (!slice_starts_with(text, scheme))
        return -1;
    text = slice_after(text, scheme.length);
    text = slice_before(text, slice_find(text, '/'));
    bool is_v6 = text.length > 0 && text.data[0] == '[';
    size_t end = is_v6 ? slice_find(text, ']') : slice_find(text, ':');
    size_t begin = is_v6 ? 1 : 0;
    if (end == text.length && is_v6)
        return -1;
    struct slice rest = slice_after(text, end + begin);
    if (end <= begin || (rest.length > 0 && (rest.data[0] != ':' || rest.length < 2)))
        return -1;
    *host = xstrndup(text.data + begin, end - begin);
    *port = rest.length > 0 ? xstrndup(rest.data + 1, rest.length - 1) : xstrdup("443");
    return 0;
}

int cli_pki_verify(int argc, char **argv)
{
    const char *directory = NULL, *profile = NULL, *gateway = NULL, *passphrase_file = NULL;
    bool quiet = false, read_only = false;
    const struct option_row rows[] = {
        {"gateway", "URL", "https://HOST:PORT", &gateway, NULL},
        {"profile", "NAME", "the profile (default: \"default\")", &profile, NULL},
        {"dir", "DIR", "its directory", &directory, NULL},
        {"read-only", NULL, "issue and revoke no canary", NULL, &read_only},
        {"ca-passphrase-file", "FILE", "passphrase of an encrypted authority's key", &passphrase_file, NULL},
        {"quiet", NULL, "only what is not as it should be", NULL, &quiet},
    };
    const struct command command = {
        "pki verify", "--gateway URL [options]",
        "Asks a running gateway whether it does what it should: with no certificate, with a canary's, with "
        "the\n"
        "canary's after its revocation. Exit status 0: all is well; 1: it is not; 3: that cannot be told.",
        rows, LENGTH_OF(rows)};
    struct err err = {0};
    enum pki_outcome outcome = PKI_VERIFY_UNKNOWN;
    char *host = NULL, *port = NULL, *passphrase = NULL;
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    if (gateway == NULL || take_gateway(gateway, &host, &port) < 0)
        return options_misuse(&command, "--gateway https://HOST:PORT is needed", "");
    char *where = cli_pki_directory(&command, directory, profile);
    struct pki_verify_options options = {.directory = where,
                                         .host = host,
                                         .port = port,
                                         .within_s = WITHIN_S,
                                         .read_only = read_only,
                                         .each = print,
                                         .context = &quiet};
    if (where == NULL ||
        (passphrase_file != NULL && pki_take_passphrase(passphrase_file, &passphrase, &err) < 0))
        status = where == NULL ? STATUS_FAILED : cli_pki_failed(&command, &err);
    options.ca_passphrase = passphrase;
    if (status < 0)
        status = pki_verify(&options, &outcome, &err) < 0 ? cli_pki_failed(&command, &err)
                 : outcome == PKI_VERIFY_GOOD             ? STATUS_DONE
                 : outcome == PKI_VERIFY_BAD              ? STATUS_FAILED
                                                          : STATUS_UNKNOWN;
    pki_cleanse_text(passphrase);
    free(where);
    free(host);
    free(port);
    return status;
}
