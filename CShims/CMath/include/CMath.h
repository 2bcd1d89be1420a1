// The loops that decide the speed of a step, and the door to BLAS. Sizes are 64-bit; matrices are row-major.
#pragma once
#include <stddef.h>
#include <stdint.h>

// C (m, n) = alpha op(A) op(B) + beta C. Returns 0, or 1 if an extent does not fit BLAS's integers.
int parp_matrix_multiply(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
                         const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                         int64_t ldc);
void parp_set_blas_threads(int count);

// gelu.c: x Φ(x) and its derivative.
void parp_gelu_forward(const float *x, float *y, int64_t count);
void parp_gelu_backward(const float *dy, const float *x, float *dx, int64_t count);

// dropout.c: element i of a sequence is dropped if its counted bits are below `threshold`.
void parp_dropout(const float *x, float *y, int64_t count, uint32_t first_index, uint64_t key,
                  uint32_t threshold, float scale);

// softmax.c: one row at a time.
// ln Σ exp(x - maximum), with the maximum beside it: their sum would lose the digits of large rows.
float parp_log_sum_exp(const float *x, int64_t count, float *maximum);
void parp_exp_shifted(const float *x, float *y, int64_t count, float shift);
// Attention's recomputed probabilities p = exp(s - lse): writes p after dropout over s, and the gradient of s over dp.
void parp_attention_row_backward(float *s, float *dp, int64_t count, float log_sum_exp, float delta,
                                 uint32_t first_index, uint64_t key, uint32_t threshold, float scale);

// norm.c
void parp_layer_norm_forward(const float *x, const float *weight, const float *bias, float epsilon,
                             int64_t rows, int64_t columns, float *mean, float *inverse_deviation, float *y);
void parp_layer_norm_backward(const float *dy, const float *x, const float *weight, const float *mean,
                              const float *inverse_deviation, int64_t rows, int64_t columns, float *dx);
void parp_layer_norm_parameter_gradients(const float *dy, const float *x, const float *mean,
                                         const float *inverse_deviation, int64_t rows, int64_t columns,
                                         float *dweight, float *dbias);
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
void parp_add_row(const float *row, float *y, int64_t rows, int64_t columns);
void parp_add_column_sums(const float *x, int64_t rows, int64_t columns, float *sums);
double parp_sum_of_squares(const float *x, int64_t count);
double parp_dot(const float *x, const float *y, int64_t count);
int parp_all_finite(const float *x, int64_t count);

// adam.c: one pass over values, gradients and moments.
typedef struct {
    float beta1, beta2, epsilon;
    float step_size;      // learning rate with both bias corrections
    float decay;          // 1 - learning rate * weight decay
    float gradient_scale; // applied to the gradient first
} parp_adam_settings;
void parp_adam(float *values, const float *gradients, float *first, float *second, int64_t count,
               parp_adam_settings settings);
