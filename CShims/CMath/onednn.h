// oneDNN's matrix product with plain C types; internal to CMath.
#pragma once
#include "CMath.h"

int parp_onednn_multiply(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                         int accumulate, parp_matrix c);
// The bytes of the heap that one product keeps.
int64_t parp_onednn_product_bytes(int32_t element);
