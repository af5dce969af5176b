#include "postern/pki/settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pattern.h"
#include "postern/base/buffer.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/slice.h"
#include "postern/pki/name.h"

#define SETTINGS_FILE_MAX (64u * 1024)

enum value_type { VALUE_ATTRIBUTE, VALUE_COUNTRY, VALUE_URI, VALUE_PATTERNS, VALUE_DAYS };

struct row {
    const char *key;
    enum value_type type;
    size_t offset;
    const char *what;
};

static const struct row rows[] = {
    {"organization", VALUE_ATTRIBUTE, offsetof(struct pki_settings, organization), "O of every subject"},
    {"country", VALUE_COUNTRY, offsetof(struct pki_settings, country), "C of every subject"},
    {"crl_uri", VALUE_URI, offsetof(struct pki_settings, crl_uri),
     "where the issuing authority's CRL is published"},
    {"root_crl_uri", VALUE_URI, offsetof(struct pki_settings, root_crl_uri),
     "where the Root's CRL is published"},
    {"ocsp_uri", VALUE_URI, offsetof(struct pki_settings, ocsp_uri), "OCSP responder"},
    {"client_name", VALUE_PATTERNS, offsetof(struct pki_settings, client_name),
     "CNs that clients may have, as *.{uuid}.acme.internal; '*' is one part, '**' anything"},
    {"client_ou", VALUE_PATTERNS, offsetof(struct pki_settings, client_ou),
     "OUs that clients may have, as sales, research; each must then have one"},
    {"client_san", VALUE_PATTERNS, offsetof(struct pki_settings, client_san),
     "alternative names of clients, as URI:spiffe://acme/**, DNS:*.acme.internal"},
    {"server_name", VALUE_PATTERNS, offsetof(struct pki_settings, server_name), "CNs that servers may have"},
    {"server_san", VALUE_PATTERNS, offsetof(struct pki_settings, server_san), "alternative names of servers"},
    {"crl_days", VALUE_DAYS, offsetof(struct pki_settings, crl_days), "life of the issuing authority's CRL"},
    {"root_crl_days", VALUE_DAYS, offsetof(struct pki_settings, root_crl_days), "life of the Root's CRL"},
    {"server_days", VALUE_DAYS, offsetof(struct pki_settings, server_days), "life of a server certificate"},
    {"client_days", VALUE_DAYS, offsetof(struct pki_settings, client_days), "life of a client certificate"},
};

static char **text_of(const struct pki_settings *settings, const struct row *row)
{
    return (char **)((uintptr_t)settings + row->offset);
}

static uint64_t *days_of(const struct pki_settings *settings, const struct row *row)
{
    return (uint64_t *)((uintptr_t)settings + row->offset);
}

void pki_settings_init(struct pki_settings *settings)
{
    *settings = (struct pki_settings){
        .crl_days = 30, .root_crl_days = 365, .server_days = 90, .client_days = 30};
}

void pki_settings_clear(struct pki_settings *settings)
{
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        if (rows[i].type != VALUE_DAYS)
            free(*text_of(settings, &rows[i]));
    pki_settings_init(settings);
}

static int check_text(const struct row *row, struct slice value, struct err *err)
{
    switch (row->type) {
    case VALUE_COUNTRY:
        return pki_name_check_country(value, err);
    case VALUE_URI:
        return pki_name_check_uri(value, row->key, err);
    case VALUE_PATTERNS:
        return pki_pattern_check(value, row->key, err);
    default:
        return pki_name_check_attribute(value, row->key, err);
    }
}

static int check_days(const struct row *row, uint64_t days, struct err *err)
{
    if (days < 1 || days > PKI_DAYS_MAX)
        return err_set(err, "%s is not 1 to %u days", row->key, PKI_DAYS_MAX);
    return 0;
}

