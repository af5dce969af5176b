#include "postern/trust/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdbool.h>

int trust_digest(const struct slice *parts, size_t count, unsigned char out[TRUST_DIGEST_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; done && i < count; i++)
        done = EVP_DigestUpdate(context, parts[i].data, parts[i].length) == 1;
    done = done && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return done ? 0 : -1;
}
