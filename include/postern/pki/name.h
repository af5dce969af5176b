/* Which names the PKI gives to certificates. A name becomes the subject's CN, a folder, a line of index.txt
 * and later an identity field at a backend, so it must mean the same in all of them. Pure functions on bytes;
 * each returns 0, or -1 with one line in err that says what is wrong. */
#ifndef POSTERN_PKI_NAME_H
#define POSTERN_PKI_NAME_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PKI_NAME_LENGTH_MAX 64 /* characters: ub-common-name, RFC 5280 appendix A.1 */

enum pki_name_use { PKI_NAME_CLIENT, PKI_NAME_SERVER, PKI_NAME_PROFILE };

/* The NAME of a certificate or profile. Refused: empty, over 64 characters or 200 bytes, not UTF-8, control
 * characters (NUL and CR among them), '/' and '\', a dot or '-' or space in front, a space behind, and '*'
 * but for a server's "*." in front (RFC 6125 §6.4.3). name  borrows */
NODISCARD int pki_name_check(struct slice name, enum pki_name_use use, struct err *err);

/* An organisation or unit of a subject: as above, but dots, '-' and '*' are free, and a '/' is refused only
 * in front of something that index.txt would read as another attribute ("/CN="). what  how err calls it, as
 * "organisation"; borrows */
NODISCARD int pki_name_check_attribute(struct slice value, const char *what, struct err *err);

/* Two capital letters. ISO 3166-1, RFC 5280 appendix A.1 (ub-country-name). */
NODISCARD int pki_name_check_country(struct slice value, struct err *err);

/* True for a host name of letters, digits, '-' and dots. RFC 1123 §2.1.
 *   wildcard  whether "*." may stand in front */
bool pki_name_is_dns(struct slice name, bool wildcard);

/* An http or https URI without spaces, quotes or control characters, for CRL distribution point and OCSP. */
NODISCARD int pki_name_check_uri(struct slice uri, const char *what, struct err *err);

#endif
