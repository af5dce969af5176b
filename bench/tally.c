#include "tally.h"

#include "postern/base/attributes.h"

void tally_init(struct tally *tally)
{
    *tally = (struct tally){0};
    histogram_init(&tally->operation);
    histogram_init(&tally->handshake);
    histogram_init(&tally->first_byte);
    histogram_init(&tally->gap);
    series_init(&tally->series);
}

void tally_clear(struct tally *tally)
{
    histogram_clear(&tally->operation);
    histogram_clear(&tally->handshake);
    histogram_clear(&tally->first_byte);
    histogram_clear(&tally->gap);
}

void tally_success(struct tally *tally, int64_t since_ns, int64_t latency_ns)
{
    struct series_slot *slot = series_at(&tally->series, since_ns);
    slot->operations++;
    if (latency_ns > slot->slowest_ns)
        slot->slowest_ns = latency_ns;
    tally->operations++;
    histogram_record(&tally->operation, latency_ns);
}

void tally_failure(struct tally *tally, int64_t since_ns, struct failure failure)
{
    failures_add(&tally->failures, failure, 1);
    series_at(&tally->series, since_ns)->failures++;
}

void tally_merge(struct tally *tally, const struct tally *from)
{
    tally->operations += from->operations;
    tally->handshakes += from->handshakes;
    tally->resumed += from->resumed;
    tally->reconnects += from->reconnects;
    tally->holding += from->holding;
    tally->behind += from->behind;
    tally->content += from->content;
    for (unsigned i = 0; i < LENGTH_OF(tally->status); i++)
        tally->status[i] += from->status[i];
    failures_merge(&tally->failures, &from->failures);
    histogram_merge(&tally->operation, &from->operation);
    histogram_merge(&tally->handshake, &from->handshake);
    histogram_merge(&tally->first_byte, &from->first_byte);
    histogram_merge(&tally->gap, &from->gap);
    series_merge(&tally->series, &from->series);
    tally->cpu_s += from->cpu_s;
    if (from->cpu_share > tally->cpu_share)
        tally->cpu_share = from->cpu_share;
    if (from->busy_share > tally->busy_share)
        tally->busy_share = from->busy_share;
    if (from->seconds > tally->seconds)
        tally->seconds = from->seconds;
    if (from->opening_s > tally->opening_s)
        tally->opening_s = from->opening_s;
    if (tally->tls.version[0] == '\0')
        tally->tls = from->tls;
}
