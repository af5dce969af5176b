#include "show.h"

#include <errno.h>
#include <stdio.h>

#include "compare.h"
#include "page.h"
#include "pictures.h"
#include "result_read.h"

enum { OUTPUT_LIMIT = 64 << 20 };

static int load(struct result_list *results, int count, char *paths[], struct err *err)
{
    for (int i = 0; i < count; i++) {
        if (result_list_load(results, paths[i], err) != 0)
            return -1;
    }
    return results->count > 0 ? 0 : err_set(err, "there is no result in these files");
}

/* is_whole  all that was to be said fitted into the buffer */
static int print(const struct buffer *out, bool is_whole, struct err *err)
{
    size_t length = buffer_length(out);
    if (!is_whole)
        return err_set(err, "too much for one page; give fewer results");
    if (fwrite(out->data + out->begin, 1, length, stdout) != length || fflush(stdout) != 0)
        return err_set_errno(err, NULL, errno, "standard output");
    return 0;
}

int show_page(int count, char *paths[], struct err *err)
{
    struct result_list results = {0};
    struct buffer out;
    buffer_init(&out, OUTPUT_LIMIT);
    int result = load(&results, count, paths, err);
    if (result == 0) {
        bool is_whole = page_write(&results, &out);
        result = print(&out, is_whole, err);
    }
    buffer_clear(&out);
    result_list_clear(&results);
    return result;
}

int show_pictures(const char *directory, int count, char *paths[], struct err *err)
{
    struct result_list results = {0};
    int result = load(&results, count, paths, err);
    if (result == 0)
        result = pictures_write(&results, directory, err);
    result_list_clear(&results);
    return result;
}

int show_comparison(char *paths[2], bool *is_client_bound, struct err *err)
{
    struct result_list results = {0};
    struct buffer out;
    buffer_init(&out, OUTPUT_LIMIT);
    int result = load(&results, 2, paths, err);
    if (result == 0 && results.count != 2)
        result = err_set(err, "--compare: there must be one result in each file");
    if (result == 0) {
        const struct result *first = results.items[0], *second = results.items[1];
        *is_client_bound = first->is_client_bound || second->is_client_bound;
        result = print(&out, compare_write(first, second, &out), err);
    }
    buffer_clear(&out);
    result_list_clear(&results);
    return result;
}
