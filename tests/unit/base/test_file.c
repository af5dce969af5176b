#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/base/file.h"
#include "unit.h"

struct place {
    char directory[64];
    char path[96];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    snprintf(place->directory, sizeof(place->directory), "/tmp/postern-test-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof(place->path), "%s/file", place->directory);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    int result = rmdir(place->directory); /* fails if something was left */
    free(place);
    return result;
}

static void a_file_is_replaced_and_read_whole(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    struct buffer bytes;
    struct stat status;
    mode_t mask = umask(077);
    assert_int_equal(file_replace(place->path, "old", 3, 0600, &err), 0);
    assert_int_equal(file_replace(place->path, "a\0b", 3, 0644, &err), 0);
    umask(mask);
    assert_int_equal(file_read(place->path, 3, &bytes, &status, &err), 0);
    assert_true(slice_equal(buffer_view(&bytes), SLICE_LITERAL("a\0b")));
    assert_int_equal(status.st_mode & 07777, 0644);
    assert_int_equal(status.st_size, 3);
    buffer_clear(&bytes);
    assert_false(err_is_set(&err));
}

/* What a killed file_replace() leaves goes; a name that somebody chose stays. */
static void a_sweep_takes_what_was_written_beside(void **state)
{
    static const struct {
        const char *name;
        bool stays;
    } rows[] = {{"index.txt.new-a1B2c3", false},
                {"x.new-XXXXXX", false},
                {"index.txt.backup", true},
                {"index.txt.new", true},
                {"index.txt.new-a1B2c", true},
                {"index.txt.old-a1B2c3", true},
                {"new-a1B2c3", true}};
    struct place *place = *state;
    struct err err = {.line = 0};
    char path[128];
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        snprintf(path, sizeof path, "%s/%s", place->directory, rows[i].name);
        assert_int_equal(file_replace(path, "", 0, 0600, &err), 0);
    }
    file_sweep(place->directory);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        snprintf(path, sizeof path, "%s/%s", place->directory, rows[i].name);
        assert_int_equal(unlink(path), rows[i].stays ? 0 : -1);
    }
}

static void an_empty_file_is_no_error(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    struct buffer bytes;
    assert_int_equal(file_replace(place->path, "", 0, 0600, &err), 0);
    assert_int_equal(file_read(place->path, 0, &bytes, NULL, &err), 0);
    assert_true(buffer_is_empty(&bytes));
    buffer_clear(&bytes);
}

static void a_file_over_the_limit_is_refused(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    struct buffer bytes;
    static char large[200000];
    assert_int_equal(file_replace(place->path, large, sizeof(large), 0600, &err), 0);
    assert_int_equal(file_read(place->path, sizeof(large), &bytes, NULL, &err), 0);
    assert_int_equal(buffer_length(&bytes), sizeof(large));
    buffer_clear(&bytes);
    assert_int_equal(file_read(place->path, sizeof(large) - 1, &bytes, NULL, &err), -1);
    assert_string_equal(err.path, place->path);
    assert_non_null(strstr(err.text, "199999"));
    assert_true(buffer_is_empty(&bytes));
}

static void what_is_no_regular_file_is_refused_without_waiting(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    struct buffer bytes;
    assert_int_equal(file_read(place->path, 10, &bytes, NULL, &err), -1);
    assert_non_null(strstr(err.text, strerror(ENOENT)));
    err_clear(&err);
    assert_int_equal(file_read(place->directory, 10, &bytes, NULL, &err), -1);
    assert_non_null(strstr(err.text, "regular"));
    err_clear(&err);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    assert_int_equal(file_read(place->path, 10, &bytes, NULL, &err), -1);
    assert_non_null(strstr(err.text, "regular"));
}

static void a_replacement_that_fails_leaves_nothing_behind(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    char path[128];
    snprintf(path, sizeof(path), "%s/absent/file", place->directory);
    assert_int_equal(file_replace(path, "a", 1, 0600, &err), -1);
    assert_string_equal(err.path, path);
    err_clear(&err);
    /* A directory cannot be replaced by a file; tear_down() sees what is left beside it. */
    assert_int_equal(mkdir(place->path, 0700), 0);
    assert_int_equal(file_replace(place->path, "a", 1, 0600, &err), -1);
    assert_true(err_is_set(&err));
    assert_int_equal(rmdir(place->path), 0);
}

static void all_is_written_and_read_over_a_pipe(void **state)
{
    (void)state;
    int ends[2];
    char text[4] = "";
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fd_write_all(ends[1], "abcd", 4), 0);
    assert_int_equal(fd_read_all(ends[0], text, 3), 0);
    assert_memory_equal(text, "abc", 3);
    assert_int_equal(fd_set_nonblocking(ends[0]), 0);
    assert_int_equal(fd_read_all(ends[0], text, 3), -1);
    assert_int_equal(errno, EAGAIN);
    fd_close(&ends[1]);
    assert_int_equal(ends[1], -1);
    fd_close(&ends[1]);
    errno = EINVAL;
    assert_int_equal(fd_read_all(ends[0], text, 3), -1);
    assert_int_equal(errno, 0);
    fd_close(&ends[0]);
    assert_int_equal(fd_write_all(-1, "a", 1), -1);
    assert_int_equal(fd_set_nonblocking(-1), -1);
}

