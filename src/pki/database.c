#include "postern/pki/database.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "certificate.h"
#include "counter.h"
#include "crypto_error.h"
#include "index_line.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "staging.h"
#include "timestamp.h"

#define CERTIFICATE_FILE_MAX (256u * 1024)
#define ADDED_TEXT_MAX       (1024u * 1024 * 1024)
#define SERIAL_DRAWS         8

static struct pki_entry *append_entry(struct pki_database *database)
{
    if (database->count == database->capacity) {
        database->capacity = database->capacity ? 2 * database->capacity : 64;
        database->entries = xreallocarray(database->entries, database->capacity, sizeof *database->entries);
    }
    struct pki_entry *entry = &database->entries[database->count++];
    *entry = (struct pki_entry){0};
    return entry;
}

static int make_file(const char *directory, const char *name, const char *text, struct err *err)
{
    char *path = pki_path(directory, name);
    int result = file_replace(path, text, strlen(text), 0600, err);
    free(path);
    return result;
}

static int draw(unsigned char out[PKI_SERIAL_BYTES], struct err *err)
{
    if (RAND_bytes(out, PKI_SERIAL_BYTES) != 1)
        return pki_crypto_error(err, NULL, "no random numbers");
    /* Positive, and never a leading zero that DER and index.txt would each treat in their own way. */
    out[0] = (unsigned char)((out[0] & 0x7f) | 0x40);
    return 0;
}

int pki_database_create(const char *directory, struct err *err)
{
    unsigned char serial[PKI_SERIAL_BYTES];
    char text[PKI_SERIAL_TEXT_SIZE];
    char *certificates = pki_path(directory, "newcerts");
    int result = -1;
    if (pki_make_directory(certificates, err) < 0 || draw(serial, err) < 0)
        goto out;
    text_hex(text, serial, sizeof serial, true);
    memcpy(text + 2 * sizeof serial, "\n", sizeof "\n");
    if (make_file(directory, "index.txt", "", err) < 0 ||
        make_file(directory, "index.txt.attr", "unique_subject = no\n", err) < 0 ||
        make_file(directory, "serial", text, err) < 0 || make_file(directory, "crlnumber", "01\n", err) < 0)
        goto out;
    result = 0;
out:
    free(certificates);
    return result;
}

int pki_database_parse(struct pki_database *database, struct slice text, const char *path, struct err *err)
{
    struct slice line;
    unsigned number = 0;
    arena_init(&database->added, ADDED_TEXT_MAX);
    while (slice_split(&text, '\n', &line)) {
        number++;
        while (line.length > 0 && line.data[line.length - 1] == '\r')
            line = slice_before(line, line.length - 1);
        if (line.length == 0 || line.data[0] == '#')
            continue;
        if (pki_index_line_parse(line, append_entry(database), path, number, err) < 0) {
            pki_database_clear(database);
            return -1;
        }
    }
    return 0;
}

int pki_database_load(struct pki_database *database, const char *directory, struct err *err)
{
    *database = (struct pki_database){.directory = xstrdup(directory)};
    char *path = pki_path(directory, "index.txt");
    int result = file_read(path, PKI_INDEX_SIZE_MAX, &database->text, NULL, err);
    if (result == 0)
        result = pki_database_parse(database, buffer_view(&database->text), path, err);
    else
        pki_database_clear(database);
    free(path);
    return result;
}

void pki_database_clear(struct pki_database *database)
{
    free(database->directory);
    free(database->entries);
    buffer_clear(&database->text);
    arena_clear(&database->added);
    *database = (struct pki_database){0};
}

int pki_database_draw_serial(const struct pki_database *database, unsigned char out[PKI_SERIAL_BYTES],
                             struct err *err)
{
    char text[PKI_SERIAL_TEXT_SIZE];
    for (int i = 0; i < SERIAL_DRAWS; i++) {
        if (draw(out, err) < 0)
            return -1;
        if (!pki_database_find(database, slice_text(text_hex(text, out, PKI_SERIAL_BYTES, true))))
            return 0;
    }
    return err_set(err, "the random number generator repeats itself; no serial can be given");
}

static struct slice without_zeros(struct slice serial)
{
    while (serial.length > 1 && serial.data[0] == '0')
        serial = slice_after(serial, 1);
    return serial;
}

struct pki_entry *pki_database_find(const struct pki_database *database, struct slice serial)
{
    serial = without_zeros(serial);
    for (size_t i = 0; i < database->count; i++)
        if (slice_equal_nocase(without_zeros(database->entries[i].serial), serial))
            return &database->entries[i];
    return NULL;
}

static int keep(struct pki_database *database, struct slice text, struct slice *out, struct err *err)
{
    char *copy = arena_copy(&database->added, text);
    if (!copy)
        return err_set(err, "out of memory for the index");
    *out = slice_of(copy, text.length);
    return 0;
}

