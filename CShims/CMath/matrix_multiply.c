#include "CMath.h"
#include "../System/OpenBLAS/shim.h"
#include <limits.h>

int parp_matrix_multiply(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
                         const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                         int64_t ldc) {
    const int64_t extents[] = {m, n, k, lda, ldb, ldc};
    for (int i = 0; i < 6; i++)
        if (extents[i] < 0 || extents[i] > INT_MAX) return 1;
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
                (int)m, (int)n, (int)k, alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
    return 0;
}

void parp_set_blas_threads(int count) { openblas_set_num_threads(count); }
