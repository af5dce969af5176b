/* The trust bundle, PEM or DER: what is taken can be written, read again, and trusted. Covers:
 * src/trust/bundle.c */
#include <stdint.h>

#include "postern/base/assert.h"
#include "postern/trust/bundle.h"
#include "postern/trust/certificate.h"
#include "postern/trust/trust.h"

#define WRITTEN_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct trust_bundle *bundle)
{
    struct trust_bundle *again = trust_bundle_new();
    struct err err = {.line = 0};
    struct buffer written;
    buffer_init(&written, WRITTEN_MAX);
    if (trust_bundle_write(bundle, &written)) {
        ASSERT(trust_bundle_add(again, buffer_view(&written), TRUST_DER, "again", &err) == 0);
        ASSERT(trust_bundle_count(again) == trust_bundle_count(bundle));
    }
    buffer_clear(&written);
    trust_bundle_free(again);
}

static void check_trust(const struct trust_bundle *bundle)
{
    const struct trust_policy policy = {.max_depth = 4, .partial_chain = true};
    struct err err = {.line = 0};
    struct trust *trust = trust_new(&policy, bundle, NULL, &err);
    ASSERT((trust == NULL) == err_is_set(&err));
    ASSERT(trust == NULL || trust_ca_name_count(trust) > 0);
    trust_free(trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.line = 0};
    struct trust_bundle *bundle = trust_bundle_new();
    enum trust_form form = size > 0 && data[0] == 0x30 ? TRUST_DER : TRUST_PEM;
    int result = trust_bundle_add(bundle, slice_of((const char *)data, size), form, "fuzz", &err);
    ASSERT((result != 0) == err_is_set(&err));
    if (result == 0) {
        struct certificate_info info;
        certificate_describe(trust_bundle_certificate(bundle, 0), &info);
        ASSERT(info.is_ca);
        check_again(bundle);
        check_trust(bundle);
    }
    trust_bundle_free(bundle);
    return 0;
}
