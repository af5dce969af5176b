/* postern pki: certificate authorities, certificates and their revocation, a command each. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "nearest.h"
#include "pki_order.h"
#include "pki_serve.h"
#include "pki_wait.h"
#include "postern/base/clock.h"
#include "postern/pki/crl.h"
#include "postern/pki/init.h"
#include "postern/pki/issue.h"
#include "postern/pki/revoke.h"

static void line(const char *what, const char *value)
{
    printf("%-13s %s\n", what, value);
}

static int run_init(const struct pki_order *order, struct err *err)
{
    struct pki_init_result made;
    struct pki_init_options options = {
        .directory = order->directory,
        .profile = order->profile,
        .organization = order->organization,
        .country = order->country,
        .single = (order->given & OPTION_SINGLE) != 0,
        .key = order->key,
        .root_passphrase = order->root_passphrase,
        .root_key = order->root_key,
        .root_days = order->root_days,
        .intermediate_days = order->intermediate_days,
        .root_crl_days = order->root_crl_days,
        .crl_days = order->crl_days,
        .crl_uri = order->crl_uri,
        .root_crl_uri = order->root_crl_uri,
        .ocsp_uri = order->ocsp_uri,
        .client_name = order->client_name,
        .client_ou = order->client_ou,
        .client_san = order->client_san,
        .server_name = order->server_name,
        .server_san = order->server_san,
    };
    if (pki_init(&options, &made, err) < 0)
        return STATUS_FAILED;
    line("profile:", order->directory);
    line("trust:", made.ca_bundle);
    line("crl:", made.crl_bundle);
    pki_init_result_clear(&made);
    return STATUS_DONE;
}

static struct pki_revoke_options revoke_options(const struct pki_order *order)
{
    return (struct pki_revoke_options){
        .directory = order->directory,
        .name = order->name,
        .serial = order->serial,
        .unit = order->unit,
        .all = (order->given & OPTION_ALL) != 0,
        .kind = order->given & OPTION_SERVER   ? PKI_SERVER
                : order->given & OPTION_CLIENT ? PKI_CLIENT
                                               : PKI_ANY,
        .reason = order->reason,
        .ca_passphrase = order->ca_passphrase,
    };
}

static bool names_one_thing(const struct pki_order *order)
{
    uint64_t others = order->given & (OPTION_SERIAL | OPTION_UNIT | OPTION_ALL);
    int count = (order->name != NULL) + ((others & OPTION_SERIAL) != 0) + ((others & OPTION_UNIT) != 0) +
                ((others & OPTION_ALL) != 0);
    if (count == 1)
        return true;
    fprintf(stderr, "postern pki %s: say one of NAME, %s; see \"postern pki %s --help\"\n", order->verb->name,
            order->verb->options & OPTION_ALL ? "--serial, --ou, --all" : "--serial", order->verb->name);
    return false;
}

static void report_change(const char *done, const struct pki_revoked *revoked)
{
    printf("%-13s %zu certificate%s\n", done, revoked->count, revoked->count > 1 ? "s" : "");
    if (revoked->count == 1)
        line("serial:", revoked->serial);
    line("crl:", revoked->crl_bundle);
}

static int run_revoke(const struct pki_order *order, struct err *err)
{
    struct pki_wait wait;
    struct pki_revoked revoked;
    struct pki_revoke_options options = revoke_options(order);
    bool waits = (order->given & OPTION_WAIT) != 0;
    if (!names_one_thing(order))
        return STATUS_USAGE;
    if (waits)
        pki_wait_begin(&wait, order->config, order->control);
    if (pki_revoke(&options, &revoked, err) < 0)
        return STATUS_FAILED;
    report_change("revoked:", &revoked);
    fflush(stdout);
    int result = waits ? pki_wait_end(&wait, &revoked, err) : 0;
    pki_revoked_clear(&revoked);
    return result < 0 ? STATUS_FAILED : STATUS_DONE;
}

static int run_unrevoke(const struct pki_order *order, struct err *err)
{
    struct pki_revoked revoked;
    struct pki_revoke_options options = revoke_options(order);
    if (!names_one_thing(order))
        return STATUS_USAGE;
    if (pki_unrevoke(&options, &revoked, err) < 0)
        return STATUS_FAILED;
    report_change("lifted:", &revoked);
    pki_revoked_clear(&revoked);
    return STATUS_DONE;
}

static void report_crl(const char *what, const struct pki_crl_facts *facts, bool kept)
{
    char when[CLOCK_TEXT_SIZE];
    printf("%-13s number %s, %zu revoked, next update %s%s\n", what, facts->number, facts->count,
           clock_format(facts->next_update_s, when), kept ? " (kept: its key is not here)" : "");
}

static int run_crl(const struct pki_order *order, struct err *err)
{
    struct pki_refreshed refreshed;
    struct pki_refresh_options options = {
        .directory = order->directory, .ca_passphrase = order->ca_passphrase, .root_key = order->root_key};
    if (pki_refresh(&options, &refreshed, err) < 0)
        return STATUS_FAILED;
    report_crl("root:", &refreshed.root, refreshed.root_kept);
    if (refreshed.has_intermediate)
        report_crl("intermediate:", &refreshed.intermediate, false);
    line("crl:", refreshed.crl_bundle);
    pki_refreshed_clear(&refreshed);
    return STATUS_DONE;
}

#define OPTIONS_COMMON (OPTION_PROFILE | OPTION_DIRECTORY)
#define OPTIONS_ISSUE                                                                                        \
    (OPTIONS_COMMON | OPTION_SAN | OPTION_URI | OPTION_UNIT | OPTION_DAYS | OPTION_KEY |                     \
     OPTION_CA_PASSPHRASE | OPTION_CSR | OPTION_OVERLAP)
#define OPTIONS_SELECT (OPTIONS_COMMON | OPTION_SERIAL | OPTION_SERVER | OPTION_CLIENT | OPTION_CA_PASSPHRASE)

static const struct pki_verb verbs[] = {
    {"init", "[--profile NAME] [options]", "make a profile: Root, Intermediate, their CRLs",
     "Makes Root (20 years) and Intermediate (10 years), an empty CRL for each, and what a gateway reads:\n"
     "client-ca-bundle.pem and crl-bundle.pem.",
     NAME_NONE,
     OPTIONS_COMMON | OPTION_ORGANIZATION | OPTION_COUNTRY | OPTION_SINGLE | OPTION_KEY |
         OPTION_ROOT_PASSPHRASE | OPTION_ROOT_KEY | OPTION_CLIENT_NAME | OPTION_CLIENT_OU |
         OPTION_CLIENT_SAN | OPTION_SERVER_NAME | OPTION_SERVER_SAN | OPTION_ROOT_DAYS |
         OPTION_INTERMEDIATE_DAYS | OPTION_CRL_DAYS | OPTION_ROOT_CRL_DAYS | OPTION_CRL_URI |
         OPTION_ROOT_CRL_URI | OPTION_OCSP_URI,
     run_init},
    {"server", "NAME [--csr FILE] [options]", "issue a certificate to a server",
     "Issues to a server: server/NAME/ gets cert.pem, fullchain.pem and key.pem. NAME is among its "
     "alternative\n"
     "names if it is a host name or address. An older certificate of this name is revoked.",
     NAME_MUST, OPTIONS_ISSUE, pki_server_run},
    {"client", "NAME [--csr FILE] [options]", "issue a certificate and PKCS#12 to a client",
     "Issues to a client: client/NAME/ gets cert.pem, fullchain.pem, key.pem and NAME.p12, whose passphrase "
     "is\n"
     "printed once. With --csr the key stays on its device. An older certificate of this name is revoked.",
     NAME_MUST, OPTIONS_ISSUE | OPTION_PASSPHRASE | OPTION_NO_PASSPHRASE | OPTION_LEGACY, pki_client_run},
    {"renew", "NAME [options]", "issue again to whoever has a valid certificate",
     "Issues anew with the same unit and alternative names. Who keeps the key on a device keeps it; whose "
     "key\n"
     "was made here gets a new one. The older certificate is revoked, or after --overlap.",
     NAME_MUST,
     OPTIONS_ISSUE | OPTION_PASSPHRASE | OPTION_NO_PASSPHRASE | OPTION_LEGACY | OPTION_SERVER | OPTION_CLIENT,
     pki_renew_run},
    {"revoke", "NAME | --serial HEX | --ou TEXT | --all [options]", "revoke certificates",
     "Revokes, and writes the CRL and crl-bundle.pem at once: a gateway that reads them refuses from then "
     "on. With --wait the gateway is asked, and how many connections were cut.",
     NAME_MAY,
     OPTIONS_SELECT | OPTION_UNIT | OPTION_ALL | OPTION_REASON | OPTION_WAIT | OPTION_CONFIG | OPTION_CONTROL,
     run_revoke},
    {"unrevoke", "NAME | --serial HEX [options]", "lift a certificateHold",
     "Makes a certificate valid again that was revoked with --reason certificateHold; no other can be.",
     NAME_MAY, OPTIONS_SELECT, run_unrevoke},
    {"crl", "[options]", "make all CRLs and bundles anew",
     "Makes the CRLs anew with their full life, and the bundles. The Root's is kept as it is while the "
     "Root's\n"
     "key is elsewhere.",
     NAME_NONE, OPTIONS_COMMON | OPTION_CA_PASSPHRASE | OPTION_ROOT_KEY, run_crl},
    {"rotate", "[intermediate | root --step STEP] [options]", "replace an authority, step by step",
     "Without a step: shows where a rotation stands, and what comes next.\n"
     "prepare: makes the next authority; the bundles hold both. Let every gateway read them.\n"
     "use: issues from the next one; the old one's certificates stay valid. Renew them.\n"
     "retire: revokes the old Intermediate, or drops the old Root, once nobody needs it.",
     NAME_MAY,
     OPTIONS_COMMON | OPTION_STEP | OPTION_KEY | OPTION_CA_PASSPHRASE | OPTION_ROOT_KEY |
         OPTION_ROOT_PASSPHRASE | OPTION_FORCE | OPTION_REASON,
     pki_rotate_run},
    {"list", "[options]", "list certificates", "Lists what was issued: status, end, serial, name.", NAME_NONE,
     OPTIONS_COMMON | OPTION_JSON | OPTION_EXPIRING, pki_list_run},
    {"show", "NAME | --serial HEX [options]", "show a certificate and its history",
     "Shows each certificate that the name ever had, the newest first.", NAME_MAY,
     OPTIONS_COMMON | OPTION_SERIAL | OPTION_JSON, pki_show_run},
};

/* Those that parse options of their own. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} others[] = {
    {"cron", cli_pki_cron, "for a timer: CRLs in good time, and warnings of what ends soon"},
    {"serve", cli_pki_serve, "publish CRLs and certificates over HTTP, and answer OCSP"},
    {"verify", cli_pki_verify, "ask a running gateway whether it does what it should"},
};

static void print_help(FILE *out)
{
    fprintf(out, "usage: postern pki VERB [options]\n\n");
    for (size_t i = 0; i < LENGTH_OF(verbs); i++)
        fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        fprintf(out, "  %-10s %s\n", others[i].name, others[i].summary);
    fprintf(out, "\n\"postern pki VERB --help\" tells more.\n");
}

static int run(const struct pki_verb *verb, int argc, char **argv)
{
    struct err err = {0};
    struct pki_order order;
    char text[1400];
    int status = pki_order_parse(&order, verb, argc, argv);
    if (status < 0)
        status = verb->run(&order, &err);
    if (err_is_set(&err) && status != STATUS_DONE)
        fprintf(stderr, "postern pki %s: %s\n", verb->name, err_format(&err, text, sizeof text));
    pki_order_clear(&order);
    if (fflush(stdout) != 0 && status == STATUS_DONE) {
        fprintf(stderr, "postern pki %s: cannot write to standard output\n", verb->name);
        status = STATUS_FAILED;
    }
    return status;
}

static int refuse(const char *verb)
{
    const char *names[LENGTH_OF(verbs) + LENGTH_OF(others)];
    for (size_t i = 0; i < LENGTH_OF(verbs); i++)
        names[i] = verbs[i].name;
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        names[LENGTH_OF(verbs) + i] = others[i].name;
    const char *nearest = nearest_text(verb, names, LENGTH_OF(names));
    fprintf(stderr, "postern pki: unknown verb \"%s\"; ", verb);
    if (nearest != NULL)
        fprintf(stderr, "did you mean \"%s\"?\n", nearest);
    else
        fputs("see \"postern pki --help\"\n", stderr);
    return STATUS_USAGE;
}

int cli_pki(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        print_help(stdout);
        return STATUS_DONE;
    }
    for (size_t i = 0; argc >= 2 && i < LENGTH_OF(verbs); i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return run(&verbs[i], argc - 1, argv + 1);
    for (size_t i = 0; argc >= 2 && i < LENGTH_OF(others); i++)
        if (strcmp(argv[1], others[i].name) == 0)
            return others[i].run(argc - 1, argv + 1);
    if (argc < 2) {
        print_help(stderr);
        return STATUS_USAGE;
    }
    return refuse(argv[1]);
}
