// Attention of one head by blocks of queries and keys whose scores stay in cache, so that memory grows with the
// length of an utterance and not with its square (Dao et al., 2022, algorithms 1 and 4).
#include "vector.h"

// Columns per panel of a tile's B.
enum { kPanel = 64 };
// Blocks: scores of one, twice in backward, fit the L2 cache beside a block's keys and values. Forward packs keys and
// values once for each group of queries.
enum { kQueries = 48, kKeys = 512, kGroup = 20 * kQueries };

PARP_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
PARP_INLINE int64_t padded(int64_t count) { return (count + 15) & ~(int64_t)15; }

// Keys of a block, in whole panels, and queries of a group: short utterances take less scratch.
PARP_INLINE int64_t block_keys(int64_t keys) { return smaller(kKeys, (keys + kPanel - 1) / kPanel * kPanel); }
PARP_INLINE int64_t group_queries(int64_t keys) { return smaller(kGroup, padded(keys)); }
// Rows of scores are apart by no power of two, for their columns would share a few sets of the first cache.
PARP_INLINE int64_t score_stride(int64_t keys) { return block_keys(keys) + 16; }

// A matrix of panels side by side: rows of a panel are `row` elements apart, panels `panel`.
typedef struct {
    const float *data;
    int64_t row, panel;
} panels;

typedef struct {
    int64_t first, count;
    // Of the scores with these keys.
    int64_t stride;
    panels transposed, rows, values, values_transposed;
} key_block;

// Rows of queries and of their contexts' gradients, and both again as the second factor of a product over rows.
typedef struct {
    int64_t first, count;
    const float *rows, *gradient, *log_sum_exp, *delta;
    panels row_panels, gradient_panels;
} query_block;

// Scratch for the scores of a block, their gradients, and either in pairs of bfloat16.
typedef struct {
    float *scores, *dscores, *pairs;
} score_block;

typedef struct {
    float *dqueries, *dkeys, *dvalues;
} gradient_block;

PARP_INLINE parp_dropout_rule row_rule(const parp_attention *of, int64_t query, int64_t key) {
    parp_dropout_rule rule = of->dropout;
    rule.first_index += (uint32_t)((of->first_query + query) * of->keys + key);
    return rule;
}

#define UNROLL _Pragma("clang loop unroll(full)")
#define TILE_ROWS 6

#define NAME(x) x##_any
#define TARGET
#define LANES 4
#define TILE_VECTORS 2
#include "attention_tile.h"
#undef NAME
#undef TARGET
#undef LANES

#ifdef PARP_X86
#define NAME(x) x##_avx2
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define LANES 8
#include "attention_tile.h"
#undef NAME
#undef TARGET
#undef LANES
#undef TILE_VECTORS

#define NAME(x) x##_avx512
#define TARGET __attribute__((target("arch=x86-64-v4,no-prefer-256-bit"), __min_vector_width__(512)))
#define LANES 16
#define TILE_VECTORS 4
#include "attention_tile.h"
#undef NAME
#undef TARGET
#undef LANES
#undef TILE_VECTORS

#include <immintrin.h>
#include "attention_pairs.h"
#endif

typedef struct {
    void (*forward)(const parp_attention *, const key_block *, const query_block *, score_block, float *, float *,
                    float *);
    void (*backward)(const parp_attention *, const key_block *, const query_block *, score_block,
                     const gradient_block *);
    // Whether factors are pairs of bfloat16.
    int in_pairs;
} block_functions;

