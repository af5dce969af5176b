#include "listening.h"

#include <stdlib.h>

#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/net/listener.h"

static int open_address(struct listening *listening, size_t i, const struct summary *summary,
                        const char *config_path, struct err *err)
{
    struct address address;
    struct err inner = {.line = 0};
    char text[sizeof(inner.path) + sizeof(inner.text) + 16];
    int *fds = xcalloc(summary->workers, sizeof(*fds));
    if (address_parse(slice_text(summary->addresses[i]), &address) != 0)
        err_set(&inner, "not an address; give HOST:PORT in numbers");
    else if (listener_open(&address, (int)summary->backlog, fds, summary->workers, &listening->bound[i],
                           &inner) == 0) {
        listening->fds[i] = fds;
        listening->address_count = i + 1;
        return 0;
    }
    free(fds);
    return err_set_at(err, config_path, summary->address_lines[i], "[listener] address: %s",
                      err_format(&inner, text, sizeof(text)));
}

int listening_open(struct listening *listening, const struct summary *summary, const char *config_path,
                   struct err *err)
{
    *listening = (struct listening){.slot_count = summary->workers};
    for (size_t i = 0; i < summary->address_count; i++)
        if (open_address(listening, i, summary, config_path, err) != 0) {
            listening_close(listening);
            return -1;
        }
    return 0;
}

void listening_close(struct listening *listening)
{
    for (size_t i = 0; i < listening->address_count; i++) {
        for (size_t slot = 0; slot < listening->slot_count; slot++)
            fd_close(&listening->fds[i][slot]);
        free(listening->fds[i]);
        listening->fds[i] = NULL;
    }
    listening->address_count = 0;
}

size_t listening_of_slot(const struct listening *listening, unsigned slot, int *out)
{
    for (size_t i = 0; i < listening->address_count; i++)
        out[i] = listening->fds[i][slot];
    return listening->address_count;
}
