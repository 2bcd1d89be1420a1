// oneDNN compiles a product for its extents. That takes a third of a millisecond, so products are kept, and
// found again by their extents; each runs on its caller's thread only, as callers split large ones themselves.
#ifdef PARP_ONEDNN

#define _GNU_SOURCE
#include "onednn.h"
#include "onednn_describe.h"
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t m, n, k, a_stride, b_stride, c_stride;
    int32_t a_transposed, b_transposed, a_element, b_element, c_element, has_bias, accumulate, unused;
} product_key;

// A thread's state for a product: views whose addresses change with every call.
typedef struct instance {
    dnnl_memory_t a, b, c, bias, scratch;
    int64_t scratch_bytes;
    struct instance *next;
} instance;

// Memory for a running product's scratch. All products share a few, one per thread: each with its own would fill
// gigabytes.
typedef struct workspace {
    void *memory;
    int64_t bytes;
    struct workspace *next;
} workspace;

typedef struct product {
    product_key key;
    dnnl_primitive_t primitive;
    dnnl_primitive_desc_t description;
    instance *idle;
    int32_t in_use;
    int64_t last_use;
    struct product *next;
} product;

enum { kBuckets = 4096, kMaximumProducts = 512 };

static struct {
    pthread_mutex_t lock;
    dnnl_engine_t engine;
    product *buckets[kBuckets];
    int64_t count, clock;
    workspace *idle;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local dnnl_stream_t stream;

static uint64_t hash_of(const product_key *key) {
    uint64_t words[sizeof *key / 8], hash = 0;
    memcpy(words, key, sizeof words);
    for (size_t i = 0; i < sizeof words / 8; i++) {
        hash = (hash ^ words[i]) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    return hash;
}

static int make_product(product *made) {
    const product_key *key = &made->key;
    view_description a, b, c, bias;
    int status = describe_view(&a, key->m, key->k, key->a_stride, key->a_transposed, key->a_element);
    if (status == PARP_OK)
        status = describe_view(&b, key->k, key->n, key->b_stride, key->b_transposed, key->b_element);
    if (status == PARP_OK) status = describe_view(&c, key->m, key->n, key->c_stride, 0, key->c_element);
    if (status == PARP_OK) status = describe_view(&bias, 1, key->n, key->n, 0, PARP_FLOAT32);
    dnnl_primitive_attr_t attributes;
    if (status == PARP_OK) status = make_attributes(&attributes, key->accumulate);
    if (status != PARP_OK) return status;
    status = describe_product(&made->description, cache.engine, &a, &b, key->has_bias ? &bias : NULL, &c, attributes);
    dnnl_primitive_attr_destroy(attributes);
    release_view(a);
    release_view(b);
    release_view(c);
    release_view(bias);
    if (status == PARP_OK && dnnl_primitive_create(&made->primitive, made->description) != dnnl_success)
        status = PARP_LIBRARY_FAILED;
    return status;
}

static int make_view(dnnl_memory_t *memory, const product *of, dnnl_query_t what, int index) {
    CHECK(dnnl_memory_create(memory, dnnl_primitive_desc_query_md(of->description, what, index), cache.engine,
                             DNNL_MEMORY_NONE));
    return PARP_OK;
}

static int make_instance(instance *made, const product *of) {
    int status = make_view(&made->a, of, dnnl_query_src_md, 0);
    if (status == PARP_OK) status = make_view(&made->b, of, dnnl_query_weights_md, 0);
    if (status == PARP_OK) status = make_view(&made->c, of, dnnl_query_dst_md, 0);
    if (status == PARP_OK && of->key.has_bias) status = make_view(&made->bias, of, dnnl_query_weights_md, 1);
    if (status != PARP_OK) return status;
    made->scratch_bytes = (int64_t)dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(of->description, dnnl_query_scratchpad_md, 0));
    return make_view(&made->scratch, of, dnnl_query_scratchpad_md, 0);
}

static void free_instance(instance *gone) {
    dnnl_memory_t memories[] = {gone->a, gone->b, gone->c, gone->bias, gone->scratch};
    for (int i = 0; i < 5; i++)
        if (memories[i]) dnnl_memory_destroy(memories[i]);
    free(gone);
}

static void free_product(product *gone) {
    while (gone->idle) {
        instance *next = gone->idle->next;
        free_instance(gone->idle);
        gone->idle = next;
    }
    if (gone->primitive) dnnl_primitive_destroy(gone->primitive);
    if (gone->description) dnnl_primitive_desc_destroy(gone->description);
    free(gone);
}

// Drops the products that were not used of late and that nobody runs: utterances of many lengths would fill
// the memory.
static void drop_old(void) {
    int64_t oldest = cache.clock;
    for (int bucket = 0; bucket < kBuckets; bucket++)
        for (product *candidate = cache.buckets[bucket]; candidate; candidate = candidate->next)
            if (candidate->last_use < oldest) oldest = candidate->last_use;
    int64_t oldest_kept = (oldest + cache.clock) / 2;
    for (int bucket = 0; bucket < kBuckets; bucket++) {
        product **link = &cache.buckets[bucket];
        while (*link) {
            product *candidate = *link;
            if (candidate->in_use || candidate->last_use > oldest_kept) {
                link = &candidate->next;
                continue;
            }
            *link = candidate->next;
            free_product(candidate);
            cache.count--;
        }
    }
}

// Opens the engine that all products share; the lock is held.
static int open_engine(void) {
    if (cache.engine) return PARP_OK;
    // Products are kept here; oneDNN need not keep them a second time.
    CHECK(dnnl_set_primitive_cache_capacity(0));
    CHECK(dnnl_engine_create(&cache.engine, dnnl_cpu, 0));
    return PARP_OK;
}

// Finds or makes the product of a key; the lock is held.
static int find_product(const product_key *key, product **found) {
    product **bucket = &cache.buckets[hash_of(key) % kBuckets];
    for (product *candidate = *bucket; candidate; candidate = candidate->next)
        if (memcmp(&candidate->key, key, sizeof *key) == 0) {
            *found = candidate;
            return PARP_OK;
        }
    int status = open_engine();
    if (status != PARP_OK) return status;
    if (cache.count >= kMaximumProducts) drop_old();
    product *made = calloc(1, sizeof *made);
    if (!made) return PARP_LIBRARY_FAILED;
    made->key = *key;
    status = make_product(made);
    if (status != PARP_OK) {
        free_product(made);
        return status;
    }
    made->next = *bucket;
    *bucket = made;
    cache.count++;
    *found = made;
    return PARP_OK;
}

// Takes an idle workspace, or a new one, and grows it to what is needed; the lock is held.
static int take_workspace(int64_t bytes, workspace **taken) {
    *taken = cache.idle ? cache.idle : calloc(1, sizeof **taken);
    if (!*taken) return PARP_LIBRARY_FAILED;
    cache.idle = (*taken)->next;
    if ((*taken)->bytes >= bytes) return PARP_OK;
    free((*taken)->memory);
    (*taken)->bytes = (bytes + 4095) / 4096 * 4096;
    (*taken)->memory = aligned_alloc(4096, (size_t)(*taken)->bytes);
    return (*taken)->memory ? PARP_OK : PARP_LIBRARY_FAILED;
}

static int acquire(const product_key *key, product **of, instance **taken, workspace **scratch) {
    pthread_mutex_lock(&cache.lock);
    int status = find_product(key, of);
    if (status == PARP_OK) {
        (*of)->in_use++;
        (*of)->last_use = cache.clock++;
        *taken = (*of)->idle;
        if (*taken) {
            (*of)->idle = (*taken)->next;
        } else {
            *taken = calloc(1, sizeof **taken);
            status = *taken ? make_instance(*taken, *of) : PARP_LIBRARY_FAILED;
        }
    }
    if (status == PARP_OK) status = take_workspace((*taken)->scratch_bytes, scratch);
    pthread_mutex_unlock(&cache.lock);
    return status;
}

static void give_back(product *of, instance *taken, workspace *scratch) {
    pthread_mutex_lock(&cache.lock);
    scratch->next = cache.idle;
    cache.idle = scratch;
    taken->next = of->idle;
    of->idle = taken;
    of->in_use--;
    pthread_mutex_unlock(&cache.lock);
}

// OpenMP, where oneDNN was built with it, may start no threads of its own. Said before a thread makes its first
// product, since a product keeps the number that held when it was made.
static void stay_alone(void) {
    static _Thread_local int is_alone;
    if (is_alone) return;
    void (*set_threads)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (set_threads) set_threads(1);
    is_alone = 1;
}

static int open_stream(void) {
    if (stream) return PARP_OK;
    CHECK(dnnl_stream_create(&stream, cache.engine, dnnl_stream_default_flags));
    return PARP_OK;
}

static int execute(product *of, instance *with, workspace *scratch, parp_matrix a, parp_matrix b,
                   const float *bias, parp_matrix c) {
    CHECK(dnnl_memory_set_data_handle(with->a, a.data));
    CHECK(dnnl_memory_set_data_handle(with->b, b.data));
    CHECK(dnnl_memory_set_data_handle(with->c, c.data));
    if (with->scratch_bytes) CHECK(dnnl_memory_set_data_handle(with->scratch, scratch->memory));
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, with->a},
                                   {DNNL_ARG_WEIGHTS, with->b},
                                   {DNNL_ARG_DST, with->c},
                                   {DNNL_ARG_SCRATCHPAD, with->scratch},
                                   {DNNL_ARG_BIAS, with->bias}};
    if (bias) CHECK(dnnl_memory_set_data_handle(with->bias, (void *)bias));
    CHECK(dnnl_primitive_execute(of->primitive, stream, bias ? 5 : 4, arguments));
    CHECK(dnnl_stream_wait(stream));
    return PARP_OK;
}

