#include "postern/generation/summary.h"

#include <stdbool.h>
#include <string.h>

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

int summary_parse(struct summary *summary, struct slice section, struct err *err)
{
    if (section.length != sizeof(*summary))
        return err_set(err, "generation: summary of the wrong size");
    memcpy(summary, section.data, sizeof(*summary));
    if (summary->address_count == 0 || summary->address_count > SUMMARY_ADDRESSES_MAX ||
        summary->workers == 0 || summary->workers > SUMMARY_WORKERS_MAX || summary->level > 3 ||
        summary->access_is_json > 1 || summary->watch > SUMMARY_WATCH_OFF || summary->poll_ms == 0)
        return err_set(err, "generation: summary with a number out of range");
    bool texts = is_text(summary->control_socket, sizeof(summary->control_socket)) &&
                 is_text(summary->state_directory, sizeof(summary->state_directory)) &&
                 is_text(summary->access_log, sizeof(summary->access_log)) &&
                 is_text(summary->event_log, sizeof(summary->event_log));
    for (uint32_t i = 0; i < SUMMARY_ADDRESSES_MAX; i++)
        texts = texts && is_text(summary->addresses[i], sizeof(summary->addresses[i]));
    return texts ? 0 : err_set(err, "generation: summary with a text that does not end");
}
