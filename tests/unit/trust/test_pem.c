#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "postern/trust/pem.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"

struct row {
    const char *name, *text;
    size_t length;      /* 0: strlen */
    const char *error;  /* part of it; NULL: accepted */
    unsigned line;      /* of the error, or of the first block */
    const char *blocks; /* decoded, each ended by '|' */
};

static const struct row rows[] = {
    {"one block", BEGIN "aGVsbG8=\n" END, 0, NULL, 1, "hello|"},
    {"no padding needed", BEGIN "aGVsbG8h\n" END, 0, NULL, 1, "hello!|"},
    {"two digits of padding", BEGIN "aA==\n" END, 0, NULL, 1, "h|"},
    {"several lines", BEGIN "aGVs\nbG8=\n" END, 0, NULL, 1, "hello|"},
    {"lines that end inside a group", BEGIN "aGV\nsbG\n8=\n" END, 0, NULL, 1, "hello|"},
    {"padding on a line of its own", BEGIN "aA=\n=\n" END, 0, NULL, 1, "h|"},
    {"CRLF", "-----BEGIN CERTIFICATE-----\r\naA==\r\n-----END CERTIFICATE-----\r\n", 0, NULL, 1, "h|"},
    {"blanks behind lines", "-----BEGIN CERTIFICATE----- \naA== \t\n" END, 0, NULL, 1, "h|"},
    {"no newline at the end", BEGIN "aA==\n-----END CERTIFICATE-----", 0, NULL, 1, "h|"},
    {"a byte order mark", "\xef\xbb\xbf" BEGIN "aA==\n" END, 0, NULL, 1, "h|"},
    {"what openssl prints before and between",
     "Certificate:\n    Data:\n" BEGIN "aA==\n" END "\nsubject=CN = x\n\n" BEGIN "aGk=\n" END "\n", 0, NULL,
     3, "h|hi|"},
    {"the old label", "-----BEGIN X509 CERTIFICATE-----\naA==\n-----END X509 CERTIFICATE-----\n", 0, NULL, 1,
     "h|"},

    {"empty", "", 0, "no PEM block", 0, NULL},
    {"text alone", "hello\n", 0, "no PEM block", 0, NULL},
    {"a block that does not end", BEGIN "aA==\n", 0, "does not end", 1, NULL},
    {"a second block that does not end", BEGIN "aA==\n" END "x\n" BEGIN "aA==\n", 0, "does not end", 5, NULL},
    {"cut off inside END", BEGIN "aA==\n-----END CERTIF", 0, "expected -----END CERTIFICATE-----", 3, NULL},
    {"another END", BEGIN "aA==\n-----END X509 CRL-----\n", 0, "expected -----END CERTIFICATE-----", 3, NULL},
    {"BEGIN inside a block", BEGIN "aA==\n" BEGIN, 0, "expected -----END", 3, NULL},
    {"END alone", END, 0, "BEGIN or END", 1, NULL},
    {"a lost BEGIN", BEGIN "aA==\n" END "aA==\n" END, 0, "BEGIN or END", 5, NULL},
    {"four dashes before BEGIN", "----BEGIN CERTIFICATE-----\naA==\n" END, 0, "five dashes", 1, NULL},
    {"four dashes behind BEGIN", "-----BEGIN CERTIFICATE----\naA==\n" END, 0, "five dashes", 1, NULL},
    {"an indented block", " -----BEGIN CERTIFICATE-----\n aA==\n", 0, "five dashes", 1, NULL},
    {"blocks run together", BEGIN "aA==\n-----END CERTIFICATE----------BEGIN CERTIFICATE-----\naA==\n" END, 0,
     "expected -----END", 3, NULL},
    {"a letter outside base64", BEGIN "a*==\n" END, 0, "not base64", 2, NULL},
    {"a blank inside", BEGIN "aA ==\n" END, 0, "not base64", 2, NULL},
    {"url-safe base64", BEGIN "_-__\n" END, 0, "not base64", 2, NULL},
    {"bits left over", BEGIN "aB==\n" END, 0, "not base64", 2, NULL},
    {"bits left over in three", BEGIN "aGl=\n" END, 0, "not base64", 2, NULL},
    {"padding too early", BEGIN "a===\n" END, 0, "not base64", 2, NULL},
    {"padding in the middle", BEGIN "aA==aA==\n" END, 0, "not base64", 2, NULL},
    {"padding in the middle, next line", BEGIN "aA==\naA==\n" END, 0, "not base64", 3, NULL},
    {"too much padding", BEGIN "aA===\n" END, 0, "not base64", 2, NULL},
    {"padding alone", BEGIN "====\n" END, 0, "not base64", 2, NULL},
    {"a group cut off", BEGIN "aGVsb\n" END, 0, "middle of a group", 3, NULL},
    {"padding cut off", BEGIN "aA=\n" END, 0, "middle of a group", 3, NULL},
    {"an empty block", BEGIN END, 0, "empty block", 1, NULL},
    {"a header", BEGIN "Proc-Type: 4,ENCRYPTED\n\naA==\n" END, 0, "header", 2, NULL},
    {"a NUL between blocks", "x\0y\n" BEGIN "aA==\n" END, 4 + 28 + 5 + 26, "NUL", 1, NULL},
    {"a NUL in a block", BEGIN "aA\0=\n" END, 28 + 5 + 26, "NUL", 2, NULL},
    {"a private key", "-----BEGIN PRIVATE KEY-----\naA==\n-----END PRIVATE KEY-----\n", 0, "private key", 1,
     NULL},
    {"an old private key", "-----BEGIN EC PRIVATE KEY-----\naA==\n-----END EC PRIVATE KEY-----\n", 0,
     "private key", 1, NULL},
    {"another label", "-----BEGIN PUBLIC KEY-----\naA==\n-----END PUBLIC KEY-----\n", 0,
     "\"PUBLIC KEY\" does not belong", 1, NULL},
    {"a CRL where certificates belong", "-----BEGIN X509 CRL-----\naA==\n-----END X509 CRL-----\n", 0,
     "only CERTIFICATE blocks", 1, NULL},
    {"no label", "-----BEGIN -----\naA==\n-----END -----\n", 0, "five dashes", 1, NULL},
};

