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

// The derivative, Φ(x) + x φ(x), of an x whose Φ(x) is known.
PARP_INLINE float gelu_slope(float x, float phi) { return phi + x * (0.39894228f * parp_exp(-0.5f * x * x)); }

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
    PARP_VECTOR static void gelu_backward_##KIND(const void *dy, const void *x, void *dx, int64_t count) {  \
        PARP_ELEMENTWISE                                                                                    \
        for (int64_t i = 0; i < count; i++) {                                                               \
            float value = parp_load_##KIND(x, i);                                                           \
            parp_store_##KIND(dx, i, parp_load_##KIND(dy, i) * gelu_slope(value, cumulative(value)));       \
        }                                                                                                   \
    }                                                                                                       \
    PARP_VECTOR static void gelu_recompute_##KIND(const void *dy, const void *x, void *dx, void *y,         \
                                                  int64_t count) {                                          \
        PARP_ELEMENTWISE                                                                                    \
        for (int64_t i = 0; i < count; i++) {                                                               \
            float value = parp_load_##KIND(x, i), phi = cumulative(value);                                  \
            parp_store_##KIND(dx, i, parp_load_##KIND(dy, i) * gelu_slope(value, phi));                     \
            parp_store_##KIND(y, i, value * phi);                                                           \
        }                                                                                                   \
    }                                                                                                       \
    PARP_VECTOR static void gelu_dropout_recompute_##KIND(const void *dy, const void *x, void *dx, void *y, \
                                                          int64_t count, parp_dropout_rule dropout) {       \
        PARP_ELEMENTWISE                                                                                    \
        for (int64_t i = 0; i < count; i++) {                                                               \
            float value = parp_load_##KIND(x, i), phi = cumulative(value);                                  \
            float factor = parp_dropout_factor(dropout, i);                                                 \
            parp_store_##KIND(dx, i, parp_load_##KIND(dy, i) * factor * gelu_slope(value, phi));            \
            parp_store_##KIND(y, i, value * phi * factor);                                                  \
        }                                                                                                   \
    }                                                                                                       \
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

void parp_gelu_backward(const void *dy, const void *x, void *dx, int32_t element, int64_t count) {
    (element == PARP_BFLOAT16 ? gelu_backward_bfloat16 : gelu_backward_float32)(dy, x, dx, count);
}

void parp_gelu_recompute(const void *dy, const void *x, void *dx, void *y, int32_t element, int64_t count,
                         parp_dropout_rule dropout) {
    if (dropout.threshold == 0)
        (element == PARP_BFLOAT16 ? gelu_recompute_bfloat16 : gelu_recompute_float32)(dy, x, dx, y, count);
    else
        (element == PARP_BFLOAT16 ? gelu_dropout_recompute_bfloat16 : gelu_dropout_recompute_float32)(
            dy, x, dx, y, count, dropout);
}

void parp_gelu_convert(const float *x, void *y, int32_t element, int64_t count) {
    (element == PARP_BFLOAT16 ? gelu_convert_bfloat16 : gelu_convert_float32)(x, y, count);
}
