#include "vector.h"
#include <stdbool.h>

PARP_INLINE uint32_t magnitude(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7fffffffu;
}

// 64 weights at once; comparing them gives a word with one bit each. A vector of bools is packed in memory.
enum { kGroup = 64 };
typedef uint32_t group_of_magnitudes __attribute__((ext_vector_type(kGroup)));
typedef bool group_of_flags __attribute__((ext_vector_type(kGroup)));

// Macros, because vectors are passed between functions in ways that differ by instruction set.
#define PARP_MAGNITUDES(name, x)                                                                                   \
    group_of_magnitudes name;                                                                                      \
    memcpy(&name, x, sizeof name);                                                                                 \
    name &= 0x7fffffffu
#define PARP_FLAGS(name, condition)                                                                                \
    uint64_t name;                                                                                                 \
    do {                                                                                                           \
        group_of_flags flags = __builtin_convertvector(condition, group_of_flags);                                 \
        memcpy(&name, &flags, sizeof name);                                                                        \
    } while (0)

PARP_VECTOR void parp_partition_magnitudes(const float *x, int64_t count, uint32_t low, uint32_t high,
                                           float *collected, int64_t capacity, parp_partition *result) {
    int64_t below = 0, inside = 0, filled = result->collected, i = 0;
    uint64_t odd = 0;
    for (; i + kGroup <= count; i += kGroup) {
        PARP_MAGNITUDES(m, x + i);
        PARP_FLAGS(within, m - low <= high - low);
        PARP_FLAGS(less, m < low);
        PARP_FLAGS(not_numbers, m > 0x7f800000u);
        below += __builtin_popcountll(less);
        inside += __builtin_popcountll(within);
        odd |= not_numbers;
        if (filled + kGroup > capacity) continue;
        for (; within; within &= within - 1) collected[filled++] = x[i + __builtin_ctzll(within)];
    }
    for (; i < count; i++) {
        uint32_t m = magnitude(x[i]);
        below += m < low;
        odd |= m > 0x7f800000u;
        if (m - low > high - low) continue;
        inside++;
        if (filled < capacity) collected[filled++] = x[i];
    }
    result->below += below;
    result->inside += inside;
    result->collected = filled;
    result->has_no_number |= odd != 0;
}

PARP_VECTOR void parp_magnitude_mask(const float *x, int64_t count, uint32_t threshold, int64_t *ties,
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
        PARP_MAGNITUDES(m, group);
        PARP_FLAGS(kept, m > threshold);
        PARP_FLAGS(tied, m == threshold);
        tied &= valid;
        // Of those at the threshold, the first go.
        for (; tied && *ties > 0; --*ties) tied &= tied - 1;
        words[start / kGroup] = kept | tied;
    }
}

PARP_VECTOR void parp_apply_mask(float *x, int64_t count, const uint64_t *words) {
    for (int64_t start = 0; start < count; start += 64) {
        int width = count - start < 64 ? (int)(count - start) : 64;
        uint64_t word = words[start / 64];
        for (int j = 0; j < width; j++) x[start + j] = word >> j & 1 ? x[start + j] : 0.0f;
    }
}
