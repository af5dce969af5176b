#include "postern/pki/name.h"

#include <string.h>

#define NAME_BYTES_MAX 200 /* with ".p12" and our prefixes it still is a file's name */

/* One UTF-8 character off the front of text (RFC 3629 §4); -1 if there is none. */
static int32_t take_character(struct slice *text)
{
    static const int32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text->data[0];
    size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (length > text->length || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4)
        return -1;
    int32_t character = length == 1 ? lead : lead & (0xff >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text->data[i];
        if ((byte & 0xc0) != 0x80)
            return -1;
        character = (character << 6) | (byte & 0x3f);
    }
    if (character < smallest[length] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return -1;
    *text = slice_after(*text, length);
    return character;
}

/* Controls of ASCII and Latin-1, line separators, and what turns the direction of writing around: a name that
 * shows as another is none. */
static bool is_invisible(int32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
           (character >= 0x200b && character <= 0x200f) || (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069) || character == 0xfeff;
}

static int check_characters(struct slice text, const char *what, struct err *err)
{
    struct slice rest = text;
    size_t count = 0;
    if (text.length == 0)
        return err_set(err, "the %s is empty; give it at least one character", what);
    while (rest.length > 0) {
        int32_t character = take_character(&rest);
        if (character < 0)
            return err_set(err, "the %s is not UTF-8", what);
        if (is_invisible(character))
            return err_set(err, "the %s holds a control character (U+%04X); use printable ones", what,
                           (unsigned)character);
        count++;
    }
    if (count > PKI_NAME_LENGTH_MAX || text.length > NAME_BYTES_MAX)
        return err_set(err, "the %s has %zu characters; at most %d fit a certificate", what, count,
                       PKI_NAME_LENGTH_MAX);
    if (text.data[0] == ' ' || text.data[text.length - 1] == ' ')
        return err_set(err, "the %s begins or ends with a space", what);
    return 0;
}

int pki_name_check(struct slice name, enum pki_name_use use, struct err *err)
{
    if (check_characters(name, "name", err) < 0)
        return -1;
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '/' || name.data[i] == '\\')
            return err_set(err, "the name holds a '%c'; it would not be one file's name", name.data[i]);
    if (name.data[0] == '.' || name.data[0] == '-')
        return err_set(err, "the name begins with a '%c'; begin with a letter or digit", name.data[0]);
    struct slice rest = name;
    if (use == PKI_NAME_SERVER && slice_starts_with(name, SLICE_LITERAL("*."))) {
        rest = slice_after(name, 2);
        if (!pki_name_is_dns(rest, false))
            return err_set(err, "the name is a wildcard of no host name; \"*.example.org\" would be right");
    }
    if (slice_find(rest, '*') < rest.length)
        return err_set(err, "the name holds a wildcard; each certificate names one %s",
                       use == PKI_NAME_SERVER ? "host, or all of a domain as \"*.example.org\"" : "holder");
    return 0;
}

/* "/X=" with a short word for X is how index.txt begins the next attribute. */
static bool has_attribute_begin(struct slice value)
{
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] != '/')
            continue;
        size_t end = i + 1;
        while (end < value.length && (ascii_is_alpha(value.data[end]) || ascii_is_digit(value.data[end])))
            end++;
        if (end > i + 1 && end < value.length && value.data[end] == '=')
            return true;
    }
    return false;
}

int pki_name_check_attribute(struct slice value, const char *what, struct err *err)
{
    if (check_characters(value, what, err) < 0)
        return -1;
    if (has_attribute_begin(value))
        return err_set(err, "the %s reads as several attributes in index.txt; leave out \"/NAME=\"", what);
    return 0;
}

static bool is_capital(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

int pki_name_check_country(struct slice value, struct err *err)
{
    if (value.length != 2 || !is_capital(value.data[0]) || !is_capital(value.data[1]))
        return err_set(err, "\"%.*s\" is no country; two capital letters (ISO 3166-1) would be right",
                       SLICE_ARG(value));
    return 0;
}

static bool is_label(struct slice label)
{
    if (label.length == 0 || label.length > 63 || label.data[0] == '-' || label.data[label.length - 1] == '-')
        return false;
    for (size_t i = 0; i < label.length; i++)
        if (!ascii_is_alpha(label.data[i]) && !ascii_is_digit(label.data[i]) && label.data[i] != '-')
            return false;
    return true;
}

bool pki_name_is_dns(struct slice name, bool wildcard)
{
    struct slice label;
    if (wildcard && slice_starts_with(name, SLICE_LITERAL("*.")))
        name = slice_after(name, 2);
    if (name.length == 0 || name.length > 253)
        return false;
    while (slice_split(&name, '.', &label))
        if (!is_label(label))
            return false;
    return true;
}

int pki_name_check_uri(struct slice uri, const char *what, struct err *err)
{
    static const char example[] = "http://pki.example.org/ca.crl";
    size_t scheme = slice_starts_with(uri, SLICE_LITERAL("http://"))    ? 7
                    : slice_starts_with(uri, SLICE_LITERAL("https://")) ? 8
                                                                        : 0;
    if (scheme == 0 || uri.length <= scheme || uri.length > 1024)
        return err_set(err, "the %s is no http URI; \"%s\" would be right", what, example);
    for (size_t i = 0; i < uri.length; i++)
        if (uri.data[i] <= ' ' || uri.data[i] > '~' || strchr("\"<>\\^`{|}", uri.data[i]))
            return err_set(err, "the %s holds a byte that no URI has; encode it as %%HH", what);
    return 0;
}
