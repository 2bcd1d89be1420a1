#include "internal.h"
#include <string.h>
#include <time.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Polls, since a message that nobody polls does not move; sleeps in between, since the core belongs to the thread
// that computes. The sleep grows with the time waited: little is lost if the answer is near, and little used if not.
static int wait_for(int count, MPI_Request *requests, int64_t longest_pause) {
    enum { kSpin = 20 * 1000 };
    int64_t start = now();
    for (;;) {
        int done = 0;
        CHECK(MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE));
        if (done) return MPI_SUCCESS;
        int64_t waited = now() - start;
        if (waited < kSpin) continue;
        struct timespec pause = {0, waited / 8 < longest_pause ? waited / 8 : longest_pause};
        nanosleep(&pause, NULL);
    }
}

int parp_wait(int count, MPI_Request *requests) { return wait_for(count, requests, 200 * 1000); }

// A poll costs 10 µs and more, so those for a rank that may be late by seconds are further apart than those that move
// messages.
int parp_meet(MPI_Comm comm) {
    MPI_Request request;
    CHECK(MPI_Ibarrier(comm, &request));
    return wait_for(1, &request, 2 * 1000 * 1000);
}

// Waits until all ranks of the job make this call; those of a node see that it is the same one.
static int arrive(Call call) {
    CHECK(parp_node_arrive(call));
    return parp_node.nodes == 1 ? MPI_SUCCESS : parp_meet(MPI_COMM_WORLD);
}

int parp_mpi_library_sum(float *values, int64_t count) {
    for (int64_t done = 0; done < count; done += parp_message_limit) {
        int64_t left = count - done;
        int part = (int)(left < parp_message_limit ? left : parp_message_limit);
        CHECK(MPI_Allreduce(MPI_IN_PLACE, values + done, part, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD));
    }
    return MPI_SUCCESS;
}

int parp_mpi_barrier(void) { return arrive((Call){"barrier", 0, 0}); }

int parp_mpi_broadcast(void *bytes, int64_t count, int root) {
    CHECK(arrive((Call){"broadcast", count, root}));
    for (int64_t done = 0; done < count; done += parp_message_limit) {
        int64_t left = count - done;
        int part = (int)(left < parp_message_limit ? left : parp_message_limit);
        MPI_Request request;
        CHECK(MPI_Ibcast((char *)bytes + done, part, MPI_BYTE, root, MPI_COMM_WORLD, &request));
        CHECK(parp_wait(1, &request));
    }
    return MPI_SUCCESS;
}

int parp_mpi_all_gather(const void *bytes, int64_t count, void *gathered) {
    CHECK(arrive((Call){"gather to all", count, 0}));
    int rank, size;
    CHECK(parp_mpi_rank(&rank, &size));
    if (count <= parp_message_limit) {
        MPI_Request request;
        CHECK(MPI_Iallgather(
            bytes, (int)count, MPI_BYTE, gathered, (int)count, MPI_BYTE, MPI_COMM_WORLD, &request));
        return parp_wait(1, &request);
    }
    // Too long for one message each: every rank's bytes are broadcast in turn.
    memcpy((char *)gathered + rank * count, bytes, (size_t)count);
    for (int root = 0; root < size; root++) CHECK(parp_mpi_broadcast((char *)gathered + root * count, count, root));
    return MPI_SUCCESS;
}

// Moves `count` bytes from `source` to this rank or from this rank to `root`, in messages below the limit.
static int move_bytes(char *bytes, int64_t count, int isReceiver, int peer) {
    enum { kTag = 7 };
    for (int64_t done = 0; done < count; done += parp_message_limit) {
        int64_t left = count - done;
        int part = (int)(left < parp_message_limit ? left : parp_message_limit);
        MPI_Request request;
        if (isReceiver)
            CHECK(MPI_Irecv(bytes + done, part, MPI_BYTE, peer, kTag, MPI_COMM_WORLD, &request));
        else
            CHECK(MPI_Isend(bytes + done, part, MPI_BYTE, peer, kTag, MPI_COMM_WORLD, &request));
        CHECK(parp_wait(1, &request));
    }
    return MPI_SUCCESS;
}

// Point to point, since MPI_Gatherv's displacements are int.
int parp_mpi_gather(const void *bytes, const int64_t *counts, void *gathered, int root) {
    CHECK(arrive((Call){"gather", 0, root}));
    int rank, size;
    CHECK(parp_mpi_rank(&rank, &size));
    if (rank != root) return move_bytes((char *)bytes, counts[rank], 0, root);
    char *place = gathered;
    for (int source = 0; source < size; source++) {
        if (source == root)
            memcpy(place, bytes, (size_t)counts[source]);
        else
            CHECK(move_bytes(place, counts[source], 1, source));
        place += counts[source];
    }
    return MPI_SUCCESS;
}

double parp_mpi_thread_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}
