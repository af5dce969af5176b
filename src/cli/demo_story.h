/* What a demo tells: commands to paste, and what each should do. */
#ifndef POSTERN_CLI_DEMO_STORY_H
#define POSTERN_CLI_DEMO_STORY_H

#include <stdbool.h>

#include "demo_place.h"
#include "postern/base/attributes.h"

enum { DEMO_COMMANDS_MAX = 5 };

struct demo_command {
    const char *title;
    const char *wanted;  /* what its output must hold */
    bool succeeds;       /* whether it should end with status 0 */
    bool runs_on;        /* it is left running beside the next */
    bool ends_the_other; /* it is what ends the one that runs on */
    char text[4096];
};

struct demo_story {
    char url[256];
    int count;
    struct demo_command commands[DEMO_COMMANDS_MAX];
};

/*   address  where the gateway listens: "127.0.0.1:8443" */
void demo_story_make(struct demo_story *story, const struct demo_place *place, const char *address,
                     bool is_foreign);
void demo_story_print(const struct demo_story *story, const struct demo_place *place, bool is_foreign);
#endif
