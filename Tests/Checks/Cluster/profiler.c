// A profiler of the kind that mpiP and Score-P are: it stands before MPI's functions, counts, and calls on by their second
// names, PMPI_*. Preloaded into a program that it knows nothing of; each rank writes what it saw to $MPI_CALLS.RANK, a
// line `FUNCTION CALLS BYTES` for each, where bytes are those that this rank gave to the two that carry gradients.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#define FUNCTIONS(SEEN) \
    SEEN(Init_thread) SEEN(Barrier) SEEN(Ibarrier) SEEN(Allreduce) SEEN(Ibcast) SEEN(Iallgather) SEEN(Iallgatherv) \
    SEEN(Ialltoallv) SEEN(Isend) SEEN(Irecv) SEEN(Finalize)

#define NUMBER(name) seen_##name,
enum { FUNCTIONS(NUMBER) kinds };
#define NAME(name) "MPI_" #name,
static const char *const names[kinds] = {FUNCTIONS(NAME)};
static long calls[kinds], bytes[kinds];

static long carried(const int *counts, MPI_Datatype type, MPI_Comm comm) {
    int ranks, width;
    long sum = 0;
    PMPI_Comm_size(comm, &ranks);
    PMPI_Type_size(type, &width);
    for (int rank = 0; rank < ranks; rank++) sum += counts[rank];
    return sum * width;
}

#define PASS_ON(name, parameters, ...) \
    int MPI_##name parameters { \
        calls[seen_##name]++; \
        return PMPI_##name(__VA_ARGS__); \
    }

PASS_ON(Init_thread, (int *count, char ***words, int wanted, int *given), count, words, wanted, given)
PASS_ON(Barrier, (MPI_Comm comm), comm)
PASS_ON(Ibarrier, (MPI_Comm comm, MPI_Request *request), comm, request)
PASS_ON(Allreduce, (const void *in, void *out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm),
    in, out, count, type, op, comm)
PASS_ON(Ibcast, (void *data, int count, MPI_Datatype type, int root, MPI_Comm comm, MPI_Request *request),
    data, count, type, root, comm, request)
PASS_ON(Iallgather, (const void *in, int count, MPI_Datatype type, void *out, int each, MPI_Datatype of, MPI_Comm comm,
    MPI_Request *request), in, count, type, out, each, of, comm, request)
PASS_ON(Isend, (const void *data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request *request),
    data, count, type, to, tag, comm, request)
PASS_ON(Irecv, (void *data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Request *request),
    data, count, type, from, tag, comm, request)

int MPI_Ialltoallv(const void *in, const int *counts, const int *places, MPI_Datatype type, void *out, const int *each,
    const int *at, MPI_Datatype of, MPI_Comm comm, MPI_Request *request) {
    calls[seen_Ialltoallv]++;
    bytes[seen_Ialltoallv] += carried(counts, type, comm);
    return PMPI_Ialltoallv(in, counts, places, type, out, each, at, of, comm, request);
}

int MPI_Iallgatherv(const void *in, int count, MPI_Datatype type, void *out, const int *each, const int *at,
    MPI_Datatype of, MPI_Comm comm, MPI_Request *request) {
    calls[seen_Iallgatherv]++;
    bytes[seen_Iallgatherv] += carried(each, of, comm);
    return PMPI_Iallgatherv(in, count, type, out, each, at, of, comm, request);
}

int MPI_Finalize(void) {
    calls[seen_Finalize]++;
    int rank;
    char path[4096];
    PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
    snprintf(path, sizeof path, "%s.%d", getenv("MPI_CALLS"), rank);
    FILE *file = fopen(path, "w");
    if (!file) return MPI_ERR_NO_SUCH_FILE;
    for (int kind = 0; kind < kinds; kind++) fprintf(file, "%s %ld %ld\n", names[kind], calls[kind], bytes[kind]);
    fclose(file);
    return PMPI_Finalize();
}
