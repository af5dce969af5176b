/* Results of the bench as JSON, from wherever they come: what is taken can be shown in every form, and what
 * is written of it is taken again. Covers: bench/result_read.c */
#include <stdint.h>

#include "compare.h"
#include "page.h"
#include "postern/base/assert.h"
#include "result_read.h"
#include "result_write.h"
#include "text.h"

#define WRITTEN_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct result *result, struct buffer *out)
{
    struct result_list again = {0};
    struct err err = {0};
    buffer_clear(out);
    ASSERT(result_write_json(result, out));
    ASSERT(result_list_parse(&again, buffer_view(out), "again", &err) == 0);
    ASSERT(again.count == 1 && again.items[0]->tally.operations == result->tally.operations);
    ASSERT(again.items[0]->tally.operation.total == result->tally.operation.total);
    result_list_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result_list list = {0};
    struct err err = {0};
    struct buffer out;
    buffer_init(&out, WRITTEN_MAX);
    int result = result_list_parse(&list, slice_of((const char *)data, size), "fuzz", &err);
    ASSERT((result != 0) == err_is_set(&err));
    if (result == 0 && list.count > 0) {
        ASSERT(text_write(list.items[0], &out));
        ASSERT(result_write_csv(list.items[0], &out));
        ASSERT(compare_write(list.items[0], list.items[list.count - 1], &out));
        ASSERT(page_write(&list, &out));
        check_again(list.items[0], &out);
    }
    buffer_clear(&out);
    result_list_clear(&list);
    return 0;
}
