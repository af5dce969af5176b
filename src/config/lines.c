#include "lines.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "postern/base/assert.h"

PRINTF_LIKE(2, 3)
static int line_error(struct lines *lines, const char *format, ...)
{
    char message[256];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    return err_set_at(lines->err, lines->path, lines->number, "%s%s%s%s",
                      lines->section[0] != '\0' ? "[" : "", lines->section,
                      lines->section[0] != '\0' ? "] " : "", message);
}

static struct slice take_line(struct lines *lines)
{
    size_t end = slice_find(lines->rest, '\n');
    struct slice line = slice_before(lines->rest, end);
    lines->rest = slice_after(lines->rest, end < lines->rest.length ? end + 1 : end);
    lines->number++;
    /* Files that were edited on Windows. */
    if (line.length != 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

static int check_bytes(struct lines *lines, struct slice line)
{
    if (line.length > CONFIG_LINE_MAX)
        return line_error(lines, "the line has %zu bytes; at most %d would be right", line.length,
                          CONFIG_LINE_MAX);
    if (lines->number == 1 && slice_starts_with(line, SLICE_LITERAL("\xEF\xBB\xBF")))
        return line_error(lines, "the file begins with a byte order mark; UTF-8 without one would be right");
    for (size_t i = 0; i < line.length; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
            return line_error(lines,
                              "byte %zu of the line is the control character 0x%02X; plain text would be "
                              "right",
                              i + 1, byte);
    }
    return 0;
}

/* Where a comment begins: at a ';' behind a blank, as for inih; or at the end. */
static size_t find_comment(struct slice text)
{
    for (size_t i = 1; i < text.length; i++)
        if (text.data[i] == ';' && (text.data[i - 1] == ' ' || text.data[i - 1] == '\t'))
            return i;
    return text.length;
}

static int read_section(struct lines *lines, struct slice line)
{
    lines->section[0] = '\0';
    size_t close = slice_find(line, ']');
    if (close == line.length)
        return line_error(lines, "the section has no ']'; [NAME] would be right");
    struct slice name = slice_of(line.data + 1, close - 1);
    struct slice behind = slice_after(line, close + 1);
    if (name.length > CONFIG_SECTION_MAX)
        return line_error(lines, "the section's name has %zu bytes; at most %d would be right", name.length,
                          CONFIG_SECTION_MAX);
    if (slice_trim(slice_before(behind, find_comment(behind))).length != 0)
        return line_error(lines,
                          "something stands behind the ']' of the section; nothing, or a comment behind "
                          "' ;', would be right");
    if (slice_trim(name).length == 0 || slice_trim(name).length != name.length)
        return line_error(lines,
                          "the section's name is empty or has blanks around it; [NAME] would be right");
    memcpy(lines->section, name.data, name.length);
    lines->section[name.length] = '\0';
    return lines->on_section(lines->context, name);
}

static int check_key(struct lines *lines, struct slice line)
{
    struct slice text = slice_before(line, find_comment(line));
    size_t equals = slice_find(text, '='), colon = slice_find(text, ':');
    struct slice name = slice_trim(slice_before(text, equals));
    if (colon < equals)
        return line_error(lines, "a ':' stands where '=' would be right: key = value");
    if (equals == text.length)
        return line_error(lines, "the line has no '='; key = value would be right");
    if (name.length == 0)
        return line_error(lines, "the line has no key before the '='; key = value would be right");
    if (lines->section[0] == '\0')
        return line_error(lines,
                          "a key stands before the first section; a line like [listener] above it would "
                          "be right");
    struct slice value = slice_trim(slice_after(text, equals + 1));
    for (size_t i = 1; i < value.length; i++)
        if (value.data[i] == '#' && (value.data[i - 1] == ' ' || value.data[i - 1] == '\t'))
            return line_error(lines, "a '#' stands in the value, where it begins no comment; ' ;' before the "
                                     "comment would be right");
    return 0;
}

/* What inih may see of a line: keys, and nothing where there is none. */
static int check_line(struct lines *lines, struct slice line, struct slice *visible)
{
    *visible = slice_before(line, 0);
    struct slice text = slice_trim(line);
    if (check_bytes(lines, line) != 0)
        return -1;
    if (text.length == 0 || text.data[0] == ';' || text.data[0] == '#')
        return 0;
    if (text.data[0] == '[')
        return read_section(lines, text);
    if (check_key(lines, text) != 0)
        return -1;
    *visible = text;
    return 0;
}

/* fgets(3) for inih. */
static char *on_read(char *out, int size, void *stream)
{
    struct lines *lines = stream;
    if (lines->failed || lines->rest.length == 0)
        return NULL;
    struct slice visible;
    if (check_line(lines, take_line(lines), &visible) != 0) {
        lines->failed = true;
        return NULL;
    }
    ASSERT(visible.length + 2 <= (size_t)size);
    memcpy(out, visible.data, visible.length);
    memcpy(out + visible.length, "\n", 2);
    return out;
}

static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct lines *lines = user;
    (void)section;
    if (value == NULL || value[0] == '\0')
        lines->failed = line_error(lines,
                                   "%.64s: has no value; %.64s = VALUE, or no such line, would be right",
                                   name, name) != 0;
    else
        lines->failed = lines->on_key(lines->context, name, value) != 0;
    return lines->failed ? 0 : 1;
}

/* Debian's inih takes its options at run time, from variables of the library. */
static void set_options(void)
{
    ini_allow_multiline = false;
    ini_allow_bom = false;
    ini_allow_no_value = false;
    ini_allow_inline_comments = true;
    ini_stop_on_first_error = true;
    ini_use_stack = false;
    ini_allow_realloc = false;
    ini_max_line = CONFIG_LINE_MAX + 3;
    ini_initial_alloc = CONFIG_LINE_MAX + 3;
}

int lines_read(struct lines *lines)
{
    if (lines->rest.length > CONFIG_FILE_MAX)
        return line_error(lines, "the file has %zu bytes; at most %d would be right", lines->rest.length,
                          CONFIG_FILE_MAX);
    set_options();
    int result = ini_parse_stream(on_read, lines, on_pair, lines);
    if (lines->failed)
        return -1;
    if (result == -2)
        return line_error(lines, "there is no memory to read the file");
    /* Should not happen: check_line() let nothing through that inih refuses. */
    if (result != 0)
        return line_error(lines, "the line cannot be read; key = value would be right");
    return 0;
}
