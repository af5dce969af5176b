#include "postern/tls/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "private.h"

#include "postern/base/memory.h"
#include "postern/trust/certificate.h"

enum { CLIENT_CHAIN_BYTES_MAX = 32 * 1024 };

/* Mozilla's intermediate profile; TLS 1.3 keeps OpenSSL's three suites. */
static const char default_ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                      "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char default_groups[] = "X25519:P-256:P-384";

static int wrong(struct err *err, const char *what)
{
    char reason[128];
    return err_set(err, "%s (%s)", what, tls_take_error(reason, sizeof reason));
}

/* What the client offers is chosen from by us; a client that offers protocols but not ours is told so. RFC
 * 7301 §3.2 */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                   const unsigned char *offered, unsigned offered_length, void *unused)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)ssl;
    (void)unused;
    if (SSL_select_next_proto(&chosen, out_length, ours, sizeof ours - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int set_protocol(SSL_CTX *context, const struct tls_server_options *options, struct err *err)
{
    const char *ciphers = options->ciphers != NULL ? options->ciphers : default_ciphers;
    const char *groups = options->groups != NULL ? options->groups : default_groups;
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_security_level(context, 2);
    /* No resumption in any form: neither tickets, nor a cache. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"postern", 7);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
    SSL_CTX_set_msg_callback(context, tls_stream_on_message);
    if (!SSL_CTX_set_num_tickets(context, 0) ||
        !SSL_CTX_set_min_proto_version(context, options->min_version) ||
        !SSL_CTX_set_max_proto_version(context, options->max_version))
        return wrong(err, "the protocol versions cannot be set");
    if (!SSL_CTX_set_cipher_list(context, ciphers))
        return wrong(err, "no cipher of the list is known");
    /* Not by SSL_CTX_set1_groups_list(), a macro that casts const away. */
    char names[512];
    if (snprintf(names, sizeof(names), "%s", groups) >= (int)sizeof(names) ||
        SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, names) != 1)
        return wrong(err, "a group of the list is not known");
    return 0;
}

static int set_client_auth(struct tls_server *server, const struct tls_server_options *options,
                           struct err *err)
{
    int mode = SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE;
    if (!options->refuse_with_page)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(server->context, mode, NULL);
    SSL_CTX_set_cert_verify_callback(server->context, tls_stream_on_verify, server);
    SSL_CTX_set_max_cert_list(server->context, CLIENT_CHAIN_BYTES_MAX);
    SSL_CTX_set1_cert_store(server->context, trust_store(server->trust));
    if (!options->send_ca_names)
        return 0;
    STACK_OF(X509_NAME) *names = SSL_dup_CA_list(trust_ca_names(server->trust));
    if (names == NULL)
        return wrong(err, "the names of the CAs cannot be copied");
    SSL_CTX_set_client_CA_list(server->context, names);
    return 0;
}

static int use_pair(struct tls_server *server, const struct tls_pair *pair, struct err *err)
{
    struct tls_chain *chain = &server->chains[server->chain_count++];
    if (tls_chain_load(pair->chain, pair->key, clock_wall_s(server->clock), chain, err) != 0)
        return -1;
    STACK_OF(X509) *rest = sk_X509_new_null();
    for (size_t i = 1; rest != NULL && i < chain->count; i++)
        sk_X509_push(rest, chain->certificates[i]);
    /* Refuses a second pair of a key type that is taken. */
    int used = rest != NULL && SSL_CTX_use_cert_and_key(server->context, chain->certificates[0],
                                                        tls_key_get(pair->key), rest, 0);
    sk_X509_free(rest);
    return used ? 0 : wrong(err, "the certificate cannot be used; of each key type there can be one");
}

struct tls_server *tls_server_new(const struct tls_server_options *options, const struct trust *trust,
                                  struct err *err)
{
    struct tls_server *server = xcalloc(1, sizeof *server);
    server->trust = trust;
    server->clock = options->clock;
    server->refuse_with_page = options->refuse_with_page;
    ERR_clear_error();
    server->context = SSL_CTX_new(TLS_server_method());
    if (server->context == NULL) {
        wrong(err, "OpenSSL gives no context");
        goto fail;
    }
    if (options->pair_count == 0 || options->pair_count > TLS_PAIRS_MAX) {
        err_set(err, "there are %zu certificates; one for each key type, at most %d, would be right",
                options->pair_count, TLS_PAIRS_MAX);
        goto fail;
    }
    if (set_protocol(server->context, options, err) != 0 || set_client_auth(server, options, err) != 0)
        goto fail;
    for (size_t i = 0; i < options->pair_count; i++)
        if (use_pair(server, &options->pairs[i], err) != 0)
            goto fail;
    return server;
fail:
    tls_server_free(server);
    return NULL;
}

void tls_server_free(struct tls_server *server)
{
    if (server == NULL)
        return;
    SSL_CTX_free(server->context);
    for (size_t i = 0; i < server->chain_count; i++)
        tls_chain_clear(&server->chains[i]);
    free(server);
}

static bool append_name(const GENERAL_NAME *name, struct buffer *out)
{
    const ASN1_STRING *value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    const char *separator = buffer_is_empty(out) ? "" : ", ";
    if (name->type == GEN_DNS)
        return buffer_printf(out, "%s%.*s", separator, ASN1_STRING_length(value), (const char *)bytes);
    if (ASN1_STRING_length(value) == 4)
        return buffer_printf(out, "%s%u.%u.%u.%u", separator, bytes[0], bytes[1], bytes[2], bytes[3]);
    char *text = ASN1_STRING_length(value) == 16 ? OPENSSL_buf2hexstr(bytes, 16) : NULL;
    bool fitted = text == NULL || buffer_printf(out, "%s%s", separator, text);
    OPENSSL_free(text);
    return fitted;
}

/* DNS names and addresses of a certificate, for people, into out with a NUL. */
static void describe_names(const X509 *certificate, struct buffer *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if ((name->type == GEN_DNS || name->type == GEN_IPADD) && !append_name(name, out))
            break;
    }
    GENERAL_NAMES_free(names);
    while (!buffer_append(out, "", 1))
        buffer_drop_tail(out, 1);
}

void tls_server_describe(const struct tls_server *server,
                         void (*each)(void *context, const struct tls_certificate_info *info), void *context)
{
    for (size_t i = 0; i < server->chain_count; i++)
        for (size_t j = 0; j < server->chains[i].count; j++) {
            struct certificate_info known;
            struct buffer names;
            const X509 *certificate = server->chains[i].certificates[j];
            certificate_describe(certificate, &known);
            buffer_init(&names, 4096);
            describe_names(certificate, &names);
            const struct tls_certificate_info info = {.subject = known.subject,
                                                      .issuer = known.issuer,
                                                      .names = buffer_view(&names).data,
                                                      .serial = known.serial,
                                                      .key = known.key,
                                                      .not_before = known.not_before,
                                                      .not_after = known.not_after,
                                                      .is_leaf = j == 0};
            each(context, &info);
            buffer_clear(&names);
        }
}
