#include "publication.h"

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "crypto_error.h"
#include "layout.h"
#include "ocsp_status.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/crl.h"
#include "postern/pki/parcel.h"
#include "postern/pki/profile.h"
#include "timestamp.h"

#define BUNDLE_FILE_MAX (512u * 1024 * 1024)
#define ITEMS_MAX       16

enum item {
    ITEM_CERTIFICATE = 1, /* of authority 0; of 1 that with ITEM_NEXT added */
    ITEM_CRL,
    ITEM_TIMES,
    ITEM_STATUSES,
    ITEM_NEXT = 16,
    ITEM_CA_BUNDLE = 64,
    ITEM_CRL_BUNDLE,
    ITEM_CERTIFICATES,
};

/* Items with the memory that they own. */
struct packing {
    struct {
        uint32_t tag;
        struct slice bytes;
        void *memory;
    } items[ITEMS_MAX];
    size_t count;
};

static void put(struct packing *packing, uint32_t tag, void *memory, size_t length)
{
    packing->items[packing->count].tag = tag;
    packing->items[packing->count].bytes = slice_of(memory, length);
    packing->items[packing->count++].memory = memory;
}

static void clear(struct packing *packing)
{
    for (size_t i = 0; i < packing->count; i++)
        free(packing->items[i].memory);
}

/* OpenSSL's allocation turned into ours. */
static int put_der(struct packing *packing, uint32_t tag, unsigned char *der, int length, struct err *err)
{
    if (length <= 0)
        return pki_crypto_error(err, NULL, "cannot encode");
    char *copy = malloc((size_t)length);
    if (copy)
        memcpy(copy, der, (size_t)length);
    OPENSSL_free(der);
    if (!copy)
        return err_set(err, "out of memory");
    put(packing, tag, copy, (size_t)length);
    return 0;
}

static int put_file(struct packing *packing, uint32_t tag, const struct pki_profile *profile,
                    const char *name, struct err *err)
{
    struct buffer text;
    char *path = pki_profile_path(profile, name);
    int result = file_read(path, BUNDLE_FILE_MAX, &text, NULL, err);
    if (result == 0) {
        struct slice view = buffer_view(&text);
        char *copy = xcalloc(1, view.length + 1);
        if (view.length > 0)
            memcpy(copy, view.data, view.length);
        put(packing, tag, copy, view.length);
        buffer_clear(&text);
    }
    free(path);
    return result;
}

/* The CRL's DER as it stands in the PEM, without building it: a large one has a million entries. */
static int put_crl(struct packing *packing, uint32_t tag, const struct pki_authority *authority,
                   struct err *err)
{
    struct buffer pem;
    unsigned char *der = NULL;
    long length = 0;
    char *path = pki_path(authority->directory, "crl.pem");
    int result = file_read(path, BUNDLE_FILE_MAX, &pem, NULL, err);
    if (result == 0) {
        BIO *bio = BIO_new_mem_buf(buffer_view(&pem).data, (int)buffer_length(&pem));
        if (!bio || PEM_bytes_read_bio(&der, &length, NULL, PEM_STRING_X509_CRL, bio, NULL, NULL) != 1)
            result = pki_crypto_error(err, path, "no CRL in PEM");
        BIO_free(bio);
        buffer_clear(&pem);
    }
    if (result == 0)
        result = put_der(packing, tag, der, (int)length, err);
    free(path);
    return result;
}

static int put_statuses(struct packing *packing, uint32_t tag, struct pki_authority *authority,
                        struct err *err)
{
    if (pki_authority_need_database(authority, err) < 0)
        return -1;
    struct ocsp_status *list = ocsp_status_list(&authority->database);
    if (!list)
        return err_set_at(err, authority->directory, 0,
                          "index.txt has a serial that no certificate can have");
    put(packing, tag, list, authority->database.count * sizeof *list);
    return 0;
}

static int put_authority(struct packing *packing, uint32_t base, struct pki_authority *authority,
                         bool with_statuses, struct err *err)
{
    unsigned char *der = NULL;
    struct pki_crl_facts facts;
    struct publication_times *times = xcalloc(1, sizeof *times);
    put(packing, base + ITEM_TIMES, times, sizeof *times);
    times->certificate_from_s = pki_timestamp_of(X509_get0_notBefore(authority->certificate));
    int length = i2d_X509(authority->certificate, &der);
    if (put_der(packing, base + ITEM_CERTIFICATE, der, length, err) < 0)
        return -1;
    if (pki_crl_facts(authority, &facts, err) < 0 || put_crl(packing, base + ITEM_CRL, authority, err) < 0)
        return -1;
    times->this_update_s = facts.this_update_s;
    times->next_update_s = facts.next_update_s;
    return with_statuses ? put_statuses(packing, base + ITEM_STATUSES, authority, err) : 0;
}

