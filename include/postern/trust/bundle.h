/* The CA certificates that an operator trusts: roots (self-signed: the trust anchors) and intermediates, in
 * one file and any order. Only what stands here is ever trusted; the system's CAs are not. Built by the
 * loader from the file and by each worker from the bytes that the loader wrote. */
#ifndef POSTERN_TRUST_BUNDLE_H
#define POSTERN_TRUST_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define TRUST_BUNDLE_MAX 1024u /* certificates */

struct trust_bundle;
struct x509_st;

enum trust_form { TRUST_PEM, TRUST_DER };

struct trust_bundle *trust_bundle_new(void);
void trust_bundle_free(struct trust_bundle *bundle);

/* Add the certificates of one file. A duplicate collapses. Each must be a CA (basicConstraints CA:TRUE) with
 * a strong key; a root must verify under its own key. bytes  borrows for the call form   TRUST_DER:
 * certificates one after the other, nothing else path   for messages Returns 0, or -1 with err (path and
 * line); the bundle is then of no further use. */
NODISCARD int trust_bundle_add(struct trust_bundle *bundle, struct slice bytes, enum trust_form form,
                               const char *path, struct err *err);
/* Is it enough to trust somebody? Not if it is empty, nor if it holds no root, unless partial_chain makes
 * each certificate an anchor. Returns 0, or -1 with err. */
NODISCARD int trust_bundle_check(const struct trust_bundle *bundle, bool partial_chain, const char *path,
                                 struct err *err);
/* Append all certificates as DER, for trust_bundle_add(TRUST_DER) in another process. False if out is full.
 */
NODISCARD bool trust_bundle_write(const struct trust_bundle *bundle, struct buffer *out);

size_t trust_bundle_count(const struct trust_bundle *bundle);
/* In the order of the file. Borrowed as long as the bundle. */
struct x509_st *trust_bundle_certificate(const struct trust_bundle *bundle, size_t index);
/* Is it self-signed? */
bool trust_bundle_is_root(const struct trust_bundle *bundle, size_t index);

#endif