int pki_settings_check(const struct pki_settings *settings, struct err *err)
{
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const char *text = rows[i].type == VALUE_DAYS ? NULL : *text_of(settings, &rows[i]);
        if (text && check_text(&rows[i], slice_text(text), err) < 0)
            return -1;
        if (rows[i].type == VALUE_DAYS && check_days(&rows[i], *days_of(settings, &rows[i]), err) < 0)
            return -1;
    }
    return 0;
}

static const struct row *find_row(struct slice key)
{
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        if (slice_equal_text(key, rows[i].key))
            return &rows[i];
    return NULL;
}

static int set_value(struct pki_settings *settings, const struct row *row, struct slice value,
                     struct err *err)
{
    if (row->type != VALUE_DAYS) {
        if (check_text(row, value, err) < 0)
            return -1;
        *text_of(settings, row) = xstrndup(value.data, value.length);
        return 0;
    }
    uint64_t days = 0;
    if (!slice_to_u64(value, UINT64_MAX, &days))
        return err_set(err, "%s is no number; days would be right", row->key);
    *days_of(settings, row) = days;
    return check_days(row, days, err);
}

static int parse_line(struct pki_settings *settings, struct slice line, unsigned *seen, struct err *err)
{
    size_t equals = slice_find(line, '=');
    if (equals == line.length)
        return err_set(err, "no '='; \"key = value\" would be right");
    struct slice key = slice_trim(slice_before(line, equals));
    const struct row *row = find_row(key);
    if (!row)
        return err_set(err, "unknown key \"%.*s\"", SLICE_ARG(key));
    unsigned bit = 1u << (unsigned)(row - rows);
    if (*seen & bit)
        return err_set(err, "%s stands here twice; leave one", row->key);
    *seen |= bit;
    return set_value(settings, row, slice_trim(slice_after(line, equals + 1)), err);
}

static int parse(struct pki_settings *settings, struct slice text, const char *path, struct err *err)
{
    struct slice line;
    unsigned number = 0, seen = 0;
    while (slice_split(&text, '\n', &line)) {
        struct err local = {0};
        number++;
        line = slice_trim(line);
        if (line.length == 0 || line.data[0] == '#')
            continue;
        if (parse_line(settings, line, &seen, &local) < 0)
            return err_set_at(err, path, number, "%s", local.text);
    }
    return 0;
}

int pki_settings_load(struct pki_settings *settings, const char *path, struct err *err)
{
    struct buffer text;
    struct stat status;
    pki_settings_init(settings);
    if (stat(path, &status) < 0 && errno == ENOENT)
        return 0;
    if (file_read(path, SETTINGS_FILE_MAX, &text, NULL, err) < 0)
        return -1;
    int result = parse(settings, buffer_view(&text), path, err);
    buffer_clear(&text);
    return result;
}

int pki_settings_save(const struct pki_settings *settings, const char *path, struct err *err)
{
    struct buffer text;
    buffer_init(&text, SETTINGS_FILE_MAX);
    bool good = buffer_append_text(&text,
                                   "# The profile's settings. A changed one holds from the next act on.\n");
    for (size_t i = 0; good && i < LENGTH_OF(rows); i++) {
        const char *value = rows[i].type == VALUE_DAYS ? NULL : *text_of(settings, &rows[i]);
        good = buffer_printf(&text, "\n# %s\n", rows[i].what);
        if (good && rows[i].type == VALUE_DAYS)
            good = buffer_printf(&text, "%s = %llu\n", rows[i].key,
                                 (unsigned long long)*days_of(settings, &rows[i]));
        else if (good)
            good = buffer_printf(&text, value ? "%s = %s\n" : "#%s =%s\n", rows[i].key, value ? value : "");
    }
    struct slice view = buffer_view(&text);
    int result = good ? file_replace(path, view.data, view.length, 0600, err)
                      : err_set_at(err, path, 0, "the settings are over %u bytes", SETTINGS_FILE_MAX);
    buffer_clear(&text);
    return result;
}
