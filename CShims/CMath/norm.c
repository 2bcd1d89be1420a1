#include "vector.h"

PARP_INLINE float lane_sum(const float *lanes) {
    float sum = 0;
    for (int lane = 0; lane < PARP_LANES; lane++) sum += lanes[lane];
    return sum;
}

// A row's mean and reciprocal standard deviation, by deviations from the mean: E[x²] − E[x]² cancels.
PARP_INLINE void row_moments(const float *x, int64_t columns, float epsilon, float *mean, float *inverse) {
    int64_t whole = columns / PARP_LANES * PARP_LANES;
    float lanes[PARP_LANES] = {0};
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) lanes[lane] += x[i + lane];
    float sum = lane_sum(lanes);
    for (int64_t i = whole; i < columns; i++) sum += x[i];
    float center = sum / (float)columns;
    float squares[PARP_LANES] = {0};
    for (int64_t i = 0; i < whole; i += PARP_LANES)
        for (int lane = 0; lane < PARP_LANES; lane++) {
            float d = x[i + lane] - center;
            squares[lane] += d * d;
        }
    float square = lane_sum(squares);
    for (int64_t i = whole; i < columns; i++) square += (x[i] - center) * (x[i] - center);
    *mean = center;
    *inverse = 1.0f / sqrtf(square / (float)columns + epsilon);
}

PARP_VECTOR void parp_layer_norm_forward(float *x, const float *residual, parp_dropout_rule dropout,
                                         parp_layer_norm norm, int64_t rows, int64_t columns, float *y,
                                         void *y_product, int32_t element) {
    uint16_t *y_short = element == PARP_BFLOAT16 ? y_product : NULL;
    float *y_float = element == PARP_BFLOAT16 ? y : (y_product ? y_product : y);
    for (int64_t row = 0; row < rows; row++) {
        float *in = x + row * columns;
        if (residual) {
            parp_dropout_rule rule = dropout;
            rule.first_index += (uint32_t)(row * columns);
            const float *other = residual + row * columns;
            if (dropout.threshold == 0)
                PARP_ELEMENTWISE
                for (int64_t i = 0; i < columns; i++) in[i] += other[i];
            else
                PARP_ELEMENTWISE
                for (int64_t i = 0; i < columns; i++) in[i] = other[i] + in[i] * parp_dropout_factor(rule, i);
        }
        float center, inverse;
        row_moments(in, columns, norm.epsilon, &center, &inverse);
        norm.mean[row] = center;
        norm.inverse_deviation[row] = inverse;
        float *out = y_float ? y_float + row * columns : NULL;
        uint16_t *out_short = y_short ? y_short + row * columns : NULL;
        if (out && out_short)
            PARP_ELEMENTWISE
            for (int64_t i = 0; i < columns; i++) {
                float value = (in[i] - center) * inverse * norm.weight[i] + norm.bias[i];
                out[i] = value;
                out_short[i] = parp_to_bfloat16(value);
            }
        else if (out)
            PARP_ELEMENTWISE
            for (int64_t i = 0; i < columns; i++)
                out[i] = (in[i] - center) * inverse * norm.weight[i] + norm.bias[i];
        else
            PARP_ELEMENTWISE
            for (int64_t i = 0; i < columns; i++)
                out_short[i] = parp_to_bfloat16((in[i] - center) * inverse * norm.weight[i] + norm.bias[i]);
    }
}

PARP_VECTOR void parp_layer_norm_backward(const float *dy, const float *x, parp_layer_norm norm,
                                          const float *residual, parp_dropout_rule dropout, int64_t rows,
                                          int64_t columns, float *dx, void *dx_product, int32_t element) {
    int64_t whole = columns / PARP_LANES * PARP_LANES;
    for (int64_t row = 0; row < rows; row++) {
        const float *in = x + row * columns, *gradient = dy + row * columns;
        float center = norm.mean[row], inverse = norm.inverse_deviation[row];
        float sums[PARP_LANES] = {0}, products[PARP_LANES] = {0};
        for (int64_t i = 0; i < whole; i += PARP_LANES)
            for (int lane = 0; lane < PARP_LANES; lane++) {
                float g = gradient[i + lane] * norm.weight[i + lane];
                sums[lane] += g;
                products[lane] += g * (in[i + lane] - center);
            }
        float sum = lane_sum(sums), product = lane_sum(products);
        for (int64_t i = whole; i < columns; i++) {
            float g = gradient[i] * norm.weight[i];
            sum += g;
            product += g * (in[i] - center);
        }
        float mean_gradient = sum / (float)columns;
        float slope = product * inverse * inverse / (float)columns;
        float *out = dx + row * columns;
        const float *other = residual ? residual + row * columns : NULL;
        if (other)
            PARP_ELEMENTWISE
            for (int64_t i = 0; i < columns; i++)
                out[i] = (gradient[i] * norm.weight[i] - mean_gradient - (in[i] - center) * slope) * inverse +
                         other[i];
        else
            PARP_ELEMENTWISE
            for (int64_t i = 0; i < columns; i++)
                out[i] = (gradient[i] * norm.weight[i] - mean_gradient - (in[i] - center) * slope) * inverse;
        if (!dx_product) continue;
        parp_dropout_rule rule = dropout;
        rule.first_index += (uint32_t)(row * columns);
        if (element == PARP_BFLOAT16) {
            uint16_t *product_row = (uint16_t *)dx_product + row * columns;
            if (dropout.threshold == 0)
                PARP_ELEMENTWISE
                for (int64_t i = 0; i < columns; i++) product_row[i] = parp_to_bfloat16(out[i]);
            else
                PARP_ELEMENTWISE
                for (int64_t i = 0; i < columns; i++)
                    product_row[i] = parp_to_bfloat16(out[i] * parp_dropout_factor(rule, i));
        } else {
            float *product_row = (float *)dx_product + row * columns;
            if (dropout.threshold == 0)
                PARP_ELEMENTWISE
                for (int64_t i = 0; i < columns; i++) product_row[i] = out[i];
            else
                PARP_ELEMENTWISE
                for (int64_t i = 0; i < columns; i++) product_row[i] = out[i] * parp_dropout_factor(rule, i);
        }
    }
}

PARP_VECTOR void parp_layer_norm_parameter_gradients(const float *dy, const float *x, const float *mean,
                                                     const float *inverse_deviation, int64_t rows,
                                                     int64_t stride, int64_t columns, float *dweight,
                                                     float *dbias) {
    for (int64_t row = 0; row < rows; row++) {
        const float *in = x + row * stride, *gradient = dy + row * stride;
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
