#include "identity.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "postern/base/file.h"
#include "postern/base/memory.h"

enum { PATH_SIZE = 4096, PASSPHRASE_SIZE = 1024 };

/* Where what is loaded goes. */
struct loading {
    struct identity_list *list;
    OSSL_LIB_CTX *library;
    char passphrase[PASSPHRASE_SIZE];
    struct err *err;
};

static int tls_error(struct err *err, const char *what, const char *path)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return err_set(err, "%s %s: %s", what, path, reason ? reason : "failed");
}

static int read_passphrase(const char *path, char out[PASSPHRASE_SIZE], struct err *err)
{
    struct buffer text;
    if (!path)
        return 0;
    buffer_init(&text, 0);
    if (file_read(path, PASSPHRASE_SIZE - 1, &text, NULL, err) != 0)
        return -1;
    struct slice line = slice_before(buffer_view(&text), slice_find(buffer_view(&text), '\n'));
    snprintf(out, PASSPHRASE_SIZE, "%.*s", SLICE_ARG(line));
    if (text.data)
        OPENSSL_cleanse(text.data, text.capacity);
    buffer_clear(&text);
    return 0;
}

static int on_passphrase(char *out, int size, int is_writing, void *argument)
{
    const char *passphrase = argument;
    int length = snprintf(out, (size_t)size, "%s", passphrase);
    (void)is_writing;
    return length < size ? length : -1;
}

/* The next certificate of a PEM file; NULL at its end. */
static X509 *read_certificate(OSSL_LIB_CTX *library, BIO *file)
{
    X509 *certificate = X509_new_ex(library, NULL);
    if (certificate && PEM_read_bio_X509(file, &certificate, NULL, NULL))
        return certificate;
    X509_free(certificate);
    return NULL;
}

static struct identity *append(struct identity_list *list)
{
    list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count] = (struct identity){0};
    return &list->items[list->count++];
}

/* Certificates for one key: what differs is who the server thinks it talks to. */
static int load_certificates(struct loading *loading, const SSL_CTX *context, const char *path)
{
    X509 *certificate;
    BIO *file = BIO_new_file(path, "r");
    while (file && (certificate = read_certificate(loading->library, file)) != NULL)
        append(loading->list)->certificate = certificate;
    BIO_free(file);
    if (loading->list->count == 0)
        return tls_error(loading->err, "--certs", path);
    ERR_clear_error();
    if (!SSL_CTX_get0_privatekey(context) ||
        X509_check_private_key(loading->list->items[0].certificate, SSL_CTX_get0_privatekey(context)) != 1)
        return tls_error(loading->err, "--certs: is not for --key:", path);
    return 0;
}

static int check_identity(struct loading *loading, const struct identity *identity, const char *path)
{
    if (!identity->certificate || !identity->key)
        return tls_error(loading->err, "client certificate or key", path);
    if (X509_check_private_key(identity->certificate, identity->key) != 1)
        return tls_error(loading->err, "client certificate is not for its key:", path);
    ERR_clear_error();
    return 0;
}

static EVP_PKEY *read_key(struct loading *loading, const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    EVP_PKEY *key = file ? PEM_read_bio_PrivateKey_ex(file, NULL, on_passphrase, loading->passphrase,
                                                      loading->library, NULL)
                         : NULL;
    BIO_free(file);
    return key;
}

static int load_pair(struct loading *loading, const char *certificates, const char *key)
{
    struct identity *identity = append(loading->list);
    X509 *next;
    BIO *file = BIO_new_file(certificates, "r");
    identity->certificate = file ? read_certificate(loading->library, file) : NULL;
    identity->chain = sk_X509_new_null();
    while (file && identity->chain && (next = read_certificate(loading->library, file)) != NULL)
        (void)sk_X509_push(identity->chain, next);
    BIO_free(file);
    identity->key = read_key(loading, key);
    return check_identity(loading, identity, identity->certificate ? key : certificates);
}

/* RFC 7292. What only the legacy provider can decrypt (RC2) is refused with advice. */
static int load_p12(struct loading *loading, const char *path)
{
    struct identity *identity = append(loading->list);
    BIO *file = BIO_new_file(path, "r");
    PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, loading->library, NULL);
    bool is_read = file && p12 && d2i_PKCS12_bio(file, &p12);
    BIO_free(file);
    if (!is_read) {
        PKCS12_free(p12);
        return tls_error(loading->err, "--p12", path);
    }
    int result = PKCS12_parse(p12, loading->passphrase, &identity->key, &identity->certificate,
                              &identity->chain);
    unsigned long code = ERR_peek_last_error();
    PKCS12_free(p12);
    if (result == 1)
        return check_identity(loading, identity, path);
    ERR_clear_error();
    if (ERR_GET_REASON(code) == PKCS12_R_MAC_VERIFY_FAILURE)
        return err_set_at(loading->err, path, 0, "its passphrase is another; see --passphrase-file");
    return err_set_at(loading->err, path, 0,
                      "cannot be decrypted: %s; old ones (RC2) must be converted by openssl pkcs12 -legacy",
                      ERR_reason_error_string(code) ? ERR_reason_error_string(code) : "failed");
}

