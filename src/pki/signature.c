#include "signature.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "layout.h"
#include "postern/base/attributes.h"

static const char *const files[] = {
    "root/ca.pem",          "root/crl.pem",         "root/index.txt",         "ocsp/root.pem",
    "intermediate/ca.pem",  "intermediate/crl.pem", "intermediate/index.txt", "ocsp/intermediate.pem",
    "client-ca-bundle.pem", "crl-bundle.pem",
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value + UINT64_C(0x9e3779b97f4a7c15) + (hash << 6) + (hash >> 2);
    return hash;
}

/* The inode is in it: each file is replaced whole, and two replacements in one tick of the clock differ in
 * it.
 */
uint64_t pki_files_signature(const char *directory)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < LENGTH_OF(files); i++) {
        struct stat status = {0};
        char *path = pki_path(directory, files[i]);
        if (stat(path, &status) != 0)
            status = (struct stat){0};
        free(path);
        hash = mix(hash, (uint64_t)status.st_ino);
        hash = mix(hash, (uint64_t)status.st_size);
        hash = mix(hash, (uint64_t)status.st_mtim.tv_sec);
        hash = mix(hash, (uint64_t)status.st_mtim.tv_nsec);
        hash = mix(hash, (uint64_t)status.st_ctim.tv_nsec);
    }
    return hash;
}
