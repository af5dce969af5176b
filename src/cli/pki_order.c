#include "pki_order.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/profile.h"

#define PASSPHRASE_FILE_MAX 4096u
#define HELP_COLUMN         34

static const struct row {
    uint64_t option;
    const char *name;
    const char *value; /* NULL: a switch */
    const char *help;
} rows[] = {
    {OPTION_PROFILE, "profile", "NAME", "the profile: a PKI of its own (default: \"default\")"},
    {OPTION_DIRECTORY, "dir", "DIR",
     "its directory (default: /var/lib/postern/pki/NAME for root, else ~/.postern/pki/NAME)"},
    {OPTION_ORGANIZATION, "org", "TEXT", "organisation (O) of every subject"},
    {OPTION_COUNTRY, "country", "XX", "country (C) of every subject"},
    {OPTION_SINGLE, "single", NULL, "one authority instead of Root and Intermediate"},
    {OPTION_KEY, "key", "KIND", "p256 (default), p384, ed25519, rsa2048, rsa3072, rsa4096"},
    {OPTION_ROOT_PASSPHRASE, "root-passphrase-file", "FILE", "encrypt the Root's key under this passphrase"},
    {OPTION_ROOT_KEY, "root-key", "FILE", "the Root's key lies there, not in root/private (offline)"},
    {OPTION_ROOT_DAYS, "root-days", "N", "life of the Root (default 7305)"},
    {OPTION_INTERMEDIATE_DAYS, "intermediate-days", "N", "life of the Intermediate (default 3652)"},
    {OPTION_CRL_DAYS, "crl-days", "N", "life of the issuing authority's CRL (default 30)"},
    {OPTION_ROOT_CRL_DAYS, "root-crl-days", "N", "life of the Root's CRL (default 365)"},
    {OPTION_CRL_URI, "crl-uri", "URI", "CRL distribution point in certificates"},
    {OPTION_ROOT_CRL_URI, "root-crl-uri", "URI", "CRL distribution point in the Intermediate's certificate"},
    {OPTION_OCSP_URI, "ocsp-uri", "URI", "OCSP responder in certificates"},
    {OPTION_CLIENT_NAME, "client-name", "LIST",
     "patterns of names that clients may have, as '*.{uuid}.acme.internal'"},
    {OPTION_CLIENT_OU, "client-ou", "LIST", "patterns of their units, as 'sales, research'"},
    {OPTION_CLIENT_SAN, "client-san", "LIST",
     "patterns of their alternative names, as 'URI:spiffe://acme/**'"},
    {OPTION_SERVER_NAME, "server-name", "LIST", "patterns of names that servers may have"},
    {OPTION_SERVER_SAN, "server-san", "LIST", "patterns of their alternative names"},
    {OPTION_SAN, "san", "LIST", "alternative names: DNS:a,IP:192.0.2.1,URI:b,email:c; repeatable"},
    {OPTION_URI, "uri", "URI", "an alternative name that is a URI, as spiffe://...; repeatable"},
    {OPTION_UNIT, "ou", "TEXT", "organisational unit (OU), for clients their domain"},
    {OPTION_CSR, "csr", "FILE", "certify the key of this request (PKCS#10); NAME may be left out for its CN"},
    {OPTION_DAYS, "days", "N", "life (default: the profile's, 90 for servers and 30 for clients)"},
    {OPTION_OVERLAP, "overlap", "Nd", "older certificates of the name stay valid for N days more"},
    {OPTION_PASSPHRASE, "passphrase-file", "FILE",
     "passphrase of the PKCS#12 (default: a random one, printed)"},
    {OPTION_NO_PASSPHRASE, "no-passphrase", NULL, "the PKCS#12 opens with the empty passphrase"},
    {OPTION_LEGACY, "legacy-p12", NULL, "PKCS#12 for old systems and Apple's (PBE-SHA1-3DES)"},
    {OPTION_SERIAL, "serial", "HEX", "the certificate with this serial"},
    {OPTION_ALL, "all", NULL, "every valid certificate of the profile"},
    {OPTION_SERVER, "server", NULL, "servers only, where a client has the same name"},
    {OPTION_CLIENT, "client", NULL, "clients only, where a server has the same name"},
    {OPTION_REASON, "reason", "WHY",
     "keyCompromise, superseded, certificateHold, ... (default: unspecified)"},
    {OPTION_CA_PASSPHRASE, "ca-passphrase-file", "FILE", "passphrase of an encrypted authority's key"},
    {OPTION_STEP, "step", "STEP", "prepare, use or retire"},
    {OPTION_FORCE, "force", NULL, "shut out who has a valid certificate of the old authority"},
    {OPTION_WAIT, "wait", NULL, "ask the gateway, and report that it refuses them now"},
    {OPTION_CONFIG, "config", "FILE", "with --wait: the gateway that runs with this configuration"},
    {OPTION_CONTROL, "control", "SOCKET", "with --wait: the gateway that listens there"},
    {OPTION_JSON, "json", NULL, "as JSON"},
    {OPTION_EXPIRING, "expiring", "Nd", "only valid ones that end within N days"},
};

