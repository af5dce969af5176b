/* The event log: what the house itself does, told as a story, one line an event: generations, files, workers,
 * refusals. Text for people or JSON for machines; everything that came from outside is escaped. A line is one
 * write(2), never blocking: what cannot be written is counted, and the count is told in the next line that
 * fits. One logger a process; not shared between threads. */
#ifndef POSTERN_OBSERVE_LOG_H
#define POSTERN_OBSERVE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* One field of a line. value NULL: left out. */
struct log_field {
    const char *name;
    const char *value;
};

struct log;

/*   fd    borrows; made non-blocking by whoever opened it
 *   name  of the process: "supervisor", "worker 0"; copied */
struct log *log_new(int fd, enum log_format format, enum log_level level, const char *name,
                    const struct clock *clock);
void log_free(struct log *log);
/* Another descriptor from now on: rotation. */
void log_set_fd(struct log *log, int fd);
/* A sentence. Its own text is trusted, what %s inserts is escaped as a whole with the line. log may be NULL.
 */
void log_line(struct log *log, enum log_level level, const char *format, ...) PRINTF_LIKE(3, 4);
/* A sentence and fields, the list ended by a NULL name. */
void log_event(struct log *log, enum log_level level, const struct log_field *fields, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
