#include "postern/pki/find.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "crypto_error.h"
#include "postern/base/memory.h"

/* A value as it stands in a one-line subject. Gives; free with free(). */
static char *one_line(const char *value, struct err *err)
{
    char *line = NULL, *result = NULL;
    X509_NAME *name = X509_NAME_new();
    /* As attribute "name", whose upper bound is far off: CN and OU stop at 64 characters, foreign ones may
     * not. */
    if (name &&
        X509_NAME_add_entry_by_txt(name, "name", MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1)
        line = X509_NAME_oneline(name, NULL, 0);
    if (line)
        result = xstrdup(line + strlen("/name="));
    else
        (void)pki_crypto_error(err, NULL, "cannot look for that name");
    OPENSSL_free(line);
    X509_NAME_free(name);
    return result;
}

/* A value with a '/' of its own is cut there by whoever reads the one-line form: good enough to look closer.
 */
static bool may_have(const struct pki_entry *entry, const char *type, const char *escaped)
{
    struct slice value = pki_entry_attribute(entry, type);
    size_t length = strcspn(escaped, "/");
    return value.data && slice_equal(value, slice_of(escaped, length));
}

struct search {
    const struct pki_database *database;
    const struct pki_filter *filter;
    char *name, *unit; /* escaped, or NULL */
};

/* 1: passes, 0: does not, -1: err is set. */
static int judge(const struct search *search, const struct pki_entry *entry, enum pki_kind *kind,
                 struct err *err)
{
    const struct pki_filter *filter = search->filter;
    X509 *certificate = NULL;
    *kind = PKI_ANY;
    if ((search->name && !may_have(entry, "CN", search->name)) ||
        (search->unit && !may_have(entry, "OU", search->unit)))
        return 0;
    if (pki_database_certificate(search->database, entry, &certificate, err) < 0)
        return -1;
    if (!certificate) /* whoever has removed the file wants the line to speak for it */
        return !(search->name && strchr(search->name, '/')) && !(search->unit && strchr(search->unit, '/'));
    *kind = pki_certificate_kind(certificate);
    bool passes = (!filter->name ||
                   pki_certificate_has(certificate, NID_commonName, slice_text(filter->name))) &&
                  (!filter->unit ||
                   pki_certificate_has(certificate, NID_organizationalUnitName, slice_text(filter->unit))) &&
                  (filter->kind == PKI_ANY || *kind == PKI_ANY || filter->kind == *kind);
    X509_free(certificate);
    return passes;
}

static int collect(const struct search *search, char state, int64_t now_s, struct pki_found *out,
                   struct err *err)
{
    size_t capacity = 0;
    for (size_t i = 0; i < search->database->count; i++) {
        enum pki_kind kind;
        struct pki_entry *entry = &search->database->entries[i];
        if ((state != PKI_STATE_ANY && entry->state != state) ||
            (state == 'V' && !pki_entry_is_valid(entry, now_s)))
            continue;
        int verdict = judge(search, entry, &kind, err);
        if (verdict < 0)
            return -1;
        if (verdict == 0)
            continue;
        if (out->count == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            out->entries = xreallocarray(out->entries, capacity, sizeof(struct pki_entry *));
        }
        out->entries[out->count++] = entry;
        out->has_server |= kind == PKI_SERVER;
        out->has_client |= kind == PKI_CLIENT;
    }
    return 0;
}

int pki_find(const struct pki_database *database, char state, int64_t now_s, const struct pki_filter *filter,
             struct pki_found *out, struct err *err)
{
    struct search search = {database, filter, NULL, NULL};
    int result = -1;
    *out = (struct pki_found){0};
    if (filter->name && !(search.name = one_line(filter->name, err)))
        goto out;
    if (filter->unit && !(search.unit = one_line(filter->unit, err)))
        goto out;
    result = collect(&search, state, now_s, out, err);
out:
    free(search.name);
    free(search.unit);
    return result;
}

void pki_found_append(struct pki_found *found, const struct pki_found *more)
{
    if (more->count == 0)
        return;
    found->entries = xreallocarray(found->entries, found->count + more->count, sizeof(struct pki_entry *));
    memcpy(found->entries + found->count, more->entries, more->count * sizeof(struct pki_entry *));
    found->count += more->count;
    found->has_server |= more->has_server;
    found->has_client |= more->has_client;
}

void pki_found_clear(struct pki_found *found)
{
    free(found->entries);
    *found = (struct pki_found){0};
}
