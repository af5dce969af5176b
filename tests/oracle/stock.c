/* The oracle: what stock OpenSSL says of each case, with all its own CRL code. It shares nothing with
 * Postern, not even a header: an error of ours must not be able to hide in it.
 *
 * Reads cases as lines on standard input ("case NAME", "now SECONDS", "trusted|sent|leaf|crl HEX of DER",
 * "judge"; other lines are not for it) and answers each with a line "NAME ok", or "NAME" and all that it
 * found wrong as ERROR@DEPTH, where ERROR is X509_V_ERR_*; then "unreadable", if a CRL could not be parsed.
 * The trust anchor's depth is told as anchor=DEPTH. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 64, FINDINGS_SIZE = 2048 };

struct question {
    char name[NAME_SIZE];
    time_t now;
    X509_STORE *store;
    STACK_OF(X509) * sent;
    X509 *leaf;
    int is_unreadable;
};

static void fail(const char *what)
{
    fprintf(stderr, "stock: %s\n", what);
    exit(2);
}

static void begin(struct question *question, const char *name)
{
    snprintf(question->name, sizeof(question->name), "%s", name);
    question->store = X509_STORE_new();
    question->sent = sk_X509_new_null();
    if (question->store == NULL || question->sent == NULL)
        fail("no memory");
    X509_STORE_set_flags(question->store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

static void end(struct question *question)
{
    X509_STORE_free(question->store);
    sk_X509_pop_free(question->sent, X509_free);
    X509_free(question->leaf);
    *question = (struct question){.now = 0};
    ERR_clear_error();
}

static X509 *read_certificate(const unsigned char *der, long length)
{
    X509 *certificate = d2i_X509(NULL, &der, length);
    if (certificate == NULL)
        fail("a certificate that cannot be read");
    return certificate;
}

static void add_trusted(struct question *question, const unsigned char *der, long length)
{
    X509 *certificate = read_certificate(der, length);
    if (X509_STORE_add_cert(question->store, certificate) != 1)
        fail("a CA that the store does not take");
    X509_free(certificate);
}

/* A CRL that OpenSSL cannot read is one that it does not have. */
static void add_crl(struct question *question, const unsigned char *der, long length)
{
    X509_CRL *crl = d2i_X509_CRL(NULL, &der, length);
    if (crl == NULL || X509_STORE_add_crl(question->store, crl) != 1)
        question->is_unreadable = 1;
    X509_CRL_free(crl);
}

/* Go on after an error, so that all are known. */
static int note(int good, X509_STORE_CTX *context)
{
    char *findings = X509_STORE_CTX_get_app_data(context), text[32];
    if (good)
        return 1;
    snprintf(text, sizeof(text), " %d@%d", X509_STORE_CTX_get_error(context),
             X509_STORE_CTX_get_error_depth(context));
    if (strlen(findings) + strlen(text) < FINDINGS_SIZE)
        snprintf(findings + strlen(findings), FINDINGS_SIZE - strlen(findings), "%s", text);
    return 1;
}

static void judge(struct question *question)
{
    char findings[FINDINGS_SIZE] = "";
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context == NULL || X509_STORE_CTX_init(context, question->store, question->leaf, question->sent) != 1)
        fail("no context");
    X509_STORE_CTX_set_default(context, "ssl_client");
    X509_STORE_CTX_set_time(context, 0, question->now);
    X509_STORE_CTX_set_verify_cb(context, note);
    X509_STORE_CTX_set_app_data(context, findings);
    if (X509_verify_cert(context) != 1 && findings[0] == '\0')
        snprintf(findings, sizeof(findings), " %d@0", X509_STORE_CTX_get_error(context));
    printf("%s%s%s anchor=%d\n", question->name, findings[0] ? findings : " ok",
           question->is_unreadable ? " unreadable" : "", sk_X509_num(X509_STORE_CTX_get0_chain(context)) - 1);
    X509_STORE_CTX_free(context);
}

static void take_der(struct question *question, const char *word, const char *hex)
{
    long length = 0;
    unsigned char *der = OPENSSL_hexstr2buf(hex, &length);
    if (der == NULL)
        fail("a line that is not hex");
    if (strcmp(word, "trusted") == 0)
        add_trusted(question, der, length);
    else if (strcmp(word, "sent") == 0)
        sk_X509_push(question->sent, read_certificate(der, length));
    else if (strcmp(word, "leaf") == 0)
        question->leaf = read_certificate(der, length);
    else if (strcmp(word, "crl") == 0)
        add_crl(question, der, length);
    OPENSSL_free(der);
}

static void take_line(struct question *question, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *value = strchr(line, ' ');
    if (value != NULL)
        *value++ = '\0';
    if (strcmp(line, "case") == 0) {
        begin(question, value != NULL ? value : "");
    } else if (strcmp(line, "now") == 0 && value != NULL) {
        question->now = (time_t)strtoll(value, NULL, 10);
    } else if (strcmp(line, "judge") == 0) {
        judge(question);
        end(question);
    } else if (strcmp(line, "profile") != 0 && value != NULL) {
        take_der(question, line, value);
    }
}

int main(void)
{
    struct question question = {.now = 0};
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0)
        take_line(&question, line);
    free(line);
    return 0;
}
