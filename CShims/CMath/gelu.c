#include "vector.h"

// The normal distribution function Φ(x) to 2e-7: one minus half the sixteenth power of a reciprocal polynomial
// (Abramowitz and Stegun, 7.1.28, at |x| / √2), which needs no exponential and keeps its digits in the lower tail.
PARP_INLINE float cumulative(float x) {
    float t = fabsf(x);
    float p = 5.3829750e-6f;
    p = p * t + 4.88906363e-5f;
    p = p * t + 3.80035750e-5f;
    p = p * t + 3.27763265e-3f;
    p = p * t + 2.11410061e-2f;
    p = p * t + 4.98673469e-2f;
    p = p * t + 1.0f;
    float q = 1.0f / p;
    q *= q;
    q *= q;
    q *= q;
    q *= q;
    q *= 0.5f;
    return x < 0.0f ? q : 1.0f - q;
}

PARP_INLINE float gelu(float x) { return x * cumulative(x); }

PARP_INLINE float gelu_slope(float x) {
    return cumulative(x) + x * (0.39894228f * parp_exp(-0.5f * x * x));
}

#define DEFINE_GELU(KIND)                                                                                    \
    PARP_VECTOR static void gelu_forward_##KIND(const void *x, void *y, int64_t count) {                     \
        PARP_ELEMENTWISE                                                                                     \
        for (int64_t i = 0; i < count; i++) parp_store_##KIND(y, i, gelu(parp_load_##KIND(x, i)));           \
    }                                                                                                        \
    PARP_VECTOR static void gelu_dropout_forward_##KIND(const void *x, void *y, int64_t count,               \
                                                        parp_dropout_rule dropout) {                         \
        PARP_ELEMENTWISE                                                                                     \
        for (int64_t i = 0; i < count; i++)                                                                  \
            parp_store_##KIND(y, i, gelu(parp_load_##KIND(x, i)) * parp_dropout_factor(dropout, i));         \
    }                                                                                                        \
    PARP_VECTOR static void gelu_backward_##KIND(const void *dy, const void *x, void *dx, int64_t count) {   \
        PARP_ELEMENTWISE                                                                                     \
        for (int64_t i = 0; i < count; i++)                                                                  \
            parp_store_##KIND(dx, i, parp_load_##KIND(dy, i) * gelu_slope(parp_load_##KIND(x, i)));          \
    }                                                                                                        \
    PARP_VECTOR static void gelu_dropout_backward_##KIND(const void *dy, const void *x, void *dx,            \
                                                         int64_t count, parp_dropout_rule dropout) {         \
        PARP_ELEMENTWISE                                                                                     \
        for (int64_t i = 0; i < count; i++) {                                                                \
            float kept = parp_load_##KIND(dy, i) * parp_dropout_factor(dropout, i);                          \
            parp_store_##KIND(dx, i, kept * gelu_slope(parp_load_##KIND(x, i)));                             \
        }                                                                                                    \
    }                                                                                                        \
    PARP_VECTOR static void gelu_convert_##KIND(const float *x, void *y, int64_t count) {                    \
        PARP_ELEMENTWISE                                                                                     \
        for (int64_t i = 0; i < count; i++) parp_store_##KIND(y, i, gelu(x[i]));                             \
    }

DEFINE_GELU(float32)
DEFINE_GELU(bfloat16)

void parp_gelu_forward(const void *x, void *y, int32_t element, int64_t count, parp_dropout_rule dropout) {
    if (dropout.threshold == 0)
        (element == PARP_BFLOAT16 ? gelu_forward_bfloat16 : gelu_forward_float32)(x, y, count);
    else
        (element == PARP_BFLOAT16 ? gelu_dropout_forward_bfloat16 : gelu_dropout_forward_float32)(
            x, y, count, dropout);
}

void parp_gelu_backward(const void *dy, const void *x, void *dx, int32_t element, int64_t count,
                        parp_dropout_rule dropout) {
    if (dropout.threshold == 0)
        (element == PARP_BFLOAT16 ? gelu_backward_bfloat16 : gelu_backward_float32)(dy, x, dx, count);
    else
        (element == PARP_BFLOAT16 ? gelu_dropout_backward_bfloat16 : gelu_dropout_backward_float32)(
            dy, x, dx, count, dropout);
}

void parp_gelu_convert(const float *x, void *y, int32_t element, int64_t count) {
    (element == PARP_BFLOAT16 ? gelu_convert_bfloat16 : gelu_convert_float32)(x, y, count);
}
