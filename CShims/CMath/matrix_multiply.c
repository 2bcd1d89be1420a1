// The product used by all layers: oneDNN's if built in, else OpenBLAS's in float32.
#include "CMath.h"
#include "emulate.h"
#include <limits.h>

static int fits(int64_t extent) { return extent >= 0 && extent <= INT_MAX; }

#ifdef PARP_ONEDNN

#include "onednn.h"

static int library_support(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") ? PARP_SUPPORTED : PARP_NO_CPU;
#else
    return PARP_NO_CPU;
#endif
}

const char *parp_matrix_library(void) { return "oneDNN"; }

const char *parp_matrix_core(void) { return ""; }

int64_t parp_product_bytes(int32_t element) {
    return parp_onednn_product_bytes(library_support() == PARP_SUPPORTED ? element : PARP_FLOAT32);
}

static int library_multiply(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                            int accumulate, parp_matrix c) {
    return parp_onednn_multiply(m, n, k, a, b, bias, accumulate, c);
}

#else

#include "../System/OpenBLAS/shim.h"
#include <string.h>

static int library_support(void) { return PARP_NO_LIBRARY; }

const char *parp_matrix_library(void) { return "OpenBLAS"; }

const char *parp_matrix_core(void) { return openblas_get_corename(); }

int64_t parp_product_bytes(int32_t element) {
    (void)element;
    return 0;
}

static int library_multiply(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                            int accumulate, parp_matrix c) {
    if (!fits(a.stride) || !fits(b.stride) || !fits(c.stride)) return PARP_TOO_LARGE;
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

int parp_bfloat16_support(void) {
    int support = library_support();
    return support != PARP_SUPPORTED && parp_emulates_bfloat16() ? PARP_EMULATED : support;
}

int parp_matrix_multiply(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                         int accumulate, parp_matrix c) {
    if (!fits(m) || !fits(n) || !fits(k)) return PARP_TOO_LARGE;
    if (parp_is_float32(a) && parp_is_float32(b) && parp_is_float32(c))
        return library_multiply(m, n, k, a, b, bias, accumulate, c);
    switch (parp_bfloat16_support()) {
    case PARP_SUPPORTED: return library_multiply(m, n, k, a, b, bias, accumulate, c);
    case PARP_EMULATED:
        return parp_emulated_multiply(library_multiply, m, n, k, a, b, bias, accumulate, c);
    default: return PARP_NO_BFLOAT16;
    }
}
