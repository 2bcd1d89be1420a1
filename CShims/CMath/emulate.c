// bfloat16 products on request where the CPU or the library has none: a model can then be tried on any machine before
// it goes to one that is fast at them. Operands are widened to float32, in which the product of two bfloat16 numbers
// is exact, and sums are float32 as they are with the instructions, in another order.
#include "emulate.h"
#include <stdlib.h>
#include <string.h>

int parp_emulates_bfloat16(void) {
    const char *asked = getenv("PARP_BFLOAT16");
    return asked && strcmp(asked, "emulated") == 0;
}

int parp_is_float32(parp_matrix matrix) { return matrix.element == PARP_FLOAT32; }

// A window's rows, contiguous in float32 in separate memory; the window itself if it is float32.
static int widen_window(parp_matrix *window, int64_t rows, int64_t columns) {
    if (parp_is_float32(*window)) return PARP_OK;
    int64_t stored_rows = window->transposed ? columns : rows, width = window->transposed ? rows : columns;
    float *wide = malloc((size_t)(stored_rows * width) * sizeof *wide);
    if (!wide) return PARP_LIBRARY_FAILED;
    const uint16_t *narrow = window->data;
    for (int64_t row = 0; row < stored_rows; row++)
        parp_widen(narrow + row * window->stride, window->element, wide + row * width, width);
    *window = (parp_matrix){wide, width, window->transposed, PARP_FLOAT32};
    return PARP_OK;
}

int parp_emulated_multiply(parp_float32_product multiply, int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b,
                           const float *bias, int accumulate, parp_matrix c) {
    parp_matrix wide_a = a, wide_b = b, wide_c = c;
    int status = widen_window(&wide_a, m, k);
    if (status == PARP_OK) status = widen_window(&wide_b, k, n);
    if (status == PARP_OK) status = widen_window(&wide_c, m, n);
    if (status == PARP_OK) status = multiply(m, n, k, wide_a, wide_b, bias, accumulate, wide_c);
    uint16_t *narrow = c.data;
    const float *sums = wide_c.data;
    for (int64_t row = 0; status == PARP_OK && wide_c.data != c.data && row < m; row++)
        parp_convert(sums + row * wide_c.stride, narrow + row * c.stride, c.element, n);
    if (wide_a.data != a.data) free(wide_a.data);
    if (wide_b.data != b.data) free(wide_b.data);
    if (wide_c.data != c.data) free(wide_c.data);
    return status;
}
