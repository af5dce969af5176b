#include <stdio.h>

#include "issuance.h"
#include "layout.h"
#include "postern/pki/key.h"
#include "postern/pki/pkcs12.h"

static int stage_pem(const struct issuance *issuance, const char *file, size_t count, struct err *err)
{
    struct buffer pem;
    const struct pki_authority *above = &issuance->profile->intermediate;
    /* While a Root is rotated, a client of a server may still know only the Root before. */
    bool is_crossed = issuance->kind == PKI_SERVER && above->cross;
    X509 *const chain[] = {issuance->certificate, is_crossed ? above->cross : above->certificate};
    int result = pki_certificates_to_pem(chain, count, &pem, err);
    struct slice view = buffer_view(&pem);
    if (result == 0)
        result = pki_delivery_put(&issuance->delivery, file, view.data, view.length, PKI_MODE_PUBLIC, err);
    buffer_clear(&pem);
    return result;
}

static int stage_key(const struct issuance *issuance, struct err *err)
{
    struct buffer pem;
    int result = pki_key_to_pem(issuance->key, NULL, &pem, err);
    struct slice view = buffer_view(&pem);
    if (result == 0)
        result = pki_delivery_put(&issuance->delivery, "key.pem", view.data, view.length, PKI_MODE_SECRET,
                                  err);
    pki_key_pem_clear(&pem);
    return result;
}

static const char *choose_passphrase(const struct issuance *issuance, struct err *err)
{
    struct pki_issued *out = issuance->out;
    if (issuance->options->no_passphrase)
        return "";
    if (issuance->options->passphrase)
        return issuance->options->passphrase;
    return pki_passphrase_draw(out->passphrase, sizeof out->passphrase, err) < 0 ? NULL : out->passphrase;
}

static int stage_pkcs12(const struct issuance *issuance, struct err *err)
{
    struct buffer der;
    char file[256];
    const char *passphrase = choose_passphrase(issuance, err);
    if (!passphrase)
        return -1;
    struct pki_pkcs12_plan plan = {
        .name = issuance->name,
        .key = issuance->key,
        .certificate = issuance->certificate,
        .intermediate = issuance->profile->intermediate.certificate,
        .passphrase = passphrase,
        .legacy = issuance->options->legacy_pkcs12,
    };
    snprintf(file, sizeof file, "%s.p12", issuance->name);
    int result = pki_pkcs12_write(&plan, &der, err);
    struct slice view = buffer_view(&der);
    if (result == 0)
        result = pki_delivery_put(&issuance->delivery, file, view.data, view.length, PKI_MODE_SECRET, err);
    buffer_clear(&der);
    return result;
}

/* A key that was made elsewhere stays there: such a holder gets certificates only. */
int pki_stage(struct issuance *issuance, struct err *err)
{
    size_t chain = issuance->profile->has_intermediate ? 2 : 1;
    if (pki_delivery_begin(&issuance->delivery, issuance->profile->directory, pki_kind_text(issuance->kind),
                           issuance->name, err) < 0)
        return -1;
    if (stage_pem(issuance, "cert.pem", 1, err) < 0 || stage_pem(issuance, "fullchain.pem", chain, err) < 0)
        return -1;
    if (issuance->has_secret && stage_key(issuance, err) < 0)
        return -1;
    return issuance->has_secret && issuance->kind == PKI_CLIENT ? stage_pkcs12(issuance, err) : 0;
}
