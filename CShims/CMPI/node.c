// The ranks that share memory: its contents, and how they wait for each other.
#define _GNU_SOURCE
#include "internal.h"
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A rank's slot in the shared window, read by the others.
typedef struct {
    // How often it has arrived; the others sleep on it.
    _Atomic uint32_t arrivals;
    int32_t pid, world_rank;
    // The calls it makes, by turns: a rank that is still reading one must not find the next in its place.
    struct {
        char operation[32];
        int64_t count, detail;
    } calls[2];
} Desk;

enum { kDeskBytes = 4096 };

Node parp_node;
static Window desks_window;
static Window *windows;
static int window_count;
static uint32_t arrivals, calls;
static char *watched;
static char failure[256];

static Desk *desk(int rank) { return (Desk *)desks_window.bases[rank]; }

static int allocate(void *place, size_t bytes) {
    void *memory = calloc(1, bytes);
    memcpy(place, &memory, sizeof memory);
    return memory ? MPI_SUCCESS : PARP_NO_MEMORY;
}

// Makes every rank a node of its own.
static int be_alone(void) {
    CHECK(MPI_Comm_free(&parp_node.comm));
    CHECK(MPI_Comm_dup(MPI_COMM_SELF, &parp_node.comm));
    CHECK(MPI_Comm_set_errhandler(parp_node.comm, MPI_ERRORS_RETURN));
    parp_node.rank = 0;
    parp_node.size = 1;
    return MPI_SUCCESS;
}

