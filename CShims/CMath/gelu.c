#include "vector.h"

PARP_VECTOR void parp_gelu_forward(const float *x, float *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = 0.5f * x[i] * (1.0f + parp_erf(x[i] * 0.70710678f));
}

PARP_VECTOR void parp_gelu_backward(const float *dy, const float *x, float *dx, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float v = x[i];
        float cumulative = 0.5f * (1.0f + parp_erf(v * 0.70710678f));
        float density = 0.39894228f * parp_exp(-0.5f * v * v);
        dx[i] = dy[i] * (cumulative + v * density);
    }
}
