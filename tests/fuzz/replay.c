/* A fuzz target under the normal compiler: every file of the corpus as it is, cut at each length, and with a
 * few bytes changed, always the same ones. Fails if there was nothing to replay, since then nothing was
 * shown. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "postern/base/file.h"

#define FILE_LIMIT     (4u << 20)
#define CUT_LIMIT      4096u /* files up to this length are cut at each length */
#define MUTATION_COUNT 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy in memory of exactly that size, so that AddressSanitizer sees the first byte read beyond it. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size != 0 ? size : 1);
    if (copy == NULL)
        abort();
    if (size != 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* xorshift32: the same bytes on every machine. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void run_mutations(uint8_t *data, size_t size)
{
    uint32_t state = 0x9E3779B9u ^ (uint32_t)size;
    for (unsigned i = 0; i < MUTATION_COUNT && size != 0; i++) {
        size_t at = next_random(&state) % size;
        uint8_t before = data[at];
        data[at] = (uint8_t)(i % 2 == 0 ? before ^ (1u << (next_random(&state) % 8))
                                        : next_random(&state) & 0xFFu);
        run(data, size);
        data[at] = before;
    }
}

static int replay_file(const char *path)
{
    struct err err = {.line = 0};
    struct buffer bytes;
    if (file_read(path, FILE_LIMIT, &bytes, NULL, &err) != 0) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return -1;
    }
    size_t size = buffer_length(&bytes);
    uint8_t *data = malloc(size != 0 ? size : 1);
    if (data == NULL)
        abort();
    if (size != 0)
        memcpy(data, buffer_view(&bytes).data, size);
    buffer_clear(&bytes);
    run(data, size);
    for (size_t cut = 0; cut < size && size <= CUT_LIMIT; cut++)
        run(data, cut);
    run_mutations(data, size);
    free(data);
    return 0;
}

/* Returns how many files were replayed, or -1. */
static int replay_directory(const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    int replayed = 0, result = count < 0 ? -1 : 0;
    for (int i = 0; i < count; i++) {
        char *name = NULL;
        if (entries[i]->d_name[0] != '.' && result == 0) {
            if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
                abort();
            result = replay_file(name);
            replayed++;
            free(name);
        }
        free(entries[i]);
    }
    free(entries);
    return result == 0 ? replayed : -1;
}

int main(int count, char **arguments)
{
    int replayed = 0;
    for (int i = 1; i < count; i++) {
        struct stat status;
        int result = -1;
        if (stat(arguments[i], &status) == 0 && S_ISDIR(status.st_mode))
            result = replay_directory(arguments[i]);
        else if (replay_file(arguments[i]) == 0)
            result = 1;
        if (result < 0) {
            fprintf(stderr, "%s: cannot be replayed\n", arguments[i]);
            return 1;
        }
        replayed += result;
    }
    printf("%d files replayed\n", replayed);
    return replayed == 0 ? 1 : 0;
}
