/* What a command line of postern pki asks for: the options of all verbs, parsed from one table, from which
 * the help of each verb is printed too. */
#ifndef POSTERN_CLI_PKI_ORDER_H
#define POSTERN_CLI_PKI_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/database.h"
#include "postern/pki/issue.h"
#include "postern/pki/key.h"

/* Exit statuses. */
#define STATUS_DONE   0
#define STATUS_FAILED 1
#define STATUS_USAGE  2

/* Each option is a bit, so that a verb can say which it takes. */
enum pki_option {
    OPTION_PROFILE = 1 << 0,
    OPTION_DIRECTORY = 1 << 1,
    OPTION_ORGANIZATION = 1 << 2,
    OPTION_COUNTRY = 1 << 3,
    OPTION_SINGLE = 1 << 4,
    OPTION_KEY = 1 << 5,
    OPTION_ROOT_PASSPHRASE = 1 << 6,
    OPTION_ROOT_DAYS = 1 << 7,
    OPTION_INTERMEDIATE_DAYS = 1 << 8,
    OPTION_CRL_DAYS = 1 << 9,
    OPTION_ROOT_CRL_DAYS = 1 << 10,
    OPTION_CRL_URI = 1 << 11,
    OPTION_ROOT_CRL_URI = 1 << 12,
    OPTION_OCSP_URI = 1 << 13,
    OPTION_SAN = 1 << 14,
    OPTION_URI = 1 << 15,
    OPTION_UNIT = 1 << 16,
    OPTION_DAYS = 1 << 17,
    OPTION_PASSPHRASE = 1 << 18,
    OPTION_NO_PASSPHRASE = 1 << 19,
    OPTION_LEGACY = 1 << 20,
    OPTION_SERIAL = 1 << 21,
    OPTION_ALL = 1 << 22,
    OPTION_SERVER = 1 << 23,
    OPTION_CLIENT = 1 << 24,
    OPTION_REASON = 1 << 25,
    OPTION_CA_PASSPHRASE = 1 << 26,
    OPTION_JSON = 1 << 27,
    OPTION_EXPIRING = 1 << 28,
};

enum pki_name_need { NAME_NONE, NAME_MAY, NAME_MUST };

struct pki_order;

struct pki_verb {
    const char *name;
    const char *synopsis; /* what follows the name, for the usage line */
    const char *summary;  /* one line for the list of verbs */
    const char *text;     /* a paragraph for the help of the verb */
    enum pki_name_need need;
    unsigned options; /* enum pki_option, of them any may be given */
    int (*run)(const struct pki_order *order, struct err *err); /* a status */
};

struct pki_order {
    const struct pki_verb *verb;
    const char *name; /* the operand, or NULL */
    unsigned given;   /* options that were */
    const char *profile, *organization, *country;
    char *directory; /* of --dir, or the default of the profile */
    const char *crl_uri, *root_crl_uri, *ocsp_uri;
    const char *unit, *serial;
    char *san; /* all --san and --uri, with commas */
    uint64_t days, root_days, intermediate_days, crl_days, root_crl_days, expiring_days;
    enum pki_key_type key;
    enum pki_reason reason;
    char *root_passphrase, *ca_passphrase, *passphrase; /* cleansed by pki_order_clear() */
};

/* Parse the arguments of a verb; argv[0] is its name. Returns -1 to go on, or an exit status: help was
 * printed, or the mistake was. Clear in any case. */
NODISCARD int pki_order_parse(struct pki_order *order, const struct pki_verb *verb, int argc, char **argv);
void pki_order_clear(struct pki_order *order);

/* postern pki list and show. */
int pki_list_run(const struct pki_order *order, struct err *err);
int pki_show_run(const struct pki_order *order, struct err *err);

#endif
