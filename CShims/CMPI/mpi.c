#include "CMPI.h"
#include "../System/MPI/shim.h"
#include <string.h>

// What a single MPI-3 call may carry: its counts are int.
static const int64_t kChunk = (int64_t)1 << 30;

#define CHECK(call)                      \
    do {                                 \
        int status_ = (call);            \
        if (status_ != MPI_SUCCESS) return status_; \
    } while (0)

int parp_mpi_init(void) {
    int provided;
    CHECK(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided));
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
    return provided < MPI_THREAD_FUNNELED ? MPI_ERR_OTHER : MPI_SUCCESS;
}

int parp_mpi_finalize(void) { return MPI_Finalize(); }

int parp_mpi_rank(int *rank, int *size) {
    CHECK(MPI_Comm_rank(MPI_COMM_WORLD, rank));
    return MPI_Comm_size(MPI_COMM_WORLD, size);
}

int parp_mpi_node_rank(int *rank, int *size) {
    MPI_Comm node;
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
    CHECK(MPI_Comm_rank(node, rank));
    CHECK(MPI_Comm_size(node, size));
    return MPI_Comm_free(&node);
}

static void copy_text(const char *from, int length, char *to, int capacity) {
    int count = length < capacity - 1 ? length : capacity - 1;
    memcpy(to, from, (size_t)count);
    to[count] = 0;
}

int parp_mpi_host_name(char *name, int capacity) {
    char text[MPI_MAX_PROCESSOR_NAME];
    int length;
    CHECK(MPI_Get_processor_name(text, &length));
    copy_text(text, length, name, capacity);
    return MPI_SUCCESS;
}

int parp_mpi_library_version(char *text, int capacity) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    CHECK(MPI_Get_library_version(version, &length));
    copy_text(version, length, text, capacity);
    return MPI_SUCCESS;
}

void parp_mpi_error_text(int code, char *text, int capacity) {
    char message[MPI_MAX_ERROR_STRING] = "unknown MPI error";
    int length = (int)strlen(message);
    MPI_Error_string(code, message, &length);
    copy_text(message, length, text, capacity);
}

void parp_mpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

static int all_reduce(void *values, int64_t count, int64_t size, MPI_Datatype type, MPI_Op operation) {
    for (int64_t done = 0; done < count; done += kChunk) {
        int part = (int)(count - done < kChunk ? count - done : kChunk);
        CHECK(MPI_Allreduce(MPI_IN_PLACE, (char *)values + done * size, part, type, operation, MPI_COMM_WORLD));
    }
    return MPI_SUCCESS;
}

int parp_mpi_all_reduce_sum_float(float *values, int64_t count) {
    return all_reduce(values, count, sizeof *values, MPI_FLOAT, MPI_SUM);
}

int parp_mpi_all_reduce_sum_double(double *values, int64_t count) {
    return all_reduce(values, count, sizeof *values, MPI_DOUBLE, MPI_SUM);
}

int parp_mpi_all_reduce_sum_int64(int64_t *values, int64_t count) {
    return all_reduce(values, count, sizeof *values, MPI_INT64_T, MPI_SUM);
}

int parp_mpi_all_reduce_max_int64(int64_t *values, int64_t count) {
    return all_reduce(values, count, sizeof *values, MPI_INT64_T, MPI_MAX);
}

int parp_mpi_broadcast(void *bytes, int64_t count, int root) {
    for (int64_t done = 0; done < count; done += kChunk) {
        int part = (int)(count - done < kChunk ? count - done : kChunk);
        CHECK(MPI_Bcast((char *)bytes + done, part, MPI_BYTE, root, MPI_COMM_WORLD));
    }
    return MPI_SUCCESS;
}

int parp_mpi_all_gather(const void *bytes, int64_t count, void *gathered) {
    if (count > kChunk) return MPI_ERR_COUNT;
    return MPI_Allgather(bytes, (int)count, MPI_BYTE, gathered, (int)count, MPI_BYTE, MPI_COMM_WORLD);
}

// Point to point, since MPI_Gatherv's displacements are int.
int parp_mpi_gather(const void *bytes, const int64_t *counts, void *gathered, int root) {
    enum { kTag = 7 };
    int rank, size;
    CHECK(parp_mpi_rank(&rank, &size));
    char *place = gathered;
    for (int source = 0; source < size; source++) {
        if (rank != root && rank != source) continue;
        if (rank == root && source == root) memcpy(place, bytes, (size_t)counts[source]);
        for (int64_t done = 0; source != root && done < counts[source]; done += kChunk) {
            int part = (int)(counts[source] - done < kChunk ? counts[source] - done : kChunk);
            if (rank == root)
                CHECK(MPI_Recv(place + done, part, MPI_BYTE, source, kTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
            else
                CHECK(MPI_Send((const char *)bytes + done, part, MPI_BYTE, root, kTag, MPI_COMM_WORLD));
        }
        if (rank == root) place += counts[source];
    }
    return MPI_SUCCESS;
}

int parp_mpi_barrier(void) { return MPI_Barrier(MPI_COMM_WORLD); }