static void a_sealed_memfd_can_no_longer_change(void **state)
{
    (void)state;
    int fd = memfd_new("test", 10);
    assert_true(fd >= 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(pwrite(fd, "abc", 3, 0), 3);
    assert_false(memfd_is_sealed(fd));
    assert_int_equal(memfd_seal(fd), 0);
    assert_true(memfd_is_sealed(fd));
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 5), -1);
    assert_int_equal(ftruncate(fd, 20), -1);
    assert_ptr_equal(mmap(NULL, 10, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    fd_close(&fd);
    int plain = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_false(memfd_is_sealed(plain));
    fd_close(&plain);
    assert_int_equal(memfd_new("test", SIZE_MAX), -1);
    assert_int_equal(errno, EFBIG);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void a_message_carries_bytes_and_descriptors(void **state)
{
    (void)state;
    int pair[2], passed[FD_PASS_MAX];
    char bytes[16];
    struct stat sent, came;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    int fd = memfd_new("test", 1);
    const int fds[] = {fd, pair[0]};
    assert_int_equal(message_send(pair[0], "hello", 5, fds, 2), 0);
    assert_int_equal(message_send(pair[0], "you", 3, NULL, 0), 0);
    size_t count = FD_PASS_MAX;
    assert_int_equal(message_receive(pair[1], bytes, sizeof(bytes), passed, &count), 5);
    assert_int_equal(count, 2);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(fstat(fd, &sent), 0);
    assert_int_equal(fstat(passed[0], &came), 0);
    assert_int_equal(sent.st_ino, came.st_ino);
    assert_true((fcntl(passed[0], F_GETFD) & FD_CLOEXEC) != 0);
    fd_close(&passed[0]);
    fd_close(&passed[1]);
    count = 1;
    assert_int_equal(message_receive(pair[1], bytes, sizeof(bytes), passed, &count), 3);
    assert_int_equal(count, 0);
    fd_close(&pair[0]);
    assert_int_equal(message_receive(pair[1], bytes, sizeof(bytes), NULL, NULL), 0);
    fd_close(&pair[1]);
    fd_close(&fd);
}

static void the_most_descriptors_pass_and_one_more_is_refused(void **state)
{
    (void)state;
    int pair[2], many[FD_PASS_MAX + 1], passed[FD_PASS_MAX];
    char byte;
    size_t count = FD_PASS_MAX;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    for (size_t i = 0; i < LENGTH_OF(many); i++)
        many[i] = pair[0];
    assert_int_equal(message_send(pair[0], "a", 1, many, FD_PASS_MAX + 1), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(message_send(pair[0], "a", 1, many, FD_PASS_MAX), 0);
    assert_int_equal(message_receive(pair[1], &byte, 1, passed, &count), 1);
    assert_int_equal(count, FD_PASS_MAX);
    for (size_t i = 0; i < count; i++)
        fd_close(&passed[i]);
    assert_int_equal(message_send(pair[0], "", 0, NULL, 0), -1);
    fd_close(&pair[0]);
    fd_close(&pair[1]);
}

static void what_does_not_fit_is_refused_and_its_descriptors_closed(void **state)
{
    (void)state;
    int pair[2], passed[2];
    char bytes[4];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    const int fds[] = {pair[0], pair[1], pair[0]};
    size_t before = open_descriptors(), count = 2;
    assert_int_equal(message_send(pair[0], "hello", 5, fds, 1), 0);
    assert_int_equal(message_receive(pair[1], bytes, sizeof(bytes), passed, &count), -1);
    assert_int_equal(errno, EMSGSIZE);
    assert_int_equal(count, 0);
    count = 2;
    assert_int_equal(message_send(pair[0], "you", 3, fds, 3), 0);
    assert_int_equal(message_receive(pair[1], bytes, sizeof(bytes), passed, &count), -1);
    assert_int_equal(errno, EMSGSIZE);
    assert_int_equal(message_send(pair[0], "you", 3, fds, 1), 0);
    assert_int_equal(message_receive(pair[1], bytes, sizeof(bytes), NULL, NULL), -1);
    assert_int_equal(errno, EMSGSIZE);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(fd_set_nonblocking(pair[1]), 0);
    assert_int_equal(message_receive(pair[1], bytes, sizeof(bytes), NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);
    fd_close(&pair[1]);
    assert_int_equal(message_send(pair[0], "a", 1, NULL, 0), -1);
    assert_int_equal(errno, EPIPE);
    fd_close(&pair[0]);
}

static void relative_paths_are_beside_the_file_that_names_them(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"/etc/postern/a.ini", "b.pem", "/etc/postern/b.pem"},
        {"/etc/postern/a.ini", "/b.pem", "/b.pem"},
        {"conf/a.ini", "../b.pem", "conf/../b.pem"},
        {"a.ini", "b.pem", "b.pem"},
        {"/a.ini", "b.pem", "/b.pem"},
    };
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        char *joined = path_beside(table[i][0], table[i][1]);
        assert_string_equal(joined, table[i][2]);
        free(joined);
    }
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_file_is_replaced_and_read_whole),
        IN_PLACE(a_sweep_takes_what_was_written_beside),
        IN_PLACE(an_empty_file_is_no_error),
        IN_PLACE(a_file_over_the_limit_is_refused),
        IN_PLACE(what_is_no_regular_file_is_refused_without_waiting),
        IN_PLACE(a_replacement_that_fails_leaves_nothing_behind),
        cmocka_unit_test(all_is_written_and_read_over_a_pipe),
        cmocka_unit_test(a_sealed_memfd_can_no_longer_change),
        cmocka_unit_test(a_message_carries_bytes_and_descriptors),
        cmocka_unit_test(the_most_descriptors_pass_and_one_more_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused_and_its_descriptors_closed),
        cmocka_unit_test(relative_paths_are_beside_the_file_that_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
