#include "postern/base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "postern/base/attributes.h"
#include "postern/base/file.h"

#if defined(__SANITIZE_ADDRESS__)
#define LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAK_CHECK 1
#endif
#endif

#define OWN_DESCRIPTORS 128 /* listeners, also a neighbour's; logs, channel, resolver */

void confine_descriptors(uint32_t descriptors)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= descriptors)
        return;
    struct rlimit wanted = {descriptors, limit.rlim_max > descriptors ? limit.rlim_max : descriptors};
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

unsigned confine_clients(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t own = limit.rlim_cur / 4 < OWN_DESCRIPTORS ? limit.rlim_cur / 4 : OWN_DESCRIPTORS;
    rlim_t clients = (limit.rlim_cur - own) / 2;
    return clients == 0 ? 1 : clients < UINT32_MAX ? (unsigned)clients : UINT32_MAX;
}

int confine_user(uint32_t uid, uint32_t gid)
{
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return -1;
    /* Trust the kernel, but look: a way back would be worth more than anything else here. */
    if (uid != 0 && setresuid(0, 0, 0) == 0) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

/* Rights that a version of the kernel's interface knows: the first has thirteen, later ones added one each
 * (refer, truncate; four was about the network; device ioctls). */
static uint64_t file_rights(long version)
{
    unsigned bits = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
    return ((uint64_t)1 << bits) - 1;
}

#ifdef LEAK_CHECK
/* The leak check at the end of a sanitizer build looks around in /proc. */
static void allow_leak_check(int ruleset)
{
    struct landlock_path_beneath_attr proc = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        .parent_fd = open("/proc", O_PATH | O_CLOEXEC),
    };
    (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &proc, 0);
    close(proc.parent_fd);
}
#endif

/* All but these rights. */
static bool forbid_files(long version, uint64_t left)
{
    const struct landlock_ruleset_attr attributes = {.handled_access_fs = file_rights(version) & ~left};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
    if (ruleset < 0)
        return false;
#ifdef LEAK_CHECK
    allow_leak_check(ruleset);
#endif
    bool done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    fd_close(&ruleset);
    return done;
}

/* What is not kept is gone with the ambient set too, and with what the binary's file would give. capset(2) */
static int keep_capabilities(uint32_t kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, sets) != 0)
        return -1;
    for (size_t i = 0; i < LENGTH_OF(sets); i++) {
        uint32_t left = i == 0 ? sets[i].permitted & kept : 0;
        sets[i] = (struct __user_cap_data_struct){.effective = left, .permitted = left};
    }
    return (int)syscall(SYS_capset, &header, sets);
}

static long landlock_version(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

int confine_reader(void)
{
    if (keep_capabilities(1u << CAP_DAC_READ_SEARCH) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    long version = landlock_version();
    if (version >= 1)
        (void)forbid_files(version, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
    return 0;
}

int confine_files(char *told, size_t size)
{
    if (keep_capabilities(0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    long version = landlock_version();
    if (version < 1)
        snprintf(told, size, "no new privileges; this kernel has no Landlock (%s)", strerror(errno));
    else if (!forbid_files(version, 0))
        snprintf(told, size, "no new privileges; Landlock %ld refused (%s)", version, strerror(errno));
    else
        snprintf(told, size, "no new privileges, no files (Landlock %ld)", version);
    return 0;
}
