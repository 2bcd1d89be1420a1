// What the files of this shim share.
#pragma once
#include "CMPI.h"
#include "../System/MPI/shim.h"

#define CHECK(call)                                 \
    do {                                            \
        int status_ = (call);                       \
        if (status_ != MPI_SUCCESS) return status_; \
    } while (0)

// One binary runs anywhere: the loader picks the widest version that the CPU has.
// ThreadSanitizer is not there yet when the loader asks.
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define PARP_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PARP_VECTOR
#endif

// A rank's next operation, for the others to compare with theirs.
typedef struct {
    const char *operation;
    int64_t count;
    // Root rank, or place in a shared buffer.
    int64_t detail;
} Call;

// The ranks that share memory: those of a machine, unless nodes are pretended or memory cannot be shared.
typedef struct {
    MPI_Comm comm;
    int rank, size;
    int machine_rank, machine_size;
    // All nodes of the job, and the ranks on the smallest and the largest of them.
    int nodes, smallest, largest;
    // Each rank's staging area, for floats outside shared memory.
    float **staging;
    // Each rank's copy of what is being summed.
    float **copies;
} Node;

enum { PARP_STAGING_FLOATS = 1 << 20 };

extern Node parp_node;
// The most elements a message carries: MPI-3's counts are int.
extern int64_t parp_message_limit;

// messages.c: waiting without spinning, for messages under way and for ranks that may be late.
int parp_wait(int count, MPI_Request *requests);
int parp_meet(MPI_Comm comm);

// window.c: memory of the same size on each rank of the node, visible to all.
typedef struct {
    int64_t bytes;
    // The address of each rank's part in this process.
    char **bases;
} Window;

// Opens a window of zeros on all ranks or on none; in that case `*is_open` is 0 on all.
int parp_window_open(int64_t bytes, Window *window, int *is_open);
void parp_window_close(Window *window);

// node.c
int parp_node_join(int ranks_per_node);
int parp_node_leave(void);
// Waits until all ranks of the node are here, and sees that all make the same call.
int parp_node_arrive(Call call);
// Waits until all ranks of the node are here, inside a call that they have agreed on.
int parp_node_meet(void);
void parp_node_error_text(char *text, int capacity);
// The place of `values` in each rank's copy of a shared buffer, or 0 if they are in none.
int parp_node_find(const float *values, float **places, int64_t *detail);

// lanes.c: sums `count` floats over the nodes; the ranks with the same place in their nodes call it together.
int parp_lanes_join(void);
int parp_lanes_leave(void);
int parp_lane_sum(float *values, int64_t count, int wire, const uint64_t *kept, int64_t first_bit);

// loops.c: the arithmetic. Summands are always added in the order of their index.
void parp_sum_to_all(float *const *copies, int copy_count, int64_t lower, int64_t upper);
void parp_sum_to_one(float *const *copies, int copy_count, int64_t lower, int64_t upper, float *sum);
void parp_sum_pieces(const float *pieces, int piece_count, int64_t count, float *sum);
void parp_sum_bfloat16_pieces(const uint16_t *pieces, int piece_count, int64_t count, uint16_t *sum);
void parp_to_bfloat16(const float *values, int64_t count, uint16_t *rounded);
void parp_from_bfloat16(const uint16_t *rounded, int64_t count, float *values);
int64_t parp_count_kept(const uint64_t *kept, int64_t first_bit, int64_t count);
// Room for one element more than are kept must follow `packed`.
void parp_pack(const float *values, int64_t count, const uint64_t *kept, int64_t first_bit, float *packed);
void parp_unpack(const float *packed, int64_t count, const uint64_t *kept, int64_t first_bit, float *values);
void parp_clear_dropped(float *values, int64_t count, const uint64_t *kept, int64_t first_bit);
