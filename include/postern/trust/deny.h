/* The deny list: clients that the operator refuses, whatever their CA says. It needs no CA, so it is what is
 * left when the CA is out of reach, or too slow. Two lists are asked as one: a file that somebody else keeps,
 * and the list that `postern deny` keeps; both have one format, one entry a line:
 *
 *     # comment
 *     serial=0A1B2C issuer="CN=Example Intermediate,O=Example" until=2026-03-01T12:00:00Z reason="stolen"
 *     fingerprint=5f0c...
 *     cn=alice until=2026-03-01
 *
 * A serial is of any certificate on the path, so it can deny a whole intermediate; with an issuer (as
 * `postern check` prints it) only of that one's. Fingerprint (SHA-256) and common name are of the leaf. An
 * entry ends by itself at `until`. The parser is strict, since a line that is not understood is somebody who
 * is not denied: unknown keys, doubled keys, a last line that was cut off are errors, and nothing is loaded.
 *
 * Immutable once sealed; any thread may read. At most DENY_TEXT_MAX bytes a list: for more there are CRLs. */
#ifndef POSTERN_TRUST_DENY_H
#define POSTERN_TRUST_DENY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/trust/path.h"

#define DENY_TEXT_MAX   (1024u * 1024) /* bytes of one list */
#define DENY_LINE_MAX   2048u
#define DENY_NAME_MAX   512u /* bytes of an issuer or a common name, with NUL */
#define DENY_REASON_MAX 256u /* with NUL */
#define DENY_FOR_EVER   INT64_MAX

enum deny_kind { DENY_SERIAL, DENY_FINGERPRINT, DENY_COMMON_NAME };

struct deny_entry {
    enum deny_kind kind;
    struct trust_serial serial;
    unsigned char fingerprint[TRUST_FINGERPRINT_SIZE];
    char common_name[DENY_NAME_MAX];
    char issuer[DENY_NAME_MAX]; /* of a serial; "": any */
    char reason[DENY_REASON_MAX];
    int64_t until_s; /* wall seconds when it ends, or DENY_FOR_EVER */
    int64_t added_s; /* wall seconds, or 0: not said */
};

/* One line, without its end. Returns 1 with an entry, 0 if it is blank or a comment, or -1 with err's text:
 * "what is wrong; what would be right". Pure. */
NODISCARD int deny_entry_parse(struct slice line, struct deny_entry *out, struct err *err);
/* The line, with its end. False if it does not fit. */
NODISCARD bool deny_entry_write(const struct deny_entry *entry, struct buffer *out);
/* Do both deny the same? Dates and reasons do not matter. */
bool deny_entry_equal(const struct deny_entry *left, const struct deny_entry *right);

/* Each entry of a list's text, in order.
 *   source  for errors
 *   each    may be NULL; entry is borrowed for the call, and so is the line
 * Returns how many, or -1 with err: place, what is wrong, what would be right. */
NODISCARD int deny_text_each(struct slice text, const char *source,
                             void (*each)(void *context, const struct deny_entry *entry, unsigned line),
                             void *context, struct err *err);

/* The list that is kept, changed by one entry: put in (for one that denies the same, if there is one), or
 * taken out. Entries that have ended are left out on the way.
 *   text     as it is; may be empty; borrows
 *   out      is appended to; at most DENY_TEXT_MAX bytes
 *   changed  how many entries were replaced or taken out
 * Returns 0, or -1 with err. */
NODISCARD int deny_text_change(struct slice text, const char *source, const struct deny_entry *entry,
                               bool take_out, int64_t now_s, struct buffer *out, unsigned *changed,
                               struct err *err);

/* What is asked. */
struct deny;

struct deny *deny_new(void);
/* NULL is nothing. */
void deny_free(struct deny *deny);
/* Add a list.
 *   text    keeps until deny_free()
 *   source  for people: the file's path, or "postern deny"; keeps
 * Returns 0, or -1 with err. At most DENY_LISTS_MAX lists. */
#define DENY_LISTS_MAX 2u
NODISCARD int deny_add(struct deny *deny, struct slice text, const char *source, struct err *err);
/* No more lists: sort. Before the first question. */
void deny_seal(struct deny *deny);
/* Entries of all lists, also those that have ended. */
size_t deny_count(const struct deny *deny);

/* Who denies, for people. */
struct deny_match {
    const char *source;
    struct slice line; /* as it stands there, borrowed as the text was */
    unsigned number;   /* of the line */
    unsigned depth;    /* of the certificate, 0 for the leaf */
    int64_t until_s;
};
/* Is the path denied now? A binary search for each certificate and name, nothing allocated. */
NODISCARD bool deny_find(const struct deny *deny, const struct trust_path *path, int64_t now_s,
                         struct deny_match *out);

/* Entries that deny this serial number now, whoever issued it: calls each. A scan, for commands. Returns how
 * many. */
unsigned deny_each_serial(const struct deny *deny, const struct trust_serial *serial, int64_t now_s,
                          void (*each)(void *context, const struct deny_match *match), void *context);

#endif
