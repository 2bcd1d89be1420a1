// The sum of gradients: each rank adds its slice of all copies on the node, between nodes if there are several, and
// writes it to every copy. A byte is read once and written once by one rank of the node.
#include "internal.h"
#include <string.h>

// The most ranks of a node that send; 0 does not limit them.
static int most_senders;

int parp_mpi_senders(int senders) {
    CHECK(parp_node_arrive((Call){"senders", senders, 0}));
    most_senders = senders;
    return MPI_SUCCESS;
}

static int slice_count(void) {
    if (parp_node.nodes == 1) return parp_node.size;
    return most_senders > 0 && most_senders < parp_node.smallest ? most_senders : parp_node.smallest;
}

// Slices start at cache lines, so that no line has two writers.
static int64_t slice_start(int64_t count, int slice, int slices) {
    return slice == slices ? count : count * slice / slices & ~(int64_t)15;
}

static void copy_to_others(int64_t lower, int64_t upper) {
    float *const *copies = parp_node.copies;
    const float *mine = copies[parp_node.rank];
    for (int rank = 0; rank < parp_node.size; rank++)
        if (rank != parp_node.rank)
            memcpy(copies[rank] + lower, mine + lower, (size_t)(upper - lower) * sizeof *mine);
}

static void sum_kept_on_node(int64_t lower, int64_t upper, const uint64_t *kept, int64_t first_bit) {
    // Blocks small enough for every copy to stay in the L2 cache.
    enum { kBlock = 8192 };
    float *mine = parp_node.copies[parp_node.rank];
    for (; lower < upper; lower += kBlock) {
        int64_t end = upper - lower < kBlock ? upper : lower + kBlock;
        parp_sum_to_one(parp_node.copies, parp_node.size, lower, end, mine);
        parp_clear_dropped(mine + lower, end - lower, kept, first_bit + lower);
        copy_to_others(lower, end);
    }
}

static int sum_slice(int64_t lower, int64_t upper, int wire, const uint64_t *kept, int64_t first_bit) {
    float *mine = parp_node.copies[parp_node.rank];
    if (parp_node.nodes > 1) {
        parp_sum_to_one(parp_node.copies, parp_node.size, lower, upper, mine);
        CHECK(parp_lane_sum(mine + lower, upper - lower, wire, kept, first_bit + lower));
        copy_to_others(lower, upper);
    } else if (kept) {
        sum_kept_on_node(lower, upper, kept, first_bit);
    } else {
        parp_sum_to_all(parp_node.copies, parp_node.size, lower, upper);
    }
    return MPI_SUCCESS;
}

// Sums the node's copies.
static int sum_copies(Call call, int wire, const uint64_t *kept, int64_t first_bit) {
    CHECK(parp_node_arrive(call));
    int slices = slice_count();
    if (parp_node.rank < slices) {
        int64_t lower = slice_start(call.count, parp_node.rank, slices);
        int64_t upper = slice_start(call.count, parp_node.rank + 1, slices);
        CHECK(sum_slice(lower, upper, wire, kept, first_bit));
    }
    return parp_node_meet();
}

static int sum_staged(float *values, Call call, int wire, const uint64_t *kept, int64_t first_bit) {
    size_t bytes = (size_t)call.count * sizeof *values;
    memcpy(parp_node.copies, parp_node.staging, (size_t)parp_node.size * sizeof *parp_node.copies);
    // Alone on its node, a rank needs no shared memory.
    if (parp_node.size == 1) parp_node.copies[0] = values;
    float *mine = parp_node.copies[parp_node.rank];
    if (mine != values) memcpy(mine, values, bytes);
    CHECK(sum_copies(call, wire, kept, first_bit));
    if (mine != values) memcpy(values, mine, bytes);
    return MPI_SUCCESS;
}

int parp_mpi_sum(float *values, int64_t count, int wire, const uint64_t *kept, int64_t first_bit) {
    Call call = {wire == PARP_WIRE_BFLOAT16 ? "sum as bfloat16" : "sum", count, -1};
    int is_shared = parp_node_find(values, parp_node.copies, &call.detail);
    // Parts are as long on all nodes, those that need no staging included.
    int64_t limit = parp_message_limit;
    if (!is_shared && parp_node.largest > 1 && limit > PARP_STAGING_FLOATS) limit = PARP_STAGING_FLOATS;
    for (int64_t done = 0; done < count; done += limit) {
        call.count = count - done < limit ? count - done : limit;
        if (parp_node_find(values + done, parp_node.copies, &call.detail))
            CHECK(sum_copies(call, wire, kept, first_bit + done));
        else
            CHECK(sum_staged(values + done, call, wire, kept, first_bit + done));
    }
    return MPI_SUCCESS;
}
