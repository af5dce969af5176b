#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

char *live_socket(const struct live *live, struct err *err)
{
    return live->control != NULL ? xstrdup(live->control) : socket_of(live->config, err);
}

char *live_member(struct slice answer, const char *name)
{
    struct buffer text;
    char *value = NULL;
    buffer_init(&text, CONTROL_ANSWER_MAX);
    if (control_member(answer, name, &text) == 1)
        value = xstrndup(buffer_view(&text).data, buffer_length(&text));
    buffer_clear(&text);
    return value;
}

/* Print a member of the answer. Returns false if it is not there. */
static bool print_member(struct slice answer, const char *name, FILE *out)
{
    char *text = live_member(answer, name);
    if (text == NULL)
        return false;
    size_t length = strlen(text);
    fprintf(out, "%s%s", text, length > 0 && text[length - 1] == '\n' ? "" : "\n");
    free(text);
    return true;
}

bool live_is_ok(struct slice answer)
{
    char *ok = live_member(answer, "ok");
    bool is_ok = ok != NULL && strcmp(ok, "true") == 0;
    free(ok);
    return is_ok;
}

int live_request(const struct live *live, const char *command, const char *extra, struct buffer *answer,
                 int *fd, struct err *err)
{
    char *path = live_socket(live, err);
    int enclosure = -1, result = -1;
    buffer_init(answer, 0);
    if (path != NULL)
        result = control_ask_fd(path, command, extra, live->wait_ms, answer, &enclosure, err);
    if (result == 0 && (!live_is_ok(buffer_view(answer)) || (fd != NULL && enclosure < 0))) {
        char *error = live_member(buffer_view(answer), "error");
        result = err_set_at(err, path, 0, "%s",
                            error != NULL ? error : "the gateway's answer is not understood");
        free(error);
    }
    if (fd != NULL)
        *fd = enclosure;
    else
        fd_close(&enclosure);
    free(path);
    return result;
}

static int show(const struct live *live, struct slice answer)
{
    bool ok = live_is_ok(answer);
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
    char *path = live_socket(live, &err);
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
