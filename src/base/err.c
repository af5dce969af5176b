#include "postern/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_clear(struct err *err)
{
    if (err != NULL)
        *err = (struct err){.line = 0};
}

bool err_is_set(const struct err *err)
{
    return err->text[0] != '\0';
}

/* Bytes over 0x7F are left: they are the UTF-8 of paths and of names. */
static void replace_controls(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            *text = '?';
}

PRINTF_LIKE(5, 0)
static void fill(struct err *err, const char *path, unsigned line, int error_number, const char *format,
                 va_list values)
{
    if (err == NULL || err_is_set(err))
        return;
    int length = vsnprintf(err->text, sizeof(err->text), format, values);
    if (length <= 0)
        snprintf(err->text, sizeof(err->text), "failed");
    size_t end = strlen(err->text);
    if (error_number != 0)
        snprintf(err->text + end, sizeof(err->text) - end, ": %s", strerror(error_number));
    snprintf(err->path, sizeof(err->path), "%s", path != NULL ? path : "");
    err->line = line;
    replace_controls(err->text);
    replace_controls(err->path);
}

int err_set(struct err *err, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fill(err, NULL, 0, 0, format, values);
    va_end(values);
    return -1;
}

int err_set_at(struct err *err, const char *path, unsigned line, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fill(err, path, line, 0, format, values);
    va_end(values);
    return -1;
}

int err_set_errno(struct err *err, const char *path, int error_number, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fill(err, path, 0, error_number, format, values);
    va_end(values);
    return -1;
}

const char *err_format(const struct err *err, char *out, size_t size)
{
    if (err->path[0] == '\0')
        snprintf(out, size, "%s", err->text);
    else if (err->line == 0)
        snprintf(out, size, "%s: %s", err->path, err->text);
    else
        snprintf(out, size, "%s:%u: %s", err->path, err->line, err->text);
    return out;
}
