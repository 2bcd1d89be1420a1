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
    for (int64_t i = 0; i < count; i++) y[i] = parp_exp(x[i] - shift);
}

PARP_VECTOR void parp_attention_row_backward(float *s, float *dp, int64_t count, float log_sum_exp,
                                             float delta, uint32_t first_index, uint64_t key,
                                             uint32_t threshold, float scale) {
    for (int64_t i = 0; i < count; i++) {
        float p = parp_exp(s[i] - log_sum_exp);
        uint32_t bits = parp_counted_bits(first_index + (uint32_t)i, key);
        float kept = bits >= threshold ? scale : 0.0f;
        s[i] = p * kept;
        dp[i] = p * (dp[i] * kept - delta);
    }
}
