#include "internal.h"
#include <string.h>

// A block stays in the first-level cache while every rank's copy of it is read and then written.
enum { kBlock = 1024 };

// For few ranks each element is summed in a register; the copies never overlap, which the compiler cannot know.
#define SUM_IN_REGISTERS(first_two, more, stores)                          \
    _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = lower; i < upper; i++) { \
        float sum = first_two;                                             \
        more;                                                              \
        stores;                                                            \
    }

PARP_VECTOR static void sum_two(float *a, float *b, int64_t lower, int64_t upper) {
    SUM_IN_REGISTERS(a[i] + b[i], , a[i] = sum; b[i] = sum)
}

PARP_VECTOR static void sum_three(float *a, float *b, float *c, int64_t lower, int64_t upper) {
    SUM_IN_REGISTERS(a[i] + b[i], sum += c[i], a[i] = sum; b[i] = sum; c[i] = sum)
}

PARP_VECTOR static void sum_four(float *a, float *b, float *c, float *d, int64_t lower, int64_t upper) {
    SUM_IN_REGISTERS(a[i] + b[i], sum += c[i]; sum += d[i], a[i] = sum; b[i] = sum; c[i] = sum; d[i] = sum)
}

PARP_VECTOR static void add(const float *restrict values, int64_t count, float *restrict sum) {
    for (int64_t i = 0; i < count; i++) sum[i] += values[i];
}

static void sum_block(float *const *copies, int copy_count, int64_t lower, int64_t count, float *sum) {
    memcpy(sum, copies[0] + lower, (size_t)count * sizeof *sum);
    for (int copy = 1; copy < copy_count; copy++) add(copies[copy] + lower, count, sum);
}

void parp_sum_to_all(float *const *copies, int copy_count, int64_t lower, int64_t upper) {
    if (copy_count == 1) return;
    if (copy_count == 2) return sum_two(copies[0], copies[1], lower, upper);
    if (copy_count == 3) return sum_three(copies[0], copies[1], copies[2], lower, upper);
    if (copy_count == 4) return sum_four(copies[0], copies[1], copies[2], copies[3], lower, upper);
    float sum[kBlock];
    for (; lower < upper; lower += kBlock) {
        int64_t count = upper - lower < kBlock ? upper - lower : kBlock;
        sum_block(copies, copy_count, lower, count, sum);
        for (int copy = 0; copy < copy_count; copy++)
            memcpy(copies[copy] + lower, sum, (size_t)count * sizeof *sum);
    }
}

void parp_sum_to_one(float *const *copies, int copy_count, int64_t lower, int64_t upper, float *target) {
    if (copy_count == 1) return;
    float sum[kBlock];
    for (; lower < upper; lower += kBlock) {
        int64_t count = upper - lower < kBlock ? upper - lower : kBlock;
        sum_block(copies, copy_count, lower, count, sum);
        memcpy(target + lower, sum, (size_t)count * sizeof *sum);
    }
}

void parp_sum_pieces(const float *pieces, int piece_count, int64_t count, float *sum) {
    memcpy(sum, pieces, (size_t)count * sizeof *sum);
    for (int piece = 1; piece < piece_count; piece++) add(pieces + piece * count, count, sum);
}

// Rounds to nearest, ties to even; NaN stays NaN.
static inline uint16_t round_to_bfloat16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
    uint32_t quiet = bits >> 16 | 0x40u;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
}

static inline float widen(uint16_t value) {
    uint32_t bits = (uint32_t)value << 16;
    float wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

PARP_VECTOR void parp_to_bfloat16(const float *values, int64_t count, uint16_t *rounded) {
    for (int64_t i = 0; i < count; i++) rounded[i] = round_to_bfloat16(values[i]);
}

PARP_VECTOR void parp_from_bfloat16(const uint16_t *rounded, int64_t count, float *values) {
    for (int64_t i = 0; i < count; i++) values[i] = widen(rounded[i]);
}

PARP_VECTOR static void add_bfloat16(const uint16_t *restrict values, int64_t count, float *restrict sum) {
    for (int64_t i = 0; i < count; i++) sum[i] += widen(values[i]);
}

void parp_sum_bfloat16_pieces(const uint16_t *pieces, int piece_count, int64_t count, uint16_t *rounded) {
    float sum[kBlock];
    for (int64_t lower = 0; lower < count; lower += kBlock) {
        int64_t part = count - lower < kBlock ? count - lower : kBlock;
        parp_from_bfloat16(pieces + lower, part, sum);
        for (int piece = 1; piece < piece_count; piece++)
            add_bfloat16(pieces + piece * count + lower, part, sum);
        parp_to_bfloat16(sum, part, rounded + lower);
    }
}

static inline uint64_t bit(const uint64_t *bits, int64_t index) { return bits[index >> 6] >> (index & 63) & 1; }

int64_t parp_count_kept(const uint64_t *kept, int64_t first_bit, int64_t count) {
    int64_t total = 0, index = first_bit, end = first_bit + count;
    for (; index < end && (index & 63); index++) total += (int64_t)bit(kept, index);
    for (; index + 64 <= end; index += 64) total += __builtin_popcountll(kept[index >> 6]);
    for (; index < end; index++) total += (int64_t)bit(kept, index);
    return total;
}

// Every element is written and the place moves on past those kept: half of random bits would mispredict a branch.
void parp_pack(const float *values, int64_t count, const uint64_t *kept, int64_t first_bit, float *packed) {
    for (int64_t i = 0; i < count; i++) {
        *packed = values[i];
        packed += bit(kept, first_bit + i);
    }
}

void parp_unpack(const float *packed, int64_t count, const uint64_t *kept, int64_t first_bit, float *values) {
    for (int64_t i = 0; i < count; i++) {
        uint64_t isKept = bit(kept, first_bit + i);
        float value = *packed;
        values[i] = isKept ? value : 0;
        packed += isKept;
    }
}

// A word of bits at a time: where it does not change, the loop vectorises.
PARP_VECTOR static void clear_words(float *values, int64_t words, const uint64_t *kept) {
    for (int64_t word = 0; word < words; word++) {
        uint64_t bits = kept[word];
        float *block = values + 64 * word;
        for (int i = 0; i < 64; i++) block[i] = bits >> i & 1 ? block[i] : 0;
    }
}

static void clear_each(float *values, int64_t lower, int64_t upper, const uint64_t *kept, int64_t first_bit) {
    for (int64_t i = lower; i < upper; i++) values[i] = bit(kept, first_bit + i) ? values[i] : 0;
}

void parp_clear_dropped(float *values, int64_t count, const uint64_t *kept, int64_t first_bit) {
    int64_t head = -first_bit & 63;
    if (head > count) head = count;
    int64_t words = (count - head) / 64;
    clear_each(values, 0, head, kept, first_bit);
    clear_words(values + head, words, kept + ((first_bit + head) >> 6));
    clear_each(values, head + 64 * words, count, kept, first_bit);
}
