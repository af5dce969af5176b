#include "overlap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/pki/audit.h"
#include "timestamp.h"

#define OVERLAP_FILE     "overlaps.txt"
#define OVERLAP_FILE_MAX (64u * 1024 * 1024)

struct overlap {
    struct slice old, new;
    int64_t until_s;
};

static bool parse_line(struct slice line, struct overlap *out)
{
    struct slice when;
    return slice_split(&line, ' ', &out->old) && slice_split(&line, ' ', &when) &&
           slice_split(&line, ' ', &out->new) && line.length == 0 && pki_timestamp_parse(when, &out->until_s);
}

static int read_lines(const struct pki_profile *profile, const struct pki_staging *staging,
                      struct buffer *out, struct err *err)
{
    buffer_init(out, OVERLAP_FILE_MAX);
    char *path = pki_profile_path(profile, OVERLAP_FILE);
    const char *now_at = pki_staging_path(staging, path);
    int result = 0;
    if (now_at != path || pki_is_there(profile->directory, OVERLAP_FILE))
        result = file_read(now_at, OVERLAP_FILE_MAX, out, NULL, err);
    out->limit = OVERLAP_FILE_MAX;
    free(path);
    return result;
}

static int write_lines(const struct pki_profile *profile, const struct buffer *lines,
                       struct pki_staging *staging, struct err *err)
{
    char *path = pki_profile_path(profile, OVERLAP_FILE);
    struct slice view = buffer_view(lines);
    int result = 0;
    if (view.length > 0)
        result = pki_staging_put(staging, path, view.data, view.length, 0600, err);
    else
        (void)unlink(path);
    free(path);
    return result;
}

int pki_overlap_add(const struct pki_profile *profile, const struct pki_found *old, int64_t until_s,
                    const char *new_serial, struct pki_staging *staging, struct err *err)
{
    struct buffer lines;
    char when[PKI_TIMESTAMP_SIZE];
    bool fits = true;
    int result = read_lines(profile, staging, &lines, err);
    for (size_t i = 0; result == 0 && fits && i < old->count; i++)
        fits = buffer_printf(&lines, "%.*s %s %s\n", SLICE_ARG(old->entries[i]->serial),
                             pki_timestamp_format(until_s, when), new_serial);
    if (result == 0 && !fits)
        result = err_set(err, OVERLAP_FILE " is over %u bytes", OVERLAP_FILE_MAX);
    if (result == 0)
        result = write_lines(profile, &lines, staging, err);
    buffer_clear(&lines);
    return result;
}

static struct pki_entry *find(struct pki_profile *profile, struct slice serial,
                              struct pki_database **database)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    size_t count = pki_profile_issuers(profile, issuers);
    struct pki_entry *entry = NULL;
    for (size_t i = 0; i < count && !entry; i++) {
        *database = &issuers[i]->database;
        entry = pki_database_find(*database, serial);
    }
    return entry;
}

static int end_one(struct pki_profile *profile, const struct overlap *overlap, size_t *count, struct err *err)
{
    struct pki_database *database = NULL;
    if (!find(profile, overlap->new, &database))
        return 0; /* the act was killed before it counted */
    struct pki_entry *entry = find(profile, overlap->old, &database);
    if (!entry || !pki_entry_is_valid(entry, pki_now(profile)))
        return 0;
    char serial[PKI_SERIAL_TEXT_SIZE];
    snprintf(serial, sizeof serial, "%.*s", SLICE_ARG(entry->serial));
    struct pki_act act = {
        .act = "revoke", .serial = serial, .reason = pki_reason_text(PKI_REASON_SUPERSEDED)};
    (*count)++;
    if (pki_database_revoke(database, entry, pki_now(profile), PKI_REASON_SUPERSEDED, err) < 0)
        return -1;
    return pki_audit(profile, &act, err);
}

static bool any_is_due(struct slice lines, int64_t now_s)
{
    struct slice line;
    struct overlap overlap;
    while (slice_split(&lines, '\n', &line))
        if (parse_line(line, &overlap) && overlap.until_s <= now_s)
            return true;
    return false;
}

static int end_due(struct pki_profile *profile, struct slice lines, struct err *err)
{
    struct buffer kept;
    struct slice line;
    size_t count = 0;
    int result = 0;
    buffer_init(&kept, OVERLAP_FILE_MAX);
    while (result == 0 && slice_split(&lines, '\n', &line)) {
        struct overlap overlap;
        if (!parse_line(line, &overlap))
            continue;
        if (overlap.until_s <= pki_now(profile))
            result = end_one(profile, &overlap, &count, err);
        else if (!buffer_append_slice(&kept, line) || !buffer_append_text(&kept, "\n"))
            result = err_set(err, OVERLAP_FILE " is over %u bytes", OVERLAP_FILE_MAX);
    }
    if (result == 0 && count > 0)
        result = pki_change_begin(profile, err) < 0 ? -1 : pki_change_publish(profile, err);
    if (result == 0)
        result = write_lines(profile, &kept, NULL, err);
    buffer_clear(&kept);
    return result;
}

int pki_overlap_end_due(struct pki_profile *profile, const char *ca_passphrase, struct err *err)
{
    struct buffer lines;
    int result = read_lines(profile, NULL, &lines, err);
    struct slice view = buffer_view(&lines);
    if (result == 0 && any_is_due(view, pki_now(profile)))
        result = pki_profile_need_issuers(profile, ca_passphrase, err) < 0 ? -1 : end_due(profile, view, err);
    buffer_clear(&lines);
    return result;
}