static int count_nodes(void) {
    int mine[3] = {parp_node.rank == 0, parp_node.size, -parp_node.size};
    CHECK(MPI_Allreduce(MPI_IN_PLACE, mine, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
    CHECK(MPI_Allreduce(MPI_IN_PLACE, mine + 1, 2, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
    parp_node.nodes = mine[0];
    parp_node.largest = mine[1];
    parp_node.smallest = -mine[2];
    return MPI_SUCCESS;
}

static int sit_down(void) {
    int world_size;
    int32_t world_rank;
    CHECK(parp_mpi_rank(&world_rank, &world_size));
    CHECK(allocate(&watched, (size_t)parp_node.size));
    CHECK(allocate(&parp_node.staging, (size_t)parp_node.size * sizeof *parp_node.staging));
    CHECK(allocate(&parp_node.copies, (size_t)parp_node.size * sizeof *parp_node.copies));
    desk(parp_node.rank)->pid = getpid();
    desk(parp_node.rank)->world_rank = world_rank;
    CHECK(MPI_Barrier(parp_node.comm));
    for (int rank = 0; rank < parp_node.size; rank++) {
        parp_node.staging[rank] = (float *)(desks_window.bases[rank] + kDeskBytes);
        // All are alive now; one that cannot be seen is in another container, and no sign of its end either.
        watched[rank] = kill(desk(rank)->pid, 0) == 0;
    }
    return MPI_Barrier(parp_node.comm);
}

int parp_node_join(int ranks_per_node) {
    MPI_Comm machine;
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine));
    CHECK(MPI_Comm_rank(machine, &parp_node.machine_rank));
    CHECK(MPI_Comm_size(machine, &parp_node.machine_size));
    int color = ranks_per_node > 0 ? parp_node.machine_rank / ranks_per_node : 0;
    CHECK(MPI_Comm_split(machine, color, 0, &parp_node.comm));
    CHECK(MPI_Comm_free(&machine));
    CHECK(MPI_Comm_rank(parp_node.comm, &parp_node.rank));
    CHECK(MPI_Comm_size(parp_node.comm, &parp_node.size));
    int64_t bytes = kDeskBytes + (int64_t)PARP_STAGING_FLOATS * (int64_t)sizeof(float);
    int is_open;
    CHECK(parp_window_open(bytes, &desks_window, &is_open));
    if (!is_open) {
        // Without shared memory everything goes through MPI.
        CHECK(be_alone());
        CHECK(parp_window_open(bytes, &desks_window, &is_open));
        if (!is_open) return PARP_NO_MEMORY;
    }
    CHECK(count_nodes());
    return sit_down();
}

int parp_node_leave(void) {
    for (int index = 0; index < window_count; index++) parp_window_close(&windows[index]);
    parp_window_close(&desks_window);
    free(windows);
    free(watched);
    free(parp_node.staging);
    free(parp_node.copies);
    return MPI_Comm_free(&parp_node.comm);
}

int parp_mpi_shared_floats(int64_t count, float **values) {
    *values = NULL;
    CHECK(parp_node_arrive((Call){"shared memory", count, 0}));
    Window *grown = realloc(windows, (size_t)(window_count + 1) * sizeof *windows);
    if (!grown) return PARP_NO_MEMORY;
    windows = grown;
    int is_open;
    int64_t bytes = (count > 0 ? count : 1) * (int64_t)sizeof(float);
    CHECK(parp_window_open(bytes, &windows[window_count], &is_open));
    if (!is_open) return MPI_SUCCESS;
    *values = (float *)windows[window_count++].bases[parp_node.rank];
    return MPI_SUCCESS;
}

int parp_node_find(const float *values, float **places, int64_t *detail) {
    for (int index = 0; index < window_count; index++) {
        uintptr_t offset = (uintptr_t)values - (uintptr_t)windows[index].bases[parp_node.rank];
        if (offset >= (uintptr_t)windows[index].bytes) continue;
        for (int rank = 0; rank < parp_node.size; rank++)
            places[rank] = (float *)(windows[index].bases[rank] + offset);
        *detail = (int64_t)index << 48 | (int64_t)offset;
        return 1;
    }
    return 0;
}

static int futex(_Atomic uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
    return (int)syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

static int lost(int rank) {
    snprintf(failure, sizeof failure, "rank %d has ended", desk(rank)->world_rank);
    return PARP_RANK_LOST;
}

static int has_arrived(int rank, uint32_t *seen) {
    *seen = atomic_load_explicit(&desk(rank)->arrivals, memory_order_acquire);
    // A difference, since the counts wrap around.
    return (int32_t)(*seen - arrivals) >= 0;
}

// Waits for a rank: a few microseconds awake, then asleep, since the core belongs to the thread that computes.
static int wait_for(int rank) {
    enum { kSpins = 500 };
    static const struct timespec kPatience = {0, 20 * 1000 * 1000};
    uint32_t seen;
    for (int spin = 0; spin < kSpins; spin++) {
        if (has_arrived(rank, &seen)) return MPI_SUCCESS;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    while (!has_arrived(rank, &seen)) {
        if (futex(&desk(rank)->arrivals, FUTEX_WAIT, seen, &kPatience) == 0 || errno != ETIMEDOUT) continue;
        if (watched[rank] && kill(desk(rank)->pid, 0) != 0 && !has_arrived(rank, &seen)) return lost(rank);
        // A message that this rank considers sent may still be in MPI's queue, while its receiver waits.
        int found;
        CHECK(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, parp_node.comm, &found, MPI_STATUS_IGNORE));
    }
    return MPI_SUCCESS;
}

int parp_node_meet(void) {
    if (parp_node.size == 1) return MPI_SUCCESS;
    arrivals++;
    Desk *mine = desk(parp_node.rank);
    atomic_store_explicit(&mine->arrivals, arrivals, memory_order_release);
    futex(&mine->arrivals, FUTEX_WAKE, INT32_MAX, NULL);
    for (int rank = 0; rank < parp_node.size; rank++)
        if (rank != parp_node.rank) CHECK(wait_for(rank));
    return MPI_SUCCESS;
}

int parp_node_arrive(Call call) {
    if (parp_node.size == 1) return MPI_SUCCESS;
    int turn = calls++ & 1;
    Desk *mine = desk(parp_node.rank);
    snprintf(mine->calls[turn].operation, sizeof mine->calls[turn].operation, "%s", call.operation);
    mine->calls[turn].count = call.count;
    mine->calls[turn].detail = call.detail;
    CHECK(parp_node_meet());
    for (int rank = 0; rank < parp_node.size; rank++) {
        Desk *other = desk(rank);
        if (other->calls[turn].count == call.count && other->calls[turn].detail == call.detail
            && strcmp(other->calls[turn].operation, call.operation) == 0)
            continue;
        snprintf(
            failure, sizeof failure, "rank %d makes another call: %s of %lld (%lld), not %s of %lld (%lld)",
            other->world_rank, other->calls[turn].operation, (long long)other->calls[turn].count,
            (long long)other->calls[turn].detail, call.operation, (long long)call.count, (long long)call.detail);
        return PARP_OUT_OF_STEP;
    }
    return MPI_SUCCESS;
}

void parp_node_error_text(char *text, int capacity) {
    snprintf(text, (size_t)capacity, "%s", failure[0] ? failure : "no memory left for communication");
}
