#include "pictures.h"

#include <stdio.h>

#include "figure.h"
#include "postern/base/file.h"
#include "style.h"

enum { PICTURE_LIMIT = 4 << 20, NAME_SIZE = 64 };

/* "Full handshakes, P-256" as "full-handshakes-p-256": letters and digits of ASCII alone, so that no title
 * leads out of the directory. */
static void name_chapter(const char *title, char out[NAME_SIZE])
{
    size_t length = 0;
    for (; *title && length < NAME_SIZE - 1; title++) {
        char letter = ascii_lower(*title);
        if (ascii_is_alpha(letter) || ascii_is_digit(letter))
            out[length++] = letter;
        else if (length > 0 && out[length - 1] != '-')
            out[length++] = '-';
    }
    while (length > 0 && out[length - 1] == '-')
        length--;
    out[length] = '\0';
}

/*   is_drawn  set to whether there was something to draw */
static int write_picture(const struct chapter_list *chapters, const struct chapter *chapter,
                         enum figure_kind kind, const char *path, bool *is_drawn, struct err *err)
{
    struct markup markup;
    struct buffer out;
    int result = 0;
    buffer_init(&out, PICTURE_LIMIT);
    markup_init(&markup, &out);
    markup.picture_style = style_picture;
    *is_drawn = figure_write(&markup, chapters, chapter, kind);
    if (!markup_end(&markup))
        result = err_set_at(err, path, 0, "is too large");
    else if (*is_drawn)
        result = file_replace(path, out.data + out.begin, buffer_length(&out), 0644, err);
    buffer_clear(&out);
    return result;
}

static int write_chapter(const struct chapter_list *chapters, const struct chapter *chapter,
                         const char *directory, struct err *err)
{
    static const char *const kinds[FIGURE_COUNT] = {[FIGURE_SIZES] = "sizes",
                                                    [FIGURE_BARS] = "bars",
                                                    [FIGURE_LATENCY] = "latency",
                                                    [FIGURE_TIMES] = "times"};
    char name[NAME_SIZE], path[4096];
    name_chapter(chapter->title, name);
    for (enum figure_kind kind = 0; kind < FIGURE_COUNT; kind++) {
        bool is_drawn = false;
        int length = snprintf(path, sizeof(path), "%s/%s-%s.svg", directory, name, kinds[kind]);
        if (length >= (int)sizeof(path))
            return err_set(err, "--svg: the name of the directory is too long");
        if (write_picture(chapters, chapter, kind, path, &is_drawn, err) != 0)
            return -1;
        if (kind == FIGURE_SIZES && is_drawn)
            return 0;
    }
    return 0;
}

int pictures_write(const struct result_list *results, const char *directory, struct err *err)
{
    struct chapter_list chapters;
    int result = 0;
    chapter_list_init(&chapters, results);
    for (size_t i = 0; result == 0 && i < chapters.count; i++)
        result = write_chapter(&chapters, &chapters.items[i], directory, err);
    chapter_list_clear(&chapters);
    return result;
}
