/* The table of keys: one row each, which feeds the parser, conf/postern.ini and the manual. A row says where
 * its value goes: at an offset in its section's struct, by the one function of its type. */
#ifndef CONFIG_KEY_H
#define CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/slice.h"

enum section_id {
    SECTION_LISTENER,
    SECTION_TLS,
    SECTION_CLIENT_AUTH,
    SECTION_IDENTITY,
    SECTION_ROUTE,
    SECTION_BACKEND,
    SECTION_LIMITS,
    SECTION_TIMEOUTS,
    SECTION_RELOAD,
    SECTION_LOG,
    SECTION_CONTROL,
    SECTION_STATE,
    SECTION_COUNT,
};

struct section {
    const char *name;
    const char *argument; /* "PATH": the section may be given for several; NULL: once */
    size_t offset;        /* in struct config; of those with an argument: unused */
    const char *help;
    const char *example; /* of the argument */
};

/* The word behind each is what its struct member is. */
enum key_type {
    KEY_CHOICE,      /* an enum: minimum is the value of the first of the words */
    KEY_BOOL,        /* bool: yes, no */
    KEY_SIZE,        /* size_t bytes */
    KEY_DURATION,    /* int64_t ms */
    KEY_COUNT,       /* unsigned; the first of the words, if any, stands for 0 */
    KEY_PATH,        /* struct config_path; words stand for themselves, but "off" for NULL */
    KEY_SOCKET,      /* struct config_path of a unix socket, which is short: unix(7) */
    KEY_CERTIFICATE, /* struct config_tls: the next pair's certificate */
    KEY_PRIVATE_KEY, /* struct config_tls: the next pair's key */
    KEY_LIST,        /* struct config_text: some of the words, joined by ':' */
    KEY_ADDRESS,     /* struct config_texts: numeric addresses */
    KEY_USER,        /* struct config_text */
    KEY_DN,          /* struct config_texts */
    KEY_GRACE,       /* int64_t seconds: refuse, grace DURATION */
    KEY_PRESET,      /* struct config_identity */
    KEY_FIELD,       /* struct config_identity: X-...= template */
    KEY_REFERENCE,   /* struct config_text: the name of a backend */
    KEY_SERVER,      /* struct config_backend */
    KEY_HOST,        /* struct config_backend */
    KEY_TYPE_COUNT,
};

enum key_flag {
    KEY_REQUIRED = 1,   /* an error if it is missing */
    KEY_REPEATABLE = 2, /* else a second line is an error */
    KEY_RESTART = 4,    /* a change needs a new start */
    KEY_SHOWN = 8,      /* not commented out in conf/postern.ini, though it could be */
};

struct key {
    enum section_id section;
    const char *name;
    enum key_type type;
    unsigned flags;
    const char *default_text; /* NULL: none */
    const char *example;      /* for the reference where there is no default */
    const char *words;        /* allowed or special words, separated by one space; NULL: none */
    uint64_t minimum, maximum;
    size_t offset; /* in the section's struct */
    const char *help;
};

/* The name under which the identity fields of [identity] stand in the table. */
#define KEY_FIELD_NAME "X-NAME"

extern const struct section sections[SECTION_COUNT];
extern const struct key keys[];
extern const size_t key_count;

/* The section of that name, or NULL. */
const struct section *section_find(struct slice name);
enum section_id section_id(const struct section *section);
/* The row of a key; any name that begins with "X-" is KEY_FIELD_NAME in [identity]. NULL if unknown. */
const struct key *key_find(enum section_id section, struct slice name);
size_t key_index(const struct key *key);

/* What values it takes, for people: "1KiB to 1MiB", "yes or no", "1 to 256, or auto". Empty if its help says
 * it all. Returns out. */
const char *key_values_text(const struct key *key, char *out, size_t size);

/* Which of the words (separated by one space) it is: from 0; -1 if none. */
int words_find(const char *words, struct slice word);
/* "a, b or c". Returns out. */
const char *words_list(const char *words, char *out, size_t size);

#endif
