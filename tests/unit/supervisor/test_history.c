#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history.h"
#include "postern/base/memory.h"
#include "postern/observe/seen.h"

enum { NOW_S = 1772366400 };

static void take(struct history *history, unsigned number, int64_t last_s, const char *name)
{
    struct buffer out;
    struct seen seen = {
        .last_s = last_s, .open = 1, .name = slice_text(name), .path = SLICE_CONSTANT("path")};
    memcpy(seen.fingerprint, &number, sizeof(number));
    seen.fingerprint[31] = 1;
    buffer_init(&out, SEEN_RECORD_MAX);
    assert_true(seen_append(&out, &seen));
    assert_int_equal(history_take(history, buffer_view(&out)), 1);
    buffer_clear(&out);
}

/* What `postern trial` would see: how many records, and this client's. */
static size_t look(const struct history *history, unsigned number, struct seen *out, char name[32])
{
    int fd = history_snapshot(history);
    struct stat status;
    struct slice records;
    struct seen seen;
    size_t count = 0;
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    char *bytes = xcalloc(1, (size_t)status.st_size + 1);
    assert_int_equal(pread(fd, bytes, (size_t)status.st_size, 0), status.st_size);
    assert_true(seen_open(slice_of(bytes, (size_t)status.st_size), &records));
    *out = (struct seen){.last_s = -1};
    while (seen_next(&records, &seen)) {
        count++;
        if (memcmp(seen.fingerprint, &number, sizeof(number)) == 0) {
            *out = seen;
            snprintf(name, 32, "%.*s", SLICE_ARG(seen.name));
        }
    }
    assert_int_equal(records.length, 0);
    free(bytes);
    close(fd);
    return count;
}

static void a_client_has_one_record_the_newest(void **state)
{
    struct history *history = history_new();
    struct seen found;
    char name[32];
    (void)state;
    assert_false(history_is_new(history));
    take(history, 1, NOW_S, "old name");
    take(history, 2, NOW_S, "bob");
    take(history, 1, NOW_S - 50, "alice");
    assert_true(history_is_new(history));
    assert_false(history_is_new(history));
    assert_int_equal(look(history, 1, &found, name), 2);
    assert_string_equal(name, "alice");
    assert_int_equal(found.last_s, NOW_S); /* a late message does not take it back */
    assert_int_equal(found.open, 0);       /* only tables say who is connected */
    history_free(history);
}

static void tables_of_workers_add_up(void **state)
{
    struct history *history = history_new();
    struct visits *tables[2] = {xcalloc(1, sizeof(struct visits)), xcalloc(1, sizeof(struct visits))};
    struct seen found;
    char name[32];
    (void)state;
    take(history, 1, NOW_S, "alice");
    look(history, 1, &found, name);
    visits_arrive(tables[0], found.fingerprint, NOW_S + 5);
    visits_arrive(tables[0], found.fingerprint, NOW_S + 7);
    visits_arrive(tables[1], found.fingerprint, NOW_S + 6);
    for (int i = 0; i < 2; i++) { /* and once more is the same */
        history_forget_connections(history);
        history_merge(history, tables[0]);
        history_merge(history, tables[1]);
    }
    look(history, 1, &found, name);
    assert_int_equal(found.open, 3);
    assert_int_equal(found.last_s, NOW_S + 7);
    free(tables[0]);
    free(tables[1]);
    history_free(history);
}

static void who_was_away_for_a_day_is_forgotten(void **state)
{
    struct history *history = history_new();
    struct seen found;
    char name[32];
    (void)state;
    take(history, 1, NOW_S - HISTORY_AGE_S - 1, "gone");
    take(history, 2, NOW_S - HISTORY_AGE_S, "here");
    history_prune(history, NOW_S);
    assert_int_equal(look(history, 2, &found, name), 1);
    assert_int_equal(found.last_s, NOW_S - HISTORY_AGE_S);
    history_free(history);
}

static void it_is_bounded_and_forgets_the_oldest(void **state)
{
    struct history *history = history_new();
    struct seen found;
    char name[32];
    (void)state;
    for (unsigned i = 0; i < HISTORY_MAX + 10; i++)
        take(history, i, NOW_S + i, "x");
    size_t count = look(history, HISTORY_MAX + 9, &found, name);
    assert_in_range(count, HISTORY_MAX / 2, HISTORY_MAX);
    assert_int_equal(count, history_count(history));
    assert_int_equal(found.last_s, NOW_S + HISTORY_MAX + 9);
    look(history, 0, &found, name);
    assert_int_equal(found.last_s, -1);
    history_free(history);
}

static void what_a_worker_sends_is_taken_up_to_nonsense(void **state)
{
    struct history *history = history_new();
    char nonsense[SEEN_HEAD_SIZE + 20];
    (void)state;
    memset(nonsense, 0xff, sizeof(nonsense));
    assert_int_equal(history_take(history, slice_of(nonsense, sizeof(nonsense))), 0);
    assert_int_equal(history_take(history, slice_of(nonsense, 3)), 0);
    assert_int_equal(history_count(history), 0);
    history_free(history);
}

static void it_is_kept_as_a_file(void **state)
{
    char directory[] = "/tmp/postern-test-XXXXXX", path[64], other[80];
    struct history *history = history_new(), *again = history_new();
    struct err err = {.line = 0};
    struct stat status;
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/clients-seen", directory);
    assert_int_equal(history_load(again, path, NOW_S, &err), 0); /* none yet */
    take(history, 1, NOW_S, "alice");
    take(history, 2, NOW_S - 2 * HISTORY_AGE_S, "gone");
    assert_int_equal(history_save(history, path, &err), 0);
    assert_int_equal(history_save(history, path, &err), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(history_load(again, path, NOW_S, &err), 0);
    assert_int_equal(history_count(again), 1);
    assert_false(history_is_new(again)); /* nothing to keep that is not there already */
    /* Another file, and a place that is not there. */
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("hello", file);
    fclose(file);
    assert_int_equal(history_load(again, path, NOW_S, &err), -1);
    err_clear(&err);
    snprintf(other, sizeof(other), "%s/none/clients-seen", directory);
    assert_int_equal(history_save(history, other, &err), -1);
    assert_non_null(strstr(err.path, "none/clients-seen"));
    unlink(path);
    assert_int_equal(rmdir(directory), 0);
    history_free(history);
    history_free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_has_one_record_the_newest),
        cmocka_unit_test(tables_of_workers_add_up),
        cmocka_unit_test(who_was_away_for_a_day_is_forgotten),
        cmocka_unit_test(it_is_bounded_and_forgets_the_oldest),
        cmocka_unit_test(what_a_worker_sends_is_taken_up_to_nonsense),
        cmocka_unit_test(it_is_kept_as_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
