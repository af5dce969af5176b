/* The part of the status that tells what the generation is made of, with the time that each has left now. */
#ifndef POSTERN_SUPERVISOR_STATUS_INVENTORY_H
#define POSTERN_SUPERVISOR_STATUS_INVENTORY_H

#include "edition.h"
#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/json.h"

/* Members "files", "certificates", "crls", "crls_missing", "deny_lists". */
void status_write_inventory(const struct edition *edition, int64_t now_s, struct json *json);
NODISCARD bool status_tell_inventory(const struct edition *edition, int64_t now_s, struct buffer *out);

#endif
