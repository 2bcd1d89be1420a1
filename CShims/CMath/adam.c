#include "vector.h"
#ifdef PARP_X86
#include <immintrin.h>
#endif

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

// Of 64 elements those whose bit is 1, side by side; and back to their places.
typedef int64_t (*collect_function)(const float *from, uint64_t bits, float *to);
typedef void (*spread_function)(const float *from, uint64_t bits, float *to);

PARP_INLINE int64_t collect_any(const float *from, uint64_t bits, float *to) {
    int64_t count = 0;
    for (; bits; bits &= bits - 1) to[count++] = from[__builtin_ctzll(bits)];
    return count;
}

PARP_INLINE void spread_any(const float *from, uint64_t bits, float *to) {
    for (; bits; bits &= bits - 1) to[__builtin_ctzll(bits)] = *from++;
}

// A piece is small enough that its weights are still at hand when they are written back. Most lines of memory hold a kept
// weight, but the CPU does not foresee which: those AHEAD are asked for.
enum { PIECE = 128, AHEAD = 512, LINE = 16 };

PARP_INLINE void update_kept(float *values, const float *gradients, float *first, float *second, uint16_t *shadow,
                             int64_t lower, int64_t upper, const uint64_t *kept, parp_adam_settings settings,
                             collect_function collect, spread_function spread) {
    // Vectors are written whole, the last past the end.
    float value[PIECE + LINE], gradient[PIECE + LINE];
    for (int64_t start = lower / 64 * 64; start < upper; start += PIECE) {
        uint64_t bits[PIECE / 64] = {0};
        int64_t count = 0;
        for (int64_t next = start + AHEAD; next < upper && next < start + AHEAD + PIECE; next += LINE) {
            __builtin_prefetch(values + next, 1);
            __builtin_prefetch(gradients + next);
        }
        for (int64_t i = 0; i < PIECE / 64; i++) {
            int64_t word = start + 64 * i;
            if (word >= upper) break;
            bits[i] = kept[word / 64];
            if (word < lower) bits[i] &= UINT64_MAX << (lower - word);
            if (upper - word < 64) bits[i] &= ((uint64_t)1 << (upper - word)) - 1;
            collect(gradients + word, bits[i], gradient + count);
            count += collect(values + word, bits[i], value + count);
        }
        PARP_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) adam_step(value + i, gradient[i], first + i, second + i, settings);
        const float *next = value;
        for (int64_t i = 0; i < PIECE / 64; i++) {
            int64_t word = start + 64 * i;
            spread(next, bits[i], values + word);
            if (shadow)
                for (uint64_t rest = bits[i]; rest; rest &= rest - 1) {
                    int64_t place = word + __builtin_ctzll(rest);
                    shadow[place] = parp_to_bfloat16(values[place]);
                }
            next += __builtin_popcountll(bits[i]);
        }
        first += count;
        second += count;
    }
}

PARP_VECTOR static void kept_any(float *values, const float *gradients, float *first, float *second, uint16_t *shadow,
                                 int64_t lower, int64_t upper, const uint64_t *kept, parp_adam_settings settings) {
    update_kept(values, gradients, first, second, shadow, lower, upper, kept, settings, collect_any, spread_any);
}

#ifdef PARP_X86
#define TARGET __attribute__((target("arch=x86-64-v4")))

TARGET PARP_INLINE int64_t collect_avx512(const float *from, uint64_t bits, float *to) {
    float *start = to;
    for (int i = 0; i < 64; i += 16) {
        __mmask16 some = (__mmask16)(bits >> i);
        _mm512_storeu_ps(to, _mm512_maskz_compress_ps(some, _mm512_maskz_loadu_ps(some, from + i)));
        to += __builtin_popcount(some);
    }
    return to - start;
}

TARGET PARP_INLINE void spread_avx512(const float *from, uint64_t bits, float *to) {
    for (int i = 0; i < 64; i += 16) {
        __mmask16 some = (__mmask16)(bits >> i);
        _mm512_mask_storeu_ps(to + i, some, _mm512_maskz_expand_ps(some, _mm512_loadu_ps(from)));
        from += __builtin_popcount(some);
    }
}

TARGET static void kept_avx512(float *values, const float *gradients, float *first, float *second, uint16_t *shadow,
                               int64_t lower, int64_t upper, const uint64_t *kept, parp_adam_settings settings) {
    update_kept(values, gradients, first, second, shadow, lower, upper, kept, settings, collect_avx512, spread_avx512);
}
#endif

void parp_adam_kept(float *values, const float *gradients, float *first, float *second, uint16_t *shadow,
                    int64_t lower, int64_t upper, const uint64_t *kept, parp_adam_settings settings) {
#ifdef PARP_X86
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        kept_avx512(values, gradients, first, second, shadow, lower, upper, kept, settings);
        return;
    }
#endif
    kept_any(values, gradients, first, second, shadow, lower, upper, kept, settings);
}
