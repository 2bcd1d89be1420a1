#include "CZstd.h"
#include "../System/Zstd/shim.h"
#include <string.h>

int64_t parp_zstd_bound(int64_t count) { return (int64_t)ZSTD_compressBound((size_t)count); }

int64_t parp_zstd_compress(const void *from, int64_t count, void *into, int64_t capacity, int32_t level) {
    size_t written = ZSTD_compress(into, (size_t)capacity, from, (size_t)count, level);
    return ZSTD_isError(written) ? -1 : (int64_t)written;
}

int64_t parp_zstd_content_size(const void *from, int64_t count) {
    const uint8_t *frame = from;
    size_t left = (size_t)count;
    int64_t sum = 0;
    do {
        unsigned long long size = ZSTD_getFrameContentSize(frame, left);
        size_t length = ZSTD_findFrameCompressedSize(frame, left);
        if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || ZSTD_isError(length) ||
            size > (unsigned long long)(INT64_MAX - sum))
            return -1;
        sum += (int64_t)size;
        frame += length;
        left -= length;
    } while (left > 0);
    return sum;
}

int64_t parp_zstd_decompress(const void *from, int64_t count, void *into, int64_t capacity) {
    size_t written = ZSTD_decompress(into, (size_t)capacity, from, (size_t)count);
    return ZSTD_isError(written) ? -1 : (int64_t)written;
}
