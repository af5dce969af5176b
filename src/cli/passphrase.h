/* The passphrase of a PKCS#12 file: from a file, or typed at the terminal without being shown. */
#ifndef POSTERN_CLI_PASSPHRASE_H
#define POSTERN_CLI_PASSPHRASE_H

#include "postern/base/attributes.h"
#include "postern/base/err.h"

#define PASSPHRASE_SIZE 1024

/* First line of a file. Returns 0, or -1 with err. The caller cleanses out. */
NODISCARD int passphrase_read(const char *path, char out[PASSPHRASE_SIZE], struct err *err);
/* Ask at the terminal of the process (/dev/tty). Returns 0, or -1 with err: there is none. */
NODISCARD int passphrase_ask(const char *what, char out[PASSPHRASE_SIZE], struct err *err);

#endif
