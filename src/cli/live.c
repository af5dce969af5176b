#include "live.h"

#include <stdio.h>
#include <stdlib.h>

#include "options.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/config/config.h"
#include "postern/supervisor/control.h"

/* [control] socket of a configuration. Gives; NULL with err. */
static char *socket_of(const char *path, struct err *err)
{
    struct buffer bytes;
    char *found = NULL;
    if (file_read(path, CONFIG_FILE_MAX, &bytes, NULL, err) != 0)
        return NULL;
    struct config *config = config_parse(path, buffer_view(&bytes), err);
    if (config != NULL)
        found = xstrdup(config->control_socket.path);
    config_free(config);
    buffer_clear(&bytes);
    return found;
}

/* Print a member of the answer. Returns false if it is not there. */
static bool print_member(struct slice answer, const char *name, FILE *out)
{
    struct buffer text;
    buffer_init(&text, CONTROL_ANSWER_MAX);
    bool found = control_member(answer, name, &text) == 1;
    struct slice view = buffer_view(&text);
    if (found)
        fprintf(out, "%.*s%s", SLICE_ARG(view),
                view.length > 0 && view.data[view.length - 1] == '\n' ? "" : "\n");
    buffer_clear(&text);
    return found;
}

static bool is_ok(struct slice answer)
{
    struct buffer text;
    buffer_init(&text, CONTROL_ANSWER_MAX);
    bool ok = control_member(answer, "ok", &text) == 1 && slice_equal_text(buffer_view(&text), "true");
    buffer_clear(&text);
    return ok;
}

static int show(const struct live *live, struct slice answer)
{
    bool ok = is_ok(answer);
    if (live->as_json)
        printf("%.*s\n", SLICE_ARG(answer));
    else if (ok)
        print_member(answer, "text", stdout);
    else if (!print_member(answer, "error", stderr))
        fprintf(stderr, "the gateway's answer is not understood\n");
    return ok ? STATUS_DONE : STATUS_FAILED;
}

int live_ask(const struct live *live, const char *command, const char *extra)
{
    struct err err = {.line = 0};
    char text[sizeof(err.path) + sizeof(err.text) + 32];
    struct buffer answer;
    char *path = live->control != NULL ? xstrdup(live->control) : socket_of(live->config, &err);
    int status = STATUS_FAILED;
    if (path != NULL && control_ask(path, command, extra, live->wait_ms, &answer, &err) == 0) {
        status = show(live, buffer_view(&answer));
        buffer_clear(&answer);
    } else {
        fprintf(stderr, "%s\n", err_format(&err, text, sizeof(text)));
    }
    free(path);
    return status;
}