static int put_certificates(struct packing *packing, const struct pki_profile *profile, struct err *err)
{
    unsigned char *der = NULL;
    PKCS7 *all = PKCS7_new();
    int length = 0;
    if (all && PKCS7_set_type(all, NID_pkcs7_signed) == 1 && PKCS7_content_new(all, NID_pkcs7_data) == 1 &&
        PKCS7_set_detached(all, 1) >= 0 && PKCS7_add_certificate(all, profile->root.certificate) == 1 &&
        (!profile->has_intermediate || PKCS7_add_certificate(all, profile->intermediate.certificate) == 1))
        length = i2d_PKCS7(all, &der);
    PKCS7_free(all);
    return put_der(packing, ITEM_CERTIFICATES, der, length, err);
}

static int collect(struct packing *packing, struct pki_profile *profile, bool with_statuses, struct err *err)
{
    if (put_authority(packing, 0, &profile->root, with_statuses, err) < 0)
        return -1;
    if (profile->has_intermediate &&
        put_authority(packing, ITEM_NEXT, &profile->intermediate, with_statuses, err) < 0)
        return -1;
    if (put_file(packing, ITEM_CA_BUNDLE, profile, "client-ca-bundle.pem", err) < 0 ||
        put_file(packing, ITEM_CRL_BUNDLE, profile, "crl-bundle.pem", err) < 0)
        return -1;
    return put_certificates(packing, profile, err);
}

static int seal(const struct packing *packing, struct err *err)
{
    size_t size = 0;
    for (size_t i = 0; i < packing->count; i++)
        size += parcel_item_size(packing->items[i].bytes.length);
    int fd = memfd_new("postern-publication", size);
    char *memory = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        fd_close(&fd);
        return err_set(err, "no memory for what is to be published");
    }
    char *to = memory;
    for (size_t i = 0; i < packing->count; i++)
        to = parcel_write(to, packing->items[i].tag, packing->items[i].bytes);
    munmap(memory, size);
    if (memfd_seal(fd) == 0)
        return fd;
    fd_close(&fd);
    return err_set(err, "cannot seal what is to be published");
}

int publication_pack(const char *directory, bool with_statuses, struct err *err)
{
    struct packing packing = {.count = 0};
    struct pki_profile *profile;
    if (pki_profile_open(directory, PKI_READ, NULL, &profile, err) < 0)
        return -1;
    int fd = collect(&packing, profile, with_statuses, err) < 0 ? -1 : seal(&packing, err);
    clear(&packing);
    pki_profile_close(profile);
    return fd;
}

static void release(struct web_bytes *bytes)
{
    struct publication *publication = (struct publication *)(void *)bytes;
    munmap((void *)(uintptr_t)bytes->view.data, bytes->view.length);
    free(publication);
}

static struct slice item_of(const struct publication *publication, uint32_t tag)
{
    return parcel_find(publication->bytes.view, tag);
}

struct publication *publication_open(int fd)
{
    struct stat status;
    void *mapped = MAP_FAILED;
    if (memfd_is_sealed(fd) && fstat(fd, &status) == 0 && status.st_size > 0)
        mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    fd_close(&fd);
    if (mapped == MAP_FAILED)
        return NULL;
    struct publication *publication = xcalloc(1, sizeof *publication);
    publication->bytes = (struct web_bytes){slice_of(mapped, (size_t)status.st_size), 1, release};
    for (uint32_t i = 0; i < PUBLICATION_AUTHORITIES; i++) {
        struct publication_authority *authority = &publication->authorities[i];
        struct slice times = item_of(publication, i * ITEM_NEXT + ITEM_TIMES);
        authority->certificate = item_of(publication, i * ITEM_NEXT + ITEM_CERTIFICATE);
        authority->crl = item_of(publication, i * ITEM_NEXT + ITEM_CRL);
        authority->statuses = item_of(publication, i * ITEM_NEXT + ITEM_STATUSES);
        if (times.length == sizeof authority->times)
            memcpy(&authority->times, times.data, sizeof authority->times);
    }
    publication->ca_bundle = item_of(publication, ITEM_CA_BUNDLE);
    publication->crl_bundle = item_of(publication, ITEM_CRL_BUNDLE);
    publication->certificates = item_of(publication, ITEM_CERTIFICATES);
    return publication;
}

void publication_unref(struct publication *publication)
{
    if (publication)
        web_bytes_unref(&publication->bytes);
}
