/* Where a rotation stands on the disk (rotate.h): other/ holds the other authorities, and the file .next lies
 * in the newest ones until they are in use, so that it moves with them when the folders are exchanged. */
#ifndef POSTERN_PKI_ROTATION_H
#define POSTERN_PKI_ROTATION_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

#define PKI_OTHER_FOLDER "other"
#define PKI_NEXT_FILE    ".next"

/* True if the authorities in other/ are those that come next. */
bool pki_rotation_is_prepared(const char *directory);
/* Exchange the Root after the Intermediate where a crash came between the two, and remove .next from what is
 * in use. The lock is held. Returns 0, or -1 with err. */
NODISCARD int pki_rotation_finish_exchange(const char *directory, struct err *err);
/* Put the next authorities to use: each folder is exchanged with its like in other/. Returns 0, or -1. */
NODISCARD int pki_rotation_exchange(const char *directory, struct err *err);

#endif
