// MPI and shared memory with plain C types.
//
// Every call returns 0, an MPI error code (positive) or one of the negative codes below; parp_mpi_error_text says any
// of them in words. Counts are 64-bit and cut below INT_MAX here. All calls must come from the thread that called
// parp_mpi_init (MPI_THREAD_FUNNELED), and none of them spins while it waits for other ranks.
#pragma once
#include <stdint.h>

enum {
    // A rank of this node ended while this one waited for it.
    PARP_RANK_LOST = -1,
    // A rank of this node makes another call than this one.
    PARP_OUT_OF_STEP = -2,
    PARP_NO_MEMORY = -3,
};

// What floats travel as between nodes.
enum { PARP_WIRE_FLOAT32 = 0, PARP_WIRE_BFLOAT16 = 1 };

// Joins the job. `ranks_per_node` above 0 pretends that a machine is several nodes of at most that many ranks each;
// `message_limit` above 0 limits the elements per message, by default 2^30.
int parp_mpi_init(int ranks_per_node, int64_t message_limit);
int parp_mpi_finalize(void);
int parp_mpi_rank(int *rank, int *size);
// This rank among those of its machine.
void parp_mpi_node(int *rank, int *size);
// This rank among those it shares memory with, and how many such groups there are: the machine's ranks, unless nodes
// are pretended or memory cannot be shared.
void parp_mpi_group(int *rank, int *groups);
// Writes a NUL-ended name into `name` of `capacity` bytes.
int parp_mpi_host_name(char *name, int capacity);
int parp_mpi_library_version(char *text, int capacity);
void parp_mpi_error_text(int code, char *text, int capacity);
// Ends every rank of the job; does not return.
void parp_mpi_abort(int code);
// The seconds of processor time that the calling thread has used.
double parp_mpi_thread_seconds(void);

// Zeroed memory for `count` floats on every rank, which parp_mpi_sum reads and writes on the node's other ranks
// without a copy. NULL on all ranks if one of them cannot share so much; it lives until parp_mpi_finalize.
int parp_mpi_shared_floats(int64_t count, float **values);
// Sums `count` floats over all ranks, in place. With `kept`, only elements with a set bit are summed between nodes
// (element i has bit `first_bit` + i, 64 a word from the lowest up); the others are 0 afterwards.
int parp_mpi_sum(float *values, int64_t count, int wire, const uint64_t *kept, int64_t first_bit);
// How many ranks of a node carry its sum to the other nodes, each a slice: 0 for as many as the smallest node has. All
// ranks say the same, between the same sums; the sums are the same to the bit.
int parp_mpi_senders(int senders);
// The MPI library's own sum, to compare with.
int parp_mpi_library_sum(float *values, int64_t count);

// The errno with which the system refuses to let this rank read a neighbour's memory, or 0.
int parp_mpi_single_copy_error(int *error);

int parp_mpi_broadcast(void *bytes, int64_t count, int root);
// Every rank gives `count` bytes; `gathered` has room for size * count on every rank.
int parp_mpi_all_gather(const void *bytes, int64_t count, void *gathered);
// Every rank gives counts[rank] bytes; the root gets them one after another.
int parp_mpi_gather(const void *bytes, const int64_t *counts, void *gathered, int root);
int parp_mpi_barrier(void);
