/* How a CA is told apart: by its name and its key together, hashed. Two certificates of one CA (renewed,
 * cross-signed, a name in another string type) have the same id; a CA that only borrows another's name has
 * not. */
#ifndef POSTERN_TRUST_ID_H
#define POSTERN_TRUST_ID_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

#define TRUST_ID_SIZE    32 /* SHA-256 */
#define TRUST_SERIAL_MAX 20 /* RFC 5280 §4.1.2.2 */
#define TRUST_POINT_SIZE 16 /* a distribution point's name: SHA-256, cut off */
#define TRUST_POINTS_MAX 4
#define TRUST_NAME_SIZE  16 /* a name as text: SHA-256, cut off */

struct x509_st;
struct X509_name_st;

struct trust_id {
    unsigned char bytes[TRUST_ID_SIZE];
};

/* Magnitude of a serial number, big-endian, without leading zeros (zero is one octet 0). */
struct trust_serial {
    unsigned char length;
    unsigned char bytes[TRUST_SERIAL_MAX];
};

/* Of a name, as RFC 5280 §7.1 compares names: string types, ASCII case and runs of spaces do not matter.
 * Returns 0, or -1 if the name cannot be read. Borrows. */
NODISCARD int trust_id_of_name(const struct X509_name_st *name, struct trust_id *out);
/* Of a CA as issuer: its subject and its SubjectPublicKeyInfo. Returns 0, or -1. Borrows. */
NODISCARD int trust_id_of_issuer(const struct x509_st *ca, struct trust_id *out);
/* Of a name as people write it (a common name, a DN as RFC 2253 has it), hashed: ASCII case, runs of blanks
 * and blanks behind a comma do not matter. Returns 0, or -1 without memory. Borrows. */
NODISCARD int trust_name_of_text(struct slice text, unsigned char out[TRUST_NAME_SIZE]);
bool trust_id_equal(const struct trust_id *left, const struct trust_id *right);
/* Of a certificate; -1 if negative or over 20 octets. Borrows. */
NODISCARD int trust_serial_of(const struct x509_st *certificate, struct trust_serial *out);

#endif
