#include "layout.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto_error.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "staging.h"

#define PEM_MAX (1024u * 1024)

char *pki_path(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = xcalloc(size, 1);
    snprintf(path, size, "%s/%s", directory, name);
    return path;
}

bool pki_is_there(const char *directory, const char *name)
{
    struct stat status;
    char *path = pki_path(directory, name);
    bool there = stat(path, &status) == 0;
    free(path);
    return there;
}

int pki_make_directory(const char *path, struct err *err)
{
    if (mkdir(path, PKI_MODE_DIRECTORY) < 0 || chmod(path, PKI_MODE_DIRECTORY) < 0)
        return err_set_errno(err, path, errno, "cannot make the directory");
    return 0;
}

int pki_need_directory(const char *path, struct err *err)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return 0;
    return pki_make_directory(path, err);
}

int pki_sync_directory(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 || fsync(fd) < 0 ? err_set_errno(err, path, errno, "cannot sync the directory") : 0;
    fd_close(&fd);
    return result;
}

int pki_certificates_to_pem(X509 *const *certificates, size_t count, struct buffer *out, struct err *err)
{
    const char *bytes = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool good = bio != NULL;
    buffer_init(out, PEM_MAX);
    for (size_t i = 0; good && i < count; i++)
        good = PEM_write_bio_X509(bio, certificates[i]) == 1;
    long length = good ? BIO_get_mem_data(bio, &bytes) : 0;
    good = good && length > 0 && buffer_append(out, bytes, (size_t)length);
    BIO_free(bio);
    return good ? 0 : pki_crypto_error(err, NULL, "cannot write a certificate");
}

int pki_write_certificates(const char *path, X509 *const *certificates, size_t count,
                           struct pki_staging *staging, struct err *err)
{
    struct buffer pem;
    int result = pki_certificates_to_pem(certificates, count, &pem, err);
    struct slice view = buffer_view(&pem);
    if (result == 0)
        result = pki_staging_put(staging, path, view.data, view.length, PKI_MODE_PUBLIC, err);
    buffer_clear(&pem);
    return result;
}

int pki_read_certificate(const char *path, size_t limit, X509 **out, struct err *err)
{
    struct buffer pem;
    *out = NULL;
    if (file_read(path, limit, &pem, NULL, err) < 0)
        return -1;
    struct slice view = buffer_view(&pem);
    BIO *bio = BIO_new_mem_buf(view.data, (int)view.length);
    if (bio)
        *out = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    buffer_clear(&pem);
    return *out ? 0 : pki_crypto_error(err, path, "no certificate in PEM");
}
