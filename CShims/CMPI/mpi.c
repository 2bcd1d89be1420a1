#define _GNU_SOURCE
#include "internal.h"
#include <string.h>
#include <sys/prctl.h>

int64_t parp_message_limit = (int64_t)1 << 30;

int parp_mpi_init(int ranks_per_node, int64_t message_limit) {
    int provided;
    CHECK(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided));
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
    if (provided < MPI_THREAD_FUNNELED) return MPI_ERR_OTHER;
    if (message_limit > 0 && message_limit < parp_message_limit) parp_message_limit = message_limit;
    // This thread's sleeps are short; by default the system lengthens each by 50 µs. If it refuses, they are longer.
    (void)prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0);
    CHECK(parp_node_join(ranks_per_node));
    return parp_lanes_join();
}

int parp_mpi_finalize(void) {
    CHECK(parp_node_arrive((Call){"end of the run", 0, 0}));
    CHECK(parp_lanes_leave());
    CHECK(parp_node_leave());
    return MPI_Finalize();
}

int parp_mpi_rank(int *rank, int *size) {
    CHECK(MPI_Comm_rank(MPI_COMM_WORLD, rank));
    return MPI_Comm_size(MPI_COMM_WORLD, size);
}

void parp_mpi_node(int *rank, int *size) {
    *rank = parp_node.machine_rank;
    *size = parp_node.machine_size;
}

void parp_mpi_group(int *rank, int *groups) {
    *rank = parp_node.rank;
    *groups = parp_node.nodes;
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
    if (code < 0) return parp_node_error_text(text, capacity);
    char message[MPI_MAX_ERROR_STRING] = "unknown MPI error";
    int length = (int)strlen(message);
    MPI_Error_string(code, message, &length);
    copy_text(message, length, text, capacity);
}

void parp_mpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }
