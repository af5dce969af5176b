#include "change.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "layout.h"
#include "overlap.h"
#include "postern/base/file.h"
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
    char *mark = pki_profile_path(profile, PKI_UNFINISHED_FILE);
    int result = file_replace(mark, text, sizeof text - 1, 0600, err);
    free(mark);
    profile->is_unfinished = result == 0;
    return result;
}

int pki_change_begin(struct pki_profile *profile, struct err *err)
{
    struct pki_authority *all[PKI_AUTHORITIES_MAX];
    size_t count = pki_profile_authorities(profile, all);
    if (pki_change_mark(profile, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!all[i]->database.is_changed)
            continue;
        all[i]->crl_is_behind = true;
        if (pki_database_save(&all[i]->database, err) < 0)
            return -1;
    }
    return 0;
}

static int write_crls(struct pki_profile *profile, struct err *err)
{
    struct pki_authority *all[PKI_AUTHORITIES_MAX];
    size_t count = pki_profile_authorities(profile, all);
    for (size_t i = 0; i < count; i++) {
        if (!all[i]->crl_is_behind)
            continue;
        if (pki_crl_write(all[i], pki_now(profile), pki_profile_crl_days(profile, all[i]), err) < 0)
            return -1;
        all[i]->crl_is_behind = false;
    }
    return 0;
}

int pki_change_publish(struct pki_profile *profile, struct err *err)
{
    if (write_crls(profile, err) < 0 || pki_profile_write_bundles(profile, err) < 0)
        return -1;
    /* A mark that comes back after a power cut costs one CRL more: no need to sync its removal. */
    char *mark = pki_profile_path(profile, PKI_UNFINISHED_FILE);
    int result = unlink(mark) < 0 && errno != ENOENT ? err_set_errno(err, mark, errno, "cannot remove") : 0;
    profile->is_unfinished = result < 0;
    free(mark);
    return result;
}
