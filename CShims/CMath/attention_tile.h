// One head's attention, written once and compiled for each instruction set by attention.c, which defines before
// each inclusion:
//   NAME(x)       x with the instruction set's suffix
//   TARGET        the functions' attribute
//   LANES         floats of a vector; a tile of TILE_ROWS × TILE_VECTORS of them stays in registers
//   PAIRS         where numbers to be multiplied are pairs of bfloat16, each in the place of a float

typedef float NAME(vector) __attribute__((vector_size(4 * LANES)));
typedef float NAME(unaligned) __attribute__((vector_size(4 * LANES), aligned(4)));

#ifdef PAIRS
TARGET PARP_INLINE NAME(vector) NAME(multiply_add)(float x, NAME(vector) y, NAME(vector) sum) {
    return (NAME(vector))_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_ps(x), (__m512bh)y);
}
#else
TARGET PARP_INLINE NAME(vector) NAME(multiply_add)(float x, NAME(vector) y, NAME(vector) sum) { return sum + x * y; }
#endif

// C (rows, vectors) = or += A (rows, depth) B (depth, vectors). A may be transposed: its rows and columns are any
// number of elements apart.
TARGET PARP_INLINE void NAME(tile)(int rows, int vectors, int64_t depth, const float *a, int64_t a_row,
                                   int64_t a_column, const float *b, int64_t b_row, float *c, int64_t c_row,
                                   int adding) {
    NAME(vector) sums[TILE_ROWS][TILE_VECTORS], factors[TILE_VECTORS];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++)
            sums[r][v] = adding ? *(const NAME(unaligned) *)(c + r * c_row + v * LANES) : (NAME(vector)){0};
    for (int64_t k = 0; k < depth; k++) {
        UNROLL for (int v = 0; v < vectors; v++)
            factors[v] = *(const NAME(unaligned) *)(b + k * b_row + v * LANES);
        UNROLL for (int r = 0; r < rows; r++) {
            float x = a[r * a_row + k * a_column];
            UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = NAME(multiply_add)(x, factors[v], sums[r][v]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++)
            *(NAME(unaligned) *)(c + r * c_row + v * LANES) = sums[r][v];
}

// The loops of a tile can be unrolled only where its extents are constants.
#define TILE(ROWS, VECTORS)                                                                                  \
    case ROWS * 8 + VECTORS:                                                                                 \
        NAME(tile)(ROWS, VECTORS, depth, a, a_row, a_column, b, b_row, c, c_row, adding);                    \
        break;
#if TILE_VECTORS == 4
#define TILES(ROWS) TILE(ROWS, 1) TILE(ROWS, 2) TILE(ROWS, 3) TILE(ROWS, 4)
#else
#define TILES(ROWS) TILE(ROWS, 1) TILE(ROWS, 2)
#endif

TARGET static void NAME(any_tile)(int64_t rows, int64_t vectors, int64_t depth, const float *a, int64_t a_row,
                                  int64_t a_column, const float *b, int64_t b_row, float *c, int64_t c_row,
                                  int adding) {
    switch (rows * 8 + vectors) { TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6) }
}

#undef TILE
#undef TILES

// C (m, n) = or += A (m, k) B (k, n), n a multiple of 16. B is in panels of kPanel columns; each piece of one that
// the first cache holds meets all rows of A.
TARGET static void NAME(product)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_column,
                                 panels b, float *c, int64_t c_row, int adding) {
    enum { kColumns = TILE_VECTORS * LANES, kDepth = 64 };
    for (int64_t first = 0; first < k; first += kDepth)
        for (int64_t column = 0; column < n; column += kColumns) {
            const float *piece = b.data + column / kPanel * b.panel + column % kPanel + first * b.row;
            int64_t vectors = smaller(n - column, kColumns) / LANES;
            for (int64_t row = 0; row < m; row += TILE_ROWS)
                NAME(any_tile)(smaller(m - row, TILE_ROWS), vectors, smaller(k - first, kDepth),
                               a + row * a_row + first * a_column, a_row, a_column, piece, b.row,
                               c + row * c_row + column, c_row, adding || first > 0);
        }
}

#ifndef PAIRS

TARGET static float NAME(largest)(const float *x, int64_t count) {
    float lanes[PARP_LANES], highest = -INFINITY;
    for (int lane = 0; lane < PARP_LANES; lane++) lanes[lane] = -INFINITY;
    int64_t whole = count / PARP_LANES * PARP_LANES;
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) lanes[lane] = parp_max(lanes[lane], x[i + lane]);
    for (int lane = 0; lane < PARP_LANES; lane++) highest = parp_max(highest, lanes[lane]);
    for (int64_t i = whole; i < count; i++) highest = parp_max(highest, x[i]);
    return highest;
}

