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

PARP_VECTOR static float attention_statistics(float *s, int64_t count, float scale, float *sum) {
    float highest = -INFINITY;
    for (int64_t i = 0; i < count; i++) highest = parp_max(highest, s[i]);
    float shift = highest * scale;
    float lanes[PARP_LANES] = {0};
    int64_t whole = count / PARP_LANES * PARP_LANES;
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) {
            float e = parp_exp(s[i + lane] * scale - shift);
            s[i + lane] = e;
            lanes[lane] += e;
        }
    float total = 0;
    for (int lane = 0; lane < PARP_LANES; lane++) total += lanes[lane];
    for (int64_t i = whole; i < count; i++) {
        s[i] = parp_exp(s[i] * scale - shift);
        total += s[i];
    }
    *sum = total;
    return shift;
}

#define DEFINE_ATTENTION(KIND)                                                                              \
    PARP_VECTOR static void store_scaled_##KIND(const float *s, void *p, int64_t count, float factor) {     \
        PARP_ELEMENTWISE                                                                                    \
        for (int64_t i = 0; i < count; i++) parp_store_##KIND(p, i, s[i] * factor);                         \
    }                                                                                                       \
    PARP_VECTOR static void store_dropped_##KIND(const float *s, void *p, int64_t count, float factor,      \
                                                 parp_dropout_rule dropout) {                               \
        PARP_ELEMENTWISE                                                                                    \
        for (int64_t i = 0; i < count; i++)                                                                 \
            parp_store_##KIND(p, i, s[i] * factor * parp_dropout_factor(dropout, i));                       \
    }                                                                                                       \
    PARP_VECTOR static void store_score_gradient_##KIND(const float *s, const float *dp, void *ds,          \
                                                        int64_t count, float delta, float scale) {          \
        PARP_ELEMENTWISE                                                                                    \
        for (int64_t i = 0; i < count; i++) parp_store_##KIND(ds, i, s[i] * (dp[i] - delta) * scale);       \
    }

DEFINE_ATTENTION(float32)
DEFINE_ATTENTION(bfloat16)

float parp_attention_row_forward(float *s, void *p, int32_t element, int64_t count, float scale,
                                 parp_dropout_rule dropout) {
    float sum;
    float shift = attention_statistics(s, count, scale, &sum);
    if (dropout.threshold == 0)
        (element == PARP_BFLOAT16 ? store_scaled_bfloat16 : store_scaled_float32)(s, p, count, 1.0f / sum);
    else
        (element == PARP_BFLOAT16 ? store_dropped_bfloat16 : store_dropped_float32)(s, p, count, 1.0f / sum,
                                                                                    dropout);
    return shift + logf(sum);
}

// p before dropout over s, the gradient behind dropout over dp, and Σ of their product.
PARP_VECTOR static float recompute(float *s, float *dp, int64_t count, float scale, float log_sum_exp) {
    float lanes[PARP_LANES] = {0};
    int64_t whole = count / PARP_LANES * PARP_LANES;
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) {
            float p = parp_exp(s[i + lane] * scale - log_sum_exp);
            s[i + lane] = p;
            lanes[lane] += p * dp[i + lane];
        }
    float delta = 0;
    for (int lane = 0; lane < PARP_LANES; lane++) delta += lanes[lane];
    for (int64_t i = whole; i < count; i++) {
        s[i] = parp_exp(s[i] * scale - log_sum_exp);
        delta += s[i] * dp[i];
    }
    return delta;
}

void parp_attention_row_backward(float *s, float *dp, void *p, void *ds, int32_t element, int64_t count,
                                 float scale, float log_sum_exp, parp_dropout_rule dropout) {
    int is_short = element == PARP_BFLOAT16;
    if (dropout.threshold != 0) parp_dropout(dp, dp, count, dropout);
    float delta = recompute(s, dp, count, scale, log_sum_exp);
    // In float32 the results may lie over s and dp: the gradient reads s before p is laid over it.
    (is_short ? store_score_gradient_bfloat16 : store_score_gradient_float32)(s, dp, ds, count, delta, scale);
    if (dropout.threshold == 0)
        (is_short ? store_scaled_bfloat16 : store_scaled_float32)(s, p, count, 1.0f);
    else
        (is_short ? store_dropped_bfloat16 : store_dropped_float32)(s, p, count, 1.0f, dropout);
}
