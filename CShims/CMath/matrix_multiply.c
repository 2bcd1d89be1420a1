// The one product behind all layers: oneDNN's where it was built in, OpenBLAS's in float32 elsewhere.
#include "CMath.h"
#include <limits.h>

static int fits(int64_t extent) { return extent >= 0 && extent <= INT_MAX; }

#ifdef PARP_ONEDNN

#include "onednn.h"

int parp_bfloat16_support(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") ? PARP_SUPPORTED : PARP_NO_CPU;
#else
    return PARP_NO_CPU;
#endif
}

const char *parp_matrix_library(void) { return "oneDNN"; }

int parp_matrix_multiply(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                         int accumulate, parp_matrix c) {
    if (!fits(m) || !fits(n) || !fits(k)) return PARP_TOO_LARGE;
    return parp_onednn_multiply(m, n, k, a, b, bias, accumulate, c);
}

#else

#include "../System/OpenBLAS/shim.h"
#include <string.h>

int parp_bfloat16_support(void) { return PARP_NO_LIBRARY; }

const char *parp_matrix_library(void) { return "OpenBLAS"; }

int parp_matrix_multiply(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                         int accumulate, parp_matrix c) {
    if (!fits(m) || !fits(n) || !fits(k) || !fits(a.stride) || !fits(b.stride) || !fits(c.stride))
        return PARP_TOO_LARGE;
    if (a.element != PARP_FLOAT32 || b.element != PARP_FLOAT32 || c.element != PARP_FLOAT32)
        return PARP_NO_BFLOAT16;
    openblas_set_num_threads(1); // The caller splits products over its own threads.
    float *output = c.data;
    // The bias is laid down first, so that the product adds to it.
    for (int64_t row = 0; bias && row < m; row++)
        memcpy(output + row * c.stride, bias, (size_t)n * sizeof *bias);
    cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
                b.transposed ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1.0f, a.data,
                (int)a.stride, b.data, (int)b.stride, accumulate || bias ? 1.0f : 0.0f, output,
                (int)c.stride);
    return PARP_OK;
}

#endif
