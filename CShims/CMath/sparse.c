// Products with a sparse matrix: activations are in panels, frames contiguous, so that one weight multiplies whole
// vectors of frames (Elsen et al., 2020, "Fast Sparse ConvNets"). The inner dimension is cut into blocks whose part
// of a panel stays in the first cache.
#include "vector.h"

#ifdef __clang__
#define PARP_WIDE PARP_VECTOR __attribute__((min_vector_width(512)))
#else
#define PARP_WIDE PARP_VECTOR
#endif
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wpsabi" // Vectors never leave this file.
#endif

enum { LANES = PARP_SPARSE_LANES };
typedef float vector __attribute__((vector_size(4 * LANES)));
typedef float loose_vector __attribute__((vector_size(4 * LANES), aligned(4)));
typedef float quad __attribute__((vector_size(16)));
typedef float loose_quad __attribute__((vector_size(16), aligned(4)));

// pattern

PARP_VECTOR void parp_nonzero_bits(const float *x, int64_t count, uint64_t *words) {
    for (int64_t start = 0; start < count; start += 64) {
        uint64_t word = 0;
        int64_t end = count - start < 64 ? count - start : 64;
        for (int64_t i = 0; i < end; i++) word |= (uint64_t)(x[start + i] != 0.0f) << i;
        words[start / 64] = word;
    }
}

// Up to 64 bits from a place on.
PARP_INLINE uint64_t bits_from(const uint64_t *words, int64_t bit, int64_t count) {
    int64_t word = bit >> 6, shift = bit & 63;
    uint64_t value = words[word] >> shift;
    if (shift != 0 && shift + count > 64) value |= words[word + 1] << (64 - shift);
    return count < 64 ? value & ((UINT64_C(1) << count) - 1) : value;
}

int64_t parp_count_bits(const uint64_t *words, int64_t first_bit, int64_t count) {
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i += 64)
        sum += __builtin_popcountll(bits_from(words, first_bit + i, count - i < 64 ? count - i : 64));
    return sum;
}

// The bucket of a weight, and its place in there: blocks of columns, in each the rows in order.
PARP_INLINE int64_t bucket_of(parp_sparse_shape shape, int64_t row, int64_t column, int64_t *place) {
    int64_t inner = shape.transposed ? row : column, outer = shape.transposed ? column : row;
    *place = inner % PARP_SPARSE_BLOCK;
    return inner / PARP_SPARSE_BLOCK * (shape.transposed ? shape.columns : shape.rows) + outer;
}

#define FOR_EACH_KEPT(WORDS, FIRST, SHAPE, BODY)                                                            \
    for (int64_t row = 0; row < (SHAPE).rows; row++)                                                        \
        for (int64_t start = 0; start < (SHAPE).columns; start += 64) {                                     \
            int64_t left = (SHAPE).columns - start;                                                         \
            uint64_t kept =                                                                                 \
                bits_from(WORDS, (FIRST) + row * (SHAPE).columns + start, left < 64 ? left : 64);           \
            for (; kept != 0; kept &= kept - 1) {                                                           \
                int64_t column = start + __builtin_ctzll(kept);                                             \
                BODY                                                                                        \
            }                                                                                               \
        }

PARP_INLINE int64_t bucket_count(parp_sparse_shape shape) {
    int64_t inner = shape.transposed ? shape.rows : shape.columns;
    int64_t outer = shape.transposed ? shape.columns : shape.rows;
    return (inner + PARP_SPARSE_BLOCK - 1) / PARP_SPARSE_BLOCK * outer;
}

void parp_sparse_count(const uint64_t *words, int64_t first_bit, parp_sparse_shape shape, int32_t *starts) {
    int64_t buckets = bucket_count(shape), place;
    memset(starts, 0, (size_t)(buckets + 1) * sizeof *starts);
    FOR_EACH_KEPT(words, first_bit, shape, { starts[bucket_of(shape, row, column, &place) + 1]++; })
    for (int64_t bucket = 0; bucket < buckets; bucket++) starts[bucket + 1] += starts[bucket];
}

void parp_sparse_place(const uint64_t *words, int64_t first_bit, parp_sparse_shape shape, int32_t *starts,
                       uint8_t *places) {
    int64_t place;
    // Starts count up to the next bucket's while buckets fill, and are moved back afterwards.
    FOR_EACH_KEPT(words, first_bit, shape, {
        int64_t bucket = bucket_of(shape, row, column, &place);
        places[starts[bucket]++] = (uint8_t)place;
    })
    memmove(starts + 1, starts, (size_t)bucket_count(shape) * sizeof *starts);
    starts[0] = 0;
}

