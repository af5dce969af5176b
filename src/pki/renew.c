#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "issuance.h"
#include "layout.h"
#include "postern/pki/find.h"

/* The certificate that ends last of those that are valid. */
static int find_current(struct pki_profile *profile, const char *name, enum pki_kind *kind, X509 **out,
                        struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    struct pki_filter filter = {.name = name, .kind = *kind};
    size_t count = pki_profile_issuers(profile, issuers);
    int64_t last_s = 0;
    bool has_server = false, has_client = false;
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        struct pki_found found;
        result = pki_find(&issuers[i]->database, 'V', pki_now(profile), &filter, &found, err);
        has_server |= found.has_server;
        has_client |= found.has_client;
        for (size_t j = 0; j < found.count && result == 0; j++) {
            if (pki_entry_expires(found.entries[j]) < last_s)
                continue;
            last_s = pki_entry_expires(found.entries[j]);
            X509_free(*out);
            result = pki_database_certificate(&issuers[i]->database, found.entries[j], out, err);
        }
        pki_found_clear(&found);
    }
    if (result == 0 && has_server && has_client)
        return err_set(err, "%s: both a server and a client have this name; say --server or --client", name);
    *kind = has_server ? PKI_SERVER : PKI_CLIENT;
    return result;
}

/* True if the holder's key was made here: then it gets a new one. */
static bool has_key(const struct pki_profile *profile, enum pki_kind kind, const char *name)
{
    char *folder = pki_profile_path(profile, pki_kind_text(kind));
    char *holder = pki_path(folder, name);
    bool there = pki_is_there(holder, "key.pem");
    free(folder);
    free(holder);
    return there;
}

static int renew(struct pki_profile *profile, enum pki_kind kind, const struct pki_issue_options *options,
                 struct pki_issued *out, struct err *err)
{
    X509 *current = NULL;
    struct pki_issue_options again = *options;
    if (!options->name)
        return err_set(err, "no name; say whose certificate to renew");
    int result = find_current(profile, options->name, &kind, &current, err);
    if (result == 0 && !current)
        result = err_set(err, "%s: no valid certificate to renew; issue a new one", options->name);
    if (result == 0) {
        again.like = current;
        if (!options->request && !has_key(profile, kind, options->name))
            again.public_key = X509_get0_pubkey(current);
        result = pki_issue(profile, kind, &again, out, err);
    }
    X509_free(current);
    return result;
}

int pki_renew(enum pki_kind kind, const struct pki_issue_options *options, struct pki_issued *out,
              struct err *err)
{
    struct pki_profile *profile;
    *out = (struct pki_issued){0};
    int result = pki_change_open(options->directory, options->ca_passphrase, options->clock, &profile, err);
    if (result == 0)
        result = pki_profile_need_issuers(profile, options->ca_passphrase, err);
    if (result == 0)
        result = renew(profile, kind, options, out, err);
    pki_profile_close(profile);
    return result;
}
