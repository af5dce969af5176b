#include "unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/base/stamp.h"

/* What is done to a file or a directory, and whether its stamp shows it. */
static const struct {
    const char *name, *path, *script;
    bool shows;
} table[] = {
    {"nothing", "file", "true", false},
    {"read", "file", "cat file > /dev/null", false},
    {"written", "file", "echo more >> file", true},
    {"written with its old time", "file", "touch -r file keep; echo 2 > file; touch -r keep file", true},
    {"renamed over by the same", "file", "cp -p file new; mv new file", true},
    {"permissions", "file", "chmod 600 file", true},
    {"gone", "file", "rm file", true},
    {"a link turned", "link", "echo 1 > other; ln -sfn other link", true},
    {"missing", "nothing", "true", false},
    {"comes to be", "nothing", "touch nothing", true},
    {"a name comes into a directory", "dir", "touch dir/b", true},
    {"a name goes", "dir", "rm dir/a", true},
    {"a name changes", "dir", "mv dir/a dir/c", true},
    {"a hidden name", "dir", "touch dir/.b", false},
    {"a file in a directory is written", "dir", "echo 1 > dir/a", false},
    {"a directory in place of another", "dir", "mv dir old; mkdir dir; touch dir/a", true},
};

static void a_stamp_shows_what_matters(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        char directory[] = "/tmp/postern-test-XXXXXX", path[128], command[512];
        assert_non_null(mkdtemp(directory));
        snprintf(command, sizeof(command),
                 "cd %s && echo 1 > file && ln -s file link && mkdir dir && touch dir/a", directory);
        assert_int_equal(system(command), 0);
        snprintf(path, sizeof(path), "%s/%s", directory, table[i].path);
        struct stamp before = stamp_of_path(path);
        usleep(STAMP_TICK_MS * 1000); /* within one tick two states may share a stamp */
        snprintf(command, sizeof(command), "cd %s && %s", directory, table[i].script);
        assert_int_equal(system(command), 0);
        struct stamp after = stamp_of_path(path);
        if (stamp_equal(&before, &after) == table[i].shows)
            fail_msg("%s: %s", table[i].name, table[i].shows ? "does not show" : "shows");
        snprintf(command, sizeof(command), "rm -rf %s", directory);
        assert_int_equal(system(command), 0);
    }
}

static void an_opened_file_has_the_stamp_of_its_path(void **state)
{
    (void)state;
    struct stat status;
    assert_int_equal(stat("/etc/hostname", &status), 0);
    struct stamp opened = stamp_of_status(&status), named = stamp_of_path("/etc/hostname");
    assert_true(stamp_equal(&opened, &named));
}

static void what_cannot_be_seen_says_why(void **state)
{
    (void)state;
    assert_int_equal(stamp_of_path("/nonexistent/file").error, ENOENT);
    assert_int_equal(stamp_of_path("/etc/hostname/file").error, ENOTDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_shows_what_matters),
        cmocka_unit_test(an_opened_file_has_the_stamp_of_its_path),
        cmocka_unit_test(what_cannot_be_seen_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
