#include "judging.h"

#include <stdio.h>
#include <stdlib.h>

#include "postern/base/file.h"
#include "postern/base/secret.h"
#include "postern/generation/keys.h"

static int open_pack(struct judging *judging, struct err *err)
{
    judging->generation = generation_open_judge(judging->pack_fd, clock_system(), err);
    return judging->generation != NULL ? 0 : -1;
}

int judging_load(struct judging *judging, const char *config, struct err *err)
{
    return judging_load_with(judging, config, NULL, -1, err);
}

int judging_load_with(struct judging *judging, const char *config, const struct load_stand_ins *stand_ins,
                      int running_fd, struct err *err)
{
    struct secret keys;
    *judging = (struct judging){.pack_fd = -1};
    if (keys_init(&keys) != 0)
        return err_set(err, "no memory for keys");
    judging->pack_fd = generation_load_with(config, stand_ins, 1, running_fd, clock_system(), &keys, err);
    secret_clear(&keys);
    snprintf(judging->origin, sizeof(judging->origin), "%.160s, as a start would load it now", config);
    return judging->pack_fd >= 0 ? open_pack(judging, err) : -1;
}

int judging_fetch(struct judging *judging, const struct live *live, struct err *err)
{
    struct buffer answer;
    *judging = (struct judging){.pack_fd = -1, .is_live = true};
    int result = live_request(live, "generation", "", &answer, &judging->pack_fd, err);
    char *number = live_member(buffer_view(&answer), "generation");
    char *since = live_member(buffer_view(&answer), "generation_since");
    snprintf(judging->origin, sizeof(judging->origin), "generation %s of the gateway, in force since %s",
             number != NULL ? number : "?", since != NULL ? since : "?");
    free(number);
    free(since);
    buffer_clear(&answer);
    return result == 0 ? open_pack(judging, err) : -1;
}

void judging_clear(struct judging *judging)
{
    generation_unref(judging->generation);
    fd_close(&judging->pack_fd);
    *judging = (struct judging){.pack_fd = -1};
}
