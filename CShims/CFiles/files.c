#define _GNU_SOURCE
#include "CFiles.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int parp_exchange_paths(const char *first, const char *second) {
#ifdef RENAME_EXCHANGE
    return renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) == 0 ? 0 : -1;
#else
    (void)first;
    (void)second;
    return -1;
#endif
}

int64_t parp_read_at(int descriptor, int64_t offset, void *into, int64_t count) {
    int64_t done = 0;
    while (done < count) {
        // In pieces: one call moves at most two gigabytes.
        size_t piece = count - done < (1 << 26) ? (size_t)(count - done) : (size_t)1 << 26;
        ssize_t moved = pread(descriptor, (char *)into + done, piece, (off_t)(offset + done));
        if (moved < 0 && errno == EINTR) continue;
        if (moved < 0) return -1;
        if (moved == 0) break;
        done += moved;
    }
    return done;
}
