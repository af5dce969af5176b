#include "deny_lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "postern/base/clock.h"
#include "postern/generation/deny.h"
#include "postern/trust/certificate.h"
#include "postern/trust/deny.h"

char *deny_kept_path(const struct config *config)
{
    char *path = NULL;
    return asprintf(&path, "%s/deny", config->state_directory.path) < 0 ? NULL : path;
}

static int read_one(struct inputs *inputs, const char *path, struct slice *out, struct err *err)
{
    *out = inputs_read(inputs, path, DENY_TEXT_MAX, err);
    return out->data == NULL ? -1 : deny_text_each(*out, path, NULL, NULL, err) < 0 ? -1 : 0;
}

static int wrong(const struct config *config, const char *section, const char *key, unsigned line,
                 const struct err *inner, struct err *err)
{
    char text[sizeof(inner->path) + sizeof(inner->text) + 16];
    return config_error(err, config, section, key, line, "%s", err_format(inner, text, sizeof(text)));
}

static int read_kept(struct deny_lists *lists, struct inputs *inputs, const struct config *config,
                     struct err *err)
{
    char *path = deny_kept_path(config);
    if (path == NULL)
        return err_set(err, "no memory");
    int result = 0;
    inputs_note(inputs, path); /* before it is looked at: one that comes now is then seen to have come */
    if (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR))
        result = read_one(inputs, path, &lists->kept, err);
    free(path);
    return result;
}

int deny_lists_read(struct deny_lists *lists, struct inputs *inputs, const struct config *config,
                    struct err *err)
{
    const struct config_path *file = &config->client_auth.deny;
    struct err inner = {.line = 0};
    *lists = (struct deny_lists){slice_of("", 0), slice_of("", 0)};
    if (file->path != NULL && read_one(inputs, file->path, &lists->file, &inner) != 0)
        return wrong(config, "client_auth", "deny", file->line, &inner, err);
    if (read_kept(lists, inputs, config, &inner) != 0)
        return wrong(config, "state", "directory", config->state_directory.line, &inner, err);
    return 0;
}

struct context {
    const char *source;
    const struct trust_bundle *bundle;
    int64_t now_s;
    struct report *report;
};

bool deny_issuer_is_known(const struct trust_bundle *bundle, const char *issuer)
{
    unsigned char wanted[TRUST_NAME_SIZE], found[TRUST_NAME_SIZE];
    struct certificate_info info;
    if (trust_name_of_text(slice_text(issuer), wanted) != 0)
        return true;
    for (size_t i = 0; i < trust_bundle_count(bundle); i++) {
        certificate_describe(trust_bundle_certificate(bundle, i), &info);
        if (trust_name_of_text(slice_text(info.subject), found) == 0 &&
            memcmp(wanted, found, sizeof(found)) == 0)
            return true;
    }
    return false;
}

static void look_at(void *data, const struct deny_entry *entry, unsigned line)
{
    const struct context *context = data;
    char time[CLOCK_TEXT_SIZE];
    if (entry->until_s <= context->now_s)
        report_warn(context->report, "%s:%u: denies nobody since %s; take it out", context->source, line,
                    clock_format(entry->until_s, time));
    else if (entry->issuer[0] != '\0' && !deny_issuer_is_known(context->bundle, entry->issuer))
        report_warn(context->report,
                    "%s:%u: no CA of the trust file has the name %s; write it as `postern check` does",
                    context->source, line, entry->issuer);
}

void deny_lists_report(const struct deny_lists *lists, const struct config *config,
                       const struct trust_bundle *bundle, int64_t now_s, struct report *report)
{
    struct context context = {config->client_auth.deny.path, bundle, now_s, report};
    if (context.source != NULL)
        report_found(report, "deny list: %d entries of %s",
                     deny_text_each(lists->file, context.source, look_at, &context, NULL), context.source);
    /* Only what warns: how long the list is may change without a load. Entries that ended go by themselves.
     */
    context.source = DENY_KEPT_SOURCE;
    context.now_s = INT64_MIN;
    if (deny_text_each(lists->kept, context.source, look_at, &context, NULL) < 0)
        report_warn(report, "%s: not understood", context.source); /* it was, a moment ago */
}
