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
