/* Identifiers from bytes that the room has taken apart itself. */
#ifndef POSTERN_TRUST_ID_BYTES_H
#define POSTERN_TRUST_ID_BYTES_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "postern/trust/id.h"

/* A magnitude as der_unsigned() gives it; false if it is over 20 octets. */
NODISCARD bool serial_of_magnitude(struct slice magnitude, struct trust_serial *out);
/* The DER of one GeneralName of a distribution point, as a short hash. */
void point_of_name(struct slice general_name, unsigned char out[TRUST_POINT_SIZE]);

#endif
