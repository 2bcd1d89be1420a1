// bfloat16 products by way of float32; internal to CMath.
#pragma once
#include "CMath.h"

// A product of float32 matrices, as parp_matrix_multiply takes it.
typedef int (*parp_float32_product)(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                                    int accumulate, parp_matrix c);

// Whether the user asked for it: PARP_BFLOAT16=emulated.
int parp_emulates_bfloat16(void);
int parp_is_float32(parp_matrix matrix);
int parp_emulated_multiply(parp_float32_product multiply, int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b,
                           const float *bias, int accumulate, parp_matrix c);
