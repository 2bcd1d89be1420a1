#include "vector.h"

PARP_VECTOR void parp_dropout(const float *x, float *y, int64_t count, parp_dropout_rule dropout) {
    PARP_ELEMENTWISE
    for (int64_t i = 0; i < count; i++) y[i] = x[i] * parp_dropout_factor(dropout, i);
}

PARP_VECTOR void parp_dropout_add(const float *residual, float *y, int64_t count, parp_dropout_rule dropout) {
    if (dropout.threshold == 0)
        PARP_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) y[i] += residual[i];
    else
        PARP_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) y[i] = residual[i] + y[i] * parp_dropout_factor(dropout, i);
}

PARP_VECTOR static void to_bfloat16(const float *x, uint16_t *y, int64_t count, parp_dropout_rule dropout) {
    PARP_ELEMENTWISE
    for (int64_t i = 0; i < count; i++) y[i] = parp_to_bfloat16(x[i] * parp_dropout_factor(dropout, i));
}

void parp_dropout_convert(const float *x, void *y, int32_t element, int64_t count, parp_dropout_rule dropout) {
    if (dropout.threshold == 0)
        parp_convert(x, y, element, count);
    else if (element == PARP_BFLOAT16)
        to_bfloat16(x, y, count, dropout);
    else
        parp_dropout(x, y, count, dropout);
}
