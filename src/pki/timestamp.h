/* Times as index.txt and certificates write them: YYMMDDHHMMSSZ (years 1950 to 2049) or YYYYMMDDHHMMSSZ. */
#ifndef POSTERN_PKI_TIMESTAMP_H
#define POSTERN_PKI_TIMESTAMP_H

#include <openssl/asn1.h>
#include <stdbool.h>
#include <stdint.h>

#include "postern/base/slice.h"

#define PKI_TIMESTAMP_SIZE sizeof("20260301120000Z")

/* Seconds since 1970. RFC 5280 §4.1.2.5. False for what is no such time. */
bool pki_timestamp_parse(struct slice text, int64_t *out);
/* The form that RFC 5280 wants for this moment. Returns out. */
const char *pki_timestamp_format(int64_t wall_s, char out[PKI_TIMESTAMP_SIZE]);
/* Seconds since 1970 of an ASN.1 time; 0 for none. */
int64_t pki_timestamp_of(const ASN1_TIME *time);

#endif
