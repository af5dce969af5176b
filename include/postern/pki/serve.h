/* Publishing a profile: CRLs and certificates over HTTP, and OCSP. Two processes: this one reads the
 * profile's directory, looks at its files each second, and hands what they say to the other, a front, which
 * answers strangers and has neither files nor privileges. No authority's key is read; OCSP answers are signed
 * with the certificates that `postern pki cron` keeps in ocsp/. */
#ifndef POSTERN_PKI_SERVE_H
#define POSTERN_PKI_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/net/address.h"

#define PKI_LISTEN_MAX 8

struct pki_serve_options {
    const char *directory;
    const struct address *listen; /* at least one */
    size_t listen_count;
    uint32_t max_age_s; /* how long published files may be kept, at most; 0: until nextUpdate */
    uid_t uid;          /* of the front, when started by root */
    gid_t gid;
};

/* Serve until SIGTERM or SIGINT. When it accepts it says on standard error "ready: http://ADDRESS ...".
 * Returns 0, or -1 with err. */
NODISCARD int pki_serve(const struct pki_serve_options *options, struct err *err);

/* The front's side, started by the above as `postern internal-pki-front`. Returns an exit status. */
int pki_front_main(int channel);

#endif
