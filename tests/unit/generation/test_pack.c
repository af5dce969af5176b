#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "guard.h"
#include "postern/generation/pack.h"

static const unsigned char digest[PACK_DIGEST_SIZE] = {1, 2, 3};

/* A pack with three sections, the last filled afterwards. */
static int make_pack(struct pack_writer *writer)
{
    struct err err = {.line = 0};
    const struct pack_part parts[] = {{PACK_CONFIG, 0, SLICE_LITERAL("[listener]\n")},
                                      {PACK_CHAIN, 0, SLICE_LITERAL("first")},
                                      {PACK_CHAIN, 1, SLICE_LITERAL("")},
                                      {PACK_CRLS, 0, {NULL, 13}}};
    assert_int_equal(pack_write(writer, 7, digest, parts, LENGTH_OF(parts), &err), 0);
    memcpy(pack_write_space(writer, PACK_CRLS, 0), "thirteen long", 13);
    return 0;
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct pack_writer writer;
    struct pack pack;
    struct err err = {.line = 0};
    make_pack(&writer);
    int fd = pack_write_seal(&writer, &err);
    assert_true(fd >= 0);
    assert_int_equal(pack_open(&pack, fd, &err), 0);
    close(fd);
    assert_int_equal(pack.number, 7);
    assert_memory_equal(pack.digest, digest, sizeof(digest));
    assert_true(slice_equal_text(pack_section(&pack, PACK_CONFIG, 0), "[listener]\n"));
    assert_true(slice_equal_text(pack_section(&pack, PACK_CHAIN, 0), "first"));
    assert_int_equal(pack_section(&pack, PACK_CHAIN, 1).length, 0);
    assert_true(slice_equal_text(pack_section(&pack, PACK_CRLS, 0), "thirteen long"));
    assert_int_equal((uintptr_t)pack_section(&pack, PACK_CRLS, 0).data % 8, 0);
    assert_int_equal(pack_count(&pack, PACK_CHAIN), 2);
    assert_null(pack_section(&pack, PACK_BUNDLE, 0).data);
    pack_close(&pack);
}

static void memory_that_can_still_change_is_refused(void **state)
{
    (void)state;
    struct pack_writer writer;
    struct pack pack;
    struct err err = {.line = 0};
    make_pack(&writer);
    assert_int_equal(pack_open(&pack, writer.fd, &err), -1);
    assert_string_equal(err.text, "generation: not sealed memory");
    pack_write_abandon(&writer);
}

static void sealed_memory_cannot_be_mapped_for_writing(void **state)
{
    (void)state;
    struct pack_writer writer;
    struct err err = {.line = 0};
    make_pack(&writer);
    size_t size = writer.size;
    int fd = pack_write_seal(&writer, &err);
    assert_ptr_equal(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 1), -1);
    close(fd);
}

/* Bytes of the pack above, to be spoilt. */
static char *copy_pack(size_t *size)
{
    struct pack_writer writer;
    make_pack(&writer);
    char *copy = malloc(writer.size);
    assert_non_null(copy);
    memcpy(copy, writer.bytes, writer.size);
    *size = writer.size;
    pack_write_abandon(&writer);
    return copy;
}

/* Read everything that a pack says it holds: the guard page or a sanitizer objects if it lies outside. */
static unsigned touch(const struct pack *pack)
{
    unsigned sum = 0;
    for (uint32_t i = 0; i < pack->section_count; i++)
        for (uint64_t k = 0; k < pack->sections[i].length; k++)
            sum += pack->bytes[pack->sections[i].offset + k];
    return sum;
}

static void a_pack_cut_anywhere_is_refused(void **state)
{
    (void)state;
    size_t size;
    char *whole = copy_pack(&size);
    for (size_t length = 0; length < size; length++) {
        struct err err = {.line = 0};
        struct pack pack;
        char *cut = guard_copy(whole, length);
        assert_int_equal(pack_parse(&pack, slice_of(cut, length), &err), -1);
        guard_free(cut, length);
    }
    free(whole);
}

static void a_byte_changed_anywhere_never_leads_outside(void **state)
{
    (void)state;
    static const unsigned char values[] = {0, 1, 7, 0x7F, 0x80, 0xFF};
    size_t size, accepted = 0;
    unsigned sum = 0;
    char *whole = copy_pack(&size);
    for (size_t at = 0; at < size; at++)
        for (size_t v = 0; v < LENGTH_OF(values); v++) {
            struct err err = {.line = 0};
            struct pack pack;
            char *changed = guard_copy(whole, size);
            changed[at] = (char)values[v];
            if (pack_parse(&pack, slice_of(changed, size), &err) == 0) {
                sum += touch(&pack);
                accepted++;
            }
            guard_free(changed, size);
        }
    assert_true(accepted > 0 && sum > 0); /* content may change, bounds may not */
    free(whole);
}

struct damage {
    const char *name;
    size_t offset; /* into the pack; sections begin at 64, 24 bytes each: kind, index, offset, length */
    uint64_t value;
    size_t width;
    const char *expected;
};

static void damage_is_named(void **state)
{
    (void)state;
    static const struct damage table[] = {
        {"magic", 0, 'X', 1, "generation: not a pack of this version"},
        {"version", 8, PACK_VERSION + 1, 4, "generation: not a pack of this version"},
        {"too many sections", 12, PACK_SECTIONS_MAX + 1, 4, "generation: too many sections"},
        {"table beyond the end", 12, PACK_SECTIONS_MAX, 4, "generation: table of sections cut off"},
        {"size", 24, 1, 8, "generation: cut off or too long"},
        {"unknown kind", 64, 99, 4, "generation: section 0 is of unknown kind 99"},
        {"kind 0", 64, 0, 4, "generation: section 0 is of unknown kind 0"},
        {"begins in the header", 72, 8, 8, "generation: section 0 lies out of bounds"},
        {"begins far outside", 72, UINT64_MAX - 7, 8, "generation: section 0 lies out of bounds"},
        {"not aligned", 72, 161, 8, "generation: section 0 lies out of bounds"},
        {"length that wraps", 80, UINT64_MAX, 8, "generation: section 0 lies out of bounds"},
        {"overlap", 80, 17, 8, "generation: sections 0 and 1 overlap"},
        {"twice the same", 116, 0, 4, "generation: section 2 is there twice"},
    };
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        size_t size;
        struct err err = {.line = 0};
        struct pack pack;
        char *bytes = copy_pack(&size);
        memcpy(bytes + table[i].offset, &table[i].value, table[i].width);
        if (pack_parse(&pack, slice_of(bytes, size), &err) != -1 || strcmp(err.text, table[i].expected) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", table[i].name, err.text, table[i].expected);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(memory_that_can_still_change_is_refused),
        cmocka_unit_test(sealed_memory_cannot_be_mapped_for_writing),
        cmocka_unit_test(a_pack_cut_anywhere_is_refused),
        cmocka_unit_test(a_byte_changed_anywhere_never_leads_outside),
        cmocka_unit_test(damage_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