enum { HELP = LENGTH_OF(rows) };

static void print_help(const struct pki_verb *verb)
{
    printf("usage: postern pki %s%s%s\n\n%s\n\n", verb->name, *verb->synopsis ? " " : "", verb->synopsis,
           verb->text);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char left[64];
        if (!(verb->options & rows[i].option))
            continue;
        snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                 rows[i].value ? rows[i].value : "");
        printf("  %-*s%s\n", HELP_COLUMN, left, rows[i].help);
    }
    printf("  %-*s%s\n", HELP_COLUMN, "--help", "this text");
}

static int misuse(const struct pki_verb *verb, const char *what, const char *which)
{
    fprintf(stderr, "postern pki %s: %s%s; see \"postern pki %s --help\"\n", verb->name, what, which,
            verb->name);
    return STATUS_USAGE;
}

static void append_name(struct pki_order *order, const char *prefix, const char *value)
{
    char *before = order->san;
    if (asprintf(&order->san, "%s%s%s%s", before ? before : "", before ? "," : "", prefix, value) < 0)
        abort();
    free(before);
}

static int take_number(const char *value, uint64_t *out, struct err *err)
{
    if (!slice_to_u64(slice_text(value), PKI_DAYS_MAX, out) || *out == 0)
        return err_set(err, "\"%s\" is no number of days; 1 to %u would be right", value, PKI_DAYS_MAX);
    return 0;
}

int pki_take_span(const char *value, uint64_t *out, struct err *err)
{
    struct slice text = slice_text(value);
    if (text.length > 1 && text.data[text.length - 1] == 'd')
        text = slice_before(text, text.length - 1);
    if (!slice_to_u64(text, PKI_DAYS_MAX, out))
        return err_set(err, "\"%s\" is no span; days, as 14d, would be right", value);
    return 0;
}

/* The first line of a file, without its end. */
int pki_take_passphrase(const char *path, char **out, struct err *err)
{
    struct buffer text;
    free(*out);
    *out = NULL;
    if (file_read(path, PASSPHRASE_FILE_MAX, &text, NULL, err) < 0)
        return -1;
    struct slice view = buffer_view(&text);
    struct slice line = slice_before(view, slice_find(view, '\n'));
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line = slice_before(line, line.length - 1);
    if (line.length > 0 && slice_find(line, '\0') == line.length)
        *out = xstrndup(line.data, line.length);
    if (view.length > 0)
        memory_cleanse(text.data + text.begin, view.length);
    buffer_clear(&text);
    return *out ? 0 : err_set_at(err, path, 1, "no passphrase in the first line");
}

static int take_text(struct pki_order *order, uint64_t option, const char *value)
{
    const struct {
        uint64_t option;
        const char **out;
    } texts[] = {
        {OPTION_PROFILE, &order->profile},
        {OPTION_ORGANIZATION, &order->organization},
        {OPTION_COUNTRY, &order->country},
        {OPTION_CRL_URI, &order->crl_uri},
        {OPTION_ROOT_CRL_URI, &order->root_crl_uri},
        {OPTION_OCSP_URI, &order->ocsp_uri},
        {OPTION_UNIT, &order->unit},
        {OPTION_SERIAL, &order->serial},
        {OPTION_CSR, &order->csr},
        {OPTION_ROOT_KEY, &order->root_key},
        {OPTION_STEP, &order->step},
        {OPTION_CONFIG, &order->config},
        {OPTION_CONTROL, &order->control},
        {OPTION_BATCH, &order->batch},
        {OPTION_CLIENT_NAME, &order->client_name},
        {OPTION_CLIENT_OU, &order->client_ou},
        {OPTION_CLIENT_SAN, &order->client_san},
        {OPTION_SERVER_NAME, &order->server_name},
        {OPTION_SERVER_SAN, &order->server_san},
    };
    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        if (texts[i].option != option)
            continue;
        *texts[i].out = value;
        return 0;
    }
    return -1;
}

static int take_value(struct pki_order *order, uint64_t option, const char *value, struct err *err)
{
    switch (option) {
    case OPTION_DIRECTORY:
        free(order->directory);
        order->directory = xstrdup(value);
        return *value ? 0 : err_set(err, "--dir is empty");
    case OPTION_SAN:
        append_name(order, "", value);
        return 0;
    case OPTION_URI:
        append_name(order, "URI:", value);
        return 0;
    case OPTION_KEY:
        return pki_key_type_parse(value, &order->key, err);
    case OPTION_REASON:
        return pki_reason_parse(value, &order->reason, err);
    case OPTION_DAYS:
        return take_number(value, &order->days, err);
    case OPTION_ROOT_DAYS:
        return take_number(value, &order->root_days, err);
    case OPTION_INTERMEDIATE_DAYS:
        return take_number(value, &order->intermediate_days, err);
    case OPTION_CRL_DAYS:
        return take_number(value, &order->crl_days, err);
    case OPTION_ROOT_CRL_DAYS:
        return take_number(value, &order->root_crl_days, err);
    case OPTION_OVERLAP:
        return pki_take_span(value, &order->overlap_days, err);
    case OPTION_EXPIRING:
        return pki_take_span(value, &order->expiring_days, err);
    case OPTION_ROOT_PASSPHRASE:
        return pki_take_passphrase(value, &order->root_passphrase, err);
    case OPTION_CA_PASSPHRASE:
        return pki_take_passphrase(value, &order->ca_passphrase, err);
    case OPTION_PASSPHRASE:
        return pki_take_passphrase(value, &order->passphrase, err);
    default:
        return take_text(order, option, value);
    }
}

