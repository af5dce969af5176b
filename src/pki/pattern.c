#include "pattern.h"

#include <string.h>

#define UUID        "{uuid}"
#define UUID_LENGTH 36

enum token { TOKEN_BYTE, TOKEN_PART, TOKEN_ANY, TOKEN_UUID };

static enum token take_token(struct slice *pattern, char *byte)
{
    static const struct {
        const char *text;
        enum token token;
    } tokens[] = {{"**", TOKEN_ANY}, {"*", TOKEN_PART}, {UUID, TOKEN_UUID}};
    for (size_t i = 0; i < LENGTH_OF(tokens); i++) {
        struct slice text = slice_text(tokens[i].text);
        if (!slice_starts_with(*pattern, text))
            continue;
        *pattern = slice_after(*pattern, text.length);
        return tokens[i].token;
    }
    *byte = pattern->data[0];
    *pattern = slice_after(*pattern, 1);
    return TOKEN_BYTE;
}

static bool is_uuid(struct slice text)
{
    if (text.length < UUID_LENGTH)
        return false;
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text.data[i] != '-' : ascii_hex_value(text.data[i]) < 0)
            return false;
    }
    return true;
}

/* reached[i]: the pattern so far can have consumed i bytes. One token turns one such set into the next. */
static void step(enum token token, char byte, struct slice text, const bool *reached, bool *next)
{
    bool running = false; /* a star is open */
    memset(next, 0, text.length + 1);
    for (size_t i = 0; i < text.length; i++) {
        switch (token) {
        case TOKEN_BYTE:
            next[i + 1] = reached[i] && text.data[i] == byte;
            break;
        case TOKEN_UUID:
            if (reached[i] && is_uuid(slice_after(text, i)))
                next[i + UUID_LENGTH] = true;
            break;
        case TOKEN_PART:
            running = (running || reached[i]) && text.data[i] != '.' && text.data[i] != '/';
            next[i + 1] = running;
            break;
        case TOKEN_ANY:
            running = running || reached[i];
            next[i + 1] = running;
        }
    }
}

static bool matches(struct slice pattern, struct slice text)
{
    bool sets[2][PKI_PATTERN_TEXT_MAX + 1];
    int now = 0;
    memset(sets[0], 0, text.length + 1);
    sets[0][0] = true;
    while (pattern.length > 0) {
        char byte = '\0';
        enum token token = take_token(&pattern, &byte);
        step(token, byte, text, sets[now], sets[1 - now]);
        now = 1 - now;
    }
    return sets[now][text.length];
}

bool pki_pattern_match(struct slice list, struct slice text)
{
    struct slice pattern;
    if (text.length > PKI_PATTERN_TEXT_MAX)
        return false;
    while (slice_split(&list, ',', &pattern))
        if (matches(slice_trim(pattern), text))
            return true;
    return false;
}

int pki_pattern_check(struct slice list, const char *what, struct err *err)
{
    struct slice pattern;
    if (list.length == 0 || list.length > PKI_PATTERN_TEXT_MAX)
        return err_set(err, "%s is empty or over %d bytes", what, PKI_PATTERN_TEXT_MAX);
    while (slice_split(&list, ',', &pattern)) {
        pattern = slice_trim(pattern);
        if (pattern.length == 0)
            return err_set(err, "%s has nothing between two commas; remove one", what);
        for (size_t i = 0; i < pattern.length; i++) {
            if ((unsigned char)pattern.data[i] < ' ' || pattern.data[i] == 0x7f)
                return err_set(err, "%s holds a control character", what);
            if (pattern.data[i] == '{' && !slice_starts_with(slice_after(pattern, i), SLICE_LITERAL(UUID)))
                return err_set(err, "%s: \"{\" of something that is not known; \"" UUID "\" would be right",
                               what);
        }
    }
    return 0;
}
