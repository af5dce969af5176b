/* The story of a demo, put to the proof: its commands are run as they were printed, each beside those that
 * are left running, and what ends is timed. */
#ifndef POSTERN_CLI_DEMO_CHECK_H
#define POSTERN_CLI_DEMO_CHECK_H

#include "demo_gateway.h"
#include "demo_story.h"
#include "postern/base/attributes.h"

/* Run the commands by /bin/sh, and say how each went, with what the gateway says of it. Returns an exit
 * status. */
NODISCARD int demo_check(const struct demo_story *story, struct demo_gateway *gateway);

#endif
