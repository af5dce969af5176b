#include "fixture.h"

#include "index_line.h"
#include "postern/pki/database.h"
#include "timestamp.h"

#define VALID "V\t260531120000Z\t\t4A00\tunknown\t/O=Acme/CN=alice\n"

static const struct {
    const char *name, *text;
    size_t count; /* of entries; SIZE_MAX: refused */
    unsigned line;
} files[] = {
    {"empty", "", 0, 0},
    {"one", VALID, 1, 0},
    {"last_line_without_newline", "V\t260531120000Z\t\t4A\tunknown\t/CN=a", 1, 0},
    {"comment_and_empty_line", "# x\n\n" VALID, 1, 0},
    {"crlf", "V\t260531120000Z\t\t4A\tunknown\t/CN=a\r\n", 1, 0},
    {"revoked_without_reason", "R\t260531120000Z\t260301120000Z\t4A\tunknown\t/CN=a\n", 1, 0},
    {"revoked_with_reason", "R\t260531120000Z\t260301120000Z,keyCompromise\t4A\tunknown\t/CN=a\n", 1, 0},
    {"revoked_with_key_time", "R\t260531120000Z\t260301120000Z,keyTime,20260201000000Z\t4A\tunknown\t/CN=a\n",
     1, 0},
    {"hold_with_instruction",
     "R\t260531120000Z\t260301120000Z,holdInstruction,holdInstructionReject\t4A\tunknown\t/CN=a\n", 1, 0},
    {"generalized_time", "V\t20510531120000Z\t\t4A\tunknown\t/CN=a\n", 1, 0},
    {"expired", "E\t200531120000Z\t\t4A\tunknown\t/CN=a\n", 1, 0},
    {"tab_in_subject", "V\t260531120000Z\t\t4A\tunknown\t/CN=a\\\tb\n", 1, 0},
    {"cut_short", VALID "V\t2605311", SIZE_MAX, 2},
    {"five_fields", "V\t260531120000Z\t\t4A\tunknown\n", SIZE_MAX, 1},
    {"seven_fields", "V\t260531120000Z\t\t4A\tunknown\t/CN=a\tx\n", SIZE_MAX, 1},
    {"unknown_state", "X\t260531120000Z\t\t4A\tunknown\t/CN=a\n", SIZE_MAX, 1},
    {"month_13", "V\t261331120000Z\t\t4A\tunknown\t/CN=a\n", SIZE_MAX, 1},
    {"day_31_of_june", "V\t260631120000Z\t\t4A\tunknown\t/CN=a\n", SIZE_MAX, 1},
    {"serial_not_hex", "V\t260531120000Z\t\t4G\tunknown\t/CN=a\n", SIZE_MAX, 1},
    {"serial_empty", "V\t260531120000Z\t\t\tunknown\t/CN=a\n", SIZE_MAX, 1},
    {"serial_of_21_bytes", "V\t260531120000Z\t\t414243444546474849505152535455565758596061\tunknown\t/CN=a\n",
     SIZE_MAX, 1},
    {"revoked_without_time", "R\t260531120000Z\t\t4A\tunknown\t/CN=a\n", SIZE_MAX, 1},
    {"revoked_for_unknown_reason", "R\t260531120000Z\t260301120000Z,boredom\t4A\tunknown\t/CN=a\n", SIZE_MAX,
     1},
};

static void index_files_are_read_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(files); i++) {
        struct err err = {0};
        struct pki_database database = {0};
        int result = pki_database_parse(&database, slice_text(files[i].text), "index.txt", &err);
        if ((result == 0) != (files[i].count != SIZE_MAX))
            fail_msg("%s: %s", files[i].name, result == 0 ? "was let in" : err.text);
        if (result == 0)
            assert_int_equal(database.count, files[i].count);
        assert_int_equal(err.line, files[i].line);
        pki_database_clear(&database);
    }
}

static void a_line_is_written_as_it_was_read(void **state)
{
    (void)state;
    struct err err = {0};
    for (size_t i = 0; i < LENGTH_OF(files); i++) {
        struct pki_entry entry;
        struct buffer out;
        struct slice line = slice_before(slice_text(files[i].text),
                                         slice_find(slice_text(files[i].text), '\n'));
        if (files[i].count != 1 || line.length < 20 || line.data[line.length - 1] == '\r')
            continue;
        assert_int_equal(pki_index_line_parse(line, &entry, "x", 1, &err), 0);
        buffer_init(&out, 4096);
        assert_true(pki_index_line_write(&entry, &out));
        assert_int_equal(buffer_length(&out), line.length + 1);
        assert_memory_equal(buffer_view(&out).data, line.data, line.length);
        buffer_clear(&out);
    }
}

