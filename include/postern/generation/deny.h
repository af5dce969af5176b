/* Deny lists in a generation: the file that the configuration names, and the list that `postern deny` keeps
 * in [state] directory. */
#ifndef POSTERN_GENERATION_DENY_H
#define POSTERN_GENERATION_DENY_H

/* Indexes of PACK_DENY. */
#define DENY_FILE 0u
#define DENY_KEPT 1u

/* What messages call the list that is kept. */
#define DENY_KEPT_SOURCE "postern deny"

#endif
