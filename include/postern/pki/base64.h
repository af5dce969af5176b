/* Base64 (RFC 4648 §4) as it comes over HTTP. Pure functions on bytes. */
#ifndef POSTERN_PKI_BASE64_H
#define POSTERN_PKI_BASE64_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"

/* Decode and append. Space, tab, CR and LF are skipped; padding must be right, and the bits that it leaves
 * over must be zero, so that two texts never mean the same bytes. False for all else, and if out is full;
 * what was appended before stays. */
NODISCARD bool pki_base64_decode(struct slice text, struct buffer *out);
/* The content of an EST request: base64, or the same between the BEGIN and END lines of PEM, as
 * `openssl req` writes it. */
NODISCARD bool pki_base64_decode_request(struct slice text, struct buffer *out);
/* The last part of a GET of OCSP (RFC 6960 appendix A.1): base64, percent-encoded where its writer liked to.
 */
NODISCARD bool pki_base64_decode_path(struct slice text, struct buffer *out);
/* Append in lines of 64. */
NODISCARD bool pki_base64_encode(struct slice bytes, struct buffer *out);

#endif
