/* The counters of openssl-ca(1), crlnumber and serial: a file with one number in hex. */
#ifndef POSTERN_PKI_COUNTER_H
#define POSTERN_PKI_COUNTER_H

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/pki/database.h"

/* Take the number of a file, or one more than `last` if that is higher, and write the one after it.
 *   last     big-endian hex, or empty
 *   out      hex
 *   staging  staging.h; NULL: at once
 * Returns 0, or -1 with err: no number in hex, or one of over PKI_SERIAL_BYTES_MAX bytes. */
NODISCARD int pki_counter_take(const char *path, struct slice last, char out[PKI_SERIAL_TEXT_SIZE],
                               struct pki_staging *staging, struct err *err);

#endif