static void the_revocation_says_when_and_why(void **state)
{
    (void)state;
    struct pki_revocation revocation;
    struct pki_entry entry = {.state = 'R', .revoked = slice_text("260301120000Z,CAkeyTime,20260201000000Z")};
    assert_true(pki_entry_revocation(&entry, &revocation));
    assert_int_equal(revocation.when_s, FIXTURE_NOW);
    assert_int_equal(revocation.reason, PKI_REASON_CA_COMPROMISE);
    assert_int_equal(revocation.invalid_since_s, 1769904000);
    entry.state = 'V';
    assert_false(pki_entry_revocation(&entry, &revocation));
}

static void the_last_attribute_of_a_type_counts(void **state)
{
    (void)state;
    struct pki_entry entry = {.subject = slice_text("/C=DE/O=Acme/OU=sales/CN=x/CN=alice")};
    assert_true(slice_equal_text(pki_entry_attribute(&entry, "CN"), "alice"));
    assert_true(slice_equal_text(pki_entry_attribute(&entry, "OU"), "sales"));
    assert_int_equal(pki_entry_attribute(&entry, "L").length, 0);
}

static void a_serial_is_found_whatever_its_case_and_zeros(void **state)
{
    (void)state;
    struct err err = {0};
    struct pki_database database = {0};
    assert_int_equal(
        pki_database_parse(&database, slice_text("V\t260531120000Z\t\t0A1b\tunknown\t/CN=a\n"), "x", &err),
        0);
    assert_non_null(pki_database_find(&database, slice_text("a1B")));
    assert_null(pki_database_find(&database, slice_text("a1")));
    pki_database_clear(&database);
}

static const struct {
    const char *last, *file, *expected, *after;
} numbers[] = {
    {"", "01\n", "01", "02\n"},   {"05", "02\n", "06", "07\n"},   {"01", "09\n", "09", "0A\n"},
    {"", "FF\n", "FF", "0100\n"}, {"", "1000", "1000", "1001\n"},
};

static void a_crl_number_never_goes_back(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    char *path = strdup(fixture_path(&fixture, "root/crlnumber"));
    char *directory = strdup(fixture_path(&fixture, "root"));
    struct pki_database database = {.directory = directory};
    for (size_t i = 0; i < LENGTH_OF(numbers); i++) {
        struct err err = {0};
        char number[PKI_SERIAL_TEXT_SIZE];
        fixture_write(path, numbers[i].file);
        fixture_must(pki_database_take_crl_number(&database, slice_text(numbers[i].last), number, NULL, &err),
                     &err);
        assert_string_equal(number, numbers[i].expected);
        assert_string_equal(fixture_read(path), numbers[i].after);
    }
    struct err err = {0};
    char number[PKI_SERIAL_TEXT_SIZE];
    fixture_write(path, "zz\n");
    assert_int_equal(pki_database_take_crl_number(&database, slice_text(""), number, NULL, &err), -1);
    free(path);
    free(directory);
    fixture_end(&fixture);
}

static const struct {
    int64_t when_s;
    const char *text;
} times[] = {
    {0, "700101000000Z"},
    {FIXTURE_NOW, "260301120000Z"},
    {2524607999, "491231235959Z"},
    {2524608000, "20500101000000Z"},
};

static void times_have_the_form_that_rfc_5280_wants(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(times); i++) {
        char text[PKI_TIMESTAMP_SIZE];
        int64_t back = -1;
        assert_string_equal(pki_timestamp_format(times[i].when_s, text), times[i].text);
        assert_true(pki_timestamp_parse(slice_text(text), &back));
        assert_int_equal(back, times[i].when_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_files_are_read_as_the_table_says),
        cmocka_unit_test(a_line_is_written_as_it_was_read),
        cmocka_unit_test(the_revocation_says_when_and_why),
        cmocka_unit_test(the_last_attribute_of_a_type_counts),
        cmocka_unit_test(a_serial_is_found_whatever_its_case_and_zeros),
        cmocka_unit_test(a_crl_number_never_goes_back),
        cmocka_unit_test(times_have_the_form_that_rfc_5280_wants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
