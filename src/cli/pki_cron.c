/* postern pki cron: for a timer. */
#include <stdio.h>
#include <stdlib.h>

#include "pki_order.h"
#include "pki_serve.h"
#include "postern/pki/cron.h"
#include "postern/pki/settings.h"

/* Warnings go where a timer's mail and journal look first. */
static void tell(void *context, bool is_warning, const char *text)
{
    const bool *quiet = context;
    if (is_warning)
        fprintf(stderr, "warning: %s\n", text);
    else if (!*quiet)
        printf("%s\n", text);
}

int cli_pki_cron(int argc, char **argv)
{
    const char *directory = NULL, *profile = NULL, *days = NULL, *passphrase_file = NULL;
    bool always = false, quiet = false;
    const struct option_row rows[] = {
        {"profile", "NAME", "the profile (default: \"default\")", &profile, NULL},
        {"dir", "DIR", "its directory", &directory, NULL},
        {"always", NULL, "new CRLs each time, not only past two thirds of their life", NULL, &always},
        {"warn", "Nd", "warn of certificates that end within N days (default: 14d)", &days, NULL},
        {"ca-passphrase-file", "FILE", "passphrase of an encrypted authority's key", &passphrase_file, NULL},
        {"quiet", NULL, "say nothing but warnings", NULL, &quiet},
    };
    const struct command command = {
        "pki cron", "[options]",
        "One command for a timer: makes CRLs anew when they are past two thirds of their life, renews the\n"
        "certificates that sign OCSP answers, and warns of what ends soon. Exit status 0: all is well; 1: "
        "there\n"
        "is a warning, or it failed.",
        rows, LENGTH_OF(rows)};
    struct err err = {0};
    struct pki_cron_options options = {
        .always = always, .days = PKI_CRON_DAYS_DEFAULT, .tell = tell, .context = &quiet};
    char *passphrase = NULL, *where = NULL;
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    options.always = always;
    if (days != NULL && pki_take_span(days, &options.days, &err) < 0)
        return options_misuse(&command, err.text, "");
    if (passphrase_file != NULL && pki_take_passphrase(passphrase_file, &passphrase, &err) < 0)
        return cli_pki_failed(&command, &err);
    options.ca_passphrase = passphrase;
    where = cli_pki_directory(&command, directory, profile);
    options.directory = where;
    int warnings = where != NULL ? pki_cron(&options, &err) : -1;
    if (where != NULL && warnings < 0)
        (void)cli_pki_failed(&command, &err);
    pki_cleanse_text(passphrase);
    free(where);
    return warnings == 0 ? STATUS_DONE : STATUS_FAILED;
}
