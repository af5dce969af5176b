#include "slot.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

/* A worker that is taken over has both descriptors. Cut short, the memory would end the supervisor at its
 * next look.
 */
static void a_worker_cannot_take_its_memory_from_the_supervisor(void **state)
{
    struct clock clock = *clock_system();
    struct loop *loop = loop_new(&clock);
    const struct slot_events events = {0};
    struct slot slot;
    (void)state;
    assert_int_equal(slot_init(&slot, 0, loop, NULL, &events, NULL), 0);
    const int fds[] = {slot.slab_fd, slot.records_fd};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ftruncate(fds[i], 0), -1);
        assert_int_equal(errno, EPERM);
        assert_int_equal(ftruncate(fds[i], 1 << 30), -1);
        assert_int_equal(pwrite(fds[i], "x", 1, 0), 1); /* and it can still be written to */
    }
    slot_clear(&slot);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_cannot_take_its_memory_from_the_supervisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