int parp_onednn_multiply(int64_t m, int64_t n, int64_t k, parp_matrix a, parp_matrix b, const float *bias,
                         int accumulate, parp_matrix c) {
    product_key key;
    memset(&key, 0, sizeof key);
    key = (product_key){m, n, k, a.stride, b.stride, c.stride, a.transposed, b.transposed,
                        a.element, b.element, c.element, bias != NULL, accumulate, 0};
    product *found;
    instance *taken;
    workspace *scratch;
    stay_alone();
    int status = acquire(&key, &found, &taken, &scratch);
    if (status == PARP_OK) status = open_stream();
    if (status == PARP_OK) status = execute(found, taken, scratch, a, b, bias, c);
    if (status == PARP_OK) give_back(found, taken, scratch);
    return status;
}

static int64_t heap_bytes(void) {
    struct mallinfo2 heap = mallinfo2();
    return (int64_t)(heap.uordblks + heap.hblkhd);
}

// Makes a layer's two products, one that accumulates and one that does not; returns the bytes of one, 0 on failure.
static int64_t bytes_of_new_product(int32_t element) {
    product made[2] = {{.key = {97, 64, 80, 80, 64, 64, 0, 0, element, element, PARP_FLOAT32, 0, 0, 0}},
                       {.key = {97, 64, 80, 97, 64, 64, 1, 0, element, element, PARP_FLOAT32, 0, 1, 0}}};
    int64_t before = heap_bytes(), bytes = 0;
    if (make_product(&made[0]) == PARP_OK && make_product(&made[1]) == PARP_OK) bytes = (heap_bytes() - before) / 2;
    for (int i = 0; i < 2; i++) {
        if (made[i].primitive) dnnl_primitive_destroy(made[i].primitive);
        if (made[i].description) dnnl_primitive_desc_destroy(made[i].description);
    }
    return bytes;
}

int64_t parp_onednn_product_bytes(int32_t element) {
    stay_alone();
    pthread_mutex_lock(&cache.lock);
    int status = open_engine();
    // What oneDNN makes once for all products comes with the first.
    int64_t bytes = status == PARP_OK && bytes_of_new_product(element) > 0 ? bytes_of_new_product(element) : 0;
    pthread_mutex_unlock(&cache.lock);
    return bytes;
}

#endif
