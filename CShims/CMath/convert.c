#include "vector.h"

PARP_VECTOR static void to_bfloat16(const float *x, uint16_t *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = parp_to_bfloat16(x[i]);
}

PARP_VECTOR static void from_bfloat16(const uint16_t *x, float *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = parp_from_bfloat16(x[i]);
}

void parp_convert(const float *x, void *y, int32_t element, int64_t count) {
    if (element == PARP_BFLOAT16)
        to_bfloat16(x, y, count);
    else
        memcpy(y, x, (size_t)count * sizeof *x);
}

void parp_widen(const void *x, int32_t element, float *y, int64_t count) {
    if (element == PARP_BFLOAT16)
        from_bfloat16(x, y, count);
    else
        memcpy(y, x, (size_t)count * sizeof *y);
}

PARP_VECTOR static void add_float32_columns(const float *x, int64_t rows, int64_t stride, int64_t columns,
                                            float *sums) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t i = 0; i < columns; i++) sums[i] += x[row * stride + i];
}

PARP_VECTOR static void add_bfloat16_columns(const uint16_t *x, int64_t rows, int64_t stride, int64_t columns,
                                             float *sums) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t i = 0; i < columns; i++) sums[i] += parp_from_bfloat16(x[row * stride + i]);
}

void parp_add_matrix_column_sums(const void *x, int32_t element, int64_t rows, int64_t stride, int64_t columns,
                                 float *sums) {
    if (element == PARP_BFLOAT16)
        add_bfloat16_columns(x, rows, stride, columns, sums);
    else
        add_float32_columns(x, rows, stride, columns, sums);
}

#define DEFINE_FLIP(TYPE)                                                                                    \
    static void flip_##TYPE(const TYPE *weight, TYPE *flipped, int64_t taps, int64_t size) {                 \
        for (int64_t in = 0; in < size; in++)                                                                \
            for (int64_t tap = 0; tap < taps; tap++)                                                         \
                for (int64_t out = 0; out < size; out++)                                                     \
                    flipped[(in * taps + taps - 1 - tap) * size + out] = weight[(out * taps + tap) * size + in]; \
    }

DEFINE_FLIP(uint16_t)
DEFINE_FLIP(uint32_t)

void parp_flip_taps(const void *weight, void *flipped, int32_t element, int64_t taps, int64_t size) {
    if (element == PARP_BFLOAT16)
        flip_uint16_t(weight, flipped, taps, size);
    else
        flip_uint32_t(weight, flipped, taps, size);
}
