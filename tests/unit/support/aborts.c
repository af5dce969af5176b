#include "aborts.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/base/assert.h"

static void run_and_leave(void (*run)(void), int standard_error)
{
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    /* The test runner's own handler would take it. */
    const struct sigaction as_usual = {.sa_handler = SIG_DFL};
    sigaction(SIGABRT, &as_usual, NULL);
    dup2(standard_error, STDERR_FILENO);
    run();
    _exit(0);
}

int signal_of(void (*run)(void), char *text, size_t size)
{
    int ends[2], status;
    size_t length = 0;
    ASSERT(pipe(ends) == 0);
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0)
        run_and_leave(run, ends[1]);
    close(ends[1]);
    for (ssize_t count = 1; count > 0 && length<size - 1; length += count> 0 ? (size_t)count : 0)
        count = read(ends[0], text + length, size - 1 - length);
    text[length] = '\0';
    close(ends[0]);
    ASSERT(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
