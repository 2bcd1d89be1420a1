// Memory that the ranks of a node share. Not MPI's own windows: their pages are small, of which a gradient has a
// hundred thousand, and the first rank to find no room for one reports it while the others wait for it for ever.
#define _GNU_SOURCE
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kHugePage = 2 << 20, kPathBytes = 512 };

// Linux has it from 6.1 on; the headers of older systems lack its name.
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

// Whether all ranks of the job say yes.
static int all_agree(int is_fine, int *agreed) {
    return MPI_Allreduce(&is_fine, agreed, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
}

// Maps a file's bytes, or private memory without one, aligned for huge pages. NULL if unavailable.
static char *map(int file, int64_t bytes) {
    size_t length = (size_t)bytes, reserved = length + kHugePage;
    char *space = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) return NULL;
    char *start = (char *)(((uintptr_t)space + kHugePage - 1) / kHugePage * kHugePage);
    int kind = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    if (mmap(start, length, PROT_READ | PROT_WRITE, kind | MAP_FIXED, file, 0) == MAP_FAILED) {
        munmap(space, reserved);
        return NULL;
    }
    if (start > space) munmap(space, (size_t)(start - space));
    if (space + reserved > start + length) munmap(start + length, (size_t)(space + reserved - start) - length);
    // Without huge pages it is slower, no more.
    (void)madvise(start, length, MADV_HUGEPAGE);
    return start;
}

static int reserve(int file, int64_t offset, int64_t length) {
    int error;
    do error = posix_fallocate(file, offset, length);
    while (error == EINTR);
    return error == 0;
}

// Allocates a mapped file's memory now, since a page missing later would end the process. Systems seldom give huge
// pages to shared memory unasked: a piece's first page is there already when a huge one is asked for.
static int take_memory(int file, char *start, int64_t bytes) {
    int refusals = 0;
    const int patience = 8;
    for (int64_t offset = 0; offset < bytes; offset += kHugePage) {
        int64_t length = bytes - offset < kHugePage ? bytes - offset : kHugePage;
        if (length == kHugePage && refusals < patience) {
            if (!reserve(file, offset, 1)) return 0;
            if (madvise(start + offset, kHugePage, MADV_COLLAPSE) != 0) refusals++;
        }
        if (!reserve(file, offset, length)) return 0;
    }
    return 1;
}

// Makes a file in memory for this rank's part. If that fails, its path stays empty and the result is negative.
static int make_file(int64_t bytes, char *path) {
    const char *folder = getenv("PARP_SHARED_FOLDER");
    uint64_t name;
    if (getrandom(&name, sizeof name, 0) != sizeof name) return -1;
    int length = snprintf(path, kPathBytes, "%s/parp-%016llx", folder ? folder : "/dev/shm", (unsigned long long)name);
    int file = length < kPathBytes ? open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    if (file >= 0 && ftruncate(file, bytes) == 0) return file;
    if (file >= 0) {
        close(file);
        unlink(path);
    }
    path[0] = 0;
    return -1;
}

// Maps the part of another rank, or NULL if its file is not visible, as in another container.
static char *map_part(const char *path, int64_t bytes) {
    int file = path[0] ? open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (file < 0) return NULL;
    struct stat facts;
    char *start = fstat(file, &facts) == 0 && facts.st_size == bytes ? map(file, bytes) : NULL;
    close(file);
    return start;
}

static int map_all(Window *window, char *paths, int file) {
    int64_t bytes = window->bytes;
    CHECK(MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, paths, kPathBytes, MPI_CHAR, parp_node.comm));
    for (int rank = 0; rank < parp_node.size; rank++) {
        char *path = paths + rank * kPathBytes;
        if (rank != parp_node.rank)
            window->bases[rank] = map_part(path, bytes);
        else if (file >= 0)
            window->bases[rank] = map(file, bytes);
    }
    return MPI_Barrier(parp_node.comm);
}

// Maps all ranks' parts. The file's name goes before its memory comes: what a killed rank leaves is an empty file at most.
static int share(Window *window, char *paths) {
    char *path = paths + parp_node.rank * kPathBytes;
    int file = make_file(window->bytes, path);
    int status = map_all(window, paths, file);
    if (file < 0) return status;
    unlink(path);
    char **mine = &window->bases[parp_node.rank];
    if (*mine && !take_memory(file, *mine, window->bytes)) {
        munmap(*mine, (size_t)window->bytes);
        *mine = NULL;
    }
    close(file);
    return status;
}

int parp_window_open(int64_t bytes, Window *window, int *is_open) {
    const int64_t page = 65536; // The largest that Linux has.
    window->bytes = (bytes + page - 1) / page * page;
    window->bases = calloc((size_t)parp_node.size, sizeof *window->bases);
    char *paths = calloc((size_t)parp_node.size, kPathBytes);
    CHECK(all_agree(window->bases && paths, is_open));
    int status = MPI_SUCCESS;
    if (*is_open && parp_node.size == 1)
        window->bases[0] = map(-1, window->bytes);
    else if (*is_open)
        status = share(window, paths);
    free(paths);
    CHECK(status);
    int is_fine = *is_open;
    for (int rank = 0; is_fine && rank < parp_node.size; rank++) is_fine = window->bases[rank] != NULL;
    CHECK(all_agree(is_fine, is_open));
    if (!*is_open) parp_window_close(window);
    return MPI_SUCCESS;
}

void parp_window_close(Window *window) {
    for (int rank = 0; window->bases && rank < parp_node.size; rank++)
        if (window->bases[rank]) munmap(window->bases[rank], (size_t)window->bytes);
    free(window->bases);
    window->bases = NULL;
}
