#include "vector.h"

PARP_INLINE float adam_step(float *value, float g, float *first, float *second, parp_adam_settings settings) {
    g *= settings.gradient_scale;
    float m = settings.beta1 * *first + (1.0f - settings.beta1) * g;
    float v = settings.beta2 * *second + (1.0f - settings.beta2) * g * g;
    *first = m;
    *second = v;
    *value = *value * settings.decay - settings.step_size * m / (sqrtf(v) + settings.epsilon);
    return *value;
}

PARP_VECTOR void parp_adam(float *values, const float *gradients, float *first, float *second, uint16_t *shadow,
                           int64_t count, parp_adam_settings settings) {
    if (shadow)
        PARP_ELEMENTWISE
        for (int64_t i = 0; i < count; i++)
            shadow[i] = parp_to_bfloat16(adam_step(values + i, gradients[i], first + i, second + i, settings));
    else
        PARP_ELEMENTWISE
        for (int64_t i = 0; i < count; i++)
            adam_step(values + i, gradients[i], first + i, second + i, settings);
}
