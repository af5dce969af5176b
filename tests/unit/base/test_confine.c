#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/base/confine.h"

/* What is given up cannot be had back, so each test is done in a child: it leaves with the number of the line
 * that failed, or with 0. _exit(2), so that it does not look for leaks without files. */
#define EXPECT(condition) ((condition) ? (void)0 : _exit(__LINE__ % 255 + 1))

static int in_child(void (*body)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void lose_files(void)
{
    char told[128] = "";
    EXPECT(confine_files(told, sizeof(told)) == 0);
    EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    EXPECT(setuid(65533) != 0);           /* nor what else root could do */
    if (strstr(told, "no files") == NULL) /* a kernel without Landlock: it must be told */
        _exit(strstr(told, "Landlock") != NULL ? 0 : 1);
    EXPECT(open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
    EXPECT(open("/tmp/postern-test-new", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0 && errno == EACCES);
    EXPECT(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 && errno == EACCES);
    EXPECT(unlink("/tmp/postern-test-none") != 0);
    EXPECT(execl("/bin/true", "true", (char *)NULL) != 0 && errno == EACCES);
}

static void only_read(void)
{
    EXPECT(confine_reader() == 0);
    EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    EXPECT(setuid(65533) != 0);
    EXPECT(open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0);
    EXPECT(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0);
    EXPECT(geteuid() != 0 || open("/etc/shadow", O_RDONLY | O_CLOEXEC) >= 0 || errno == ENOENT);
    int memory = memfd_create("test", MFD_CLOEXEC);
    EXPECT(memory >= 0 && ftruncate(memory, 4096) == 0 && write(memory, "x", 1) == 1);
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
        return;
    EXPECT(open("/tmp/postern-test-new", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0 && errno == EACCES);
    EXPECT(open("/dev/null", O_WRONLY | O_CLOEXEC) < 0 && errno == EACCES);
    EXPECT(mkdir("/tmp/postern-test-new", 0700) != 0 && errno == EACCES);
    EXPECT(execl("/bin/true", "true", (char *)NULL) != 0 && errno == EACCES);
}

static void a_reader_can_do_nothing_but_read(void **state)
{
    (void)state;
    assert_int_equal(in_child(only_read), 0);
}

static void no_file_can_be_opened_made_or_run(void **state)
{
    (void)state;
    assert_int_equal(in_child(lose_files), 0);
}

/* An upstream at a unix socket is reached by its own permissions alone. */
static void lose_files_and_connect(void)
{
    char told[128], directory[] = "/tmp/postern-test-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    EXPECT(mkdtemp(directory) != NULL);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/app.sock", directory);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT(bind(listener, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
           listen(listener, 1) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT(confine_files(told, sizeof(told)) == 0);
        EXPECT(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    unlink(address.sun_path);
    rmdir(directory);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void unix_sockets_can_still_be_connected_to(void **state)
{
    (void)state;
    assert_int_equal(in_child(lose_files_and_connect), 0);
}

static void become_nobody(void)
{
    gid_t groups[8];
    uid_t real, effective, saved;
    const gid_t given[] = {0, 4};
    EXPECT(setgroups(LENGTH_OF(given), given) == 0);
    EXPECT(confine_user(65534, 65534) == 0);
    EXPECT(getresuid(&real, &effective, &saved) == 0 && real == 65534 && effective == 65534 &&
           saved == 65534);
    EXPECT(getgroups((int)LENGTH_OF(groups), groups) == 0);
    EXPECT(setuid(0) != 0 && setgid(0) != 0);
}

static void a_change_of_user_is_for_good(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        assert_int_equal(confine_user(65534, 65534), -1); /* and is not claimed when it cannot be had */
        return;
    }
    assert_int_equal(in_child(become_nobody), 0);
}

static void raise_descriptors(void)
{
    struct rlimit limit = {64, 64};
    EXPECT(geteuid() == 0 || setrlimit(RLIMIT_NOFILE, &limit) == 0);
    confine_descriptors(4096);
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    EXPECT(geteuid() == 0 ? limit.rlim_cur >= 4096 : limit.rlim_cur == 64);
    rlim_t before = limit.rlim_cur;
    confine_descriptors(16);
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == before);
}

static void descriptors_are_raised_as_far_as_allowed_and_never_lowered(void **state)
{
    (void)state;
    assert_int_equal(in_child(raise_descriptors), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_can_do_nothing_but_read),
        cmocka_unit_test(no_file_can_be_opened_made_or_run),
        cmocka_unit_test(unix_sockets_can_still_be_connected_to),
        cmocka_unit_test(a_change_of_user_is_for_good),
        cmocka_unit_test(descriptors_are_raised_as_far_as_allowed_and_never_lowered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
