/* What somebody should do something about, as of now: certificates and CRLs that end or are missing, what the
 * loader warned of, a reload that failed, workers that are down. Shown by `postern status`, whose exit status
 * it decides, and said in the log again every hour while it lasts. */
#ifndef POSTERN_SUPERVISOR_HEALTH_H
#define POSTERN_SUPERVISOR_HEALTH_H

#include <stdbool.h>

#define HEALTH_LOG_MS 3600000

struct supervisor;

/* Calls each with a line for people.
 *   bites  clients are refused for it, or will be if nobody acts */
void health_each(const struct supervisor *supervisor,
                 void (*each)(void *context, const char *text, bool bites), void *context);
/* Does nothing bite? */
bool health_is_good(const struct supervisor *supervisor);
/* Say it all in the log. */
void health_log(const struct supervisor *supervisor);

#endif
