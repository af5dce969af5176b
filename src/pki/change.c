#include "change.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "layout.h"
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
    return pki_profile_recover(*out, ca_passphrase, err);
}

int pki_change_begin(struct pki_profile *profile, struct err *err)
{
    static const char text[] = "The CRL is behind index.txt; \"postern pki crl\" mends that.\n";
    char *mark = pki_profile_path(profile, PKI_UNFINISHED_FILE);
    int result = file_replace(mark, text, sizeof text - 1, 0600, err);
    free(mark);
    if (result < 0)
        return -1;
    profile->is_unfinished = true;
    return pki_database_save(&pki_profile_issuer(profile)->database, err);
}

int pki_change_publish(struct pki_profile *profile, struct err *err)
{
    if (pki_crl_write(pki_profile_issuer(profile), pki_now(profile), profile->settings.crl_days, err) < 0 ||
        pki_profile_write_bundles(profile, err) < 0)
        return -1;
    /* A mark that comes back after a power cut costs one CRL more: no need to sync its removal. */
    char *mark = pki_profile_path(profile, PKI_UNFINISHED_FILE);
    int result = unlink(mark) < 0 && errno != ENOENT ? err_set_errno(err, mark, errno, "cannot remove") : 0;
    profile->is_unfinished = result < 0;
    free(mark);
    return result;
}
