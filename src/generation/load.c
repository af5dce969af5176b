#include "postern/generation/load.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "build.h"
#include "deny_lists.h"
#include "describe.h"
#include "inputs.h"
#include "inventory_build.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/generation/deny.h"
#include "postern/generation/keys.h"
#include "postern/generation/summary.h"
#include "ticket_secret.h"

/* All that a load holds; released in one place. */
struct load {
    const char *path;
    const struct load_stand_ins *stand_ins; /* or NULL */
    const struct clock *clock;
    int64_t now_s;
    struct secret *keys;
    struct inputs inputs;
    struct config *config;
    struct slice text; /* of the configuration */
    struct slice chains[KEYS_MAX];
    struct trust_bundle *bundle;
    struct buffer bundle_der;
    struct crl_set *crls; /* NULL without `crl` */
    struct deny_lists deny;
    struct buffer list; /* PACK_INPUTS */
    struct report report;
    struct summary summary;
    struct pack running; /* the one in force, or zeroed */
};

/* Say at a key of the configuration what is wrong with the file that it names. */
static int wrong(struct load *load, const char *section, const char *key, unsigned line,
                 const struct err *inner, struct err *err)
{
    char text[sizeof(inner->path) + sizeof(inner->text) + 16];
    return config_error(err, load->config, section, key, line, "%s", err_format(inner, text, sizeof(text)));
}

static int load_config(struct load *load, struct err *err)
{
    struct err inner = {.line = 0};
    load->text = inputs_read(&load->inputs, load->path, CONFIG_FILE_MAX, &inner);
    if (load->text.data == NULL)
        return err_set(err, "%s", inner.text);
    load->config = config_parse(load->path, load->text, err);
    return load->config != NULL ? 0 : -1;
}

static int load_pair(struct load *load, size_t i, struct err *err)
{
    const struct config_tls_pair *pair = &load->config->tls.pairs[i];
    struct err inner = {.line = 0};
    mode_t mode = 0;
    load->chains[i] = inputs_read(&load->inputs, pair->certificate.path, LOAD_CHAIN_MAX, &inner);
    if (load->chains[i].data == NULL)
        return wrong(load, "tls", "certificate", pair->certificate.line, &inner, err);
    if (inputs_read_key(&load->inputs, pair->private_key.path, load->keys, &mode, &inner) != 0)
        return wrong(load, "tls", "private_key", pair->private_key.line, &inner, err);
    if ((mode & 020) != 0)
        report_warn(&load->report, "%s may be changed by its group (mode %03o); chmod 640",
                    pair->private_key.path, (unsigned)mode);
    return 0;
}

static int load_pairs(struct load *load, struct err *err)
{
    const struct config_tls *tls = &load->config->tls;
    if (tls->pair_count > KEYS_PAIRS_MAX)
        return config_error(err, load->config, "tls", "certificate", tls->line,
                            "more than %u certificates; give one for each key type", KEYS_PAIRS_MAX);
    for (size_t i = 0; i < tls->pair_count; i++)
        if (load_pair(load, i, err) != 0)
            return -1;
    return 0;
}

static int load_ticket_secret(struct load *load, struct err *err)
{
    const struct config_path *path = &load->config->tls.ticket_secret;
    struct slice keys[KEYS_MAX];
    struct err inner = {.line = 0};
    mode_t mode = 0;
    if (path->path == NULL)
        return 0;
    int result = inputs_read_key(&load->inputs, path->path, load->keys, &mode, &inner);
    int count = result == 0 ? keys_parse(secret_view(load->keys), keys) : 0;
    if (count <= 0 || ticket_secret_check(keys[count - 1], &inner) != 0)
        return wrong(load, "tls", "ticket_secret", path->line, &inner, err);
    if ((mode & 020) != 0)
        report_warn(&load->report, "%s may be changed by its group (mode %03o); chmod 640", path->path,
                    (unsigned)mode);
    return 0;
}

/* A path of the configuration, or what stands in for it. */
static const char *stand_in(const char *other, const char *path)
{
    return other != NULL ? other : path;
}

