/* Real files and a real inotify, which tells of a change before the call that made it returns; the time is
 * ours. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "file_watch.h"
#include "postern/generation/input_list.h"

struct place {
    char directory[64];
    int64_t now_us;
    struct clock clock;
    struct loop *loop;
    struct file_watch watch;
    unsigned changes;
    char what[FILE_WATCH_WHAT_SIZE];
};

static int64_t now_us(void *context)
{
    return *(int64_t *)context;
}

static int64_t wall_ms(void *context)
{
    return *(int64_t *)context / 1000;
}

static void on_change(void *context, const char *what)
{
    struct place *place = context;
    place->changes++;
    snprintf(place->what, sizeof(place->what), "%s", what);
    file_watch_load_begins(&place->watch);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    snprintf(place->directory, sizeof(place->directory), "/tmp/postern-test-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    place->now_us = 1000000000;
    place->clock = (struct clock){wall_ms, now_us, &place->now_us};
    place->loop = loop_new(&place->clock);
    file_watch_init(&place->watch, place->loop, on_change, place);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char command[128];
    file_watch_clear(&place->watch);
    loop_free(place->loop);
    snprintf(command, sizeof(command), "rm -rf '%s'", place->directory);
    int result = system(command);
    free(place);
    return result;
}

/* A shell, as administrators have it. %s: the directory. */
static void run(const struct place *place, const char *script)
{
    char command[1024];
    snprintf(command, sizeof(command), "cd '%s' && %s", place->directory, script);
    assert_int_equal(system(command), 0);
}

static void watch_files(struct place *place, const char *const *names, bool inotify)
{
    struct buffer list;
    const struct file_watch_options options = {.use = true, .inotify = inotify, .poll_ms = 10000};
    buffer_init(&list, INPUT_LIST_SIZE_MAX);
    for (; *names != NULL; names++) {
        char path[256];
        snprintf(path, sizeof(path), "%s/%s", place->directory, *names);
        struct stamp stamp = stamp_of_path(path);
        assert_true(input_list_append(&list, path, &stamp));
    }
    file_watch_set(&place->watch, buffer_view(&list), &options);
    buffer_clear(&list);
}

static void wait_ms(struct place *place, int64_t milliseconds)
{
    loop_turn(place->loop, 0);
    place->now_us += milliseconds * 1000;
    loop_turn(place->loop, 0);
    loop_turn(place->loop, 0);
}

static const char *const one[] = {"crl.pem", NULL};
static const char *const linked[] = {"etc/crl.pem", NULL};
static const char *const directory[] = {"crls", "crls/a.pem", NULL};

#define CONFIG_MAP                                                                                           \
    "mkdir -p etc/..v1 && echo 1 > etc/..v1/crl.pem && ln -s ..v1 etc/..data && ln -s ..data/crl.pem "       \
    "etc/crl.pem"

