#include "vector.h"

PARP_INLINE uint32_t magnitude(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7fffffffu;
}

PARP_VECTOR void parp_count_magnitudes(const float *x, int64_t count, uint32_t low, uint32_t high,
                                       int64_t *below, int64_t *inside, int64_t *not_numbers) {
    int64_t less = 0, within = 0, odd = 0;
    enum { kBlock = 4096 }; // Counters of 32 bits vectorise better and cannot overflow in a block.
    for (int64_t start = 0; start < count; start += kBlock) {
        int64_t end = start + kBlock < count ? start + kBlock : count;
        uint32_t block_less = 0, block_within = 0, block_odd = 0;
        for (int64_t i = start; i < end; i++) {
            uint32_t m = magnitude(x[i]);
            block_less += m < low;
            block_within += m - low <= high - low;
            block_odd += m > 0x7f800000u;
        }
        less += block_less;
        within += block_within;
        odd += block_odd;
    }
    *below += less;
    *inside += within;
    *not_numbers += odd;
}

PARP_VECTOR int64_t parp_collect_magnitudes(const float *x, int64_t count, uint32_t low, uint32_t high,
                                            float *collected) {
    int64_t found = 0, i = 0;
    // Few blocks hold any.
    for (; i + PARP_LANES <= count; i += PARP_LANES) {
        uint32_t any = 0;
        for (int lane = 0; lane < PARP_LANES; lane++) any |= magnitude(x[i + lane]) - low <= high - low;
        if (!any) continue;
        for (int lane = 0; lane < PARP_LANES; lane++) {
            collected[found] = x[i + lane];
            found += magnitude(x[i + lane]) - low <= high - low;
        }
    }
    for (; i < count; i++)
        if (magnitude(x[i]) - low <= high - low) collected[found++] = x[i];
    return found;
}

// Bit j of the result says whether flags[j] is 1.
PARP_INLINE uint64_t pack_flags(const uint8_t *flags) {
    uint64_t word = 0;
    for (int group = 0; group < 8; group++) {
        uint64_t eight;
        memcpy(&eight, flags + group * 8, sizeof eight);
        word |= (eight * 0x0102040810204080u >> 56) << (group * 8);
    }
    return word;
}

PARP_VECTOR void parp_magnitude_mask(const float *x, int64_t count, uint32_t threshold, int64_t *ties,
                                     uint64_t *words) {
    for (int64_t start = 0; start < count; start += 64) {
        int width = count - start < 64 ? (int)(count - start) : 64;
        uint8_t above[64] = {0}, equal[64] = {0};
        for (int j = 0; j < width; j++) {
            uint32_t m = magnitude(x[start + j]);
            above[j] = m > threshold;
            equal[j] = m == threshold;
        }
        uint64_t kept = pack_flags(above), tied = pack_flags(equal);
        // Of those at the threshold, the first go.
        for (; tied && *ties > 0; --*ties) tied &= tied - 1;
        words[start / 64] = kept | tied;
    }
}

PARP_VECTOR void parp_apply_mask(float *x, int64_t count, const uint64_t *words) {
    for (int64_t start = 0; start < count; start += 64) {
        int width = count - start < 64 ? (int)(count - start) : 64;
        uint64_t word = words[start / 64];
        for (int j = 0; j < width; j++) x[start + j] = word >> j & 1 ? x[start + j] : 0.0f;
    }
}