// Calls BODY with `k`, the place among the kept values, and `at`, that in the dense matrix, of each of them in a range
// of the sparse matrix's rows.
#define FOR_EACH_VALUE(MATRIX, SHAPE, FIRST, END, BODY)                                                     \
    for (int64_t block = 0; block * PARP_SPARSE_BLOCK < (MATRIX).columns; block++)                          \
        for (int64_t row = (FIRST); row < (END); row++) {                                                   \
            const int32_t *starts = (MATRIX).starts + block * (MATRIX).rows + row;                          \
            int64_t row_step = (SHAPE).transposed ? 1 : (SHAPE).columns;                                    \
            int64_t column_step = (SHAPE).transposed ? (SHAPE).columns : 1;                                 \
            int64_t origin = row * row_step + block * PARP_SPARSE_BLOCK * column_step;                      \
            for (int64_t k = starts[0]; k < starts[1]; k++) {                                               \
                int64_t at = origin + (MATRIX).places[k] * column_step;                                     \
                BODY                                                                                        \
            }                                                                                               \
        }

void parp_sparse_gather(parp_sparse matrix, parp_sparse_shape shape, int64_t first_row, int64_t end_row,
                        const float *dense) {
    FOR_EACH_VALUE(matrix, shape, first_row, end_row, { matrix.values[k] = dense[at]; })
}

void parp_sparse_scatter_add(parp_sparse matrix, parp_sparse_shape shape, int64_t first_row, int64_t end_row,
                             float *dense) {
    FOR_EACH_VALUE(matrix, shape, first_row, end_row, { dense[at] += matrix.values[k]; })
}

// panels

#define SHUFFLE_LOW(D, A, B)                                                                                \
    __builtin_shufflevector(A, B, LOW(0, D), LOW(1, D), LOW(2, D), LOW(3, D), LOW(4, D), LOW(5, D), LOW(6, D), \
                            LOW(7, D), LOW(8, D), LOW(9, D), LOW(10, D), LOW(11, D), LOW(12, D), LOW(13, D),   \
                            LOW(14, D), LOW(15, D))
#define SHUFFLE_HIGH(D, A, B)                                                                               \
    __builtin_shufflevector(A, B, HIGH(0, D), HIGH(1, D), HIGH(2, D), HIGH(3, D), HIGH(4, D), HIGH(5, D),   \
                            HIGH(6, D), HIGH(7, D), HIGH(8, D), HIGH(9, D), HIGH(10, D), HIGH(11, D),       \
                            HIGH(12, D), HIGH(13, D), HIGH(14, D), HIGH(15, D))
// Element j of two rows `D` apart after their blocks of D × D have changed places across the diagonal.
#define LOW(J, D) (((J) & (D)) == 0 ? (J) : LANES + (J) - (D))
#define HIGH(J, D) (((J) & (D)) == 0 ? (J) + (D) : LANES + (J))
#define SWAP_BLOCKS(D, M)                                                                                   \
    for (int i = 0; i < LANES; i++)                                                                         \
        if ((i & (D)) == 0) {                                                                               \
            vector low = SHUFFLE_LOW(D, (M)[i], (M)[i + (D)]);                                              \
            (M)[i + (D)] = SHUFFLE_HIGH(D, (M)[i], (M)[i + (D)]);                                           \
            (M)[i] = low;                                                                                   \
        }

PARP_INLINE void transpose(vector m[LANES]) {
    SWAP_BLOCKS(8, m)
    SWAP_BLOCKS(4, m)
    SWAP_BLOCKS(2, m)
    SWAP_BLOCKS(1, m)
}

PARP_WIDE void parp_panel_pack(const float *x, int64_t stride, int64_t frames, int64_t channels, int64_t width,
                               float *panel) {
    for (int64_t channel = 0; channel < channels; channel += LANES) {
        int64_t valid = channels - channel < LANES ? channels - channel : LANES;
        for (int64_t part = 0; part < width; part++) {
            const float *origin = x + part * LANES * stride + channel;
            int64_t rows = frames - part * LANES;
            vector m[LANES];
            if (rows >= LANES && valid == LANES) {
                for (int i = 0; i < LANES; i++) m[i] = *(const loose_vector *)(origin + i * stride);
            } else {
                memset(m, 0, sizeof m);
                for (int i = 0; i < LANES && i < rows; i++)
                    memcpy(m + i, origin + i * stride, (size_t)valid * sizeof *x);
            }
            transpose(m);
            vector *target = (vector *)(panel + channel * width * LANES) + part;
            for (int i = 0; i < valid; i++) target[i * width] = m[i];
        }
    }
}

PARP_WIDE void parp_panel_unpack(const float *panel, int64_t width, int64_t frames, int64_t channels,
                                 const float *bias, int adding, float *y, int64_t stride) {
    for (int64_t channel = 0; channel < channels; channel += LANES) {
        int64_t valid = channels - channel < LANES ? channels - channel : LANES;
        vector offset = {0};
        if (bias) memcpy(&offset, bias + channel, (size_t)valid * sizeof *bias);
        for (int64_t part = 0; part < width; part++) {
            const vector *source = (const vector *)(panel + channel * width * LANES) + part;
            float *origin = y + part * LANES * stride + channel;
            int64_t rows = frames - part * LANES < LANES ? frames - part * LANES : LANES;
            vector m[LANES];
            for (int i = 0; i < LANES; i++) m[i] = source[(i < valid ? i : 0) * width];
            transpose(m);
            if (rows == LANES && valid == LANES) {
                for (int i = 0; i < LANES; i++) {
                    loose_vector *target = (loose_vector *)(origin + i * stride);
                    *target = adding ? *target + m[i] : m[i] + offset;
                }
            } else {
                for (int i = 0; i < rows; i++) {
                    vector before = {0};
                    if (adding) memcpy(&before, origin + i * stride, (size_t)valid * sizeof *y);
                    vector sum = m[i] + (adding ? before : offset);
                    memcpy(origin + i * stride, &sum, (size_t)valid * sizeof *y);
                }
            }
        }
    }
}

