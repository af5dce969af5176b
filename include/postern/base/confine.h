/* What a process gives up before it meets a stranger: its user, its right to new privileges, and all access
 * to the file system. */
#ifndef POSTERN_BASE_CONFINE_H
#define POSTERN_BASE_CONFINE_H

#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"

/* Raise RLIMIT_NOFILE as far as is needed and allowed; while still root it may go over the hard limit. */
void confine_descriptors(uint32_t descriptors);
/* How many clients RLIMIT_NOFILE lets one worker have, so that strangers who only connect cannot take the
 * descriptors that others need towards their upstreams: half of them, after what a worker needs for itself.
 */
unsigned confine_clients(void);
/* Become this user and group for good, without supplementary groups. setresuid(2). Returns 0, or -1 with
 * errno: then the process must end. */
NODISCARD int confine_user(uint32_t uid, uint32_t gid);
/* For who reads files that may be hostile: reading is all that is left, of root's rights and of a user's.
 * Nothing can be written, made, removed or run. Returns 0, or -1 with errno. */
NODISCARD int confine_reader(void);
/* No capabilities, no new privileges, and no rights to files (Landlock, as much as the kernel knows;
 * connect(2) to a unix socket is not among them: the socket's own permissions decide). Needs nothing and
 * cannot be undone. told for the log: what was possible. Returns 0, or -1 with errno if even
 * no-new-privileges is refused. */
NODISCARD int confine_files(char *told, size_t size);

#endif
