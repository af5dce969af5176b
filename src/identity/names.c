#include "names.h"

#include <arpa/inet.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/x509v3.h>

#include "postern/base/slice.h"
#include "postern/base/text.h"

/* A space at either end would be trimmed by whoever reads the field (RFC 9110 §5.5), and "admin " become
 * "admin". */
static bool append_value(struct buffer *buffer, struct slice value, const char *also)
{
    bool first = value.length > 0 && value.data[0] == ' ';
    bool last = value.length > 1 && value.data[value.length - 1] == ' ';
    struct slice middle = slice_after(value, first);
    middle = slice_before(middle, middle.length - last);
    return (!first || buffer_append_text(buffer, "%20")) && text_append_percent(buffer, middle, also) &&
           (!last || buffer_append_text(buffer, "%20"));
}

static enum name_result undo(struct buffer *buffer, size_t before, enum name_result result)
{
    buffer_drop_tail(buffer, buffer_length(buffer) - before);
    return result;
}

enum name_result names_append_dn(struct buffer *buffer, const X509_NAME *name)
{
    if (name == NULL || X509_NAME_entry_count(name) == 0)
        return NAME_ABSENT;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL)
        return NAME_TOO_LONG;
    enum name_result result = NAME_ABSENT;
    char *text;
    if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        long length = BIO_get_mem_data(bio, &text);
        if (length > 0)
            result = buffer_append(buffer, text, (size_t)length) ? NAME_WRITTEN : NAME_TOO_LONG;
    }
    BIO_free(bio);
    return result;
}

/* Append one directory string; separator stands before it if it is not empty. */
static enum name_result append_directory_string(struct buffer *buffer, const ASN1_STRING *string,
                                                const char *separator, const char *also)
{
    unsigned char *utf8;
    int length = ASN1_STRING_to_UTF8(&utf8, string);
    if (length < 0)
        return NAME_ABSENT;
    enum name_result result = NAME_ABSENT;
    size_t before = buffer_length(buffer);
    if (length > 0 && memchr(utf8, '\0', (size_t)length) == NULL) {
        struct slice value = slice_of((const char *)utf8, (size_t)length);
        bool fitted = buffer_append_text(buffer, separator) && append_value(buffer, value, also);
        result = fitted ? NAME_WRITTEN : undo(buffer, before, NAME_TOO_LONG);
    }
    OPENSSL_free(utf8);
    return result;
}

static const ASN1_STRING *attribute_at(const X509_NAME *name, int position)
{
    return X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, position));
}

enum name_result names_append_common_name(struct buffer *buffer, const X509_NAME *name)
{
    int first = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, first) >= 0)
        return NAME_ABSENT;
    return append_directory_string(buffer, attribute_at(name, first), "", "");
}

enum name_result names_append_attribute(struct buffer *buffer, const X509_NAME *name, int nid)
{
    size_t before = buffer_length(buffer);
    enum name_result result = NAME_ABSENT;
    int count = 0;
    for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0;
         at = X509_NAME_get_index_by_NID(name, nid, at)) {
        if (++count > NAMES_MAX)
            return undo(buffer, before, NAME_ABSENT);
        enum name_result one = append_directory_string(buffer, attribute_at(name, at),
                                                       result == NAME_WRITTEN ? "," : "", ",");
        if (one == NAME_TOO_LONG)
            return undo(buffer, before, one);
        if (one == NAME_WRITTEN)
            result = one;
    }
    return result;
}

/* A DNS name, URI or mailbox is an IA5String: ASCII without controls. One that is not is no name. */
static bool is_clean_ia5(const ASN1_STRING *string)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(string);
    int length = ASN1_STRING_length(string);
    for (int i = 0; i < length; i++)
        if (bytes[i] < 0x20 || bytes[i] > 0x7e)
            return false;
    return length > 0;
}

/* Commas, quotation marks and the rest of what XFCC and lists give a meaning to never stand bare. */
static const char san_encoded[] = ",\"\\ ";