// s becomes dropout(exp(scale s - shift)); returns the sum before dropout.
TARGET PARP_INLINE float NAME(exponentials)(float *s, int64_t count, float scale, float shift, int drops, parp_dropout_rule rule) {
    float lanes[PARP_LANES] = {0}, sum = 0;
    int64_t whole = count / PARP_LANES * PARP_LANES;
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) {
            float e = parp_exp(s[i + lane] * scale - shift);
            lanes[lane] += e;
            s[i + lane] = drops ? e * parp_dropout_factor(rule, i + lane) : e;
        }
    for (int lane = 0; lane < PARP_LANES; lane++) sum += lanes[lane];
    for (int64_t i = whole; i < count; i++) {
        float e = parp_exp(s[i] * scale - shift);
        sum += e;
        s[i] = drops ? e * parp_dropout_factor(rule, i) : e;
    }
    return sum;
}

// From scores and the gradient dp of what dropout made of the probabilities p: s becomes dropout(p), and dp the
// scores' gradient scale p (dropout(dp) - delta).
TARGET PARP_INLINE void NAME(differentiate)(float *s, float *dp, int64_t count, float scale, float log_sum_exp,
                                            float delta, int drops, parp_dropout_rule rule) {
    PARP_ELEMENTWISE
    for (int64_t i = 0; i < count; i++) {
        float p = parp_exp(s[i] * scale - log_sum_exp);
        float factor = drops ? parp_dropout_factor(rule, i) : 1.0f;
        s[i] = p * factor;
        dp[i] = p * (dp[i] * factor - delta) * scale;
    }
}

// Scores become probabilities, not yet divided by their sum. The running maximum and sum of each row let later blocks
// be added: what was summed so far is scaled to the new maximum.
TARGET static void NAME(softmax)(const parp_attention *of, const key_block *keys, const query_block *queries,
                                 float *scores, float *maximum, float *sum, float *output) {
    int64_t size = padded(of->head_size);
    for (int64_t row = 0; row < queries->count; row++) {
        float *s = scores + row * keys->stride, before = maximum[row];
        float highest = parp_max(before, NAME(largest)(s, keys->count) * of->scale);
        parp_dropout_rule rule = row_rule(of, queries->first + row, keys->first);
        float added = rule.threshold ? NAME(exponentials)(s, keys->count, of->scale, highest, 1, rule)
                                     : NAME(exponentials)(s, keys->count, of->scale, highest, 0, rule);
        if (keys->first > 0 && highest > before) {
            float factor = parp_exp(before - highest);
            sum[row] *= factor;
            for (int64_t i = 0; i < size; i++) output[row * size + i] *= factor;
        }
        sum[row] = keys->first > 0 ? sum[row] + added : added;
        maximum[row] = highest;
    }
}

TARGET static void NAME(softmax_backward)(const parp_attention *of, const key_block *keys,
                                          const query_block *queries, float *scores, float *dscores) {
    for (int64_t row = 0; row < queries->count; row++) {
        float *s = scores + row * keys->stride, *dp = dscores + row * keys->stride;
        float lse = queries->log_sum_exp[row], delta = queries->delta[row];
        parp_dropout_rule rule = row_rule(of, queries->first + row, keys->first);
        if (rule.threshold)
            NAME(differentiate)(s, dp, keys->count, of->scale, lse, delta, 1, rule);
        else
            NAME(differentiate)(s, dp, keys->count, of->scale, lse, delta, 0, rule);
    }
}

// A block of queries against a block of keys.
TARGET static void NAME(forward_block)(const parp_attention *of, const key_block *keys, const query_block *queries,
                                       score_block block, float *maximum, float *sum, float *output) {
    int64_t size = padded(of->head_size), m = queries->count, stride = keys->stride;
    NAME(product)(m, padded(keys->count), of->head_size, queries->rows, size, 1, keys->transposed, block.scores, stride,
                  0);
    NAME(softmax)(of, keys, queries, block.scores, maximum, sum, output);
    NAME(product)(m, size, keys->count, block.scores, stride, 1, keys->values, output, size, keys->first > 0);
}

TARGET static void NAME(backward_block)(const parp_attention *of, const key_block *keys, const query_block *queries,
                                        score_block block, const gradient_block *to) {
    int64_t size = padded(of->head_size), m = queries->count, stride = keys->stride;
    float *s = block.scores, *ds = block.dscores;
    NAME(product)(m, padded(keys->count), of->head_size, queries->rows, size, 1, keys->transposed, s, stride, 0);
    NAME(product)(m, padded(keys->count), of->head_size, queries->gradient, size, 1, keys->values_transposed, ds,
                  stride, 0);
    NAME(softmax_backward)(of, keys, queries, s, ds);
    NAME(product)(keys->count, size, m, s, 1, stride, queries->gradient_panels, to->dvalues, size, queries->first > 0);
    NAME(product)(keys->count, size, m, ds, 1, stride, queries->row_panels, to->dkeys, size, queries->first > 0);
    NAME(product)(m, size, keys->count, ds, stride, 1, keys->rows, to->dqueries, size, keys->first > 0);
}

#endif