static bool is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool has_suffix(const char *name, const char *suffix)
{
    return slice_ends_with(slice_text(name), slice_text(suffix));
}

/* NAME/fullchain.pem or NAME/cert.pem, with NAME/key.pem. */
static int load_folder(struct loading *loading, const char *folder)
{
    char certificates[PATH_SIZE + 16], key[PATH_SIZE + 16];
    snprintf(key, sizeof(key), "%s/key.pem", folder);
    snprintf(certificates, sizeof(certificates), "%s/fullchain.pem", folder);
    if (!is_there(certificates))
        snprintf(certificates, sizeof(certificates), "%s/cert.pem", folder);
    return is_there(key) && is_there(certificates) ? load_pair(loading, certificates, key) : 0;
}

static int load_entry(struct loading *loading, const char *path)
{
    char key[PATH_SIZE + 8];
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return load_folder(loading, path);
    if (has_suffix(path, ".p12") || has_suffix(path, ".pfx"))
        return load_p12(loading, path);
    if (!has_suffix(path, ".pem") && !has_suffix(path, ".crt"))
        return 0;
    snprintf(key, sizeof(key), "%.*s.key", (int)(strlen(path) - strlen(".pem")), path);
    return is_there(key) ? load_pair(loading, path, key) : 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In the order of names, so that two runs do the same. */
static int load_directory(struct loading *loading, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_visible, alphasort), result = 0;
    for (int i = 0; i < count; i++) {
        char entry[PATH_SIZE];
        int length = snprintf(entry, sizeof(entry), "%s/%s", path, entries[i]->d_name);
        if (result == 0 && length < (int)sizeof(entry))
            result = load_entry(loading, entry);
        free(entries[i]);
    }
    free(entries);
    if (result == 0 && loading->list->count == 0)
        return err_set_at(loading->err, path, 0,
                          "has no client certificate with its key; NAME.pem and NAME.key, NAME.p12, or "
                          "NAME/fullchain.pem and NAME/key.pem are looked for");
    return result;
}

/* One that all connections have. */
static int load_into_context(struct loading *loading, SSL_CTX *context, const struct options *options)
{
    if (options->p12) {
        if (load_p12(loading, options->p12) != 0)
            return -1;
        const struct identity *identity = &loading->list->items[0];
        if (SSL_CTX_use_cert_and_key(context, identity->certificate, identity->key, identity->chain, 1) != 1)
            return tls_error(loading->err, "--p12", options->p12);
        identity_list_clear(loading->list);
        return 0;
    }
    if (!options->cert)
        return 0;
    if (SSL_CTX_use_certificate_chain_file(context, options->cert) != 1)
        return tls_error(loading->err, "--cert", options->cert);
    EVP_PKEY *key = read_key(loading, options->key);
    if (!key)
        return tls_error(loading->err, "--key", options->key);
    bool is_used = SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;
    EVP_PKEY_free(key);
    return is_used ? 0 : tls_error(loading->err, "--key does not belong to --cert:", options->key);
}

int identity_load(struct identity_list *list, SSL_CTX *context, OSSL_LIB_CTX *library,
                  const struct options *options, struct err *err)
{
    struct loading loading = {.list = list, .library = library, .err = err};
    struct stat status;
    int result = read_passphrase(options->passphrase_file, loading.passphrase, err);
    if (result == 0)
        result = load_into_context(&loading, context, options);
    if (result == 0 && options->certs)
        result = stat(options->certs, &status) == 0 && S_ISDIR(status.st_mode)
                     ? load_directory(&loading, options->certs)
                     : load_certificates(&loading, context, options->certs);
    OPENSSL_cleanse(loading.passphrase, sizeof(loading.passphrase));
    return result;
}

void identity_list_clear(struct identity_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        X509_free(list->items[i].certificate);
        sk_X509_pop_free(list->items[i].chain, X509_free);
        EVP_PKEY_free(list->items[i].key);
    }
    free(list->items);
    *list = (struct identity_list){0};
}

bool identity_use_next(struct identity_list *list, SSL *ssl)
{
    if (list->count == 0)
        return true;
    const struct identity *identity = &list->items[list->next++ % list->count];
    if (!identity->key)
        return SSL_use_certificate(ssl, identity->certificate) == 1;
    return SSL_use_cert_and_key(ssl, identity->certificate, identity->key, identity->chain, 1) == 1;
}
