#include "demo_story.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "postern/base/process.h"
#include "postern/net/address.h"

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

static struct demo_command *add(struct demo_story *story, const char *title, const char *wanted,
                                bool succeeds)
{
    struct demo_command *command = &story->commands[story->count++];
    command->title = title;
    command->wanted = wanted;
    command->succeeds = succeeds;
    return command;
}

static void append_alice(struct demo_command *command, const struct demo_place *place)
{
    char certificate[4096];
    snprintf(certificate, sizeof(certificate), "%s:%s", place->alice_p12, place->alice_passphrase);
    append_words(command, (const char *const[]){"--cacert", place->trust, "--cert-type", "P12", "--cert",
                                                certificate, NULL});
}

static void add_visit(struct demo_story *story, const struct demo_place *place, const char *title,
                      const char *wanted, bool succeeds)
{
    struct demo_command *command = add(story, title, wanted, succeeds);
    append_words(command, (const char *const[]){"curl", "-sS", NULL});
    append_alice(command, place);
    append_words(command, (const char *const[]){story->url, NULL});
}

static void add_stream(struct demo_story *story, const struct demo_place *place)
{
    char url[sizeof(story->url) + 16];
    struct demo_command *command = add(
        story, "Alice asks for a story, and it comes word by word. Leave it running", "Once ", false);
    snprintf(url, sizeof(url), "%sapi/generate", story->url);
    command->runs_on = true;
    append_words(command, (const char *const[]){"curl", "-sS", "-N", "-d", "{\"prompt\":\"a story\"}", NULL});
    append_alice(command, place);
    append_words(command, (const char *const[]){url, NULL});
}

static void add_revocation(struct demo_story *story, const struct demo_place *place, bool has_stream)
{
    char binary[PATH_MAX];
    process_binary(binary);
    struct demo_command *command = add(
        story,
        has_stream
            ? "Revoke her, in another terminal: the story stops within a second, and the gateway says why"
            : "Revoke her",
        "revoked", true);
    command->ends_the_other = has_stream;
    append_words(command, (const char *const[]){binary, "pki", "revoke", "alice", "--client", "--dir",
                                                place->pki, NULL});
    if (has_stream)
        return; /* the gateway watches its files, and the stream shows when it has seen them */
    append_operator(command, " &&");
    append_words(command, (const char *const[]){binary, "reload", "--config", place->config, NULL});
}

void demo_story_make(struct demo_story *story, const struct demo_place *place, const char *address,
                     bool is_foreign)
{
    *story = (struct demo_story){.url = ""};
    make_url(story->url, sizeof(story->url), address);
    add_visit(story, place,
              is_foreign ? "Alice has a certificate, and is let through to the backend"
                         : "Alice has a certificate; the backend shows what it was told of her",
              is_foreign ? "" : "alice", true);
    append_words(add(story, "Without a certificate nobody gets in: the handshake is refused", "alert", false),
                 (const char *const[]){"curl", "-sS", "--cacert", place->trust, story->url, NULL});
    if (!is_foreign)
        add_stream(story, place);
    add_revocation(story, place, !is_foreign);
    add_visit(story, place, "She is not let in again", "revoked", false);
}

void demo_story_print(const struct demo_story *story, const struct demo_place *place, bool is_foreign)
{
    printf("The gateway listens at %s in front of a backend that knows no login.\n"
           "Everything is in %s and goes when you press Ctrl-C.\n"
           "Paste these into another terminal, or two:\n",
           story->url, place->directory);
    for (int i = 0; i < story->count; i++)
        printf("\n%d. %s:\n\n%s\n", i + 1, story->commands[i].title, story->commands[i].text);
    if (!is_foreign)
        printf("\nBob (%s, passphrase %s) is still welcome.\n", place->bob_p12, place->bob_passphrase);
    putchar('\n');
    fflush(stdout);
}
