// The loops that decide the speed of a step, and the door to BLAS. Sizes are 64-bit; matrices are row-major.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The numbers that matrix products multiply; sums are float32 in either case.
enum { PARP_FLOAT32 = 0, PARP_BFLOAT16 = 1 };

// A product's results, and whether bfloat16 is available.
enum { PARP_OK = 0, PARP_TOO_LARGE = 1, PARP_NO_BFLOAT16 = 2, PARP_LIBRARY_FAILED = 3 };
enum { PARP_SUPPORTED = 0, PARP_NO_LIBRARY = 1, PARP_NO_CPU = 2, PARP_EMULATED = 3 };

// Rows of `stride` elements each; `transposed` is read as its transpose.
typedef struct {
    void *data;
    int64_t stride;
    int32_t transposed;
    int32_t element;
} parp_matrix;

// C (m, n) = op(A) op(B) + bias, or C += op(A) op(B). Runs on the caller's thread. Returns PARP_OK or a fault.
int parp_matrix_multiply(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                         int accumulate, parp_matrix c);
// Whether bfloat16 products are available here; PARP_BFLOAT16=emulated allows slow ones otherwise.
int parp_bfloat16_support(void);
// The bytes that the library keeps for each product of other extents, as found by making two; 0 if it keeps nothing.
int64_t parp_product_bytes(int32_t element);
// The library that multiplies.
const char *parp_matrix_library(void);
// The library's name for this kind of CPU; empty if it gives none.
const char *parp_matrix_core(void);

// Dropout as the loops take it: element i of a sequence is dropped if its counted bits are below `threshold`,
// and scaled otherwise. A threshold of 0 drops nothing.
typedef struct {
    uint64_t key;
    uint32_t threshold;
    uint32_t first_index;
    float scale;
} parp_dropout_rule;

// convert.c: to and from the matrix products' element type, `element`.
void parp_convert(const float *x, void *y, int32_t element, int64_t count);
void parp_widen(const void *x, int32_t element, float *y, int64_t count);
void parp_add_matrix_column_sums(const void *x, int32_t element, int64_t rows, int64_t stride, int64_t columns,
                                 float *sums);

// Transposes the (size, size) block of each tap and reverses the taps: the weights (out, tap, in) of one group
// as the convolution takes them that carries gradients back.
void parp_flip_taps(const void *weight, void *flipped, int32_t element, int64_t taps, int64_t size);

// gelu.c: x Φ(x) and its derivative, followed by dropout, in the precision of matrix products.
void parp_gelu_forward(const void *x, void *y, int32_t element, int64_t count, parp_dropout_rule dropout);
void parp_gelu_backward(const void *dy, const void *x, void *dx, int32_t element, int64_t count);
// Backward through dropout and GELU, with forward's y computed again on the way.
void parp_gelu_recompute(const void *dy, const void *x, void *dx, void *y, int32_t element, int64_t count,
                         parp_dropout_rule dropout);
// GELU of float32 sums, on their way into a product.
void parp_gelu_convert(const float *x, void *y, int32_t element, int64_t count);

// dropout.c
void parp_dropout(const float *x, float *y, int64_t count, parp_dropout_rule dropout);
void parp_dropout_convert(const float *x, void *y, int32_t element, int64_t count, parp_dropout_rule dropout);
// y = residual + dropout(y).
void parp_dropout_add(const float *residual, float *y, int64_t count, parp_dropout_rule dropout);

// softmax.c: one row at a time.
// ln Σ exp(x - maximum), with the maximum beside it: their sum would lose the digits of large rows.
float parp_log_sum_exp(const float *x, int64_t count, float *maximum);
void parp_exp_shifted(const float *x, float *y, int64_t count, float shift);
// attention.c: one head's dropout(softmax(scale q kᵀ)) v over an utterance, by blocks.
typedef struct {
    // Each a head's columns of rows that are `stride` elements apart.
    const void *query, *key, *value;
    int64_t stride;
    int32_t element;
    float scale;
    int64_t queries, keys, head_size;
    // The place of the first query among the keys, which dropout counts from: element (query, key) of the head is
    // query * keys + key.
    int64_t first_query;
    parp_dropout_rule dropout;
} parp_attention;
// Floats of scratch, aligned to 64 bytes, that one head takes.
int64_t parp_attention_scratch(int64_t keys, int64_t head_size, int is_backward);
// Writes the context, laid out as the query, and each row's ln Σ exp.
void parp_attention_forward(parp_attention of, float *scratch, float *log_sum_exp, void *context);
// Writes the gradients of all queries, keys and values, laid out as they are.
void parp_attention_backward(parp_attention of, const void *context, const void *dcontext, const float *log_sum_exp,
                             float *scratch, void *dquery, void *dkey, void *dvalue);

