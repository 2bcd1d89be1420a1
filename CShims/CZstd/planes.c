#include "CZstd.h"
#include <string.h>

// Called with a constant size, so that a copy of an element is one instruction.
#define INLINE static inline __attribute__((always_inline))

INLINE int64_t mask_elements(const uint8_t *elements, int64_t count, const int32_t size, uint8_t *mask) {
    int64_t kept = 0;
    for (int64_t start = 0; start < count; start += 8) {
        uint8_t bits = 0;
        for (int64_t i = 0; i < 8 && start + i < count; i++) {
            uint64_t element = 0;
            memcpy(&element, elements + (start + i) * size, (size_t)size);
            bits |= (uint8_t)((element != 0) << i);
        }
        mask[start / 8] = bits;
        kept += __builtin_popcount(bits);
    }
    return kept;
}

INLINE void split(const uint8_t *elements, int64_t count, const int32_t size, const uint8_t *mask, int64_t kept,
                  uint8_t *planes) {
    int64_t place = 0;
    for (int64_t i = 0; i < count; i++) {
        if (mask && !(mask[i / 8] >> (i % 8) & 1)) continue;
        for (int32_t byte = 0; byte < size; byte++) planes[byte * kept + place] = elements[i * size + byte];
        place++;
    }
}

INLINE void join(const uint8_t *planes, int64_t count, const int32_t size, const uint8_t *mask, int64_t kept,
                 uint8_t *elements) {
    int64_t place = 0;
    if (!mask) {
        for (; place < count; place++)
            for (int32_t byte = 0; byte < size; byte++)
                elements[place * size + byte] = planes[byte * kept + place];
        return;
    }
    memset(elements, 0, (size_t)(count * size));
    for (int64_t start = 0; start < count; start += 8)
        for (unsigned bits = mask[start / 8]; bits != 0; bits &= bits - 1, place++) {
            uint8_t *element = elements + (start + __builtin_ctz(bits)) * size;
            for (int32_t byte = 0; byte < size; byte++) element[byte] = planes[byte * kept + place];
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
                       uint8_t *planes) {
#define SPLIT(SIZE) split(elements, count, SIZE, mask, kept, planes)
    FOR_SIZE(size, SPLIT)
}

void parp_join_planes(const uint8_t *planes, int64_t count, int32_t size, const uint8_t *mask, int64_t kept,
                      void *elements) {
#define JOIN(SIZE) join(planes, count, SIZE, mask, kept, elements)
    FOR_SIZE(size, JOIN)
}
