#include "unit.h"

#include "watch_walk.h"

/* A file system as a table. What is not in it is missing. */
struct entry {
    const char *path;
    enum walk_kind kind;
    const char *target;
};

static const struct entry tree[] = {
    {"/etc", WALK_DIRECTORY, NULL},
    {"/etc/crl.pem", WALK_FILE, NULL},
    {"/etc/far", WALK_LINK, "/srv/data"},
    {"/etc/near", WALK_LINK, "crl.pem"},
    {"/etc/up", WALK_LINK, "../srv/data/x"},
    {"/etc/loop", WALK_LINK, "loop"},
    {"/etc/dangling", WALK_LINK, "nothing/here"},
    {"/srv", WALK_DIRECTORY, NULL},
    {"/srv/data", WALK_DIRECTORY, NULL},
    {"/srv/data/x", WALK_FILE, NULL},
    /* as Kubernetes mounts a ConfigMap */
    {"/cm", WALK_DIRECTORY, NULL},
    {"/cm/..data", WALK_LINK, "..2026_1"},
    {"/cm/..2026_1", WALK_DIRECTORY, NULL},
    {"/cm/..2026_1/crl.pem", WALK_FILE, NULL},
    {"/cm/crl.pem", WALK_LINK, "..data/crl.pem"},
};

static enum walk_kind look(void *context, const char *path, char *target, size_t size)
{
    (void)context;
    for (size_t i = 0; i < LENGTH_OF(tree); i++) {
        if (strcmp(tree[i].path, path) != 0)
            continue;
        if (tree[i].target != NULL)
            snprintf(target, size, "%s", tree[i].target);
        return tree[i].kind;
    }
    return WALK_MISSING;
}

/* Expected: "directory name" joined by ", "; a '*' behind the last. */
static const struct {
    const char *name, *path, *expected;
} table[] = {
    {"a file", "/etc/crl.pem", "/ etc, /etc crl.pem*"},
    {"slashes and dots", "//etc/./crl.pem", "/ etc, /etc crl.pem*"},
    {"two dots", "/etc/../etc/crl.pem", "/ etc, /etc crl.pem*"},
    {"above the root is the root", "/../../etc/crl.pem", "/ etc, /etc crl.pem*"},
    {"a file that is missing", "/etc/deny.txt", "/ etc, /etc deny.txt*"},
    {"a directory that is missing", "/var/lib/crl.pem", "/ var"},
    {"a link beside it", "/etc/near", "/ etc, /etc crl.pem*, /etc near*"},
    {"an absolute link on the way", "/etc/far/x", "/ etc, / srv, /etc far, /srv data, /srv/data x*"},
    {"a link upwards", "/etc/up", "/ etc, / srv, /etc up*, /srv data, /srv/data x*"},
    {"a link to what is missing", "/etc/dangling", "/ etc, /etc dangling*, /etc nothing"},
    {"a link to itself ends", "/etc/loop", "/ etc, /etc loop*"},
    {"a ConfigMap, at every level", "/cm/crl.pem",
     "/ cm, /cm ..2026_1, /cm ..data, /cm crl.pem*, /cm/..2026_1 crl.pem*"},
    {"a directory: its names too", "/srv/data", "/ srv, /srv data*, /srv/data *"},
    {"a directory behind a link", "/etc/far", "/ etc, / srv, /etc far*, /srv data*, /srv/data *"},
    {"the root", "/", "/ *"},
    {"a file on the way ends it", "/etc/crl.pem/x", "/ etc, /etc crl.pem"},
    {"no absolute path", "crl.pem", ""},
};

static const struct walk_files files = {.look = look};

static void write_out(const struct hops *hops, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < hops->count; i++)
        length += (size_t)snprintf(out + length, size - length, "%s%s %s%s", i == 0 ? "" : ", ",
                                   hops->items[i].directory, hops->items[i].name,
                                   hops->items[i].is_last ? "*" : "");
}

static void every_step_of_a_way_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        char found[1024];
        struct hops hops;
        hops_init(&hops);
        hops_walk(&hops, table[i].path, &files);
        hops_sort(&hops);
        write_out(&hops, found, sizeof(found));
        if (strcmp(found, table[i].expected) != 0)
            fail_msg("%s: %s", table[i].name, found);
        hops_clear(&hops);
    }
}

static void ways_that_share_steps_have_each_once(void **state)
{
    (void)state;
    char found[1024];
    struct hops hops, other;
    hops_init(&hops);
    hops_init(&other);
    hops_walk(&hops, "/etc/crl.pem", &files);
    hops_walk(&hops, "/etc/deny.txt", &files);
    hops_walk(&hops, "/etc/crl.pem", &files);
    hops_sort(&hops);
    write_out(&hops, found, sizeof(found));
    assert_string_equal(found, "/ etc, /etc crl.pem*, /etc deny.txt*");
    hops_walk(&other, "/etc/crl.pem", &files);
    hops_sort(&other);
    assert_false(hops_equal(&hops, &other));
    hops_walk(&other, "/etc/deny.txt", &files);
    hops_sort(&other);
    assert_true(hops_equal(&hops, &other));
    hops_clear(&hops);
    hops_clear(&other);
}

static void a_path_without_end_is_left(void **state)
{
    (void)state;
    static char path[20000];
    struct hops hops;
    hops_init(&hops);
    memset(path, 'a', sizeof(path) - 1);
    path[0] = '/';
    hops_walk(&hops, path, &files);
    path[300] = '\0'; /* a name that no file system takes */
    hops_walk(&hops, path, &files);
    assert_int_equal(hops.count, 0);
    hops_clear(&hops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_of_a_way_is_found),
        cmocka_unit_test(ways_that_share_steps_have_each_once),
        cmocka_unit_test(a_path_without_end_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
