#include "axis.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "postern/base/attributes.h"

/* The place of zero, in decades left of the smallest value that has a logarithm. */
static const double zero_decades = 0.7;

void axis_include(struct axis *axis, double value)
{
    if (value <= 0 && (axis->scale == AXIS_LOG || axis->scale == AXIS_LOG_AND_ZERO))
        return;
    if (axis->low > axis->high)
        axis->low = axis->high = value;
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

/* The largest of 1, 2, 5 times a power of ten that is not above value, or the smallest that is not below. */
static double round_step(double value, bool up)
{
    static const double steps[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(value) + 1e-9));
    double below = power;
    for (size_t i = 0; i < LENGTH_OF(steps); i++) {
        double step = steps[i] * power;
        if (up && step >= value * (1 - 1e-9))
            return step;
        if (step <= value * (1 + 1e-9))
            below = step;
    }
    return below;
}

static double linear_step(const struct axis *axis)
{
    return round_step(axis->high / 5, true);
}

void axis_round(struct axis *axis)
{
    bool is_empty = axis->low > axis->high;
    switch (axis->scale) {
    case AXIS_LINEAR:
        axis->low = 0;
        axis->high = is_empty || axis->high <= 0 ? 1 : axis->high;
        axis->high = ceil(axis->high / linear_step(axis) - 1e-9) * linear_step(axis);
        break;
    case AXIS_LOG:
    case AXIS_LOG_AND_ZERO:
        axis->low = is_empty ? 1 : round_step(axis->low, false);
        axis->high = is_empty ? 10 : round_step(axis->high, true);
        if (axis->high <= axis->low)
            axis->high = axis->low * 10;
        break;
    case AXIS_NINES:
        axis->low = 0;
        axis->high = is_empty || axis->high < 1 ? 1 : axis->high;
        break;
    }
}

double axis_place(const struct axis *axis, double value)
{
    if (axis->scale == AXIS_LINEAR || axis->scale == AXIS_NINES)
        return (value - axis->low) / (axis->high - axis->low);
    double low = log10(axis->low), high = log10(axis->high);
    if (axis->scale == AXIS_LOG)
        return (log10(fmax(value, axis->low)) - low) / (high - low);
    double place = value > 0 ? log10(value) : low - zero_decades;
    return (place - low + zero_decades) / (high - low + zero_decades);
}

static size_t log_ticks(const struct axis *axis, double out[AXIS_TICKS_MAX])
{
    size_t count = 0;
    double decades = log10(axis->high / axis->low);
    if (axis->scale == AXIS_LOG_AND_ZERO)
        out[count++] = 0;
    for (double tick = axis->low; tick <= axis->high * 1.001 && count < AXIS_TICKS_MAX;
         tick = round_step(tick * 1.01, true)) {
        bool is_power = fabs(log10(tick) - round(log10(tick))) < 1e-6;
        if (is_power || (decades <= 3 && axis->scale == AXIS_LOG))
            out[count++] = tick;
    }
    return count;
}

size_t axis_ticks(const struct axis *axis, double out[AXIS_TICKS_MAX])
{
    size_t count = 0;
    double step = linear_step(axis);
    switch (axis->scale) {
    case AXIS_LINEAR:
        for (double i = 0; i * step <= axis->high * 1.001 && count < AXIS_TICKS_MAX; i++)
            out[count++] = i * step;
        return count;
    case AXIS_NINES:
        out[count++] = 0;
        out[count++] = log10(2);
        for (double nines = 1; nines <= axis->high && count < AXIS_TICKS_MAX; nines++)
            out[count++] = nines;
        return count;
    case AXIS_LOG:
    case AXIS_LOG_AND_ZERO:
        break;
    }
    return log_ticks(axis, out);
}

void axis_format_number(double value, char out[AXIS_TEXT_SIZE])
{
    if (value >= 1e9 - 0.5)
        snprintf(out, AXIS_TEXT_SIZE, "%.15g G", round(value / 1e7) / 100);
    else if (value >= 1e6 - 0.5)
        snprintf(out, AXIS_TEXT_SIZE, "%.15g M", round(value / 1e4) / 100);
    else if (value >= 1000 - 0.5)
        snprintf(out, AXIS_TEXT_SIZE, "%d,%03d", (int)round(value) / 1000, (int)round(value) % 1000);
    else if (value >= 100 || value == floor(value))
        snprintf(out, AXIS_TEXT_SIZE, "%.0f", value);
    else
        snprintf(out, AXIS_TEXT_SIZE, "%.3g", value);
}

void axis_format_ns(double value, char out[AXIS_TEXT_SIZE])
{
    static const struct {
        double ns;
        const char *unit;
    } scales[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "\xc2\xb5s"}};
    for (size_t i = 0; i < LENGTH_OF(scales); i++) {
        if (value < scales[i].ns * 0.9995)
            continue;
        snprintf(out, AXIS_TEXT_SIZE, "%.3g %s", value / scales[i].ns, scales[i].unit);
        return;
    }
    snprintf(out, AXIS_TEXT_SIZE, "%.3g ns", value);
}

void axis_format_nines(double value, char out[AXIS_TEXT_SIZE])
{
    int decimals = value < 2.5 ? 0 : (int)round(value) - 2;
    snprintf(out, AXIS_TEXT_SIZE, "%.*f %%", decimals, 100 * (1 - pow(10, -value)));
}

void axis_format_seconds(double value, char out[AXIS_TEXT_SIZE])
{
    snprintf(out, AXIS_TEXT_SIZE, "%.3g s", value);
}
