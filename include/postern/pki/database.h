/* The database of one authority, in the files of openssl-ca(1): index.txt, index.txt.attr, serial, crlnumber,
 * newcerts/. OpenSSL's own commands go on from ours, and we from theirs.
 *
 * index.txt has a line a certificate, six fields between tabs: state (V valid, R revoked, E expired),
 * notAfter, revocation ("TIME[,REASON[,MORE]]"), serial in hex, "unknown", the subject in OpenSSL's one-line
 * form. It is read whole, changed in memory, and replaced whole (rename), so that a reader never sees a part.
 *
 * Serials are drawn at random for each certificate and looked up in the index, never counted: a directory
 * that was restored from a backup, or that `openssl ca` works in at the same moment, gives no serial twice.
 * `serial` holds another random number for the next `openssl ca`. crlnumber is counted, and written before
 * the CRL that bears it: a crash may skip a number, but never gives one to two CRLs.
 *
 * Whoever changes a database holds the profile's lock. Limits: an index of PKI_INDEX_SIZE_MAX bytes. */
#ifndef POSTERN_PKI_DATABASE_H
#define POSTERN_PKI_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/arena.h"
#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PKI_INDEX_SIZE_MAX   (1024u * 1024 * 1024)
#define PKI_SERIAL_BYTES     16 /* 126 random bits, positive: RFC 5280 §4.1.2.2 allows 20 octets */
#define PKI_SERIAL_BYTES_MAX 20
#define PKI_SERIAL_TEXT_SIZE (2 * PKI_SERIAL_BYTES_MAX + 3)

struct x509_st;
struct pki_staging;

/* Why a certificate was revoked: the numbers of RFC 5280 §5.3.1. */
enum pki_reason {
    PKI_REASON_UNSPECIFIED = 0,
    PKI_REASON_KEY_COMPROMISE = 1,
    PKI_REASON_CA_COMPROMISE = 2,
    PKI_REASON_AFFILIATION_CHANGED = 3,
    PKI_REASON_SUPERSEDED = 4,
    PKI_REASON_CESSATION_OF_OPERATION = 5,
    PKI_REASON_CERTIFICATE_HOLD = 6,
    PKI_REASON_REMOVE_FROM_CRL = 8,
    PKI_REASON_PRIVILEGE_WITHDRAWN = 9,
    PKI_REASON_AA_COMPROMISE = 10,
};

/* The names of `openssl ca -crl_reason`, any case. Returns 0, or -1 with err listing them. */
NODISCARD int pki_reason_parse(const char *text, enum pki_reason *out, struct err *err);
const char *pki_reason_text(enum pki_reason reason);

struct pki_entry {
    char state;           /* 'V', 'R' or 'E' */
    struct slice expires; /* as in the certificate: YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ */
    struct slice revoked; /* empty unless 'R' */
    struct slice serial;  /* hex digits */
    struct slice file;    /* "unknown" */
    struct slice subject; /* /C=.../CN=... */
};

struct pki_database {
    char *directory;    /* the authority's */
    struct buffer text; /* index.txt as read: entries point into it */
    struct arena added; /* text of entries that were added or changed */
    struct pki_entry *entries;
    size_t count, capacity;
    bool is_changed; /* since it was loaded or saved */
};

/* What the revocation field of an entry says. */
struct pki_revocation {
    int64_t when_s;
    enum pki_reason reason;
    int64_t invalid_since_s; /* invalidityDate, RFC 5280 §5.3.2; 0: none */
};

/* Make the files of an empty database in an existing directory. Returns 0, or -1 with err. */
NODISCARD int pki_database_create(const char *directory, struct err *err);

/* Read index.txt. On failure the database is cleared.
 *   directory  the authority's; borrows
 * Returns 0, or -1 with err naming file and line of damage: not six fields, an unknown state, a time or
 * serial that is none, R without a time. */
NODISCARD int pki_database_load(struct pki_database *database, const char *directory, struct err *err);
/* The same from bytes, which must live as long as the database: for tests and fuzzing. */
NODISCARD int pki_database_parse(struct pki_database *database, struct slice text, const char *path,
                                 struct err *err);
void pki_database_clear(struct pki_database *database);

/* A serial that no entry has, RAND_bytes(3). Returns 0, or -1 with err. */
NODISCARD int pki_database_draw_serial(const struct pki_database *database,
                                       unsigned char out[PKI_SERIAL_BYTES], struct err *err);
/* The entry with this serial (hex of either case, leading zeros ignored), or NULL. */
struct pki_entry *pki_database_find(const struct pki_database *database, struct slice serial);
/* Write newcerts/SERIAL.pem and append a valid entry in memory. Returns 0, or -1 with err.
 *   staging  src/pki/staging.h; NULL: the file is there at once. Here and below */
NODISCARD int pki_database_add(struct pki_database *database, struct x509_st *certificate,
                               struct pki_staging *staging, struct err *err);
/* Turn an entry to revoked, in memory. Returns 0, or -1 with err out of memory. */
NODISCARD int pki_database_revoke(struct pki_database *database, struct pki_entry *entry, int64_t when_s,
                                  enum pki_reason reason, struct err *err);
/* Turn a revoked entry to valid again, in memory. */
void pki_database_restore(struct pki_database *database, struct pki_entry *entry);
/* True if the entry is one of this database. */
bool pki_database_owns(const struct pki_database *database, const struct pki_entry *entry);
/* Replace index.txt by what is in memory. Returns 0, or -1 with err. */
NODISCARD int pki_database_save(struct pki_database *database, struct pki_staging *staging, struct err *err);

/* Where the certificate with this serial lies. Gives; free with free(). */
char *pki_database_certificate_path(const struct pki_database *database, struct slice serial);
/* The certificate of an entry, from newcerts/.
 *   out  gives; free with X509_free(); NULL if the file is not there, which is no error here
 * Returns 0, or -1 with err for a file that is damaged or holds another certificate. */
NODISCARD int pki_database_certificate(const struct pki_database *database, const struct pki_entry *entry,
                                       struct x509_st **out, struct err *err);

/* Take the number for the next CRL and write the one after it: the number in crlnumber, or one more than
 * `last` if that is higher.
 *   last  number of the CRL in force, big-endian hex, or empty
 *   out   hex, PKI_SERIAL_TEXT_SIZE bytes */
NODISCARD int pki_database_take_crl_number(const struct pki_database *database, struct slice last,
                                           char out[PKI_SERIAL_TEXT_SIZE], struct pki_staging *staging,
                                           struct err *err);

/* Seconds since 1970 of an entry's notAfter. */
int64_t pki_entry_expires(const struct pki_entry *entry);
bool pki_entry_is_valid(const struct pki_entry *entry, int64_t now_s);
/* False unless the entry is revoked. */
bool pki_entry_revocation(const struct pki_entry *entry, struct pki_revocation *out);
/* The value of the last attribute of this type ("CN", "OU") in the one-line subject, as it stands there
 * (bytes outside printable ASCII are \xHH); empty if there is none. Borrowed from the entry. */
struct slice pki_entry_attribute(const struct pki_entry *entry, const char *type);
/* Append a text of the one-line form with its \xHH as the bytes that they are; false if it does not fit. */
NODISCARD bool pki_append_unescaped(struct buffer *buffer, struct slice text);

#endif
