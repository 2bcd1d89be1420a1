// Attention of one head by blocks of queries and keys whose scores stay in cache, so that memory grows with the
// length of an utterance and not with its square (Dao et al., 2022, algorithms 1 and 4).
#include "vector.h"

// A tile's B comes in panels of so many columns.
enum { kPanel = 64 };
// Blocks: scores of one, twice in backward, lie in the second cache beside a block's keys and values. Forward packs
// keys and values once for each group of queries.
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

PARP_INLINE panels rows_as_panels(const float *rows, int64_t stride) { return (panels){rows, stride, kPanel}; }

typedef struct {
    int64_t first, count;
    // Of the scores with these keys.
    int64_t stride;
    panels transposed, rows, values, values_transposed;
} key_block;

typedef struct {
    int64_t first, count;
    const float *rows, *gradient, *log_sum_exp, *delta;
} query_block;

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
#endif

typedef struct {
    void (*forward)(const parp_attention *, const key_block *, const query_block *, float *, float *, float *,
                    float *);
    void (*backward)(const parp_attention *, const key_block *, const query_block *, float *, float *,
                     const gradient_block *);
} block_functions;

static block_functions choose(void) {
#ifdef PARP_X86
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return (block_functions){forward_block_avx512, backward_block_avx512};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (block_functions){forward_block_avx2, backward_block_avx2};
#endif
    return (block_functions){forward_block_any, backward_block_any};
}

// Copies a head's columns of some rows as float32, `factor` times, with zeros up to a whole number of vectors.
static void copy_rows(const void *from, int32_t element, int64_t stride, int64_t first, int64_t count, int64_t size,
                      float factor, float *rows) {
    int64_t bytes = element == PARP_BFLOAT16 ? 2 : 4;
    for (int64_t row = 0; row < count; row++) {
        float *to = rows + row * padded(size);
        parp_widen((const char *)from + (first + row) * stride * bytes, element, to, size);
        for (int64_t i = 0; factor != 1 && i < size; i++) to[i] *= factor;
        for (int64_t i = size; i < padded(size); i++) to[i] = 0;
    }
}

static void store_rows(const float *rows, float factor, int64_t count, int64_t size, void *to, int32_t element,
                       int64_t stride, int64_t first, float *row_memory) {
    int64_t bytes = element == PARP_BFLOAT16 ? 2 : 4;
    for (int64_t row = 0; row < count; row++) {
        const float *from = rows + row * padded(size);
        for (int64_t i = 0; i < size; i++) row_memory[i] = from[i] * factor;
        parp_convert(row_memory, (char *)to + (first + row) * stride * bytes, element, size);
    }
}

// Transposes rows into panels: column j is row j, and zeros follow the last.
static panels transpose(const float *rows, int64_t count, int64_t size, float *to) {
    for (int64_t j = 0; j < padded(count); j++) {
        float *column = to + j / kPanel * kPanel * size + j % kPanel;
        const float *row = rows + j * padded(size);
        for (int64_t d = 0; d < size; d++) column[d * kPanel] = j < count ? row[d] : 0;
    }
    return (panels){to, kPanel, kPanel * size};
}

// Hands out scratch, all of it whole vectors.
static float *take(float **scratch, int64_t count) {
    float *taken = *scratch;
    *scratch += padded(count);
    return taken;
}

int64_t parp_attention_scratch(int64_t keys, int64_t head_size, int is_backward) {
    int64_t size = padded(head_size), block = block_keys(keys) * size, scores = kQueries * score_stride(keys);
    if (is_backward) return 3 * keys * size + padded(keys) + 6 * block + 2 * scores + size;
    return group_queries(keys) * (2 * size + 2) + 3 * block + scores + size;
}

// Lays out a block of keys and values; backward needs all four layouts.
static key_block load_keys(const parp_attention *of, int64_t first, int is_backward, float *memory[4]) {
    int64_t size = of->head_size, count = smaller(of->keys - first, kKeys);
    key_block block = {.first = first, .count = count, .stride = score_stride(of->keys)};
    copy_rows(of->key, of->element, of->stride, first, count, size, 1, memory[0]);
    copy_rows(of->value, of->element, of->stride, first, count, size, 1, memory[1]);
    block.rows = rows_as_panels(memory[0], padded(size));
    block.values = rows_as_panels(memory[1], padded(size));
    block.transposed = transpose(memory[0], count, size, memory[2]);
    if (is_backward) block.values_transposed = transpose(memory[1], count, size, memory[3]);
    return block;
}

