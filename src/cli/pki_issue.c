/* postern pki server, client and renew. */
#include <stdio.h>

#include "pki_order.h"
#include "postern/base/clock.h"
#include "postern/pki/issue.h"
#include "postern/pki/request.h"

static void line(const char *what, const char *value)
{
    printf("%-13s %s\n", what, value);
}

static void report_issued(const struct pki_issued *issued)
{
    char when[CLOCK_TEXT_SIZE];
    line("serial:", issued->serial);
    line("expires:", clock_format(issued->not_after_s, when));
    line("certificate:", issued->certificate);
    line("chain:", issued->fullchain);
    if (issued->key)
        line("key:", issued->key);
    if (issued->pkcs12)
        line("pkcs12:", issued->pkcs12);
    /* Exactly so: scripts look for it. */
    if (issued->passphrase[0])
        printf("passphrase: %s\n", issued->passphrase);
    if (issued->superseded > 0)
        printf("%-13s %zu older certificate%s of this name\n", "revoked:", issued->superseded,
               issued->superseded > 1 ? "s" : "");
    if (issued->overlapping > 0)
        printf("%-13s %zu older certificate%s, until the overlap ends\n", "valid still:", issued->overlapping,
               issued->overlapping > 1 ? "s" : "");
}

static int issue(const struct pki_order *order, enum pki_kind kind, bool again, struct err *err)
{
    struct pki_issued issued;
    struct pki_issue_options options = {
        .directory = order->directory,
        .name = order->name,
        .unit = order->unit,
        .san = order->san,
        .days = order->days,
        .key = order->key,
        .ca_passphrase = order->ca_passphrase,
        .passphrase = order->passphrase,
        .no_passphrase = (order->given & OPTION_NO_PASSPHRASE) != 0,
        .legacy_pkcs12 = (order->given & OPTION_LEGACY) != 0,
        .overlap_days = order->overlap_days,
    };
    struct pki_request *request = NULL;
    if (order->csr && pki_request_load(order->csr, &request, err) < 0)
        return STATUS_FAILED;
    options.request = request;
    int result = again                ? pki_renew(kind, &options, &issued, err)
                 : kind == PKI_SERVER ? pki_issue_server(&options, &issued, err)
                                      : pki_issue_client(&options, &issued, err);
    pki_request_free(request);
    if (result < 0)
        return STATUS_FAILED;
    report_issued(&issued);
    pki_issued_clear(&issued);
    return STATUS_DONE;
}

int pki_server_run(const struct pki_order *order, struct err *err)
{
    return issue(order, PKI_SERVER, false, err);
}

int pki_client_run(const struct pki_order *order, struct err *err)
{
    return issue(order, PKI_CLIENT, false, err);
}

int pki_renew_run(const struct pki_order *order, struct err *err)
{
    enum pki_kind kind = order->given & OPTION_SERVER   ? PKI_SERVER
                         : order->given & OPTION_CLIENT ? PKI_CLIENT
                                                        : PKI_ANY;
    return issue(order, kind, true, err);
}
