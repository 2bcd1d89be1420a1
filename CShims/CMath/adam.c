#include "vector.h"

PARP_VECTOR void parp_adam(float *values, const float *gradients, float *first, float *second, int64_t count,
                           parp_adam_settings settings) {
    const float beta1 = settings.beta1, beta2 = settings.beta2;
    for (int64_t i = 0; i < count; i++) {
        float g = gradients[i] * settings.gradient_scale;
        float m = beta1 * first[i] + (1.0f - beta1) * g;
        float v = beta2 * second[i] + (1.0f - beta2) * g * g;
        first[i] = m;
        second[i] = v;
        values[i] = values[i] * settings.decay - settings.step_size * m / (sqrtf(v) + settings.epsilon);
    }
}
