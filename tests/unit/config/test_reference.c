/* conf/postern.ini and the keys in man/postern.ini.5 are what the table says. After a change of the table,
 * `unit_config_reference --write` writes both again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "key.h"
#include "postern/base/buffer.h"
#include "postern/base/file.h"
#include "postern/config/config.h"
#include "postern/config/reference.h"

#define MARK_BEGIN ".\\\" generated: begin\n"
#define MARK_END   ".\\\" generated: end\n"
#define FILE_LIMIT (1u << 20)

/* The build says where the tree is: __FILE__ may be relative to anything. */
static const char *tree_path(const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", POSTERN_TREE, name);
    return out;
}

static void read_tree(const char *name, struct buffer *out)
{
    char path[1024];
    struct err err = {.line = 0};
    if (file_read(tree_path(name, path, sizeof(path)), FILE_LIMIT, out, NULL, &err) != 0)
        fail_msg("%s: %s", path, err.text);
}

static char *written_by(void (*write)(FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    write(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* The part between the marks. */
static bool find_generated(struct slice text, size_t *begin, size_t *end)
{
    const char *first = memmem(text.data, text.length, MARK_BEGIN, strlen(MARK_BEGIN));
    const char *last = memmem(text.data, text.length, MARK_END, strlen(MARK_END));
    if (first == NULL || last == NULL || first > last)
        return false;
    *begin = (size_t)(first - text.data) + strlen(MARK_BEGIN);
    *end = (size_t)(last - text.data);
    return true;
}

static void assert_same(struct slice have, const char *want, const char *name)
{
    if (!slice_equal_text(have, want))
        fail_msg("%s is not what the table of keys says: run unit_config_reference --write", name);
}

static void committed_reference_is_what_the_table_says(void **state)
{
    (void)state;
    struct buffer have;
    char *want = written_by(config_write_reference);
    read_tree("conf/postern.ini", &have);
    assert_same(buffer_view(&have), want, "conf/postern.ini");
    buffer_clear(&have);
    free(want);
}

static void manual_holds_every_key_as_the_table_says(void **state)
{
    (void)state;
    struct buffer have;
    size_t begin = 0, end = 0;
    char *want = written_by(config_write_manual);
    read_tree("man/postern.ini.5", &have);
    assert_true(find_generated(buffer_view(&have), &begin, &end));
    assert_same(slice_of(buffer_view(&have).data + begin, end - begin), want, "man/postern.ini.5");
    for (size_t i = 0; i < key_count; i++)
        if (strchr(keys[i].help, '-') == NULL && strchr(keys[i].help, '\'') == NULL)
            assert_non_null(strstr(want, keys[i].help));
    buffer_clear(&have);
    free(want);
}

static struct config *parse(const char *text)
{
    struct err err = {.line = 0};
    char message[1500];
    struct config *config = config_parse("/etc/postern/postern.ini", slice_text(text), &err);
    if (config == NULL)
        fail_msg("%s", err_format(&err, message, sizeof(message)));
    return config;
}

/* Without the comment sign, each default and example must be taken too. */
static void uncomment(char *text)
{
    for (char *line = text; line != NULL && *line != '\0';) {
        if (*line == ';')
            *line = ' ';
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
}

static void reference_is_valid_with_and_without_its_commented_lines(void **state)
{
    (void)state;
    char *text = written_by(config_write_reference);
    struct config *plain = parse(text);
    uncomment(text);
    struct config *full = parse(text);
    /* What is commented out is the default. */
    assert_int_equal(plain->limits.head_size_bytes, full->limits.head_size_bytes);
    assert_memory_equal(&plain->timeouts.handshake_ms, &full->timeouts.handshake_ms,
                        sizeof(plain->timeouts) - offsetof(struct config_timeouts, handshake_ms));
    assert_memory_equal(plain->identity.presets, full->identity.presets, sizeof(plain->identity.presets));
    assert_string_equal(plain->tls.ciphers.text, full->tls.ciphers.text);
    assert_string_equal(plain->control_socket.path, full->control_socket.path);
    assert_int_equal(plain->identity.field_count, 0);
    assert_int_equal(full->identity.field_count, 1);
    config_free(plain);
    config_free(full);
    free(text);
}

static void shipped_configurations_are_valid(void **state)
{
    (void)state;
    const char *const names[] = {"conf/postern.ini", "conf/ollama.ini", "conf/branch-gateway.ini"};
    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        struct buffer bytes;
        read_tree(names[i], &bytes);
        assert_true(buffer_append(&bytes, "", 1));
        struct config *config = parse(buffer_view(&bytes).data);
        /* None of them leaves revocation out. */
        assert_non_null(config->client_auth.crl.path);
        config_free(config);
        buffer_clear(&bytes);
    }
}

static void every_row_of_the_table_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = &keys[i];
        bool is_comparable = key->type == KEY_COUNT || key->type == KEY_USER || key->type == KEY_PATH ||
                             key->type == KEY_SOCKET || key->type == KEY_ADDRESS;
        assert_true(key->help[strlen(key->help) - 1] == '.');
        assert_true(key->default_text != NULL || key->example != NULL);
        assert_false((key->flags & KEY_REQUIRED) != 0 && key->default_text != NULL);
        assert_true((key->flags & KEY_RESTART) == 0 || is_comparable);
        assert_true(key->minimum <= key->maximum || key->type == KEY_CHOICE);
        assert_true(key->type != KEY_CHOICE || key->words != NULL);
        for (size_t k = 0; k < i; k++)
            assert_false(keys[k].section == key->section && strcmp(keys[k].name, key->name) == 0);
    }
}

static int replace(const char *name, struct slice text)
{
    char path[1024], message[1500];
    struct err err = {.line = 0};
    if (file_replace(tree_path(name, path, sizeof(path)), text.data, text.length, 0644, &err) == 0)
        return 0;
    fprintf(stderr, "%s\n", err_format(&err, message, sizeof(message)));
    return 1;
}

static int write_files(void)
{
    struct buffer page, old;
    size_t begin = 0, end = 0;
    char *reference = written_by(config_write_reference), *manual = written_by(config_write_manual);
    read_tree("man/postern.ini.5", &old);
    struct slice before = buffer_view(&old);
    buffer_init(&page, FILE_LIMIT);
    if (!find_generated(before, &begin, &end) || !buffer_append(&page, before.data, begin) ||
        !buffer_append_text(&page, manual) || !buffer_append_slice(&page, slice_after(before, end)))
        return 1;
    int result = replace("man/postern.ini.5", buffer_view(&page)) |
                 replace("conf/postern.ini", slice_text(reference));
    buffer_clear(&page);
    buffer_clear(&old);
    free(reference);
    free(manual);
    return result;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_reference_is_what_the_table_says),
        cmocka_unit_test(manual_holds_every_key_as_the_table_says),
        cmocka_unit_test(reference_is_valid_with_and_without_its_commented_lines),
        cmocka_unit_test(shipped_configurations_are_valid),
        cmocka_unit_test(every_row_of_the_table_is_complete),
    };
    if (count == 2 && strcmp(arguments[1], "--write") == 0)
        return write_files();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
