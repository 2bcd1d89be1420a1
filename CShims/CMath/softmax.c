#include "vector.h"

PARP_VECTOR float parp_log_sum_exp(const float *x, int64_t count, float *maximum) {
    float highest = -INFINITY;
    for (int64_t i = 0; i < count; i++) highest = parp_max(highest, x[i]);
    *maximum = highest;
    if (highest == -INFINITY) return 0;
    float lanes[PARP_LANES] = {0};
    int64_t whole = count / PARP_LANES * PARP_LANES;
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) lanes[lane] += parp_exp(x[i + lane] - highest);
    float sum = 0;
    for (int lane = 0; lane < PARP_LANES; lane++) sum += lanes[lane];
    for (int64_t i = whole; i < count; i++) sum += parp_exp(x[i] - highest);
    return logf(sum);
}

PARP_VECTOR void parp_exp_shifted(const float *x, float *y, int64_t count, float shift) {
    PARP_ELEMENTWISE
    for (int64_t i = 0; i < count; i++) y[i] = parp_exp(x[i] - shift);
}
