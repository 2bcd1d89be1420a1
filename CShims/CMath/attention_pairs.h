// The blocks of attention.c where the CPU multiplies pairs of bfloat16. A pair takes the place of a float: of
// neighbours in a row, or, where the sum goes over rows, of two rows' numbers in a column.

#define LANES 16
#define TILE_VECTORS 4
#define PAIRS
#define NAME(x) x##_pairs
#define TARGET __attribute__((target("arch=x86-64-v4,avx512bf16,no-prefer-256-bit"), __min_vector_width__(512)))
#include "attention_tile.h"

// Rounds a row, its neighbours side by side; zeros follow the last.
TARGET static void round_row(const float *x, int64_t count, float *pairs) {
    for (int64_t i = 0; i < count; i += 16) {
        __mmask16 mask = count - i < 16 ? (__mmask16)((1u << (count - i)) - 1) : (__mmask16)0xffff;
        __m256bh rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + i));
        memcpy(pairs + i / 2, &rounded, sizeof rounded);
    }
}

// Rounds two rows, the second optional, their columns side by side.
TARGET static void pair_rows(const float *a, const float *b, int64_t count, float *pairs) {
    for (int64_t i = 0; i < count; i += 16) {
        __mmask16 mask = count - i < 16 ? (__mmask16)((1u << (count - i)) - 1) : (__mmask16)0xffff;
        __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, a + i)));
        __m512 second = b ? _mm512_maskz_loadu_ps(mask, b + i) : _mm512_setzero_ps();
        __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(second));
        _mm512_storeu_si512(pairs + i, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
    }
}

TARGET static void forward_block_pairs(const parp_attention *of, const key_block *keys, const query_block *queries,
                                       score_block block, float *maximum, float *sum, float *output) {
    int64_t size = padded(of->head_size), m = queries->count, stride = keys->stride;
    product_pairs(m, padded(keys->count), size / 2, queries->rows, size / 2, 1, keys->transposed, block.scores, stride,
                  0);
    softmax_avx512(of, keys, queries, block.scores, maximum, sum, output);
    for (int64_t row = 0; row < m; row++)
        round_row(block.scores + row * stride, keys->count, block.pairs + row * stride / 2);
    product_pairs(m, size, (keys->count + 1) / 2, block.pairs, stride / 2, 1, keys->values, output, size,
                  keys->first > 0);
}

TARGET static void backward_block_pairs(const parp_attention *of, const key_block *keys, const query_block *queries,
                                        score_block block, const gradient_block *to) {
    int64_t size = padded(of->head_size), m = queries->count, stride = keys->stride;
    float *s = block.scores, *ds = block.dscores, *pairs = block.pairs;
    product_pairs(m, padded(keys->count), size / 2, queries->rows, size / 2, 1, keys->transposed, s, stride, 0);
    product_pairs(m, padded(keys->count), size / 2, queries->gradient, size / 2, 1, keys->values_transposed, ds, stride,
                  0);
    softmax_backward_avx512(of, keys, queries, s, ds);
    for (int64_t row = 0; row < m; row += 2)
        pair_rows(s + row * stride, row + 1 < m ? s + (row + 1) * stride : NULL, keys->count, pairs + row / 2 * stride);
    product_pairs(keys->count, size, (m + 1) / 2, pairs, 1, stride, queries->gradient_panels, to->dvalues, size,
                  queries->first > 0);
    for (int64_t row = 0; row < m; row += 2)
        pair_rows(ds + row * stride, row + 1 < m ? ds + (row + 1) * stride : NULL, keys->count,
                  pairs + row / 2 * stride);
    product_pairs(keys->count, size, (m + 1) / 2, pairs, 1, stride, queries->row_panels, to->dkeys, size,
                  queries->first > 0);
    for (int64_t row = 0; row < m; row++) round_row(ds + row * stride, keys->count, pairs + row * stride / 2);
    product_pairs(m, size, (keys->count + 1) / 2, pairs, stride / 2, 1, keys->rows, to->dqueries, size,
                  keys->first > 0);
}
