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

PARP_VECTOR void parp_adam_kept(float *values, const float *gradients, float *first, float *second, uint16_t *shadow,
                                int64_t lower, int64_t upper, const uint64_t *kept, parp_adam_settings settings) {
    // Most lines of memory hold a kept weight, but the CPU does not foresee which: the next pieces' are asked for, and a
    // piece is small enough that its weights are still at hand when they are written.
    enum { PIECE = 128, AHEAD = 512, LINE = 16 };
    float value[PIECE], gradient[PIECE];
    int64_t place[PIECE];
    for (int64_t start = lower / 64 * 64; start < upper; start += PIECE) {
        int64_t count = 0;
        for (int64_t next = start + AHEAD; next < upper && next < start + AHEAD + PIECE; next += LINE) {
            __builtin_prefetch(values + next, 1);
            __builtin_prefetch(gradients + next);
        }
        for (int64_t word = start; word < upper && word < start + PIECE; word += 64) {
            uint64_t bits = kept[word / 64];
            if (word < lower) bits &= UINT64_MAX << (lower - word);
            if (upper - word < 64) bits &= ((uint64_t)1 << (upper - word)) - 1;
            for (; bits; bits &= bits - 1) place[count++] = word + __builtin_ctzll(bits);
        }
        for (int64_t i = 0; i < count; i++) {
            value[i] = values[place[i]];
            gradient[i] = gradients[place[i]];
        }
        PARP_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) adam_step(value + i, gradient[i], first + i, second + i, settings);
        for (int64_t i = 0; i < count; i++) values[place[i]] = value[i];
        if (shadow)
            for (int64_t i = 0; i < count; i++) shadow[place[i]] = parp_to_bfloat16(value[i]);
        first += count;
        second += count;
    }
}