static int load_bundle(struct load *load, struct err *err)
{
    const struct config_client_auth *auth = &load->config->client_auth;
    const char *path = stand_in(load->stand_ins != NULL ? load->stand_ins->trust : NULL, auth->trust.path);
    struct err inner = {.line = 0};
    struct slice bytes = inputs_read(&load->inputs, path, LOAD_BUNDLE_MAX, &inner);
    load->bundle = trust_bundle_new();
    if (bytes.data == NULL || trust_bundle_add(load->bundle, bytes, TRUST_PEM, path, &inner) != 0 ||
        trust_bundle_check(load->bundle, auth->partial_chain, path, &inner) != 0)
        return wrong(load, "client_auth", "trust", auth->trust.line, &inner, err);
    if (!trust_bundle_write(load->bundle, &load->bundle_der))
        return config_error(err, load->config, "client_auth", "trust", auth->trust.line,
                            "over %u bytes as DER; give fewer CAs", LOAD_BUNDLE_MAX);
    return 0;
}

static int add_crl_file(struct load *load, const char *path, struct err *err)
{
    const struct config_client_auth *auth = &load->config->client_auth;
    const struct crl_options options = {
        .profile = auth->crl_profile == CONFIG_CRL_LEGACY ? CRL_LEGACY : CRL_STRICT,
        .now_s = load->now_s,
    };
    struct err inner = {.line = 0};
    struct slice bytes = inputs_read(&load->inputs, path, LOAD_CRL_MAX, &inner);
    /* A CRL in DER begins with a SEQUENCE, and no PEM file does. */
    enum trust_form form = bytes.length > 0 && bytes.data[0] == 0x30 ? TRUST_DER : TRUST_PEM;
    if (bytes.data == NULL || crl_set_add(load->crls, bytes, form, load->bundle, &options, path, &inner) != 0)
        return wrong(load, "client_auth", "crl", auth->crl.line, &inner, err);
    return 0;
}

/* Hidden files are left out: a ConfigMap's directory is full of them. */
static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int add_crl_directory(struct load *load, const char *directory, struct err *err)
{
    const struct config_path *crl = &load->config->client_auth.crl;
    struct dirent **entries = NULL;
    inputs_note(&load->inputs, directory);
    int result = 0, count = scandir(directory, &entries, is_visible, alphasort);
    if (count < 0)
        return config_error(err, load->config, "client_auth", "crl", crl->line,
                            "cannot read directory %s: %s; give a readable one", directory, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        struct stat status;
        if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0)
            path = NULL;
        bool is_directory = path != NULL && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
        if (result == 0 && !is_directory)
            result = path == NULL ? err_set(err, "no memory") : add_crl_file(load, path, err);
        free(path);
        free(entries[i]);
    }
    free(entries);
    if (result == 0 && crl_set_count(load->crls) == 0)
        return config_error(
            err, load->config, "client_auth", "crl", crl->line,
            "no CRL in directory %s; put them there; without this key revocation is not checked", directory);
    return result;
}

static int load_crls(struct load *load, struct err *err)
{
    const struct config_path *crl = &load->config->client_auth.crl;
    const char *other = load->stand_ins != NULL ? load->stand_ins->crl : NULL;
    const char *path = stand_in(other, crl->path);
    struct stat status;
    if (crl->path == NULL)
        return other == NULL
                   ? 0
                   : config_error(err, load->config, "client_auth", "crl", load->config->client_auth.line,
                                  "is not set, so no CRL can stand in for it; set it");
    load->crls = crl_set_new();
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return add_crl_directory(load, path, err);
    return add_crl_file(load, path, err);
}

static int copy_text(struct load *load, char *out, size_t size, const char *text, const char *section,
                     const char *key, unsigned line, struct err *err)
{
    if (strlen(text) >= size)
        return config_error(err, load->config, section, key, line,
                            "longer than %zu bytes; give a shorter one", size - 1);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

static uint32_t count_cores(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : count > (int)SUMMARY_WORKERS_MAX ? SUMMARY_WORKERS_MAX : (uint32_t)count;
}

static int find_user(struct load *load, struct err *err)
{
    const struct config_text *user = &load->config->listener.user;
    if (geteuid() != 0) {
        load->summary.uid = (uint32_t)geteuid();
        load->summary.gid = (uint32_t)getegid();
        return 0;
    }
    const struct passwd *entry = getpwnam(user->text);
    if (entry == NULL)
        return config_error(err, load->config, "listener", "user", user->line,
                            "no user \"%s\" on this machine; give one that may do nothing else", user->text);
    if (entry->pw_uid == 0)
        report_warn(&load->report, "workers keep running as root, by [listener] user = %s", user->text);
    load->summary.uid = (uint32_t)entry->pw_uid;
    load->summary.gid = (uint32_t)entry->pw_gid;
    return 0;
}

/* Each client may need a connection upstream; the rest is for logs, listeners and the like. */
static void count_descriptors(struct load *load)
{
    struct rlimit limit;
    uint64_t need = 2 * (uint64_t)load->config->limits.connections + 128;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < need && geteuid() != 0)
        report_warn(&load->report,
                    "[limits] connections = %u needs %llu descriptors, but only %llu are allowed; raise "
                    "LimitNOFILE, or accepting will pause",
                    load->config->limits.connections, (unsigned long long)need,
                    (unsigned long long)limit.rlim_max);
    load->summary.descriptors = (uint32_t)(need > 1u << 30 ? 1u << 30 : need);
}

