// Sums between nodes. The ranks with the same place in their nodes form a lane, and each lane carries its own slice, so
// that every rank of a node sends at once. Where nodes have different numbers of ranks, there are as many lanes as the
// smallest has ranks, or fewer if fewer are to send.
//
// A lane of N nodes cuts its slice into N pieces: each node gets one piece of everyone, adds them in the order of
// nodes, and gives the sum to all. As many bytes as a ring moves, in two rounds instead of 2 (N - 1), with an order of
// summation that no library's choice of algorithm changes, and with sums in float32 whatever travels.
#include "internal.h"
#include <stdlib.h>

static MPI_Comm lane = MPI_COMM_NULL;
static int lane_rank, lane_size;
static int *counts, *places, *own_counts, *own_places;

// Memory that grows to the longest slice and then stays.
typedef struct {
    void *memory;
    int64_t bytes;
} Scratch;
static Scratch packed_scratch, sent_scratch, received_scratch;

static int room(Scratch *scratch, int64_t bytes, void *place) {
    if (bytes > scratch->bytes) {
        free(scratch->memory);
        scratch->bytes = (bytes + 4095) / 4096 * 4096;
        scratch->memory = aligned_alloc(4096, (size_t)scratch->bytes);
        if (!scratch->memory) {
            scratch->bytes = 0;
            return PARP_NO_MEMORY;
        }
    }
    *(void **)place = scratch->memory;
    return MPI_SUCCESS;
}

int parp_lanes_join(void) {
    int world_rank, world_size;
    CHECK(parp_mpi_rank(&world_rank, &world_size));
    int color = parp_node.rank < parp_node.smallest ? parp_node.rank : MPI_UNDEFINED;
    CHECK(MPI_Comm_split(MPI_COMM_WORLD, color, world_rank, &lane));
    if (lane == MPI_COMM_NULL) return MPI_SUCCESS;
    CHECK(MPI_Comm_rank(lane, &lane_rank));
    CHECK(MPI_Comm_size(lane, &lane_size));
    counts = calloc((size_t)lane_size * 4, sizeof *counts);
    if (!counts) return PARP_NO_MEMORY;
    places = counts + lane_size;
    own_counts = places + lane_size;
    own_places = own_counts + lane_size;
    return MPI_SUCCESS;
}

int parp_lanes_leave(void) {
    free(counts);
    free(packed_scratch.memory);
    free(sent_scratch.memory);
    free(received_scratch.memory);
    return lane == MPI_COMM_NULL ? MPI_SUCCESS : MPI_Comm_free(&lane);
}

// Cuts a slice into a piece for each node; this node gets as many elements from each.
static int cut(int64_t count) {
    for (int node = 0; node < lane_size; node++) {
        places[node] = (int)(count * node / lane_size);
        counts[node] = (int)(count * (node + 1) / lane_size) - places[node];
    }
    for (int node = 0; node < lane_size; node++) {
        own_counts[node] = counts[lane_rank];
        own_places[node] = node * counts[lane_rank];
    }
    return counts[lane_rank];
}

static int scatter(const void *payload, void *received, MPI_Datatype type) {
    MPI_Request request;
    CHECK(MPI_Ialltoallv(
        payload, counts, places, type, received, own_counts, own_places, type, lane, &request));
    return parp_wait(1, &request);
}

static int spread(void *payload, MPI_Datatype type) {
    MPI_Request request;
    CHECK(MPI_Iallgatherv(MPI_IN_PLACE, 0, type, payload, counts, places, type, lane, &request));
    return parp_wait(1, &request);
}

static int sum_float32(float *values, int64_t count) {
    int64_t own = cut(count);
    float *received;
    CHECK(room(&received_scratch, own * lane_size * (int64_t)sizeof *received, &received));
    CHECK(scatter(values, received, MPI_FLOAT));
    parp_sum_pieces(received, lane_size, own, values + places[lane_rank]);
    return spread(values, MPI_FLOAT);
}

// Every rank ends with what travelled, the owner of a piece too: all hold the same bits.
static int sum_bfloat16(float *values, int64_t count) {
    int64_t own = cut(count);
    uint16_t *payload, *received;
    CHECK(room(&sent_scratch, count * (int64_t)sizeof *payload, &payload));
    CHECK(room(&received_scratch, own * lane_size * (int64_t)sizeof *received, &received));
    parp_to_bfloat16(values, count, payload);
    CHECK(scatter(payload, received, MPI_UINT16_T));
    parp_sum_bfloat16_pieces(received, lane_size, own, payload + places[lane_rank]);
    CHECK(spread(payload, MPI_UINT16_T));
    parp_from_bfloat16(payload, count, values);
    return MPI_SUCCESS;
}

int parp_lane_sum(float *values, int64_t count, int wire, const uint64_t *kept, int64_t first_bit) {
    float *payload = values;
    int64_t travelling = count;
    if (kept) {
        travelling = parp_count_kept(kept, first_bit, count);
        CHECK(room(&packed_scratch, (travelling + 1) * (int64_t)sizeof *payload, &payload));
        parp_pack(values, count, kept, first_bit, payload);
    }
    if (travelling > 0) {
        CHECK(parp_meet(lane));
        CHECK(wire == PARP_WIRE_BFLOAT16 ? sum_bfloat16(payload, travelling) : sum_float32(payload, travelling));
    }
    if (kept) parp_unpack(payload, count, kept, first_bit, values);
    return MPI_SUCCESS;
}
