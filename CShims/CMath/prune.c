#include "vector.h"
#include <stdbool.h>

// A key orders like the ranked numbers: magnitudes like their bits without the sign, values like their bits turned so
// that the most negative come first. Adding 0 makes one of the two zeros.
PARP_INLINE uint32_t key_of(float x, int counts_sign) {
    uint32_t bits;
    x += 0.0f;
    memcpy(&bits, &x, sizeof bits);
    if (!counts_sign) return bits & 0x7fffffffu;
    return bits ^ ((uint32_t)((int32_t)bits >> 31) | 0x80000000u);
}

PARP_INLINE bool is_number(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7fffffffu) <= 0x7f800000u;
}

// 64 weights at once; comparing them gives a word with one bit each. A vector of bools is packed in memory.
enum { kGroup = 64 };
typedef float group_of_numbers __attribute__((ext_vector_type(kGroup)));
typedef uint32_t group_of_keys __attribute__((ext_vector_type(kGroup)));
typedef int32_t group_of_signs __attribute__((ext_vector_type(kGroup)));
typedef bool group_of_flags __attribute__((ext_vector_type(kGroup)));

// Macros, because vectors are passed between functions in ways that differ by instruction set.
#define PARP_KEYS(bits, keys, x, counts_sign)                                                                      \
    group_of_numbers keys##_numbers;                                                                               \
    memcpy(&keys##_numbers, x, sizeof keys##_numbers);                                                             \
    keys##_numbers += 0.0f;                                                                                        \
    group_of_keys bits, keys;                                                                                      \
    memcpy(&keys, &keys##_numbers, sizeof keys);                                                                   \
    bits = keys & 0x7fffffffu;                                                                                     \
    if (counts_sign) {                                                                                             \
        group_of_signs signs;                                                                                      \
        memcpy(&signs, &keys, sizeof signs);                                                                       \
        signs >>= 31;                                                                                              \
        group_of_keys turned;                                                                                      \
        memcpy(&turned, &signs, sizeof turned);                                                                    \
        keys ^= turned | 0x80000000u;                                                                              \
    } else {                                                                                                       \
        keys = bits;                                                                                               \
    }
#define PARP_FLAGS(name, condition)                                                                                \
    uint64_t name;                                                                                                 \
    do {                                                                                                           \
        group_of_flags flags = __builtin_convertvector(condition, group_of_flags);                                 \
        memcpy(&name, &flags, sizeof name);                                                                        \
    } while (0)

PARP_VECTOR void parp_partition_numbers(const float *x, int64_t count, int counts_sign, uint32_t low, uint32_t high,
                                        float *collected, int64_t capacity, parp_partition *result) {
    int64_t below = 0, inside = 0, filled = result->collected, i = 0;
    uint64_t odd = 0;
    for (; i + kGroup <= count; i += kGroup) {
        PARP_KEYS(magnitudes, keys, x + i, counts_sign);
        PARP_FLAGS(within, keys - low <= high - low);
        PARP_FLAGS(less, keys < low);
        PARP_FLAGS(not_numbers, magnitudes > 0x7f800000u);
        below += __builtin_popcountll(less);
        inside += __builtin_popcountll(within);
        odd |= not_numbers;
        if (filled + kGroup > capacity) continue;
        for (; within; within &= within - 1) collected[filled++] = x[i + __builtin_ctzll(within)];
    }
    for (; i < count; i++) {
        uint32_t key = key_of(x[i], counts_sign);
        below += key < low;
        odd |= !is_number(x[i]);
        if (key - low > high - low) continue;
        inside++;
        if (filled < capacity) collected[filled++] = x[i];
    }
    result->below += below;
    result->inside += inside;
    result->collected = filled;
    result->has_no_number |= odd != 0;
}

PARP_VECTOR void parp_rank_mask(const float *x, int64_t count, int counts_sign, uint32_t threshold, int64_t *ties,
                                uint64_t *words) {
    for (int64_t start = 0; start < count; start += kGroup) {
        float padded[kGroup];
        const float *group = x + start;
        uint64_t valid = ~(uint64_t)0;
        if (count - start < kGroup) {
            int64_t width = count - start;
            memset(padded, 0, sizeof padded);
            memcpy(padded, group, width * sizeof *padded);
            group = padded;
            valid = ((uint64_t)1 << width) - 1;
        }
        PARP_KEYS(magnitudes, keys, group, counts_sign);
        PARP_FLAGS(kept, keys > threshold);
        PARP_FLAGS(tied, keys == threshold);
        (void)magnitudes;
        tied &= valid;
        // Of those at the threshold, the first go.
        for (; tied && *ties > 0; --*ties) tied &= tied - 1;
        words[start / kGroup] = (kept & valid) | tied;
    }
}

PARP_VECTOR void parp_apply_mask(float *x, int64_t count, const uint64_t *words) {
    for (int64_t start = 0; start < count; start += 64) {
        int width = count - start < 64 ? (int)(count - start) : 64;
        uint64_t word = words[start / 64];
        for (int j = 0; j < width; j++) x[start + j] = word >> j & 1 ? x[start + j] : 0.0f;
    }
}

PARP_VECTOR void parp_hide_pruned(float *values, float *behind, int64_t count, const uint64_t *words) {
    for (int64_t start = 0; start < count; start += 64) {
        int width = count - start < 64 ? (int)(count - start) : 64;
        uint64_t word = words[start / 64];
        for (int j = 0; j < width; j++) {
            behind[start + j] = values[start + j];
            values[start + j] = word >> j & 1 ? values[start + j] : 0.0f;
        }
    }
}

PARP_VECTOR void parp_add_movement(float *scores, const float *gradients, const float *values, float factor,
                                   int64_t count) {
    PARP_ELEMENTWISE
    for (int64_t i = 0; i < count; i++) scores[i] -= factor * gradients[i] * values[i];
}

PARP_VECTOR void parp_score_gradient(float *result, const float *gradients, const float *values, const float *scores,
                                     int64_t count) {
    PARP_ELEMENTWISE
    for (int64_t i = 0; i < count; i++) {
        float product = gradients[i] * values[i];
        result[i] = scores[i] < 0 ? -product : product;
    }
}
