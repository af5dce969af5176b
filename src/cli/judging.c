#include "judging.h"

#include <stdio.h>
#include <stdlib.h>

#include "postern/base/file.h"
#include "postern/base/secret.h"
#include "postern/generation/keys.h"
#include "postern/generation/load.h"
#include "postern/supervisor/control.h"

static int open_pack(struct judging *judging, struct err *err)
{
    judging->generation = generation_open_judge(judging->pack_fd, clock_system(), err);
    return judging->generation != NULL ? 0 : -1;
}

int judging_load(struct judging *judging, const char *config, struct err *err)
{
    struct secret keys;
    *judging = (struct judging){.pack_fd = -1};
    if (keys_init(&keys) != 0)
        return err_set(err, "no memory for keys");
    judging->pack_fd = generation_load(config, 1, -1, clock_system(), &keys, err);
    secret_clear(&keys);
    snprintf(judging->origin, sizeof(judging->origin), "%.160s, as a start would load it now", config);
    return judging->pack_fd >= 0 ? open_pack(judging, err) : -1;
}

static int ask(struct judging *judging, const char *path, int wait_ms, struct err *err)
{
    struct buffer answer;
    if (control_ask_fd(path, "generation", "", wait_ms, &answer, &judging->pack_fd, err) != 0)
        return -1;
    struct slice view = buffer_view(&answer);
    char *number = live_member(view, "generation"), *since = live_member(view, "generation_since");
    char *error = live_member(view, "error");
    int result = 0;
    if (!live_is_ok(view) || judging->pack_fd < 0)
        result = err_set_at(err, path, 0, "%s", error != NULL ? error : "the gateway gave no generation");
    else
        snprintf(judging->origin, sizeof(judging->origin), "generation %s of the gateway, in force since %s",
                 number != NULL ? number : "?", since != NULL ? since : "?");
    free(number);
    free(since);
    free(error);
    buffer_clear(&answer);
    return result;
}

int judging_fetch(struct judging *judging, const struct live *live, struct err *err)
{
    *judging = (struct judging){.pack_fd = -1, .is_live = true};
    char *path = live_socket(live, err);
    int result = path != NULL ? ask(judging, path, live->wait_ms, err) : -1;
    free(path);
    return result == 0 ? open_pack(judging, err) : -1;
}

void judging_clear(struct judging *judging)
{
    generation_unref(judging->generation);
    fd_close(&judging->pack_fd);
    *judging = (struct judging){.pack_fd = -1};
}
