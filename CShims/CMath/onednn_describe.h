// Describes a product to oneDNN, for which versions 2 and 3 differ; only for onednn.c.
#pragma once
#include "CMath.h"
#include "../System/OneDNN/shim.h"

#define CHECK(call)                              \
    do {                                         \
        if ((call) != dnnl_success) return PARP_LIBRARY_FAILED; \
    } while (0)

static dnnl_data_type_t type_of(int32_t element) { return element == PARP_BFLOAT16 ? dnnl_bf16 : dnnl_f32; }

typedef dnnl_memory_desc_t view_description;

// Versions 2 and 3 of oneDNN differ in how a tensor and a product are described.
#if DNNL_VERSION_MAJOR >= 3

#define DESCRIBE_STRIDES dnnl_memory_desc_create_with_strides
static void release_view(view_description view) { dnnl_memory_desc_destroy(view); }

static int describe_product(dnnl_primitive_desc_t *description, dnnl_engine_t engine, const view_description *a,
                            const view_description *b, const view_description *bias, const view_description *c,
                            dnnl_primitive_attr_t attributes) {
    CHECK(dnnl_matmul_primitive_desc_create(description, engine, *a, *b, bias ? *bias : NULL, *c,
                                            attributes));
    return PARP_OK;
}

#else

#define DESCRIBE_STRIDES dnnl_memory_desc_init_by_strides
static void release_view(view_description view) { (void)view; }

static int describe_product(dnnl_primitive_desc_t *description, dnnl_engine_t engine, const view_description *a,
                            const view_description *b, const view_description *bias, const view_description *c,
                            dnnl_primitive_attr_t attributes) {
    dnnl_matmul_desc_t product;
    CHECK(dnnl_matmul_desc_init(&product, a, b, bias, c));
    CHECK(dnnl_primitive_desc_create(description, &product, attributes, engine, NULL));
    return PARP_OK;
}

#endif

static int describe_view(view_description *view, int64_t rows, int64_t columns, int64_t stride, int transposed,
                         int32_t element) {
    dnnl_dims_t extents = {rows, columns}, strides = {transposed ? 1 : stride, transposed ? stride : 1};
    CHECK(DESCRIBE_STRIDES(view, 2, extents, type_of(element), strides));
    return PARP_OK;
}

static int make_attributes(dnnl_primitive_attr_t *attributes, int accumulate) {
    CHECK(dnnl_primitive_attr_create(attributes));
    CHECK(dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user));
    if (!accumulate) return PARP_OK;
    dnnl_post_ops_t operations;
    CHECK(dnnl_post_ops_create(&operations));
#if DNNL_VERSION_MAJOR >= 3
    CHECK(dnnl_post_ops_append_sum(operations, 1.0f, 0, dnnl_data_type_undef));
#else
    CHECK(dnnl_post_ops_append_sum(operations, 1.0f));
#endif
    CHECK(dnnl_primitive_attr_set_post_ops(*attributes, operations));
    CHECK(dnnl_post_ops_destroy(operations));
    return PARP_OK;
}
