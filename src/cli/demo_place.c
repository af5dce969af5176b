#include "demo_place.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/base/buffer.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/init.h"
#include "postern/pki/issue.h"

enum { CONFIG_SIZE_MAX = 16384 };

static char *beneath(const struct demo_place *place, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", place->directory, name) < 0 ? NULL : path;
}

static bool is_empty(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    bool empty = directory != NULL;
    while (empty && (entry = readdir(directory)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (directory != NULL)
        closedir(directory);
    return empty;
}

static int make_directory(struct demo_place *place, const char *directory, struct err *err)
{
    char made[PATH_MAX], absolute[PATH_MAX];
    const char *base = getenv("TMPDIR");
    if (directory == NULL) {
        snprintf(made, sizeof(made), "%s/postern-demo.XXXXXX",
                 base != NULL && base[0] == '/' ? base : "/tmp");
        directory = mkdtemp(made);
        if (directory == NULL)
            return err_set_errno(err, made, errno, "cannot make a directory");
        place->is_made = true;
    } else if (mkdir(directory, 0700) == 0) {
        place->is_made = true;
    } else if (errno != EEXIST || !is_empty(directory)) {
        return err_set_at(err, directory, 0, "%s; give an empty directory, or one that can be made",
                          errno == EEXIST || errno == 0 ? "is not empty" : strerror(errno));
    }
    if (realpath(directory, absolute) == NULL)
        return err_set_errno(err, directory, errno, "cannot find");
    place->directory = xstrdup(absolute);
    return 0;
}

static int make_authorities(struct demo_place *place, struct err *err)
{
    struct pki_init_options options = {
        .directory = place->pki, .profile = "demo", .organization = "Postern demo"};
    struct pki_init_result result;
    if (pki_init(&options, &result, err) != 0)
        return -1;
    place->trust = xstrdup(result.ca_bundle);
    place->crl = xstrdup(result.crl_bundle);
    pki_init_result_clear(&result);
    return 0;
}

static int make_server(struct demo_place *place, const char *host, struct err *err)
{
    char san[512];
    struct pki_issued issued;
    snprintf(san, sizeof(san), "DNS:localhost,IP:127.0.0.1,IP:::1%s%s", host != NULL ? "," : "",
             host != NULL ? host : "");
    const struct pki_issue_options options = {.directory = place->pki, .name = "localhost", .san = san};
    if (pki_issue_server(&options, &issued, err) != 0)
        return -1;
    place->server_certificate = xstrdup(issued.fullchain);
    place->server_key = xstrdup(issued.key);
    pki_issued_clear(&issued);
    return 0;
}

static int make_client(struct demo_place *place, const char *name, const char *unit, char **p12,
                       char passphrase[32], struct err *err)
{
    struct pki_issued issued;
    const struct pki_issue_options options = {.directory = place->pki, .name = name, .unit = unit};
    if (pki_issue_client(&options, &issued, err) != 0)
        return -1;
    *p12 = xstrdup(issued.pkcs12);
    snprintf(passphrase, 32, "%s", issued.passphrase);
    pki_issued_clear(&issued);
    return 0;
}

int demo_place_make(struct demo_place *place, const char *directory, const char *host, struct err *err)
{
    *place = (struct demo_place){.is_made = false};
    if (make_directory(place, directory, err) != 0)
        return -1;
    place->pki = beneath(place, "pki");
    place->config = beneath(place, "postern.ini");
    if (make_authorities(place, err) != 0 || make_server(place, host, err) != 0 ||
        make_client(place, "alice", "engineering", &place->alice_p12, place->alice_passphrase, err) != 0 ||
        make_client(place, "bob", "sales", &place->bob_p12, place->bob_passphrase, err) != 0)
        return -1;
    return 0;
}

int demo_place_configure(struct demo_place *place, const struct demo_config *config, struct err *err)
{
    struct buffer text;
    buffer_init(&text, CONFIG_SIZE_MAX);
    bool fits = buffer_printf(&text, "; Made by postern demo.\n[listener]\naddress = %s\n\n",
                              config->listen) &&
                buffer_printf(&text, "[tls]\ncertificate = %s\nprivate_key = %s\n\n",
                              place->server_certificate, place->server_key) &&
                buffer_printf(&text, "[client_auth]\ntrust = %s\ncrl = %s\n\n", place->trust, place->crl) &&
                buffer_printf(&text, "[identity]\npreset = postern\n\n[route /]\nbackend = app\n\n") &&
                buffer_printf(&text, "[backend app]\nserver = %s\nhost = %s\n\n", config->backend,
                              config->is_foreign ? "upstream" : "preserve") &&
                buffer_printf(&text, "[timeouts]\ndrain = 2s\n\n") &&
                buffer_printf(&text, "[log]\naccess = %s\nformat = text\nlevel = warning\n\n",
                              config->is_check ? "access.log" : "stdout") &&
                buffer_printf(&text, "[control]\nsocket = control.sock\n\n[state]\ndirectory = state\n");
    struct slice bytes = buffer_view(&text);
    int result = fits ? file_replace(place->config, bytes.data, bytes.length, 0600, err)
                      : err_set_at(err, place->config, 0, "paths too long");
    buffer_clear(&text);
    return result;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    /* The directory itself is dealt with by whoever made it. */
    return walk->level > 0 ? remove(path) : 0;
}

void demo_place_clear(struct demo_place *place)
{
    if (place->directory != NULL) {
        (void)nftw(place->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        if (place->is_made)
            (void)rmdir(place->directory);
    }
    free(place->directory);
    free(place->pki);
    free(place->config);
    free(place->trust);
    free(place->crl);
    free(place->server_certificate);
    free(place->server_key);
    free(place->alice_p12);
    free(place->bob_p12);
    memory_cleanse(place->alice_passphrase, sizeof(place->alice_passphrase));
    memory_cleanse(place->bob_passphrase, sizeof(place->bob_passphrase));
    *place = (struct demo_place){.is_made = false};
}
