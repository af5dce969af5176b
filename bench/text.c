#include "text.h"

#include <stdio.h>

const char *text_of_ns(int64_t ns, char out[24])
{
    static const struct {
        double ns;
        const char *unit;
    } scales[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};
    for (size_t i = 0; i < LENGTH_OF(scales); i++) {
        double value = (double)ns / scales[i].ns;
        if (value < 1)
            continue;
        snprintf(out, 24, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0, value, scales[i].unit);
        return out;
    }
    snprintf(out, 24, "%d ns", (int)ns);
    return out;
}

static bool text_histogram(struct buffer *out, const char *name, const struct histogram *histogram)
{
    char value[24];
    if (histogram->total == 0)
        return true;
    bool fits = buffer_printf(out, "%-12s", name);
    for (size_t i = 0; i < RESULT_PERCENTILES; i++)
        fits = fits && buffer_printf(
                           out, "%s %s%s", result_percentiles[i].name,
                           text_of_ns(histogram_percentile(histogram, result_percentiles[i].percent), value),
                           i + 1 < RESULT_PERCENTILES ? "   " : "\n");
    return fits;
}

static bool text_rate(const struct result *result, struct buffer *out)
{
    const struct tally *tally = &result->tally;
    double rate = result_rate(result);
    if (result->mode == MODE_IDLE)
        return buffer_printf(out, "%-12s%llu of %llu connections open at the end, opened at %.0f a second\n",
                             "held", (unsigned long long)tally->holding,
                             (unsigned long long)result->connections,
                             tally->opening_s > 0 ? (double)tally->handshakes / tally->opening_s : 0);
    if (result->is_client_bound)
        return buffer_printf(
            out,
            "%-12sno figure of the server: the client was busy %.0f %% of the time, so that\n"
            "%-12s%.1f %s/s is the client's own limit; give it more cores or --threads\n",
            "rate", tally->busy_share * 100, "", rate, result_unit(result));
    bool fits = buffer_printf(out, "%-12s%.1f %s/s (%llu in %.2f s)", "rate", rate, result_unit(result),
                              (unsigned long long)tally->operations, tally->seconds);
    if (result->wanted_rate > 0)
        fits = fits && buffer_printf(out, " of %.0f/s asked for", result->wanted_rate);
    fits = fits && buffer_append_text(out, "\n");
    if (tally->behind > 0)
        fits = fits && buffer_printf(out,
                                     "%-12s%llu were due and had no answer at the end; what they had waited "
                                     "is in the latency\n",
                                     "behind", (unsigned long long)tally->behind);
    return fits;
}

static bool text_failures(const struct result *result, struct buffer *out)
{
    bool fits = buffer_printf(out, "%-12s%llu\n", "failures",
                              (unsigned long long)result->tally.failures.total);
    for (unsigned i = 0; i < result->cause_count; i++)
        fits = fits && buffer_printf(out, "%12llu  %s\n", (unsigned long long)result->causes[i].count,
                                     result->causes[i].label);
    return fits;
}

static bool text_connection(const struct tally *tally, struct buffer *out)
{
    const struct tally_tls *tls = &tally->tls;
    if (tls->version[0] == '\0')
        return true;
    bool fits = buffer_printf(out, "%-12s%s, %s%s%s, server key %s\n", "TLS", tls->version, tls->cipher,
                              tls->group[0] ? ", " : "", tls->group, tls->server_key);
    if (tally->resumed > 0)
        fits = fits &&
               buffer_printf(out, "%-12s%llu of %llu handshakes\n", "resumed",
                             (unsigned long long)tally->resumed, (unsigned long long)tally->handshakes);
    if (tally->reconnects > 0)
        fits = fits && buffer_printf(out, "%-12s%llu kept-alive connections that the server had closed\n",
                                     "reopened", (unsigned long long)tally->reconnects);
    return fits;
}

static bool text_cpu(const struct result *result, struct buffer *out)
{
    const struct tally *tally = &result->tally;
    const struct result_server *server = &result->server;
    bool fits = buffer_printf(out, "%-12s%.2f s, %.0f %% of a core in the busiest thread\n", "client CPU",
                              tally->cpu_s, tally->cpu_share * 100);
    if (!server->is_known)
        return fits;
    fits = fits && buffer_printf(out, "%-12s%.3f s", "server CPU", server->cpu_s);
    if (tally->operations > 0)
        fits = fits && buffer_printf(out, ", %.1f us an operation, %.1f %s for each second of it",
                                     server->cpu_s * 1e6 / (double)tally->operations,
                                     result_server_rate(result), result_unit(result));
    fits = fits && buffer_append_text(out, "\n");
    if (server->memory_end_kib == 0)
        return fits;
    return fits &&
           buffer_printf(out, "%-12s%.1f MiB before the run, %.1f MiB at its end\n", "memory",
                         (double)server->memory_begin_kib / 1024, (double)server->memory_end_kib / 1024);
}

bool text_write(const struct result *result, struct buffer *out)
{
    const struct tally *tally = &result->tally;
    bool fits = buffer_printf(out, "%s %s: %llu connection%s, %llu thread%s, %.2f s\n",
                              mode_name(result->mode), result->url, (unsigned long long)result->connections,
                              result->connections == 1 ? "" : "s", (unsigned long long)result->threads,
                              result->threads == 1 ? "" : "s", tally->seconds) &&
                text_connection(tally, out) && text_rate(result, out);
    if (tally->content > 0 && tally->seconds > 0)
        fits = fits &&
               buffer_printf(out, "%-12s%.2f MB/s of content, %.1f MB\n", "throughput",
                             (double)tally->content / tally->seconds / 1e6, (double)tally->content / 1e6);
    for (size_t i = 0; i < RESULT_DISTRIBUTIONS; i++)
        fits = fits && text_histogram(out, result_distributions[i].title, result_histogram(result, i));
    return fits && text_cpu(result, out) && text_failures(result, out);
}