static int take_option(struct pki_order *order, size_t row, struct err *err)
{
    static const uint64_t repeatable = OPTION_SAN | OPTION_URI;
    if (!(order->verb->options & rows[row].option))
        return misuse(order->verb, "takes no --", rows[row].name);
    if (order->given & rows[row].option & ~repeatable)
        return misuse(order->verb, "twice --", rows[row].name);
    order->given |= rows[row].option;
    if (!rows[row].value || take_value(order, rows[row].option, optarg, err) == 0)
        return -1;
    char text[1400];
    fprintf(stderr, "postern pki %s: --%s: %s\n", order->verb->name, rows[row].name,
            err_format(err, text, sizeof text));
    /* A file that cannot be read is a failure; all else is a wrong command. */
    return err->path[0] ? STATUS_FAILED : STATUS_USAGE;
}

static int parse_options(struct pki_order *order, int argc, char **argv, struct err *err)
{
    struct option options[LENGTH_OF(rows) + 2] = {0};
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        options[i] = (struct option){rows[i].name, rows[i].value ? required_argument : no_argument, NULL,
                                     (int)i};
    options[HELP] = (struct option){"help", no_argument, NULL, HELP};
    optind = 0; /* glibc: begin anew, after main() has parsed its own */
    opterr = 0;
    for (;;) {
        int row = getopt_long(argc, argv, ":", options, NULL);
        if (row == -1)
            return -1;
        if (row == HELP) {
            print_help(order->verb);
            return STATUS_DONE;
        }
        if (row == ':')
            return misuse(order->verb, "a value is missing behind ", argv[optind - 1]);
        if (row == '?')
            return misuse(order->verb, "unknown option ", argv[optind - 1]);
        int status = take_option(order, (size_t)row, err);
        if (status >= 0)
            return status;
    }
}

static int take_operand(struct pki_order *order, int argc, char **argv)
{
    if (argc - optind > (order->verb->need == NAME_NONE ? 0 : 1))
        return misuse(order->verb, "too many names: ", argv[argc - 1]);
    if (optind < argc)
        order->name = argv[optind];
    if (order->verb->need == NAME_MUST && !order->name && !order->csr)
        return misuse(order->verb, "a name is missing", "");
    if ((order->given & OPTION_PASSPHRASE) && (order->given & OPTION_NO_PASSPHRASE))
        return misuse(order->verb, "--passphrase-file and --no-passphrase exclude each other", "");
    if (order->csr &&
        (order->given & (OPTION_KEY | OPTION_PASSPHRASE | OPTION_NO_PASSPHRASE | OPTION_LEGACY)))
        return misuse(order->verb,
                      "with --csr the key is the device's: leave out --key, --legacy-p12 and "
                      "passphrases",
                      "");
    if (((order->given & OPTION_WAIT) != 0) != ((order->config != NULL) != (order->control != NULL)))
        return misuse(order->verb, "--wait goes with one of --config and --control", "");
    if ((order->given & OPTION_SERVER) && (order->given & OPTION_CLIENT))
        return misuse(order->verb, "--server and --client exclude each other", "");
    return -1;
}

int pki_order_parse(struct pki_order *order, const struct pki_verb *verb, int argc, char **argv)
{
    struct err err = {0};
    char text[1400];
    *order = (struct pki_order){.verb = verb, .profile = "default"};
    int status = parse_options(order, argc, argv, &err);
    if (status < 0)
        status = take_operand(order, argc, argv);
    if (status >= 0 || order->directory)
        return status;
    if (pki_profile_default_directory(order->profile, &order->directory, &err) == 0)
        return -1;
    fprintf(stderr, "postern pki %s: --profile: %s\n", verb->name, err_format(&err, text, sizeof text));
    return STATUS_FAILED;
}

void pki_cleanse_text(char *secret)
{
    if (secret)
        memory_cleanse(secret, strlen(secret));
    free(secret);
}

void pki_order_clear(struct pki_order *order)
{
    pki_cleanse_text(order->root_passphrase);
    pki_cleanse_text(order->ca_passphrase);
    pki_cleanse_text(order->passphrase);
    free(order->directory);
    free(order->san);
    *order = (struct pki_order){0};
}
