/* What Postern says of each case: the loader's walk of the CRLs, and then the verdict of a handshake. Reads
 * what stock.c reads, and "profile strict|legacy"; answers "NAME admitted", "NAME refused REASON", or "NAME
 * unloadable MESSAGE": then a gateway would stay with what it had. */
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/trust/crl_set.h"
#include "postern/trust/verify.h"

enum { NAME_SIZE = 64, CRLS_MAX = 8 };

struct question {
    char name[NAME_SIZE];
    struct crl_options options;
    struct trust_bundle *bundle;
    struct slice crls[CRLS_MAX]; /* DER, owned */
    size_t crl_count;
    struct err bundle_err; /* why the bundle cannot be loaded, or empty */
    STACK_OF(X509) * sent;
    X509 *leaf;
};

static void begin(struct question *question, const char *name)
{
    snprintf(question->name, sizeof(question->name), "%s", name);
    question->bundle = trust_bundle_new();
    question->sent = sk_X509_new_null();
    ASSERT(question->sent != NULL);
}

static void end(struct question *question)
{
    for (size_t i = 0; i < question->crl_count; i++)
        free((void *)(uintptr_t)question->crls[i].data);
    trust_bundle_free(question->bundle);
    sk_X509_pop_free(question->sent, X509_free);
    X509_free(question->leaf);
    *question = (struct question){.crl_count = 0};
}

static X509 *read_certificate(struct slice der)
{
    const unsigned char *at = (const unsigned char *)der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.length);
    ASSERT(certificate != NULL);
    return certificate;
}

static void judge_with(const struct question *question, const struct crl_set *set)
{
    const struct trust_policy policy = {.max_depth = 4, .check_revocation = true};
    struct trust_path path;
    struct trust_verdict verdict;
    struct err err = {.line = 0};
    void *memory = xcalloc(crl_set_size(set), 1);
    crl_set_write(set, memory);
    struct crl_index *index = crl_index_open(memory, crl_set_size(set), &err);
    ASSERT(index != NULL);
    struct trust *trust = trust_new(&policy, question->bundle, index, &err);
    ASSERT(trust != NULL);
    enum trust_reason reason = trust_verify_certificates(trust, question->leaf, question->sent,
                                                         question->options.now_s, &path, &verdict, NULL);
    if (reason == TRUST_ADMITTED)
        printf("%s admitted\n", question->name);
    else
        printf("%s refused %s\n", question->name, trust_reason_code(reason));
    trust_free(trust);
    crl_index_free(index);
    free(memory);
}

static void judge(const struct question *question)
{
    struct crl_set *set = crl_set_new();
    struct err err = question->bundle_err;
    int result = err_is_set(&err) ? -1 : 0;
    for (size_t i = 0; result == 0 && i < question->crl_count; i++)
        result = crl_set_add(set, question->crls[i], TRUST_DER, question->bundle, &question->options, "crl",
                             &err);
    if (result == 0)
        judge_with(question, set);
    else
        printf("%s unloadable %s\n", question->name, err.text);
    crl_set_free(set);
}

static void take_der(struct question *question, const char *word, struct slice hex)
{
    unsigned char *bytes = xcalloc(hex.length / 2 + 1, 1);
    int length = text_unhex(bytes, hex.length / 2, hex);
    ASSERT(length >= 0);
    struct slice der = slice_of((const char *)bytes, (size_t)length);
    if (strcmp(word, "crl") == 0) {
        ASSERT(question->crl_count < CRLS_MAX);
        question->crls[question->crl_count++] = der;
        return;
    }
    if (strcmp(word, "trusted") == 0 &&
        trust_bundle_add(question->bundle, der, TRUST_DER, "bundle", &question->bundle_err) != 0)
        ASSERT(err_is_set(&question->bundle_err));
    else if (strcmp(word, "sent") == 0)
        sk_X509_push(question->sent, read_certificate(der));
    else if (strcmp(word, "leaf") == 0)
        question->leaf = read_certificate(der);
    free(bytes);
}

static void take_line(struct question *question, struct slice line)
{
    struct slice word;
    slice_split(&line, ' ', &word);
    char *name = xstrndup(word.data, word.length), *value = xstrndup(line.data ? line.data : "", line.length);
    if (strcmp(name, "case") == 0) {
        begin(question, value);
    } else if (strcmp(name, "now") == 0) {
        question->options.now_s = strtoll(value, NULL, 10);
    } else if (strcmp(name, "profile") == 0) {
        question->options.profile = strcmp(value, "legacy") == 0 ? CRL_LEGACY : CRL_STRICT;
    } else if (strcmp(name, "judge") == 0) {
        judge(question);
        end(question);
    } else {
        take_der(question, name, line);
    }
    free(name);
    free(value);
}

int main(void)
{
    struct question question = {.crl_count = 0};
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    while ((length = getline(&line, &size, stdin)) > 0)
        take_line(&question, slice_of(line, (size_t)length - (line[length - 1] == '\n')));
    free(line);
    return 0;
}
