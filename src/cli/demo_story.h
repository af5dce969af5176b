/* What a demo tells: three commands to paste, and whether each does what it should. */
#ifndef POSTERN_CLI_DEMO_STORY_H
#define POSTERN_CLI_DEMO_STORY_H

#include <stdbool.h>

#include "demo_place.h"
#include "postern/base/attributes.h"

enum { DEMO_COMMANDS = 3 };

struct demo_command {
    const char *title;
    const char *wanted; /* what its output must hold */
    bool succeeds;      /* whether it should end with status 0 */
    char text[4096];
};

struct demo_story {
    char url[256];
    struct demo_command commands[DEMO_COMMANDS];
};

/*   address  where the gateway listens: "127.0.0.1:8443" */
void demo_story_make(struct demo_story *story, const struct demo_place *place, const char *address,
                     bool is_foreign);
void demo_story_print(const struct demo_story *story, const struct demo_place *place, bool is_foreign);
/* Run the commands as they were printed, by /bin/sh, and say how each went. Returns an exit status. */
NODISCARD int demo_story_check(const struct demo_story *story);

#endif
