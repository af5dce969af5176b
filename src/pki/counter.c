#include "counter.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "crypto_error.h"
#include "postern/base/buffer.h"
#include "postern/base/file.h"
#include "staging.h"

#define COUNTER_FILE_MAX 4096u

static int load(const char *path, BIGNUM **out, struct err *err)
{
    struct buffer text;
    char copy[COUNTER_FILE_MAX + 1];
    if (file_read(path, COUNTER_FILE_MAX, &text, NULL, err) < 0)
        return -1;
    struct slice hex = buffer_view(&text);
    while (hex.length > 0 && strchr("\r\n \t", hex.data[hex.length - 1]))
        hex = slice_before(hex, hex.length - 1);
    memcpy(copy, hex.data, hex.length);
    copy[hex.length] = '\0';
    /* BN_hex2bn(3) would take a minus sign too. */
    bool good = hex.length > 0 && hex.length <= 2 * PKI_SERIAL_BYTES_MAX && copy[0] != '-' &&
                (size_t)BN_hex2bn(out, copy) == hex.length;
    buffer_clear(&text);
    return good ? 0 : err_set_at(err, path, 1, "is no number in hex; \"01\" would be right");
}

static int save(const char *path, const BIGNUM *number, struct pki_staging *staging, struct err *err)
{
    char *hex = BN_bn2hex(number);
    char line[PKI_SERIAL_TEXT_SIZE + 1];
    if (!hex)
        return pki_crypto_error(err, path, "cannot count");
    int length = snprintf(line, sizeof line, "%s\n", hex);
    OPENSSL_free(hex);
    return pki_staging_put(staging, path, line, (size_t)length, 0600, err);
}

int pki_counter_take(const char *path, struct slice last, char out[PKI_SERIAL_TEXT_SIZE],
                     struct pki_staging *staging, struct err *err)
{
    BIGNUM *number = NULL, *least = NULL;
    char copy[PKI_SERIAL_TEXT_SIZE], *hex = NULL;
    int result = -1;
    if (load(path, &number, err) < 0)
        goto out;
    if (last.length > 0 && last.length < sizeof copy) {
        memcpy(copy, last.data, last.length);
        copy[last.length] = '\0';
        if (BN_hex2bn(&least, copy) == 0 || BN_add_word(least, 1) != 1)
            goto out;
        if (BN_cmp(number, least) < 0 && !BN_copy(number, least))
            goto out;
    }
    hex = BN_bn2hex(number);
    if (!hex || strlen(hex) > 2 * PKI_SERIAL_BYTES_MAX || BN_add_word(number, 1) != 1)
        goto out;
    snprintf(out, PKI_SERIAL_TEXT_SIZE, "%s", hex);
    result = save(path, number, staging, err);
out:
    if (result < 0)
        (void)pki_crypto_error(err, path, "cannot count");
    OPENSSL_free(hex);
    BN_free(number);
    BN_free(least);
    return result;
}