static const struct {
    const char *name;
    const char *before; /* the watch begins */
    const char *const *names;
    const char *script;
    int64_t early_ms, late_ms; /* nothing is told yet, all has been told; early 0: not looked at */
    unsigned expected;
    const char *how;
} table[] = {
    {"renamed over", "echo 1 > crl.pem", one, "echo 2 > new && mv new crl.pem", 0, 0, 1,
     "renamed into place"},
    {"rewritten in place", "echo 1 > crl.pem", one, "echo 2 > crl.pem", 19, 20, 1, "written"},
    {"copied over", "echo 1 > crl.pem; echo 2 > new", one, "cp new crl.pem", 19, 20, 1, "written"},
    {"removed", "echo 1 > crl.pem", one, "rm crl.pem", 249, 250, 1, "No such file or directory"},
    {"permissions", "echo 1 > crl.pem", one, "chmod 600 crl.pem", 249, 250, 1, "given other permissions"},
    {"comes to be", "true", one, "echo 1 > crl.pem", 19, 20, 1, "written"},
    {"hard link", "echo 1 > new", one, "ln new crl.pem", 249, 250, 1, "created"},
    {"another file in the directory", "echo 1 > crl.pem", one, "echo 2 > log; mv log log.1; rm log.1", 0,
     1000, 0, NULL},
    {"read only", "echo 1 > crl.pem", one, "cat crl.pem > /dev/null", 0, 1000, 0, NULL},
    {"written back the same", "echo 1 > crl.pem; cp -p crl.pem old", one, "true", 0, 1000, 0, NULL},
    {"a ConfigMap's swap", CONFIG_MAP, linked,
     "mkdir etc/..v2 && echo 2 > etc/..v2/crl.pem && ln -s ..v2 etc/..data_tmp && mv -T etc/..data_tmp "
     "etc/..data "
     "&& rm -r etc/..v1",
     0, 0, 1, "renamed into place"},
    {"a ConfigMap's file in place", CONFIG_MAP, linked, "echo 2 > etc/..v1/crl.pem", 19, 20, 1, "written"},
    {"ln -sfn of the directory", "mkdir v1 v2; echo 1 > v1/crl.pem; echo 2 > v2/crl.pem; ln -s v1 etc",
     linked, "ln -sfn v2 etc", 0, 250, 1, NULL},
    {"both levels turned",
     "mkdir v1 v2; echo 1 > v1/x; echo 2 > v2/y; ln -s x v1/crl.pem; ln -s y v2/crl.pem; ln -s v1 etc",
     linked, "ln -s v2 new && mv -T new etc", 0, 0, 1, "renamed into place"},
    {"the directory goes and comes", "mkdir etc; echo 1 > etc/crl.pem", linked,
     "rm -rf etc && mkdir etc && echo 2 > etc/crl.pem", 0, 250, 1, NULL},
    {"the directory is moved away", "mkdir etc; echo 1 > etc/crl.pem", linked, "mv etc old", 249, 250, 1,
     "No such file or directory"},
    {"another directory is moved into place", "mkdir etc new; echo 1 > etc/crl.pem; echo 2 > new/crl.pem",
     linked, "mv etc old && mv new etc", 0, 0, 1, "renamed into place"},
    {"a file comes into a directory", "mkdir crls; echo 1 > crls/a.pem", directory,
     "echo 1 > n && mv n crls/b.pem", 0, 0, 1, "renamed into place"},
    {"a hidden file does not", "mkdir crls; echo 1 > crls/a.pem", directory, "echo 1 > crls/.b.pem.swp", 0,
     1000, 0, NULL},
};

static void run_row(struct place *place, size_t i)
{
    const struct file_watch_options off = {.use = false};
    place->changes = 0;
    file_watch_set(&place->watch, slice_of(NULL, 0), &off);
    run(place, "rm -rf ./*");
    run(place, table[i].before);
    watch_files(place, table[i].names, true);
    wait_ms(place, 0);
    if (place->changes != 0)
        fail_msg("%s: noticed what was there", table[i].name);
    run(place, table[i].script);
    wait_ms(place, table[i].early_ms);
    if (table[i].early_ms > 0 && place->changes != 0)
        fail_msg("%s: too early", table[i].name);
    wait_ms(place, table[i].late_ms - table[i].early_ms);
    if (place->changes != table[i].expected)
        fail_msg("%s: told %u times", table[i].name, place->changes);
    if (table[i].how != NULL && strstr(place->what, table[i].how) == NULL)
        fail_msg("%s: %s", table[i].name, place->what);
}

static void what_changes_is_told_in_its_time(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < LENGTH_OF(table); i++)
        run_row(place, i);
}

/* After a way has turned, what is behind it is watched, and what is not any more is not. */
static void watches_follow_the_way(void **state)
{
    struct place *place = *state;
    run(place, "mkdir v1 v2; echo 1 > v1/crl.pem; echo 2 > v2/crl.pem; ln -s v1 etc");
    watch_files(place, linked, true);
    run(place, "ln -s v2 new && mv -T new etc");
    wait_ms(place, 0);
    assert_int_equal(place->changes, 1);
    run(place, "echo 3 > v2/crl.pem");
    wait_ms(place, 20);
    assert_int_equal(place->changes, 2);
    run(place, "echo 4 > v1/crl.pem");
    wait_ms(place, 1000);
    assert_int_equal(place->changes, 2);
    run(place, "rm -rf v2 && mkdir v2");
    wait_ms(place, 250);
    assert_int_equal(place->changes, 3);
    run(place, "echo 5 > v2/n && mv v2/n v2/crl.pem");
    wait_ms(place, 0);
    assert_int_equal(place->changes, 4);
}