static int keep_names(struct pki_database *database, X509 *certificate, struct pki_entry *entry,
                      struct err *err)
{
    const ASN1_TIME *end = X509_get0_notAfter(certificate);
    char hex[PKI_SERIAL_TEXT_SIZE];
    if (!pki_certificate_serial(certificate, hex))
        return err_set(err, "a serial of over %d bytes", PKI_SERIAL_BYTES_MAX);
    /* openssl ca writes this old one-line form, and finds entries by it. */
    char *subject = X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);
    if (!subject)
        return pki_crypto_error(err, NULL, "cannot write the subject");
    int result = keep(database, slice_of((const char *)end->data, (size_t)end->length), &entry->expires,
                      err) < 0 ||
                         keep(database, slice_text(hex), &entry->serial, err) < 0 ||
                         keep(database, slice_text(subject), &entry->subject, err) < 0
                     ? -1
                     : 0;
    OPENSSL_free(subject);
    return result;
}

char *pki_database_certificate_path(const struct pki_database *database, struct slice serial)
{
    char name[sizeof("newcerts/.pem") + PKI_SERIAL_TEXT_SIZE];
    snprintf(name, sizeof name, "newcerts/%.*s.pem", SLICE_ARG(serial));
    return pki_path(database->directory, name);
}

int pki_database_add(struct pki_database *database, X509 *certificate, struct pki_staging *staging,
                     struct err *err)
{
    struct pki_entry entry = {.state = 'V', .file = SLICE_LITERAL("unknown")};
    if (keep_names(database, certificate, &entry, err) < 0)
        return -1;
    char *path = pki_database_certificate_path(database, entry.serial);
    int result = pki_write_certificates(path, (X509 *const[]){certificate}, 1, staging, err);
    free(path);
    if (result == 0)
        *append_entry(database) = entry;
    database->is_changed = true;
    return result;
}

int pki_database_revoke(struct pki_database *database, struct pki_entry *entry, int64_t when_s,
                        enum pki_reason reason, struct err *err)
{
    char text[64], when[PKI_TIMESTAMP_SIZE];
    /* As openssl ca does it, no reason stands for "unspecified", which RFC 5280 wants left out of CRLs. */
    int length = snprintf(text, sizeof text, "%s%s%s", pki_timestamp_format(when_s, when),
                          reason == PKI_REASON_UNSPECIFIED ? "" : ",",
                          reason == PKI_REASON_UNSPECIFIED ? "" : pki_reason_text(reason));
    if (keep(database, slice_of(text, (size_t)length), &entry->revoked, err) < 0)
        return -1;
    entry->state = 'R';
    database->is_changed = true;
    return 0;
}

void pki_database_restore(struct pki_database *database, struct pki_entry *entry)
{
    database->is_changed = true;
    entry->state = 'V';
    entry->revoked = (struct slice){0};
}

bool pki_database_owns(const struct pki_database *database, const struct pki_entry *entry)
{
    return entry >= database->entries && entry < database->entries + database->count;
}

int pki_database_save(struct pki_database *database, struct pki_staging *staging, struct err *err)
{
    int result = -1;
    struct buffer text;
    char *path = pki_path(database->directory, "index.txt");
    buffer_init(&text, PKI_INDEX_SIZE_MAX);
    for (size_t i = 0; i < database->count; i++) {
        if (!pki_index_line_write(&database->entries[i], &text)) {
            (void)err_set_at(err, path, 0, "the index is over %u bytes", PKI_INDEX_SIZE_MAX);
            goto out;
        }
    }
    struct slice view = buffer_view(&text);
    result = pki_staging_put(staging, path, view.data, view.length, 0600, err);
    database->is_changed = result < 0;
out:
    buffer_clear(&text);
    free(path);
    return result;
}

static bool has_serial(X509 *certificate, struct slice serial)
{
    char hex[PKI_SERIAL_TEXT_SIZE];
    return pki_certificate_serial(certificate, hex) &&
           slice_equal_nocase(without_zeros(slice_text(hex)), without_zeros(serial));
}

int pki_database_certificate(const struct pki_database *database, const struct pki_entry *entry, X509 **out,
                             struct err *err)
{
    struct stat status;
    char *path = pki_database_certificate_path(database, entry->serial);
    int result = 0;
    *out = NULL;
    if (stat(path, &status) == 0)
        result = pki_read_certificate(path, CERTIFICATE_FILE_MAX, out, err);
    if (*out && !has_serial(*out, entry->serial)) {
        X509_free(*out);
        *out = NULL;
        result = err_set_at(err, path, 0, "holds a certificate with another serial");
    }
    free(path);
    return result;
}

int pki_database_take_crl_number(const struct pki_database *database, struct slice last,
                                 char out[PKI_SERIAL_TEXT_SIZE], struct pki_staging *staging, struct err *err)
{
    char *path = pki_path(database->directory, "crlnumber");
    int result = pki_counter_take(path, last, out, staging, err);
    free(path);
    return result;
}
