// MPI behind plain C types. Every call returns 0 or an MPI error code; counts are 64-bit and cut below INT_MAX here.
// All calls must come from the thread that called parp_mpi_init (MPI_THREAD_FUNNELED).
#pragma once
#include <stdint.h>

int parp_mpi_init(void);
int parp_mpi_finalize(void);
int parp_mpi_rank(int *rank, int *size);
int parp_mpi_node_rank(int *rank, int *size);
// Writes a NUL-ended name into `name` of `capacity` bytes.
int parp_mpi_host_name(char *name, int capacity);
int parp_mpi_library_version(char *text, int capacity);
void parp_mpi_error_text(int code, char *text, int capacity);
// Ends every rank of the job; does not return.
void parp_mpi_abort(int code);

int parp_mpi_all_reduce_sum_float(float *values, int64_t count);
int parp_mpi_all_reduce_sum_double(double *values, int64_t count);
int parp_mpi_all_reduce_sum_int64(int64_t *values, int64_t count);
int parp_mpi_all_reduce_max_int64(int64_t *values, int64_t count);
int parp_mpi_broadcast(void *bytes, int64_t count, int root);
// Every rank gives `count` bytes; `gathered` has room for size * count on every rank.
int parp_mpi_all_gather(const void *bytes, int64_t count, void *gathered);
// Every rank gives counts[rank] bytes; the root gets them one after another.
int parp_mpi_gather(const void *bytes, const int64_t *counts, void *gathered, int root);
int parp_mpi_barrier(void);