static void a_slow_writer_is_waited_for(void **state)
{
    struct place *place = *state;
    char path[128];
    run(place, "echo 1 > crl.pem");
    watch_files(place, one, true);
    snprintf(path, sizeof(path), "%s/crl.pem", place->directory);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(write(fd, "2", 1), 1);
        wait_ms(place, 200);
    }
    assert_int_equal(place->changes, 0);
    close(fd);
    wait_ms(place, 20);
    assert_int_equal(place->changes, 1);
}

static void what_changed_before_it_was_watched_is_told(void **state)
{
    struct place *place = *state;
    struct buffer list;
    const struct file_watch_options options = {.use = true, .inotify = true, .poll_ms = 10000};
    char path[128];
    run(place, "echo 1 > crl.pem");
    snprintf(path, sizeof(path), "%s/crl.pem", place->directory);
    struct stamp stamp = stamp_of_path(path);
    buffer_init(&list, 4096);
    assert_true(input_list_append(&list, path, &stamp));
    run(place, "echo two > crl.pem"); /* as if a load had been under way */
    file_watch_set(&place->watch, buffer_view(&list), &options);
    buffer_clear(&list);
    wait_ms(place, 250);
    assert_int_equal(place->changes, 1);
    assert_non_null(strstr(place->what, "while it was loaded"));
}

static int no_room(int fd, const char *path, uint32_t mask)
{
    (void)fd, (void)path, (void)mask;
    errno = ENOSPC;
    return -1;
}

static void without_watches_the_poll_finds_it(void **state)
{
    struct place *place = *state;
    char text[128];
    run(place, "echo 1 > crl.pem");
    watch_files(place, one, true);
    place->watch.tree.add_watch = no_room;
    watch_files(place, one, true);
    assert_string_equal(file_watch_describe(&place->watch, text, sizeof(text)),
                        "1 files by poll every 1000 ms");
    run(place, "echo 2 > new && mv new crl.pem");
    wait_ms(place, 1000);
    assert_int_equal(place->changes, 0); /* seen, and to be quiet first */
    wait_ms(place, 250);
    assert_int_equal(place->changes, 1);
    assert_non_null(strstr(place->what, "seen by the poll"));
    /* There is room again. */
    place->watch.tree.add_watch = inotify_add_watch;
    wait_ms(place, 1000);
    run(place, "echo 3 > new && mv new crl.pem");
    wait_ms(place, 0);
    assert_int_equal(place->changes, 2);
}

static void a_poll_waits_for_a_slow_writer_too(void **state)
{
    struct place *place = *state;
    run(place, "echo 1 > crl.pem");
    watch_files(place, one, false);
    run(place, "echo 2 >> crl.pem");
    wait_ms(place, 10000);
    for (int i = 0; i < 5; i++) {
        run(place, "echo 2 >> crl.pem");
        wait_ms(place, 250);
    }
    assert_int_equal(place->changes, 0);
    wait_ms(place, 250);
    assert_int_equal(place->changes, 1);
}

static void switched_off_nothing_is_told(void **state)
{
    struct place *place = *state;
    const struct file_watch_options off = {.use = false, .inotify = true, .poll_ms = 100};
    char text[128];
    run(place, "echo 1 > crl.pem");
    watch_files(place, one, true);
    file_watch_set(&place->watch, slice_of(NULL, 0), &off);
    run(place, "echo 2 > crl.pem");
    wait_ms(place, 60000);
    assert_int_equal(place->changes, 0);
    assert_string_equal(file_watch_describe(&place->watch, text, sizeof(text)), "off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_changes_is_told_in_its_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(watches_follow_the_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slow_writer_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_changed_before_it_was_watched_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_watches_the_poll_finds_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_poll_waits_for_a_slow_writer_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(switched_off_nothing_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