// products

PARP_INLINE void multiply(parp_sparse w, int64_t first, int64_t end, const float *x, int adding, float *y,
                          const int width) {
    for (int64_t block = 0; block * PARP_SPARSE_BLOCK < w.columns; block++) {
        const vector *inputs = (const vector *)x + block * PARP_SPARSE_BLOCK * width;
        const int32_t *starts = w.starts + block * w.rows;
        for (int64_t row = first; row < end; row++) {
            vector *output = (vector *)y + row * width;
            vector sum[PARP_SPARSE_WIDTH];
            for (int j = 0; j < width; j++) sum[j] = block == 0 && !adding ? (vector){0} : output[j];
            for (int32_t k = starts[row]; k < starts[row + 1]; k++) {
                const vector *input = inputs + (size_t)w.places[k] * (size_t)width;
                float value = w.values[k];
                for (int j = 0; j < width; j++) sum[j] += value * input[j];
            }
            for (int j = 0; j < width; j++) output[j] = sum[j];
        }
    }
}

// The sums of four vectors' elements.
PARP_INLINE quad sums_of(const vector s[4]) {
    vector low = __builtin_shufflevector(s[0], s[1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +
                 __builtin_shufflevector(s[0], s[1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    vector high = __builtin_shufflevector(s[2], s[3], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +
                  __builtin_shufflevector(s[2], s[3], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    vector all = __builtin_shufflevector(low, high, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
                 __builtin_shufflevector(low, high, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    return (__builtin_shufflevector(all, all, 0, 1, 2, 3) + __builtin_shufflevector(all, all, 4, 5, 6, 7)) +
           (__builtin_shufflevector(all, all, 8, 9, 10, 11) + __builtin_shufflevector(all, all, 12, 13, 14, 15));
}

// The products of a row's gradient with four inputs, `places` apart.
PARP_INLINE quad products_of(const vector *gradient, const vector *inputs, const uint8_t *places, const int last,
                             const int width) {
    vector sum[4];
    for (int lane = 0; lane < 4; lane++) {
        const vector *input = inputs + (size_t)places[lane < last ? lane : last] * (size_t)width;
        sum[lane] = gradient[0] * input[0];
        for (int j = 1; j < width; j++) sum[lane] += gradient[j] * input[j];
    }
    return sums_of(sum);
}

PARP_INLINE void sample(parp_sparse dw, int64_t first, int64_t end, const float *dy, const float *x,
                        const int width) {
    for (int64_t block = 0; block * PARP_SPARSE_BLOCK < dw.columns; block++) {
        const vector *inputs = (const vector *)x + block * PARP_SPARSE_BLOCK * width;
        const int32_t *starts = dw.starts + block * dw.rows;
        for (int64_t row = first; row < end; row++) {
            vector gradient[PARP_SPARSE_WIDTH];
            for (int j = 0; j < width; j++) gradient[j] = ((const vector *)dy)[row * width + j];
            int32_t k = starts[row], limit = starts[row + 1];
            for (; k + 4 <= limit; k += 4)
                *(loose_quad *)(dw.values + k) += products_of(gradient, inputs, dw.places + k, 3, width);
            if (k == limit) continue;
            // Past the end the last one is used again and ignored.
            quad rest = products_of(gradient, inputs, dw.places + k, limit - k - 1, width);
            for (int lane = 0; lane < limit - k; lane++) dw.values[k + lane] += rest[lane];
        }
    }
}

#define FOR_WIDTH(WIDTH, CALL)                                                                              \
    switch (WIDTH) {                                                                                        \
    case 1: CALL(1); break;                                                                                 \
    case 2: CALL(2); break;                                                                                 \
    case 3: CALL(3); break;                                                                                 \
    case 4: CALL(4); break;                                                                                 \
    case 5: CALL(5); break;                                                                                 \
    default: CALL(6);                                                                                       \
    }

PARP_WIDE void parp_sparse_multiply(parp_sparse w, int64_t first_row, int64_t end_row, const float *x,
                                    int64_t width, int adding, float *y) {
#define MULTIPLY(WIDTH) multiply(w, first_row, end_row, x, adding, y, WIDTH)
    FOR_WIDTH(width, MULTIPLY)
}

PARP_WIDE void parp_sparse_sample(parp_sparse dw, int64_t first_row, int64_t end_row, const float *dy,
                                  const float *x, int64_t width) {
#define SAMPLE(WIDTH) sample(dw, first_row, end_row, dy, x, WIDTH)
    FOR_WIDTH(width, SAMPLE)
}
