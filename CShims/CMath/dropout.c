#include "vector.h"

PARP_VECTOR void parp_dropout(const float *x, float *y, int64_t count, uint32_t first_index, uint64_t key,
                              uint32_t threshold, float scale) {
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits = parp_counted_bits(first_index + (uint32_t)i, key);
        y[i] = bits >= threshold ? x[i] * scale : 0.0f;
    }
}
