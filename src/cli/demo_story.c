#include "demo_story.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "options.h"
#include "postern/base/buffer.h"
#include "postern/base/file.h"
#include "postern/base/process.h"
#include "postern/net/address.h"

enum { OUTPUT_MAX = 256 * 1024 };

/* A word for the shell: quoted if it must be. */
static void append_word(char *out, size_t size, const char *word)
{
    size_t end = strlen(out);
    bool is_plain = word[0] != '\0' &&
                    strspn(word,
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-") ==
                        strlen(word);
    if (end != 0 && end + 1 < size) {
        out[end++] = ' ';
        out[end] = '\0';
    }
    if (is_plain) {
        snprintf(out + end, size - end, "%s", word);
        return;
    }
    end += (size_t)snprintf(out + end, size - end, "'");
    for (; *word != '\0' && end + 6 < size; word++)
        end += (size_t)snprintf(out + end, size - end, *word == '\'' ? "'\\''" : "%c", *word);
    snprintf(out + end, size - end, "'");
}

static void append_words(struct demo_command *command, const char *const *words)
{
    for (; *words != NULL; words++)
        append_word(command->text, sizeof(command->text), *words);
}

static void append_operator(struct demo_command *command, const char *text)
{
    size_t end = strlen(command->text);
    snprintf(command->text + end, sizeof(command->text) - end, "%s", text);
}

/* "https://127.0.0.1:8443/": of a wildcard, the loopback address that it covers. */
static void make_url(char *url, size_t size, const char *address)
{
    struct address parsed;
    char host[ADDRESS_TEXT_SIZE];
    if (address_parse(slice_text(address), &parsed) != 0) {
        snprintf(url, size, "https://%s/", address);
        return;
    }
    address_format_host(&parsed, host);
    const char *named = strcmp(host, "0.0.0.0") == 0 ? "127.0.0.1" : strcmp(host, "::") == 0 ? "::1" : host;
    snprintf(url, size, strchr(named, ':') != NULL ? "https://[%s]:%u/" : "https://%s:%u/", named,
             address_port(&parsed));
}

static void append_alice(struct demo_command *command, const struct demo_place *place, const char *url)
{
    char certificate[4096];
    snprintf(certificate, sizeof(certificate), "%s:%s", place->alice_p12, place->alice_passphrase);
    append_words(command, (const char *const[]){"curl", "-sS", "--cacert", place->trust, "--cert-type", "P12",
                                                "--cert", certificate, url, NULL});
}

void demo_story_make(struct demo_story *story, const struct demo_place *place, const char *address,
                     bool is_foreign)
{
    struct demo_command *commands = story->commands;
    char binary[PATH_MAX];
    process_binary(binary);
    *story = (struct demo_story){.url = ""};
    make_url(story->url, sizeof(story->url), address);
    commands[0].title = is_foreign ? "Alice has a certificate, and is let through to the backend"
                                   : "Alice has a certificate; the backend shows what it was told of her";
    commands[0].wanted = is_foreign ? "" : "alice";
    commands[0].succeeds = true;
    append_alice(&commands[0], place, story->url);
    commands[1].title = "Without a certificate nobody gets in: the handshake is refused";
    commands[1].wanted = "alert";
    append_words(&commands[1],
                 (const char *const[]){"curl", "-sS", "--cacert", place->trust, story->url, NULL});
    commands[2].title = "Revoke Alice, and she is refused from then on";
    commands[2].wanted = "revoked";
    append_words(&commands[2], (const char *const[]){binary, "pki", "revoke", "alice", "--client", "--dir",
                                                     place->pki, NULL});
    append_operator(&commands[2], " &&");
    append_words(&commands[2], (const char *const[]){binary, "reload", "--config", place->config, NULL});
    append_operator(&commands[2], " &&");
    append_alice(&commands[2], place, story->url);
}

void demo_story_print(const struct demo_story *story, const struct demo_place *place, bool is_foreign)
{
    printf("The gateway listens at %s in front of a backend that knows no login.\n"
           "Everything is in %s and goes when you press Ctrl-C.\n"
           "Paste these into another terminal:\n",
           story->url, place->directory);
    for (int i = 0; i < DEMO_COMMANDS; i++)
        printf("\n%d. %s:\n\n%s\n", i + 1, story->commands[i].title, story->commands[i].text);
    if (!is_foreign)
        printf("\nBob (%s, passphrase %s) is still welcome. To see each word pass as the backend\n"
               "gives it, add to curl: -N -d '{\"prompt\":\"hello\"}' and api/generate to the URL.\n",
               place->bob_p12, place->bob_passphrase);
    putchar('\n');
    fflush(stdout);
}

/* Run by /bin/sh, both outputs into one pipe. Returns the PID, or -1 with errno. */
static pid_t start_shell(const char *text, int *output)
{
    int ends[2];
    pid_t pid = -1;
    char shell[] = "sh", option[] = "-c", script[sizeof(((struct demo_command *)0)->text)];
    char *arguments[] = {shell, option, script, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    snprintf(script, sizeof(script), "%s", text);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = 0;
    if ((error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)) == 0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)) == 0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)) == 0 &&
        (error = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
        (error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK)) == 0)
        error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    fd_close(&ends[1]);
    *output = ends[0];
    errno = error;
    return error == 0 ? pid : -1;
}

/* Returns the exit status of the command, or -1. */
static int run_command(const char *text, struct buffer *out)
{
    int output = -1, status = 0;
    pid_t pid = start_shell(text, &output);
    char *space;
    while (pid > 0 && (space = buffer_reserve(out, 1)) != NULL) {
        ssize_t count = read(output, space, buffer_reserved(out));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        buffer_commit(out, (size_t)count);
    }
    fd_close(&output);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool holds(struct slice text, const char *wanted)
{
    return memmem(text.data != NULL ? text.data : "", text.length, wanted, strlen(wanted)) != NULL;
}

static bool check_command(const struct demo_command *command, int number)
{
    struct buffer out;
    buffer_init(&out, OUTPUT_MAX);
    int status = run_command(command->text, &out);
    bool ok = (status == 0) == command->succeeds && status >= 0 && holds(buffer_view(&out), command->wanted);
    printf("\n%s %d. %s (exit status %d)\n%.*s", ok ? "ok    " : "FAILED", number, command->title, status,
           SLICE_ARG(buffer_view(&out)));
    fflush(stdout);
    buffer_clear(&out);
    return ok;
}

int demo_story_check(const struct demo_story *story)
{
    bool ok = true;
    for (int i = 0; i < DEMO_COMMANDS; i++)
        ok = check_command(&story->commands[i], i + 1) && ok;
    printf("\n%s\n", ok ? "all three did what they should" : "something is wrong");
    return ok ? STATUS_DONE : STATUS_FAILED;
}