static bool append_san_value(struct buffer *buffer, const GENERAL_NAME *name, int type)
{
    if (type == GEN_IPADD) {
        const ASN1_OCTET_STRING *octets = name->d.iPAddress;
        char text[INET6_ADDRSTRLEN];
        int length = ASN1_STRING_length(octets);
        int family = length == 4 ? AF_INET : AF_INET6;
        if ((length != 4 && length != 16) ||
            inet_ntop(family, ASN1_STRING_get0_data(octets), text, sizeof text) == NULL)
            return false;
        return buffer_append_text(buffer, text);
    }
    const ASN1_STRING *string = name->d.ia5;
    if (!is_clean_ia5(string))
        return false;
    return text_append_percent(
        buffer, slice_of((const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)),
        san_encoded);
}

unsigned names_each_san(const X509 *certificate, int type, void (*each)(void *context, struct slice name),
                        void *context)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    unsigned count = 0;
    struct buffer text;
    buffer_init(&text, 16 * 1024);
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && count <= NAMES_MAX; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != type)
            continue;
        if (append_san_value(&text, name, type)) {
            each(context, buffer_view(&text));
            count++;
        }
        buffer_consume(&text, buffer_length(&text));
    }
    buffer_clear(&text);
    GENERAL_NAMES_free(names);
    return count;
}

struct join {
    struct buffer *buffer;
    bool comma, overflow;
};

static void join_one(void *context, struct slice name)
{
    struct join *join = context;
    if (!buffer_append_text(join->buffer, join->comma ? "," : "") || !buffer_append_slice(join->buffer, name))
        join->overflow = true;
    join->comma = true;
}

enum name_result names_append_san(struct buffer *buffer, const X509 *certificate, int type)
{
    size_t before = buffer_length(buffer);
    struct join join = {.buffer = buffer};
    unsigned count = names_each_san(certificate, type, join_one, &join);
    if (join.overflow)
        return undo(buffer, before, NAME_TOO_LONG);
    if (count == 0 || count > NAMES_MAX)
        return undo(buffer, before, NAME_ABSENT);
    return NAME_WRITTEN;
}

static bool is_spiffe_byte(char byte, bool in_path)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' ||
           byte == '_' || (in_path && byte >= 'A' && byte <= 'Z');
}

bool names_is_spiffe_id(struct slice uri)
{
    const struct slice scheme = SLICE_LITERAL("spiffe://");
    struct slice rest, part;
    bool in_path = false;
    if (uri.length > 2048 || !slice_starts_with(uri, scheme))
        return false;
    rest = slice_after(uri, scheme.length);
    if (rest.length == 0)
        return false;
    /* The trust domain, then the segments of the path: none empty, none a dot segment. */
    while (slice_split(&rest, '/', &part)) {
        if (part.length == 0 || part.length > (in_path ? 2048 : 255))
            return false;
        for (size_t i = 0; i < part.length; i++)
            if (!is_spiffe_byte(part.data[i], in_path))
                return false;
        if (in_path && (slice_equal_text(part, ".") || slice_equal_text(part, "..")))
            return false;
        in_path = true;
    }
    return uri.data[uri.length - 1] != '/';
}

enum name_result names_append_spiffe_id(struct buffer *buffer, X509 *certificate)
{
    if (X509_check_ca(certificate) != 0)
        return NAME_ABSENT;
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    const ASN1_STRING *uri = NULL;
    int count = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_URI) {
            uri = name->d.uniformResourceIdentifier;
            count++;
        }
    }
    enum name_result result = NAME_ABSENT;
    if (count == 1) {
        struct slice text = slice_of((const char *)ASN1_STRING_get0_data(uri),
                                     (size_t)ASN1_STRING_length(uri));
        if (names_is_spiffe_id(text))
            result = buffer_append_slice(buffer, text) ? NAME_WRITTEN : NAME_TOO_LONG;
    }
    GENERAL_NAMES_free(names);
    return result;
}