void parp_attention_forward(parp_attention of, float *scratch, float *log_sum_exp, void *context) {
    int64_t size = padded(of.head_size), block = block_keys(of.keys) * size, most = group_queries(of.keys);
    block_functions functions = choose();
    float *queries = take(&scratch, most * size), *output = take(&scratch, most * size);
    float *maximum = take(&scratch, most), *sum = take(&scratch, most);
    float *memory[4] = {take(&scratch, block), take(&scratch, block), take(&scratch, block), NULL};
    float *scores = take(&scratch, kQueries * score_stride(of.keys)), *row_memory = take(&scratch, size);
    for (int64_t group = 0; group < of.queries; group += kGroup) {
        int64_t count = smaller(of.queries - group, kGroup);
        copy_rows(of.query, of.element, of.stride, group, count, of.head_size, of.scale, queries);
        for (int64_t row = 0; row < count; row++) maximum[row] = -INFINITY;
        for (int64_t first = 0; first < of.keys; first += kKeys) {
            key_block keys = load_keys(&of, first, 0, memory);
            for (int64_t row = 0; row < count; row += kQueries) {
                query_block rows = {.first = group + row, .count = smaller(count - row, kQueries),
                                    .rows = queries + row * size};
                functions.forward(&of, &keys, &rows, scores, maximum + row, sum + row, output + row * size);
            }
        }
        for (int64_t row = 0; row < count; row++) {
            store_rows(output + row * size, 1.0f / sum[row], 1, of.head_size, context, of.element, of.stride,
                       group + row, row_memory);
            log_sum_exp[group + row] = maximum[row] + logf(sum[row]);
        }
    }
}

// Σ p dp of each query is the product of its context and that one's gradient.
static void compute_deltas(const parp_attention *of, const void *context, const float *doutput, float *row_memory,
                           float *delta) {
    int64_t size = padded(of->head_size);
    for (int64_t row = 0; row < of->queries; row++) {
        copy_rows(context, of->element, of->stride, row, 1, of->head_size, 1, row_memory);
        delta[row] = (float)parp_dot(row_memory, doutput + row * size, of->head_size);
    }
}

void parp_attention_backward(parp_attention of, const void *context, const void *dcontext, const float *log_sum_exp,
                             float *scratch, void *dquery, void *dkey, void *dvalue) {
    int64_t size = padded(of.head_size), block = block_keys(of.keys) * size, count = of.queries;
    block_functions functions = choose();
    float *queries = take(&scratch, count * size), *doutput = take(&scratch, count * size);
    float *dqueries = take(&scratch, count * size), *delta = take(&scratch, count);
    float *memory[4];
    for (int i = 0; i < 4; i++) memory[i] = take(&scratch, block);
    float *dkeys = take(&scratch, block), *dvalues = take(&scratch, block);
    int64_t rows_of_scores = kQueries * score_stride(of.keys);
    float *scores = take(&scratch, rows_of_scores), *dscores = take(&scratch, rows_of_scores);
    float *row_memory = take(&scratch, size);
    copy_rows(of.query, of.element, of.stride, 0, count, of.head_size, of.scale, queries);
    copy_rows(dcontext, of.element, of.stride, 0, count, of.head_size, 1, doutput);
    compute_deltas(&of, context, doutput, row_memory, delta);
    for (int64_t first = 0; first < of.keys; first += kKeys) {
        key_block keys = load_keys(&of, first, 1, memory);
        for (int64_t row = 0; row < count; row += kQueries) {
            query_block rows = {row, smaller(count - row, kQueries), queries + row * size, doutput + row * size,
                                log_sum_exp + row, delta + row};
            gradient_block gradients = {dqueries + row * size, dkeys, dvalues};
            functions.backward(&of, &keys, &rows, scores, dscores, &gradients);
        }
        store_rows(dkeys, 1, keys.count, of.head_size, dkey, of.element, of.stride, first, row_memory);
        store_rows(dvalues, 1, keys.count, of.head_size, dvalue, of.element, of.stride, first, row_memory);
    }
    store_rows(dqueries, of.scale, count, of.head_size, dquery, of.element, of.stride, 0, row_memory);
}
