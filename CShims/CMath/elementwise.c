#include "vector.h"

PARP_VECTOR void parp_add(const float *x, float *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] += x[i];
}

PARP_VECTOR void parp_scale(float *x, float factor, int64_t count) {
    for (int64_t i = 0; i < count; i++) x[i] *= factor;
}

PARP_VECTOR double parp_dot(const float *x, const float *y, int64_t count) {
    double lanes[PARP_LANES] = {0};
    int64_t whole = count / PARP_LANES * PARP_LANES;
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) lanes[lane] += (double)x[i + lane] * y[i + lane];
    double sum = 0;
    for (int lane = 0; lane < PARP_LANES; lane++) sum += lanes[lane];
    for (int64_t i = whole; i < count; i++) sum += (double)x[i] * y[i];
    return sum;
}

double parp_sum_of_squares(const float *x, int64_t count) { return parp_dot(x, x, count); }

PARP_VECTOR int parp_all_finite(const float *x, int64_t count) {
    // An exponent of all ones is an infinity or not a number.
    uint32_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return found == 0;
}

void parp_tanh(const float *x, float *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = tanhf(x[i]);
}
