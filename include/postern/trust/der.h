/* A reader for DER (X.690), for inputs too large or too hostile for a general decoder: it owns nothing, calls
 * nothing, looks at one element at a time and never past the end of its slice. Strict: only definite lengths
 * in their shortest form, only low tag numbers. The typed readers check what DER asks of the content too. */
#ifndef POSTERN_TRUST_DER_H
#define POSTERN_TRUST_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};

/* Context tag of constructed or primitive content. */
#define DER_CONTEXT(number)             (0x80 | (number))
#define DER_CONTEXT_CONSTRUCTED(number) (0xa0 | (number))

struct der_element {
    int tag;            /* identifier octet */
    struct slice body;  /* content octets */
    struct slice whole; /* with identifier and length */
};

/* Take the first element off *rest. False if it is not well-formed or does not fit; *rest is then as before.
 */
NODISCARD bool der_next(struct slice *rest, struct der_element *out);
/* The same, if it has this tag. */
NODISCARD bool der_expect(struct slice *rest, int tag, struct der_element *out);
/* The tag that comes next, or -1 at the end. */
int der_peek(struct slice rest);
/* BOOLEAN; false if the content is neither 00 nor FF. */
NODISCARD bool der_boolean(const struct der_element *element, bool *out);
/* A non-negative INTEGER or ENUMERATED in its shortest form, as its magnitude without leading zero octets
 * (zero is one octet 0). Borrows from the element. */
NODISCARD bool der_unsigned(const struct der_element *element, struct slice *out);
/* The same, as a small number. */
NODISCARD bool der_small(const struct der_element *element, uint32_t maximum, uint32_t *out);
/* OBJECT IDENTIFIER whose arcs are whole and in their shortest form. X.690 §8.19. */
NODISCARD bool der_is_oid(const struct der_element *element);
/* UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 wants it (seconds, "Z", no fraction) in seconds since
 * 1970-01-01T00:00:00Z. UTCTime years 50-99 are 1950-1999. */
NODISCARD bool der_time(const struct der_element *element, int64_t *out);

#endif