static block_functions choose(int32_t element) {
#ifdef PARP_X86
    if (element == PARP_BFLOAT16 && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vl"))
        return (block_functions){forward_block_pairs, backward_block_pairs, 1};
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return (block_functions){forward_block_avx512, backward_block_avx512, 0};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (block_functions){forward_block_avx2, backward_block_avx2, 0};
#endif
    (void)element;
    return (block_functions){forward_block_any, backward_block_any, 0};
}

// A head's columns of some rows, with zeros up to a whole number of vectors: as float32, or bfloat16 as it is.
typedef struct {
    float *memory;
    // Between rows.
    int64_t stride;
    int64_t count;
    int in_pairs;
} head_rows;

static head_rows copy_rows(const parp_attention *of, const void *from, int64_t first, int64_t count, int in_pairs,
                           float *memory) {
    int64_t bytes = of->element == PARP_BFLOAT16 ? 2 : 4, size = of->head_size;
    head_rows copied = {memory, in_pairs ? padded(size) / 2 : padded(size), count, in_pairs};
    for (int64_t row = 0; row < count; row++) {
        float *to = memory + row * copied.stride;
        const char *source = (const char *)from + (first + row) * of->stride * bytes;
        memset(to, 0, (size_t)copied.stride * sizeof *to);
        if (in_pairs)
            memcpy(to, source, (size_t)(size * bytes));
        else
            parp_widen(source, of->element, to, size);
    }
    return copied;
}

// The rows as the second factor of a product over them: as they are, or two side by side in `memory`.
static panels over_rows(head_rows rows, int64_t size, float *memory) {
    if (!rows.in_pairs) return (panels){rows.memory, size, kPanel};
    const uint16_t *from = (const uint16_t *)rows.memory;
    uint32_t *to = (uint32_t *)memory;
    for (int64_t row = 0; row < rows.count; row += 2)
        for (int64_t i = 0; i < size; i++) {
            uint32_t next = row + 1 < rows.count ? from[(row + 1) * size + i] : 0;
            to[row / 2 * size + i] = from[row * size + i] | next << 16;
        }
    return (panels){memory, size, kPanel};
}

// The rows as the second factor of a product over their columns: column j is row j, and zeros follow the last.
static panels over_columns(head_rows rows, float *to) {
    int64_t depth = rows.stride;
    for (int64_t j = 0; j < padded(rows.count); j++) {
        float *column = to + j / kPanel * kPanel * depth + j % kPanel;
        const float *row = rows.memory + j * depth;
        for (int64_t d = 0; d < depth; d++) column[d * kPanel] = j < rows.count ? row[d] : 0;
    }
    return (panels){to, kPanel, kPanel * depth};
}

static void store_rows(const parp_attention *of, const float *rows, float factor, int64_t count, void *to,
                       int64_t first, float *row_memory) {
    int64_t bytes = of->element == PARP_BFLOAT16 ? 2 : 4, size = of->head_size;
    for (int64_t row = 0; row < count; row++) {
        const float *from = rows + row * padded(size);
        for (int64_t i = 0; i < size; i++) row_memory[i] = from[i] * factor;
        parp_convert(row_memory, (char *)to + (first + row) * of->stride * bytes, of->element, size);
    }
}

// Hands out scratch, all of it whole vectors.
static float *take(float **scratch, int64_t count) {
    float *taken = *scratch;
    *scratch += padded(count);
    return taken;
}

static score_block take_scores(float **scratch, int64_t keys) {
    int64_t count = kQueries * score_stride(keys);
    score_block block;
    block.scores = take(scratch, count);
    block.dscores = take(scratch, count);
    block.pairs = take(scratch, count);
    return block;
}

int64_t parp_attention_scratch(int64_t keys, int64_t head_size, int is_backward) {
    int64_t size = padded(head_size), block = block_keys(keys) * size, scores = 3 * kQueries * score_stride(keys);
    if (is_backward) return (3 * padded(keys) + 32) * size + padded(keys) + 7 * block + scores + size;
    return group_queries(keys) * (2 * size + 2) + 4 * block + scores + size;
}

// Lays out a block of keys and values; backward needs all layouts.
static key_block load_keys(const parp_attention *of, int64_t first, int is_backward, int in_pairs,
                           float *const memory[]) {
    int64_t size = padded(of->head_size), count = smaller(of->keys - first, kKeys);
    key_block block = {.first = first, .count = count, .stride = score_stride(of->keys)};
    head_rows keys = copy_rows(of, of->key, first, count, in_pairs, memory[0]);
    head_rows values = copy_rows(of, of->value, first, count, in_pairs, memory[1]);
    block.transposed = over_columns(keys, memory[2]);
    if (is_backward) {
        block.rows = over_rows(keys, size, memory[3]);
        block.values_transposed = over_columns(values, memory[4]);
    } else {
        block.values = over_rows(values, size, memory[3]);
    }
    return block;
}

void parp_attention_forward(parp_attention of, float *scratch, float *log_sum_exp, void *context) {
    int64_t size = padded(of.head_size), block = block_keys(of.keys) * size, most = group_queries(of.keys);
    block_functions functions = choose(of.element);
    float *memory[4];
    for (int i = 0; i < 4; i++) memory[i] = take(&scratch, block);
    float *queries = take(&scratch, most * size), *output = take(&scratch, most * size);
    float *maximum = take(&scratch, most), *sum = take(&scratch, most), *row_memory = take(&scratch, size);
    score_block scores = take_scores(&scratch, of.keys);
    for (int64_t group = 0; group < of.queries; group += kGroup) {
        int64_t count = smaller(of.queries - group, kGroup);
        head_rows rows = copy_rows(&of, of.query, group, count, functions.in_pairs, queries);
        for (int64_t row = 0; row < count; row++) maximum[row] = -INFINITY;
        for (int64_t first = 0; first < of.keys; first += kKeys) {
            key_block keys = load_keys(&of, first, 0, functions.in_pairs, memory);
            for (int64_t row = 0; row < count; row += kQueries) {
                query_block some = {.first = group + row, .count = smaller(count - row, kQueries),
                                    .rows = queries + row * rows.stride};
                functions.forward(&of, &keys, &some, scores, maximum + row, sum + row, output + row * size);
            }
        }
        for (int64_t row = 0; row < count; row++) {
            store_rows(&of, output + row * size, 1.0f / sum[row], 1, context, group + row, row_memory);
            log_sum_exp[group + row] = maximum[row] + logf(sum[row]);
        }
    }
}

// Σ p dp of each query is the product of its context and that one's gradient.
static void compute_deltas(const parp_attention *of, const void *context, const void *dcontext, float *rows,
                           float *drows, float *delta) {
    for (int64_t row = 0; row < of->queries; row++) {
        copy_rows(of, context, row, 1, 0, rows);
        copy_rows(of, dcontext, row, 1, 0, drows);
        delta[row] = (float)parp_dot(rows, drows, of->head_size);
    }
}

void parp_attention_backward(parp_attention of, const void *context, const void *dcontext, const float *log_sum_exp,
                             float *scratch, void *dquery, void *dkey, void *dvalue) {
    int64_t size = padded(of.head_size), block = block_keys(of.keys) * size, count = of.queries;
    block_functions functions = choose(of.element);
    float *memory[5];
    for (int i = 0; i < 5; i++) memory[i] = take(&scratch, block);
    float *dkeys = take(&scratch, block), *dvalues = take(&scratch, block);
    // In pairs, rows take half the memory, and pairs of rows the other half.
    int64_t all = padded(count + 1) * size;
    float *queries = take(&scratch, all), *doutput = take(&scratch, all), *dqueries = take(&scratch, count * size);
    float *delta = take(&scratch, count), *row_memory = take(&scratch, size);
    score_block scores = take_scores(&scratch, of.keys);
    compute_deltas(&of, context, dcontext, memory[0], memory[1], delta);
    head_rows rows = copy_rows(&of, of.query, 0, count, functions.in_pairs, queries);
    head_rows drows = copy_rows(&of, dcontext, 0, count, functions.in_pairs, doutput);
    panels row_panels = over_rows(rows, size, queries + all / 2);
    panels drow_panels = over_rows(drows, size, doutput + all / 2);
    int64_t panel_rows = functions.in_pairs ? 2 : 1;
    for (int64_t first = 0; first < of.keys; first += kKeys) {
        key_block keys = load_keys(&of, first, 1, functions.in_pairs, memory);
        for (int64_t row = 0; row < count; row += kQueries) {
            query_block some = {row, smaller(count - row, kQueries), queries + row * rows.stride,
                                doutput + row * drows.stride, log_sum_exp + row, delta + row, row_panels, drow_panels};
            some.row_panels.data += row / panel_rows * size;
            some.gradient_panels.data += row / panel_rows * size;
            gradient_block gradients = {dqueries + row * size, dkeys, dvalues};
            functions.backward(&of, &keys, &some, scores, &gradients);
        }
        store_rows(&of, dkeys, 1, keys.count, dkey, first, row_memory);
        store_rows(&of, dvalues, 1, keys.count, dvalue, first, row_memory);
    }
    store_rows(&of, dqueries, 1, count, dquery, 0, row_memory);
}
