#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "crypto_error.h"
#include "issuance.h"
#include "pattern.h"
#include "postern/pki/name.h"
#include "postern/pki/request.h"
#include "san.h"

static bool is_server(const struct issuance *issuance)
{
    return issuance->kind == PKI_SERVER;
}

static int choose_name(struct issuance *issuance, struct err *err)
{
    const struct pki_issue_options *options = issuance->options;
    const char *asked = options->request ? pki_request_name(options->request) : NULL;
    issuance->name = options->name ? options->name : asked;
    if (!issuance->name)
        return err_set(err, options->request ? "the request has no CN; say the name too"
                                             : "no name; say whom the certificate is for");
    if (pki_name_check(slice_text(issuance->name), is_server(issuance) ? PKI_NAME_SERVER : PKI_NAME_CLIENT,
                       err) < 0)
        return -1;
    if (asked && strcmp(asked, issuance->name) != 0)
        return err_set(err,
                       "the request is of \"%s\", not of \"%s\"; leave the name out, or have it made anew",
                       asked, issuance->name);
    return 0;
}

/* A backend's rules may hang on the OU: who asks for one must be given it by somebody. */
static int choose_unit(struct issuance *issuance, struct err *err)
{
    const struct pki_issue_options *options = issuance->options;
    const char *asked = options->request ? pki_request_unit(options->request) : NULL;
    bool is_free = !is_server(issuance) && issuance->profile->settings.client_ou;
    if (options->like)
        issuance->kept_unit = pki_certificate_attribute(options->like, NID_organizationalUnitName);
    const char *given = options->unit ? options->unit : issuance->kept_unit;
    issuance->unit = given ? given : asked;
    if (asked && given && strcmp(asked, given) != 0)
        return err_set(err, "the request asks for the unit (OU) \"%s\", not \"%s\"", asked, given);
    if (asked && !given && !is_free)
        return err_set(err,
                       "the request asks for the unit (OU) \"%s\"; add --ou to grant it, or allow it in "
                       "profile.conf (client_ou)",
                       asked);
    return issuance->unit ? pki_name_check_attribute(slice_text(issuance->unit), "unit (OU)", err) : 0;
}

static bool is_allowed(const char *patterns, const char *text)
{
    return pki_pattern_match(slice_text(patterns), slice_text(text));
}

/* Add a request's names: those that the options name too, and those that the profile allows. */
static int add_asked_names(struct issuance *issuance, const char *patterns, struct err *err)
{
    const struct pki_request *request = issuance->options->request;
    for (size_t i = 0; i < pki_request_san_count(request); i++) {
        const char *asked = pki_request_san(request, i);
        int before = sk_GENERAL_NAME_num(issuance->names);
        if (pki_san_add_one(issuance->names, slice_text(asked), is_server(issuance), err) < 0)
            return -1;
        bool is_new = sk_GENERAL_NAME_num(issuance->names) > before;
        if (is_new && !(patterns && is_allowed(patterns, asked)))
            return err_set(
                err,
                "the request asks for \"%s\"; add --san %s to grant it, or allow it in profile.conf "
                "(%s_san)",
                asked, asked, pki_kind_text(issuance->kind));
    }
    return 0;
}

static int collect_names(struct issuance *issuance, const char *patterns, struct err *err)
{
    const struct pki_issue_options *options = issuance->options;
    struct slice name = slice_text(issuance->name);
    issuance->names = options->like ? X509_get_ext_d2i(options->like, NID_subject_alt_name, NULL, NULL)
                                    : NULL;
    if (!issuance->names)
        issuance->names = GENERAL_NAMES_new();
    if (!issuance->names)
        return pki_crypto_error(err, NULL, "cannot list alternative names");
    if (is_server(issuance) && pki_san_is_host(name, true) &&
        pki_san_add(issuance->names, name, true, err) < 0)
        return -1;
    if (options->san && pki_san_add(issuance->names, slice_text(options->san), is_server(issuance), err) < 0)
        return -1;
    if (options->request && add_asked_names(issuance, patterns, err) < 0)
        return -1;
    if (is_server(issuance) && sk_GENERAL_NAME_num(issuance->names) == 0)
        return err_set(err, "\"%s\" is no host name, so no client would accept it; add --san DNS:...",
                       issuance->name);
    return 0;
}

static int check_pattern(const char *patterns, const char *text, const char *what,
                         const struct issuance *issuance, struct err *err)
{
    if (!patterns || is_allowed(patterns, text))
        return 0;
    return err_set(err, "\"%s\" is not allowed by %s_%s of profile.conf: %s", text,
                   pki_kind_text(issuance->kind), what, patterns);
}

static int check_names(const struct issuance *issuance, const char *patterns, struct err *err)
{
    int result = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(issuance->names) && result == 0; i++) {
        char *text = pki_san_text(sk_GENERAL_NAME_value(issuance->names, i));
        result = text ? check_pattern(patterns, text, "san", issuance, err)
                      : err_set(err, "an alternative name that is no text");
        free(text);
    }
    return result;
}

static int check_patterns(const struct issuance *issuance, const char *sans, struct err *err)
{
    const struct pki_settings *settings = &issuance->profile->settings;
    const char *names = is_server(issuance) ? settings->server_name : settings->client_name;
    const char *units = is_server(issuance) ? NULL : settings->client_ou;
    if (check_pattern(names, issuance->name, "name", issuance, err) < 0)
        return -1;
    if (units && !issuance->unit)
        return err_set(err, "every client here has a unit; add --ou, one of: %s", units);
    if (units && check_pattern(units, issuance->unit, "ou", issuance, err) < 0)
        return -1;
    return sans ? check_names(issuance, sans, err) : 0;
}

static int check_purposes(const struct issuance *issuance, struct err *err)
{
    const struct pki_request *request = issuance->options->request;
    if (!request || pki_request_wants_only(request, is_server(issuance) ? NID_server_auth : NID_client_auth))
        return 0;
    return err_set(
        err, "the request asks for other purposes (extendedKeyUsage) than %sAuth, the only one a %s has",
        pki_kind_text(issuance->kind), pki_kind_text(issuance->kind));
}

int pki_grant(struct issuance *issuance, struct err *err)
{
    const struct pki_settings *settings = &issuance->profile->settings;
    const char *sans = is_server(issuance) ? settings->server_san : settings->client_san;
    if (choose_name(issuance, err) < 0 || choose_unit(issuance, err) < 0 ||
        collect_names(issuance, sans, err) < 0)
        return -1;
    return check_purposes(issuance, err) < 0 ? -1 : check_patterns(issuance, sans, err);
}
