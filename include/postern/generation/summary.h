/* What the supervisor needs to know of a generation, so that it parses neither INI nor DER: a struct of fixed
 * sizes, copied out of the pack and checked. */
#ifndef POSTERN_GENERATION_SUMMARY_H
#define POSTERN_GENERATION_SUMMARY_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define SUMMARY_ADDRESSES_MAX 16u /* listeners */
#define SUMMARY_WORKERS_MAX   256u
#define SUMMARY_TEXT_SIZE     128u  /* an address or a socket's path, with NUL */
#define SUMMARY_PATH_SIZE     4096u /* a file's path, with NUL */

/* [reload] watch, in the order of enum config_watch. */
enum summary_watch { SUMMARY_WATCH_INOTIFY, SUMMARY_WATCH_POLL, SUMMARY_WATCH_OFF };

struct summary {
    uint32_t address_count;
    char addresses[SUMMARY_ADDRESSES_MAX][SUMMARY_TEXT_SIZE]; /* "127.0.0.1:8443" */
    uint32_t address_lines[SUMMARY_ADDRESSES_MAX];            /* in the configuration, for messages */
    uint32_t control_line, access_line, events_line;
    uint32_t workers; /* processes; "auto" is resolved */
    uint32_t backlog;
    uint32_t descriptors; /* that one worker may need */
    uint32_t uid, gid;    /* of the workers, when the supervisor is root */
    uint32_t drain_ms;    /* [timeouts] drain */
    uint32_t watch;       /* enum summary_watch */
    uint32_t poll_ms;     /* [reload] poll */
    uint32_t access_is_json;
    uint32_t level;      /* enum log_level of observe/log.h */
    uint32_t warnings;   /* lines of the report that warn */
    int64_t loaded_at_s; /* wall seconds */
    char control_socket[SUMMARY_TEXT_SIZE];
    char state_directory[SUMMARY_PATH_SIZE];
    char access_log[SUMMARY_PATH_SIZE]; /* a path, "stdout", or empty: off */
    char event_log[SUMMARY_PATH_SIZE];  /* a path, or "stderr" */
};

/* Copy and check a PACK_SUMMARY section: size, counts, texts ended by NUL. Returns 0, or -1 with err. */
NODISCARD int summary_parse(struct summary *summary, struct slice section, struct err *err);

#endif
