/* The loader's side of the inventory: made from a generation that was built for rehearsal. */
#ifndef POSTERN_GENERATION_INVENTORY_BUILD_H
#define POSTERN_GENERATION_INVENTORY_BUILD_H

#include "build.h"
#include "inputs.h"
#include "postern/generation/inventory.h"
#include "postern/trust/crl_set.h"

/* Bytes that the inventory of these fits in; known before a generation is built. crls may be NULL. */
size_t inventory_room(const struct inputs *inputs, const struct trust_bundle *bundle,
                      const struct crl_set *crls);
/* Write it to out, which is zeroed and has so many bytes. What does not fit is left out. */
void inventory_build(const struct generation *generation, const struct inputs *inputs,
                     const struct trust_bundle *bundle, int64_t now_s, void *out, size_t size);

#endif