// norm.c
// Rows of x, or of x = residual + dropout(x), which is then kept. The result goes to y, to its numbers for
// products, or to both; whichever is not wanted is NULL.
typedef struct {
    const float *weight, *bias;
    float epsilon;
    float *mean, *inverse_deviation;
} parp_layer_norm;
void parp_layer_norm_forward(float *x, const float *residual, parp_dropout_rule dropout, parp_layer_norm norm,
                             int64_t rows, int64_t columns, float *y, void *y_product, int32_t element);
// dx = the gradient of x, plus `residual` if there is one; its part after dropout goes to `dx_product`.
void parp_layer_norm_backward(const float *dy, const float *x, parp_layer_norm norm, const float *residual,
                              parp_dropout_rule dropout, int64_t rows, int64_t columns, float *dx,
                              void *dx_product, int32_t element);
// Adds the gradients of weight and bias in a range of columns.
void parp_layer_norm_parameter_gradients(const float *dy, const float *x, const float *mean,
                                         const float *inverse_deviation, int64_t rows, int64_t stride,
                                         int64_t columns, float *dweight, float *dbias);
void parp_column_moments(const float *x, int64_t rows, int64_t columns, float epsilon, float *mean,
                         float *inverse_deviation);
void parp_group_norm_forward(const float *x, const float *weight, const float *bias, const float *mean,
                             const float *inverse_deviation, int64_t rows, int64_t columns, float *y);
void parp_group_norm_backward(const float *dy, const float *x, const float *weight, const float *mean,
                              const float *inverse_deviation, int64_t rows, int64_t columns, float *dweight,
                              float *dbias, float *dx);

// elementwise.c
void parp_add(const float *x, float *y, int64_t count);
void parp_scale(float *x, float factor, int64_t count);
double parp_sum_of_squares(const float *x, int64_t count);
double parp_dot(const float *x, const float *y, int64_t count);
int parp_all_finite(const float *x, int64_t count);
void parp_tanh(const float *x, float *y, int64_t count);

// relative.c: the additions of relative attention. One row of scores: p = dropout(softmax(scale s)); s is
// overwritten.
void parp_relative_row_forward(float *s, void *p, int32_t element, int64_t count, float scale,
                               parp_dropout_rule dropout);
// From scores and the gradient dp of p: writes p once more, and the gradient of s. s and dp are overwritten.
void parp_relative_row_backward(float *s, float *dp, void *p, void *ds, int32_t element, int64_t count, float scale,
                                parp_dropout_rule dropout);
// y = x + bias of each of its columns, in the numbers of matrix products.
void parp_add_row_bias(const void *x, const float *bias, void *y, int32_t element, int64_t rows, int64_t columns);
// Row t is sin(p f) and, after all of them, cos(p f) of the frequencies f = 10000^(-2i / columns), p = first - t.
void parp_relative_encodings(float *y, int64_t first, int64_t rows, int64_t columns);
// s[j] += positions[j] + (segments[j] == segment ? same : other).
void parp_add_relative_scores(float *s, const float *positions, const int32_t *segments, int32_t segment, float same,
                              float other, int64_t count);
// The sums of ds over the columns of the same segment and of the others, and ds laid into a row of zeros from
// `offset` on: the gradient of the scores of positions.
void parp_relative_score_gradients(const void *ds, int32_t element, const int32_t *segments, int32_t segment,
                                   int64_t count, float *sums, void *positions, int64_t offset, int64_t width);

// adam.c: one pass over values, gradients and moments; `shadow`, if any, gets the values in bfloat16.
typedef struct {
    float beta1, beta2, epsilon;
    float step_size;      // learning rate with both bias corrections
    float decay;          // 1 - learning rate * weight decay
    float gradient_scale; // applied to the gradient first
} parp_adam_settings;
void parp_adam(float *values, const float *gradients, float *first, float *second, uint16_t *shadow,
               int64_t count, parp_adam_settings settings);
