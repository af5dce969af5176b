#include "postern/pki/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "postern/base/file.h"
#include "postern/base/json.h"

#define LINE_MAX_BYTES  4096
#define USER_MAX_BYTES  64
#define LINES_MAX_BYTES (16 * LINE_MAX_BYTES)

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
    const char *user = getenv("SUDO_USER") ? getenv("SUDO_USER") : getenv("LOGNAME");
    if (user && strlen(user) <= USER_MAX_BYTES)
        text_if_any(&json, "user", user);
    json_object_end(&json);
    return json_end(&json) && buffer_append_text(line, "\n");
}

static int flush(struct pki_audit *audit, struct err *err)
{
    struct slice view = buffer_view(&audit->lines);
    off_t end = lseek(audit->fd, 0, SEEK_END);
    if (view.length > 0 && fd_write_all(audit->fd, view.data, view.length) < 0) {
        int result = err_set_errno(err, audit->path, errno, "cannot append");
        /* No half line: the next one would go on from it. The lock is held, so that all behind the end is
         * ours. */
        if (end < 0 || ftruncate(audit->fd, end) < 0)
            (void)err_set_errno(err, audit->path, errno, "cannot take back half a line");
        return result;
    }
    buffer_consume(&audit->lines, view.length);
    return 0;
}

int pki_audit_begin(struct pki_audit *audit, const struct pki_profile *profile, struct err *err)
{
    *audit = (struct pki_audit){.profile = profile, .path = pki_profile_path(profile, "audit.log")};
    buffer_init(&audit->lines, LINES_MAX_BYTES);
    audit->fd = open(audit->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return audit->fd < 0 ? err_set_errno(err, audit->path, errno, "cannot append") : 0;
}

int pki_audit_add(struct pki_audit *audit, const struct pki_act *act, struct err *err)
{
    if (buffer_room(&audit->lines) < LINE_MAX_BYTES && flush(audit, err) < 0)
        return -1;
    if (!render(audit->profile, act, &audit->lines))
        return err_set_at(err, audit->path, 0, "a line of over %d bytes", LINE_MAX_BYTES);
    return 0;
}

int pki_audit_end(struct pki_audit *audit, struct err *err)
{
    int result = audit->fd < 0 ? -1 : flush(audit, err);
    if (result == 0 && fsync(audit->fd) < 0)
        result = err_set_errno(err, audit->path, errno, "cannot append");
    fd_close(&audit->fd);
    buffer_clear(&audit->lines);
    free(audit->path);
    audit->path = NULL;
    return result;
}

int pki_audit(const struct pki_profile *profile, const struct pki_act *act, struct err *err)
{
    struct pki_audit audit;
    int result = pki_audit_begin(&audit, profile, err);
    if (result == 0)
        result = pki_audit_add(&audit, act, err);
    return pki_audit_end(&audit, err) < 0 ? -1 : result;
}
