// What packed models are made of: zstd, and numbers apart into a mask and planes of bytes. Sizes are 64-bit.
#pragma once
#include <stdint.h>

// The most bytes that this many can compress to.
int64_t parp_zstd_bound(int64_t count);
// Compresses into one frame; returns the bytes written, or -1.
int64_t parp_zstd_compress(const void *from, int64_t count, void *into, int64_t capacity, int32_t level);
// The total content size stated by consecutive frames; -1 if one states none or is not a frame.
int64_t parp_zstd_content_size(const void *from, int64_t count);
// Decompresses frames that fill `capacity` bytes at most; returns how many there were, or -1.
int64_t parp_zstd_decompress(const void *from, int64_t count, void *into, int64_t capacity);

// One bit an element of `size` bytes, from the lowest up: whether one of its bits is set. Returns how many are.
int64_t parp_mask_elements(const void *elements, int64_t count, int32_t size, uint8_t *mask);
// The number of set bits of a mask; -1 if one after the last element is set.
int64_t parp_mask_kept(const uint8_t *mask, int64_t count);

// Kinds of top bytes, without their lowest bit: the second bytes lie by them.
enum { PARP_PLANE_GROUPS = 128 };
// The bytes of kept elements by significance, the lowest first. Before that an element's bits s e₇ e₆…e₀ m… (a sign, the
// exponent of a float32 or bfloat16, and its fraction) are put as e₆…e₀ s m… e₇: the top byte then holds all that is not
// random. The second bytes are grouped by the top byte's upper seven bits, in the order of these and within a group
// in that of the elements; `groups` becomes the number in each. Elements of one byte stay as they are. Without a mask
// all are kept.
void parp_split_planes(const void *elements, int64_t count, int32_t size, const uint8_t *mask, int64_t kept,
                       uint8_t *planes, int64_t *groups);
// The way back; elements that are not kept become 0.
void parp_join_planes(const uint8_t *planes, int64_t count, int32_t size, const uint8_t *mask, int64_t kept,
                      void *elements);