static uint32_t log_level(enum config_log_level level)
{
    /* enum log_level of observe/log.h, which this room may not see, counts the other way. */
    return (uint32_t)CONFIG_LEVEL_DEBUG - (uint32_t)level;
}

static int summarize_listener(struct load *load, struct err *err)
{
    const struct config_listener *listener = &load->config->listener;
    struct summary *summary = &load->summary;
    if (listener->addresses.count > SUMMARY_ADDRESSES_MAX)
        return config_error(err, load->config, "listener", "address",
                            listener->addresses.items[SUMMARY_ADDRESSES_MAX].line,
                            "more than %u addresses; give fewer", SUMMARY_ADDRESSES_MAX);
    if (listener->workers > SUMMARY_WORKERS_MAX)
        return config_error(err, load->config, "listener", "workers", listener->line,
                            "more than %u; give one per core", SUMMARY_WORKERS_MAX);
    for (size_t i = 0; i < listener->addresses.count; i++)
        if (copy_text(load, summary->addresses[i], SUMMARY_TEXT_SIZE, listener->addresses.items[i].text,
                      "listener", "address", listener->addresses.items[i].line, err) != 0)
            return -1;
    for (size_t i = 0; i < listener->addresses.count; i++)
        summary->address_lines[i] = listener->addresses.items[i].line;
    summary->address_count = (uint32_t)listener->addresses.count;
    summary->workers = listener->workers != 0 ? listener->workers : count_cores();
    summary->backlog = listener->backlog;
    return find_user(load, err);
}

static int summarize(struct load *load, struct err *err)
{
    const struct config *config = load->config;
    struct summary *summary = &load->summary;
    const char *access = config->log.access.path != NULL ? config->log.access.path : "";
    if (summarize_listener(load, err) != 0 ||
        copy_text(load, summary->control_socket, sizeof(((struct sockaddr_un *)0)->sun_path),
                  config->control_socket.path, "control", "socket", config->control_socket.line, err) != 0 ||
        copy_text(load, summary->state_directory, SUMMARY_PATH_SIZE, config->state_directory.path, "state",
                  "directory", config->state_directory.line, err) != 0 ||
        copy_text(load, summary->access_log, SUMMARY_PATH_SIZE, access, "log", "access",
                  config->log.access.line, err) != 0 ||
        copy_text(load, summary->event_log, SUMMARY_PATH_SIZE, config->log.events.path, "log", "events",
                  config->log.events.line, err) != 0)
        return -1;
    count_descriptors(load);
    summary->control_line = config->control_socket.line;
    summary->access_line = config->log.access.line;
    summary->events_line = config->log.events.line;
    summary->drain_ms = (uint32_t)(config->timeouts.drain_ms < UINT32_MAX ? config->timeouts.drain_ms
                                                                          : UINT32_MAX);
    summary->watch = (uint32_t)config->reload.watch;
    summary->poll_ms = (uint32_t)config->reload.poll_ms;
    summary->access_is_json = config->log.format == CONFIG_LOG_JSON;
    summary->level = log_level(config->log.level);
    summary->loaded_at_s = load->now_s;
    return 0;
}

static int compare_with_running(struct load *load, int running_fd, struct err *err)
{
    if (running_fd < 0)
        return 0;
    if (pack_open(&load->running, running_fd, err) != 0)
        return -1;
    struct slice text = pack_section(&load->running, PACK_CONFIG, 0);
    struct config *running = config_parse(load->path, text, err);
    if (running == NULL)
        return -1;
    bool needs = config_needs_restart(running, load->config, err);
    config_free(running);
    return needs ? -1 : 0;
}

