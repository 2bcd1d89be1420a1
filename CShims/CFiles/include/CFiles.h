// Calls of the file system that Swift's view of the C library leaves out, or that want a pointer.
#pragma once
#include <stdint.h>

// Exchanges two paths atomically. Returns 0, or -1 if the system or the file system cannot.
int parp_exchange_paths(const char *first, const char *second);

// Reads `count` bytes from `offset` on into memory. Returns how many there were: fewer at the end of the file, or -1.
//
// Memory that is touched for the first time fills a third faster so than by a copy from a mapping, whose own pages
// would be faulted in as well.
int64_t parp_read_at(int descriptor, int64_t offset, void *into, int64_t count);