// The same of the elements from `lower` to below `upper` whose bit is 1, 64 a word; moments are those of these alone, the
// first at `first` and `second`.
void parp_adam_kept(float *values, const float *gradients, float *first, float *second, uint16_t *shadow,
                    int64_t lower, int64_t upper, const uint64_t *kept, parp_adam_settings settings);

// prune.c: selection by rank, of magnitudes or, if the sign counts, of values. Keys are whole numbers that order like
// them.
typedef struct {
    int64_t below;          // keys below the range
    int64_t inside;         // keys inside it
    int64_t collected;      // of these, how many are in `collected`
    int32_t has_no_number;  // whether one is not a number
} parp_partition;
// Adds to `result` the numbers below and from `low` to `high`, and appends the latter, in order, to `collected`; near
// its capacity it stops collecting, but keeps counting.
void parp_partition_numbers(const float *x, int64_t count, int counts_sign, uint32_t low, uint32_t high,
                            float *collected, int64_t capacity, parp_partition *result);
// One bit per number, 64 per word: 1 above the threshold, 0 below; of those at it, the first `*ties` are 0, which are
// counted down.
void parp_rank_mask(const float *x, int64_t count, int counts_sign, uint32_t threshold, int64_t *ties,
                    uint64_t *words);
// Zeroes the weights whose bit is 0.
void parp_apply_mask(float *x, int64_t count, const uint64_t *words);
// Copies all values to `behind`, and zeroes those whose bit is 0.
void parp_hide_pruned(float *values, float *behind, int64_t count, const uint64_t *words);
// scores -= factor · gradients · values.
void parp_add_movement(float *scores, const float *gradients, const float *values, float factor, int64_t count);
// The gradient of |scores| that scale values in a forward pass: gradients · values, with the sign of the scores.
void parp_score_gradient(float *result, const float *gradients, const float *values, const float *scores,
                         int64_t count);

// sparse.c: products with a sparse matrix. Activations are in panels of up to PARP_SPARSE_WIDTH vectors of frames,
// (channels, width × PARP_SPARSE_LANES), aligned to 64 bytes; frames after the last are 0.
enum { PARP_SPARSE_LANES = 16, PARP_SPARSE_WIDTH = 6, PARP_SPARSE_BLOCK = 128 };
// Kept values by blocks of columns, in each by rows: those of row r in block b lie from starts[b * rows + r] on, up to
// the next start. A place is the column within its block.
typedef struct {
    int64_t rows, columns;
    const int32_t *starts;
    const uint8_t *places;
    float *values;
} parp_sparse;
// The dense matrix that a sparse one is made of, or, `transposed`, the transpose of.
typedef struct {
    int64_t rows, columns;
    int32_t transposed;
} parp_sparse_shape;
// One bit per element, 64 per word: whether it is not 0. Bits after the last are 0.
void parp_nonzero_bits(const float *x, int64_t count, uint64_t *words);
int64_t parp_count_bits(const uint64_t *words, int64_t first_bit, int64_t count);
// From one bit per weight, row by row: the starts, and with them the places.
void parp_sparse_count(const uint64_t *words, int64_t first_bit, parp_sparse_shape shape, int32_t *starts);
void parp_sparse_place(const uint64_t *words, int64_t first_bit, parp_sparse_shape shape, int32_t *starts,
                       uint8_t *places);
// Takes the values of some rows of the sparse matrix from the dense one, or adds them to it.
void parp_sparse_gather(parp_sparse matrix, parp_sparse_shape shape, int64_t first_row, int64_t end_row,
                        const float *dense);
void parp_sparse_scatter_add(parp_sparse matrix, parp_sparse_shape shape, int64_t first_row, int64_t end_row,
                             float *dense);
// Between rows of frames and a panel, a range of channels at a time; the way back adds a bias, or adds to y.
void parp_panel_pack(const float *x, int64_t stride, int64_t frames, int64_t channels, int64_t width,
                     float *panel);
void parp_panel_unpack(const float *panel, int64_t width, int64_t frames, int64_t channels, const float *bias,
                       int adding, float *y, int64_t stride);
// Some rows of Y = W X, or of Y += W X, panels all of them.
void parp_sparse_multiply(parp_sparse w, int64_t first_row, int64_t end_row, const float *x, int64_t width,
                          int adding, float *y);
// Some rows of dW += dY Xᵀ, at the kept places only.
void parp_sparse_sample(parp_sparse dw, int64_t first_row, int64_t end_row, const float *dy, const float *x,
                        int64_t width);
