#include "context.h"

#include <stdlib.h>

#include "postern/base/buffer.h"

enum { CONTEXT_TEXT_MAX = 4 * 1024 * 1024 }; /* a configuration is smaller */

/* Each value with its length, so that no two lists of values look alike. */
static bool add_text(struct buffer *out, const char *name, struct slice value)
{
    return buffer_printf(out, "%s %zu ", name, value.length) && buffer_append_slice(out, value) &&
           buffer_append_text(out, "\n");
}

static bool add_number(struct buffer *out, const char *name, int64_t value)
{
    return buffer_printf(out, "%s %lld\n", name, (long long)value);
}

static bool add_field(struct buffer *out, const struct config_field *field)
{
    bool fitted = add_text(out, "field", slice_text(field->name));
    for (size_t i = 0; fitted && i < field->value.part_count; i++) {
        const struct template_part *part = &field->value.parts[i];
        fitted = part->variable == TEMPLATE_LITERAL
                     ? add_text(out, "literal", part->literal)
                     : add_text(out, "variable", slice_text(template_variable_name(part->variable)));
    }
    return fitted;
}

static bool add_identity(struct buffer *out, const struct config_identity *identity)
{
    bool fitted = add_number(out, "xfcc_cert", identity->xfcc_cert) &&
                  add_number(out, "xfcc_chain", identity->xfcc_chain) &&
                  add_number(out, "client_cert_chain", identity->client_cert_chain);
    for (int i = 0; fitted && i < PRESET_COUNT; i++)
        fitted = add_number(out, preset_name((enum preset)i), identity->presets[i]);
    for (size_t i = 0; fitted && i < identity->field_count; i++)
        fitted = add_field(out, &identity->fields[i]);
    return fitted;
}

static bool add_policy(struct buffer *out, const struct config_client_auth *auth)
{
    bool fitted = add_number(out, "crl", auth->crl.path != NULL) &&
                  add_number(out, "crl_missing", auth->crl_missing) &&
                  add_number(out, "crl_expired", auth->crl_grace_s) &&
                  add_number(out, "crl_profile", auth->crl_profile) &&
                  add_number(out, "max_depth", auth->max_depth) &&
                  add_number(out, "require_eku", auth->require_eku) &&
                  add_number(out, "partial_chain", auth->partial_chain);
    for (size_t i = 0; fitted && i < auth->publishes_no_crl.count; i++)
        fitted = add_text(out, "crl_publishes_none", slice_text(auth->publishes_no_crl.items[i].text));
    return fitted;
}

/* What OpenSSL does not look at when it resumes, such as a cipher that is no longer wanted. */
static bool add_terms(struct buffer *out, const struct config_tls *tls)
{
    return add_number(out, "min_version", tls->min_version) &&
           add_number(out, "max_version", tls->max_version) &&
           add_text(out, "ciphers", slice_text(tls->ciphers.text)) &&
           add_text(out, "groups", slice_text(tls->groups.text));
}

int context_of(const struct config *config, struct slice bundle, struct generation_context *out)
{
    struct buffer rules, policy;
    buffer_init(&rules, CONTEXT_TEXT_MAX);
    buffer_init(&policy, CONTEXT_TEXT_MAX);
    int result = -1;
    if (add_identity(&rules, &config->identity) && add_policy(&policy, &config->client_auth) &&
        add_terms(&policy, &config->tls) && add_number(&policy, "bundle", (int64_t)bundle.length)) {
        const struct slice parts[] = {buffer_view(&rules), buffer_view(&policy), bundle};
        if (trust_digest(parts, 1, out->identity_rules) == 0)
            result = trust_digest(parts, LENGTH_OF(parts), out->tickets);
    }
    buffer_clear(&rules);
    buffer_clear(&policy);
    return result;
}
