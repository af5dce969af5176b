#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "demo_check.h"
#include "demo_gateway.h"
#include "demo_place.h"
#include "demo_story.h"
#include "options.h"
#include "postern/base/file.h"
#include "postern/base/process.h"
#include "postern/net/address.h"

enum { BACKEND_WAIT_MS = 10000 };

struct demo {
    const char *listen, *directory, *url;
    bool is_check;
    char backend_address[256];
    struct demo_place place;
    struct demo_gateway gateway;
    pid_t backend;       /* 0: somebody else's */
    int backend_channel; /* it leaves when this closes */
    int signals;
};

/* "http://127.0.0.1:11434" to what a server key takes. */
static int parse_url(struct demo *demo, struct err *err)
{
    struct slice url = slice_text(demo->url), scheme = SLICE_LITERAL("http://"), host;
    if (!slice_starts_with(url, scheme))
        return err_set(err, "--backend %s: not understood; give http://HOST:PORT", demo->url);
    host = slice_after(url, scheme.length);
    size_t end = slice_find(host, '/');
    if (end + 1 < host.length)
        return err_set(err, "--backend %s: a path has no meaning here; give http://HOST:PORT", demo->url);
    host = slice_before(host, end);
    bool has_port = host.length > 0 && memrchr(host.data, ':', host.length) != NULL &&
                    host.data[host.length - 1] != ']';
    if (host.length == 0 || host.length > 200)
        return err_set(err, "--backend %s: no host; give http://HOST:PORT", demo->url);
    snprintf(demo->backend_address, sizeof(demo->backend_address), "%.*s%s", SLICE_ARG(host),
             has_port ? "" : ":80");
    return 0;
}

static int start_backend(struct demo *demo, struct err *err)
{
    uint16_t port = 0;
    pid_t pid = process_spawn("internal-demo-backend", &demo->backend_channel);
    if (pid < 0)
        return err_set_errno(err, NULL, errno, "cannot start the backend");
    demo->backend = pid;
    struct pollfd wait = {.fd = demo->backend_channel, .events = POLLIN};
    if (poll(&wait, 1, BACKEND_WAIT_MS) != 1 ||
        message_receive(demo->backend_channel, &port, sizeof(port), NULL, NULL) != (ssize_t)sizeof(port))
        return err_set(err, "the backend did not start");
    snprintf(demo->backend_address, sizeof(demo->backend_address), "127.0.0.1:%u", port);
    return 0;
}

/* True if one of the signals that end us has come. */
static bool is_ended(struct demo *demo)
{
    struct signalfd_siginfo info;
    while (read(demo->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        if (info.ssi_signo != SIGCHLD)
            return true;
    return false;
}

/* Pass on what the gateway says, until it is ready, ends, or we are told to end. Returns 0 when ready or told
 * to end, -1 when the gateway has ended. */
static int attend(struct demo *demo, bool until_ready, bool *told_to_end)
{
    struct pollfd waits[] = {{.fd = demo->signals, .events = POLLIN},
                             {.fd = demo->gateway.errors, .events = POLLIN}};
    *told_to_end = false;
    while (!until_ready || demo->gateway.address[0] == '\0') {
        if (poll(waits, LENGTH_OF(waits), -1) < 0 && errno != EINTR)
            return -1;
        if (waits[0].revents != 0 && is_ended(demo)) {
            *told_to_end = true;
            return 0;
        }
        if (waits[1].revents != 0 && demo_gateway_read(&demo->gateway) <= 0)
            return -1;
    }
    return 0;
}

static int catch_signals(struct demo *demo)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < LENGTH_OF(numbers); i++)
        sigaddset(&set, numbers[i]);
    /* Before anything is made, so that nothing is left behind. */
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    demo->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return demo->signals < 0 ? -1 : 0;
}

/* The host to put into the server's certificate: that of --listen, unless it is a wildcard. */
static const char *listen_host(const struct demo *demo, char out[ADDRESS_TEXT_SIZE])
{
    struct address address;
    if (address_parse(slice_text(demo->listen), &address) != 0 || address_is_unix(&address))
        return NULL;
    address_format_host(&address, out);
    return strcmp(out, "0.0.0.0") == 0 || strcmp(out, "::") == 0 ? NULL : out;
}

static int set_up(struct demo *demo, struct err *err)
{
    char host[ADDRESS_TEXT_SIZE];
    if (demo->url != NULL ? parse_url(demo, err) != 0 : start_backend(demo, err) != 0)
        return -1;
    if (demo_place_make(&demo->place, demo->directory, listen_host(demo, host), err) != 0)
        return -1;
    const struct demo_config config = {
        .listen = demo->listen,
        .backend = demo->backend_address,
        .is_foreign = demo->url != NULL,
        .is_check = demo->is_check,
    };
    if (demo_place_configure(&demo->place, &config, err) != 0)
        return -1;
    return demo_gateway_start(&demo->gateway, demo->place.config, err);
}

static int show(struct demo *demo)
{
    struct demo_story story;
    bool told_to_end = false;
    bool is_foreign = demo->url != NULL;
    if (attend(demo, true, &told_to_end) != 0 || told_to_end)
        return told_to_end ? STATUS_DONE : STATUS_FAILED;
    demo_story_make(&story, &demo->place, demo->gateway.address, is_foreign);
    demo_story_print(&story, &demo->place, is_foreign);
    if (demo->is_check)
        return demo_check(&story, &demo->gateway);
    return attend(demo, false, &told_to_end) == 0 ? STATUS_DONE : STATUS_FAILED;
}

static int run(struct demo *demo)
{
    struct err err = {.line = 0};
    char text[sizeof(err.path) + sizeof(err.text) + 32];
    int status = STATUS_FAILED;
    if (catch_signals(demo) != 0)
        err_set_errno(&err, NULL, errno, "cannot watch signals");
    else if (set_up(demo, &err) == 0)
        status = show(demo);
    if (err_is_set(&err))
        fprintf(stderr, "postern demo: %s\n", err_format(&err, text, sizeof(text)));
    demo_gateway_stop(&demo->gateway);
    fd_close(&demo->backend_channel);
    if (demo->backend > 0)
        (void)waitpid(demo->backend, NULL, 0);
    demo_place_clear(&demo->place);
    fd_close(&demo->signals);
    return status;
}

int cli_demo(int argc, char **argv)
{
    struct demo demo = {
        .listen = "127.0.0.1:8443", .gateway = {.errors = -1}, .backend_channel = -1, .signals = -1};
    const struct option_row rows[] = {
        {"listen", "ADDR", "where the gateway listens (127.0.0.1:8443)", &demo.listen, NULL},
        {"dir", "DIR", "where everything is put (a new directory under /tmp)", &demo.directory, NULL},
        {"backend", "URL", "a service of yours, as http://127.0.0.1:11434 (one is built in)", &demo.url,
         NULL},
        {"check", NULL, "run the printed commands, report, and leave", NULL, &demo.is_check},
    };
    const struct command command = {
        "demo", "[--listen ADDR] [--dir DIR] [--backend URL] [--check]",
        "Make a throw-away PKI, start the gateway in front of a small backend, and print commands to paste "
        "into\n"
        "two terminals: one client is let in, one without a certificate is not, and one who is revoked loses "
        "the\n"
        "stream that runs in the other terminal, within a second. Ctrl-C leaves nothing behind.",
        rows, LENGTH_OF(rows)};
    int status = options_parse(&command, argc, argv);
    return status >= 0 ? status : run(&demo);
}