static int check_rollback(struct load *load, const struct crl_index *newer, struct err *err)
{
    const struct config_path *crl = &load->config->client_auth.crl;
    struct slice section = pack_section(&load->running, PACK_CRLS, 0);
    struct err inner = {.line = 0};
    if (section.data == NULL || newer == NULL)
        return 0;
    struct crl_index *older = crl_index_open(section.data, section.length, &inner);
    if (older == NULL)
        return wrong(load, "client_auth", "crl", crl->line, &inner, err);
    int result = crl_index_check_rollback(older, newer, &inner);
    crl_index_free(older);
    return result == 0 ? 0 : wrong(load, "client_auth", "crl", crl->line, &inner, err);
}

static size_t list_parts(struct load *load, struct pack_part *parts)
{
    size_t count = 0;
    const struct slice summary = slice_of((const char *)&load->summary, sizeof(load->summary));
    parts[count++] = (struct pack_part){PACK_SUMMARY, 0, summary};
    parts[count++] = (struct pack_part){PACK_CONFIG_PATH, 0, slice_text(load->path)};
    parts[count++] = (struct pack_part){PACK_CONFIG, 0, load->text};
    for (size_t i = 0; i < load->config->tls.pair_count; i++)
        parts[count++] = (struct pack_part){PACK_CHAIN, (uint32_t)i, load->chains[i]};
    parts[count++] = (struct pack_part){PACK_BUNDLE, 0, buffer_view(&load->bundle_der)};
    parts[count++] = (struct pack_part){PACK_DENY, DENY_FILE, load->deny.file};
    parts[count++] = (struct pack_part){PACK_DENY, DENY_KEPT, load->deny.kept};
    parts[count++] = (struct pack_part){PACK_INPUTS, 0, buffer_view(&load->list)};
    /* Filled in place, when the rest is there. */
    parts[count++] = (struct pack_part){PACK_REPORT, 0, slice_of(NULL, REPORT_SIZE)};
    parts[count++] = (struct pack_part){
        PACK_INVENTORY, 0, slice_of(NULL, inventory_room(&load->inputs, load->bundle, load->crls))};
    if (load->crls != NULL)
        parts[count++] = (struct pack_part){PACK_CRLS, 0, slice_of(NULL, crl_set_size(load->crls))};
    return count;
}

static int rehearse_handshake(struct load *load, const struct generation *generation, struct err *err)
{
    const struct config_tls *tls = &load->config->tls;
    struct err inner = {.line = 0};
    if (tls_server_rehearse(generation->server, &inner) == 0)
        return 0;
    /* A certificate alone goes with the defaults, so it is what was said beside it. */
    if (tls->ciphers.text != NULL)
        return wrong(load, "tls", "ciphers", tls->ciphers.line, &inner, err);
    if (tls->groups.text != NULL)
        return wrong(load, "tls", "groups", tls->groups.line, &inner, err);
    return wrong(load, "tls", "certificate", tls->pairs[0].certificate.line, &inner, err);
}

/* Is it the server's certificates that are in force already? Then their end must not keep a revocation out:
 * it is what bites in `postern status`, and clients see it for themselves. */
static bool serves_same_chains(const struct load *load)
{
    size_t count = load->config->tls.pair_count;
    if (load->running.bytes == NULL || pack_count(&load->running, PACK_CHAIN) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!slice_equal(pack_section(&load->running, PACK_CHAIN, (uint32_t)i), load->chains[i]))
            return false;
    return true;
}

/* Who may write a trust bundle lets in whom he likes. */
static void warn_of_open_files(struct load *load)
{
    for (size_t i = 0; i < load->inputs.count; i++)
        if ((load->inputs.items[i].mode & 002) != 0)
            report_warn(&load->report,
                        "%s may be changed by everybody on this machine (mode %03o), who then decide whom it "
                        "lets in; chmod 644",
                        load->inputs.items[i].path, (unsigned)load->inputs.items[i].mode);
}

