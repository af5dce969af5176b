/* The processes that others of ours start. A person who types these gets an answer too. */
#include <stdio.h>

#include "cli.h"
#include "options.h"
#include "postern/base/process.h"
#include "postern/generation/load.h"
#include "postern/pki/serve.h"
#include "postern/tls/init.h"
#include "postern/worker/worker.h"

static int refuse(const char *name)
{
    fprintf(stderr, "postern %s: is started by other processes of postern only\n", name);
    return STATUS_USAGE;
}

int cli_internal_loader(int argc, char **argv)
{
    (void)argc;
    return process_take_channel() ? loader_main(PROCESS_CHANNEL_FD) : refuse(argv[0]);
}

int cli_internal_worker(int argc, char **argv)
{
    (void)argc;
    if (!process_take_channel())
        return refuse(argv[0]);
    tls_init_narrow();
    return worker_main(PROCESS_CHANNEL_FD);
}

int cli_internal_pki_front(int argc, char **argv)
{
    (void)argc;
    return process_take_channel() ? pki_front_main(PROCESS_CHANNEL_FD) : refuse(argv[0]);
}
