// What the vector loops share: a choice of instruction set at run time, and exp without branches or tables.
#pragma once
#include "CMath.h"
#include <math.h>
#include <string.h>

// One binary runs anywhere: the loader picks the widest version that the CPU has.
// ThreadSanitizer is not there yet when the loader asks.
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__x86_64__) && defined(__linux__)
#define PARP_X86
#endif
#if defined(PARP_X86) && !__has_feature(thread_sanitizer)
#define PARP_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PARP_VECTOR
#endif
// Before a loop whose iterations touch only elements of their own index, though its tensors may be the same memory:
// without it the compiler's own check finds them overlapping and takes the scalar loop.
#ifdef __clang__
#define PARP_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")
#else
#define PARP_ELEMENTWISE _Pragma("GCC ivdep")
#endif
#define PARP_INLINE static inline __attribute__((always_inline))

// Partial sums a reduction keeps: fixed, so that its order is the same on every CPU and for every thread count.
enum { PARP_LANES = 16 };

PARP_INLINE float parp_min(float a, float b) { return a < b ? a : b; }
PARP_INLINE float parp_max(float a, float b) { return a > b ? a : b; }

// e^x to 2 ulp. Below -87 the result is 0 within float32's normal range; above 88 it saturates.
PARP_INLINE float parp_exp(float x) {
    x = parp_min(parp_max(x, -87.3f), 88.3f);
    // 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
    float shifted = x * 1.44269504f + 12582912.0f;
    float n = shifted - 12582912.0f;
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float p = 1.38294195e-3f;
    p = p * r + 8.37477152e-3f;
    p = p * r + 4.16683580e-2f;
    p = p * r + 1.66664208e-1f;
    p = p * r + 4.99999915e-1f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits = ((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

// 32 bits for element `index` of the sequence `key`: two rounds of multiply and shift.
PARP_INLINE uint32_t parp_counted_bits(uint32_t index, uint64_t key) {
    uint32_t h = index + (uint32_t)key;
    h = (h ^ (h >> 16)) * 0x7feb352du;
    h = (h ^ (h >> 15)) * 0x846ca68bu;
    h = (h ^ (h >> 16)) + (uint32_t)(key >> 32);
    h = (h ^ (h >> 17)) * 0xed5ad4bbu;
    h = (h ^ (h >> 11)) * 0xac4c1b51u;
    return h ^ (h >> 15);
}

// bfloat16 is the upper half of a float32, rounded to the nearest, ties to even. Not-a-numbers stay so.
PARP_INLINE uint16_t parp_to_bfloat16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
    uint32_t is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
    return (uint16_t)((is_nan ? bits | 0x400000u : rounded) >> 16);
}

PARP_INLINE float parp_from_bfloat16(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Reading and writing of either kind, for loops that are written once and compiled for both.
PARP_INLINE float parp_load_float32(const void *x, int64_t i) { return ((const float *)x)[i]; }
PARP_INLINE float parp_load_bfloat16(const void *x, int64_t i) {
    return parp_from_bfloat16(((const uint16_t *)x)[i]);
}
PARP_INLINE void parp_store_float32(void *y, int64_t i, float value) { ((float *)y)[i] = value; }
PARP_INLINE void parp_store_bfloat16(void *y, int64_t i, float value) {
    ((uint16_t *)y)[i] = parp_to_bfloat16(value);
}

// What dropout multiplies element i of a sequence with.
PARP_INLINE float parp_dropout_factor(parp_dropout_rule rule, int64_t i) {
    uint32_t bits = parp_counted_bits(rule.first_index + (uint32_t)i, rule.key);
    return bits >= rule.threshold ? rule.scale : 0.0f;
}