/* Build the generation as a worker will, from the very bytes that it will get, and let it tell what it is. */
static int rehearse(struct load *load, struct pack_writer *writer, struct err *err)
{
    struct slice keys[KEYS_MAX];
    struct pack pack;
    int key_count = keys_parse(secret_view(load->keys), keys);
    if (key_count < 0 || pack_parse(&pack, slice_of((const char *)writer->bytes, writer->size), err) != 0)
        return err_set(err, "generation: not what was written");
    struct generation *generation = generation_build(&pack, keys, (size_t)key_count, NULL, load->clock,
                                                     serves_same_chains(load), err);
    if (generation == NULL)
        return -1;
    int result = check_rollback(load, generation->crls, err);
    if (result == 0)
        result = rehearse_handshake(load, generation, err);
    if (result == 0) {
        describe_generation(generation, load->bundle, load->crls, load->now_s, &load->report);
        inventory_build(generation, &load->inputs, load->bundle, load->now_s,
                        pack_write_space(writer, PACK_INVENTORY, 0),
                        inventory_room(&load->inputs, load->bundle, load->crls));
        warn_of_open_files(load);
        deny_lists_report(&load->deny, load->config, load->bundle, load->now_s, &load->report);
    }
    generation_unref(generation);
    return result;
}

static int write_pack(struct load *load, uint64_t number, struct err *err)
{
    struct pack_part parts[PACK_SECTIONS_MAX];
    struct pack_writer writer;
    unsigned char digest[PACK_DIGEST_SIZE];
    if (!inputs_write_list(&load->inputs, &load->list))
        return err_set(err, "too many files");
    if (inputs_digest(&load->inputs, digest) != 0)
        return err_set(err, "no memory");
    if (pack_write(&writer, number, digest, parts, list_parts(load, parts), err) != 0)
        return -1;
    if (load->crls != NULL)
        crl_set_write(load->crls, pack_write_space(&writer, PACK_CRLS, 0));
    if (rehearse(load, &writer, err) != 0) {
        pack_write_abandon(&writer);
        return -1;
    }
    report_end(&load->report);
    struct slice report = buffer_view(&load->report.text);
    if (report.length != 0)
        memcpy(pack_write_space(&writer, PACK_REPORT, 0), report.data, report.length);
    load->summary.warnings = load->report.warnings;
    memcpy(pack_write_space(&writer, PACK_SUMMARY, 0), &load->summary, sizeof(load->summary));
    return pack_write_seal(&writer, err);
}

/* Let whoever watches the files know which, if that was not told with a pack. */
static void give_inputs(struct load *load, struct buffer *out)
{
    if (buffer_is_empty(&load->list) && !inputs_write_list(&load->inputs, &load->list))
        buffer_clear(&load->list);
    *out = load->list;
    buffer_init(&load->list, 0);
}

int generation_load_order(const struct load_order *order, struct secret *keys, struct buffer *inputs,
                          struct err *err)
{
    int pack_fd = -1;
    struct load *load = xcalloc(1, sizeof(*load));
    load->path = order->config_path;
    load->stand_ins = order->stand_ins;
    load->clock = order->clock;
    load->now_s = clock_wall_s(order->clock);
    load->keys = keys;
    inputs_init(&load->inputs);
    report_init(&load->report);
    buffer_init(&load->bundle_der, LOAD_BUNDLE_MAX);
    buffer_init(&load->list, INPUT_LIST_SIZE_MAX);
    if (load_config(load, err) == 0 && compare_with_running(load, order->running_fd, err) == 0 &&
        summarize(load, err) == 0 && load_pairs(load, err) == 0 && load_ticket_secret(load, err) == 0 &&
        load_bundle(load, err) == 0 && load_crls(load, err) == 0 &&
        deny_lists_read(&load->deny, &load->inputs, load->config, err) == 0)
        pack_fd = write_pack(load, order->number, err);
    give_inputs(load, inputs);
    pack_close(&load->running);
    report_clear(&load->report);
    buffer_clear(&load->bundle_der);
    crl_set_free(load->crls);
    trust_bundle_free(load->bundle);
    config_free(load->config);
    inputs_clear(&load->inputs);
    free(load);
    return pack_fd;
}

int generation_load_with(const char *config_path, const struct load_stand_ins *stand_ins, uint64_t number,
                         int running_fd, const struct clock *clock, struct secret *keys, struct err *err)
{
    const struct load_order order = {.config_path = config_path,
                                     .stand_ins = stand_ins,
                                     .number = number,
                                     .running_fd = running_fd,
                                     .clock = clock};
    struct buffer inputs;
    int pack_fd = generation_load_order(&order, keys, &inputs, err);
    buffer_clear(&inputs);
    return pack_fd;
}

int generation_load(const char *config_path, uint64_t number, int running_fd, const struct clock *clock,
                    struct secret *keys, struct err *err)
{
    return generation_load_with(config_path, NULL, number, running_fd, clock, keys, err);
}
