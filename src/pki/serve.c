#include "postern/pki/serve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/process.h"
#include "postern/net/listener.h"
#include "postern/net/loop.h"
#include "postern/pki/profile.h"
#include "signature.h"

#define BACKLOG 256
#define LOOK_MS 1000

struct serving {
    const struct pki_serve_options *options;
    struct front front;
    struct loop *loop;
    struct watch watch;
    struct timer look;
    struct signal_watch term, interrupt;
    uint64_t signature;
    bool is_warned, is_alone;
};

static void on_signal(void *context, int signal)
{
    struct serving *serving = context;
    (void)signal;
    loop_stop(serving->loop);
}

/* It says nothing but that it has gone. */
static void on_front(void *context, unsigned ready)
{
    struct serving *serving = context;
    (void)ready;
    serving->is_alone = true;
    loop_stop(serving->loop);
}

/* What cannot be read now, in the middle of a change perhaps, is tried again; meanwhile what was read last is
 * shown. */
static void on_look(void *context)
{
    struct serving *serving = context;
    struct err err = {0};
    char text[1400];
    uint64_t signature = pki_files_signature(serving->options->directory);
    timer_arm(&serving->look, LOOK_MS);
    if (signature == serving->signature)
        return;
    if (front_publish(&serving->front, serving->options->directory, &err) == 0) {
        serving->signature = signature;
        serving->is_warned = false;
    } else if (!serving->is_warned) {
        fprintf(stderr, "postern pki serve: what was read before is still shown: %s\n",
                err_format(&err, text, sizeof text));
        serving->is_warned = true;
    }
}

static int watch_all(struct serving *serving, struct err *err)
{
    if (signal_watch_start(&serving->term, serving->loop, SIGTERM, on_signal, serving) < 0 ||
        signal_watch_start(&serving->interrupt, serving->loop, SIGINT, on_signal, serving) < 0 ||
        watch_start(&serving->watch, serving->loop, serving->front.channel, WATCH_READ, on_front, serving) <
            0)
        return err_set(err, "cannot watch its front");
    timer_init(&serving->look, serving->loop, on_look, serving);
    timer_arm(&serving->look, LOOK_MS);
    return 0;
}

static void warn_of_no_signer(const char *directory)
{
    char *path = pki_path(directory, "ocsp");
    if (access(path, F_OK) != 0)
        fprintf(stderr, "postern pki serve: OCSP is not answered yet: \"postern pki cron\" makes the "
                        "certificate that signs for it\n");
    free(path);
}

static void say_ready(const struct address *bound, size_t count)
{
    char text[ADDRESS_TEXT_SIZE];
    fprintf(stderr, "ready:");
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, " %s%s", address_is_unix(&bound[i]) ? "" : "http://",
                address_format(&bound[i], text));
    fputc('\n', stderr);
}

static int run(struct serving *serving, const struct address *bound, struct err *err)
{
    serving->loop = loop_new(clock_system());
    int result = watch_all(serving, err);
    if (result == 0) {
        /* Not before a signal ends it as it should. */
        say_ready(bound, serving->options->listen_count);
        result = loop_run(serving->loop);
        timer_clear(&serving->look);
        if (serving->is_alone)
            result = err_set(err, "its front has ended; start it again");
    }
    watch_stop(&serving->watch);
    signal_watch_stop(&serving->term);
    signal_watch_stop(&serving->interrupt);
    loop_free(serving->loop);
    return result;
}

static int open_listeners(const struct pki_serve_options *options, int fds[PKI_LISTEN_MAX],
                          struct address bound[PKI_LISTEN_MAX], struct err *err)
{
    for (size_t i = 0; i < options->listen_count; i++)
        if (listener_open(&options->listen[i], BACKLOG, &fds[i], 1, &bound[i], err) < 0)
            return -1;
    return 0;
}

int pki_serve(const struct pki_serve_options *options, struct err *err)
{
    struct serving serving = {.options = options};
    int fds[PKI_LISTEN_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};
    struct address bound[PKI_LISTEN_MAX];
    process_harden();
    serving.signature = pki_files_signature(options->directory);
    int result = open_listeners(options, fds, bound, err);
    if (result == 0) {
        const struct front_plan plan = {
            .orders = {.role = FRONT_PUBLISH,
                       .drop_user = geteuid() == 0,
                       .uid = options->uid,
                       .gid = options->gid,
                       .max_age_s = options->max_age_s},
            .listeners = fds,
            .listener_count = options->listen_count,
        };
        result = front_start(&serving.front, &plan, options->directory, err);
    }
    for (size_t i = 0; i < PKI_LISTEN_MAX; i++)
        fd_close(&fds[i]);
    if (result < 0)
        return -1;
    warn_of_no_signer(options->directory);
    result = run(&serving, bound, err);
    front_stop(&serving.front);
    return result;
}
