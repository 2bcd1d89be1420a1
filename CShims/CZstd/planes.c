#include "CZstd.h"
#include <string.h>

// Called with a constant size, so that a copy of an element is one instruction.
#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t load(const uint8_t *elements, int64_t i, const int32_t size) {
    uint64_t element = 0;
    memcpy(&element, elements + i * size, (size_t)size);
    return element;
}

INLINE int64_t mask_elements(const uint8_t *elements, int64_t count, const int32_t size, uint8_t *mask) {
    int64_t kept = 0;
    for (int64_t start = 0; start < count; start += 8) {
        uint8_t bits = 0;
        for (int64_t i = 0; i < 8 && start + i < count; i++) {
            bits |= (uint8_t)((load(elements, start + i, size) != 0) << i);
        }
        mask[start / 8] = bits;
        kept += __builtin_popcount(bits);
    }
    return kept;
}

INLINE uint64_t reordered(uint64_t v, const int32_t size) {
    const int bits = 8 * size;
    if (size == 1) return v;
    uint64_t top = v >> (bits - 9) & 0x7f, rest = v & ((UINT64_C(1) << (bits - 9)) - 1);
    return top << (bits - 7) | (v >> (bits - 1)) << (bits - 8) | rest << 1 | (v >> (bits - 2) & 1);
}

INLINE uint64_t restored(uint64_t r, const int32_t size) {
    const int bits = 8 * size;
    if (size == 1) return r;
    uint64_t top = r >> (bits - 7), rest = r >> 1 & ((UINT64_C(1) << (bits - 9)) - 1);
    return (r >> (bits - 8) & 1) << (bits - 1) | (r & 1) << (bits - 2) | top << (bits - 9) | rest;
}

// Where the second byte of the next element of each group goes.
INLINE void start_groups(const int64_t *groups, int64_t *next) {
    int64_t start = 0;
    for (int group = 0; group < PARP_PLANE_GROUPS; group++) {
        next[group] = start;
        start += groups[group];
    }
}

INLINE int is_kept(const uint8_t *mask, int64_t i) { return !mask || (mask[i / 8] >> (i % 8) & 1); }

INLINE void split(const uint8_t *elements, int64_t count, const int32_t size, const uint8_t *mask, int64_t kept,
                  uint8_t *planes, int64_t *groups) {
    uint8_t *top = planes + (size - 1) * kept;
    int64_t place = 0, next[PARP_PLANE_GROUPS];
    memset(groups, 0, PARP_PLANE_GROUPS * sizeof *groups);
    for (int64_t i = 0; i < count; i++) {
        if (!is_kept(mask, i)) continue;
        uint64_t element = reordered(load(elements, i, size), size);
        for (int32_t byte = 0; byte < size - 2; byte++)
            planes[byte * kept + place] = (uint8_t)(element >> 8 * byte);
        top[place] = (uint8_t)(element >> 8 * (size - 1));
        groups[top[place] >> 1]++;
        place++;
    }
    if (size == 1) return;
    start_groups(groups, next);
    place = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!is_kept(mask, i)) continue;
        uint64_t element = reordered(load(elements, i, size), size);
        planes[(size - 2) * kept + next[top[place++] >> 1]++] = (uint8_t)(element >> 8 * (size - 2));
    }
}

INLINE void join(const uint8_t *planes, int64_t count, const int32_t size, const uint8_t *mask, int64_t kept,
                 uint8_t *elements) {
    const uint8_t *top = planes + (size - 1) * kept;
    int64_t place = 0, groups[PARP_PLANE_GROUPS] = {0}, next[PARP_PLANE_GROUPS];
    for (int64_t i = 0; i < kept; i++) groups[top[i] >> 1]++;
    start_groups(groups, next);
    if (mask) memset(elements, 0, (size_t)(count * size));
    for (int64_t i = 0; i < count; i++) {
        if (!is_kept(mask, i)) continue;
        uint64_t element = (uint64_t)top[place] << 8 * (size - 1);
        if (size > 1)
            element |= (uint64_t)planes[(size - 2) * kept + next[top[place] >> 1]++] << 8 * (size - 2);
        for (int32_t byte = 0; byte < size - 2; byte++)
            element |= (uint64_t)planes[byte * kept + place] << 8 * byte;
        element = restored(element, size);
        memcpy(elements + i * size, &element, (size_t)size);
        place++;
    }
}

#define FOR_SIZE(SIZE, CALL)                                                                                \
    switch (SIZE) {                                                                                         \
    case 1: return CALL(1);                                                                                 \
    case 2: return CALL(2);                                                                                 \
    case 4: return CALL(4);                                                                                 \
    default: return CALL(8);                                                                                \
    }

int64_t parp_mask_elements(const void *elements, int64_t count, int32_t size, uint8_t *mask) {
#define MASK(SIZE) mask_elements(elements, count, SIZE, mask)
    FOR_SIZE(size, MASK)
}

int64_t parp_mask_kept(const uint8_t *mask, int64_t count) {
    int64_t kept = 0, bytes = (count + 7) / 8;
    if (count % 8 != 0 && mask[bytes - 1] >> (count % 8) != 0) return -1;
    for (int64_t i = 0; i < bytes; i++) kept += __builtin_popcount(mask[i]);
    return kept;
}

void parp_split_planes(const void *elements, int64_t count, int32_t size, const uint8_t *mask, int64_t kept,
                       uint8_t *planes, int64_t *groups) {
#define SPLIT(SIZE) split(elements, count, SIZE, mask, kept, planes, groups)
    FOR_SIZE(size, SPLIT)
}

void parp_join_planes(const uint8_t *planes, int64_t count, int32_t size, const uint8_t *mask, int64_t kept,
                      void *elements) {
#define JOIN(SIZE) join(planes, count, SIZE, mask, kept, elements)
    FOR_SIZE(size, JOIN)
}
