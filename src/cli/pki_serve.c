/* postern pki serve */
#include "pki_serve.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "postern/base/memory.h"
#include "postern/base/process.h"
#include "postern/pki/profile.h"
#include "postern/pki/serve.h"

#define LISTEN_DEFAULT "127.0.0.1:8888"

char *cli_pki_directory(const struct command *command, const char *directory, const char *profile)
{
    struct err err = {0};
    char *out = NULL;
    if (directory != NULL)
        return xstrdup(directory);
    if (pki_profile_default_directory(profile != NULL ? profile : "default", &out, &err) == 0)
        return out;
    (void)cli_pki_failed(command, &err);
    return NULL;
}

int cli_pki_failed(const struct command *command, const struct err *err)
{
    char text[1400];
    fprintf(stderr, "postern %s: %s\n", command->name, err_format(err, text, sizeof text));
    return STATUS_FAILED;
}

/* Addresses between commas. Returns how many, or 0. */
static size_t take_addresses(const char *text, struct address out[PKI_LISTEN_MAX])
{
    struct slice rest = slice_text(text), part;
    size_t count = 0;
    while (slice_split(&rest, ',', &part))
        if (count == PKI_LISTEN_MAX || address_parse(slice_trim(part), &out[count++]) < 0)
            return 0;
    return count;
}

static int take_user(const char *name, struct pki_serve_options *options)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam(name) : NULL;
    if (geteuid() != 0)
        return 0;
    if (user == NULL || user->pw_uid == 0)
        return -1;
    options->uid = user->pw_uid;
    options->gid = user->pw_gid;
    return 0;
}

int cli_pki_serve(int argc, char **argv)
{
    const char *directory = NULL, *profile = NULL, *listen = LISTEN_DEFAULT, *user = "nobody", *max_age = "0";
    const struct option_row rows[] = {
        {"profile", "NAME", "the profile (default: \"default\")", &profile, NULL},
        {"dir", "DIR", "its directory", &directory, NULL},
        {"listen", "ADDR,...", "where to listen (default: " LISTEN_DEFAULT ")", &listen, NULL},
        {"user", "NAME", "when started by root: who answers (default: nobody)", &user, NULL},
        {"max-age", "SECONDS", "files may be kept no longer than this (default: until nextUpdate)", &max_age,
         NULL},
    };
    const struct command command = {
        "pki serve", "[--listen ADDR,...] [options]",
        "Publishes CRLs and CA certificates over HTTP, and answers OCSP: read-only, by a process without "
        "files\n"
        "and privileges. A change in the profile's directory shows within a second.",
        rows, LENGTH_OF(rows)};
    struct err err = {0};
    struct address addresses[PKI_LISTEN_MAX];
    struct pki_serve_options options = {.listen = addresses};
    uint64_t age_s = 0;
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    options.listen_count = take_addresses(listen, addresses);
    if (options.listen_count == 0)
        return options_misuse(&command, "no address, as 127.0.0.1:8888 or unix:/run/pki.sock: ", listen);
    if (!slice_to_u64(slice_text(max_age), UINT32_MAX, &age_s))
        return options_misuse(&command, "no number of seconds: ", max_age);
    if (take_user(user, &options) < 0)
        return options_misuse(&command, "no user without rights: ", user);
    options.max_age_s = (uint32_t)age_s;
    char *where = cli_pki_directory(&command, directory, profile);
    if (where == NULL)
        return STATUS_FAILED;
    options.directory = where;
    status = pki_serve(&options, &err) == 0 ? STATUS_DONE : cli_pki_failed(&command, &err);
    free(where);
    return status;
}
