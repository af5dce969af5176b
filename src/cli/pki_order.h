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
#define PKI_OPTION(number)       (UINT64_C(1) << (number))
#define OPTION_PROFILE           PKI_OPTION(0)
#define OPTION_DIRECTORY         PKI_OPTION(1)
#define OPTION_ORGANIZATION      PKI_OPTION(2)
#define OPTION_COUNTRY           PKI_OPTION(3)
#define OPTION_SINGLE            PKI_OPTION(4)
#define OPTION_KEY               PKI_OPTION(5)
#define OPTION_ROOT_PASSPHRASE   PKI_OPTION(6)
#define OPTION_ROOT_DAYS         PKI_OPTION(7)
#define OPTION_INTERMEDIATE_DAYS PKI_OPTION(8)
#define OPTION_CRL_DAYS          PKI_OPTION(9)
#define OPTION_ROOT_CRL_DAYS     PKI_OPTION(10)
#define OPTION_CRL_URI           PKI_OPTION(11)
#define OPTION_ROOT_CRL_URI      PKI_OPTION(12)
#define OPTION_OCSP_URI          PKI_OPTION(13)
#define OPTION_SAN               PKI_OPTION(14)
#define OPTION_URI               PKI_OPTION(15)
#define OPTION_UNIT              PKI_OPTION(16)
#define OPTION_DAYS              PKI_OPTION(17)
#define OPTION_PASSPHRASE        PKI_OPTION(18)
#define OPTION_NO_PASSPHRASE     PKI_OPTION(19)
#define OPTION_LEGACY            PKI_OPTION(20)
#define OPTION_SERIAL            PKI_OPTION(21)
#define OPTION_ALL               PKI_OPTION(22)
#define OPTION_SERVER            PKI_OPTION(23)
#define OPTION_CLIENT            PKI_OPTION(24)
#define OPTION_REASON            PKI_OPTION(25)
#define OPTION_CA_PASSPHRASE     PKI_OPTION(26)
#define OPTION_JSON              PKI_OPTION(27)
#define OPTION_EXPIRING          PKI_OPTION(28)
#define OPTION_CSR               PKI_OPTION(29)
#define OPTION_OVERLAP           PKI_OPTION(30)
#define OPTION_ROOT_KEY          PKI_OPTION(31)
#define OPTION_STEP              PKI_OPTION(32)
#define OPTION_FORCE             PKI_OPTION(33)
#define OPTION_CLIENT_NAME       PKI_OPTION(34)
#define OPTION_CLIENT_OU         PKI_OPTION(35)
#define OPTION_CLIENT_SAN        PKI_OPTION(36)
#define OPTION_SERVER_NAME       PKI_OPTION(37)
#define OPTION_SERVER_SAN        PKI_OPTION(38)
#define OPTION_WAIT              PKI_OPTION(39)
#define OPTION_CONFIG            PKI_OPTION(40)
#define OPTION_CONTROL           PKI_OPTION(41)
#define OPTION_BATCH             PKI_OPTION(42)

enum pki_name_need { NAME_NONE, NAME_MAY, NAME_MUST };

struct pki_order;

struct pki_verb {
    const char *name;
    const char *synopsis; /* what follows the name, for the usage line */
    const char *summary;  /* one line for the list of verbs */
    const char *text;     /* a paragraph for the help of the verb */
    enum pki_name_need need;
    uint64_t options;                                           /* of them any may be given */
    int (*run)(const struct pki_order *order, struct err *err); /* a status */
};

struct pki_order {
    const struct pki_verb *verb;
    const char *name; /* the operand, or NULL */
    uint64_t given;   /* options that were */
    const char *profile, *organization, *country;
    char *directory; /* of --dir, or the default of the profile */
    const char *crl_uri, *root_crl_uri, *ocsp_uri, *root_key, *step, *config, *control, *batch;
    const char *client_name, *client_ou, *client_san, *server_name, *server_san; /* patterns */
    const char *unit, *serial, *csr;
    char *san; /* all --san and --uri, with commas */
    uint64_t days, root_days, intermediate_days, crl_days, root_crl_days, expiring_days, overlap_days;
    enum pki_key_type key;
    enum pki_reason reason;
    char *root_passphrase, *ca_passphrase, *passphrase; /* cleansed by pki_order_clear() */
};

/* Parse the arguments of a verb; argv[0] is its name. Returns -1 to go on, or an exit status: help was
 * printed, or the mistake was. Clear in any case. */
NODISCARD int pki_order_parse(struct pki_order *order, const struct pki_verb *verb, int argc, char **argv);
void pki_order_clear(struct pki_order *order);

/* Values that other verbs read too. Days, as "14" or "14d"; the first line of a file, to be given to
 * pki_cleanse_text(). Return 0, or -1 with err. */
NODISCARD int pki_take_span(const char *value, uint64_t *out, struct err *err);
NODISCARD int pki_take_passphrase(const char *path, char **out, struct err *err);
/* Overwrite and free; NULL is fine. */
void pki_cleanse_text(char *secret);

/* postern pki server, client and renew. */
int pki_server_run(const struct pki_order *order, struct err *err);
int pki_client_run(const struct pki_order *order, struct err *err);
int pki_renew_run(const struct pki_order *order, struct err *err);
/* postern pki rotate. */
int pki_rotate_run(const struct pki_order *order, struct err *err);
/* postern pki list and show. */
int pki_list_run(const struct pki_order *order, struct err *err);
int pki_show_run(const struct pki_order *order, struct err *err);

#endif
