#include "server.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "postern/base/memory.h"
#include "postern/base/slice.h"

struct process {
    pid_t pid, parent;
    bool belongs;
};

struct tree {
    struct process *processes;
    size_t count;
};

static bool is_number(const char *name, pid_t *out)
{
    uint64_t number = 0;
    if (!slice_to_u64(slice_text(name), INT32_MAX, &number))
        return false;
    *out = (pid_t)number;
    return true;
}

/* The fourth field of /proc/PID/stat; the second, a name in parentheses, may hold anything. */
static pid_t parent_of(pid_t pid)
{
    char path[64], text[512];
    int parent = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    const char *end = file && fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
    if (file)
        fclose(file);
    return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static void list_processes(struct tree *tree)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        pid_t pid;
        if (!is_number(entry->d_name, &pid))
            continue;
        tree->processes = xreallocarray(tree->processes, tree->count + 1, sizeof(*tree->processes));
        tree->processes[tree->count++] = (struct process){.pid = pid, .parent = parent_of(pid)};
    }
    if (folder)
        closedir(folder);
}

static bool belongs(const struct tree *tree, pid_t pid)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->processes[i].pid == pid)
            return tree->processes[i].belongs;
    }
    return false;
}

/* Mark the root and its descendants. A child may be listed before its parent, hence until nothing changes. */
static struct tree tree_of(pid_t root)
{
    struct tree tree = {NULL, 0};
    bool has_changed = true;
    list_processes(&tree);
    while (has_changed) {
        has_changed = false;
        for (size_t i = 0; i < tree.count; i++) {
            struct process *process = &tree.processes[i];
            if (process->belongs || (process->pid != root && !belongs(&tree, process->parent)))
                continue;
            process->belongs = has_changed = true;
        }
    }
    return tree;
}

/* Of all its threads, those that have ended included. clock_getcpuclockid(3). */
static bool add_cpu(pid_t pid, int64_t *cpu_ns)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return false;
    *cpu_ns += (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
    return true;
}

static uint64_t memory_of(pid_t pid)
{
    char path[64], line[256];
    unsigned long long kib = 0;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file) && sscanf(line, "Pss: %llu kB", &kib) != 1)
        continue;
    if (file)
        fclose(file);
    return kib;
}

int server_read_cpu(pid_t root, int64_t *cpu_ns, struct err *err)
{
    struct tree tree = tree_of(root);
    bool has_read = false;
    *cpu_ns = 0;
    for (size_t i = 0; i < tree.count; i++) {
        if (tree.processes[i].belongs)
            has_read = add_cpu(tree.processes[i].pid, cpu_ns) || has_read;
    }
    free(tree.processes);
    return has_read ? 0 : err_set(err, "--server-pid %d: there is no such process", (int)root);
}

uint64_t server_read_memory(pid_t root)
{
    struct tree tree = tree_of(root);
    uint64_t pss_kib = 0;
    for (size_t i = 0; i < tree.count; i++)
        pss_kib += tree.processes[i].belongs ? memory_of(tree.processes[i].pid) : 0;
    free(tree.processes);
    return pss_kib;
}
