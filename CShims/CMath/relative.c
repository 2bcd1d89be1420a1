#include "vector.h"

void parp_relative_encodings(float *y, int64_t first, int64_t rows, int64_t columns) {
    int64_t half = columns / 2;
    for (int64_t i = 0; i < half; i++) {
        // In float32 throughout, as XLNet's weights were trained with.
        float frequency = 1.0f / powf(10000.0f, (float)(2 * i) / (float)columns);
        for (int64_t row = 0; row < rows; row++) {
            float angle = (float)(first - row) * frequency;
            y[row * columns + i] = sinf(angle);
            y[row * columns + half + i] = cosf(angle);
        }
    }
}

PARP_VECTOR void parp_add_relative_scores(float *s, const float *positions, const int32_t *segments, int32_t segment,
                                          float same, float other, int64_t count) {
    PARP_ELEMENTWISE
    for (int64_t j = 0; j < count; j++) s[j] += positions[j] + (segments[j] == segment ? same : other);
}

#define DEFINE_RELATIVE(KIND)                                                                                       \
    PARP_VECTOR static void add_row_bias_##KIND(const void *x, const float *bias, void *y, int64_t start,           \
                                                int64_t columns) {                                                  \
        PARP_ELEMENTWISE                                                                                            \
        for (int64_t c = 0; c < columns; c++)                                                                       \
            parp_store_##KIND(y, start + c, parp_load_##KIND(x, start + c) + bias[c]);                              \
    }                                                                                                               \
    PARP_VECTOR static void segment_sums_##KIND(const void *ds, const int32_t *segments, int32_t segment,           \
                                                int64_t count, float *sums) {                                       \
        float same[PARP_LANES] = {0}, other[PARP_LANES] = {0};                                                      \
        int64_t whole = count / PARP_LANES * PARP_LANES;                                                            \
        for (int64_t j = 0; j < whole; j += PARP_LANES)                                                             \
            for (int lane = 0; lane < PARP_LANES; lane++) {                                                         \
                float value = parp_load_##KIND(ds, j + lane);                                                       \
                other[lane] += segments[j + lane] == segment ? 0.0f : value;                                        \
                same[lane] += segments[j + lane] == segment ? value : 0.0f;                                         \
            }                                                                                                       \
        sums[0] = sums[1] = 0;                                                                                      \
        for (int lane = 0; lane < PARP_LANES; lane++) {                                                             \
            sums[0] += same[lane];                                                                                  \
            sums[1] += other[lane];                                                                                 \
        }                                                                                                           \
        for (int64_t j = whole; j < count; j++)                                                                     \
            sums[segments[j] == segment ? 0 : 1] += parp_load_##KIND(ds, j);                                        \
    }

DEFINE_RELATIVE(float32)
DEFINE_RELATIVE(bfloat16)

void parp_add_row_bias(const void *x, const float *bias, void *y, int32_t element, int64_t rows, int64_t columns) {
    for (int64_t row = 0; row < rows; row++)
        (element == PARP_BFLOAT16 ? add_row_bias_bfloat16 : add_row_bias_float32)(x, bias, y, row * columns, columns);
}

void parp_relative_score_gradients(const void *ds, int32_t element, const int32_t *segments, int32_t segment,
                                   int64_t count, float *sums, void *positions, int64_t offset, int64_t width) {
    size_t bytes = element == PARP_BFLOAT16 ? 2 : 4;
    (element == PARP_BFLOAT16 ? segment_sums_bfloat16 : segment_sums_float32)(ds, segments, segment, count, sums);
    memset(positions, 0, width * bytes);
    memcpy((char *)positions + offset * bytes, ds, count * bytes);
}

// s becomes exp(scale s) up to the factor that makes the largest 1; returns the sum.
PARP_VECTOR static float exponentials(float *s, int64_t count, float scale) {
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
    float sum = 0;
    for (int lane = 0; lane < PARP_LANES; lane++) sum += lanes[lane];
    for (int64_t i = whole; i < count; i++) {
        s[i] = parp_exp(s[i] * scale - shift);
        sum += s[i];
    }
    return sum;
}

PARP_VECTOR static float product_sum(const float *x, const float *y, int64_t count) {
    float lanes[PARP_LANES] = {0}, sum = 0;
    int64_t whole = count / PARP_LANES * PARP_LANES;
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) lanes[lane] += x[i + lane] * y[i + lane];
    for (int lane = 0; lane < PARP_LANES; lane++) sum += lanes[lane];
    for (int64_t i = whole; i < count; i++) sum += x[i] * y[i];
    return sum;
}

#define DEFINE_ROWS(KIND)                                                                              \
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

DEFINE_ROWS(float32)
DEFINE_ROWS(bfloat16)

void parp_relative_row_forward(float *s, void *p, int32_t element, int64_t count, float scale,
                               parp_dropout_rule dropout) {
    float factor = 1.0f / exponentials(s, count, scale);
    if (dropout.threshold == 0)
        (element == PARP_BFLOAT16 ? store_scaled_bfloat16 : store_scaled_float32)(s, p, count, factor);
    else
        (element == PARP_BFLOAT16 ? store_dropped_bfloat16 : store_dropped_float32)(s, p, count, factor, dropout);
}

void parp_relative_row_backward(float *s, float *dp, void *p, void *ds, int32_t element, int64_t count,
                                float scale, parp_dropout_rule dropout) {
    int is_short = element == PARP_BFLOAT16;
    if (dropout.threshold != 0) parp_dropout(dp, dp, count, dropout);
    // Not from a logarithm kept from forward: probabilities must sum to 1 within rounding, or what all gradients of a row
    // have in common, often most of them, does not cancel.
    float factor = 1.0f / exponentials(s, count, scale);
    float delta = product_sum(s, dp, count) * factor;
    // In float32 the results may overwrite s and dp: the gradient reads s before p replaces it.
    (is_short ? store_score_gradient_bfloat16 : store_score_gradient_float32)(s, dp, ds, count, delta, scale * factor);
    if (dropout.threshold == 0)
        (is_short ? store_scaled_bfloat16 : store_scaled_float32)(s, p, count, factor);
    else
        (is_short ? store_dropped_bfloat16 : store_dropped_float32)(s, p, count, factor, dropout);
}
