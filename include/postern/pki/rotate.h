/* Replacing an authority while servers and clients go on, in three steps, between which as much time may pass
 * as its holders need:
 *
 *   prepare  the next authority is made in other/, and the bundles hold both. Nothing is issued by it: first
 *            every gateway (and for a Root every client of our servers) has to have the bundle.
 *   use      the folders are exchanged, in one system call: what is issued from now on is of the new one. The
 *            old one stays in other/: its certificates are valid, listed, revoked and on its CRL as before.
 *   retire   once nobody holds a valid certificate of the old one (or by force, if it was compromised): an
 * old Intermediate is revoked by its Root, an old Root leaves the bundle, and both go to retired/.
 *
 * With a Root goes its Intermediate. A client of our servers that knows only the old Root is not left out:
 * the new Intermediate is certified by the old Root as well (its cross certificate, RFC 4210 §4.4), and
 * servers send that one until the old Root is retired. A profile with a single authority has no room for one
 * (its path length is 0): there clients need the new bundle before servers are renewed. */
#ifndef POSTERN_PKI_ROTATE_H
#define POSTERN_PKI_ROTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/pki/database.h"
#include "postern/pki/key.h"

enum pki_rotation_state {
    PKI_ROTATION_NONE,
    PKI_ROTATION_PREPARED, /* other/ comes next */
    PKI_ROTATION_IN_USE,   /* other/ is the old one */
};

/* Strings are borrowed; NULL, 0 and false mean the default. */
struct pki_rotate_options {
    const char *directory;
    bool root;                   /* the Root and all below it, not the Intermediate alone */
    enum pki_key_type key;       /* of the next authorities */
    const char *ca_passphrase;   /* of the Root that there is */
    const char *root_key;        /* where its key lies, if not in its folder */
    const char *root_passphrase; /* encrypts the next Root's key */
    bool force;                  /* retire although certificates are valid */
    enum pki_reason reason;      /* why an Intermediate is revoked; unspecified: superseded */
    const struct clock *clock;
};

struct pki_rotation {
    enum pki_rotation_state state;
    bool root;             /* a Root is rotated */
    char *current, *other; /* names (CN) of the authority that issues, and of the one in other/; or NULL */
    size_t left;           /* valid certificates of the old one */
    int64_t last_ends_s;   /* when the last of them ends; 0: none */
    char *ca_bundle;
};

/* Where a profile stands. Clear out with pki_rotation_clear(). Returns 0, or -1 with err. */
NODISCARD int pki_rotation_load(const char *directory, const struct clock *clock, struct pki_rotation *out,
                                struct err *err);
/* The steps. Each returns 0, or -1 with err and nothing changed: the wrong step, no key of the Root, valid
 * certificates left. */
NODISCARD int pki_rotate_prepare(const struct pki_rotate_options *options, struct err *err);
NODISCARD int pki_rotate_use(const struct pki_rotate_options *options, struct err *err);
NODISCARD int pki_rotate_retire(const struct pki_rotate_options *options, struct err *err);
void pki_rotation_clear(struct pki_rotation *rotation);

#endif
