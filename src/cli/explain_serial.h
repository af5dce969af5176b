/* `postern explain --serial`: what the CRLs of a generation say of a serial number. */
#ifndef POSTERN_CLI_EXPLAIN_SERIAL_H
#define POSTERN_CLI_EXPLAIN_SERIAL_H

#include <stdbool.h>

#include "judging.h"

/*   serial  hex, with or without 0x and colons
 *   issuer  part of the issuer's name, or NULL for all
 * Prints, and returns an exit status: 1 if a CRL revokes it or a deny list names it, 0 if none does and one
 * of them may be relied on now, 3 if nobody can tell, 2 if serial is no serial number. */
int explain_serial(const struct judging *judging, const char *serial, const char *issuer, bool as_json);

#endif
