#include "vector.h"

PARP_INLINE float lane_sum(const float *lanes) {
    float sum = 0;
    for (int lane = 0; lane < PARP_LANES; lane++) sum += lanes[lane];
    return sum;
}

PARP_VECTOR void parp_layer_norm_forward(const float *x, const float *weight, const float *bias,
                                         float epsilon, int64_t rows, int64_t columns, float *mean,
                                         float *inverse_deviation, float *y) {
    int64_t whole = columns / PARP_LANES * PARP_LANES;
    for (int64_t row = 0; row < rows; row++) {
        const float *in = x + row * columns;
        float *out = y + row * columns;
        float lanes[PARP_LANES] = {0};
        for (int64_t i = 0; i < whole; i += PARP_LANES)
            for (int lane = 0; lane < PARP_LANES; lane++) lanes[lane] += in[i + lane];
        float sum = lane_sum(lanes);
        for (int64_t i = whole; i < columns; i++) sum += in[i];
        float center = sum / (float)columns;
        // Around the mean, not by E[x²] − E[x]², which cancels.
        float squares[PARP_LANES] = {0};
        for (int64_t i = 0; i < whole; i += PARP_LANES)
            for (int lane = 0; lane < PARP_LANES; lane++) {
                float d = in[i + lane] - center;
                squares[lane] += d * d;
            }
        float square = lane_sum(squares);
        for (int64_t i = whole; i < columns; i++) square += (in[i] - center) * (in[i] - center);
        float inverse = 1.0f / sqrtf(square / (float)columns + epsilon);
        mean[row] = center;
        inverse_deviation[row] = inverse;
        for (int64_t i = 0; i < columns; i++) out[i] = (in[i] - center) * inverse * weight[i] + bias[i];
    }
}

PARP_VECTOR void parp_layer_norm_backward(const float *dy, const float *x, const float *weight,
                                          const float *mean, const float *inverse_deviation, int64_t rows,
                                          int64_t columns, float *dx) {
    int64_t whole = columns / PARP_LANES * PARP_LANES;
    for (int64_t row = 0; row < rows; row++) {
        const float *in = x + row * columns, *gradient = dy + row * columns;
        float center = mean[row], inverse = inverse_deviation[row];
        float sums[PARP_LANES] = {0}, products[PARP_LANES] = {0};
        for (int64_t i = 0; i < whole; i += PARP_LANES)
            for (int lane = 0; lane < PARP_LANES; lane++) {
                float g = gradient[i + lane] * weight[i + lane];
                sums[lane] += g;
                products[lane] += g * (in[i + lane] - center);
            }
        float sum = lane_sum(sums), product = lane_sum(products);
        for (int64_t i = whole; i < columns; i++) {
            float g = gradient[i] * weight[i];
            sum += g;
            product += g * (in[i] - center);
        }
        float mean_gradient = sum / (float)columns;
        float slope = product * inverse * inverse / (float)columns;
        float *out = dx + row * columns;
        for (int64_t i = 0; i < columns; i++)
            out[i] = (gradient[i] * weight[i] - mean_gradient - (in[i] - center) * slope) * inverse;
    }
}

PARP_VECTOR void parp_layer_norm_parameter_gradients(const float *dy, const float *x, const float *mean,
                                                     const float *inverse_deviation, int64_t rows,
                                                     int64_t columns, float *dweight, float *dbias) {
    for (int64_t row = 0; row < rows; row++) {
        const float *in = x + row * columns, *gradient = dy + row * columns;
        float center = mean[row], inverse = inverse_deviation[row];
        for (int64_t i = 0; i < columns; i++) {
            dweight[i] += gradient[i] * (in[i] - center) * inverse;
            dbias[i] += gradient[i];
        }
    }
}

// Columns are taken a lane-width at a time; sums over tens of thousands of frames need double.
PARP_VECTOR void parp_column_moments(const float *x, int64_t rows, int64_t columns, float epsilon,
                                     float *mean, float *inverse_deviation) {
    for (int64_t first = 0; first < columns; first += PARP_LANES) {
        int width = columns - first < PARP_LANES ? (int)(columns - first) : PARP_LANES;
        double sums[PARP_LANES] = {0}, squares[PARP_LANES] = {0};
        for (int64_t row = 0; row < rows; row++)
            for (int lane = 0; lane < width; lane++) sums[lane] += x[row * columns + first + lane];
        for (int lane = 0; lane < width; lane++) sums[lane] /= (double)rows;
        for (int64_t row = 0; row < rows; row++)
            for (int lane = 0; lane < width; lane++) {
                double d = x[row * columns + first + lane] - sums[lane];
                squares[lane] += d * d;
            }
        for (int lane = 0; lane < width; lane++) {
            mean[first + lane] = (float)sums[lane];
            inverse_deviation[first + lane] = (float)(1.0 / sqrt(squares[lane] / (double)rows + epsilon));
        }
    }
}

PARP_VECTOR void parp_group_norm_forward(const float *x, const float *weight, const float *bias,
                                         const float *mean, const float *inverse_deviation, int64_t rows,
                                         int64_t columns, float *y) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t i = 0; i < columns; i++)
            y[row * columns + i] =
                (x[row * columns + i] - mean[i]) * inverse_deviation[i] * weight[i] + bias[i];
}

PARP_VECTOR void parp_group_norm_backward(const float *dy, const float *x, const float *weight,
                                          const float *mean, const float *inverse_deviation, int64_t rows,
                                          int64_t columns, float *dweight, float *dbias, float *dx) {
    for (int64_t first = 0; first < columns; first += PARP_LANES) {
        int width = columns - first < PARP_LANES ? (int)(columns - first) : PARP_LANES;
        double sums[PARP_LANES] = {0}, products[PARP_LANES] = {0};
        for (int64_t row = 0; row < rows; row++)
            for (int lane = 0; lane < width; lane++) {
                int64_t i = row * columns + first + lane;
                sums[lane] += dy[i];
                products[lane] += (double)dy[i] * (x[i] - mean[first + lane]);
            }
        float offset[PARP_LANES], slope[PARP_LANES], gain[PARP_LANES];
        for (int lane = 0; lane < width; lane++) {
            float inverse = inverse_deviation[first + lane];
            if (dweight) dweight[first + lane] += (float)(products[lane] * inverse);
            if (dbias) dbias[first + lane] += (float)sums[lane];
            offset[lane] = (float)(sums[lane] / (double)rows);
            slope[lane] = (float)(products[lane] / (double)rows) * inverse * inverse;
            gain[lane] = weight[first + lane] * inverse;
        }
        for (int64_t row = 0; row < rows; row++)
            for (int lane = 0; lane < width; lane++) {
                int64_t i = row * columns + first + lane;
                dx[i] = (dy[i] - offset[lane] - (x[i] - mean[first + lane]) * slope[lane]) * gain[lane];
            }
    }
}
