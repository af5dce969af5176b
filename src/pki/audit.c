#include "postern/pki/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "change.h"
#include "postern/base/file.h"
#include "postern/base/json.h"

#define LINE_MAX_BYTES 4096

static void text_if_any(struct json *json, const char *name, const char *value)
{
    if (value && *value)
        json_text(json, name, value);
}

static bool render(const struct pki_profile *profile, const struct pki_act *act, struct buffer *line)
{
    struct json json;
    char when[CLOCK_TEXT_SIZE];
    json_init(&json, line);
    json_object_begin(&json, NULL);
    json_text(&json, "time", clock_format(pki_now(profile), when));
    json_text(&json, "act", act->act);
    text_if_any(&json, "kind", act->kind);
    text_if_any(&json, "name", act->name);
    text_if_any(&json, "serial", act->serial);
    text_if_any(&json, "reason", act->reason);
    if (act->not_after_s != 0)
        json_text(&json, "not_after", clock_format(act->not_after_s, when));
    json_uint(&json, "uid", getuid());
    text_if_any(&json, "user", getenv("SUDO_USER") ? getenv("SUDO_USER") : getenv("LOGNAME"));
    json_object_end(&json);
    return json_end(&json) && buffer_append_text(line, "\n");
}

int pki_audit(const struct pki_profile *profile, const struct pki_act *act, struct err *err)
{
    struct buffer line;
    int result = -1;
    char *path = pki_profile_path(profile, "audit.log");
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    buffer_init(&line, LINE_MAX_BYTES);
    if (fd < 0) {
        (void)err_set_errno(err, path, errno, "cannot append");
        goto out;
    }
    if (!render(profile, act, &line)) {
        (void)err_set_at(err, path, 0, "a line of over %d bytes", LINE_MAX_BYTES);
        goto out;
    }
    struct slice view = buffer_view(&line);
    if (fd_write_all(fd, view.data, view.length) < 0 || fsync(fd) < 0)
        (void)err_set_errno(err, path, errno, "cannot append");
    else
        result = 0;
out:
    fd_close(&fd);
    buffer_clear(&line);
    free(path);
    return result;
}
