/* The files of one load. Each is read once, and only whole: a file that changes while it is read is read
 * again. What was read is kept until the load ends, with its digest, so that everything is checked against
 * the same bytes that workers will get. Private keys are read by keys, not here.
 *
 * Each has the stamp of the state that was seen, also if reading it failed, so that whoever watches it can
 * tell whether it is another now. */
#ifndef POSTERN_GENERATION_INPUTS_H
#define POSTERN_GENERATION_INPUTS_H

#include <stddef.h>
#include <sys/stat.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/secret.h"
#include "postern/base/slice.h"
#include "postern/base/stamp.h"
#include "postern/generation/input_list.h"
#include "postern/trust/digest.h"

struct input {
    char *path;
    struct stamp stamp; /* of the state that was seen */
    char *bytes;        /* NULL for a private key */
    size_t length;
    mode_t mode; /* permissions of what was read; 0 for a private key, whose are checked when it is read */
    unsigned char digest[TRUST_DIGEST_SIZE];
};

struct inputs {
    struct input *items;
    size_t count, capacity;
};

void inputs_init(struct inputs *inputs);
void inputs_clear(struct inputs *inputs);
/* Read a file of at most limit bytes. Returns it (borrowed until inputs_clear()), or data NULL with err's
 * text, which names the path. */
NODISCARD struct slice inputs_read(struct inputs *inputs, const char *path, size_t limit, struct err *err);
/* Read a private key into keys (keys.h). Refused if others than owner and group have any right to it (mode &
 * 007), looked at on the opened file. Returns 0 and its mode, or -1 with err's text. */
NODISCARD int inputs_read_key(struct inputs *inputs, const char *path, struct secret *keys, mode_t *mode,
                              struct err *err);
/* SHA-256 over the digests of all files in the order in which they were read. */
NODISCARD int inputs_digest(const struct inputs *inputs, unsigned char out[TRUST_DIGEST_SIZE]);
/* A path to be watched that is not read: a directory, or a file that may come. To be called before it is
 * looked at. */
void inputs_note(struct inputs *inputs, const char *path);
/* All of them, as input_list.h has it. False if they do not fit. */
NODISCARD bool inputs_write_list(const struct inputs *inputs, struct buffer *out);

#endif
