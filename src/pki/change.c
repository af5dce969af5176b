#include "change.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "layout.h"
#include "overlap.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/crl.h"

int64_t pki_now(const struct pki_profile *profile)
{
    return clock_wall_s(profile->clock);
}

int pki_change_open(const char *directory, const char *ca_passphrase, const struct clock *clock,
                    struct pki_profile **out, struct err *err)
{
    if (pki_profile_open(directory, PKI_WRITE, clock, out, err) < 0)
        return -1;
    return pki_profile_recover(*out, ca_passphrase, err) < 0 ? -1
                                                             : pki_overlap_end_due(*out, ca_passphrase, err);
}

int pki_change_mark(struct pki_profile *profile, struct err *err)
{
    static const char text[] = "The CRL is behind index.txt; \"postern pki crl\" mends that.\n";
    if (profile->is_unfinished)
        return 0;
    char *mark = pki_profile_path(profile, PKI_UNFINISHED_FILE);
    int result = file_replace(mark, text, sizeof text - 1, 0600, err);
    free(mark);
    profile->is_unfinished = result == 0;
    return result;
}

static int unmark(struct pki_profile *profile, struct err *err)
{
    /* A mark that comes back after a power cut costs one CRL more: no need to sync its removal. */
    char *mark = pki_profile_path(profile, PKI_UNFINISHED_FILE);
    int result = unlink(mark) < 0 && errno != ENOENT ? err_set_errno(err, mark, errno, "cannot remove") : 0;
    profile->is_unfinished = result < 0;
    free(mark);
    return result;
}

static int put_indexes(struct pki_profile *profile, struct pki_staging *staging, struct err *err)
{
    struct pki_authority *all[PKI_AUTHORITIES_MAX];
    size_t count = pki_profile_authorities(profile, all);
    for (size_t i = 0; i < count; i++) {
        if (!all[i]->database.is_changed)
            continue;
        all[i]->crl_is_behind = true;
        if (pki_database_save(&all[i]->database, staging, err) < 0)
            return -1;
    }
    return 0;
}

static int put_crls(struct pki_profile *profile, struct pki_staging *staging, struct err *err)
{
    struct pki_authority *all[PKI_AUTHORITIES_MAX];
    size_t count = pki_profile_authorities(profile, all);
    for (size_t i = 0; i < count; i++) {
        uint64_t days = pki_profile_crl_days(profile, all[i]);
        if (!all[i]->crl_is_behind)
            continue;
        if (pki_crl_write(all[i], pki_now(profile), days, staging, err) < 0)
            return -1;
        all[i]->crl_is_behind = false;
    }
    return 0;
}

int pki_change_save(struct pki_profile *profile, struct err *err)
{
    return pki_change_mark(profile, err) < 0 ? -1 : put_indexes(profile, NULL, err);
}

/* In the order of the renames: the index says first who is revoked, and what gateways read comes last. */
int pki_change_begin(struct pki_profile *profile, struct err *err)
{
    struct pki_change *change = xcalloc(1, sizeof *change);
    profile->change = change;
    change->is_first = !profile->is_unfinished;
    if (pki_change_mark(profile, err) == 0 && put_indexes(profile, &change->staging, err) == 0 &&
        put_crls(profile, &change->staging, err) == 0 &&
        pki_profile_write_bundles(profile, &change->staging, err) == 0)
        return 0;
    pki_change_abandon(profile);
    return -1;
}

void pki_change_abandon(struct pki_profile *profile)
{
    struct pki_change *change = profile->change;
    if (!change)
        return;
    pki_staging_clear(&change->staging);
    if (change->is_first && !change->is_committed)
        (void)unmark(profile, NULL);
    free(change);
    profile->change = NULL;
}

int pki_change_publish(struct pki_profile *profile, struct err *err)
{
    if (!profile->change && pki_change_begin(profile, err) < 0)
        return -1;
    profile->change->is_committed = true;
    int result = pki_staging_commit(&profile->change->staging, err);
    pki_change_abandon(profile);
    return result < 0 ? -1 : unmark(profile, err);
}
