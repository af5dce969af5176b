/* Whether the files of a profile that others read have changed: a digest of what stat(2) says of each. */
#ifndef POSTERN_SRC_PKI_SIGNATURE_H
#define POSTERN_SRC_PKI_SIGNATURE_H

#include <stdint.h>

uint64_t pki_files_signature(const char *directory);

#endif
