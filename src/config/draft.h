/* A configuration while it is read: lines in, sections and values collected, defaults put in behind. */
#ifndef CONFIG_DRAFT_H
#define CONFIG_DRAFT_H

#include "key.h"
#include "lines.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/config/config.h"

#define DRAFT_KEYS_MAX 96

struct draft {
    struct config *config;
    struct err *err;
    const struct section *section; /* the one being read; NULL before the first */
    void *target;                  /* its struct */
    unsigned section_line;
    char label[CONFIG_SECTION_MAX + 1];    /* its name with its argument */
    unsigned section_lines[SECTION_COUNT]; /* where each began, of those without an argument */
    unsigned key_lines[DRAFT_KEYS_MAX];    /* where each key of the table stood first, in this section */
    struct config_route *routes;           /* the configuration's, still to be written to */
    struct config_backend *backends;
    struct lines lines;
};

/* Read all lines into config, and the defaults. Returns 0, or -1 with err. */
NODISCARD int draft_read(struct draft *draft, struct config *config, struct slice bytes, struct err *err);
/* What only the whole shows: pairs, references, limits against one another. Sorts the routes. */
NODISCARD int draft_check(struct draft *draft);

#endif