static void check(const struct row *row, struct slice text)
{
    struct pem pem;
    struct err err = {0};
    int result = pem_parse(text, PEM_CERTIFICATE, "f.pem", &pem, &err);
    if (row->error) {
        if (result == 0 || !strstr(err.text, row->error) || err.line != row->line)
            fail_msg("%s: %u: %s", row->name, err.line, err.text);
    } else {
        char got[64] = "";
        if (result != 0)
            fail_msg("%s: %u: %s", row->name, err.line, err.text);
        for (size_t i = 0; i < pem.count; i++)
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s|", SLICE_ARG(pem.blocks[i].der));
        assert_string_equal(got, row->blocks);
        assert_int_equal(pem.blocks[0].line, row->line);
    }
    pem_clear(&pem);
}

static void texts_are_split_or_refused_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        size_t length = rows[i].length ? rows[i].length : strlen(rows[i].text);
        char *copy = guard_copy(rows[i].text, length);
        check(&rows[i], slice_of(copy, length));
        guard_free(copy, length);
    }
}

/* A file that is still being written is never taken for a shorter one. */
static void a_text_cut_off_inside_a_block_is_refused(void **state)
{
    static const char text[] = BEGIN "aGVsbG8=\n" END;
    (void)state;
    for (size_t i = 0; i < sizeof(text) - 2; i++) {
        struct pem pem;
        char *copy = guard_copy(text, i);
        assert_int_equal(pem_parse(slice_of(copy, i), PEM_CERTIFICATE, "f", &pem, NULL), -1);
        pem_clear(&pem);
        guard_free(copy, i);
    }
}

static void every_byte_value_goes_through_base64(void **state)
{
    /* 00 01 02 ... FF */
    static const char base64[] =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4"
        "OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3Bx"
        "cnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmq"
        "q6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj"
        "5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/w==";
    (void)state;
    for (size_t width = 1; width < 80; width++) {
        char text[1024] = BEGIN;
        struct pem pem;
        for (size_t at = 0; at < sizeof(base64) - 1; at += width)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s\n", (int)width, base64 + at);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", END);
        assert_int_equal(pem_parse(slice_text(text), PEM_CERTIFICATE, "f", &pem, NULL), 0);
        assert_int_equal(pem.blocks[0].der.length, 256);
        for (size_t i = 0; i < 256; i++)
            assert_int_equal((unsigned char)pem.blocks[0].der.data[i], i);
        pem_clear(&pem);
    }
}

static void lines_and_blocks_are_bounded(void **state)
{
    char *text = malloc(8 * 1024 * 1024), *at = text;
    struct pem pem;
    struct err err = {0};
    (void)state;
    memset(text, 'x', PEM_LINE_MAX + 1);
    memcpy(text + PEM_LINE_MAX + 1, "\n" BEGIN "aA==\n" END, sizeof("\n" BEGIN "aA==\n" END));
    assert_int_equal(pem_parse(slice_text(text + 1), PEM_CERTIFICATE, "f", &pem, &err), 0);
    pem_clear(&pem);
    assert_int_equal(pem_parse(slice_text(text), PEM_CERTIFICATE, "f", &pem, &err), -1);
    assert_int_equal(err.line, 1);
    pem_clear(&pem);
    for (unsigned i = 0; i <= PEM_BLOCKS_MAX; i++)
        at = stpcpy(at, BEGIN "aA==\n" END);
    err = (struct err){0};
    assert_int_equal(pem_parse(slice_text(text), PEM_CERTIFICATE, "f", &pem, &err), -1);
    assert_non_null(strstr(err.text, "4096 blocks"));
    pem_clear(&pem);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_split_or_refused_with_their_line),
        cmocka_unit_test(a_text_cut_off_inside_a_block_is_refused),
        cmocka_unit_test(every_byte_value_goes_through_base64),
        cmocka_unit_test(lines_and_blocks_are_bounded),
    };
    return cmocka_run_group_tests_name("pem", tests, NULL, NULL);
}
